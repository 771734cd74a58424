"""Curves and tables of a page as the data that it draws them from."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from qchem_app.report.page.data import Curve, Table
from qchem_app.report.table import WAVEFUNCTION_METHODS
from qchem_app.units import MILLIHARTREE_PER_HARTREE

#: Best first: what errors along a curve are against.
_REFERENCES = ("fci", "ccsd(t)", "ccsd")


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
