"""The curves of a scan as a report shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qchem_app.report.page.data import Column, Curve, Scalar, Table
from qchem_app.report.table import WAVEFUNCTION_METHODS
from qchem_app.result import SolveResult
from qchem_app.scan.curve import MethodSummary, ScanCurve, in_millihartree
from qchem_app.screening.store_rows import ResultRow
from qchem_app.units import KJ_PER_MOL_PER_HARTREE


def scan_curves(
    scan: Mapping[str, Any], rows: Sequence[ResultRow], first: SolveResult
) -> tuple[Curve, ...]:
    """The curve of a scan with what follows from it; none where the store does not hold one.

    Args:
        scan: what the manifest says about it.
        rows: its points.
        first: the record of any of them.
    """
    variable = str(scan.get("variable", ""))
    points = [row for row in rows if variable in row.variables]
    if len(points) < 2:
        return ()
    points.sort(key=lambda row: row.variables[variable])
    methods = [method.name for method in first.methods if method.name != "vqe"]
    name = str(scan.get("name", ""))
    curve = ScanCurve.of_rows(name, variable, first.input.symbols, methods, points)
    energies = {m: e for m, e in curve.energies.items() if any(x is not None for x in e)}
    summaries = [curve.summary(method) for method in energies]
    return (
        Curve(
            title=f"{name} along {variable.partition(' / ')[0]}",
            coordinate=variable,
            points=curve.values,
            energies=energies,
            table=_table(summaries, curve),
            notes=tuple(str(note) for note in scan.get("notes") or ()),
        ),
    )


def _table(summaries: Sequence[MethodSummary], curve: ScanCurve) -> Table:
    coordinate, _, unit = curve.variable.partition(" / ")
    columns = (
        Column("Method"),
        Column(f"{coordinate} at the minimum", unit, number=True, digits=4),
        Column("E at the minimum", "Ha", number=True, digits=6),
        Column("Rise", "kJ/mol", number=True, digits=1, help="last point minus the minimum"),
        Column("Frequency", "cm⁻¹", number=True, digits=0, help="harmonic, of diatomics"),
        Column("Largest error", "mHa", number=True, digits=3),
        Column(
            "Non-parallelity", "mHa", number=True, digits=3, help="largest minus smallest error"
        ),
        Column("Largest jump", "mHa", number=True, digits=3, help="break of the error"),
        Column("Missing", number=True, digits=0, help="points without an energy"),
    )
    lines = tuple(_line(summary) for summary in summaries)
    kept = [k for k in range(len(columns)) if any(line[k] not in (None, "") for line in lines)]
    if not any(line[-1] for line in lines):
        kept.remove(len(columns) - 1)
    steep = any(summary.flat is False for summary in summaries)
    note = (
        "Rise: energy of the last point above the minimum; of a bond that is stretched far enough, "
        "the dissociation energy without zero-point energy."
        + (" Some curves still rise at the last point." if steep else "")
        + " Errors are against FCI in the same space."
    )
    return Table(
        "Methods",
        tuple(columns[k] for k in kept),
        tuple(tuple(line[k] for k in kept) for line in lines),
        note=note,
    )


def _line(summary: MethodSummary) -> tuple[Scalar, ...]:
    minimum = summary.minimum
    return (
        WAVEFUNCTION_METHODS.get(summary.name, summary.name.upper()),
        None if minimum is None else minimum.value,
        None if minimum is None else minimum.energy,
        None if summary.rise is None else summary.rise * KJ_PER_MOL_PER_HARTREE,
        summary.frequency,
        in_millihartree(summary.largest_error),
        in_millihartree(summary.non_parallelity),
        in_millihartree(summary.jump),
        summary.gaps,
    )
