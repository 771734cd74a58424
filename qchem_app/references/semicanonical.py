"""Semicanonical orbitals: where the Fock matrix of each spin is diagonal in its own blocks.

Perturbation theory and (T) need orbital energies. An ROHF determinant, or a closed-shell one in
rotated active orbitals, has none of its own; rotating occupied among occupied and virtual among
virtual orbitals, each spin by itself, leaves the determinant as it is and gives it some.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qchem_app.chemistry.hamiltonian import MolecularHamiltonian

#: Off-diagonal Fock elements below this (Hartree) count as zero: their effect is of second order.
_DIAGONAL = 1e-7


@dataclass(frozen=True, eq=False)
class SpinOrbitals:
    """Orbitals of one spin over the Hamiltonian's orbitals.

    Attributes:
        nocc: number of occupied orbitals, which come first.
        coefficients: (norb, norb) orthogonal, block diagonal in occupied and virtual.
        fock: (norb, norb) Fock matrix in these orbitals, Hartree; its occupied and virtual blocks
            are diagonal, the block between them is not zero for an open shell.
    """

    nocc: int
    coefficients: np.ndarray
    fock: np.ndarray

    @property
    def energies(self) -> np.ndarray:
        """(norb,) orbital energies, Hartree."""
        out: np.ndarray = np.diagonal(self.fock)
        return out

    @property
    def occupied(self) -> np.ndarray:
        """(norb, nocc) coefficients."""
        return self.coefficients[:, : self.nocc]

    @property
    def virtual(self) -> np.ndarray:
        """(norb, norb - nocc) coefficients."""
        return self.coefficients[:, self.nocc :]

    @property
    def singles(self) -> np.ndarray:
        """(nocc, norb - nocc) Fock elements f_ia, Hartree: zero where Brillouin's theorem holds."""
        return self.fock[: self.nocc, self.nocc :]

    @property
    def gaps(self) -> np.ndarray:
        """(nocc, norb - nocc) orbital energy differences e_i - e_a, Hartree."""
        out: np.ndarray = self.energies[: self.nocc, None] - self.energies[None, self.nocc :]
        return out


def fock_matrices(ham: MolecularHamiltonian) -> tuple[np.ndarray, np.ndarray]:
    """Alpha and beta Fock matrices, (norb, norb), Hartree, of the lowest determinant."""
    n_alpha, n_beta = ham.nelec
    coulomb = np.einsum("pqii->pq", ham.eri[:, :, :n_alpha, :n_alpha]) + np.einsum(
        "pqii->pq", ham.eri[:, :, :n_beta, :n_beta]
    )
    alpha = ham.h1 + coulomb - np.einsum("piiq->pq", ham.eri[:, :n_alpha, :n_alpha, :])
    beta = ham.h1 + coulomb - np.einsum("piiq->pq", ham.eri[:, :n_beta, :n_beta, :])
    return alpha, beta


def semicanonical_orbitals(ham: MolecularHamiltonian) -> tuple[SpinOrbitals, SpinOrbitals]:
    """Alpha and beta semicanonical orbitals of the determinant filling the lowest orbitals.

    Orbitals that are canonical already are left untouched, phases and degenerate sets included.
    """
    alpha, beta = fock_matrices(ham)
    return _diagonalise(alpha, ham.nelec[0]), _diagonalise(beta, ham.nelec[1])


def _diagonalise(fock: np.ndarray, nocc: int) -> SpinOrbitals:
    coefficients = np.zeros_like(fock)
    for block in (slice(0, nocc), slice(nocc, fock.shape[0])):
        part = fock[block, block]
        off_diagonal = part - np.diag(np.diagonal(part))
        if np.abs(off_diagonal).max(initial=0.0) < _DIAGONAL:
            coefficients[block, block] = np.eye(part.shape[0])
        else:
            coefficients[block, block] = np.linalg.eigh(part)[1]
    return SpinOrbitals(nocc, coefficients, coefficients.T @ fock @ coefficients)
