"""The gate predicts what techniques do, and chooses the one that errs least, or none."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from qchem_app.backends.base import Estimate, Ledger
from qchem_app.backends.measured import MeasuredEstimator
from qchem_app.backends.noise_file import parse_noise
from qchem_app.backends.noise_model import GateNoise, NoiseModel
from qchem_app.backends.noisy import NoisySampler
from qchem_app.backends.simulator import IdealSampler
from qchem_app.measurement.grouping import make_plan
from qchem_app.mitigation import gate
from qchem_app.mitigation.depolarized_sampler import DepolarizedSampler
from qchem_app.mitigation.gate import Prediction, choose, default_candidates, predict
from qchem_app.mitigation.ideal import ideal_energy
from qchem_app.mitigation.remembering_sampler import RememberingSampler
from qchem_app.mitigation.stack import Stack, build_stack


def raw(problem: Any, noise: str | None, shots: int | None) -> MeasuredEstimator:
    sampler = IdealSampler() if noise is None else NoisySampler(parse_noise(noise))
    plan = make_plan(problem.operator)
    return MeasuredEstimator(problem.circuit, plan, RememberingSampler(sampler), shots=shots)


def decide(problem: Any, noise: str | None, shots: int | None, **options: Any) -> Any:
    return choose(
        raw(problem, noise, shots),
        problem.theta,
        symmetries=problem.encoding.symmetries,
        shots=shots,
        **options,
    )


def test_weak_noise_and_few_shots_are_best_left_alone(hydrogen: Any) -> None:
    decision = decide(hydrogen("parity"), "p1=1e-6,p2=1e-5", 1000)
    assert decision.chosen == "none"
    assert decision.reason == (
        f"none of {len(decision.predictions) - 1} stacks is expected to do clearly better than the "
        f"raw energy, off by {1e3 * decision.prediction.rms:.3g} mHa"
    )
    harmed = [p for p in decision.predictions if p.rms > 1.5 * decision.predictions[0].rms]
    assert len(harmed) >= 4  # what it was spared


def test_mitigation_can_hurt_as_predicted(hydrogen: Any) -> None:
    problem = hydrogen("parity")
    inner = raw(problem, "p1=1e-5,p2=1e-4", 2000)
    ideal = ideal_energy(problem.bound, problem.operator)
    rng = np.random.default_rng(1)
    rms = {}
    for text in ("none", "zne(linear)"):
        estimator = build_stack(text, inner)
        values = [
            estimator.estimate_circuits([problem.bound], 2000, rng)[0].value for _ in range(300)
        ]
        rms[text] = math.sqrt(np.mean((np.array(values) - ideal) ** 2))
    assert rms["zne(linear)"] > 1.5 * rms["none"]
    decision = decide(problem, "p1=1e-5,p2=1e-4", 2000)
    assert decision.chosen == "none"
    predicted = {p.mitigation: p.rms for p in decision.predictions}
    for text, found in rms.items():
        assert predicted[text] == pytest.approx(found, rel=0.15)


def test_strong_noise_and_many_shots_are_mitigated(hydrogen: Any) -> None:
    decision = decide(hydrogen(), "p1=1e-3,p2=1e-2,readout=0.02", 1_000_000)
    chosen, before = decision.prediction, decision.predictions[0]
    assert decision.chosen.startswith("readout,")
    assert chosen.rms < 0.05 * before.rms
    assert chosen.rms <= 1.12 * min(p.rms for p in decision.predictions)
    assert decision.reason == (
        f"{decision.chosen} is expected to be off by {1e3 * chosen.rms:.3g} mHa instead of "
        f"{1e3 * before.rms:.3g} mHa, the least of {len(decision.predictions) - 1} stacks; it "
        f"is predicted to multiply the shots for the same standard error by {chosen.overhead:.3g}"
    )
    assert decision.method == "expected values from noisy simulator (native)"


def test_predictions_are_the_mean_and_scatter(hydrogen: Any) -> None:
    problem = hydrogen("parity")
    noise, shots = "p1=1e-3,p2=1e-2,readout=0.02", 20_000
    inner = raw(problem, noise, shots)
    ideal = ideal_energy(problem.bound, problem.operator)
    candidates = ("readout,symmetry", "readout,zne(linear)", "readout,reference")
    predictions, left_out = predict(
        inner, problem.theta, candidates, symmetries=problem.encoding.symmetries, shots=shots
    )
    assert left_out == ()
    assert [p.mitigation for p in predictions] == ["none", *candidates]
    rng = np.random.default_rng(0)
    for prediction in predictions:
        estimator = build_stack(
            prediction.mitigation, inner, symmetries=problem.encoding.symmetries
        )
        values = np.array(
            [estimator.estimate_circuits([problem.bound], shots, rng)[0].value for _ in range(200)]
        )
        scatter = values.std(ddof=1)
        assert prediction.standard_error == pytest.approx(scatter, rel=0.2)
        assert abs(values.mean() - ideal - prediction.bias) < 4.5 * scatter / math.sqrt(200)
        expected = (prediction.standard_error / predictions[0].standard_error) ** 2
        assert prediction.overhead == pytest.approx(expected)


def test_nothing_is_drawn(hydrogen: Any) -> None:
    problem = hydrogen("parity")
    inner = raw(problem, "p1=1e-3,p2=1e-2", 10_000)
    before = inner.rng.bit_generator.state
    first = choose(inner, problem.theta, shots=10_000)
    assert inner.rng.bit_generator.state == before
    assert choose(inner, problem.theta, shots=10_000) == first


def test_without_noise_there_is_nothing_to_do(hydrogen: Any) -> None:
    decision = decide(hydrogen(), None, 10_000)
    assert (decision.chosen, decision.reason) == ("none", "there is nothing to mitigate")
    assert decision.prediction.bias == pytest.approx(0.0, abs=1e-10)


def test_infinite_shots(hydrogen: Any) -> None:
    decision = decide(hydrogen("parity"), "p1=0,p2=1e-2", None)
    assert decision.predictions[0].standard_error == 0.0
    assert math.isnan(decision.predictions[0].overhead)
    assert abs(decision.prediction.bias) < 1e-3
    assert "multiplies" not in decision.reason


def prediction(name: str, rms: float) -> Prediction:
    return Prediction(name, 0.0, rms, 1.0)


@pytest.mark.parametrize(
    ("rms", "chosen"),
    [
        ((1.0, 0.95, 0.92), "none"),
        ((1.0, 0.85, 0.80), "readout"),
        ((1.0, 0.85, 0.70), "readout,zne(linear)"),
        ((0.0, 1.0, 1.0), "none"),
    ],
)
def test_a_simpler_stack_is_kept_unless_the_gain_is_clear(
    rms: tuple[float, ...], chosen: str
) -> None:
    names = ("none", "readout", "readout,zne(linear)")
    predictions = [prediction(n, r) for n, r in zip(names, rms, strict=True)]
    assert gate._simplest_good(predictions).mitigation == chosen


def test_candidates_fit_the_noise_and_the_encoding(hydrogen: Any) -> None:
    symmetries = hydrogen().encoding.symmetries
    pauli = parse_noise("p1=1e-3,p2=1e-2")
    plain = default_candidates(pauli, (), parameters=0)
    assert set(plain) == {"zne(linear)", "zne(exponential)", "cdr", "pec"}
    read = default_candidates(parse_noise("p2=1e-2,readout=0.1"), symmetries, parameters=1)
    assert "readout" in read
    assert "readout,symmetry,reference" in read
    assert all(name.startswith("readout") for name in read)
    idle = default_candidates(parse_noise("ibm-like"), symmetries, parameters=1)
    assert any("dd" in Stack.parse(name) for name in idle)
    assert not any("twirling" in Stack.parse(name) for name in idle)
    cnots = GateNoise(over_rotation=0.05)
    coherent = default_candidates(NoiseModel("", (("cx", None, cnots),)), (), parameters=1)
    assert "twirling,zne(linear)" in coherent
    assert default_candidates(None, symmetries, parameters=1) == ()


def test_stacks_that_cannot_run_are_left_out(hydrogen: Any) -> None:
    decision = decide(
        hydrogen(taper=True), "p1=1e-3,p2=1e-2", 1000, candidates=("symmetry", "dd", "zne(linear)")
    )
    assert [name for name, _ in decision.left_out] == ["symmetry", "dd"]
    assert "nothing to verify" in decision.left_out[0][1]


def test_cancellation_out_of_reach_is_not_predicted(
    hydrogen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = hydrogen()
    names = ("reference", "pec")
    both = decide(problem, "p1=1e-3,p2=1e-2", 10_000, candidates=names)
    assert both.left_out == ()
    raw_error, cancelled = both.predictions[0].standard_error, both.predictions[2].standard_error
    monkeypatch.setattr(gate, "_PEC_GAIN", 100.0)
    decision = decide(problem, "p1=1e-3,p2=1e-2", 10_000, candidates=names)
    ((name, why),) = decision.left_out
    assert name == "pec"
    assert why.startswith("it multiplies the shots by about ")
    overhead = float(why.split("about ")[1].split(",")[0])
    # the real gain is one half and the scatter is never less
    assert cancelled > 0.5 * math.sqrt(overhead) * raw_error
    monkeypatch.undo()
    monkeypatch.setattr(gate, "_MOST_WORK", 10.0)
    decision = decide(problem, "p1=1e-4,p2=1e-3", 1_000_000, candidates=("reference", "pec"))
    assert decision.left_out == (
        (
            "pec",
            f"predicting it takes 1,000 circuits of {len(problem.circuit)} gates on 4 qubits; ask "
            "for it by name",
        ),
    )


def test_estimates_carry_the_predicted_bias(hydrogen: Any) -> None:
    decision = decide(hydrogen("parity"), "p1=1e-3,p2=1e-2", 100_000)
    estimate = Estimate(-1.1, 0.01, Ledger())
    assert decision.with_bias(estimate).bias == decision.prediction.bias
    assert decision.with_bias(estimate, "none").bias == decision.predictions[0].bias
    assert decision.with_bias(estimate, "dd").bias is None


def test_large_circuits_are_predicted_by_global_depolarizing(
    hydrogen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "MOST_EXACT_QUBITS", 3)
    problem = hydrogen()
    inner = raw(problem, "p1=0,p2=1e-2,readout=0.02", 100_000)
    assert gate.simulator_of(inner) is inner.sampler
    inner.sampler = inner.sampler.sampler
    simulator = gate.simulator_of(inner)
    assert isinstance(simulator, DepolarizedSampler)
    left = (1 - 1e-2 * 16 / 15) ** problem.circuit.two_qubit_gates
    assert simulator.fidelity(problem.bound) == pytest.approx(left)
    decision = choose(inner, problem.theta, shots=100_000, candidates=("readout",))
    assert decision.method == "expected values from global depolarizing approximation"
    found = {p.mitigation: p for p in decision.predictions}
    ideal = ideal_energy(problem.bound, problem.operator)
    expected = (1 - left) * (problem.operator.constant - ideal)
    assert found["readout"].bias == pytest.approx(expected, rel=1e-9)
    # local noise does something similar
    monkeypatch.setattr(gate, "MOST_EXACT_QUBITS", 10)
    exact = decide(problem, "p1=0,p2=1e-2,readout=0.02", 100_000, candidates=("readout",))
    assert exact.predictions[1].bias == pytest.approx(expected, rel=0.4)
