"""Error cancellation has no bias where its model is right, and says how it scatters."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from qchem_app.backends.measured import MeasuredEstimator
from qchem_app.backends.noise_model import GateNoise, NoiseModel, QubitNoise
from qchem_app.backends.noisy import NoisySampler
from qchem_app.backends.simulator import IdealSampler
from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.errors import InputError, UsageError
from qchem_app.mapping.pauli import PauliSum
from qchem_app.mapping.symmetries import Symmetry
from qchem_app.measurement.grouping import Method, make_plan
from qchem_app.mitigation.dynamical_decoupling import DynamicalDecoupling
from qchem_app.mitigation.pec import ProbabilisticErrorCancellation
from qchem_app.mitigation.readout import ReadoutInversion
from qchem_app.mitigation.remembering_sampler import RememberingSampler
from qchem_app.mitigation.setting_noise import parity_fidelities, without_setting_noise
from qchem_app.mitigation.symmetry import SymmetryVerification
from qchem_app.mitigation.twirling import PauliTwirling

# All terms commute with Z Z, and the circuit's state has odd parity.
OBSERVABLE = PauliSum.from_strings(
    2, [("II", -0.5), ("ZI", 0.4), ("IZ", -0.3), ("ZZ", 0.2), ("XX", 0.18), ("YY", 0.15)]
)
PARITY = Symmetry("Z Z", 0b11, 1)
CIRCUIT = Circuit(
    2,
    (
        Gate("x", (1,)),
        Gate("ry", (0,), 0.2, 0, 1.0),
        Gate("cx", (0, 1)),
        Gate("rz", (1,), 0.4),
        Gate("cx", (0, 1)),
        Gate("rz", (0,), -0.3),
        Gate("cx", (0, 1)),
    ),
    1,
)
THETA = np.array([0.7])
IDEAL = OBSERVABLE.expectation(CIRCUIT.bind(THETA).state())


def depolarizing(one: float, two: float, readout: float = 0.0) -> NoiseModel:
    return NoiseModel(
        "depolarizing",
        (
            ("one-qubit", None, GateNoise(depolarizing=one)),
            ("cx", None, GateNoise(depolarizing=two)),
        ),
        ((None, QubitNoise(readout=(readout, 1.5 * readout))),),
    )


NOISE = depolarizing(0.004, 0.02)


def measured(
    noise: NoiseModel = NOISE,
    shots: int | None = None,
    method: Method = "qubit-wise",
    seed: int = 0,
) -> MeasuredEstimator:
    sampler = RememberingSampler(NoisySampler(noise))
    return MeasuredEstimator(
        CIRCUIT, make_plan(OBSERVABLE, method), sampler, shots=shots, seed=seed
    )


@pytest.mark.parametrize("method", ["qubit-wise", "fully-commuting"])
def test_the_mean_is_the_ideal_energy(method: Method) -> None:
    """Measuring circuits included, whose noise is divided out."""
    inner = measured(method=method)
    assert abs(inner.estimate(THETA).value - IDEAL) > 0.02
    pec = ProbabilisticErrorCancellation(inner, samples=60)
    found = [pec.estimate(THETA) for _ in range(80)]
    values = np.array([e.value for e in found])
    assert abs(values.mean() - IDEAL) < 4 * values.std() / math.sqrt(80)
    assert values.std() > 1e-4
    stated = math.sqrt(np.mean([e.standard_error**2 for e in found]))
    assert stated == pytest.approx(values.std(), rel=0.25)


@pytest.mark.parametrize("shots", [400, 5_000])
def test_standard_errors_are_the_scatter(shots: int) -> None:
    """With a few shots for each circuit, and with many."""
    pec = ProbabilisticErrorCancellation(measured(shots=shots), samples=100)
    found = [pec.estimate(THETA) for _ in range(100)]
    values = np.array([e.value for e in found])
    assert all(e.ledger.shots == shots for e in found)
    assert abs(values.mean() - IDEAL) < 4 * values.std() / math.sqrt(100)
    stated = math.sqrt(np.mean([e.standard_error**2 for e in found]))
    assert stated == pytest.approx(values.std(), rel=0.2)
    expected = pec.estimate_circuits([CIRCUIT.bind(THETA)], shots, None)[0]
    assert expected.value == pytest.approx(IDEAL, abs=1e-10)
    assert expected.standard_error == pytest.approx(values.std(), rel=0.2)


def test_enough_samples_leave_little_to_chance() -> None:
    errors = [
        ProbabilisticErrorCancellation(measured(), samples=n).estimate(THETA).standard_error
        for n in (40, 200, 2000)
    ]
    # from 200 on, all circuits with one insertion are listed
    assert errors[1] < errors[0] / 4
    assert errors[2] < errors[1] / 2


def test_ratios_are_taken_after_the_mean() -> None:
    inner = SymmetryVerification(
        ReadoutInversion(measured(depolarizing(0.004, 0.02, 0.03))), [PARITY]
    )
    assert abs(inner.estimate(THETA).value - IDEAL) > 0.01
    pec = ProbabilisticErrorCancellation(inner, samples=1500)
    found = pec.estimate(THETA)
    assert abs(found.value - IDEAL) < 4 * found.standard_error
    assert found.standard_error < 1e-3
    pec.samples = 40
    values = [pec.estimate(THETA).value for _ in range(100)]
    assert abs(np.mean(values) - IDEAL) < 4 * np.std(values) / 10
    expected = pec.estimate_circuits([CIRCUIT.bind(THETA)], None, None)[0]
    assert expected.value == pytest.approx(IDEAL, abs=1e-9)


def test_expected_energies_keep_the_readout_error() -> None:
    pec = ProbabilisticErrorCancellation(measured(depolarizing(0.004, 0.02, 0.05)))
    without_gates = measured(depolarizing(0.0, 0.0, 0.05)).estimate(THETA).value
    expected = pec.estimate_circuits([CIRCUIT.bind(THETA)], None, None)[0]
    assert expected.value == pytest.approx(without_gates, abs=1e-10)
    assert abs(without_gates - IDEAL) > 0.01


def test_expected_energies_are_the_same_every_time() -> None:
    for noise in (NOISE, NoiseModel("damped", (("cx", None, GateNoise(amplitude_damping=0.03)),))):
        pec = ProbabilisticErrorCancellation(measured(noise), samples=300)
        bound = CIRCUIT.bind(THETA)
        first, second = (pec.estimate_circuits([bound], 5000, None)[0] for _ in range(2))
        assert (first.value, first.standard_error) == (second.value, second.standard_error)


def test_the_overhead_is_known_beforehand() -> None:
    free = ProbabilisticErrorCancellation(measured(depolarizing(0.0, 0.02)))
    epsilon = 16 / 15 * 0.02
    assert free.one_norm == pytest.approx(((1 + 7 / 8 * epsilon) / (1 - epsilon)) ** 3)
    assert free.overhead == free.one_norm**2
    assert free.note is None
    # what it costs in scatter at many shots is near to that
    pec = ProbabilisticErrorCancellation(measured(shots=10**6), samples=10**4)
    bound = CIRCUIT.bind(THETA)
    raw = measured(shots=10**6).estimate_circuits([bound], 10**6, None)[0]
    mitigated = pec.estimate_circuits([bound], 10**6, None)[0]
    multiplier = (mitigated.standard_error / raw.standard_error) ** 2
    assert 0.7 * pec.overhead < multiplier < 1.3 * pec.overhead


def test_other_noise_is_twirled_and_the_bias_named() -> None:
    coherent = NoiseModel("coherent", (("cx", None, GateNoise(over_rotation=0.15)),))
    inner = measured(coherent)
    pec = ProbabilisticErrorCancellation(inner, samples=4000)
    assert pec.note is not None
    assert "only the Pauli part" in pec.note
    biased = pec.estimate(THETA)
    assert abs(biased.value - IDEAL) > 10 * biased.standard_error
    # twirling makes the noise of CNOTs what the model then says it is
    twirled = ProbabilisticErrorCancellation(PauliTwirling(inner, twirls=20), samples=1000)
    found = twirled.estimate(THETA)
    assert abs(found.value - IDEAL) < 4 * found.standard_error < abs(biased.value - IDEAL)


@pytest.mark.parametrize("shots", [2_000, 20_000])
def test_twirled_circuits_share_the_few_shots_of_a_sample(shots: int) -> None:
    coherent = NoiseModel("coherent", (("cx", None, GateNoise(over_rotation=0.15)),))
    inner = measured(coherent, shots)
    found = ProbabilisticErrorCancellation(PauliTwirling(inner), samples=500).estimate(THETA)
    assert abs(found.value - IDEAL) < 4 * found.standard_error
    assert 0.8 * shots < found.ledger.shots <= shots


def test_the_errors_that_twirling_adds_are_predicted() -> None:
    twirled = ProbabilisticErrorCancellation(PauliTwirling(measured(shots=40_000)), samples=300)
    assert twirled.note is not None
    assert "twirling adds" in twirled.note
    expected = twirled.estimate_circuits([CIRCUIT.bind(THETA)], None, None)[0]
    found = [twirled.estimate(THETA) for _ in range(20)]
    mean, error = np.mean([e.value for e in found]), found[0].standard_error / math.sqrt(20)
    assert abs(mean - IDEAL) > 4 * error
    assert abs(mean - expected.value) < 4 * math.hypot(error, expected.standard_error)
    bare = NoiseModel("cx", (("cx", None, GateNoise(depolarizing=0.01)),))
    assert ProbabilisticErrorCancellation(PauliTwirling(measured(bare))).note is None


def test_waiting_qubits() -> None:
    noise = NoiseModel(
        "waiting",
        (("cx", None, GateNoise(time=500)), ("rz", None, GateNoise(time=2000))),
        ((None, QubitNoise(t2=40.0, detuning=2.0)),),
    )
    pec = ProbabilisticErrorCancellation(DynamicalDecoupling(measured(noise)), samples=300)
    assert pec.note is not None
    assert "trusted to undo all drift" in pec.note
    assert "other qubits wait" in pec.note
    assert pec.one_norm > 1.05
    assert abs(pec.estimate(THETA).value - IDEAL) < abs(
        measured(noise).estimate(THETA).value - IDEAL
    )


def test_noise_of_measuring_circuits_alone() -> None:
    """Strong, in CNOTs too; the rotations that prepare the state have none."""
    plan = make_plan(OBSERVABLE, "fully-commuting")
    assert any(group.setting.two_qubit_gates for group in plan.groups)
    assert not any(gate.name == "ry" for group in plan.groups for gate in group.setting.gates)
    noise = depolarizing(0.02, 0.1)
    noise = replace(noise, gates=(*noise.gates, ("ry", None, GateNoise())))
    circuit = Circuit(2, (Gate("ry", (0,), 0.7), Gate("ry", (1,), 1.1)))
    ideal = OBSERVABLE.expectation(circuit.state())
    noisy = MeasuredEstimator(circuit, plan, NoisySampler(noise))
    corrected = noisy.with_plan(without_setting_noise(plan, noise))
    assert corrected.estimate(np.zeros(0)).value == pytest.approx(ideal, abs=1e-12)
    assert abs(noisy.estimate(np.zeros(0)).value - ideal) > 0.01


def test_parity_fidelities() -> None:
    noise = depolarizing(0.03, 0.1)
    setting = Circuit(2, (Gate("cx", (0, 1)), Gate("h", (0,))))
    one, two = 1 - 4 / 3 * 0.03, 1 - 16 / 15 * 0.1
    masks = np.array([0, 1, 2, 3], dtype=np.uint64)
    found = parity_fidelities(masks, setting, noise)
    np.testing.assert_allclose(found, [1.0, one * two, two, one * two])


def test_no_model() -> None:
    inner = MeasuredEstimator(CIRCUIT, make_plan(OBSERVABLE), IdealSampler())
    with pytest.raises(
        InputError, match="inverts a noise model, and none is known of state vector"
    ):
        ProbabilisticErrorCancellation(inner)
    given = ProbabilisticErrorCancellation(inner, NOISE)
    assert given.one_norm > 1


def test_absurd_overheads() -> None:
    with pytest.raises(InputError, match=r"would multiply the shots by .*, more than 2; choose"):
        ProbabilisticErrorCancellation(measured(depolarizing(0.01, 0.1)), max_overhead=2.0)
    with pytest.raises(UsageError, match="at least 3 samples, found 2"):
        ProbabilisticErrorCancellation(measured(), samples=2)


def test_too_few_shots() -> None:
    with pytest.raises(InputError, match="7 shots are too few for error cancellation"):
        ProbabilisticErrorCancellation(measured(shots=7)).estimate(THETA)


def test_no_noise() -> None:
    found = ProbabilisticErrorCancellation(measured(NoiseModel("none"), 1000)).estimate(THETA)
    raw = measured(NoiseModel("none"), 1000).estimate(THETA)
    assert (found.value, found.standard_error) == pytest.approx((raw.value, raw.standard_error))


def test_another_plan() -> None:
    pec = ProbabilisticErrorCancellation(measured(), samples=50)
    again = pec.with_plan(pec.plan)
    bound = CIRCUIT.bind(THETA)
    assert again.estimate_circuits([bound], None, None)[0].value == pytest.approx(IDEAL)
    assert again.samples == 50


@pytest.mark.parametrize("samples", [40, 3000])
@pytest.mark.parametrize("shots", [None, 30_000])
def test_a_few_circuits_predict_what_all_of_them_do(
    samples: int, shots: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether circuits with one insertion are drawn or listed."""
    pec = ProbabilisticErrorCancellation(measured(), samples=samples)
    bound = CIRCUIT.bind(THETA)
    everything = pec.estimate_circuits([bound], shots, None)[0]
    monkeypatch.setattr("qchem_app.mitigation.pec._LARGE", 0)
    found = [
        ProbabilisticErrorCancellation(measured(), samples=samples, seed=seed).estimate_circuits(
            [bound], shots, None
        )[0]
        for seed in range(30)
    ]
    variance = np.mean([e.standard_error**2 for e in found])
    assert math.sqrt(variance) == pytest.approx(everything.standard_error, rel=0.25)
    for name in ("circuits", "shots", "two_qubit_gates"):
        mean = np.mean([getattr(e.ledger, name) for e in found])
        assert mean == pytest.approx(getattr(everything.ledger, name), rel=0.05)


def test_errors_of_calibrations_are_counted() -> None:
    """Each call of the inner estimator calibrates anew."""
    noise = depolarizing(0.001, 0.02, 0.05)
    inner = ReadoutInversion(measured(noise, shots=4000), calibration="measured")
    pec = ProbabilisticErrorCancellation(inner, samples=30)
    found = [pec.estimate(THETA) for _ in range(100)]
    values = np.array([e.value for e in found])
    stated = math.sqrt(np.mean([e.standard_error**2 for e in found]))
    assert stated == pytest.approx(values.std(), rel=0.25)
    # inverses of measured probabilities have a bias of second order
    assert abs(values.mean() - IDEAL) < 4 * values.std() / 10 + 0.1 * stated
