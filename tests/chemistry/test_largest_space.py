"""auto and natural: orbitals by what they do for correlation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import build_hamiltonian, hartree_fock_energy
from qchem_app.chemistry.mean_field import MeanField
from qchem_app.chemistry.preflight import Limits, forecast
from qchem_app.errors import InputError, ResourceError

GetMeanField = Callable[..., MeanField]


def _limits(seconds: float) -> Limits:
    return Limits.make(seconds, None, None, None)


def test_full_where_it_fits(mean_field: GetMeanField) -> None:
    space = select_active_space(mean_field("h2o"))
    assert space.kind == "full"
    assert space.reason == "full space fits: 133 determinants, under 1 s"


def _seconds(result: MeanField, spec: str) -> float:
    space = select_active_space(result, spec, time_limit=1e30, memory_limit=1e30)
    return forecast(space.norb, space.nelec, space.orbsym, _limits(1)).seconds


def test_frozen_core_where_only_that_fits(mean_field: GetMeanField) -> None:
    result = mean_field("h2o", "6-31g")
    frozen, full = _seconds(result, "frozen-core"), _seconds(result, "full")
    assert frozen < full
    space = select_active_space(result, time_limit=(frozen + full) / 2)
    assert (space.kind, space.n_core, space.norb) == ("frozen-core", 1, 12)
    assert "frozen-core is the largest that fits" in space.reason
    assert "full would need" in space.reason


@pytest.mark.parametrize("name", ["n2", "o2", "no"])
def test_more_time_gives_more_orbitals(mean_field: GetMeanField, name: str) -> None:
    result = mean_field(name, "cc-pvdz")
    sizes = []
    for seconds in (0.01, 1.0, 60.0):
        space = select_active_space(result, time_limit=seconds)
        assert space.kind == "natural"
        assert 0 < space.threshold < 1
        cost = forecast(space.norb, space.nelec, space.orbsym, _limits(seconds))
        assert cost.seconds <= seconds
        assert f"above {space.threshold:g}" in space.reason
        sizes.append(space.norb)
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


def test_auto_and_its_threshold_are_the_same_space(mean_field: GetMeanField) -> None:
    result = mean_field("n2", "cc-pvdz")
    auto = select_active_space(result, time_limit=1)
    natural = select_active_space(result, f"natural:{auto.threshold:g}", time_limit=1)
    assert (natural.norb, natural.nelec) == (auto.norb, auto.nelec)
    assert np.array_equal(natural.mo_coeff, auto.mo_coeff)


@pytest.mark.parametrize("threshold", [0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005])
def test_degenerate_pairs_stay_together(mean_field: GetMeanField, threshold: float) -> None:
    space = select_active_space(
        mean_field("n2", "cc-pvdz"), f"natural:{threshold}", time_limit=1e30, memory_limit=1e30
    )
    for x, y in ((2, 3), (7, 6)):  # pi g and pi u, x-like and y-like
        assert np.count_nonzero(space.orbsym == x) == np.count_nonzero(space.orbsym == y)


def test_nothing_above_the_threshold(mean_field: GetMeanField) -> None:
    with pytest.raises(InputError) as caught:
        select_active_space(mean_field("h2o"), "natural:0.9")
    assert str(caught.value).startswith(
        "active space natural:0.9 is empty, because no occupation changes by that much: "
        "lower it below 0.0"
    )
    with pytest.raises(InputError, match="use full"):
        select_active_space(mean_field("he"), "natural:0.9")


def test_nothing_fits(mean_field: GetMeanField) -> None:
    with pytest.raises(ResourceError, match="not even the two most correlated orbitals fit"):
        select_active_space(mean_field("h2o"), "auto", memory_limit=1)
    with pytest.raises(ResourceError, match="are allowed: raise the limits"):
        select_active_space(mean_field("h2o"), "full", memory_limit=1)


def test_orbital_energies_stand_in_where_mp2_is_too_expensive(
    mean_field: GetMeanField, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qchem_app.chemistry.largest_space.estimate_seconds", lambda _: 1e9)
    result = mean_field("n2", "cc-pvdz")
    space = select_active_space(result, time_limit=10)
    assert space.kind == "cas"
    assert "orbitals nearest to the Fermi level, because MP2 natural orbitals would" in space.reason
    ham = build_hamiltonian(result, space)
    assert hartree_fock_energy(ham) == pytest.approx(result.energy, abs=1e-9)
    energy = result.mf.mo_energy[space.n_core : space.n_core + space.norb]
    assert np.allclose(space.orbital_energies, energy, atol=1e-7)
    with pytest.raises(ResourceError, match="use NE,NO or auto, or raise the limits"):
        select_active_space(result, "natural:0.01", time_limit=10)
    with pytest.raises(ResourceError, match=r"use \d+,\d+, which has"):
        select_active_space(result, "full", time_limit=10)
