from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyscf import mp

from qchem_app.references.hartree_fock import hf
from qchem_app.references.perturbation import mp2, mp2_amplitudes
from qchem_app.references.semicanonical import fock_matrices

BH3_PLUS = (
    ("B", (0.0, 0.0, 0.10369114)),
    ("H", (0.0, 0.0, -1.13269886)),
    ("H", (0.0, -0.37149, 3.0)),
    ("H", (0.0, 0.37149, 3.0)),
)


@pytest.mark.parametrize(
    ("name", "frozen"), [("h2", 0), ("lih", 0), ("h2o", 0), ("h2o", 1), ("n2", 2), ("be", 1)]
)
def test_closed_shell_equals_pyscf(build, name, frozen):
    mf, ham = build(name, frozen=frozen)
    expected = mp.MP2(mf, frozen=frozen).run(verbose=0)
    line = mp2(ham)
    assert line.energy == pytest.approx(expected.e_tot, abs=1e-9)
    assert (line.converged, line.notes) == (True, ())


def test_open_shell_equals_published_value(build_from_atoms):
    """The reference suite of QCEngine (BSD-3-Clause), bh3p cc-pVDZ ROHF, singles included."""
    mf, ham = build_from_atoms(BH3_PLUS, 1, 2, "cc-pvdz")
    assert mf.e_tot == pytest.approx(-25.943614318546, abs=1e-8)
    assert mp2(ham).energy - hf(ham).energy == pytest.approx(-0.060478115157, abs=1e-8)


@pytest.mark.parametrize("name", ["h", "he", "n", "h2 triplet"])
def test_nothing_to_correlate_leaves_the_hartree_fock_energy(build, name):
    ham = build(name).ham
    assert mp2(ham).energy == pytest.approx(hf(ham).energy, abs=1e-10)
    assert mp2(ham).converged


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), name=st.sampled_from(["lih", "h2o", "oh", "ch2 triplet"]))
def test_rotations_inside_occupied_and_virtual_orbitals_change_nothing(build, rotate, seed, name):
    ham = build(name).ham
    turned = rotate(ham, np.random.default_rng(seed))
    assert np.abs(turned.h1 - ham.h1).max() > 1e-3
    assert mp2(turned).energy == pytest.approx(mp2(ham).energy, abs=1e-9)
    assert hf(turned).energy == pytest.approx(hf(ham).energy, abs=1e-9)


def test_closed_shell_amplitudes_are_those_of_pyscf(build):
    mf, ham = build("h2o")
    amplitudes = mp2_amplitudes(ham)
    expected = mp.MP2(mf).run(verbose=0).t2
    np.testing.assert_allclose(amplitudes.t2ab, expected, atol=1e-8)
    np.testing.assert_allclose(amplitudes.t2aa, expected - expected.swapaxes(2, 3), atol=1e-8)
    assert np.abs(amplitudes.t1a).max() < 1e-6


@pytest.mark.parametrize("name", ["h2o", "oh", "o2"])
def test_amplitudes_are_in_the_hamiltonians_own_orbitals(build, rotate, name):
    """Their energy expression, evaluated in orbitals that are not semicanonical."""
    ham = rotate(build(name).ham, np.random.default_rng(7))
    t = mp2_amplitudes(ham)
    n_alpha, n_beta = ham.nelec
    oa, ob, va, vb = slice(n_alpha), slice(n_beta), slice(n_alpha, None), slice(n_beta, None)
    fock_alpha, fock_beta = fock_matrices(ham)
    correlation = np.vdot(fock_alpha[oa, va], t.t1a) + np.vdot(fock_beta[ob, vb], t.t1b)
    for o, v, t2 in ((oa, va, t.t2aa), (ob, vb, t.t2bb)):
        correlation += 0.5 * np.einsum("iajb,ijab->", ham.eri[o, v, o, v], t2)
        np.testing.assert_allclose(t2, -t2.swapaxes(0, 1), atol=1e-12)
    correlation += np.einsum("iajb,ijab->", ham.eri[oa, va, ob, vb], t.t2ab)
    assert mp2(ham).energy == pytest.approx(hf(ham).energy + correlation, abs=1e-10)


def test_open_shell_singles_are_there(build):
    amplitudes = mp2_amplitudes(build("ch2 triplet").ham)
    assert np.abs(amplitudes.t1a).max() > 1e-4


def test_a_vanishing_denominator_is_no_energy(build):
    ham = build("h4").ham
    fock = fock_matrices(ham)[0]
    h1 = ham.h1.copy()  # push the occupied orbital 1 up to where the empty orbital 2 is
    h1[1, 1] += fock[2, 2] - fock[1, 1]
    degenerate = replace(ham, h1=h1)
    line = mp2(degenerate)
    assert line.energy is None
    assert not line.converged
    assert "degenerate" in line.notes[0]
    assert np.isfinite(mp2_amplitudes(degenerate).t2ab).all()


def test_a_small_denominator_is_said(build):
    ham = build("h4").ham
    fock = fock_matrices(ham)[0]
    h1 = ham.h1.copy()
    h1[1, 1] += fock[2, 2] - fock[1, 1] - 0.02
    line = mp2(replace(ham, h1=h1))
    assert line.energy is not None
    assert line.notes == ("near-degenerate orbitals (denominator 0.040 Ha): unreliable",)


def test_an_occupied_orbital_above_an_empty_one_is_said(build):
    ham = build("h4").ham
    fock = fock_matrices(ham)[0]
    h1 = ham.h1.copy()
    h1[1, 1] += fock[2, 2] - fock[1, 1] + 0.3
    assert "lies above an empty one" in mp2(replace(ham, h1=h1)).notes[0]
