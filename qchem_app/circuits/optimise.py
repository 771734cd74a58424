"""Peephole optimisation: gates that meet through others that commute cancel or merge."""

from __future__ import annotations

import cmath
import math
from itertools import permutations

import numpy as np

from qchem_app.circuits.circuit import ROTATIONS, Circuit, Gate, GateName

# How far back a gate looks for one to meet; keeps the time linear.
_REACH = 64
_MOST_PASSES = 12
_TINY = 1e-12
# The letter that a gate is a function of: gates of one letter on a qubit commute there.
_LETTER = {"x": "X", "rx": "X", "ry": "Y", "rz": "Z"}


def optimise(circuit: Circuit, *, from_zero: bool = False) -> Circuit:
    """The same unitary, up to a global phase, with fewer gates.

    - A CNOT cancels an equal one when only gates stand between that commute with it: those that
      share its control (or RZ there) and those that share its target (or RX, X there).
    - Rotations about one axis of a qubit merge, over gates that commute with them: fixed angles
      add to any, free ones to those of the same parameter. A whole turn vanishes.
    - Neighbouring fixed gates on one qubit become as few as can be.

    Time grows linearly with the number of gates.

    Args:
        circuit: free or bound.
        from_zero: that the circuit acts on zeros only may be used: gates that do nothing to
            it vanish, and an X becomes part of the rotation that follows it. The state is the
            same up to a global phase, the unitary is not.
    """
    n = circuit.n_qubits
    gates = list(circuit.gates)
    if not from_zero:
        return circuit.with_gates(_passes(gates, n))
    # What vanishes at the beginning may have been what others needed to cancel, and the other way
    # round: neither order is always the better one.
    first = _passes(_begin(gates, n), n)
    second = _passes(_begin(_passes(gates, n), n), n)
    return circuit.with_gates(first if _size(first) <= _size(second) else second)


def _passes(gates: list[Gate], n_qubits: int) -> list[Gate]:
    for _ in range(_MOST_PASSES):
        before = len(gates)
        gates = _fuse(_meet(gates, n_qubits), n_qubits)
        if len(gates) == before:
            break
    return gates


def _size(gates: list[Gate]) -> tuple[int, int]:
    return sum(gate.name == "cx" for gate in gates), len(gates)


def _begin(gates: list[Gate], n_qubits: int) -> list[Gate]:
    """Without gates that do nothing to zeros; an X before RX or RY as a rotation like it."""
    out: list[Gate] = []
    flipped: dict[int, int] = {}  # qubits that only had an X, and its place
    zero = set(range(n_qubits))
    for gate in gates:
        qubit = gate.qubits[0]
        if qubit in zero and (gate.name == "rz" or gate.name == "cx"):
            continue
        if gate.name == "x" and qubit in zero:
            flipped[qubit] = len(out)
        elif qubit in flipped and (gate.name == "rx" or gate.name == "ry"):
            out[flipped[qubit]] = Gate(gate.name, gate.qubits, math.pi)
        out.append(gate)
        if gate.name != "x" or qubit not in zero:
            for q in gate.qubits:
                flipped.pop(q, None)
        zero -= set(gate.qubits)
    return out


def _meet(gates: list[Gate], n_qubits: int) -> list[Gate]:
    """One pass of cancelling and merging."""
    out: list[Gate | None] = []
    chain: list[list[int]] = [[] for _ in range(n_qubits)]  # places of the gates on each qubit
    for gate in gates:
        if gate.name in ROTATIONS and _is_whole_turn(gate):
            continue
        place = _partner(gate, out, chain)
        if place is None:
            for q in gate.qubits:
                chain[q].append(len(out))
            out.append(gate)
            continue
        earlier = out[place]
        merged = None if earlier is None else _merge(earlier, gate)
        out[place] = merged
        if merged is None:
            for q in gate.qubits:
                chain[q].remove(place)
    return [gate for gate in out if gate is not None]


def _partner(gate: Gate, out: list[Gate | None], chain: list[list[int]]) -> int | None:
    """Place of the earlier gate that this one can be moved next to and combined with."""
    if gate.name == "delay":
        return None
    first, *others = gate.qubits
    letter = letter_of(gate, first)
    for place in reversed(chain[first][-_REACH:]):
        earlier = out[place]
        if earlier is None:
            continue
        if _combine(earlier, gate):
            if all(_reaches(gate, q, place, out, chain) for q in others):
                return place
            return None
        if letter is None or letter_of(earlier, first) != letter:
            return None
    return None


def _reaches(
    gate: Gate, qubit: int, goal: int, out: list[Gate | None], chain: list[list[int]]
) -> bool:
    letter = letter_of(gate, qubit)
    for place in reversed(chain[qubit][-_REACH:]):
        if place == goal:
            return True
        earlier = out[place]
        if earlier is not None and letter_of(earlier, qubit) != letter:
            return False
    return False


