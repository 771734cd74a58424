from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qchem_app.backends import simulator
from qchem_app.backends.simulator import IdealSampler
from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.errors import InputError, ResourceError
from qchem_app.mapping.pauli import PauliSum

Draw = Callable[..., Circuit]


@settings(max_examples=40)
@given(n_qubits=st.integers(1, 9), seed=st.integers(0, 10**6))
def test_states(n_qubits: int, seed: int, draw_circuit: Draw) -> None:
    circuit = draw_circuit(n_qubits, 40, seed)
    np.testing.assert_allclose(IdealSampler().state(circuit), circuit.state(), atol=1e-13)


def test_threads_give_the_same_state(draw_circuit: Draw, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulator, "_THREADS_FROM", 1)
    for n_qubits in (1, 2, 3, 8):
        circuit = draw_circuit(n_qubits, 60, n_qubits)
        np.testing.assert_allclose(
            IdealSampler(threads=3).state(circuit), circuit.state(), atol=1e-13
        )


def test_settings_continue_the_circuit(draw_circuit: Draw) -> None:
    circuits = [draw_circuit(3, 20, seed) for seed in range(3)]
    bases = [Circuit(3), draw_circuit(3, 5, 7), draw_circuit(3, 5, 8)]
    rows = IdealSampler().sample(circuits, bases, None, None)
    for circuit, row in zip(circuits, rows, strict=True):
        for basis, counts in zip(bases, row, strict=True):
            expected = np.abs((circuit + basis).state()) ** 2
            found = np.zeros(8)
            found[counts.outcomes.astype(np.int64)] = counts.weights
            np.testing.assert_allclose(found, expected, atol=1e-14)
            assert counts.shots == math.inf


def test_sampling() -> None:
    bell = Circuit(2, (Gate("h", (0,)), Gate("cx", (0, 1))))
    shots = np.array([[10_000]])
    counts = IdealSampler().sample([bell], [Circuit(2)], shots, np.random.default_rng(1))[0][0]
    assert counts.outcomes.tolist() == [0, 3]
    assert counts.shots == 10_000
    assert abs(counts.weights[0] - 0.5) < 4 * 0.5 / math.sqrt(10_000)
    expected = IdealSampler().sample([bell], [Circuit(2)], shots, None)[0][0]
    np.testing.assert_allclose(expected.weights, [0.5, 0.5])
    assert expected.shots == 10_000


def test_expectations(draw_circuit: Draw) -> None:
    terms = PauliSum.from_strings(4, [("XXYY", 0.3), ("ZIIZ", -0.4), ("IYZX", 1.1)])
    circuits = [draw_circuit(4, 30, seed) for seed in range(3)]
    found = IdealSampler().expectations(circuits, terms)
    expected = [terms.expectation(circuit.state()) for circuit in circuits]
    np.testing.assert_allclose(found, expected, atol=1e-13)


def test_too_many_qubits() -> None:
    sampler = IdealSampler(max_memory_mb=8000)
    with pytest.raises(ResourceError) as error:
        sampler.sample([Circuit(30)], [Circuit(30)], None, None)
    assert str(error.value) == (
        "simulating 30 qubits takes 68,719 MB of memory and 8,000 MB are available: use a smaller "
        "active space or remove qubits by symmetry"
    )


def test_zero_shots() -> None:
    with pytest.raises(InputError) as error:
        IdealSampler().sample([Circuit(1)], [Circuit(1)], np.array([[0]]), None)
    assert str(error.value) == "every measured circuit needs at least 1 shot, found 0"


@pytest.mark.slow
def test_twenty_qubits() -> None:
    gates = [Gate("h", (0,)), *(Gate("cx", (q, q + 1)) for q in range(19))]
    state = IdealSampler().state(Circuit(20, tuple(gates)))
    assert state[0] == pytest.approx(math.sqrt(0.5))
    assert state[-1] == pytest.approx(math.sqrt(0.5))
