"""Coordinates: values as ASE measures them, and fragments that stay rigid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.errors import InputError, UsageError
from qchem_app.io.geometry import read_geometry
from qchem_app.molecule import Molecule
from qchem_app.scan.bond_graph import bonds, side
from qchem_app.scan.coordinate import Coordinate, Kind
from qchem_app.units import ANGSTROM_PER_BOHR

MOLECULES = Path(__file__).parent.parent.parent / "molecules"
PEROXIDE = Molecule.from_xyz(
    "4\n\nO 0 0.73 -0.05\nO 0 -0.73 -0.05\nH 0.84 0.88 0.42\nH -0.84 -0.88 0.42\n"
)
ETHANE = Molecule.from_xyz(
    "8\n\nC 0 0 0.765\nC 0 0 -0.765\nH 1.02 0 1.16\nH -0.51 0.88 1.16\nH -0.51 -0.88 1.16\n"
    "H -1.02 0 -1.16\nH 0.51 0.88 -1.16\nH 0.51 -0.88 -1.16\n"
)
SQUARE = Molecule.from_xyz("4\n\nH 0 0 0\nH 0.74 0 0\nH 0.74 0.74 0\nH 0 0.74 0\n")


def measured(molecule: Molecule, coordinate: Coordinate) -> float:
    atoms = Atoms(molecule.symbols, molecule.coordinates * ANGSTROM_PER_BOHR)
    if coordinate.kind == "bond":
        return float(atoms.get_distance(*coordinate.atoms))
    if coordinate.kind == "angle":
        return float(atoms.get_angle(*coordinate.atoms))
    return float((atoms.get_dihedral(*coordinate.atoms) + 180) % 360 - 180)


CASES: list[tuple[Molecule, Kind, tuple[int, ...], float, float]] = [
    (PEROXIDE, "bond", (0, 1), 0.8, 4.0),
    (PEROXIDE, "bond", (2, 0), 0.8, 3.0),
    (PEROXIDE, "angle", (2, 0, 1), 60.0, 175.0),
    (PEROXIDE, "dihedral", (2, 0, 1, 3), -179.0, 179.0),
    (ETHANE, "bond", (0, 1), 1.0, 5.0),
    (ETHANE, "angle", (2, 0, 1), 80.0, 140.0),
    (ETHANE, "dihedral", (2, 0, 1, 5), -179.0, 179.0),
    (SQUARE, "bond", (0, 1), 0.5, 2.0),
]


@pytest.mark.parametrize("case", range(len(CASES)))
@given(share=st.floats(0, 1))
def test_value_is_what_ase_measures_and_fragments_stay_rigid(case: int, share: float) -> None:
    molecule, kind, atoms, low, high = CASES[case]
    coordinate = Coordinate(kind, atoms)
    apart = coordinate.value(molecule) - measured(molecule, coordinate)
    assert (apart + 180) % 360 - 180 == pytest.approx(0, abs=1e-9)
    target = low + share * (high - low)
    moved = coordinate.at(molecule, target)
    difference = measured(moved, coordinate) - target
    assert (difference + 180) % 360 - 180 == pytest.approx(0, abs=1e-8)

    moving, _ = coordinate.moving(molecule)
    staying = [k for k in range(len(molecule.symbols)) if k not in moving]
    assert atoms[-1] in moving
    assert set(atoms[:-1]) <= set(staying)
    assert np.array_equal(moved.coordinates[staying], molecule.coordinates[staying])
    for fragment in (moving, [*moving, atoms[-2]] if kind != "bond" else moving):
        before, after = (
            np.linalg.norm(x[:, None] - x[None], axis=2)
            for x in (molecule.coordinates[fragment], moved.coordinates[fragment])
        )
        assert np.abs(before - after).max() < 1e-12
    # no mirror images
    if len(moving) > 3:
        volumes = [
            np.linalg.det(x[moving][1:4] - x[moving[0]])
            for x in (molecule.coordinates, moved.coordinates)
        ]
        assert volumes[0] == pytest.approx(volumes[1], abs=1e-9)


def test_the_side_of_the_last_atom_moves() -> None:
    assert Coordinate("bond", (0, 1)).moving(ETHANE) == ([1, 5, 6, 7], False)
    assert Coordinate("bond", (1, 0)).moving(ETHANE) == ([0, 2, 3, 4], False)
    assert Coordinate("dihedral", (2, 0, 1, 5)).moving(ETHANE) == ([5, 6, 7], False)


def test_in_a_ring_the_last_atom_moves_alone() -> None:
    assert Coordinate("bond", (0, 1)).moving(SQUARE) == ([1], True)
    assert side(bonds(SQUARE), 0, 1) is None
    pyrrole = read_geometry(MOLECULES / "pyrrole.xyz").molecule
    neighbours = bonds(pyrrole)
    assert [len(n) for n in neighbours].count(3) == 5  # C and N of the ring
    ring = [k for k, n in enumerate(neighbours) if len(n) == 3]
    a = ring[0]
    b = next(iter(neighbours[a] & set(ring)))
    before = next(iter(neighbours[a] - {b}))
    after = next(iter(neighbours[b] - {a}))
    with pytest.raises(InputError, match="part of a ring"):
        Coordinate("dihedral", (before, a, b, after)).moving(pyrrole)


def test_a_linear_molecule_bends_in_any_plane() -> None:
    straight = Coordinate("angle", (1, 0, 2)).at(
        read_geometry(MOLECULES / "h2o.xyz").molecule, 180.0
    )
    bent = Coordinate("angle", (1, 0, 2)).at(straight, 104.5)
    assert Coordinate("angle", (1, 0, 2)).value(bent) == pytest.approx(104.5)


def test_dihedral_of_atoms_on_a_line() -> None:
    acetylene = read_geometry(MOLECULES / "c2h2.xyz").molecule
    ends = [k for k, s in enumerate(acetylene.symbols) if s == "H"]
    carbons = [k for k, s in enumerate(acetylene.symbols) if s == "C"]
    if Coordinate("bond", (ends[0], carbons[0])).value(acetylene) > 1.3:
        carbons.reverse()
    with pytest.raises(InputError, match="lie on a line"):
        Coordinate("dihedral", (ends[0], *carbons, ends[1])).value(acetylene)


def test_bending_beside_a_line_needs_a_plane() -> None:
    allene_like = Molecule.from_xyz("4\n\nO 0 0 0\nC 0 0 1.2\nC 0 0 2.5\nH 0.9 0 3.0\n")
    with pytest.raises(InputError, match="plane to bend in is not defined"):
        Coordinate("angle", (0, 1, 2)).at(allene_like, 170.0)


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        ("bond", "0", "needs 2 atoms"),
        ("bond", "0,1,2", "needs 2 atoms"),
        ("bond", "0,-1", "needs 2 atoms"),
        ("bond", "0,1.5", "needs 2 atoms"),
        ("bond", "1,1", "names an atom twice"),
        ("angle", "0,1,0", "names an atom twice"),
        ("dihedral", "0,1,2", "needs 4 atoms"),
    ],
)
def test_atoms_that_are_refused(kind: Kind, text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Coordinate.parse(kind, text)


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        ("bond", 0.0, "must be positive"),
        ("bond", -1.0, "must be positive"),
        ("bond", 0.1, "collide"),
        ("angle", 0.0, "between 0 and 180"),
        ("angle", 200.0, "between 0 and 180"),
        ("dihedral", 400.0, "between -360 and 360"),
    ],
)
def test_values_that_are_refused(kind: Kind, value: float, says: str) -> None:
    atoms = {"bond": (0, 1), "angle": (2, 0, 1), "dihedral": (2, 0, 1, 3)}[kind]
    with pytest.raises(InputError, match=says):
        Coordinate(kind, atoms).at(PEROXIDE, value)


def test_an_atom_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="no atom 9, the molecule has 4"):
        Coordinate.parse("bond", "0,9").check(PEROXIDE)
