from __future__ import annotations

import itertools

import numpy as np
import pytest
from pyscf import cc

from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import build_hamiltonian
from qchem_app.chemistry.mean_field import run_mean_field
from qchem_app.molecule import Molecule
from qchem_app.references import coupled_cluster as module
from qchem_app.references.coupled_cluster import ccsd, ccsd_amplitudes, coupled_cluster
from qchem_app.references.fci import fci
from qchem_app.references.hartree_fock import hf
from qchem_app.references.semicanonical import fock_matrices

ATTEMPTS = module._attempts
CN = (("C", (0.0, 0.0, 0.0)), ("N", (0.0, 0.0, 1.175)))
BH3_PLUS = (
    ("B", (0.0, 0.0, 0.10369114)),
    ("H", (0.0, 0.0, -1.13269886)),
    ("H", (0.0, -0.37149, 3.0)),
    ("H", (0.0, 0.37149, 3.0)),
)


@pytest.mark.parametrize(
    ("name", "frozen"), [("h2o", 0), ("h2o", 1), ("lih", 0), ("n2", 2), ("be", 0), ("h6", 0)]
)
def test_closed_shell_equals_pyscf(build, name, frozen):
    mf, ham = build(name, frozen=frozen)
    solver = cc.CCSD(mf, frozen=frozen).set(verbose=0, conv_tol=1e-10).run()
    lines = coupled_cluster(ham)
    assert [line.name for line in lines] == ["ccsd", "ccsd(t)"]
    assert all(line.converged for line in lines)
    assert lines[0].energy == pytest.approx(solver.e_tot, abs=1e-7)
    assert lines[1].energy == pytest.approx(solver.e_tot + solver.ccsd_t(), abs=1e-7)


@pytest.mark.parametrize(("name", "frozen"), [("oh", 0), ("oh", 1), ("ch2 triplet", 0), ("o2", 2)])
def test_open_shell_ccsd_equals_pyscf_without_semicanonical_orbitals(build, name, frozen):
    mf, ham = build(name, frozen=frozen)
    solver = cc.UCCSD(mf.to_uhf(), frozen=frozen).set(verbose=0, conv_tol=1e-10).run()
    assert ccsd(ham).energy == pytest.approx(solver.e_tot, abs=1e-7)


def test_rohf_ccsd_t_equals_psi4_for_cn(build_from_atoms):
    """Psi4's sample input (LGPL-3.0): CN, 2-Sigma, cc-pVDZ, all electrons."""
    mf, ham = build_from_atoms(CN, 0, 2, "cc-pvdz")
    assert mf.e_tot == pytest.approx(-92.195556606951840, abs=1e-7)
    lines = coupled_cluster(ham)
    assert lines[0].energy - mf.e_tot == pytest.approx(-0.284922921400590, abs=1e-7)
    assert lines[1].energy == pytest.approx(-92.494542563977362, abs=1e-7)


def test_rohf_ccsd_t_equals_published_values_for_bh3_plus(build_from_atoms):
    """The reference suite of QCEngine (BSD-3-Clause), bh3p cc-pVDZ ROHF, all electrons."""
    mf, ham = build_from_atoms(BH3_PLUS, 1, 2, "cc-pvdz")
    lines = coupled_cluster(ham)
    assert lines[0].energy - mf.e_tot == pytest.approx(-0.08357160616, abs=1e-7)
    assert lines[1].energy - lines[0].energy == pytest.approx(-0.000713766189, abs=1e-7)


@pytest.mark.parametrize("name", ["h2", "heh+", "h3+", "h2 triplet"])
def test_two_electrons_are_exact_and_have_no_triples(build, name):
    ham = build(name, basis="6-31g").ham
    lines = coupled_cluster(ham)
    assert lines[0].energy == pytest.approx(fci(ham).method.energy, abs=1e-7)
    assert lines[1].energy == lines[0].energy


