from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.circuits.schedule import duration, schedule

TIMES = {"x": 30.0, "h": 30.0, "rx": 60.0, "ry": 60.0, "rz": 0.0, "cx": 300.0}


def gate_time(gate: Gate) -> float:
    return gate.angle if gate.name == "delay" else TIMES[gate.name]


@st.composite
def circuits(draw: Callable) -> Circuit:
    n = draw(st.integers(1, 4))
    gates = []
    for _ in range(draw(st.integers(0, 25))):
        name = draw(st.sampled_from(["x", "h", "rx", "rz", "cx", "delay"]))
        qubits = draw(st.permutations(range(n)))[: 2 if name == "cx" else 1]
        if len(qubits) == (2 if name == "cx" else 1):
            angle = draw(st.floats(0, 500)) if name == "delay" else 0.5 * (name[0] == "r")
            gates.append(Gate(name, tuple(qubits), angle))
    return Circuit(n, tuple(gates))


def busy(circuit: Circuit) -> np.ndarray:
    """(n_qubits,) total time that each qubit spends in gates and delays."""
    total = np.zeros(circuit.n_qubits)
    for gate in circuit.gates:
        total[list(gate.qubits)] += gate_time(gate)
    return total


@pytest.mark.parametrize("policy", ["alap", "asap"])
@given(circuit=circuits())
def test_no_qubit_has_time_unaccounted_for(policy: str, circuit: Circuit) -> None:
    scheduled = schedule(circuit, gate_time, policy=policy)  # type: ignore[arg-type]
    whole = duration(circuit, gate_time)
    assert duration(scheduled, gate_time) == pytest.approx(whole)
    np.testing.assert_allclose(busy(scheduled), whole, atol=1e-5)


@pytest.mark.parametrize("policy", ["alap", "asap"])
@given(circuit=circuits())
def test_gates_keep_their_order(policy: str, circuit: Circuit) -> None:
    scheduled = schedule(circuit, gate_time, policy=policy)  # type: ignore[arg-type]
    kept = [gate for gate in scheduled.gates if gate.name != "delay"]
    assert kept == [gate for gate in circuit.gates if gate.name != "delay"]


@pytest.mark.parametrize("policy", ["alap", "asap"])
@given(circuit=circuits())
def test_a_scheduled_circuit_stays_as_it_is(policy: str, circuit: Circuit) -> None:
    once = schedule(circuit, gate_time, policy=policy)  # type: ignore[arg-type]
    assert schedule(once, gate_time, policy=policy).gates == once.gates  # type: ignore[arg-type]


def test_late_and_early() -> None:
    circuit = Circuit(3, (Gate("x", (2,)), Gate("cx", (0, 1)), Gate("cx", (1, 2))))
    late = schedule(circuit, gate_time)
    assert late.gates == (
        Gate("delay", (2,), 270.0),
        Gate("x", (2,)),
        Gate("cx", (0, 1)),
        Gate("delay", (0,), 300.0),
        Gate("cx", (1, 2)),
    )
    early = schedule(circuit, gate_time, policy="asap")
    assert early.gates == (
        Gate("x", (2,)),
        Gate("cx", (0, 1)),
        Gate("delay", (2,), 270.0),
        Gate("cx", (1, 2)),
        Gate("delay", (0,), 300.0),
    )


def test_something_else_may_stand_in_the_place_of_a_delay() -> None:
    circuit = Circuit(3, (Gate("x", (2,)), Gate("cx", (0, 1)), Gate("cx", (1, 2))))
    early = schedule(circuit, gate_time, policy="asap")
    echo = (
        Gate("delay", (2,), 60.0),
        Gate("x", (2,)),
        Gate("delay", (2,), 90.0),
        Gate("x", (2,)),
        Gate("delay", (2,), 60.0),
    )
    gates = [e for gate in early.gates for e in (echo if gate.angle == 270.0 else (gate,))]
    decoupled = early.with_gates(gates)
    assert schedule(decoupled, gate_time).gates == decoupled.gates


def test_circuits_that_take_no_time() -> None:
    circuit = Circuit(2, (Gate("rz", (0,), 1.0), Gate("rz", (1,), 1.0)))
    assert schedule(circuit, gate_time).gates == circuit.gates
    assert schedule(Circuit(2), gate_time).gates == ()
    assert duration(Circuit(0), gate_time) == 0.0
