"""Plot of the VQE's energies, iteration by iteration."""

from __future__ import annotations

from qchem_app.report.plots.figure import (
    ACCURACY_MHA,
    accuracy_band,
    new_figure,
    plain,
    style_of,
    to_bytes,
)
from qchem_app.result import SolveResult
from qchem_app.units import MILLIHARTREE_PER_HARTREE

#: Errors below this, mHa, are drawn here.
_FLOOR = 1e-6


def plot_convergence(result: SolveResult, file_format: str) -> bytes:
    """Energies with the FCI line and the band of chemical accuracy; the errors below, log scale.

    Without an FCI energy there are only the energies.

    Args:
        result: with a VQE.
        file_format: png, svg or pdf.

    Raises:
        ValueError: the result has no VQE.
    """
    if result.vqe is None:
        raise ValueError("a result without a VQE has no convergence to plot")
    steps = [point.iteration for point in result.vqe.trace]
    energies = [point.energy for point in result.vqe.trace]
    exact = next((m.energy for m in result.methods if m.name == "fci" and m.converged), None)
    figure = new_figure(4.0 if exact is None else 5.6)
    panels = figure.subplots(1 if exact is None else 2, sharex=True, squeeze=False)[:, 0]
    upper = panels[0]
    if exact is not None:
        accuracy_band(upper, exact, scale=1 / MILLIHARTREE_PER_HARTREE)
        upper.axhline(exact, **{**style_of("fci"), "marker": ""}, label="FCI")
    upper.plot(steps, energies, **style_of("vqe"), label=f"{result.vqe.ansatz.upper()}-VQE")
    upper.set_ylabel("E / Ha")
    upper.ticklabel_format(axis="y", useOffset=False)
    upper.set_title(plain(f"{result.input.name}: convergence"), fontsize="medium")
    upper.legend(fontsize="small")
    if exact is not None:
        lower = panels[1]
        errors = [
            max(_FLOOR, abs(energy - exact) * MILLIHARTREE_PER_HARTREE) for energy in energies
        ]
        bottom = min(0.1, *errors) / 3
        lower.axhspan(bottom, ACCURACY_MHA, color="0.88", zorder=0)
        lower.plot(steps, errors, **style_of("vqe"))
        lower.set_yscale("log")
        lower.set_ylim(bottom=bottom)
        lower.set_ylabel("|E − E(FCI)| / mHa")
    panels[-1].set_xlabel("iteration")
    panels[-1].xaxis.get_major_locator().set_params(integer=True)
    return to_bytes(figure, file_format)