def letter_of(gate: Gate, qubit: int) -> str | None:
    """X, Y or Z where the gate is a function of that letter on the qubit; None for h and delay."""
    if gate.name == "cx":
        return "Z" if qubit == gate.qubits[0] else "X"
    return _LETTER.get(gate.name)


def _combine(earlier: Gate, gate: Gate) -> bool:
    if earlier.name != gate.name or earlier.qubits != gate.qubits:
        return False
    free = {g.parameter for g in (earlier, gate) if g.parameter is not None}
    return gate.name != "delay" and len(free) < 2


def _merge(earlier: Gate, gate: Gate) -> Gate | None:
    """Both gates as one; None where nothing is left."""
    if gate.name not in ROTATIONS:
        return None
    parameter = earlier.parameter if earlier.parameter is not None else gate.parameter
    factor = earlier.factor + gate.factor
    if abs(factor) < _TINY:
        parameter, factor = None, 0.0
    angle = math.remainder(earlier.angle + gate.angle, 4 * math.pi)
    merged = Gate(gate.name, gate.qubits, angle, parameter, factor)
    return None if _is_whole_turn(merged) else merged


def _is_whole_turn(gate: Gate) -> bool:
    """Whether a rotation is the identity, up to a sign of everything."""
    return gate.parameter is None and abs(math.remainder(gate.angle, 2 * math.pi)) < _TINY


def _fuse(gates: list[Gate], n_qubits: int) -> list[Gate]:
    """Runs of fixed gates on one qubit, each in its shortest form."""
    out: list[Gate] = []
    runs: list[list[Gate]] = [[] for _ in range(n_qubits)]

    def flush(qubit: int) -> None:
        out.extend(_shortest(runs[qubit]))
        runs[qubit] = []

    for gate in gates:
        if len(gate.qubits) == 1 and gate.name != "delay" and gate.parameter is None:
            runs[gate.qubits[0]].append(gate)
            continue
        for q in gate.qubits:
            flush(q)
        out.append(gate)
    for q in range(n_qubits):
        flush(q)
    return out


def _shortest(run: list[Gate]) -> list[Gate]:
    """The fewest gates, at most three, with the same effect as a run of them on one qubit."""
    if len(run) < 2:
        return run
    matrix = np.eye(2, dtype=np.complex128)
    for gate in run:
        matrix = gate.matrix() @ matrix
    matrix = matrix / cmath.sqrt(np.linalg.det(matrix))
    found = _fewer(matrix, run[0].qubits, len(run) - 1)
    return run if found is None else found


def _fewer(matrix: np.ndarray, qubits: tuple[int, ...], most: int) -> list[Gate] | None:
    """At most `most` gates for a matrix of determinant 1, up to its phase."""
    # matrix = w - i (x X + y Y + z Z), as exp(-i a/2 Z) = cos(a/2) - i sin(a/2) Z is
    w, z = matrix[0, 0].real, -matrix[0, 0].imag
    y, x = matrix[1, 0].real, -matrix[1, 0].imag
    parts: dict[GateName, float] = {"rx": x, "ry": y, "rz": z}
    axes = [name for name, part in parts.items() if abs(part) > _TINY]
    if not axes:
        return []
    if abs(w) < _TINY and axes == ["rx"]:
        return [Gate("x", qubits)]
    if len(axes) == 1:
        return [Gate(axes[0], qubits, 2 * math.atan2(parts[axes[0]], w))]
    if abs(w) < _TINY and axes == ["rx", "rz"] and abs(x - z) < _TINY:
        return [Gate("h", qubits)]
    if most >= 2:
        for first, second in permutations(parts, 2):
            two = _two_rotations(w, parts, first, second)
            if two is not None:
                return [Gate(first, qubits, two[0]), Gate(second, qubits, two[1])]
    if most >= 3:
        plus, minus = cmath.phase(complex(w, z)), cmath.phase(complex(y, -x))
        middle = 2 * math.atan2(math.hypot(x, y), math.hypot(w, z))
        return [
            Gate("rz", qubits, plus - minus),
            Gate("ry", qubits, middle),
            Gate("rz", qubits, plus + minus),
        ]
    return None


def _two_rotations(
    w: float, parts: dict[GateName, float], first: GateName, second: GateName
) -> tuple[float, float] | None:
    """Angles a and b of exp(-i b/2 B) exp(-i a/2 A), where the matrix has this form."""
    (third,) = set(parts) - {first, second}
    # the parts along A, B and BA/i are sin a cos b, cos a sin b and sin a sin b of half angles
    cyclic = (second, first) in (("rx", "ry"), ("ry", "rz"), ("rz", "rx"))
    both = parts[third] if cyclic else -parts[third]
    along_a, along_b = parts[first], parts[second]
    if abs(w * both - along_a * along_b) > _TINY:
        return None
    pairs = (along_a, w), (both, along_b)
    half = math.atan2(*max(pairs, key=lambda pair: math.hypot(*pair)))
    cos, sin = math.cos(half), math.sin(half)
    return 2 * half, 2 * math.atan2(along_b * cos + both * sin, w * cos + along_a * sin)
