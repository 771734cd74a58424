"""What all plots share: size, colours, the band of chemical accuracy, and bytes of a file."""

from __future__ import annotations

import io
import warnings
from typing import Any

from qchem_app.printable import printable
from qchem_app.units import CHEMICAL_ACCURACY, MILLIHARTREE_PER_HARTREE

#: Chemical accuracy in mHa.
ACCURACY_MHA = CHEMICAL_ACCURACY * MILLIHARTREE_PER_HARTREE
#: Dots per inch, and the width of a plot in inches: readable in a two-column paper.
_DPI, _WIDTH = 160, 6.4
#: Colour (told apart by the colour-blind), dashes and mark of each method; see `style_of`.
_STYLES = {
    "hf": ("#7a838d", (0, (1.5, 2)), "s"),
    "mp2": ("#c27c00", (0, (5, 2)), "D"),
    "ccsd": ("#2f93cf", (0, (6, 2, 2, 2)), "^"),
    "ccsd(t)": ("#00568f", (0, (8, 3)), "v"),
    "fci": ("#1a1f26", "-", ""),
    "vqe": ("#c74a00", "-", "o"),
    "ideal": ("#008060", (0, (2, 2)), "s"),
    "raw": ("#2f93cf", "-", "o"),
    "mitigated": ("#c74a00", "-", "D"),
}
_OTHER = ("#008060", (0, (4, 2)), "s")


def new_figure(height: float = 4.0) -> Any:
    """A figure without a window, `height` inches high."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, height), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def style_of(method: str) -> dict[str, Any]:
    """Keywords of `Axes.plot` for a method's line."""
    colour, dashes, mark = _STYLES.get(method, _OTHER)
    return {"color": colour, "linestyle": dashes, "marker": mark, "markersize": 4, "linewidth": 1.3}


def plain(text: str) -> str:
    """A name as Matplotlib is to print it: it is no formula."""
    return printable(text).replace("$", r"\$")


def accuracy_band(axes: Any, centre: float = 0.0, *, scale: float = 1.0) -> None:
    """The band of chemical accuracy around `centre`; `scale`: units of the axis in a mHa."""
    axes.axhspan(
        centre - ACCURACY_MHA * scale,
        centre + ACCURACY_MHA * scale,
        color="0.88",
        label="chemical accuracy (1 kcal/mol)",
        zorder=0,
    )


def to_bytes(figure: Any, file_format: str) -> bytes:
    """The figure as a file; the same figure always gives the same bytes."""
    from matplotlib import rc_context

    buffer = io.BytesIO()
    # no date and no random names, so that the same result gives the same file
    metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(file_format)
    with rc_context({"svg.hashsalt": "qchem", "svg.fonttype": "none"}), warnings.catch_warnings():
        # a name in a script that the font lacks: boxes in the title, and nothing to be done
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure.savefig(buffer, format=file_format, metadata=metadata)
    return buffer.getvalue()
