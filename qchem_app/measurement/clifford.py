"""How Clifford gates carry Pauli strings over into others."""

from __future__ import annotations

import math

import numpy as np

from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.errors import InputError

_ONE = np.uint64(1)


def conjugate(
    circuit: Circuit, x: np.ndarray, z: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """U P U^dagger of Pauli strings for a bound Clifford circuit U.

    The tableau rules of doi:10.1103/PhysRevA.70.052328, applied to whole columns of bits.

    Args:
        circuit: gates x, h, cx, and rotations by multiples of pi/2.
        x, z: (k,) uint64 masks of the strings, as in `PauliSum`.

    Returns:
        (k,) uint64 masks x and z, and the (k,) signs +1 or -1.

    Raises:
        InputError: a gate that is not Clifford.
    """
    x, z = np.array(x, dtype=np.uint64), np.array(z, dtype=np.uint64)
    flipped = np.zeros(x.shape, dtype=np.uint64)
    for gate in circuit.gates:
        for name in _elementary(gate):
            q = [np.uint64(k) for k in gate.qubits]
            bit_x, bit_z = x >> q[0] & _ONE, z >> q[0] & _ONE
            if name == "h":
                flipped ^= bit_x & bit_z
                x ^= (bit_x ^ bit_z) << q[0]
                z ^= (bit_x ^ bit_z) << q[0]
            elif name == "s":
                flipped ^= bit_x & bit_z
                z ^= bit_x << q[0]
            elif name == "x":
                flipped ^= bit_z
            elif name == "cx":
                target_x, target_z = x >> q[1] & _ONE, z >> q[1] & _ONE
                flipped ^= bit_x & target_z & (target_x ^ bit_z ^ _ONE)
                x ^= bit_x << q[1]
                z ^= target_z << q[0]
    return x, z, 1.0 - 2.0 * flipped


def _elementary(gate: Gate) -> tuple[str, ...]:
    """The gate as a sequence of h, s, x and cx, the first one first."""
    if gate.name in ("h", "x", "cx"):
        return (gate.name,)
    if gate.name == "delay":
        return ()
    if not gate.is_clifford:
        raise InputError(
            f"gate {gate.name} on {gate.qubits} turns by {gate.angle:.6g}, which is not a multiple "
            "of pi/2: the circuit is not Clifford"
        )
    quarter = ("s",) * (round(gate.angle / (math.pi / 2)) % 4)
    if gate.name == "rz":
        return quarter
    if gate.name == "rx":
        return ("h", *quarter, "h")
    # ry(a) = S rx(a) S^dagger
    return ("s", "s", "s", "h", *quarter, "h", "s")
