"""Lower solutions, by swapping and by following instabilities."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pyscf import scf
from pyscf.soscf import newton_ah

from qchem_app.chemistry.mean_field import MeanField, build_mole
from qchem_app.chemistry.scf import Solution, converge, second_order
from qchem_app.chemistry.scratch import no_checkpoint_file
from qchem_app.chemistry.stability import (
    _negative_rotations,
    _rotation_pairs,
    lower_by_stability,
    lower_by_swapping,
)
from qchem_app.molecule import Molecule

GetMolecule = Callable[[str], Molecule]
GetMeanField = Callable[..., MeanField]


def _excited(molecule: Molecule) -> tuple[object, Solution]:
    """A PySCF object, and a converged determinant with another irrep occupied."""
    mol, _ = build_mole(molecule)
    with no_checkpoint_file():
        mf = scf.RHF(mol) if mol.spin == 0 else scf.ROHF(mol)
    mf.conv_tol, mf.conv_tol_grad = 1e-11, 1e-6
    ground = converge(mf, [])
    occ, orbsym = np.array(ground.occ), mf.get_orbsym(ground.coeff)
    homo = np.flatnonzero(occ > 0)[-1]
    lumo = np.flatnonzero((occ == 0) & (orbsym != orbsym[homo]))[0]
    occ[homo], occ[lumo] = occ[lumo], occ[homo]
    return mf, second_order(mf, ground.coeff, occ)


@pytest.mark.parametrize("name", ["h2", "lih", "oh", "n2"])
def test_swap_finds_the_way_back(
    molecule: GetMolecule, mean_field: GetMeanField, name: str
) -> None:
    mf, excited = _excited(molecule(name))
    ground = mean_field(name).energy
    assert excited.energy > ground + 1e-3
    notes: list[str] = []
    solution = lower_by_swapping(mf, excited, notes)
    solution, stable = lower_by_stability(mf, solution, notes)
    assert solution.energy == pytest.approx(ground, abs=1e-8)
    assert stable
    assert notes


@pytest.mark.parametrize(
    ("name", "below"),
    [("n2-stretched", -106.6169), ("b2", -48.3670), ("c2", -74.4220), ("cn", -90.9974)],
)
def test_known_hard_cases_reach_the_lower_solution(
    mean_field: GetMeanField, name: str, below: float
) -> None:
    result = mean_field(name)
    assert result.converged
    assert result.energy < below
    if name == "b2":
        assert any("a lower occupation of the irreps was found" in note for note in result.notes)


def test_symmetry_breaking_is_reported_and_not_followed(mean_field: GetMeanField) -> None:
    symmetric, broken = mean_field("square-h4"), mean_field("square-h4", symmetry=False)
    assert symmetric.stable is False
    assert "a lower solution exists that breaks the symmetry D4h" in symmetric.notes[-1]
    assert symmetric.subgroup == "D2h"
    assert broken.stable is True
    assert broken.energy < symmetric.energy - 0.05


def test_instability_is_followed_where_no_symmetry_forbids_it(
    molecule: GetMolecule, mean_field: GetMeanField
) -> None:
    mol, _ = build_mole(molecule("square-h4"), symmetry=False)
    with no_checkpoint_file():
        mf = scf.RHF(mol)
    mf.conv_tol, mf.conv_tol_grad = 1e-11, 1e-6
    symmetric = mean_field("square-h4").mf
    start = Solution(symmetric.e_tot, np.asarray(symmetric.mo_coeff), symmetric.mo_occ, True)
    notes: list[str] = []
    solution, stable = lower_by_stability(mf, start, notes)
    assert stable is True
    assert "an internal instability was followed to a solution" in notes[0]
    assert solution.energy == pytest.approx(
        mean_field("square-h4", symmetry=False).energy, abs=1e-8
    )


@pytest.mark.parametrize("name", ["h2o", "ch2", "square-h4"])
def test_lowest_eigenvalues_are_those_of_the_whole_hessian(
    mean_field: GetMeanField, name: str
) -> None:
    mf = mean_field(name).mf
    make = newton_ah.gen_g_hop_rhf if mf.mol.spin == 0 else newton_ah.gen_g_hop_rohf
    _, apply, diagonal = make(mf, np.asarray(mf.mo_coeff), mf.mo_occ, with_symmetry=False)
    hessian = np.array([apply(unit) for unit in np.eye(diagonal.size)])
    assert np.allclose(hessian, hessian.T, atol=1e-8)
    n_negative = np.count_nonzero(np.linalg.eigvalsh(hessian) < -5e-5)
    found = _negative_rotations(
        mf, Solution(mf.e_tot, mf.mo_coeff, mf.mo_occ, True), symmetric_only=False
    )
    assert bool(found) == bool(n_negative)
    assert _rotation_pairs(mf.mo_occ)[0].size == diagonal.size
    for irrep, vector in found:
        assert vector @ hessian @ vector < 0
        rows, columns = _rotation_pairs(mf.mo_occ)
        mixed = mf.mo_coeff.orbsym[rows] ^ mf.mo_coeff.orbsym[columns]
        assert np.all(vector[mixed != irrep] == 0)


def test_large_hessian_is_solved_iteratively(
    mean_field: GetMeanField, monkeypatch: pytest.MonkeyPatch
) -> None:
    mf = mean_field("square-h4").mf
    solution = Solution(mf.e_tot, mf.mo_coeff, mf.mo_occ, True)
    dense = _negative_rotations(mf, solution, symmetric_only=False)
    monkeypatch.setattr("qchem_app.chemistry.stability._DENSE", 0)
    iterative = _negative_rotations(mf, solution, symmetric_only=False)
    assert [irrep for irrep, _ in dense] == [irrep for irrep, _ in iterative]
    for (_, one), (_, other) in zip(dense, iterative, strict=True):
        assert abs(one @ other) / np.linalg.norm(one) / np.linalg.norm(other) > 0.999


def test_no_rotations_is_stable(mean_field: GetMeanField) -> None:
    assert mean_field("he").stable is True
    assert mean_field("h").stable is True


def test_large_basis_is_only_analysed_within_its_symmetry(
    mean_field: GetMeanField, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qchem_app.chemistry.stability._MAX_NAO", 1)
    mf = mean_field("h2o").mf
    notes: list[str] = []
    _, stable = lower_by_stability(mf, Solution(mf.e_tot, mf.mo_coeff, mf.mo_occ, True), notes)
    assert stable is None
    assert "rotations that break it were not analysed" in notes[0]
