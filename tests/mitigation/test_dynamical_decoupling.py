"""Pulses undo what stays the same while a qubit waits, and nothing else."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qchem_app.backends.base import MomentEstimator
from qchem_app.backends.measured import MeasuredEstimator
from qchem_app.backends.noise_model import GateNoise, NoiseModel, QubitNoise
from qchem_app.backends.noisy import NoisySampler
from qchem_app.backends.simulator import IdealSampler
from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.circuits.schedule import duration, schedule
from qchem_app.errors import InputError, UsageError
from qchem_app.mapping.pauli import PauliSum
from qchem_app.measurement.grouping import make_plan
from qchem_app.mitigation.dynamical_decoupling import DynamicalDecoupling, Pulses, decouple

OBSERVABLE = PauliSum.from_strings(3, [("XII", 0.5), ("YII", 0.3), ("IZZ", 0.4), ("ZII", 0.1)])
# Qubit 0 waits in a superposition while the others work; qubit 2 begins late.
CIRCUIT = Circuit(
    3,
    (
        Gate("h", (0,)),
        Gate("h", (1,)),
        Gate("cx", (0, 1)),
        *(Gate("cx", (1, 2)),) * 6,
        Gate("cx", (0, 1)),
        Gate("rz", (0,), 0.4),
    ),
)
IDEAL = OBSERVABLE.expectation(CIRCUIT.state())
TIMES = (("one-qubit", None, GateNoise(time=35.0)), ("cx", None, GateNoise(time=300.0)))


def model(pulse_error: float = 0.0, **qubit: float) -> NoiseModel:
    one = GateNoise(time=35.0, depolarizing=pulse_error)
    return NoiseModel("timed", (("one-qubit", None, one), TIMES[1]), ((None, QubitNoise(**qubit)),))


def measured(noise: NoiseModel) -> MeasuredEstimator:
    return MeasuredEstimator(CIRCUIT, make_plan(OBSERVABLE), NoisySampler(noise))


def error(estimator: MomentEstimator) -> float:
    return abs(estimator.estimate(np.zeros(0)).value - IDEAL)


@pytest.mark.parametrize("sequence", ["xx", "xy4"])
def test_a_static_offset_is_undone(sequence: Pulses) -> None:
    inner = measured(model(detuning=60.0))
    assert error(inner) > 0.05
    assert error(DynamicalDecoupling(inner, sequence)) < 1e-9


@pytest.mark.parametrize("sequence", ["xx", "xy4"])
def test_noise_without_memory_is_not(sequence: Pulses) -> None:
    """Dephasing alone is the same with and without; noisy pulses make it worse."""
    inner = measured(model(t1=math.inf, t2=20.0))
    assert error(inner) > 0.01
    assert error(DynamicalDecoupling(inner, sequence)) == pytest.approx(error(inner), rel=1e-6)
    noisy = measured(model(0.01, t1=math.inf, t2=20.0))
    assert error(DynamicalDecoupling(noisy, sequence)) > error(noisy)


@pytest.mark.parametrize("repeats", [1, 2])
@pytest.mark.parametrize("sequence", ["xx", "xy4"])
def test_the_circuit_stays_and_takes_the_same_time(sequence: Pulses, repeats: int) -> None:
    noise = model(detuning=10.0)
    protected = decouple(CIRCUIT, noise, sequence, repeats)
    assert abs(np.vdot(CIRCUIT.state(), protected.state())) == pytest.approx(1.0)
    assert duration(protected, noise.gate_time) == pytest.approx(duration(CIRCUIT, noise.gate_time))
    # the sampler, which schedules again, leaves it as it is
    again = schedule(protected, noise.gate_time)
    assert [g.name for g in again.gates] == [g.name for g in protected.gates]
    # qubit 0 waits once, and qubit 2 at the end
    pulses = sum(g.name in ("x", "ry") for g in protected.gates)
    assert pulses == 2 * repeats * {"xx": 2, "xy4": 4}[sequence]


def test_windows_that_are_left_alone() -> None:
    noise = model(detuning=10.0)
    # qubit 2 waits in its first state, and once more at the end
    timed = [g for g in schedule(CIRCUIT, noise.gate_time).gates if 2 in g.qubits]
    protected = [g for g in decouple(CIRCUIT, noise, "xx").gates if 2 in g.qubits]
    assert [g.name for g in timed] == ["delay", *["cx"] * 6, "delay"]
    assert [g.name for g in protected] == [*(g.name for g in timed), "x", "delay", "x", "delay"]
    assert protected[0] == timed[0]
    short = Circuit(
        2, (Gate("h", (0,)), Gate("h", (1,)), Gate("rz", (1,), 0.1), Gate("cx", (0, 1)))
    )
    # one-qubit gate of 35 ns: no room for two of them
    assert [g.name for g in decouple(short, noise, "xx").gates].count("x") == 0


def test_pulses_stand_at_a_quarter_and_three_quarters() -> None:
    noise = model(detuning=10.0)
    window = Circuit(1, (Gate("h", (0,)), Gate("delay", (0,), 470.0), Gate("h", (0,))))
    found = decouple(window, noise, "xx").gates
    assert [(g.name, g.angle) for g in found] == [
        ("h", 0.0),
        ("delay", 100.0),
        ("x", 0.0),
        ("delay", 200.0),
        ("x", 0.0),
        ("delay", 100.0),
        ("h", 0.0),
    ]


def test_without_a_schedule() -> None:
    for noise in (
        NoiseModel("timeless", (), ((None, QubitNoise(detuning=10.0)),)),
        NoiseModel("quiet", TIMES),
    ):
        with pytest.raises(InputError, match="has no gate times or nothing that acts while"):
            DynamicalDecoupling(measured(noise))
    inner = MeasuredEstimator(CIRCUIT, make_plan(OBSERVABLE), IdealSampler())
    with pytest.raises(InputError, match="of state vector has no gate times"):
        DynamicalDecoupling(inner)


def test_what_is_asked_for_wrongly() -> None:
    inner = measured(model(detuning=1.0))
    with pytest.raises(UsageError, match="has the sequences xx, xy4, found 'udd'"):
        DynamicalDecoupling(inner, "udd")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="repeats must be positive, found 0"):
        DynamicalDecoupling(inner, repeats=0)
    again = DynamicalDecoupling(inner, "xx", repeats=2).with_plan(inner.plan)
    assert (again.sequence, again.repeats) == ("xx", 2)
