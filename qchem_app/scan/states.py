"""The electronic states of a scan's points, by their irreps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from qchem_app.screening.store import ResultRow


def states_along(
    rows: Sequence[ResultRow], variable: str, first: float | None
) -> tuple[str, tuple[str, ...]]:
    """The irrep of the state that is meant, and those of points in another, else empty.

    Irreps of two groups do not compare.
    """
    found = [
        (str(row.fields.get("scan_irrep") or ""), str(row.fields.get("scan_group") or ""))
        for row in rows
    ]
    known = [each for each in found if each[0]]
    if not known:
        return "", ("",) * len(rows)
    meant = Counter(known).most_common(1)[0][0]
    for row, each in zip(rows, found, strict=True):
        if first is not None and each[0] and abs(row.variables[variable] - first) < 1e-9:
            meant = each
    return meant[0], tuple(
        irrep if irrep and group == meant[1] and irrep != meant[0] else "" for irrep, group in found
    )
