"""Is there a lower mean field? Occupation swaps between irreps, and the orbital Hessian."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from qchem_app.chemistry.degeneracy import breaks_full_symmetry
from qchem_app.chemistry.orbitals import orbital_irreps
from qchem_app.chemistry.scf import Solution, has_rotations, second_order

_LOWER = 1e-7  # Hartree; what counts as a lower solution
_NEGATIVE = -5e-5  # Hartree; below this an eigenvalue of the Hessian is negative beyond noise
_SWAP_WINDOW = 0.15  # Hartree; unrelaxed determinants above the solution by more are not followed
_MAX_ROUNDS = 6
_MAX_SWAPS = 20  # trial determinants a round, each one Fock build
_DENSE = 60  # rotations of one irrep up to which their Hessian is built and diagonalised
_MAX_NAO = 250  # basis functions up to which all irreps of the Hessian are analysed


def lower_by_swapping(mf: Any, solution: Solution, notes: list[str]) -> Solution:
    """Try the occupations next to this one, with orbitals of other irreps filled.

    Filling by orbital energy can end in a determinant that is not the lowest, most of all with
    open shells; no continuous rotation within the point group leads from one to the other.

    Args:
        mf: PySCF RHF or ROHF object, not changed.
        solution: converged mean field.
        notes: receives a sentence if a lower one was found, and if one was not used because it
            fills degenerate orbitals unequally.
    """
    if not mf.mol.symmetry or not has_rotations(solution.occ):
        return solution
    first = solution.energy
    for _ in range(_MAX_ROUNDS):
        better, rejected = _best_swap(mf, solution)
        if better is None:
            break
        solution = better
    if solution.energy < first - _LOWER:
        notes.append(
            f"mean field: a lower occupation of the irreps was found "
            f"({1e3 * (first - solution.energy):.2f} mHa below the first)"
        )
    if rejected:
        notes.append(
            f"mean field: a lower determinant breaks the symmetry {mf.mol.topgroup} by filling "
            "degenerate orbitals unequally; the symmetric one is used"
        )
    return solution


def lower_by_stability(
    mf: Any, solution: Solution, notes: list[str]
) -> tuple[Solution, bool | None]:
    """Analyse the internal (real, spin-restricted) stability and follow what instabilities it can.

    An instability within the totally symmetric irrep is followed. One of another irrep breaks the
    point group: the occupation it points to is tried, but the orbitals stay symmetric.

    Args:
        mf: PySCF RHF or ROHF object, not changed.
        solution: converged mean field.
        notes: receives a sentence for what was followed or could not be.

    Returns:
        (the lowest solution, whether it is stable; None where that was not decided).

    References:
        10.1063/1.434318
    """
    if not has_rotations(solution.occ):
        return solution, True
    partial = mf.mol.nao > _MAX_NAO and mf.mol.symmetry
    first = solution.energy
    unstable = True
    broken = False
    for _ in range(_MAX_ROUNDS):
        followed = None
        negative = _negative_rotations(mf, solution, symmetric_only=partial)
        unstable = bool(negative)
        for irrep, rotation in negative:
            followed = _follow(mf, solution, irrep, rotation)
            if followed is not None:
                break
        if followed is None:
            # What cannot be followed within the Abelian group breaks it, or the full group.
            abelian = mf.mol.topgroup == mf.mol.groupname
            broken = bool(mf.mol.symmetry) and not (abelian and any(g == 0 for g, _ in negative))
            break
        solution = followed
    if solution.energy < first - _LOWER:
        notes.append(
            f"mean field: an internal instability was followed to a solution "
            f"{1e3 * (first - solution.energy):.2f} mHa lower"
        )
    if unstable and broken:
        sentence = (
            f"mean field: a lower solution exists that breaks the symmetry {mf.mol.topgroup}; "
            "the symmetric one is used"
        )
        if not any("breaks the symmetry" in note for note in notes):
            notes.append(sentence)
    elif unstable:
        notes.append("mean field: internally unstable, and following it led nowhere lower")
    elif partial:
        notes.append(
            "mean field: stable within its symmetry; rotations that break it were not analysed "
            f"(over {_MAX_NAO} basis functions)"
        )
        return solution, None
    return solution, not unstable


def _irreps(mf: Any, solution: Solution) -> np.ndarray:
    return orbital_irreps(mf.mol, np.asarray(solution.coeff), mf.get_ovlp())


def _swaps(solution: Solution, orbsym: np.ndarray, fock: np.ndarray) -> Iterator[np.ndarray]:
    """Occupations that differ by one exchange between frontier orbitals of two irreps."""
    energy = np.einsum("pi,pq,qi->i", solution.coeff, fock, solution.coeff)
    occ = np.asarray(solution.occ)
    pairs = []
    for upper, lower in ((2, 1), (1, 0), (2, 0)):
        for g in np.unique(orbsym[occ == upper]):
            for h in np.unique(orbsym[occ == lower]):
                if g == h:
                    continue
                from_ = np.flatnonzero((occ == upper) & (orbsym == g))
                to = np.flatnonzero((occ == lower) & (orbsym == h))
                i = from_[np.argmax(energy[from_])]
                a = to[np.argmin(energy[to])]
                pairs.append((float(energy[a] - energy[i]), int(i), int(a)))
    for _, i, a in sorted(pairs)[:_MAX_SWAPS]:
        swapped = occ.copy()
        swapped[i], swapped[a] = occ[a], occ[i]
        yield swapped


def _best_swap(mf: Any, solution: Solution) -> tuple[Solution | None, bool]:
    """The lowest relaxed solution among the promising swaps, if lower than this one.

    Also whether a lower determinant was left alone because it breaks the full symmetry.
    """
    coeff = np.asarray(solution.coeff)
    density = mf.make_rdm1(coeff, solution.occ)
    fock = np.asarray(mf.get_fock(dm=density))
    trials, rejected = [], False
    for occ in _swaps(solution, _irreps(mf, solution), fock):
        trial = mf.make_rdm1(coeff, occ)
        energy = float(mf.energy_tot(trial))
        # The same energy means an equivalent determinant, such as pi_y filled in place of pi_x.
        if energy > solution.energy + _SWAP_WINDOW or abs(energy - solution.energy) < _LOWER:
            continue
        if breaks_full_symmetry(mf.mol, density, trial):
            rejected |= energy < solution.energy
        else:
            trials.append((energy, occ))
    best = None
    for _, occ in sorted(trials, key=lambda trial: trial[0]):
        relaxed = second_order(mf, coeff, occ)
        limit = solution.energy if best is None else best.energy
        if relaxed.converged and relaxed.energy < limit - _LOWER:
            best = relaxed
    return best, rejected


def _rotation_pairs(occ: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(p, q) of every non-redundant rotation, in the order of PySCF's Hessian; p above q."""
    empty_a, filled_a = occ == 0, occ > 0
    empty_b, filled_b = occ < 2, occ == 2
    mask = (empty_a[:, None] & filled_a) | (empty_b[:, None] & filled_b)
    rows, columns = np.nonzero(mask)
    return rows, columns


