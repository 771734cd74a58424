"""Converging the Hartree-Fock equations: DIIS first, then means that cost more and fail less."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from qchem_app.chemistry.orbitals import orbital_irreps

#: Norm of the orbital gradient (Hartree) above which a solution does not count as converged.
GRADIENT_TOLERANCE = 1e-5


@dataclass(frozen=True, eq=False)
class Solution:
    """Where an SCF iteration ended.

    Attributes:
        energy: total energy, Hartree.
        coeff: (nao, nmo) orbitals.
        occ: (nmo,) occupations 2, 1 or 0.
        converged: whether energy and gradient are converged.
    """

    energy: float
    coeff: np.ndarray
    occ: np.ndarray
    converged: bool


def has_rotations(occ: np.ndarray) -> bool:
    """Whether any rotation of the orbitals changes the determinant."""
    return len(np.unique(occ)) > 1


def gradient_norm(mf: Any, coeff: np.ndarray, occ: np.ndarray) -> float:
    """Euclidean norm of the orbital gradient, Hartree."""
    return float(np.linalg.norm(mf.get_grad(coeff, occ))) if has_rotations(occ) else 0.0


def with_irreps(mf: Any, coeff: np.ndarray) -> np.ndarray:
    """The orbitals, labelled with their irreps where the PySCF object uses symmetry."""
    from pyscf import lib

    if not mf.mol.symmetry:
        return np.asarray(coeff)
    plain = np.asarray(coeff)
    labelled: np.ndarray = lib.tag_array(plain, orbsym=orbital_irreps(mf.mol, plain, mf.get_ovlp()))
    return labelled


def second_order(mf: Any, coeff: np.ndarray, occ: np.ndarray, max_cycle: int = 60) -> Solution:
    """Minimise the energy by second-order steps, keeping the occupation of every irrep.

    Args:
        mf: PySCF RHF or ROHF object, not changed.
        coeff: (nao, nmo) orthonormal orbitals to start from.
        occ: (nmo,) their occupations.
        max_cycle: macro-iterations.
    """
    if not has_rotations(occ):
        return Solution(float(mf.energy_tot(mf.make_rdm1(coeff, occ))), coeff, occ, True)
    solver = mf.newton()
    solver.verbose = 0
    solver.max_cycle = max_cycle
    solver.kernel(with_irreps(mf, coeff), np.asarray(occ))
    return _solution(mf, solver)


def converge(mf: Any, notes: list[str]) -> Solution:
    """Converge from PySCF's superposition of atomic densities, whatever it takes.

    Args:
        mf: PySCF RHF or ROHF object; its orbitals become those of the last attempt.
        notes: receives a sentence for each attempt that failed and for the one that did not.
    """
    mf.kernel(dm0=mf.get_init_guess(key="minao"))
    solution = _solution(mf, mf)
    if solution.converged:
        return solution
    cycles = f"{mf.max_cycle} DIIS iterations"
    solution = second_order(mf, solution.coeff, solution.occ)
    if solution.converged:
        notes.append(f"mean field: not converged in {cycles}, converged by second-order steps")
        return solution
    before = mf.level_shift, mf.damp, mf.max_cycle
    mf.level_shift, mf.damp, mf.max_cycle = 0.5, 0.3, 200
    mf.kernel(dm0=mf.get_init_guess(key="minao"))
    mf.level_shift, mf.damp, mf.max_cycle = before
    shifted = _solution(mf, mf)
    solution = second_order(mf, shifted.coeff, shifted.occ, max_cycle=200)
    outcome = "converged" if solution.converged else "not converged"
    notes.append(
        f"mean field: not converged in {cycles}, nor by second-order steps; {outcome} "
        "with level shift and damping, then second-order steps"
    )
    return solution


def _solution(mf: Any, solver: Any) -> Solution:
    """What a PySCF solver holds, with convergence judged by the gradient of `mf`, too."""
    coeff = with_irreps(mf, solver.mo_coeff)
    occ = np.asarray(solver.mo_occ)
    small = gradient_norm(mf, coeff, occ) < GRADIENT_TOLERANCE
    return Solution(float(solver.e_tot), coeff, occ, bool(solver.converged) and small)
