from __future__ import annotations

import numpy as np
import pytest

from qchem_app.ansatz.product import ProductAnsatz
from qchem_app.ansatz.uccsd import uccsd
from qchem_app.backends.exact import ExactEstimator
from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import MolecularHamiltonian, build_hamiltonian
from qchem_app.chemistry.mean_field import run_mean_field
from qchem_app.civector import _slow
from qchem_app.civector.excitations import Excitation
from qchem_app.errors import InputError
from qchem_app.molecule import Molecule
from qchem_app.references.perturbation import mp2_amplitudes


def hamiltonian_of(xyz: str, space: str = "full", multiplicity: int = 0) -> MolecularHamiltonian:
    atoms = [line.split() for line in xyz.split(";")]
    molecule = Molecule.from_xyz(f"{len(atoms)}\n\n" + "\n".join(" ".join(atom) for atom in atoms))
    if multiplicity:
        molecule = molecule.replace(multiplicity=multiplicity)
    mean_field = run_mean_field(molecule)
    return build_hamiltonian(mean_field, select_active_space(mean_field, space))


LIH = "Li 0 0 0; H 0 0 1.5949"
H4 = "H 0 0 0; H 0 0 1; H 0 0 2; H 0 0 3"


def test_spin_complementary_excitations_share_a_parameter_in_closed_shells() -> None:
    hamiltonian = hamiltonian_of(H4)
    ansatz = uccsd(hamiltonian, mp2_amplitudes(hamiltonian))
    groups: dict[int, set[Excitation]] = {}
    for m, excitation in zip(ansatz.parameter, ansatz.excitations, strict=True):
        groups.setdefault(int(m), set()).add(excitation)
    for group in groups.values():
        flipped = {Excitation(e.beta, e.alpha) for e in group}
        assert flipped == group


def test_nothing_is_shared_in_open_shells() -> None:
    hamiltonian = hamiltonian_of("O 0 0 0; H 0 0 0.97", multiplicity=2)
    ansatz = uccsd(hamiltonian, mp2_amplitudes(hamiltonian))
    assert ansatz.n_parameters == len(ansatz.excitations)
    assert len(set(ansatz.excitations)) == ansatz.n_parameters


def test_order_is_singles_then_doubles_by_amplitude() -> None:
    hamiltonian = hamiltonian_of(LIH)
    amplitudes = mp2_amplitudes(hamiltonian)
    ansatz = uccsd(hamiltonian, amplitudes)
    ranks = [len(e.alpha) + len(e.beta) for e in ansatz.excitations]
    assert ranks == sorted(ranks)
    assert set(ranks) == {1, 2}
    doubles = np.abs(ansatz.initial[ansatz.parameter[ranks.index(2)] :])
    assert np.all(np.diff(doubles) <= 1e-6)


def test_mp2_guess_gives_the_mp2_pair_energy_to_second_order() -> None:
    hamiltonian = hamiltonian_of(LIH)
    ansatz = uccsd(hamiltonian, mp2_amplitudes(hamiltonian))
    estimator = ExactEstimator(hamiltonian, ansatz)
    start = estimator.estimate(np.zeros(ansatz.n_parameters)).value
    slope = estimator.gradient(np.zeros(ansatz.n_parameters)) @ ansatz.initial
    from qchem_app.references.perturbation import mp2

    energy = mp2(hamiltonian).energy
    assert energy is not None
    assert 0.5 * slope == pytest.approx(energy - start, abs=1e-9)


def test_state_equals_the_readable_twin() -> None:
    hamiltonian = hamiltonian_of(H4)
    ansatz = uccsd(hamiltonian, mp2_amplitudes(hamiltonian))
    estimator = ExactEstimator(hamiltonian, ansatz)
    theta = np.random.default_rng(1).normal(size=ansatz.n_parameters)
    full = _slow.state(estimator.sector, ansatz.excitations, ansatz.angles(theta))
    places = _slow.sector_indices(estimator.sector)
    np.testing.assert_allclose(estimator.state(theta), full[places], atol=1e-11)
    energy = full @ (_slow.hamiltonian_matrix(hamiltonian) @ full)
    assert estimator.estimate(theta).value == pytest.approx(energy, abs=1e-10)


def test_wrong_number_of_parameters_is_refused() -> None:
    hamiltonian = hamiltonian_of("H 0 0 0; H 0 0 0.74")
    ansatz = uccsd(hamiltonian, mp2_amplitudes(hamiltonian))
    with pytest.raises(InputError, match=r"^uccsd takes 1 parameters, found \(3,\)$"):
        ansatz.angles(np.zeros(3))


def test_parts_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(InputError, match="do not fit together"):
        ProductAnsatz("x", (), np.zeros(1, dtype=int), np.zeros(1), np.ones(1), "")
