"""Problems that the tests of several optimisers share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from pyscf import fci

from qchem_app.ansatz.base import Ansatz
from qchem_app.ansatz.hardware_efficient import hardware_efficient
from qchem_app.ansatz.uccsd import uccsd
from qchem_app.ansatz.upccgsd import k_upccgsd
from qchem_app.backends.base import DifferentiableEstimator, Estimate, Estimator, Ledger
from qchem_app.backends.exact import ExactEstimator
from qchem_app.backends.lightning import LightningEstimator
from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import MolecularHamiltonian, build_hamiltonian
from qchem_app.chemistry.mean_field import run_mean_field
from qchem_app.circuits.compile import compile_ansatz
from qchem_app.mapping.encodings import make_encoding
from qchem_app.molecule import Molecule
from qchem_app.references.perturbation import mp2_amplitudes


@dataclass(frozen=True)
class Problem:
    """An ansatz, its exact energies, and the energy of full CI, Hartree."""

    ansatz: Ansatz
    estimator: DifferentiableEstimator
    exact: float


class Scattering:
    """Exact energies with normally distributed errors, as a device with many shots gives them."""

    def __init__(self, estimator: Estimator, error: float, seed: int = 0) -> None:
        self.estimator, self.error = estimator, error
        self.rng = np.random.default_rng(seed)

    def estimate(self, theta: np.ndarray) -> Estimate:
        value = self.estimator.estimate(theta).value + self.error * self.rng.normal()
        return Estimate(value, self.error, Ledger(shots=100))


@cache
def _chain(n: int) -> MolecularHamiltonian:
    lines = "\n".join(f"H 0 0 {float(i)}" for i in range(n))
    mean_field = run_mean_field(Molecule.from_xyz(f"{n}\n\n{lines}"))
    return build_hamiltonian(mean_field, select_active_space(mean_field, "full"))


@cache
def _problem(name: str) -> Problem:
    kind, n = name.split("-h")
    hamiltonian = _chain(int(n))
    exact, _ = fci.direct_spin1.kernel(
        hamiltonian.h1,
        hamiltonian.eri,
        hamiltonian.norb,
        hamiltonian.nelec,
        ecore=hamiltonian.ecore,
    )
    if kind == "hea":
        encoding = make_encoding(hamiltonian, "parity", taper=True)
        hea = hardware_efficient(encoding.n_qubits, encoding.reference, layers=3)
        circuit = compile_ansatz(hea, encoding)
        return Problem(hea, LightningEstimator(circuit, encoding.operator(hamiltonian)), exact)
    if kind == "uccsd":
        ansatz = uccsd(hamiltonian, mp2_amplitudes(hamiltonian))
    else:
        hamiltonian = hamiltonian.without_symmetry()
        ansatz = k_upccgsd(hamiltonian)
    return Problem(ansatz, ExactEstimator(hamiltonian, ansatz), exact)


@pytest.fixture(scope="session")
def problem() -> Callable[[str], Problem]:
    """A hydrogen chain 1 Å apart: "uccsd-h4", "upccgsd-h4", "hea-h4" and so on."""
    return _problem


@pytest.fixture(scope="session")
def scattering() -> type[Scattering]:
    """Makes an exact estimator scatter."""
    return Scattering
