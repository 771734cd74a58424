"""Rows of a store with what their runs add: the coordinate of a scan, energies of reactions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from qchem_app.io.reactions_file import parse_reactions
from qchem_app.screening.outcome import Scalar
from qchem_app.screening.ranking import with_reactions
from qchem_app.screening.reactions import evaluate_reactions
from qchem_app.screening.store import ResultRow, Store

#: The field that a scan's row has its one varied value in.
COORDINATE = "coordinate"


@dataclass(frozen=True)
class ExtendedRows:
    """The rows of a run, or of all.

    Attributes:
        varied: variables of scans, whose rows have the one value in the field `COORDINATE`; other
            variables are columns of the user's own.
        reactions: names of the fields that are reaction energies, kJ/mol.
    """

    store: Store
    run: int | Literal["last", "all"]
    varied: frozenset[str]
    reactions: tuple[str, ...]
    _scans: frozenset[int] = frozenset()
    _energies: dict[tuple[str, str | None], dict[str, Scalar]] = field(default_factory=dict)

    @classmethod
    def of(cls, store: Store, run: int | Literal["last", "all"]) -> ExtendedRows:
        """Look at the manifests and, where they have reactions, at the rows of their runs.

        Raises:
            InputError: the reactions in a manifest cannot be read.
            UsageError: the energies of a reaction would be called like another field.
            StoreError: the store is damaged.
        """
        runs = store.runs()
        looked_at = [
            r for r in runs if run == "all" or r.id == (runs[-1].id if run == "last" else run)
        ]
        scans = frozenset(r.id for r in looked_at if r.manifest.get("scan"))
        names: dict[str, None] = {}
        energies: dict[tuple[str, str | None], dict[str, Scalar]] = {}
        for each in looked_at:
            text = each.manifest.get("reactions")
            if not isinstance(text, str):
                continue
            rows = list(store.rows(each.id))
            fields = [row.fields for row in rows]
            label = f"{store.label}: reactions of run {each.id}"
            found = evaluate_reactions(parse_reactions(text, label), fields)
            names |= dict.fromkeys(name for reaction in found for name in reaction.fields)
            for row, extended in zip(rows, with_reactions(fields, found), strict=True):
                own = {name: extended[name] for name in extended.keys() - row.fields.keys()}
                energies.setdefault((row.name, row.task_id), {}).update(own)
        varied = frozenset(
            name
            for each in looked_at
            if each.id in scans
            for row in store.rows(each.id)
            for name in row.variables
        )
        return cls(store, run, varied, tuple(names), scans, energies)

    def __iter__(self) -> Iterator[ResultRow]:
        for row in self.store.rows(self.run):
            more: dict[str, Scalar] = {}
            if row.run in self._scans and len(row.variables) == 1:
                more[COORDINATE] = next(iter(row.variables.values()))
            more |= self._energies.get((row.name, row.task_id), {})
            yield replace(row, fields={**more, **row.fields}) if more else row