@pytest.mark.parametrize(
    ("name", "basis"),
    [("h", "sto-3g"), ("h", "6-31g"), ("he", "sto-3g"), ("n", "sto-3g"), ("h2 triplet", "sto-3g")],
)
def test_nothing_to_correlate_leaves_the_hartree_fock_energy(build, name, basis):
    """No beta electrons, no virtual orbitals, one electron: PySCF's kernels would stumble."""
    ham = build(name, basis=basis).ham
    for line in coupled_cluster(ham):
        assert line.energy == pytest.approx(hf(ham).energy, abs=1e-8)
        assert line.converged


@pytest.mark.parametrize("name", ["n", "h2 triplet"])
def test_spin_polarised_electrons_equal_pyscfs_general_coupled_cluster(build, name):
    mf, ham = build(name, basis="6-31g")
    solver = cc.GCCSD(mf.to_ghf()).set(verbose=0, conv_tol=1e-10).run()
    lines = coupled_cluster(ham)
    assert lines[0].energy == pytest.approx(solver.e_tot, abs=1e-7)


@pytest.mark.parametrize("name", ["h2o", "oh"])
def test_rotations_inside_occupied_and_virtual_orbitals_change_nothing(build, rotate, name):
    ham = build(name).ham
    turned = rotate(ham, np.random.default_rng(3))
    for line, expected in zip(coupled_cluster(turned), coupled_cluster(ham), strict=True):
        assert line.energy == pytest.approx(expected.energy, abs=1e-7)


@pytest.mark.parametrize("name", ["h2o", "ch2 triplet", "n"])
def test_amplitudes_give_the_energy_in_the_hamiltonians_own_orbitals(build, rotate, name):
    ham = rotate(
        build(name, basis="sto-3g" if name != "n" else "6-31g").ham, np.random.default_rng(5)
    )
    t = ccsd_amplitudes(ham)
    n_alpha, n_beta = ham.nelec
    oa, ob, va, vb = slice(n_alpha), slice(n_beta), slice(n_alpha, None), slice(n_beta, None)
    fock_alpha, fock_beta = fock_matrices(ham)
    correlation = np.vdot(fock_alpha[oa, va], t.t1a) + np.vdot(fock_beta[ob, vb], t.t1b)
    for o, v, t1, t2 in ((oa, va, t.t1a, t.t2aa), (ob, vb, t.t1b, t.t2bb)):
        pairs = np.einsum("ia,jb->ijab", t1, t1)
        tau = t2 + pairs - pairs.swapaxes(2, 3)
        correlation += 0.5 * np.einsum("iajb,ijab->", ham.eri[o, v, o, v], tau)
    tau = t.t2ab + np.einsum("ia,jb->ijab", t.t1a, t.t1b)
    correlation += np.einsum("iajb,ijab->", ham.eri[oa, va, ob, vb], tau)
    assert ccsd(ham).energy == pytest.approx(hf(ham).energy + correlation, abs=1e-7)


def test_multireference_character_is_said(build):
    line = ccsd(build("c2").ham)
    assert line.notes == ("T1 diagnostic 0.036: multireference character",)
    assert ccsd(build("h2o").ham).notes == ()


def test_no_convergence_is_flagged_and_gives_no_triples(build, monkeypatch):
    monkeypatch.setattr(module, "_ATTEMPTS", ({"max_cycle": 2}, {"max_cycle": 3}))
    first, second = coupled_cluster(build("h2o").ham)
    assert (first.converged, second.converged) == (False, False)
    assert "did not converge" in first.notes[0]
    assert first.energy is not None
    assert second.energy is None