def _negative_rotations(
    mf: Any, solution: Solution, *, symmetric_only: bool
) -> list[tuple[int, np.ndarray]]:
    """(irrep, rotation vector) of the lowest negative eigenvalue in each irrep, lowest first."""
    from pyscf.soscf import newton_ah

    coeff, occ = np.asarray(solution.coeff), np.asarray(solution.occ)
    make = newton_ah.gen_g_hop_rhf if mf.mol.spin == 0 else newton_ah.gen_g_hop_rohf
    _, apply, diagonal = make(mf, coeff, occ, with_symmetry=False)
    orbsym = _irreps(mf, solution)
    rows, columns = _rotation_pairs(occ)
    irreps = orbsym[rows] ^ orbsym[columns]
    found = []
    for irrep in [0] if symmetric_only else np.unique(irreps):
        index = np.flatnonzero(irreps == irrep)
        if index.size == 0:
            continue
        value, vector = _lowest(apply, diagonal, index)
        if value < _NEGATIVE:
            found.append((value, int(irrep), vector))
    found.sort(key=lambda item: item[0])
    return [(irrep, vector) for _, irrep, vector in found]


def _lowest(apply: Any, diagonal: np.ndarray, index: np.ndarray) -> tuple[float, np.ndarray]:
    """Lowest eigenpair of the Hessian among some rotations; the vector spans all rotations."""
    from pyscf import lib

    def restricted(x: np.ndarray) -> np.ndarray:
        full = np.zeros(diagonal.size)
        full[index] = x
        return np.asarray(apply(full))[index]

    if index.size <= _DENSE:
        matrix = np.array([restricted(unit) for unit in np.eye(index.size)])
        values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
        value, lowest = float(values[0]), vectors[:, 0]
    else:
        part = diagonal[index]
        starts = []
        for k in np.argsort(part, kind="stable")[:2]:
            start = np.zeros(index.size)
            start[k] = 1.0
            starts.append(start)
        value, lowest = lib.davidson(
            restricted,
            starts,
            lambda x, e, _: x / np.where(abs(part - e) < 1e-8, 1e-8, part - e),
            tol=1e-6,  # only the sign is asked for, and a Ritz value is never too low
            max_cycle=50,
            verbose=0,
        )
    vector = np.zeros(diagonal.size)
    vector[index] = lowest
    return float(value), vector


def _follow(mf: Any, solution: Solution, irrep: int, rotation: np.ndarray) -> Solution | None:
    """The solution that a negative rotation leads to, if it is lower."""
    from scipy.linalg import expm

    coeff, occ = np.asarray(solution.coeff), np.asarray(solution.occ)
    rows, columns = _rotation_pairs(occ)
    starts = []
    if irrep == 0:
        generator = np.zeros((occ.size, occ.size))
        generator[rows, columns] = rotation
        generator -= generator.T
        starts = [(coeff @ expm(step * generator), occ) for step in (0.5, -0.5)]
    else:
        k = int(np.argmax(np.abs(rotation)))
        swapped = occ.copy()
        swapped[rows[k]], swapped[columns[k]] = occ[columns[k]], occ[rows[k]]
        starts = [(coeff, swapped)]
    for orbitals, occupation in starts:
        relaxed = second_order(mf, orbitals, occupation)
        if (
            relaxed.converged
            and relaxed.energy < solution.energy - _LOWER
            and not breaks_full_symmetry(
                mf.mol, mf.make_rdm1(coeff, occ), mf.make_rdm1(relaxed.coeff, relaxed.occ)
            )
        ):
            return relaxed
    return None
