"""What tests of measurement share: molecules on qubits, and random circuits and operators."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from qchem_app.ansatz.uccsd import uccsd
from qchem_app.backends.exact import ExactEstimator
from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import build_hamiltonian
from qchem_app.chemistry.mean_field import run_mean_field
from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.io.geometry import read_geometry
from qchem_app.mapping.encodings import Encoding, make_encoding
from qchem_app.mapping.pauli import PauliSum
from qchem_app.references.perturbation import mp2_amplitudes


@dataclass(frozen=True)
class Measured:
    """A molecule on qubits and its UCCSD state at the MP2 amplitudes."""

    encoding: Encoding
    operator: PauliSum
    state: np.ndarray
    symmetries: list[tuple[int, int]]

    @property
    def energy(self) -> float:
        return self.operator.expectation(self.state)


GetMeasured = Callable[..., Measured]
Unitary = Callable[[Circuit], np.ndarray]
RandomCircuit = Callable[..., Circuit]
RandomSum = Callable[..., PauliSum]
RandomState = Callable[[int, int], np.ndarray]


@pytest.fixture(scope="session")
def measured(repository: Path) -> GetMeasured:
    """A file of molecules/ in STO-3G; each is built once."""

    @cache
    def get(
        name: str, space: str = "full", mapping: str = "jordan-wigner", taper: bool = False
    ) -> Measured:
        molecule = read_geometry(repository / "molecules" / f"{name}.xyz").molecule
        mean_field = run_mean_field(molecule, "sto-3g")
        hamiltonian = build_hamiltonian(mean_field, select_active_space(mean_field, space))
        ansatz = uccsd(hamiltonian, mp2_amplitudes(hamiltonian))
        exact = ExactEstimator(hamiltonian, ansatz)
        encoding = make_encoding(hamiltonian, mapping, taper=taper)
        state = encoding.state(exact.sector, exact.state(ansatz.initial))
        symmetries = [(symmetry.mask, symmetry.parity) for symmetry in encoding.symmetries]
        return Measured(encoding, encoding.operator(hamiltonian), state, symmetries)

    return get


@pytest.fixture(scope="session")
def unitary() -> Unitary:
    """The dense matrix of a bound circuit, column by column from `Circuit.state`."""

    def matrix(circuit: Circuit) -> np.ndarray:
        n = circuit.n_qubits
        columns = []
        for b in range(1 << n):
            flips = tuple(Gate("x", (q,)) for q in range(n) if b >> q & 1)
            columns.append((Circuit(n, flips) + circuit).state())
        return np.stack(columns, axis=1)

    return matrix


@pytest.fixture(scope="session")
def random_clifford() -> RandomCircuit:
    """A circuit of every kind of gate that can be Clifford, at multiples of pi/2."""

    def make(n_qubits: int, n_gates: int, seed: int) -> Circuit:
        rng = np.random.default_rng(seed)
        gates = []
        for _ in range(n_gates):
            name = rng.choice(["x", "h", "rx", "ry", "rz", "cx", "cx", "cx"])
            first, second = (int(q) for q in rng.permutation(max(n_qubits, 2))[:2])
            if name == "cx" and n_qubits > 1:
                gates.append(Gate("cx", (first, second)))
            elif name != "cx":
                angle = int(rng.integers(-5, 6)) * math.pi / 2 if name[0] == "r" else 0.0
                gates.append(Gate(name, (first % n_qubits,), angle))
        return Circuit(n_qubits, tuple(gates))

    return make


@pytest.fixture(scope="session")
def random_sum() -> RandomSum:
    """Distinct random strings, the identity perhaps among them."""

    def make(n_qubits: int, n_terms: int, seed: int) -> PauliSum:
        rng = np.random.default_rng(seed)
        strings = rng.choice(4**n_qubits, size=min(n_terms, 4**n_qubits), replace=False)
        x, z = strings % 2**n_qubits, strings // 2**n_qubits
        return PauliSum(n_qubits, x, z, rng.normal(size=strings.size))

    return make


@pytest.fixture(scope="session")
def random_state() -> RandomState:
    """A normalised complex vector."""

    def make(n_qubits: int, seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        vector = rng.normal(size=1 << n_qubits) + 1j * rng.normal(size=1 << n_qubits)
        return vector / np.linalg.norm(vector)

    return make
