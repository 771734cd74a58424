"""Point-group detection with a tolerance, and the Abelian subgroup that the orbitals use."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

# PySCF reads its tolerance from a variable of a module, not from an argument.
_lock = threading.Lock()

#: Continuous groups and the finite Abelian group used in their place. Infinitely many irreps
#: collapse to the four or eight that solvers index; degenerate pi orbitals become one x-like and
#: one y-like orbital of different irreps.
_FINITE = {"SO3": "D2h", "Dooh": "D2h", "Coov": "C2v"}


#: PySCF compares moments of the nuclear charges, which noise in the positions moves by more than
#: itself. Looser comparisons are tried, too; what counts is where the nuclei are.
_LOOSER = (1, 10, 100, 1000)


@dataclass(frozen=True, eq=False)
class PointGroup:
    """The symmetry of a set of nuclei.

    Attributes:
        full: name of the whole group, e.g. "Dooh", "Td".
        abelian: name of the Abelian subgroup in use, D2h or one of its subgroups.
        origin: (3,) the point that every operation leaves in place, Bohr.
        axes: (3, 3) rows are the x, y and z axes of the group in the input frame.
        coordinates: (natom, 3) positions that have the Abelian subgroup's symmetry exactly, Bohr.
        displacement: largest distance that an atom moved to get there, Bohr.
    """

    full: str
    abelian: str
    origin: np.ndarray
    axes: np.ndarray
    coordinates: np.ndarray
    displacement: float


@contextmanager
def _tolerance(value: float) -> Iterator[None]:
    from pyscf.symm import geom

    with _lock:
        before = geom.TOLERANCE
        geom.TOLERANCE = value
        try:
            yield
        finally:
            geom.TOLERANCE = before


def find_point_group(mol: Any, tolerance: float = 1e-5) -> PointGroup | None:
    """Detect the point group of a molecule and make its nuclei obey the Abelian part exactly.

    A geometry from a file obeys its symmetry only to the digits written there. Atoms are moved
    to the average over the operations, by no more than the tolerance; because the move is not
    totally symmetric, the energy changes in second order only (about 1e-10 Hartree at 1e-5 Bohr).
    The molecule is neither shifted nor turned.

    Args:
        mol: a built ``pyscf.gto.Mole``.
        tolerance: how far nuclei may be from symmetry, Bohr.

    Returns:
        The group with the most Abelian operations that hold within the tolerance; None where
        nothing that PySCF detected does.
    """
    best: PointGroup | None = None
    for looser in _LOOSER:
        group = _detect(mol, tolerance, looser * tolerance)
        if group is not None and (best is None or group_order(group) > group_order(best)):
            best = group
    return best


def quick_point_group(mol: Any, tolerance: float = 1e-5) -> PointGroup | None:
    """The point group for a forecast: one look, where noise in the positions may hide symmetry.

    Args:
        mol: a ``pyscf.gto.Mole``, or anything with `_atom`, `_basis`, `elements`, `atom_coords()`.
        tolerance: how far nuclei may be from symmetry, Bohr.
    """
    return _detect(mol, tolerance, tolerance)


def same_group(
    mol: Any, other: PointGroup, own: PointGroup, tolerance: float = 1e-5
) -> PointGroup | None:
    """The Abelian group and the axes of another geometry, if its operations hold here as well.

    Args:
        mol: a built ``pyscf.gto.Mole``.
        other: of the other geometry of the same atoms, in the same frame.
        own: what was found for this one.
        tolerance: how far nuclei may be from symmetry, Bohr.
    """
    charges, coordinates = mol.atom_charges(), mol.atom_coords()
    origin = charges @ coordinates / charges.sum()
    snapped = _symmetrise(mol.elements, coordinates, other.abelian, origin, other.axes)
    displacement = float(np.linalg.norm(snapped - coordinates, axis=1).max())
    if displacement > tolerance:
        return None
    if displacement < 1e-13:
        snapped = coordinates
    return PointGroup(own.full, other.abelian, origin, other.axes, snapped, displacement)


def group_order(group: PointGroup) -> int:
    """Number of operations of the Abelian group."""
    from pyscf.symm.param import OPERATOR_TABLE

    return len(OPERATOR_TABLE[group.abelian])


def _detect(mol: Any, tolerance: float, moment_tolerance: float) -> PointGroup | None:
    """What PySCF detects with a tolerance on moments, if the nuclei obey it within another."""
    from pyscf.lib.exceptions import PointGroupSymmetryError
    from pyscf.symm import geom

    try:
        with _tolerance(moment_tolerance):
            full, origin, axes = geom.detect_symm(mol._atom, mol._basis, verbose=0)
            abelian, axes = geom.as_subgroup(full, axes, _FINITE.get(full))
    except (PointGroupSymmetryError, np.linalg.LinAlgError):
        return None
    coordinates = mol.atom_coords()
    snapped = _symmetrise(mol.elements, coordinates, str(abelian), origin, axes)
    displacement = float(np.linalg.norm(snapped - coordinates, axis=1).max())
    if displacement > tolerance:
        return None
    if displacement < 1e-13:
        snapped = coordinates
    return PointGroup(
        str(full), str(abelian), np.array(origin), np.array(axes), snapped, displacement
    )


def _symmetrise(
    symbols: list[str], coordinates: np.ndarray, group: str, origin: np.ndarray, axes: np.ndarray
) -> np.ndarray:
    """Average of the coordinates over the operations of an Abelian group; (natom, 3), Bohr."""
    from pyscf.symm.param import D2H_OPS, OPERATOR_TABLE

    local = (coordinates - origin) @ axes.T
    operations = [np.diag(D2H_OPS[name]) for name in OPERATOR_TABLE[group]]
    kinds = np.array(symbols)
    total = np.zeros_like(local)
    for signs in operations:
        image = local * signs
        for atom, position in enumerate(local):
            distance = np.linalg.norm(image - position, axis=1)
            distance[kinds != kinds[atom]] = np.inf
            total[atom] += image[int(np.argmin(distance))]
    return np.asarray((total / len(operations)) @ axes + origin)


def use_point_group(mol: Any, group: PointGroup) -> None:
    """Make a built, unsymmetric ``Mole`` use this group's Abelian subgroup, in place.

    Sets what PySCF's own detection would set, but for the subgroup found here, and keeps the
    input frame: only the symmetry-adapted basis knows about the group's axes.
    """
    from pyscf import symm

    mol.topgroup = group.full
    mol.groupname = group.abelian
    if group.abelian == "C1":
        return  # PySCF's code without symmetry is the faster one
    mol.symmetry = True
    mol.symmetry_subgroup = group.abelian
    mol._symm_orig = group.origin
    mol._symm_axes = group.axes
    mol.symm_orb, mol.irrep_id = symm.symm_adapted_basis(
        mol, group.abelian, group.origin, group.axes
    )
    mol.irrep_name = [symm.irrep_id2name(group.abelian, irrep) for irrep in mol.irrep_id]


def irrep_label(point_group: str, irrep: int) -> str:
    """Name of an irrep in an Abelian group, e.g. "B1u"."""
    from pyscf import symm

    try:
        return str(symm.irrep_id2name(_FINITE.get(point_group, point_group), irrep))
    except (KeyError, IndexError):
        return f"irrep {irrep}"
