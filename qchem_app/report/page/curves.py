"""Curves and tables of a page as the data that it draws them from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from qchem_app.report.page.data import Curve, Entry, Table
from qchem_app.report.table import WAVEFUNCTION_METHODS
from qchem_app.units import MILLIHARTREE_PER_HARTREE

#: Best first: what errors along a curve are against.
_REFERENCES = ("fci", "ccsd(t)", "ccsd")
#: Methods that a curve shows, by the fields that hold their energies.
_FIELDS = {
    "e_hf": "hf",
    "e_mp2": "mp2",
    "e_ccsd": "ccsd",
    "e_ccsd_t": "ccsd(t)",
    "e_fci": "fci",
    "e_vqe": "vqe",
}


def curves_of(entries: Sequence[Entry]) -> tuple[Curve, ...]:
    """One curve where exactly one variable was varied over at least three points."""
    names = dict.fromkeys(name for entry in entries for name in entry.variables)
    varied = [
        name
        for name in names
        if len({entry.variables[name] for entry in entries if name in entry.variables}) > 2
    ]
    if len(varied) != 1:
        return ()
    coordinate = varied[0]
    points = sorted(
        (entry for entry in entries if coordinate in entry.variables),
        key=lambda entry: entry.variables[coordinate],
    )
    energies = {
        method: [_number(entry, field) for entry in points] for field, method in _FIELDS.items()
    }
    return (
        Curve(
            title=f"Energy along {coordinate.partition(' / ')[0]}",
            coordinate=coordinate,
            points=tuple(entry.variables[coordinate] for entry in points),
            energies={
                method: values
                for method, values in energies.items()
                if any(value is not None for value in values)
            },
        ),
    )


def _number(entry: Entry, name: str) -> float | None:
    value = entry.fields.get(name)
    return float(value) if isinstance(value, (int, float)) else None


def plain_table(table: Table) -> dict[str, Any]:
    """A table as JSON."""
    return asdict(table)


def curve_data(curve: Curve) -> dict[str, Any]:
    """Energies of the wavefunction methods, and every error against the best of them.

    A density functional's total is on another scale, so that it has no place in either.
    """
    shown = {name: tuple(curve.energies[name]) for name in curve.energies if _comparable(name)}
    reference = next((name for name in _REFERENCES if _whole(shown.get(name))), None)
    series = []
    for name, energies in shown.items():
        errors = None
        if reference is not None and name != reference:
            errors = [
                None
                if energy is None or exact is None
                else round((energy - exact) * MILLIHARTREE_PER_HARTREE, 6)
                for energy, exact in zip(energies, shown[reference], strict=True)
            ]
        series.append(
            {
                "label": WAVEFUNCTION_METHODS.get(name, name.upper()),
                "style": name,
                "energies": [None if e is None else round(e, 9) for e in energies],
                "errors": errors,
            }
        )
    label = curve.coordinate
    return {
        "title": curve.title,
        "x": {"label": label, "digits": 3},
        "points": curve.points,
        "series": series,
        "reference": "" if reference is None else WAVEFUNCTION_METHODS[reference],
        "table": None if curve.table is None else plain_table(curve.table),
        "notes": curve.notes,
    }


def _comparable(name: str) -> bool:
    return name in WAVEFUNCTION_METHODS and name not in ("ideal", "raw", "mitigated")


def _whole(energies: tuple[float | None, ...] | None) -> bool:
    return energies is not None and any(energy is not None for energy in energies)
