"""Trials: every ansatz and mapping gives one state, whichever way it is computed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from qchem_app.backends.exact import ExactEstimator
from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import MolecularHamiltonian, build_hamiltonian
from qchem_app.chemistry.mean_field import run_mean_field
from qchem_app.civector.rdm import rdm1, spin_squared
from qchem_app.device.qubit_state import QubitState
from qchem_app.device.trial import Trial
from qchem_app.errors import InputError
from qchem_app.io.geometry import read_geometry
from qchem_app.result import AnsatzName, MappingName, Settings

MOLECULES = Path(__file__).parent.parent.parent / "molecules"
SPACES = {"h4_chain": "full", "oh": "frozen-core", "ch2_triplet": "4,4", "nh4_plus": "4,4"}


@pytest.fixture(scope="module")
def hamiltonian_of() -> Callable[[str], MolecularHamiltonian]:
    made: dict[str, MolecularHamiltonian] = {}

    def get(name: str) -> MolecularHamiltonian:
        if name not in made:
            mean_field = run_mean_field(read_geometry(MOLECULES / f"{name}.xyz").molecule)
            made[name] = build_hamiltonian(
                mean_field, select_active_space(mean_field, SPACES[name])
            )
        return made[name]

    return get


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("ansatz", ["uccsd", "qeb-uccsd", "upccgsd"])
@pytest.mark.parametrize(
    ("mapping", "taper"), [("jordan-wigner", False), ("parity", True), ("bravyi-kitaev", True)]
)
def test_circuit_operator_and_engine_agree(
    hamiltonian_of: Callable[[str], MolecularHamiltonian],
    name: str,
    ansatz: AnsatzName,
    mapping: MappingName,
    taper: bool,
) -> None:
    settings = Settings(ansatz=ansatz, mapping=mapping, taper=taper, seed=3)
    trial = Trial.build(hamiltonian_of(name), settings)
    assert trial.problem is not None
    assert trial.circuit is not None
    theta = np.random.default_rng(1).normal(scale=0.3, size=trial.ansatz.n_parameters)
    energy = trial.energy(theta)
    amplitudes = trial.amplitudes(theta)
    assert trial.problem.operator.expectation(amplitudes) == pytest.approx(energy, abs=1e-10)
    circuit = trial.circuit.bind(theta).state()
    assert abs(np.vdot(circuit, amplitudes)) == pytest.approx(1.0, abs=1e-10)


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize(("mapping", "taper"), [("jordan-wigner", False), ("parity", True)])
def test_expectation_values_on_qubits_are_those_of_the_ci_vector(
    hamiltonian_of: Callable[[str], MolecularHamiltonian],
    name: str,
    mapping: MappingName,
    taper: bool,
) -> None:
    hamiltonian = hamiltonian_of(name)
    trial = Trial.build(hamiltonian, Settings(mapping=mapping, taper=taper))
    assert isinstance(trial.estimator, ExactEstimator)
    assert trial.problem is not None
    theta = trial.ansatz.initial + 0.1
    qubits = QubitState(trial.problem.encoding, trial.amplitudes(theta))
    vector = trial.estimator.state(theta)
    alpha, beta = rdm1(trial.estimator.sector, vector)
    assert qubits.electrons() == pytest.approx(hamiltonian.nelec, abs=1e-10)
    expected = spin_squared(trial.estimator.sector, vector)
    assert qubits.spin_squared() == pytest.approx(expected, abs=1e-10)
    np.testing.assert_allclose(qubits.rdm1(hamiltonian.orbsym), alpha + beta, atol=1e-10)


def test_penalised_search_ends_with_the_energy_itself(
    hamiltonian_of: Callable[[str], MolecularHamiltonian],
) -> None:
    hamiltonian = hamiltonian_of("nh4_plus")
    trial = Trial.build(hamiltonian, Settings(ansatz="hea-ry", mapping="parity", layers=2))
    theta = np.full(trial.ansatz.n_parameters, 0.4)
    assert trial.problem is not None
    energy = trial.problem.operator.expectation(trial.amplitudes(theta))
    assert trial.energy(theta) == pytest.approx(energy, abs=1e-10)
    # at these angles the electron numbers are wrong, and what is minimised says so
    assert trial.estimator.estimate(theta).value > energy + 0.1


@pytest.mark.parametrize("mapping", ["jordan-wigner", "parity"])
def test_exchange_layers_run_on_every_mapping(
    hamiltonian_of: Callable[[str], MolecularHamiltonian], mapping: MappingName
) -> None:
    settings = Settings(ansatz="hea-exchange", mapping=mapping, layers=2)
    trial = Trial.build(hamiltonian_of("h4_chain"), settings)
    assert trial.circuit is not None
    theta = trial.ansatz.initial
    overlap = np.vdot(trial.circuit.bind(theta).state(), trial.amplitudes(theta))
    assert abs(overlap) == pytest.approx(1.0, abs=1e-10)


def test_pairs_localise_without_the_point_group(
    hamiltonian_of: Callable[[str], MolecularHamiltonian],
) -> None:
    hamiltonian = hamiltonian_of("h4_chain")
    free, kept = (
        Trial.build(hamiltonian, Settings(ansatz="upccgsd", mapping="parity", taper=taper))
        for taper in (False, True)
    )
    assert free.ansatz.n_parameters > kept.ansatz.n_parameters


def test_without_a_mapping_there_are_no_qubits(
    hamiltonian_of: Callable[[str], MolecularHamiltonian],
) -> None:
    trial = Trial.build(hamiltonian_of("h4_chain"), Settings())
    assert trial.problem is None
    assert trial.describe_circuit(trial.ansatz.initial) is None
    with pytest.raises(InputError, match="there are no qubits"):
        trial.amplitudes(trial.ansatz.initial)
