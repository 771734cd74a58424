"""Closed shells keep the whole point group."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from qchem_app.chemistry.degeneracy import anisotropy, breaks_full_symmetry
from qchem_app.chemistry.mean_field import MeanField

GetMeanField = Callable[..., MeanField]


@pytest.mark.parametrize("name", ["he", "h2", "lih", "n2", "ch4", "h3+", "nh3", "h2o"])
def test_closed_shells_are_as_round_as_their_nuclei(mean_field: GetMeanField, name: str) -> None:
    mf = mean_field(name).mf
    assert anisotropy(mf.mol, mf.make_rdm1()) < 1e-6


@pytest.mark.parametrize("name", ["no", "oh", "b", "c"])
def test_a_half_filled_pi_orbital_is_not(mean_field: GetMeanField, name: str) -> None:
    mf = mean_field(name).mf
    assert anisotropy(mf.mol, mf.make_rdm1().sum(axis=0)) > 0.1


def test_only_closed_shells_are_held_to_it(mean_field: GetMeanField) -> None:
    mf = mean_field("n2").mf
    occ = mf.mo_occ.copy()
    pi = int(np.flatnonzero(mf.mo_coeff.orbsym == 6)[0])
    empty = int(np.flatnonzero(mf.mo_coeff.orbsym == 2)[0])
    occ[pi], occ[empty] = 0, 2
    before, after = mf.make_rdm1(), mf.make_rdm1(mf.mo_coeff, occ)
    assert breaks_full_symmetry(mf.mol, before, after)
    assert not breaks_full_symmetry(mf.mol, before, before)
    assert not breaks_full_symmetry(mf.mol, after, before)
    open_shell = mean_field("no").mf
    density = open_shell.make_rdm1().sum(axis=0)
    assert not breaks_full_symmetry(open_shell.mol, density, density)


@pytest.mark.parametrize(("name", "basis"), [("n2-stretched", "sto-3g"), ("c2", "6-31g*")])
def test_lower_determinant_that_is_not_round_is_reported(
    mean_field: GetMeanField, name: str, basis: str
) -> None:
    result = mean_field(name, basis)
    assert anisotropy(result.mf.mol, result.mf.make_rdm1()) < 1e-5
    assert result.notes == (
        "mean field: a lower determinant breaks the symmetry Dooh by filling degenerate "
        "orbitals unequally; the symmetric one is used",
    )


def test_textbook_energy_of_c2(mean_field: GetMeanField) -> None:
    # 1 sigma_u^2 2 sigma_u^2 1 pi_u^4, and not the lower determinant with pi_x^2 3 sigma_g^2.
    assert mean_field("c2", "6-31g*").energy == pytest.approx(-75.378634, abs=1e-5)
