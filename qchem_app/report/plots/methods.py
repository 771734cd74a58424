"""Plot of every method's error against FCI."""

from __future__ import annotations

from qchem_app.report.plots.figure import ACCURACY_MHA, new_figure, plain, style_of, to_bytes
from qchem_app.report.table import method_label
from qchem_app.result import TWO_SIDED_95, SolveResult
from qchem_app.units import MILLIHARTREE_PER_HARTREE

#: Errors below this, mHa, are drawn here.
_FLOOR = 1e-4


def plot_methods(result: SolveResult, file_format: str) -> bytes:
    """Sizes of the errors on a log scale, with 95 % intervals of what was measured.

    Marks of energies below FCI are hollow; the band is chemical accuracy.

    Args:
        result: with errors against FCI.
        file_format: png, svg or pdf.
    """
    shown = [m for m in result.methods if m.error_mha is not None and m.name != "fci"]
    figure = new_figure(1.6 + 0.32 * len(shown))
    axes = figure.add_subplot()
    axes.axvspan(_FLOOR, ACCURACY_MHA, color="0.88", label="chemical accuracy (1 kcal/mol)")
    for place, method in enumerate(shown):
        error = method.error_mha or 0.0
        size = max(_FLOOR, abs(error))
        half = TWO_SIDED_95 * (method.standard_error or 0.0) * MILLIHARTREE_PER_HARTREE
        style = style_of(method.name)
        colour = style["color"]
        interval = [[size - max(_FLOOR, size - half)], [half]] if half else None
        axes.errorbar(
            [size],
            [place],
            xerr=interval,
            color=colour,
            marker=style["marker"] or "o",
            markerfacecolor="white" if error < -_FLOOR else colour,
            capsize=3,
            clip_on=False,
        )
    axes.set_xscale("log")
    axes.set_xlim(left=_FLOOR)
    axes.set_yticks(range(len(shown)), [plain(method_label(m.name, result)) for m in shown])
    axes.invert_yaxis()
    axes.set_xlabel("|E − E(FCI)| / mHa, hollow: below FCI")
    axes.set_title(plain(f"{result.input.name}: errors"), fontsize="medium")
    axes.legend(fontsize="small")
    return to_bytes(figure, file_format)
