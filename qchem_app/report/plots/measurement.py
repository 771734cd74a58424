"""Plot of measured energies."""

from __future__ import annotations

from typing import Any

from qchem_app.report.plots.figure import accuracy_band, new_figure, plain, to_bytes
from qchem_app.result import MeasurementRecord, SolveResult
from qchem_app.units import MILLIHARTREE_PER_HARTREE

_MILLI = MILLIHARTREE_PER_HARTREE


def plot_measurement(result: SolveResult, file_format: str) -> bytes:
    """Raw and mitigated energies with 95 % intervals, the extrapolation where there is one.

    The axis is the difference from the noiseless energy of the same circuit; the band is chemical
    accuracy.

    Args:
        result: with a measurement.
        file_format: png, svg or pdf.

    Raises:
        ValueError: the result has no measurement.
    """
    measured = result.measurement
    if measured is None:
        raise ValueError("a result without a measurement has none to plot")
    figure = new_figure()
    axes = figure.add_subplot()
    accuracy_band(axes)
    axes.axhline(0.0, color="0.35", linewidth=1.0, label="noiseless circuit")
    if measured.points:
        _extrapolation(axes, measured)
    else:
        _energies(axes, measured)
    axes.set_ylabel("energy − noiseless energy / mHa")
    axes.set_title(plain(f"{result.input.name}: {measured.backend}"), fontsize="medium")
    axes.legend(fontsize="small", loc="best")
    return to_bytes(figure, file_format)


def _extrapolation(axes: Any, measured: MeasurementRecord) -> None:
    """Energies at each noise scale, and what they extrapolate to."""
    scales = [scale for scale, _, _ in measured.points]
    values = [(energy - measured.ideal) * _MILLI for _, energy, _ in measured.points]
    errors = [1.96 * error * _MILLI for _, _, error in measured.points]
    axes.errorbar(
        scales, values, errors, fmt="o", color="C0", capsize=3, label="measured, 95 % interval"
    )
    if measured.curve:
        fitted = [(energy - measured.ideal) * _MILLI for _, energy in measured.curve]
        axes.plot(
            [scale for scale, _ in measured.curve], fitted, color="C0", linewidth=1.0, zorder=1
        )
    if (mitigated := measured.mitigated) is not None:
        value = (mitigated.energy - measured.ideal) * _MILLI
        half = (mitigated.high - mitigated.low) / 2 * _MILLI
        axes.errorbar([0.0], [value], [half], fmt="s", color="C3", capsize=3, label="extrapolated")
    axes.set_xlim(-0.2, max(scales) + 0.2)
    axes.set_xlabel("noise scale (1: the circuit as it is)")


def _energies(axes: Any, measured: MeasurementRecord) -> None:
    """Raw and mitigated energies side by side."""
    shown = [("raw", measured.raw, "C0")]
    if measured.mitigated is not None:
        shown.append((measured.mitigation, measured.mitigated, "C3"))
    for place, (name, energy, colour) in enumerate(shown):
        half = (energy.high - energy.low) / 2 * _MILLI
        value = (energy.energy - measured.ideal) * _MILLI
        axes.errorbar(
            [place],
            [value],
            [half],
            fmt="o",
            color=colour,
            capsize=3,
            label=f"{name}, 95 % interval",
        )
    axes.set_xticks(range(len(shown)), [name for name, _, _ in shown])
    axes.set_xlim(-0.6, len(shown) - 0.4)
