"""Diagnostics against PySCF's own, FCI vectors, and states whose values can be told by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyscf import cc, fci

from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import MolecularHamiltonian, build_hamiltonian
from qchem_app.chemistry.mean_field import run_mean_field
from qchem_app.device.qubit_state import QubitState
from qchem_app.device.trial import Trial
from qchem_app.io.geometry import read_geometry
from qchem_app.references.amplitudes import SpinAmplitudes
from qchem_app.references.coupled_cluster import ccsd, ccsd_amplitudes, coupled_cluster
from qchem_app.references.diagnostics import (
    d1_diagnostic,
    diagnose,
    largest_t2,
    m_diagnostic,
    t1_diagnostic,
    unpaired_electrons,
)
from qchem_app.result import Settings, SolveResult
from qchem_app.solve import solve


@pytest.mark.parametrize("name", ["h2o", "c2", "lih", "h6"])
def test_closed_shells_are_as_in_pyscf(build, name):
    mf, ham = build(name)
    solver = cc.CCSD(mf).set(verbose=0, conv_tol=1e-10, conv_tol_normt=1e-8).run()
    record = ccsd(ham).amplitudes
    assert record.t1 == pytest.approx(solver.get_t1_diagnostic(), abs=1e-5)
    assert record.d1 == pytest.approx(solver.get_d1_diagnostic(), abs=1e-5)
    assert record.largest_t2 == pytest.approx(np.abs(solver.t2).max(), abs=1e-5)


@pytest.mark.parametrize("name", ["h2o", "ch2 singlet"])
def test_spin_orbital_form_is_the_closed_shell_one(build, name):
    """Open shells use the general formula, which must not jump where a shell closes."""
    mf, _ = build(name)
    solver = cc.UCCSD(mf.to_uhf()).set(verbose=0, conv_tol=1e-10, conv_tol_normt=1e-8).run()
    closed = cc.CCSD(mf).set(verbose=0, conv_tol=1e-10, conv_tol_normt=1e-8).run()
    amplitudes = SpinAmplitudes(*solver.t1, *solver.t2)
    assert t1_diagnostic(amplitudes) == pytest.approx(closed.get_t1_diagnostic(), abs=1e-5)
    assert d1_diagnostic(amplitudes) == pytest.approx(closed.get_d1_diagnostic(), abs=1e-5)


@pytest.mark.parametrize("name", ["h2o", "oh", "ch2 triplet"])
def test_t1_and_d1_do_not_see_rotations_of_the_orbitals(build, rotate, name):
    ham = build(name).ham
    plain = ccsd_amplitudes(ham)
    # only the occupied and the empty orbitals of each spin by themselves
    turned = ccsd_amplitudes(rotate(ham, np.random.default_rng(7)))
    assert t1_diagnostic(turned) == pytest.approx(t1_diagnostic(plain), abs=2e-6)
    assert d1_diagnostic(turned) == pytest.approx(d1_diagnostic(plain), abs=2e-6)


def test_two_copies_far_apart_have_the_same_d1_and_t1_but_not_more(build):
    one = ccsd_amplitudes(build("h2o").ham)
    t1 = np.kron(np.eye(2), one.t1a)
    zeros = np.zeros((t1.shape[0],) * 2 + (t1.shape[1],) * 2)
    both = SpinAmplitudes(t1, t1, zeros, zeros, zeros)
    assert d1_diagnostic(both) == pytest.approx(d1_diagnostic(one))
    assert t1_diagnostic(both) == pytest.approx(t1_diagnostic(one))


def test_only_converged_amplitudes_are_recorded(build, monkeypatch):
    from qchem_app.references import coupled_cluster as module

    monkeypatch.setattr(module, "_ATTEMPTS", ({"max_cycle": 2},))
    lines = coupled_cluster(build("h2o").ham)
    assert [line.amplitudes for line in lines] == [None, None]


@pytest.mark.parametrize("name", ["h", "he", "n", "h2 triplet"])
def test_nothing_to_excite(build, name):
    record = ccsd(build(name).ham).amplitudes
    assert (record.t1, record.d1, record.largest_t2) == pytest.approx((0, 0, 0), abs=1e-8)


def test_open_shells_look_at_like_spins_too():
    zeros = np.zeros((2, 1, 1, 2))
    aa = np.zeros((2, 2, 1, 1))
    aa[0, 1] = 0.3
    amplitudes = SpinAmplitudes(np.zeros((2, 1)), np.zeros((1, 2)), aa, zeros, zeros[:1, :, :1])
    assert largest_t2(amplitudes) == 0.3


occupation = st.lists(st.floats(0, 2), max_size=12)


@given(occupation)
def test_unpaired_electrons_are_counted(numbers):
    total = unpaired_electrons(numbers)
    assert 0 <= total <= len(numbers)
    assert total == pytest.approx(sum(1 - abs(n - 1) for n in numbers))


@pytest.mark.parametrize(
    ("numbers", "nelec", "m", "unpaired"),
    [
        ((2.0, 2.0, 0.0), (2, 2), 0.0, 0.0),
        ((2.0, 1.0, 1.0, 0.0), (3, 1), 0.0, 2.0),
        ((1.0, 1.0), (1, 1), 1.0, 2.0),  # a bond that is broken
        ((1.96, 0.04), (1, 1), 0.04, 0.08),
        ((1.9, 0.9, 0.2), (2, 1), 0.2, 0.1 + 0.9 + 0.2),
        ((1.0,), (1, 0), 0.0, 1.0),  # no pair and nothing empty
        ((2.0 + 1e-12, -1e-12), (1, 1), 0.0, 0.0),  # rounding
    ],
)
def test_by_hand(numbers, nelec, m, unpaired):
    assert m_diagnostic(numbers, nelec) == pytest.approx(m, abs=1e-10)
    assert unpaired_electrons(numbers) == pytest.approx(unpaired, abs=1e-10)


def test_nothing_known_is_nothing_said():
    assert diagnose((), None, (1, 1), 0.5) is None


def solved(repository: Path, name: str, **settings: object) -> SolveResult:
    return solve(repository / "molecules" / f"{name}.xyz", Settings(threads=1, **settings))


def hamiltonian(repository: Path, name: str, space: str) -> MolecularHamiltonian:
    scf = run_mean_field(read_geometry(repository / "molecules" / f"{name}.xyz").molecule, "sto-3g")
    return build_hamiltonian(scf, select_active_space(scf, space))


@pytest.mark.parametrize("name", ["h2", "lih", "h4_chain", "h2o"])
def test_a_run_records_what_the_fci_vector_has(repository, name):
    """UCCSD is exact or close to it here, so that the FCI vector is an oracle for its state."""
    result = solved(repository, name, active_space="full", references=("ccsd", "fci"))
    found = result.diagnostics
    ham = hamiltonian(repository, name, "full")
    solver = fci.direct_spin1.FCI()
    _, vector = solver.kernel(ham.h1, ham.eri, ham.norb, ham.nelec)
    density = solver.make_rdm1(vector, ham.norb, ham.nelec)
    occupations = np.linalg.eigvalsh(density)[::-1]
    # the state is off by about the root of what the energy is off by
    error = abs(next(m for m in result.methods if m.name == "vqe").error_mha) * 1e-3
    tolerance = 1e-4 + error**0.5
    assert tolerance < 0.02
    assert found.reference_weight == pytest.approx(vector[0, 0] ** 2, abs=tolerance)
    assert found.unpaired_electrons == pytest.approx(unpaired_electrons(occupations), abs=tolerance)
    assert found.m == pytest.approx(m_diagnostic(occupations, ham.nelec), abs=tolerance)


def test_weight_on_qubits_is_the_weight_in_the_sector(repository):
    """The same state, once as a CI vector and once on the qubits of a mapping."""
    ham = hamiltonian(repository, "lih", "frozen-core")
    for mapping, taper in (("jordan-wigner", False), ("parity", False), ("bravyi-kitaev", True)):
        trial = Trial.build(ham, Settings(mapping=mapping, taper=taper, threads=1))
        theta = np.random.default_rng(1).normal(0, 0.3, trial.ansatz.n_parameters)
        assert trial.problem is not None
        amplitudes = trial.amplitudes(theta)
        state = QubitState(trial.problem.encoding, amplitudes)
        assert abs(amplitudes[state.encoding.reference]) ** 2 == pytest.approx(
            trial.reference_weight(theta), abs=1e-10
        )


def test_a_hardware_efficient_run_has_diagnostics_too(repository):
    result = solved(repository, "h2", ansatz="hea-ry", references=())
    found = result.diagnostics
    assert found.t1 is None
    assert 0.97 < found.reference_weight < 1
    assert result.vqe is not None
    assert found.m == pytest.approx(m_diagnostic(result.vqe.natural_occupations, (1, 1)))


def test_square_h4_is_seen_clearly_by_the_state_and_hardly_by_t1(repository):
    found = solved(repository, "h4_square", references=("ccsd",)).diagnostics
    assert found.t1 < 0.03
    assert found.m > 0.5
