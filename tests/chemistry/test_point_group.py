"""Point groups, with a tolerance."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pyscf.symm import geom

from qchem_app.chemistry.mean_field import build_mole, run_mean_field
from qchem_app.chemistry.point_group import find_point_group, irrep_label
from qchem_app.molecule import Molecule


@pytest.mark.parametrize(
    ("name", "full", "abelian"),
    [
        ("h", "SO3", "D2h"),
        ("h2", "Dooh", "D2h"),
        ("lih", "Coov", "C2v"),
        ("h2o", "C2v", "C2v"),
        ("h3+", "D3h", "C2v"),
        ("square-h4", "D4h", "D2h"),
        ("ch4", "Td", "D2"),
        ("skew", "C1", "C1"),
    ],
)
def test_groups(molecule: Callable[[str], Molecule], name: str, full: str, abelian: str) -> None:
    mol, _ = build_mole(molecule(name))
    assert (mol.topgroup, mol.groupname) == (full, abelian)


def _noisy(molecule: Molecule, size: float) -> Molecule:
    noise = np.random.default_rng(7).uniform(-size, size, molecule.coordinates.shape)
    return molecule.replace(coordinates=molecule.coordinates + noise)


def test_almost_symmetric_molecule_is_made_symmetric(
    molecule: Callable[[str], Molecule],
) -> None:
    exact, noisy = molecule("ch4"), _noisy(molecule("ch4"), 3e-6)
    mol, notes = build_mole(noisy)
    assert mol.groupname == "D2"
    assert any("nuclei moved by up to" in note for note in notes)
    moved = np.linalg.norm(mol.atom_coords() - noisy.coordinates, axis=1)
    assert 1e-7 < moved.max() < 1e-5
    # The move is not totally symmetric, so the energy changes in second order only.
    without = run_mean_field(noisy, symmetry=False)
    assert run_mean_field(noisy).energy == pytest.approx(without.energy, abs=2e-10)
    assert run_mean_field(exact).energy != pytest.approx(without.energy, abs=1e-11)


def test_tolerance_is_respected_and_not_leaked(molecule: Callable[[str], Molecule]) -> None:
    before = geom.TOLERANCE
    noisy = _noisy(molecule("h2o"), 1e-3)
    assert build_mole(noisy, symmetry_tolerance=1e-5)[0].groupname != "C2v"
    assert build_mole(noisy, symmetry_tolerance=1e-2)[0].groupname == "C2v"
    assert before == geom.TOLERANCE


def test_molecule_is_neither_shifted_nor_turned(molecule: Callable[[str], Molecule]) -> None:
    rotation, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))
    water = molecule("h2o")
    turned = water.replace(coordinates=water.coordinates @ rotation + [1.0, -2.0, 3.0])
    mol, _ = build_mole(turned)
    assert mol.groupname == "C2v"
    assert np.allclose(mol.atom_coords(), turned.coordinates, atol=1e-9)


def test_group_operations_map_the_nuclei_onto_themselves(
    molecule: Callable[[str], Molecule],
) -> None:
    mol, _ = build_mole(_noisy(molecule("nh4+"), 2e-6), symmetry=False)
    group = find_point_group(mol)
    assert group is not None
    local = (group.coordinates - group.origin) @ group.axes.T
    for signs in ([-1, -1, 1], [-1, 1, -1], [1, -1, -1]):  # the C2 axes of D2
        image = local * signs
        distance = np.linalg.norm(image[:, None] - local, axis=2).min(axis=1)
        assert distance.max() < 1e-14


def test_distortion_beyond_the_tolerance_lowers_the_group(
    molecule: Callable[[str], Molecule],
) -> None:
    methane = molecule("ch4")
    coordinates = methane.coordinates.copy()
    coordinates[1] *= 1.001  # one bond of four, by 0.002 Bohr
    stretched = methane.replace(coordinates=coordinates)
    assert build_mole(stretched)[0].topgroup == "C3v"
    assert build_mole(stretched)[0].groupname == "Cs"
    mol, _ = build_mole(stretched, symmetry_tolerance=1e-2)
    assert mol.groupname == "D2"
    moved = np.linalg.norm(mol.atom_coords() - stretched.coordinates, axis=1)
    assert 1e-4 < moved.max() < 1e-2


def test_labels() -> None:
    assert irrep_label("D2h", 5) == "B1u"
    assert irrep_label("C2v", 2) == "B1"
    assert irrep_label("C1", 0) == "A"
    assert irrep_label("Coov", 0) == "A1"
    assert irrep_label("Cs", 7) == "irrep 7"
