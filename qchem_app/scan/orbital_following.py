"""Orbitals of one geometry in the order, with the phases and in the space of another's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qchem_app.chemistry.mean_field import MeanField
from qchem_app.chemistry.orbital_space import ActiveSpace, Block, block_space
from qchem_app.chemistry.orbitals import orbital_irreps
from qchem_app.chemistry.space_request import SpaceRequest

#: Orbital energies nearer than this (Hartree) belong to one degenerate set.
_DEGENERATE = 1e-5


@dataclass(frozen=True, eq=False)
class FollowedOrbitals:
    """Orbitals over basis functions that move with their atoms.

    Symmetrically orthogonalised functions (doi:10.1063/1.1747632) of two geometries are set equal
    one by one, so that the overlap of orbitals at different geometries tells their character and
    not how far the atoms have moved.

    Attributes:
        coeff: (nao, nmo) expansion in orthogonalised functions, ordered core | active | virtual,
            the active ones doubly, singly, un-occupied.
        occ: (nmo,) occupations 2, 1 or 0.
        n_core, norb: how many of them are left out below, and active.
    """

    coeff: np.ndarray
    occ: np.ndarray
    n_core: int
    norb: int

    @property
    def active(self) -> np.ndarray:
        """(nao, norb) the active ones."""
        return self.coeff[:, self.n_core : self.n_core + self.norb]

    @property
    def active_occ(self) -> np.ndarray:
        """(norb,) their occupations."""
        return self.occ[self.n_core : self.n_core + self.norb]

    @classmethod
    def of(cls, mean_field: MeanField, space: ActiveSpace) -> FollowedOrbitals:
        """The orbitals of an active space."""
        root = _root(mean_field.mf.get_ovlp())
        n_alpha, n_beta = space.nelec
        doubly, singly = space.n_core + n_beta, n_alpha - n_beta
        occ = np.zeros(space.mo_coeff.shape[1])
        occ[:doubly] = 2.0
        occ[doubly : doubly + singly] = 1.0
        return cls(root @ space.mo_coeff, occ, space.n_core, space.norb)

    def guess(self, mf: Any) -> tuple[np.ndarray, np.ndarray]:
        """The same orbitals over the functions of another geometry, and their occupations."""
        return _root(mf.get_ovlp(), inverse=True) @ self.coeff, self.occ


def _root(overlap: np.ndarray, *, inverse: bool = False) -> np.ndarray:
    """Square root of the overlap matrix, or of its inverse."""
    values, vectors = np.linalg.eigh(overlap)
    usable = values > 1e-10
    power = np.sqrt(values[usable])
    vectors = vectors[:, usable]
    return np.asarray((vectors * (1 / power if inverse else power)) @ vectors.T)


def follow(
    before: FollowedOrbitals, mean_field: MeanField, space: ActiveSpace
) -> tuple[ActiveSpace, float]:
    """Give active orbitals the order and the phases of a neighbour's.

    Within doubly, singly and un-occupied orbitals, those are paired whose overlaps have the
    largest sum of squares. Degenerate orbitals of one irrep are first turned among themselves.

    Args:
        before: of the neighbour, of the same size.
        mean_field: of this geometry.
        space: its active space.

    Returns:
        The space, and the smallest overlap of any pair: 1 where nothing has changed its character.
    """
    from scipy.optimize import linear_sum_assignment

    root = _root(mean_field.mf.get_ovlp())
    active = slice(space.n_core, space.n_core + space.norb)
    coeff = np.array(space.mo_coeff)
    own = FollowedOrbitals.of(mean_field, space).active_occ
    old = before.active
    order, smallest = np.arange(space.norb), 1.0
    for value in (2.0, 1.0, 0.0):
        index = np.flatnonzero(own == value)
        orbitals = coeff[:, active][:, index]
        for group in _degenerate(space, index):
            overlap = old[:, index].T @ root @ orbitals[:, group]
            orbitals[:, group] = orbitals[:, group] @ _turn(overlap)
        overlap = old[:, index].T @ root @ orbitals
        rows, columns = linear_sum_assignment(-(overlap**2))
        picked = overlap[rows, columns]
        smallest = min(smallest, float(np.abs(picked).min(initial=1.0)))
        coeff[:, space.n_core + index] = orbitals[:, columns] * np.where(picked < 0, -1.0, 1.0)
        order[index] = index[columns]
    followed = replace(
        space,
        mo_coeff=coeff,
        orbsym=np.asarray(space.orbsym)[order],
        orbital_energies=np.asarray(space.orbital_energies)[order],
    )
    return followed, smallest


def _degenerate(space: ActiveSpace, index: np.ndarray) -> list[np.ndarray]:
    """Sets of two or more places in `index` with one energy and one irrep."""
    energies = np.asarray(space.orbital_energies)[index]
    irreps = np.asarray(space.orbsym)[index]
    sets, left = [], list(range(index.size))
    while left:
        first = left[0]
        same = [
            k
            for k in left
            if irreps[k] == irreps[first] and abs(energies[k] - energies[first]) < _DEGENERATE
        ]
        left = [k for k in left if k not in same]
        if len(same) > 1:
            sets.append(np.array(same))
    return sets


def _turn(overlap: np.ndarray) -> np.ndarray:
    """(m, m) rotation of m degenerate orbitals towards the m old ones that they are nearest to.

    Args:
        overlap: (n, m) of n old orbitals with the m.
    """
    nearest = np.sort(np.argsort(-np.sum(overlap**2, axis=1), kind="stable")[: overlap.shape[1]])
    left, _, right = np.linalg.svd(overlap[nearest])
    return np.asarray((left @ right).T)


def transport(
    before: FollowedOrbitals, mean_field: MeanField, request: SpaceRequest, reason: str
) -> ActiveSpace:
    """The active space of this geometry that is most like a neighbour's, of the same size.

    Of the doubly occupied orbitals, and of the empty ones, those combinations in one irrep are
    active that have the largest projection on the neighbour's active orbitals.
    """
    mf = mean_field.mf
    root = _root(mf.get_ovlp())
    coeff, occ = np.asarray(mf.mo_coeff), np.asarray(mf.mo_occ)
    parts: dict[float, tuple[Block, Block]] = {}
    for value in (2.0, 0.0):
        columns = coeff[:, occ == value]
        irreps = orbital_irreps(mf.mol, columns, mf.get_ovlp())
        wanted = before.active[:, before.active_occ == value]
        overlap = wanted.T @ root @ columns
        parts[value] = _most_alike(columns, irreps, overlap, wanted.shape[1])
    (occupied, core), (virtual, out) = parts[2.0], parts[0.0]
    return block_space(mean_field, (core, occupied, virtual, out), request, reason)


def _most_alike(
    columns: np.ndarray, irreps: np.ndarray, overlap: np.ndarray, n: int
) -> tuple[Block, Block]:
    """The n combinations of orbitals with the largest projections, and the others."""
    weights = np.zeros(irreps.size)
    rotated = np.array(columns)
    for irrep in np.unique(irreps):
        index = np.flatnonzero(irreps == irrep)
        part = overlap[:, index]
        weights[index], vectors = np.linalg.eigh(part.T @ part)
        rotated[:, index] = columns[:, index] @ vectors
    order = np.argsort(-weights, kind="stable")
    chosen, others = order[:n], order[n:]
    return (rotated[:, chosen], irreps[chosen]), (rotated[:, others], irreps[others])
