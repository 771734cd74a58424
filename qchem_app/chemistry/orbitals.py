"""Orbitals with definite order, symmetry and phase: the small linear algebra every space needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

#: Coefficients this near in magnitude count as equal when the phase of an orbital is chosen.
_TIE = 1e-6


def fix_phases(coeff: np.ndarray) -> np.ndarray:
    """Columns with the sign that makes the first of the largest coefficients positive.

    The sign of an eigenvector is arbitrary; without a convention it differs between machines and
    takes the signs of integrals and amplitudes with it.

    Args:
        coeff: (nao, n) orbitals.
    """
    magnitude = np.abs(coeff)
    if coeff.size == 0:
        return coeff.copy()
    largest = magnitude >= magnitude.max(axis=0) - _TIE
    signs = np.sign(coeff[largest.argmax(axis=0), np.arange(coeff.shape[1])])
    return np.asarray(coeff * np.where(signs == 0, 1.0, signs))


def diagonalise(
    matrix: np.ndarray, coeff: np.ndarray, orbsym: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rotate orbitals among themselves, irrep by irrep, so that C^T M C is diagonal.

    Args:
        matrix: (nao, nao) symmetric operator in the AO basis (a Fock matrix: Hartree).
        coeff: (nao, n) orthonormal orbitals.
        orbsym: (n,) their irreps.

    Returns:
        (eigenvalues ascending (n,), orbitals (nao, n), irreps (n,)); equal eigenvalues (to 1e-7)
        are in the order of their irreps, so that the order does not hang on the last digit.
    """
    values = np.zeros(coeff.shape[1])
    rotated = np.array(coeff, dtype=float)
    for irrep in np.unique(orbsym):
        index = np.flatnonzero(orbsym == irrep)
        block = coeff[:, index].T @ matrix @ coeff[:, index]
        values[index], vectors = np.linalg.eigh((block + block.T) / 2)
        rotated[:, index] = coeff[:, index] @ vectors
    order = np.lexsort((orbsym, values))
    for k in range(1, len(order)):  # insertion into runs that are equal to 1e-7
        j = k
        while (
            j > 0
            and values[order[j]] - values[order[j - 1]] < 1e-7
            and orbsym[order[j]] < orbsym[order[j - 1]]
        ):
            order[j - 1 : j + 1] = order[j - 1 : j + 1][::-1]
            j -= 1
    return values[order], fix_phases(rotated[:, order]), orbsym[order]


def canonicalise(
    fock: np.ndarray, blocks: Sequence[tuple[np.ndarray, np.ndarray]]
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """`diagonalise` each (orbitals, irreps) block of its own: no rotation mixes two blocks."""
    return [diagonalise(fock, coeff, orbsym) for coeff, orbsym in blocks]


def orbital_irreps(mol: Any, coeff: np.ndarray, overlap: np.ndarray) -> np.ndarray:
    """(n,) irrep of each orbital, as numbered in D2h; zeros without symmetry.

    Args:
        mol: a built ``pyscf.gto.Mole``.
        coeff: (nao, n) orbitals, each in one irrep.
        overlap: (nao, nao) AO overlap.
    """
    if not mol.symmetry:
        return np.zeros(coeff.shape[1], dtype=int)
    # Weight of each orbital in each irrep; symm_orb columns are orthogonal between irreps only.
    weights = []
    for basis in mol.symm_orb:
        projected = basis.T @ overlap @ coeff
        metric = basis.T @ overlap @ basis
        weights.append(np.einsum("ki,ki->i", projected, np.linalg.solve(metric, projected)))
    return np.asarray(mol.irrep_id)[np.argmax(weights, axis=0)] % 10
