"""Plot of energies along a coordinate, their errors below."""

from __future__ import annotations

from math import nan

from qchem_app.report.page.curves import curve_data
from qchem_app.report.page.data import Curve
from qchem_app.report.plots.figure import accuracy_band, new_figure, plain, style_of, to_bytes

#: The axis of errors is linear up to here, mHa, and logarithmic beyond.
_LINEAR = 1.0


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


def _gaps(values: list[float | None]) -> list[float]:
    """Missing values as NaN, at which a line breaks."""
    return [nan if value is None else value for value in values]
