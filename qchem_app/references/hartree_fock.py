"""The Hartree-Fock line: the energy of the determinant that every other method starts from."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from qchem_app.chemistry.hamiltonian import MolecularHamiltonian, hartree_fock_energy
from qchem_app.references.semicanonical import fock_matrices
from qchem_app.result import MethodResult

#: Largest orbital gradient (Hartree) of orbitals that still count as Hartree-Fock orbitals.
_STATIONARY = 1e-4


def hf(ham: MolecularHamiltonian) -> MethodResult:
    """Energy of the determinant occupying the lowest orbitals (RHF, or high-spin ROHF).

    It is an expectation value, so it is the Hartree-Fock energy only where the orbitals are
    Hartree-Fock orbitals; a note says when they are not. Whether the SCF that made them converged
    is for the caller to add.
    """
    start = perf_counter()
    alpha, beta = fock_matrices(ham)
    n_alpha, n_beta = ham.nelec
    notes: tuple[str, ...] = ()
    gradient = _orbital_gradient(alpha, beta, n_alpha, n_beta)
    if gradient > _STATIONARY:
        notes = (
            f"not Hartree-Fock orbitals (gradient {gradient:.1e} Ha): "
            "energy of the reference determinant",
        )
    spin = (n_alpha - n_beta) / 2
    return MethodResult(
        name="hf",
        energy=hartree_fock_energy(ham),
        converged=True,
        seconds=perf_counter() - start,
        s_squared=spin * (spin + 1),
        notes=notes,
    )


def _orbital_gradient(alpha: np.ndarray, beta: np.ndarray, n_alpha: int, n_beta: int) -> float:
    """Largest element (Hartree) that vanishes for converged ROHF orbitals."""
    closed, opened, empty = slice(n_beta), slice(n_beta, n_alpha), slice(n_alpha, None)
    blocks = (
        (alpha + beta)[closed, empty] / 2,  # doubly occupied with empty: the mean Fock matrix
        alpha[opened, empty],
        beta[closed, opened],
    )
    return max(float(np.abs(block).max(initial=0.0)) for block in blocks)
