"""The curves of a scan as a report shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qchem_app.report.page.data import Column, Curve, Scalar, Table
from qchem_app.report.table import WAVEFUNCTION_METHODS
from qchem_app.result import SolveResult
from qchem_app.scan.curve import MethodSummary, ScanCurve, in_millihartree
from qchem_app.scan.remarks import remarks
from qchem_app.scan.table import frequency_cell, minimum_cells, summary_notes
from qchem_app.screening.store_rows import ResultRow
from qchem_app.units import KCAL_PER_MOL_PER_HARTREE

_BRACKETS = "error of the last digit that the grid leaves"


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
    curve = ScanCurve.of_rows(name, variable, first.input.symbols, methods, points, _begun(scan))
    energies = {m: e for m, e in curve.energies.items() if any(x is not None for x in e)}
    summaries = [curve.summary(method) for method in energies]
    return (
        Curve(
            title=f"{name} along {variable.partition(' / ')[0]}",
            coordinate=variable,
            points=curve.values,
            energies=energies,
            table=_table(summaries, curve),
            notes=(*(str(note) for note in scan.get("notes") or ()), *remarks(curve)),
        ),
    )


def _begun(scan: Mapping[str, Any]) -> float | None:
    """The coordinate of the point that the scan began with."""
    values, first = scan.get("values"), scan.get("first")
    if isinstance(values, list) and isinstance(first, int) and 0 <= first < len(values):
        return float(values[first])
    return None


def _table(summaries: Sequence[MethodSummary], curve: ScanCurve) -> Table:
    coordinate, _, unit = curve.variable.partition(" / ")
    columns = (
        Column("Method"),
        Column(f"{coordinate} at the minimum", unit, number=True, help=_BRACKETS),
        Column("E at the minimum", "Ha", number=True, help=_BRACKETS),
        Column(
            "De" if curve.is_bond else "Rise",
            "kcal/mol",
            number=True,
            digits=2,
            help=f"{_top(curve)} minus the minimum",
        ),
        Column("Frequency", "cm⁻¹", number=True, help=f"harmonic, of diatomics; {_BRACKETS}"),
        Column("Largest error", "mHa", number=True, digits=3),
        Column(
            "Non-parallelity", "mHa", number=True, digits=3, help="largest minus smallest error"
        ),
        Column("Largest jump", "mHa", number=True, digits=3, help="break of the error"),
        Column("Remarks"),
    )
    lines = tuple(_line(summary, curve) for summary in summaries)
    kept = [k for k in range(len(columns)) if any(line[k] not in (None, "") for line in lines)]
    what = (
        "De: the last point minus the minimum, of a bond that is stretched far enough the "
        "dissociation energy without zero-point energy."
        if curve.is_bond
        else "Rise: the highest point minus the minimum."
    )
    note = f"{what} In brackets: {_BRACKETS}. Errors are against FCI in the same space."
    return Table(
        "Methods",
        tuple(columns[k] for k in kept),
        tuple(tuple(line[k] for k in kept) for line in lines),
        note=note,
    )


def _top(curve: ScanCurve) -> str:
    return "last point" if curve.is_bond else "highest point"


def _line(summary: MethodSummary, curve: ScanCurve) -> tuple[Scalar, ...]:
    energy, place = minimum_cells(summary)
    frequency = frequency_cell(summary)
    return (
        WAVEFUNCTION_METHODS.get(summary.name, summary.name.upper()),
        None if place == "-" else place,
        None if energy == "-" else energy,
        None if summary.rise is None else summary.rise * KCAL_PER_MOL_PER_HARTREE,
        None if frequency == "-" else frequency,
        in_millihartree(summary.largest_error),
        in_millihartree(summary.non_parallelity),
        in_millihartree(summary.jump),
        "; ".join(summary_notes(curve, summary)),
    )
