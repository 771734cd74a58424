"""Paulis as gates: what twirling and error cancellation insert into circuits."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache

import numpy as np

from qchem_app.backends.channel import commutation
from qchem_app.circuits.circuit import Circuit, Gate

# A Pauli on one qubit is 0 to 3 for I, X, Y, Z; its x and z bits multiply by exclusive or.
X_BIT = (0, 1, 1, 0)
Z_BIT = (0, 0, 1, 1)
FROM_BITS = ((0, 3), (1, 2))  # [x][z]


@lru_cache(maxsize=1024)
def pauli_gates(pauli: int, qubit: int) -> tuple[Gate, ...]:
    """The Pauli as gates of the device: x, ry(pi) and rz(pi), each with its own noise."""
    return (
        (),
        (Gate("x", (qubit,)),),
        (Gate("ry", (qubit,), math.pi),),
        (Gate("rz", (qubit,), math.pi),),
    )[pauli]


def product(first: int, second: int) -> int:
    """The product of two Paulis, up to its phase."""
    return FROM_BITS[X_BIT[first] ^ X_BIT[second]][Z_BIT[first] ^ Z_BIT[second]]


def through_cnot(control: int, target: int) -> tuple[int, int]:
    """(control, target) Paulis after a CNOT that act as these before it, up to sign."""
    x_c, z_c, x_t, z_t = X_BIT[control], Z_BIT[control], X_BIT[target], Z_BIT[target]
    return FROM_BITS[x_c][z_c ^ z_t], FROM_BITS[x_t ^ x_c][z_t]


def fidelities(probabilities: np.ndarray) -> np.ndarray:
    """(4**k,) factors by which a Pauli channel shrinks each Pauli string.

    Args:
        probabilities: (4**k,) of each Pauli error, I, X, Y, Z as digits 0 to 3, first qubit least
            significant; the factors have the same order.
    """
    return commutation(probabilities.size) @ probabilities


def trusted(n_qubits: int, gates: Iterable[Gate]) -> Circuit:
    """A bound circuit of gates that come from checked circuits on the same qubits.

    Checking thousands of sampled circuits gate by gate takes longer than simulating them.
    """
    circuit = object.__new__(Circuit)
    for name, value in (("n_qubits", n_qubits), ("gates", tuple(gates)), ("n_parameters", 0)):
        object.__setattr__(circuit, name, value)
    return circuit
