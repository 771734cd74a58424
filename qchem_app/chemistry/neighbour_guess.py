"""A mean field that goes on from a neighbouring geometry's orbitals, in the same state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from qchem_app.chemistry.orbitals import orbital_irreps
from qchem_app.chemistry.scf import Solution, second_order
from qchem_app.chemistry.stability import lower_by_stability

#: Gives (nao, nmo) orbitals and (nmo,) occupations for a PySCF SCF object.
Guess = Callable[[Any], tuple[np.ndarray, np.ndarray]]

_LOWER = 1e-7  # Hartree; what counts as a lower solution
_SAME = 0.5  # overlap of filled orbitals below which two determinants are different ones
_IMPURE = 1e-6  # weight outside its irrep from which an orbital has not the symmetry


def lower_by_guess(
    mf: Any,
    guess: tuple[np.ndarray, np.ndarray],
    found: tuple[Solution, bool | None],
    notes: list[str],
) -> tuple[Solution, bool | None, bool]:
    """Converge from a neighbour's orbitals as well; keep the lower solution of its state.

    Determinants that fill other orbitals stand for other electronic states, or for a reference of
    other quality to everything that is built on it. Where the solution that was found without the
    neighbour is such a one, the neighbour's is kept, although it may lie higher: a curve is one of
    one state.

    Args:
        mf: PySCF RHF or ROHF object, not changed.
        guess: orbitals and occupations.
        found: the solution without the neighbour, and whether it is stable.
        notes: receives a sentence where the neighbour made a difference.

    Returns:
        The solution; whether it is stable, None where that was not decided; whether a lower one of
        the same irrep was left aside.
    """
    coeff, occ = guess
    if coeff.shape != np.asarray(mf.mo_coeff).shape or not _is_pure(mf, coeff):
        return *found, False
    solution, stable = found
    other = second_order(mf, coeff, occ)
    if not other.converged:
        return *found, False
    if not solution.converged:
        notes.append("mean field: converged only from the orbitals of the neighbouring geometry")
        return other, None, False
    gap = 1e3 * (solution.energy - other.energy)
    if _overlap(mf, solution, other) < _SAME:
        if gap < 0:
            notes.append(
                f"mean field: a determinant that fills other orbitals lies {-gap:.2f} mHa lower; "
                "that of the neighbouring geometry is followed"
            )
        return other, None, gap < 0 and _irrep(mf, other) == _irrep(mf, solution)
    if other.energy < solution.energy - _LOWER:
        notes.append(
            "mean field: the orbitals of the neighbouring geometry led to a solution "
            f"{gap:.2f} mHa lower"
        )
        return *lower_by_stability(mf, other, notes), False
    return solution, stable, False


def _irrep(mf: Any, solution: Solution) -> int:
    """Irrep of a determinant: the product over its singly occupied orbitals."""
    coeff = np.asarray(solution.coeff)[:, np.asarray(solution.occ) == 1]
    irreps = orbital_irreps(mf.mol, coeff, mf.get_ovlp())
    return int(np.bitwise_xor.reduce(irreps)) if irreps.size else 0


def _overlap(mf: Any, first: Solution, second: Solution) -> float:
    """Smallest overlap of an orbital that one determinant fills with those that the other fills.

    The smaller one of both spins: 1 for equal determinants, 0 for different occupations of irreps.
    """
    overlap, smallest = mf.get_ovlp(), 1.0
    for least in (0, 1):
        parts = [np.asarray(s.coeff)[:, np.asarray(s.occ) > least] for s in (first, second)]
        values = np.linalg.svd(parts[0].T @ overlap @ parts[1], compute_uv=False)
        smallest = min(smallest, float(values.min(initial=1.0)))
    return smallest


def _is_pure(mf: Any, coeff: np.ndarray) -> bool:
    """Whether every orbital belongs to one irrep of the molecule in use."""
    if not mf.mol.symmetry:
        return True
    overlap = mf.get_ovlp()
    irreps = orbital_irreps(mf.mol, coeff, overlap)
    names = np.asarray(mf.mol.irrep_id) % 10
    for irrep, basis in zip(names, mf.mol.symm_orb, strict=True):
        foreign = basis.T @ overlap @ coeff[:, irreps != irrep]
        if np.abs(foreign).max(initial=0.0) > _IMPURE:
            return False
    return True
