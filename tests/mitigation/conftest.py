"""What tests of mitigation share: a hydrogen molecule on qubits."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import build_hamiltonian
from qchem_app.chemistry.mean_field import run_mean_field
from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.io.geometry import read_geometry
from qchem_app.mapping.encodings import Encoding, make_encoding
from qchem_app.mapping.pauli import PauliSum


@dataclass(frozen=True)
class Problem:
    """A molecule on qubits, an ansatz, and parameters that are not special."""

    encoding: Encoding
    operator: PauliSum
    circuit: Circuit
    theta: np.ndarray

    @property
    def bound(self) -> Circuit:
        return self.circuit.bind(self.theta)


MakeProblem = Callable[..., Problem]


def double_excitation(encoding: Encoding) -> Circuit:
    """The determinant, turned towards the doubly excited one by up to two Pauli rotations.

    Y on one qubit that the excitation flips and X on the others keeps all parities.
    """
    reference, n = encoding.reference, encoding.n_qubits
    flipped = [q for q in range(n) if encoding.flip(0b1111) >> q & 1]
    gates = [Gate("x", (q,)) for q in range(n) if reference >> q & 1]
    for y in flipped[:2]:
        basis = [Gate("rx", (q,), math.pi / 2) if q == y else Gate("h", (q,)) for q in flipped]
        ladder = [Gate("cx", pair) for pair in pairwise(flipped)]
        sign = -1.0 if reference >> y & 1 else 1.0
        turn = Gate("rz", (flipped[-1],), parameter=0, factor=sign)
        gates += [*basis, *ladder, turn, *reversed(ladder), *(gate.inverse() for gate in basis)]
    return Circuit(n, tuple(gates), 1)


@pytest.fixture(scope="session")
def hydrogen(repository: Path) -> MakeProblem:
    """H2, STO-3G, in any mapping; each is built once."""
    molecule = read_geometry(repository / "molecules" / "h2.xyz").molecule
    mean_field = run_mean_field(molecule, "sto-3g")
    space = select_active_space(mean_field, "full", time_limit=60, memory_limit=1e3)
    hamiltonian = build_hamiltonian(mean_field, space)

    @cache
    def make(mapping: str = "jordan-wigner", *, taper: bool = False) -> Problem:
        encoding = make_encoding(hamiltonian, mapping, taper=taper)
        return Problem(
            encoding,
            encoding.operator(hamiltonian),
            double_excitation(encoding),
            np.array([0.23]),
        )

    return make
