"""Reaction energies as tables of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qchem_app.report.page.columns import method_of
from qchem_app.report.page.data import Column, Scalar, Table

_Plain = Mapping[str, Any]


def reaction_tables(rows: Sequence[_Plain], statistics: Sequence[_Plain]) -> tuple[Table, ...]:
    """Energies of every reaction by every method, and the deviations from experiment.

    Args:
        rows: of reactions as plain data: `name`, `candidate`, `equation`, `energies` by method
            (`kj_mol`, `comparable`), `experimental_kj_mol`, `problem`, `notes`.
        statistics: of methods as plain data: `method`, `count`, `mean_absolute`, `mean_signed`,
            `largest`, `worst`; kJ/mol.
    """
    tables = []
    if rows:
        tables.append(_energies(rows))
    if statistics:
        tables.append(_deviations(statistics))
    return tuple(tables)


def _energies(rows: Sequence[_Plain]) -> Table:
    methods = dict.fromkeys(method for row in rows for method in row["energies"])
    measured = any(row.get("experimental_kj_mol") is not None for row in rows)
    columns = [Column("Reaction"), Column("Equation")]
    columns += [_energy_column(method_of(method)) for method in methods]
    columns += [_energy_column("Experiment")] if measured else []
    columns.append(Column("Remarks"))
    shared = _shared_notes(rows)
    lines: list[tuple[Scalar, ...]] = []
    for row in rows:
        energies = row["energies"]
        line: list[Scalar] = [
            row.get("candidate") or row["name"],
            str(row["equation"]).replace("->", "→"),
        ]
        line += [energies[m]["kj_mol"] if m in energies else None for m in methods]
        line += [row.get("experimental_kj_mol")] if measured else []
        line.append("; ".join(note for note in _remarks(row) if note not in shared))
        lines.append(tuple(line))
    return Table(
        "Reaction energies",
        tuple(columns),
        tuple(lines),
        note="Products minus reactants, electronic energies in the basis set of the screening."
        + "".join(f" Of all: {note}." for note in shared),
    )


def _shared_notes(rows: Sequence[_Plain]) -> list[str]:
    """Notes of every reaction that has energies: they are said once."""
    notes = [list(map(str, row.get("notes") or ())) for row in rows if row["energies"]]
    if len(notes) < 2:
        return []
    return [note for note in notes[0] if all(note in each for each in notes)]


def _remarks(row: _Plain) -> list[str]:
    if row.get("problem"):
        return [str(row["problem"])]
    apart = [method_of(m) for m, energy in row["energies"].items() if not energy["comparable"]]
    notes = [str(note) for note in row.get("notes") or ()]
    return [*([f"not comparable: {', '.join(apart)}"] if apart else []), *notes]


def _deviations(statistics: Sequence[_Plain]) -> Table:
    return Table(
        "Deviations from experiment",
        (
            Column("Method"),
            Column("Reactions", number=True, digits=0),
            _energy_column("Mean absolute"),
            _energy_column("Mean signed"),
            _energy_column("Largest"),
            Column("Where"),
        ),
        tuple(
            (
                method_of(str(line["method"])),
                line["count"],
                line["mean_absolute"],
                line["mean_signed"],
                line["largest"],
                line["worst"],
            )
            for line in statistics
        ),
        note="Calculated minus experimental. In a small basis set most of it is the error of the "
        "basis set, which no method removes.",
    )


def _energy_column(label: str) -> Column:
    return Column(label, "kJ/mol", number=True, digits=1)
