"""The text and the JSON of a scan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from qchem_app.report.layout import Row, paragraph, ruled_table
from qchem_app.report.numbers import count, energy, error
from qchem_app.report.page.data import Curve
from qchem_app.scan.curve import MethodSummary, ScanCurve, in_millihartree
from qchem_app.scan.minimum import with_error
from qchem_app.scan.remarks import remarks
from qchem_app.units import KCAL_PER_MOL_PER_HARTREE

#: More points than this are counted, not listed.
_LISTED = 60
#: Narrower than this, minima and errors are two tables.
_ONE_TABLE = 100


def render_scan(curve: ScanCurve, width: int) -> str:
    """Points, minima, dissociation energies, errors; `width` in characters."""
    lines = _points(curve, width) if len(curve.values) <= _LISTED else []
    lines += ["", *_methods(curve, width), ""]
    if curve.level:
        lines += paragraph(f"Basis and space: {curve.level}.", width)
    lines += _spent(curve, width)
    for remark in remarks(curve):
        lines += ["", *paragraph(remark, width)]
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
        said = [curve.errors[k]] if curve.errors[k] else []
        if curve.states and curve.states[k]:
            said.append(f"another state ({curve.states[k]}), not on this curve")
        rows.append(Row(cells, notes=tuple(said)))
    header = (curve.variable, "E(VQE) / Ha", "error / mHa", "gradients", "")
    return ruled_table(header, rows, width)


def _methods(curve: ScanCurve, width: int) -> list[str]:
    diatomic = len(curve.symbols) == 2 and curve.is_bond
    minima, errors = [], []
    for name in curve.energies:
        found = curve.summary(name)
        cells = (
            name,
            *minimum_cells(found),
            "-" if found.rise is None else f"{found.rise * KCAL_PER_MOL_PER_HARTREE:.2f}",
            *((frequency_cell(found),) * diatomic),
        )
        minima.append(Row(cells, notes=_notes(curve, found)))
        errors.append(
            (
                error(in_millihartree(found.largest_error)),
                _plain(in_millihartree(found.non_parallelity)),
                _plain(in_millihartree(found.jump)),
            )
        )
    rise = "De" if curve.is_bond else "rise"
    left = (
        "method",
        "E(min) / Ha",
        f"min / {curve.variable.rpartition(' / ')[2]}",
        f"{rise} kcal/mol",
        *(("w / cm-1",) * diatomic),
    )
    right = ("max error", "NPE", "jump")
    if width >= _ONE_TABLE:
        rows = [
            Row((*row.cells, *others), notes=row.notes)
            for row, others in zip(minima, errors, strict=True)
        ]
        lines = ruled_table((*left, *right, "notes"), rows, width)
    else:
        lines = ruled_table((*left, "notes"), minima, width)
        below = [Row((row.cells[0], *others)) for row, others in zip(minima, errors, strict=True)]
        lines += ["", *ruled_table(("method", *right, ""), below, width)]
    what = (
        "last point minus minimum, the dissociation energy without zero-point energy"
        if curve.is_bond
        else "highest point minus minimum"
    )
    sentences = [
        f"{rise}: {what}. Minima are those of a polynomial through the points around the lowest "
        "one; in brackets the error of the last digit that the grid leaves, by "
        "the polynomial through one point less."
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


def minimum_cells(found: MethodSummary) -> tuple[str, str]:
    """Energy and place of a minimum with the errors that the grid leaves."""
    low = found.minimum
    if low is None:
        return "-", "-"
    return (
        with_error(low.energy, low.energy_error, 8, unknown=3),
        with_error(low.value, low.value_error, 4, unknown=2),
    )


def frequency_cell(found: MethodSummary) -> str:
    """A harmonic frequency with the error that the grid leaves."""
    if found.frequency is None:
        return "-"
    if found.frequency_error is None:
        return f"{found.frequency:.2g}" if found.frequency < 100 else f"{found.frequency:.0f}"
    return with_error(found.frequency, found.frequency_error, 0)


def _notes(curve: ScanCurve, found: MethodSummary) -> tuple[str, ...]:
    return tuple(summary_notes(curve, found))


def summary_notes(curve: ScanCurve, found: MethodSummary) -> Iterable[str]:
    """What a careful reader of a line of the table should know."""
    if found.broken:
        yield "breaks or bends sharply around its lowest point: no minimum"
    elif found.minimum is None:
        yield "the minimum is not between the points" + (
            "" if found.rise is None else "; from the lowest point"
        )
    elif found.minimum.value_error is None:
        yield "the minimum is of too few points to know its error"
    if found.rise is not None and curve.is_bond and found.flat is False:
        rising = (found.last_step or 0.0) > 0
        yield (
            "still rises at the end: De is too small"
            if rising
            else "falls at the end: De is the last point's, not the limit"
        )
    if found.broken_at:
        places = ", ".join(f"{value:g}" for value in found.broken_at)
        yield f"breaks or bends sharply at {places}, between the minimum and what it rises to"
    if found.gaps:
        yield f"no energy at {count(found.gaps, 'point')}"


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
        "notes": [list(notes) for notes in curve.notes],
        "lower_state_mha": list(curve.lower_states),
        "state": curve.state,
        "other_states": list(curve.states),
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
