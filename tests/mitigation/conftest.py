"""What tests of mitigation share: a hydrogen molecule on qubits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from qchem_app.ansatz.uccsd import uccsd
from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import build_hamiltonian
from qchem_app.chemistry.mean_field import run_mean_field
from qchem_app.circuits.circuit import Circuit
from qchem_app.circuits.compile import compile_ansatz
from qchem_app.io.geometry import read_geometry
from qchem_app.mapping.encodings import Encoding, make_encoding
from qchem_app.mapping.pauli import PauliSum
from qchem_app.references.perturbation import mp2_amplitudes


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


@pytest.fixture(scope="session")
def hydrogen(repository: Path) -> MakeProblem:
    """H2, STO-3G, UCCSD in any mapping; each is built once."""
    molecule = read_geometry(repository / "molecules" / "h2.xyz").molecule
    mean_field = run_mean_field(molecule, "sto-3g")
    space = select_active_space(mean_field, "full", time_limit=60, memory_limit=1e3)
    hamiltonian = build_hamiltonian(mean_field, space)
    ansatz = uccsd(hamiltonian, mp2_amplitudes(hamiltonian))

    @cache
    def make(mapping: str = "jordan-wigner", *, taper: bool = False) -> Problem:
        encoding = make_encoding(hamiltonian, mapping, taper=taper)
        circuit = compile_ansatz(ansatz, encoding, compact=False)
        theta = np.full(ansatz.n_parameters, 0.23)
        return Problem(encoding, encoding.operator(hamiltonian), circuit, theta)

    return make
