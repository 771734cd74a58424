from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qchem_app.ansatz.uccsd import uccsd
from qchem_app.backends import simulator
from qchem_app.backends.adaptive import AdaptiveEstimator
from qchem_app.backends.base import Estimator, MomentEstimator
from qchem_app.backends.exact import ExactEstimator
from qchem_app.backends.measured import MeasuredEstimator
from qchem_app.backends.sampled_exact import SampledExactEstimator
from qchem_app.backends.shadow_estimator import ShadowEstimator
from qchem_app.backends.simulator import IdealSampler
from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import build_hamiltonian
from qchem_app.chemistry.mean_field import run_mean_field
from qchem_app.circuits.compile import compile_ansatz
from qchem_app.errors import InputError, ResourceError
from qchem_app.io.geometry import read_geometry
from qchem_app.mapping.encodings import Encoding, make_encoding
from qchem_app.mapping.pauli import PauliSum
from qchem_app.measurement.grouping import make_plan
from qchem_app.measurement.plan import MeasurementPlan
from qchem_app.measurement.shadows import PauliShadows
from qchem_app.references.perturbation import mp2_amplitudes


@pytest.fixture(scope="module")
def exact(repository: Path) -> ExactEstimator:
    molecule = read_geometry(repository / "molecules" / "lih.xyz").molecule
    mean_field = run_mean_field(molecule, "sto-3g")
    hamiltonian = build_hamiltonian(mean_field, select_active_space(mean_field, "2,3"))
    return ExactEstimator(hamiltonian, uccsd(hamiltonian, mp2_amplitudes(hamiltonian)))


@pytest.fixture(scope="module")
def theta(exact: ExactEstimator) -> np.ndarray:
    return np.random.default_rng(1).normal(0.0, 0.2, exact.ansatz.n_parameters)


@pytest.fixture(scope="module")
def encoding(exact: ExactEstimator) -> Encoding:
    return make_encoding(exact.hamiltonian, "parity")


@pytest.fixture(scope="module")
def plan(exact: ExactEstimator, encoding: Encoding) -> MeasurementPlan:
    operator = encoding.operator(exact.hamiltonian)
    return make_plan(operator, "fully-commuting", state=encoding.reference)


@pytest.mark.parametrize("mapping", ["jordan-wigner", "bravyi-kitaev"])
@pytest.mark.parametrize("taper", [False, True])
def test_infinite_shots_give_the_exact_energy(
    exact: ExactEstimator, theta: np.ndarray, mapping: str, taper: bool
) -> None:
    encoding = make_encoding(exact.hamiltonian, mapping, taper=taper)
    plan = make_plan(encoding.operator(exact.hamiltonian))
    estimator = SampledExactEstimator(exact, encoding, plan)
    assert isinstance(estimator, Estimator)
    found = estimator.estimate(theta)
    assert found.value == pytest.approx(exact.estimate(theta).value, abs=1e-10)
    assert found.standard_error == 0.0
    assert (found.ledger.circuits, found.ledger.shots) == (len(plan.groups), 0)


@pytest.mark.parametrize("pilot", [None, 0.2])
def test_scatter_is_as_stated(
    exact: ExactEstimator,
    encoding: Encoding,
    plan: MeasurementPlan,
    theta: np.ndarray,
    pilot: float | None,
) -> None:
    estimator = SampledExactEstimator(exact, encoding, plan, 4_000, 3, pilot=pilot, preparation=5)
    repeated = [estimator.estimate(theta) for _ in range(400)]
    energies = np.array([estimate.value for estimate in repeated])
    errors = np.array([estimate.standard_error for estimate in repeated])
    assert abs(energies.mean() - exact.estimate(theta).value) < 4 * energies.std() / 20
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(energies.std(), rel=0.12)
    ledger = repeated[0].ledger
    assert ledger.shots == 4_000
    assert ledger.circuits == len(plan.groups) * (1 if pilot is None else 4)
    if pilot is None:
        gates = [group.setting.two_qubit_gates for group in plan.groups]
        assert ledger.two_qubit_gates == plan.shots(4_000) @ gates + 5 * 4_000


def test_the_same_seed_gives_the_same_digits(
    exact: ExactEstimator, encoding: Encoding, plan: MeasurementPlan, theta: np.ndarray
) -> None:
    first, second = (
        SampledExactEstimator(exact, encoding, plan, 500, 9).estimate(theta) for _ in range(2)
    )
    assert (first.value, first.standard_error) == (second.value, second.standard_error)


