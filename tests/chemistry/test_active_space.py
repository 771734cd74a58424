"""Which orbitals each kind of active space takes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import build_hamiltonian, hartree_fock_energy
from qchem_app.chemistry.mean_field import MeanField
from qchem_app.chemistry.orbital_space import chemical_core
from qchem_app.errors import InputError, ResourceError

GetMeanField = Callable[..., MeanField]


@pytest.mark.parametrize("name", ["lih", "n2", "no", "o2", "h2o", "ch4", "square-h4", "b2"])
@pytest.mark.parametrize("spec", ["full", "frozen-core", "auto", "natural:0.01", "cas", "avas"])
def test_determinant_has_the_energy_of_the_mean_field(
    mean_field: GetMeanField, name: str, spec: str
) -> None:
    result = mean_field(name, "6-31g")
    if spec == "cas":
        spec = f"{2 + result.mf.mol.spin},{3 + result.mf.mol.spin}"
    elif spec == "avas":
        element = result.molecule.symbols[0]
        spec = f"avas:{element} {'1s' if element == 'H' else '2s'}"
    limits = {} if spec == "auto" else {"time_limit": 1e9, "memory_limit": 1e9}
    space = select_active_space(result, spec, **limits)
    ham = build_hamiltonian(result, space)
    assert hartree_fock_energy(ham) == pytest.approx(result.energy, abs=1e-9)
    mf = result.mf
    nmo = mf.mo_coeff.shape[1]
    assert space.n_core + space.norb + space.n_virtual == nmo == space.mo_coeff.shape[1]
    assert tuple(n + space.n_core for n in space.nelec) == result.mf.mol.nelec
    overlap = space.mo_coeff.T @ mf.get_ovlp() @ space.mo_coeff
    assert np.allclose(overlap, np.eye(nmo), atol=1e-9)
    assert ham.point_group == result.subgroup  # nothing forbidden was found in the integrals
    assert ham.norb == len(space.orbsym) == len(space.orbital_energies)
    assert space.requested == spec
    assert "determinant" in space.reason


def test_frozen_core_freezes_what_chemists_freeze(mean_field: GetMeanField) -> None:
    expected = {"h2": 0, "heh+": 0, "lih": 1, "be": 1, "n2": 2, "h2o": 1, "ch4": 1}
    for name, n_core in expected.items():
        assert chemical_core(mean_field(name)) == n_core
    assert select_active_space(mean_field("h2"), "frozen-core").reason.startswith("no core to")


def test_core_potential_is_not_frozen_twice(mean_field: GetMeanField) -> None:
    # I has 18 noble-gas core orbitals, of which the potential replaces 14.
    assert chemical_core(mean_field("ih", "def2-svp")) == 4


def test_all_electrons_in_the_core_is_one_sentence(mean_field: GetMeanField) -> None:
    with pytest.raises(InputError) as caught:
        select_active_space(mean_field("li+"), "frozen-core")
    assert str(caught.value) == (
        "active space frozen-core leaves no electrons, because all of them are core electrons: "
        "use full"
    )
    assert select_active_space(mean_field("li+"), "auto").kind == "full"


@pytest.mark.parametrize(
    ("name", "spec", "message"),
    [
        (
            "n2",
            "5,5",
            "active space '5,5' has 5 electrons, but multiplicity 1 needs an even number: "
            "ask for 4 or 6",
        ),
        (
            "no",
            "6,6",
            "active space '6,6' has 6 electrons, but multiplicity 2 needs an odd number: "
            "ask for 5 or 7",
        ),
        (
            "o2",
            "1,1",
            "active space '1,1' has 1 electrons, but multiplicity 3 needs an even number of at "
            "least 2: ask for 2",
        ),
        (
            "o2",
            "4,2",
            "active space '4,2' has 3 alpha electrons at multiplicity 3, more than its orbitals: "
            "ask for at least 3 orbitals",
        ),
        (
            "n2",
            "16,10",
            "active space '16,10' asks for 16 electrons, and there are 14: ask for 14 or fewer",
        ),
        (
            "n2",
            "6,11",
            "active space '6,11' asks for 11 orbitals, and basis sto-3g gives 10: "
            "ask for 10 or fewer",
        ),
        (
            "n2",
            "6,9",
            "active space '6,9' asks for 9 orbitals above the 4 that stay doubly occupied, and "
            "basis sto-3g has 6: ask for fewer orbitals or more electrons",
        ),
    ],
)
def test_impossible_numbers(mean_field: GetMeanField, name: str, spec: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        select_active_space(mean_field(name), spec)
    assert str(caught.value) == message


def test_cut_through_a_degenerate_set_is_said(mean_field: GetMeanField) -> None:
    whole = select_active_space(mean_field("n2", "cc-pvdz"), "6,6").reason
    assert "degenerate" not in whole
    upper = select_active_space(mean_field("n2", "cc-pvdz"), "6,4").reason
    assert "whose upper end cuts through a degenerate set" in upper
    both = select_active_space(mean_field("ch4"), "2,2").reason
    assert "whose lower and upper ends cut through a degenerate set" in both


def test_cas_is_around_the_fermi_level(mean_field: GetMeanField) -> None:
    result = mean_field("n2")
    space = select_active_space(result, "4,4")
    assert (space.n_core, space.n_virtual) == (5, 1)
    assert np.array_equal(space.orbital_energies, result.mf.mo_energy[5:9])


def test_what_does_not_fit_is_refused_with_a_suggestion(mean_field: GetMeanField) -> None:
    result = mean_field("n2", "cc-pvdz")
    with pytest.raises(ResourceError) as caught:
        select_active_space(result, "full", time_limit=10)
    message = str(caught.value)
    assert message.startswith("active space 'full' has 1.8e11 determinants and needs 14 TB and")
    assert "and 10 s are allowed: use natural:" in message
    suggestion = message.split("use ")[1].split(",")[0]
    electrons, orbitals = (
        message.split("which has ")[1].split(" orbitals")[0].split(" electrons in ")
    )
    space = select_active_space(result, suggestion, time_limit=10)
    assert (sum(space.nelec), space.norb) == (int(electrons), int(orbitals))


def test_memory_limit_is_respected(mean_field: GetMeanField) -> None:
    with pytest.raises(ResourceError, match="but 100 MB and 60 s are allowed"):
        select_active_space(mean_field("h2o"), "full", memory_limit=100)
