"""RHF and ROHF."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyscf import gto, lib, scf

from qchem_app.chemistry.mean_field import MeanField, build_mole, run_mean_field
from qchem_app.chemistry.scf import converge, gradient_norm
from qchem_app.chemistry.scratch import no_checkpoint_file
from qchem_app.errors import InputError, ResourceError, UsageError
from qchem_app.molecule import Molecule

GetMolecule = Callable[[str], Molecule]
GetMeanField = Callable[..., MeanField]


def pyscf_energy(molecule: Molecule, basis: str) -> float:
    """PySCF alone, without symmetry: the oracle."""
    mol = gto.Mole(
        atom=[
            (s, tuple(map(float, x)))
            for s, x in zip(molecule.symbols, molecule.coordinates, strict=True)
        ],
        unit="Bohr",
        basis=basis,
        charge=molecule.charge,
        spin=molecule.multiplicity - 1,
        verbose=0,
    ).build(dump_input=False, parse_arg=False)
    with no_checkpoint_file():
        mf = scf.RHF(mol) if mol.spin == 0 else scf.ROHF(mol)
    mf.conv_tol = 1e-11
    mf.kernel()
    for _ in range(4 if mol.natm > 1 and mol.nelectron > 1 else 0):
        orbitals, _, stable, _ = mf.stability(return_status=True)
        if stable:
            break
        mf = mf.newton().run(orbitals, mf.mo_occ)
    assert mf.converged
    return float(mf.e_tot)


@pytest.mark.parametrize(
    ("name", "kind", "full", "abelian"),
    [
        ("h", "ROHF", "SO3", "D2h"),
        ("he", "RHF", "SO3", "D2h"),
        ("li", "ROHF", "SO3", "D2h"),
        ("b", "ROHF", "SO3", "D2h"),
        ("c", "ROHF", "SO3", "D2h"),
        ("h2", "RHF", "Dooh", "D2h"),
        ("h2+", "ROHF", "Dooh", "D2h"),
        ("heh+", "RHF", "Coov", "C2v"),
        ("h3+", "RHF", "D3h", "C2v"),
        ("lih", "RHF", "Coov", "C2v"),
        ("beh", "ROHF", "Coov", "C2v"),
        ("oh", "ROHF", "Coov", "C2v"),
        ("nh", "ROHF", "Coov", "C2v"),
        ("cn", "ROHF", "Coov", "C2v"),
        ("no", "ROHF", "Coov", "C2v"),
        ("n2", "RHF", "Dooh", "D2h"),
        ("ch2", "ROHF", "C2v", "C2v"),
        ("h2o", "RHF", "C2v", "C2v"),
        ("nh4+", "RHF", "Td", "D2"),
    ],
)
def test_energy_is_that_of_pyscf(
    mean_field: GetMeanField, name: str, kind: str, full: str, abelian: str
) -> None:
    result = mean_field(name)
    assert (result.kind, result.point_group, result.subgroup) == (kind, full, abelian)
    assert result.converged
    assert result.stable
    assert result.energy == pytest.approx(pyscf_energy(result.molecule, "sto-3g"), abs=1e-8)
    assert result.notes == () or "nuclei moved" in result.notes[0]


@pytest.mark.parametrize("name", ["h2o", "no", "ch4", "o2", "square-h4"])
def test_orbitals_are_ordered_pure_and_stationary(mean_field: GetMeanField, name: str) -> None:
    mf = mean_field(name).mf
    overlap = mf.get_ovlp()
    assert np.allclose(mf.mo_coeff.T @ overlap @ mf.mo_coeff, np.eye(mf.mo_occ.size), atol=1e-10)
    assert np.all(np.diff(mf.mo_occ) <= 0)
    for occupation in (2, 1, 0):
        assert np.all(np.diff(mf.mo_energy[mf.mo_occ == occupation]) > -1e-7)
    assert gradient_norm(mf, mf.mo_coeff, mf.mo_occ) < 1e-5
    assert float(mf.energy_tot(mf.make_rdm1())) == pytest.approx(mf.e_tot, abs=1e-9)
    for k, irrep in enumerate(mf.mo_coeff.orbsym):
        for other, basis in zip(mf.mol.irrep_id, mf.mol.symm_orb, strict=True):
            if other != irrep:
                assert np.abs(basis.T @ overlap @ mf.mo_coeff[:, k]).max() < 1e-9


def test_degenerate_pi_orbitals_are_in_two_irreps(mean_field: GetMeanField) -> None:
    mf = mean_field("n2").mf
    pi = [k for k in range(7) if mf.mo_coeff.orbsym[k] in (6, 7)]
    assert sorted(mf.mo_coeff.orbsym[pi]) == [6, 7]
    assert mf.mo_energy[pi[0]] == pytest.approx(mf.mo_energy[pi[1]], abs=1e-8)


def test_two_runs_give_the_same_digits(molecule: GetMolecule) -> None:
    first, second = (run_mean_field(molecule("no")) for _ in range(2))
    assert first.energy == second.energy
    assert np.array_equal(first.mf.mo_coeff, second.mf.mo_coeff)
    largest = np.abs(first.mf.mo_coeff).argmax(axis=0)
    assert np.all(first.mf.mo_coeff[largest, np.arange(largest.size)] > 0)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["h2o", "o2", "lih"]), st.booleans())
def test_energy_does_not_depend_on_the_frame(
    mean_field: GetMeanField, seed: int, name: str, symmetry: bool
) -> None:
    rng = np.random.default_rng(seed)
    rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    reference = mean_field(name, symmetry=symmetry)
    coordinates = reference.molecule.coordinates @ rotation + rng.uniform(-5, 5, 3)
    moved = run_mean_field(reference.molecule.replace(coordinates=coordinates), symmetry=symmetry)
    assert moved.energy == pytest.approx(reference.energy, abs=1e-9)
    assert moved.subgroup == reference.subgroup


def test_no_symmetry_is_c1(mean_field: GetMeanField) -> None:
    result = mean_field("h2o", symmetry=False)
    assert (result.point_group, result.subgroup) == ("C1", "C1")
    assert result.energy == pytest.approx(mean_field("h2o").energy, abs=1e-9)


def test_bare_proton_is_one_sentence(molecule: GetMolecule) -> None:
    with pytest.raises(InputError) as caught:
        run_mean_field(molecule("h+"))
    assert str(caught.value) == (
        "H with charge +1 has no electrons, so there is nothing to solve (its energy is the "
        "nuclear repulsion, 0.00000000 Hartree): lower the charge"
    )


def test_basis_too_small_for_the_electrons(molecule: GetMolecule) -> None:
    with pytest.raises(InputError, match="basis set sto-3g has 1 orbitals, too few for 2 electron"):
        run_mean_field(molecule("he").replace(charge=-1))


def test_unknown_basis(molecule: GetMolecule) -> None:
    with pytest.raises(UsageError, match="did you mean cc-pvtz"):
        run_mean_field(molecule("h2"), "cc-pvtzz")


def test_mean_field_that_does_not_fit_is_refused(molecule: GetMolecule) -> None:
    with pytest.raises(ResourceError, match=r"mean field with 58 basis functions needs about 1 MB"):
        run_mean_field(molecule("h2o"), "cc-pvtz", memory_limit=0.1)


def test_core_potential_keeps_the_count_right(mean_field: GetMeanField) -> None:
    result = mean_field("ih", "def2-svp")
    assert result.mf.mol.nelectron == 53 - 28 + 1
    assert result.converged
    assert any(
        "core potentials of def2-svp replace inner electrons (I 28)" in note
        for note in result.notes
    )
    # PySCF's own reading of the names, which it is safe to give here.
    mol = gto.Mole(
        atom=[("I", (0.0, 0.0, 0.0)), ("H", (0.0, 0.0, float(result.molecule.coordinates[1, 2])))],
        unit="Bohr",
        basis="def2-svp",
        ecp="def2-svp",
        verbose=0,
    ).build(dump_input=False, parse_arg=False)
    with no_checkpoint_file():
        oracle = scf.RHF(mol).run()
    assert result.energy == pytest.approx(oracle.e_tot, abs=1e-7)


def test_nothing_but_core_electrons_is_refused(molecule: GetMolecule) -> None:
    hollow = Molecule(("Sr",), np.zeros((1, 3)), 30, 1)
    with pytest.raises(InputError, match="leaves too few for multiplicity 1 at charge \\+30"):
        run_mean_field(hollow, "def2-svp")


def test_linearly_dependent_basis(molecule: GetMolecule) -> None:
    close = molecule("h2").replace(coordinates=[[0, 0, 0], [0, 0, 0.4]])
    result = run_mean_field(close, "aug-cc-pvtz")
    assert result.converged
    dropped = result.mf.mol.nao - result.mf.mo_coeff.shape[1]
    assert dropped > 0
    assert any(note.startswith(f"{dropped} of 46 basis functions") for note in result.notes)


def test_hard_case_tries_harder_and_says_so(molecule: GetMolecule) -> None:
    mol, _ = build_mole(molecule("no"))
    with no_checkpoint_file():
        mf = scf.ROHF(mol)
    mf.max_cycle, mf.conv_tol, mf.conv_tol_grad = 2, 1e-11, 1e-6
    notes: list[str] = []
    solution = converge(mf, notes)
    assert solution.converged
    assert notes == [
        "mean field: not converged in 2 DIIS iterations, converged by second-order steps"
    ]
    assert solution.energy == pytest.approx(run_mean_field(molecule("no")).energy, abs=1e-8)


def test_failure_is_data(molecule: GetMolecule, monkeypatch: pytest.MonkeyPatch) -> None:
    # A gradient that never vanishes: every attempt must be made, and none believed.
    monkeypatch.setattr("qchem_app.chemistry.scf.gradient_norm", lambda *_: 1.0)
    result = run_mean_field(molecule("lih"))
    assert not result.converged
    assert result.stable is None
    assert "not converged with level shift and damping" in result.notes[0]
    assert np.isfinite(result.energy)


def test_pyscf_is_quiet_and_its_threads_untouched(
    molecule: GetMolecule, capfd: pytest.CaptureFixture[str]
) -> None:
    before = lib.num_threads()
    run_mean_field(molecule("oh"), "6-31g*")
    assert capfd.readouterr() == ("", "")
    assert lib.num_threads() == before
