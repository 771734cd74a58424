"""A circuit as plain text."""

from __future__ import annotations

from qchem_app.circuits.circuit import ROTATIONS, Circuit, Gate

# A screen or three; nobody reads more of a drawing.
_LONGEST = 400


def draw_circuit(circuit: Circuit, width: int = 80, *, longest: int = _LONGEST) -> str:
    """ASCII drawing: a line for each qubit, folded at `width` characters.

    A CNOT is `o` on its control and `X` on its target; lines between that it crosses show `|`.
    Angles are in radians, those that depend on parameter k as a multiple of `t[k]`.

    Args:
        circuit: free or bound.
        width: characters of a line; narrower than one gate it is exceeded.
        longest: gates that are drawn; a sentence says how many are left out.
    """
    n = circuit.n_qubits
    names = [f"q{q}" for q in range(n)]
    margin = max((len(name) for name in names), default=0)
    lines: list[str] = []
    for block in _fold(_columns(circuit.gates[:longest], n), width - margin - 4):
        if lines:
            lines.append("")
        for row in range(2 * n - 1):
            between = row % 2
            label = "" if between else names[row // 2]
            fill = " " if between else "-"
            cells = [column[row] for column in block]
            text = f"{label:>{margin}}: " if not between else " " * (margin + 2)
            lines.append((text + fill + fill.join(cells) + fill).rstrip())
    if len(circuit) > longest:
        lines += ["", f"{len(circuit) - longest:,} of {len(circuit):,} gates are not drawn."]
    return "\n".join(lines)


def _columns(gates: tuple[Gate, ...], n: int) -> list[list[str]]:
    """Cells of equal width for each moment; even rows are qubits, odd ones the gaps."""
    moments: list[list[Gate]] = []
    level = [0] * n
    for gate in gates:
        low, high = min(gate.qubits), max(gate.qubits)
        moment = max(level[low : high + 1])  # a CNOT also blocks the qubits that it crosses
        if moment == len(moments):
            moments.append([])
        moments[moment].append(gate)
        level[low : high + 1] = [moment + 1] * (high - low + 1)
    return [_cells(moment, n) for moment in moments]


def _cells(moment: list[Gate], n: int) -> list[str]:
    cells = ["-" if row % 2 == 0 else " " for row in range(2 * n - 1)]
    for gate in moment:
        if gate.name == "cx":
            low, high = sorted(gate.qubits)
            for row in range(2 * low + 1, 2 * high):
                cells[row] = "|"
            cells[2 * gate.qubits[0]], cells[2 * gate.qubits[1]] = "o", "X"
        else:
            cells[2 * gate.qubits[0]] = _label(gate)
    width = max(map(len, cells))
    return [cell.center(width, "-" if row % 2 == 0 else " ") for row, cell in enumerate(cells)]


def _label(gate: Gate) -> str:
    if gate.name == "delay":
        return f"[{gate.angle:.4g} ns]"
    if gate.name not in ROTATIONS:
        return f"[{gate.name.upper()}]"
    if gate.parameter is None:
        angle = f"{gate.angle:.4g}"
    else:
        begin = "" if gate.angle == 0 else f"{gate.angle:.4g}+"
        times = {"1": "", "-1": "-"}.get(f"{gate.factor:g}", f"{gate.factor:g}*")
        angle = f"{begin}{times}t[{gate.parameter}]".replace("+-", "-")
    return f"[{gate.name.upper()} {angle}]"


def _fold(columns: list[list[str]], width: int) -> list[list[list[str]]]:
    """Columns that fit side by side, one character between them; at least one block."""
    blocks: list[list[list[str]]] = [[]]
    used = 0
    for column in columns:
        needed = len(column[0]) + 1
        if blocks[-1] and used + needed > width:
            blocks.append([])
            used = 0
        blocks[-1].append(column)
        used += needed
    return blocks
