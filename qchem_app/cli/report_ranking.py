"""The candidates of a store in the order in which its screening ranked them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qchem_app.errors import UsageError
from qchem_app.report.page.data import Scalar
from qchem_app.screening.ranking import rank
from qchem_app.screening.reaction_row import ReactionRow
from qchem_app.screening.store_rows import ResultRow

_PLACE = "place in the input"  # no name that a formula could hold


@dataclass(frozen=True)
class RankedRows:
    """Rows in order.

    Attributes:
        rows: the best first; as they stand in the store where there is no ranking.
        formula: what they are ranked by; empty without a ranking.
        explanation: the same in words.
        fields: of each row: its rank, and its value where the formula is no field of its own.
        remarks: why there is no ranking though one was asked for.
    """

    rows: tuple[ResultRow, ...]
    formula: str = ""
    explanation: str = ""
    fields: tuple[Mapping[str, Scalar], ...] = ()
    remarks: tuple[str, ...] = ()

    def fields_of(self, place: int) -> Mapping[str, Scalar]:
        """What the ranking adds to a row."""
        return self.fields[place] if self.fields else {}


def rank_rows(
    manifest: Mapping[str, Any], rows: Sequence[ResultRow], reactions: Sequence[ReactionRow]
) -> RankedRows:
    """Rank candidates as the screening did that wrote the manifest."""
    formula = manifest.get("rank_by")
    if not isinstance(formula, str) or isinstance(manifest.get("scan"), dict):
        return RankedRows(tuple(rows))
    fields: list[dict[str, Scalar]] = [
        {**row.fields, _PLACE: place} for place, row in enumerate(rows)
    ]
    descending = manifest.get("descending") is not False
    try:
        ranking = rank(fields, formula, reactions=reactions, descending=descending)
    except UsageError as problem:  # a reaction or a field that this run does not have
        return RankedRows(tuple(rows), remarks=(f"In the order of the input: {problem}",))
    if all(row.rank is None for row in ranking.rows):
        return RankedRows(tuple(rows))
    own = any(formula in row.fields for row in rows)
    return RankedRows(
        tuple(rows[int(str(row.fields[_PLACE]))] for row in ranking.rows),
        formula,
        ranking.explanation,
        tuple(
            {"rank": row.rank} if own else {"rank": row.rank, "value": row.value}
            for row in ranking.rows
        ),
    )
