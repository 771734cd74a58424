"""Plot of energies along a coordinate, their errors below."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

from qchem_app.report.page.curves import curve_data
from qchem_app.report.page.data import Curve
from qchem_app.report.plots.figure import accuracy_band, new_figure, plain, style_of, to_bytes

#: The axis of errors is linear up to here, mHa, and logarithmic beyond.
_LINEAR = 1.0
#: Of the range of energies behind the minima, so much more is shown above it.
_ABOVE = 0.15


def plot_dissociation(curve: Curve, file_format: str) -> bytes:
    """Energies of the wavefunction methods, and below their errors against the best of them.

    Args:
        curve: of a scan.
        file_format: png, svg or pdf.
    """
    data = curve_data(curve)
    series = data["series"]
    with_errors = [each for each in series if each["errors"] is not None]
    figure = new_figure(6.4 if with_errors else 4.0)
    rows = 2 if with_errors else 1
    ratios = [3, 2][:rows]
    panels = figure.subplots(
        rows, sharex=True, squeeze=False, gridspec_kw={"height_ratios": ratios}
    )[:, 0]
    for each in series:
        panels[0].plot(
            curve.points, _gaps(each["energies"]), **style_of(each["style"]), label=each["label"]
        )
    limits = energy_limits(curve.points, [each["energies"] for each in series])
    if limits is not None:
        panels[0].set_ylim(*limits)
    panels[0].set_ylabel("E / Ha")
    panels[0].ticklabel_format(axis="y", useOffset=False)
    panels[0].set_title(plain(curve.title), fontsize="medium")
    panels[0].legend(fontsize="small")
    if with_errors:
        accuracy_band(panels[1])
        for each in with_errors:
            panels[1].plot(curve.points, _gaps(each["errors"]), **style_of(each["style"]))
        panels[1].axhline(0.0, color="0.35", linewidth=0.8)
        panels[1].set_yscale("symlog", linthresh=_LINEAR)
        errors = [error for each in with_errors for error in each["errors"] if error is not None]
        panels[1].set_ylim(2 * min(-_LINEAR, *errors), 2 * max(_LINEAR, *errors))
        panels[1].set_ylabel(f"E − E({data['reference']}) / mHa")
    panels[-1].set_xlabel(plain(curve.coordinate))
    return to_bytes(figure, file_format)


def energy_limits(
    points: Sequence[float], curves: Sequence[Sequence[float | None]]
) -> tuple[float, float] | None:
    """What the axis of energies shows: all of each curve but a wall to the left of its minimum.

    Without a limit the repulsive wall, many times the depth of the well, leaves nothing of it to
    see. What lies to the right of a minimum is always shown.

    Args:
        points: (n,) the coordinate, ascending.
        curves: n energies each, Hartree.

    Returns:
        Lowest and highest energy; None where everything fits.
    """
    known = [e for energies in curves for e in energies if e is not None]
    tops = []
    for energies in curves:
        found = [(e, k) for k, e in enumerate(energies) if e is not None]
        if found:
            lowest = min(found)[1]
            tops.append(max(e for e, k in found if k >= lowest))
    if len(points) < 4 or not tops:
        return None
    low, high = min(known), max(tops)
    room = high - low
    if room <= 0 or max(known) <= high + _ABOVE * room:
        return None
    return low - 0.05 * room, high + _ABOVE * room


def _gaps(values: list[float | None]) -> list[float]:
    """Missing values as NaN, at which a line breaks."""
    return [nan if value is None else value for value in values]
