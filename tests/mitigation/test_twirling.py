"""Twirled circuits are the same, and their noise is the twirl of the noise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.backends.base import MomentEstimator
from qchem_app.backends.measured import MeasuredEstimator
from qchem_app.backends.noise_model import GateNoise, NoiseModel
from qchem_app.backends.noisy import NoisySampler
from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.errors import InputError, UsageError
from qchem_app.mapping.pauli import PauliSum
from qchem_app.measurement.grouping import make_plan
from qchem_app.mitigation.twirling import PauliTwirling, twirl

OBSERVABLE = PauliSum.from_strings(2, [("II", 0.3), ("ZI", 0.4), ("XX", 0.2), ("ZY", -0.5)])
CIRCUIT = Circuit(
    2,
    (
        Gate("ry", (0,), 0.9),
        Gate("h", (1,)),
        Gate("cx", (0, 1)),
        Gate("rz", (1,), 0.5),
        Gate("ry", (0,), -0.4),
        Gate("cx", (1, 0)),
        Gate("rx", (0,), 0.3),
    ),
)
IDEAL = OBSERVABLE.expectation(CIRCUIT.state())
COHERENT = NoiseModel("coherent", (("cx", None, GateNoise(over_rotation=0.3)),))


def measured(noise: NoiseModel, shots: int | None = None) -> MeasuredEstimator:
    return MeasuredEstimator(CIRCUIT, make_plan(OBSERVABLE), NoisySampler(noise), shots=shots)


@st.composite
def circuits(draw: st.DrawFn) -> Circuit:
    gates = []
    for _ in range(draw(st.integers(1, 14))):
        name = draw(st.sampled_from(["x", "h", "rx", "ry", "rz", "cx", "cx", "delay"]))
        qubits = draw(st.permutations(range(3)))[: 2 if name == "cx" else 1]
        gates.append(Gate(name, tuple(qubits), draw(st.floats(0, 4)) if len(name) > 1 else 0.0))
    return Circuit(3, tuple(gates))


@given(circuits(), st.integers(0, 999), st.booleans())
def test_the_state_stays_up_to_a_phase(circuit: Circuit, seed: int, merge: bool) -> None:
    twirled = twirl(circuit, np.random.default_rng(seed), merge=merge)
    assert twirled.two_qubit_gates == circuit.two_qubit_gates
    assert abs(np.vdot(circuit.state(), twirled.state())) == pytest.approx(1.0)


def test_merging_saves_gates() -> None:
    lengths = {
        merge: np.mean(
            [len(twirl(CIRCUIT, np.random.default_rng(s), merge=merge)) for s in range(300)]
        )
        for merge in (True, False)
    }
    # two CNOTs with four Paulis each, a quarter of which are identities
    assert lengths[False] == pytest.approx(len(CIRCUIT) + 6, rel=0.03)
    assert lengths[True] < lengths[False] - 1


@pytest.mark.parametrize("merge", [True, False])
def test_the_mean_is_that_of_twirled_noise(merge: bool) -> None:
    noise = NoiseModel(
        "coherent and damped",
        (("cx", None, GateNoise(over_rotation=0.3, amplitude_damping=0.1)),),
    )
    expected = measured(noise.twirled()).estimate(np.zeros(0)).value
    assert abs(measured(noise).estimate(np.zeros(0)).value - expected) > 0.01
    found = PauliTwirling(measured(noise), twirls=1500, merge=merge).estimate(np.zeros(0))
    assert 0 < found.standard_error < 0.007
    assert abs(found.value - expected) < 4 * found.standard_error


@pytest.mark.parametrize("shots", [None, 600])
def test_standard_errors_are_the_scatter(shots: int | None) -> None:
    estimator = PauliTwirling(measured(COHERENT, shots), twirls=30)
    found = [estimator.estimate(np.zeros(0)) for _ in range(80)]
    values = np.array([e.value for e in found])
    stated = math.sqrt(np.mean([e.standard_error**2 for e in found]))
    assert stated == pytest.approx(values.std(), rel=0.25)
    expected = estimator.estimate_circuits([CIRCUIT], shots, None)[0]
    assert expected.standard_error == pytest.approx(stated, rel=0.5)
    if shots is not None:
        assert found[0].ledger.shots == shots
        assert found[0].ledger.circuits == 30 * len(estimator.plan.groups)


def test_noise_that_is_twirled_already_gains_nothing() -> None:
    noise = NoiseModel(
        "Pauli",
        (
            ("one-qubit", None, GateNoise(depolarizing=0.01)),
            ("cx", None, GateNoise(depolarizing=0.02)),
        ),
    )
    raw = measured(noise).estimate(np.zeros(0)).value
    twirled = PauliTwirling(measured(noise), twirls=200).estimate(np.zeros(0))
    assert abs(twirled.value - IDEAL) > abs(raw - IDEAL)


def test_without_numbers_the_same_twirls_come_out() -> None:
    estimator = PauliTwirling(measured(COHERENT), seed=4)
    first, second = (estimator.estimate_circuits([CIRCUIT], None, None)[0] for _ in range(2))
    assert first.value == second.value


def test_it_is_a_moment_estimator() -> None:
    estimator = PauliTwirling(measured(COHERENT, 900), twirls=7, merge=False)
    assert isinstance(estimator, MomentEstimator)
    again = estimator.with_plan(estimator.plan)
    assert (again.twirls, again.merge, again.shots) == (7, False, 900)


def test_what_is_asked_for_wrongly() -> None:
    with pytest.raises(UsageError, match="at least 2 twirled circuits, found 1"):
        PauliTwirling(measured(COHERENT), twirls=1)
    with pytest.raises(
        InputError, match=r"50 shots cannot be shared among 32 twirled circuits in 2"
    ):
        PauliTwirling(measured(COHERENT, 50), twirls=32).estimate(np.zeros(0))
    with pytest.raises(InputError, match=r"3 shots cannot be .* 2 twirled .* at least 4$"):
        PauliTwirling(measured(COHERENT, 3)).estimate(np.zeros(0))


@pytest.mark.parametrize(("shots", "twirls"), [(None, 32), (20_000, 32), (50, 12), (10, 2), (5, 2)])
def test_few_shots_are_shared_among_fewer_circuits(shots: int | None, twirls: int) -> None:
    estimator = PauliTwirling(measured(COHERENT, shots))
    found = estimator.estimate(np.zeros(0))
    assert found.ledger.circuits == twirls * len(estimator.plan.groups)
    assert found.ledger.shots <= (shots or 0)
