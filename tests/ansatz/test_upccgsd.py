from __future__ import annotations

import numpy as np
import pytest

from qchem_app.ansatz.upccgsd import k_upccgsd
from qchem_app.backends.exact import ExactEstimator
from qchem_app.civector.rdm import spin_squared
from qchem_app.errors import InputError
from qchem_app.vqe.multistart import multistart
from qchem_app.vqe.solver import VQE


@pytest.mark.parametrize("k", [1, 3])
def test_counts_without_symmetry(hamiltonian, k: int) -> None:
    molecule = hamiltonian("h4_chain").without_symmetry()
    ansatz = k_upccgsd(molecule, k)
    pairs = molecule.norb * (molecule.norb - 1) // 2
    assert ansatz.n_parameters == 2 * k * pairs
    assert len(ansatz.excitations) == 3 * k * pairs
    assert ansatz.name == f"{k}-upccgsd"
    assert np.all(ansatz.scale > 0)


def test_doubles_are_pairs_and_singles_share_a_parameter(hamiltonian) -> None:
    molecule = hamiltonian("lih")
    ansatz = k_upccgsd(molecule, 2)
    groups: dict[int, list] = {}
    for m, excitation in zip(ansatz.parameter, ansatz.excitations, strict=True):
        groups.setdefault(int(m), []).append(excitation)
    for group in groups.values():
        if len(group) == 1:
            assert group[0].alpha == group[0].beta
        else:
            alpha, beta = group
            assert alpha.alpha == beta.beta
            assert not alpha.beta + beta.alpha
            ((p, q),) = alpha.alpha
            assert molecule.orbsym[p] == molecule.orbsym[q]


def test_the_same_seed_gives_the_same_guess(hamiltonian) -> None:
    molecule = hamiltonian("lih")
    first, again, other = (k_upccgsd(molecule, 1, seed).initial for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).min() > 0


@pytest.mark.parametrize("name", ["h4_chain", "ch2_triplet"])
def test_the_state_has_the_spin_of_the_reference(hamiltonian, name: str) -> None:
    molecule = hamiltonian(name)
    ansatz = k_upccgsd(molecule, 2, spread=0.7)
    estimator = ExactEstimator(molecule, ansatz)
    spin = (molecule.nelec[0] - molecule.nelec[1]) / 2
    found = spin_squared(estimator.sector, estimator.state(ansatz.initial))
    assert found == pytest.approx(spin * (spin + 1), abs=1e-10)


def test_two_layers_are_exact_for_h4_when_orbitals_may_localise(hamiltonian, fci_energy) -> None:
    """Pairs in orbitals of the point group cannot; docs/decisions.md has the numbers."""
    molecule = hamiltonian("h4_chain")
    exact = fci_energy(molecule)
    errors = []
    for problem in (molecule, molecule.without_symmetry()):
        ansatz = k_upccgsd(problem, 2)
        solver = VQE(ExactEstimator(problem, ansatz), ansatz, max_iterations=500)
        outcome, starts = multistart(solver, 3)
        assert all(energy >= exact - 1e-9 for energy in starts.energies)
        errors.append(outcome.energy - exact)
    assert errors[0] > 5e-3
    assert errors[1] < 1e-6


def test_no_layers_are_refused(hamiltonian) -> None:
    with pytest.raises(InputError, match=r"^k-UpCCGSD needs at least one layer, found k = 0$"):
        k_upccgsd(hamiltonian("h2"), 0)
