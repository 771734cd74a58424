"""A mean field that goes on from a neighbouring geometry's orbitals, in the same state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from qchem_app.chemistry.orbitals import orbital_irreps
from qchem_app.chemistry.scf import Solution, second_order
from qchem_app.chemistry.stability import lower_by_stability
from qchem_app.units import MILLIHARTREE_PER_HARTREE

#: Gives (nao, nmo) orbitals and (nmo,) occupations for a PySCF SCF object.
Guess = Callable[[Any], tuple[np.ndarray, np.ndarray]]

_LOWER = 1e-7  # Hartree; what counts as a lower solution
_SAME = 0.5  # overlap of filled orbitals below which two determinants are different ones
_LEAST_PART = 0.5  # weight in its irrep below which a neighbour's orbital is not taken for one
_SHIFTS = (0.3, 1.0)  # Hartree, of the empty orbitals where second-order steps fail


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
    fits = coeff.shape == np.asarray(mf.mo_coeff).shape
    adapted = _adapted(mf, coeff) if fits else None
    if adapted is None:
        notes.append(
            "mean field: the orbitals of the neighbouring geometry do not have the symmetry or "
            "the number of this one's, so that it stands alone and may be in another state"
        )
        return *found, False
    solution, stable = found
    other = _converged_from(mf, adapted, occ)
    if not other.converged:
        notes.append(
            "mean field: the determinant of the neighbouring geometry did not converge here, so "
            "that this one stands alone and may be in another state"
        )
        return *found, False
    if not solution.converged:
        notes.append("mean field: converged only from the orbitals of the neighbouring geometry")
        return other, None, False
    gap = MILLIHARTREE_PER_HARTREE * (solution.energy - other.energy)
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


def _converged_from(mf: Any, coeff: np.ndarray, occ: np.ndarray) -> Solution:
    """The solution near a determinant, with its occupation of every irrep.

    Second-order steps first. Where they stop short, DIIS with shifted empty orbitals, which keeps
    the occupation, brings them nearer.
    """
    solution = second_order(mf, coeff, occ)
    for shift in _SHIFTS:
        if solution.converged:
            break
        trial = mf.copy()
        trial.level_shift, trial.max_cycle = shift, 200
        if mf.mol.symmetry:
            trial.irrep_nelec = _electrons(mf, coeff, occ)
        trial.kernel(dm0=mf.make_rdm1(coeff, occ))
        solution = second_order(mf, trial.mo_coeff, trial.mo_occ, max_cycle=200)
    return solution


def _electrons(mf: Any, coeff: np.ndarray, occ: np.ndarray) -> dict[str, int | tuple[int, int]]:
    """Electrons in each irrep by its name; of open shells alpha and beta, as ROHF wants them."""
    irreps = orbital_irreps(mf.mol, coeff, mf.get_ovlp())
    found: dict[str, int | tuple[int, int]] = {}
    for irrep, name in zip(mf.mol.irrep_id, mf.mol.irrep_name, strict=True):
        here = np.asarray(occ)[irreps == irrep % 10]
        alpha, beta = int(np.sum(here > 0)), int(np.sum(here > 1))
        found[name] = (alpha, beta) if mf.mol.spin else alpha + beta
    return found


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


def _adapted(mf: Any, coeff: np.ndarray) -> np.ndarray | None:
    """Orbitals turned to the symmetry of the molecule in use: each with the largest part it has.

    The axes of a geometry may lie askew to those of its neighbour, as half of a twist does.

    Returns:
        Orthonormal orbitals in the same order; None where they do not fill the irreps.
    """
    if not mf.mol.symmetry:
        return coeff
    overlap = mf.get_ovlp()
    bases = [np.asarray(basis) for basis in mf.mol.symm_orb]
    parts, weights = [], []
    for basis in bases:
        projected = basis @ np.linalg.solve(basis.T @ overlap @ basis, basis.T @ overlap @ coeff)
        parts.append(projected)
        weights.append(np.einsum("pi,pq,qi->i", projected, overlap, projected))
    owner = np.argmax(weights, axis=0)
    adapted = np.array(coeff)
    for k, (basis, part) in enumerate(zip(bases, parts, strict=True)):
        index = np.flatnonzero(owner == k)
        if index.size != basis.shape[1]:
            return None
        columns = part[:, index]
        values, vectors = np.linalg.eigh(columns.T @ overlap @ columns)
        if values.min(initial=1.0) < _LEAST_PART:
            return None
        adapted[:, index] = columns @ (vectors / np.sqrt(values)) @ vectors.T
    return adapted
