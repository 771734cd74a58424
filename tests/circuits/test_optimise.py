from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.circuits.optimise import optimise


@given(n=st.integers(1, 4), size=st.integers(0, 40), seed=st.integers(0, 2**32 - 1))
def test_the_unitary_stays(n, size, seed, draw_circuit, unitary, distance) -> None:
    rng = np.random.default_rng(seed)
    circuit = draw_circuit(n, size, rng, 2)
    shorter = optimise(circuit)
    theta = rng.normal(size=2)
    assert distance(unitary(circuit.bind(theta)), unitary(shorter.bind(theta))) < 1e-9
    assert len(shorter) <= len(circuit)
    assert shorter.two_qubit_gates <= circuit.two_qubit_gates
    assert shorter.n_parameters == circuit.n_parameters


@given(n=st.integers(1, 4), size=st.integers(0, 40), seed=st.integers(0, 2**32 - 1))
def test_a_second_time_changes_nothing_of_the_number(n, size, seed, draw_circuit) -> None:
    once = optimise(draw_circuit(n, size, np.random.default_rng(seed), 2))
    assert len(optimise(once)) == len(once)


@given(n=st.integers(1, 4), size=st.integers(0, 25), seed=st.integers(0, 2**32 - 1))
def test_a_circuit_and_its_inverse_cancel(n, size, seed, draw_circuit) -> None:
    circuit = draw_circuit(n, size, np.random.default_rng(seed), 2)
    # gate by gate: what was combined on one side is not found again on the other
    assert optimise(circuit + circuit.inverse()).two_qubit_gates == 0


CX, RZ, RX = Gate("cx", (0, 1)), Gate("rz", (0,), 0.3), Gate("rx", (1,), 0.4)


@pytest.mark.parametrize(
    ("gates", "left"),
    [
        ([CX, CX], 0),
        ([CX, RZ, CX], 1),
        ([CX, RX, CX], 1),
        ([CX, Gate("x", (1,)), RZ, CX], 2),
        ([CX, Gate("cx", (0, 2)), CX], 1),  # shared control
        ([CX, Gate("cx", (2, 1)), CX], 1),  # shared target
        ([CX, Gate("cx", (1, 2)), CX], 3),
        ([CX, Gate("rx", (0,), 0.3), CX], 3),
        ([CX, Gate("cx", (1, 0)), CX], 3),
        ([RZ, CX, Gate("cx", (0, 2)), Gate("rz", (0,), -0.3)], 2),
        ([Gate("rz", (0,), 0.3, 0, 1.0), CX, Gate("rz", (0,), -0.3, 0, -1.0)], 1),
        ([Gate("rz", (0,), 0.0, 0, 1.0), Gate("rz", (0,), 0.0, 1, 1.0)], 2),
        ([Gate("ry", (0,), np.pi), Gate("ry", (0,), np.pi)], 0),
        ([Gate("h", (0,)), Gate("rz", (0,), 0.7), Gate("h", (0,))], 1),
        ([Gate("h", (0,)), Gate("x", (0,)), Gate("h", (0,))], 1),
        ([Gate("delay", (0,), 10.0), Gate("delay", (0,), 10.0)], 2),
        ([Gate("x", (0,)), Gate("delay", (0,), 10.0), Gate("x", (0,))], 3),
    ],
)
def test_what_cancels_and_what_does_not(gates: list[Gate], left: int) -> None:
    assert len(optimise(Circuit(3, tuple(gates), 2))) == left


def test_free_angles_of_one_parameter_merge() -> None:
    gates = (Gate("ry", (0,), 0.1, 0, 0.5), Gate("ry", (0,), 0.2, 0, 1.0), Gate("ry", (0,), 0.3))
    (merged,) = optimise(Circuit(1, gates, 1)).gates
    assert (merged.parameter, merged.factor) == (0, pytest.approx(1.5))
    assert merged.angle == pytest.approx(0.6)


@example(n=2, size=4, seed=240)  # what vanishes first would have cancelled with a CNOT
@given(n=st.integers(1, 4), size=st.integers(0, 30), seed=st.integers(0, 2**32 - 1))
def test_from_zero_the_state_stays(n, size, seed, draw_circuit, distance) -> None:
    rng = np.random.default_rng(seed)
    circuit = draw_circuit(n, size, rng, 2)
    shorter = optimise(circuit, from_zero=True)
    theta = rng.normal(size=2)
    assert distance(circuit.bind(theta).state(), shorter.bind(theta).state()) < 1e-9
    plain = optimise(circuit)
    assert (shorter.two_qubit_gates, len(shorter)) <= (plain.two_qubit_gates, len(plain))


@pytest.mark.parametrize(
    ("gates", "left"),
    [
        ([RZ, Gate("x", (0,))], 1),
        ([CX, Gate("x", (0,))], 1),
        ([Gate("x", (1,)), CX], 1),
        ([Gate("x", (0,)), CX], 2),
        ([Gate("x", (1,)), Gate("ry", (1,), 0.0, 0, 1.0)], 1),
        ([Gate("x", (1,)), Gate("rz", (1,), 0.0, 0, 1.0), Gate("ry", (1,), 0.2)], 3),
        ([Gate("delay", (0,), 10.0), CX], 2),
    ],
)
def test_what_zeros_spare(gates: list[Gate], left: int) -> None:
    assert len(optimise(Circuit(2, tuple(gates), 1), from_zero=True)) == left
