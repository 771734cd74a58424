"""What stands below a ranked screening: basis and spaces, and what was measured on qubits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from qchem_app.printable import printable
from qchem_app.report.layout import paragraph
from qchem_app.report.plain_table import cut, number, ruled
from qchem_app.result import TWO_SIDED_95
from qchem_app.units import MILLIHARTREE_PER_HARTREE

_Fields = Mapping[str, Any]

#: Kinds of active space in which no orbital but a core is left out.
_WHOLE = ("full", "frozen-core")
_LONGEST_NAME = 28


def render_levels(rows: Sequence[_Fields], width: int) -> str:
    """Basis sets and active spaces of what is done, one paragraph; empty where nothing is."""
    done = [row for row in rows if row.get("space_kind")]
    if not done:
        return ""
    basis = Counter(str(row.get("basis")) for row in done)
    sets = ", ".join(_counted(basis))
    spaces = ", ".join(_counted(Counter(str(row["space_kind"]) for row in done)))
    text = f"Basis {sets}; active spaces: {spaces}"
    parts = sum(map(_cut, done))
    if parts:
        text += f". In {parts} of {len(done)} only a part of the orbitals is correlated"
    return "\n".join(paragraph(text, width))


def _cut(row: _Fields) -> bool:
    """Whether orbitals beyond a core are left out."""
    whole = row["space_kind"] in _WHOLE or row.get("n_core") == 0
    return not whole or bool(row.get("n_virtual"))


def _counted(counts: Counter[str]) -> list[str]:
    if len(counts) == 1:
        return [printable(next(iter(counts)))]
    return [f"{number} {printable(kind)}" for kind, number in counts.most_common()]


def render_measured(rows: Sequence[_Fields], width: int, limit: int) -> str:
    """Measured energies of candidates beside their noiseless ones; empty where there are none.

    Args:
        rows: fields, in the order in which they are to be shown.
        width: columns.
        limit: rows to show.
    """
    measured = [row for row in rows if number(row.get("e_raw")) is not None]
    if not measured:
        return ""
    header = ["Name", "Noiseless", "Raw", "+-", "Mitigated", "+-"]
    body = []
    for row in measured[:limit]:
        cells = [cut(printable(str(row.get("name"))), _LONGEST_NAME)]
        cells.append(_error(row, "ideal"))
        for kind in ("raw", "mitigated"):
            cells += [_error(row, kind), _half_interval(row, kind)]
        body.append(cells)
    lines = ["Measured on qubits, mHa from the best energy:", *ruled(header, body, 1)]
    lines += paragraph(
        "+-: half of the 95 % interval, statistical only. The table above has the noiseless VQE.",
        width,
    )
    return "\n".join(lines)


def _error(row: _Fields, kind: str) -> str:
    energy, best = number(row.get(f"e_{kind}")), number(row.get("e_best"))
    if energy is None or best is None:
        return "-"
    return f"{(energy - best) * MILLIHARTREE_PER_HARTREE:+.3f}"


def _half_interval(row: _Fields, kind: str) -> str:
    error = number(row.get(f"se_{kind}_mha"))
    if error is None or number(row.get(f"e_{kind}")) is None:
        return "-"
    return f"{TWO_SIDED_95 * error:.3f}"
