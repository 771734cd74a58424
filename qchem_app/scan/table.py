"""The text and the JSON of a scan."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from qchem_app.report.layout import Row, paragraph, ruled_table
from qchem_app.report.numbers import count, energy, error
from qchem_app.report.page.data import Curve
from qchem_app.scan.curve import MethodSummary, ScanCurve, in_millihartree
from qchem_app.units import KCAL_PER_MOL_PER_HARTREE

#: More points than this are counted, not listed.
_LISTED = 60


def render_scan(curve: ScanCurve, width: int) -> str:
    """Points, minima, dissociation energies, errors; `width` in characters."""
    lines = _points(curve, width) if len(curve.values) <= _LISTED else []
    lines += ["", *_methods(curve, width), "", *_spent(curve, width)]
    return "\n".join(lines).lstrip("\n")


def _points(curve: ScanCurve, width: int) -> list[str]:
    exact = curve.errors_of("vqe") or [None] * len(curve.values)
    rows = []
    for k, value in enumerate(curve.values):
        gradients = curve.gradients[k]
        cells = (
            f"{value:.4f}".rstrip("0").rstrip("."),
            energy(curve.energies["vqe"][k]),
            error(in_millihartree(exact[k])),
            "-" if gradients is None else str(gradients),
        )
        rows.append(Row(cells, notes=(curve.errors[k],) if curve.errors[k] else ()))
    header = (curve.variable, "E(VQE) / Ha", "error / mHa", "gradients", "")
    return ruled_table(header, rows, width)


def _methods(curve: ScanCurve, width: int) -> list[str]:
    diatomic = len(curve.symbols) == 2 and curve.is_bond
    rows = []
    for name in curve.energies:
        found = curve.summary(name)
        low = found.minimum
        cells = (
            name,
            energy(None if low is None else low.energy),
            "-" if low is None else f"{low.value:.4f}",
            "-" if found.rise is None else f"{found.rise * KCAL_PER_MOL_PER_HARTREE:.2f}",
            *(("-" if found.frequency is None else f"{found.frequency:.0f}",) * diatomic),
            error(in_millihartree(found.largest_error)),
            _plain(in_millihartree(found.non_parallelity)),
            _plain(in_millihartree(found.jump)),
        )
        rows.append(Row(cells, notes=_notes(curve, found)))
    rise = "De" if curve.is_bond else "rise"
    header = (
        "method",
        "E(min) / Ha",
        f"min / {curve.variable.rpartition(' / ')[2]}",
        f"{rise} kcal/mol",
        *(("w / cm-1",) * diatomic),
        "max error",
        "NPE",
        "jump",
        "notes",
    )
    lines = ruled_table(header, rows, width)
    what = ", the dissociation energy without zero-point energy" if curve.is_bond else ""
    sentences = [
        f"{rise}: last point minus minimum{what}. Minima are those of a polynomial through the "
        "points around the lowest one."
        + (" w: harmonic frequency of the average isotopes." if diatomic else "")
    ]
    if curve.errors_of("vqe") is not None:
        sentences.append(
            "Errors in mHa against FCI in the same space; NPE, the non-parallelity error, is the "
            "largest minus the smallest error, jump the largest break of the error between two "
            "points."
        )
    else:
        sentences.append(
            "There is no FCI to judge errors by; jump is the largest break of the correlation "
            "energy between two points, mHa."
        )
    for sentence in sentences:
        lines += paragraph(sentence, width)
    return lines


def _notes(curve: ScanCurve, found: MethodSummary) -> tuple[str, ...]:
    notes = []
    if found.minimum is None:
        notes.append("the minimum is not between the points")
    elif found.flat is False and curve.is_bond:
        notes.append("not flat at the end: De is too small")
    if found.gaps:
        notes.append(f"no energy at {count(found.gaps, 'point')}")
    return tuple(notes)


def _spent(curve: ScanCurve, width: int) -> list[str]:
    known = [g for g in curve.gradients if g is not None]
    text = f"{count(len(known), 'point')} with {count(sum(known), 'gradient')}"
    if any(curve.energies_only):
        energies = count(sum(curve.energies_only), "energy")
        text += f", and {energies} to look at first guesses"
    scratch = [
        f"{value:g}"
        for value, start in zip(curve.values, curve.starts, strict=True)
        if start in ("scratch", "guess")
    ]
    if scratch:
        text += f"; own first guesses beat those of the neighbours at {', '.join(scratch)}"
    failed = sum(bool(sentence) for sentence in curve.errors)
    if failed:
        text += f"; {count(failed, 'point')} failed"
    return paragraph(f"{text}.", width)


def _plain(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def scan_data(curve: ScanCurve) -> dict[str, Any]:
    """Everything as JSON; energies in Hartree."""
    return {
        "name": curve.name,
        "variable": curve.variable,
        "values": list(curve.values),
        "energies": {name: list(values) for name, values in curve.energies.items()},
        "gradients": list(curve.gradients),
        "energies_only": list(curve.energies_only),
        "starts": list(curve.starts),
        "errors": list(curve.errors),
        "methods": {name: asdict(curve.summary(name)) for name in curve.energies},
    }


def plotted(curve: ScanCurve) -> Curve:
    """The curve as the plots of a report take it."""
    return Curve(
        title=f"{curve.name}: {curve.variable.partition(' / ')[0]}",
        coordinate=curve.variable,
        points=curve.values,
        energies=curve.energies,
    )
