from __future__ import annotations

import numpy as np
import pytest

from qchem_app.ansatz.qubit_excitations import qeb_uccsd
from qchem_app.ansatz.uccsd import uccsd
from qchem_app.backends.exact import ExactEstimator
from qchem_app.civector import _slow
from qchem_app.civector.rdm import rdm1
from qchem_app.references.perturbation import mp2, mp2_amplitudes
from qchem_app.vqe.solver import VQE


@pytest.mark.parametrize("name", ["lih", "h4_chain", "oh", "ch2_triplet"])
def test_it_is_uccsd_without_the_fermionic_signs(hamiltonian, name: str) -> None:
    molecule = hamiltonian(name)
    amplitudes = mp2_amplitudes(molecule)
    fermionic, qubit = uccsd(molecule, amplitudes), qeb_uccsd(molecule, amplitudes)
    assert [(e.alpha, e.beta) for e in fermionic.excitations] == [
        (e.alpha, e.beta) for e in qubit.excitations
    ]
    assert not any(e.fermionic for e in qubit.excitations)
    np.testing.assert_array_equal(fermionic.parameter, qubit.parameter)
    np.testing.assert_array_equal(abs(fermionic.initial), abs(qubit.initial))


@pytest.mark.parametrize("name", ["lih", "beh2", "oh", "ch2_triplet"])
def test_the_first_guess_has_the_signs_of_the_reference(hamiltonian, name: str) -> None:
    """To first order both states are the MP2 one, so the slope along the guess is MP2's."""
    molecule = hamiltonian(name)
    ansatz = qeb_uccsd(molecule, mp2_amplitudes(molecule))
    estimator = ExactEstimator(molecule, ansatz)
    start, gradient = estimator.value_and_gradient(np.zeros(ansatz.n_parameters))
    fermionic = uccsd(molecule, mp2_amplitudes(molecule))
    slopes = ExactEstimator(molecule, fermionic).gradient(np.zeros(ansatz.n_parameters))
    np.testing.assert_allclose(gradient * ansatz.initial, slopes * fermionic.initial, atol=1e-10)
    if molecule.nelec[0] == molecule.nelec[1]:
        energy = mp2(molecule).energy
        assert energy is not None
        assert 0.5 * gradient @ ansatz.initial == pytest.approx(energy - start, abs=1e-9)


def test_the_state_equals_the_readable_twin(hamiltonian) -> None:
    molecule = hamiltonian("h4_chain")
    ansatz = qeb_uccsd(molecule, mp2_amplitudes(molecule))
    estimator = ExactEstimator(molecule, ansatz)
    theta = np.random.default_rng(1).normal(size=ansatz.n_parameters)
    full = _slow.state(estimator.sector, ansatz.excitations, ansatz.angles(theta))
    places = _slow.sector_indices(estimator.sector)
    np.testing.assert_allclose(estimator.state(theta), full[places], atol=1e-11)


@pytest.mark.parametrize(("name", "limit"), [("h2", 1e-9), ("lih", 1e-4), ("h4_chain", 2e-4)])
def test_the_minimum_is_close_to_fci(hamiltonian, fci_energy, name: str, limit: float) -> None:
    molecule = hamiltonian(name)
    ansatz = qeb_uccsd(molecule, mp2_amplitudes(molecule))
    outcome = VQE(ExactEstimator(molecule, ansatz), ansatz).run()
    assert outcome.converged
    assert -1e-9 < outcome.energy - fci_energy(molecule) < limit


def test_electrons_are_conserved(hamiltonian) -> None:
    molecule = hamiltonian("oh")
    ansatz = qeb_uccsd(molecule, mp2_amplitudes(molecule))
    estimator = ExactEstimator(molecule, ansatz)
    theta = np.random.default_rng(2).normal(size=ansatz.n_parameters)
    alpha, beta = rdm1(estimator.sector, estimator.state(theta))
    assert (np.trace(alpha), np.trace(beta)) == pytest.approx(molecule.nelec)