def test_as_a_perfect_device_would(
    exact: ExactEstimator, encoding: Encoding, plan: MeasurementPlan, theta: np.ndarray
) -> None:
    circuit = compile_ansatz(exact.ansatz, encoding)
    device = MeasuredEstimator(circuit, plan, IdealSampler(threads=1), shots=3_000)
    expected = device.estimate_circuits([circuit.bind(theta)], 3_000, None)[0]
    drawn = SampledExactEstimator(exact, encoding, plan, 3_000, 4).estimate(theta)
    assert drawn.standard_error == pytest.approx(expected.standard_error, rel=0.1)


def test_requests_that_cannot_be_met(
    exact: ExactEstimator,
    encoding: Encoding,
    plan: MeasurementPlan,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(InputError, match="shots must be positive, found 0"):
        SampledExactEstimator(exact, encoding, plan, 0)
    with pytest.raises(InputError, match="cannot be shared among"):
        SampledExactEstimator(exact, encoding, plan, 1)
    other = make_plan(PauliSum.from_strings(2, [("XX", 1.0)]))
    with pytest.raises(InputError, match="the plan measures 2 qubits, the encoding has 4"):
        SampledExactEstimator(exact, encoding, other)
    monkeypatch.setattr(simulator, "_LITTLE_MB", 0.0)  # so that it asks for four qubits
    monkeypatch.setattr(simulator, "available_memory_mb", lambda: 1e-6)
    with pytest.raises(ResourceError, match="simulating 4 qubits takes"):
        SampledExactEstimator(exact, encoding, plan)


def test_adaptive_estimator(exact: ExactEstimator, encoding: Encoding, theta: np.ndarray) -> None:
    plan = make_plan(encoding.operator(exact.hamiltonian)).with_fractions(np.ones(13))
    circuit = compile_ansatz(exact.ansatz, encoding)
    inner = MeasuredEstimator(circuit, plan, IdealSampler(threads=1), shots=5_000, seed=2)
    adaptive = AdaptiveEstimator(inner)
    assert isinstance(adaptive, MomentEstimator)
    estimates = [adaptive.estimate(theta) for _ in range(60)]
    pulls = [(e.value - exact.estimate(theta).value) / e.standard_error for e in estimates]
    assert abs(np.mean(pulls)) < 4 / np.sqrt(60)
    assert 0.7 < np.std(pulls) < 1.3
    even = inner.estimate_circuits([circuit.bind(theta)], 5_000, None)[0]
    assert np.mean([e.standard_error for e in estimates]) < 0.9 * even.standard_error
    assert estimates[0].ledger.shots == 5_000
    assert estimates[0].ledger.circuits == 52
    assert estimates[0].ledger.two_qubit_gates == 5_000 * circuit.two_qubit_gates
    infinite = adaptive.estimate_circuits([circuit.bind(theta)], None, None)[0]
    assert infinite.value == pytest.approx(exact.estimate(theta).value, abs=1e-10)
    planned = adaptive.estimate_circuits([circuit.bind(theta)], 5_000, None)[0]
    assert planned.standard_error == pytest.approx(
        np.mean([e.standard_error for e in estimates]), rel=0.1
    )


@pytest.mark.parametrize("n_batches", [1, 5])
def test_shadows(
    exact: ExactEstimator, encoding: Encoding, theta: np.ndarray, n_batches: int
) -> None:
    operator = encoding.operator(exact.hamiltonian)
    circuit = compile_ansatz(exact.ansatz, encoding)
    shadows = PauliShadows.locally_biased(operator)
    estimator = ShadowEstimator(
        circuit, shadows, IdealSampler(threads=1), shots=2_000, n_batches=n_batches
    )
    estimates = [estimator.estimate(theta) for _ in range(30)]
    pulls = [(e.value - exact.estimate(theta).value) / e.standard_error for e in estimates]
    assert abs(np.mean(pulls)) < 4 / np.sqrt(30)
    assert 0.6 < np.std(pulls) < 1.4
    state = encoding.state(exact.sector, exact.state(theta))
    if n_batches == 1:
        foretold = np.sqrt(shadows.variance(state) / 2_000)
        errors = [e.standard_error for e in estimates]
        assert np.mean(errors) == pytest.approx(foretold, rel=0.05)
    assert estimates[0].ledger.shots == 2_000
    with pytest.raises(InputError, match="too few for 5 batches"):
        ShadowEstimator(circuit, shadows, IdealSampler(), shots=9, n_batches=5)
