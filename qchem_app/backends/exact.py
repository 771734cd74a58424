"""ExactEstimator: energies and gradients from the exact CI vector."""

from __future__ import annotations

import time

import numpy as np

from qchem_app.ansatz.product import ProductAnsatz
from qchem_app.backends.base import Estimate, Ledger
from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.civector import kernels
from qchem_app.civector.hamiltonian import SectorHamiltonian
from qchem_app.civector.sector import Sector
from qchem_app.civector.sweep import Sweep


class ExactEstimator:
    """The energy without statistical error, on the symmetry sector of the reference.

    One gradient costs one product with the Hamiltonian and three sweeps over the excitations,
    whatever the number of parameters (adjoint differentiation, arXiv:2009.02823); two vectors
    of the sector's size are all that it keeps.

    Args:
        hamiltonian: the integrals.
        ansatz: excitations allowed by the symmetry of `hamiltonian`.
        threads: for large sectors; None leaves the libraries' own number.
    """

    def __init__(
        self,
        hamiltonian: MolecularHamiltonian,
        ansatz: ProductAnsatz,
        threads: int | None = None,
    ) -> None:
        self.hamiltonian = hamiltonian
        self.ansatz = ansatz
        self.sector = Sector.build(hamiltonian.norb, hamiltonian.nelec, hamiltonian.orbsym)
        self.apply = SectorHamiltonian(hamiltonian, self.sector, threads).apply
        self.sweep = Sweep(self.sector, ansatz.excitations, threads)
        self._state = np.empty(self.sector.size)
        self._dual = np.empty(self.sector.size)

    def state(self, theta: np.ndarray) -> np.ndarray:
        """The normalised CI vector (see `Sector` for its order); valid until the next call."""
        self._state[:] = 0.0
        self._state[self.sector.reference_index] = 1.0
        self.sweep.forward(self._state, self.ansatz.angles(theta))
        return self._state

    def estimate(self, theta: np.ndarray) -> Estimate:
        """Energy at (n_parameters,) theta, Hartree; its standard error is zero."""
        begin = time.perf_counter()
        state = self.state(theta)
        energy = kernels.dot(state, self.apply(state, out=self._dual))
        seconds = time.perf_counter() - begin
        return Estimate(energy, 0.0, Ledger(evaluations=1, wall_seconds=seconds))

    def value_and_gradient(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """Energy, Hartree, and its (n_parameters,) gradient, Hartree per radian."""
        angles = self.ansatz.angles(theta)
        state = self.state(theta)
        dual = self.apply(state, out=self._dual)
        energy = kernels.dot(state, dual)
        return energy, self.ansatz.collect(2.0 * self.sweep.backward(state, dual, angles))

    def gradient(self, theta: np.ndarray) -> np.ndarray:
        """(n_parameters,) gradient, Hartree per radian."""
        return self.value_and_gradient(theta)[1]