def test_the_time_limit_counts_planned_work(build, monkeypatch):
    """A clock that jumps an hour at every look takes no attempt away."""
    ham = build("h2o").ham
    expected = ccsd(ham).energy
    clock = itertools.count(0.0, 3600.0)
    monkeypatch.setattr(module, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(module, "_ATTEMPTS", ({"max_cycle": 2}, *module._ATTEMPTS[1:]))
    line = coupled_cluster(ham, time_limit=60.0)[0]
    assert (line.converged, line.cut_short) == (True, False)
    assert line.energy == pytest.approx(expected, abs=2e-8)
    first, second = coupled_cluster(ham, time_limit=1e-9)
    assert (first.converged, first.cut_short, second.cut_short) == (False, True, True)
    assert first.notes[0] == (
        "CCSD iterations did not converge; the time limit left no further attempt"
    )


def test_a_later_attempt_is_as_good_as_the_first(build, monkeypatch):
    ham = build("h2o").ham
    expected = ccsd(ham).energy
    attempts = module._ATTEMPTS
    for settings in attempts[1:]:
        monkeypatch.setattr(module, "_ATTEMPTS", ({"max_cycle": 1}, settings))
        line = ccsd(ham)
        assert line.converged
        assert line.energy == pytest.approx(expected, abs=2e-8)


@pytest.mark.parametrize("distance", [5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 16.0, 50.0])
def test_stretched_hydrogen_is_exact(build_from_atoms, distance):
    """Perturbation theory's amplitudes are huge: CCSD ends above Hartree-Fock, or DIIS breaks."""
    atoms = (("H", (0.0, 0.0, 0.0)), ("H", (0.0, 0.0, distance)))
    ham = build_from_atoms(atoms, 0, 1, "sto-3g").ham
    exact = fci(ham).method.energy
    for line in coupled_cluster(ham):
        assert line.converged
        assert line.energy == pytest.approx(exact, abs=1e-7)


@pytest.mark.parametrize("distance", [5.0, 6.0, 8.0, 10.0, 15.0, 20.0])
def test_stretched_lithium_hydride_is_near_fci(distance):
    molecule = Molecule.from_xyz(f"2\n\nLi 0 0 0\nH 0 0 {distance}\n")
    mean_field = run_mean_field(molecule)
    ham = build_hamiltonian(mean_field, select_active_space(mean_field, "full"))
    for line in coupled_cluster(ham):
        assert line.converged
        assert line.energy == pytest.approx(fci(ham).method.energy, abs=3e-4)


def test_a_solution_above_the_determinant_is_none(build_from_atoms, monkeypatch):
    atoms = (("H", (0.0, 0.0, 0.0)), ("H", (0.0, 0.0, 5.0)))
    ham = build_from_atoms(atoms, 0, 1, "sto-3g").ham
    monkeypatch.setattr(module, "_attempts", lambda *a: itertools.islice(ATTEMPTS(*a), 1))
    first, second = coupled_cluster(ham)
    assert (first.energy, first.converged, second.energy) == (None, False, None)
    assert first.notes[0] == (
        "CCSD iterations found only a solution above the reference determinant"
    )


def test_a_breakdown_of_diis_is_no_crash(build_from_atoms, monkeypatch):
    atoms = (("H", (0.0, 0.0, 0.0)), ("H", (0.0, 0.0, 9.0)))
    ham = build_from_atoms(atoms, 0, 1, "sto-3g").ham
    monkeypatch.setattr(module, "_attempts", lambda *a: itertools.islice(ATTEMPTS(*a), 1))
    line = ccsd(ham)
    assert (line.energy, line.converged) == (None, False)
    assert line.notes[0] == "CCSD iterations diverged"
    assert not any(np.any(t) for t in vars(ccsd_amplitudes(ham)).values())


def test_other_errors_are_not_hidden():
    assert not module._is_breakdown(ValueError("operands could not be broadcast together"))
    assert not module._is_breakdown(AttributeError("x", name="y", obj=np.linalg))
    assert module._is_breakdown(np.linalg.LinAlgError("Singular matrix"))


def test_refuses_what_does_not_fit_in_memory(build):
    for line in coupled_cluster(build("h2o").ham, memory_limit=0.01):
        assert line.energy is None
        assert not line.converged
        assert line.notes[0].startswith("not run: needs")


def test_sixty_orbitals_fit_in_a_laptop():
    assert module.memory_mb(60, (10, 10)) < 2000
    assert module.memory_mb(400, (50, 50)) > 100_000


def test_without_triples_there_is_one_line(build):
    assert [line.name for line in coupled_cluster(build("h2").ham, triples=False)] == ["ccsd"]
    assert ccsd(build("h2").ham, triples=True).name == "ccsd(t)"
