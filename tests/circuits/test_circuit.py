from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.errors import InputError


@given(n=st.integers(1, 4), size=st.integers(0, 25), seed=st.integers(0, 2**32 - 1))
def test_the_inverse_undoes_the_circuit(n, size, seed, draw_circuit) -> None:
    rng = np.random.default_rng(seed)
    circuit = draw_circuit(n, size, rng, 2)
    both = (circuit + circuit.inverse()).bind(rng.normal(size=2))
    assert abs(both.state()[0]) == pytest.approx(1.0)


@given(n=st.integers(1, 4), size=st.integers(0, 25), seed=st.integers(0, 2**32 - 1))
def test_gates_one_by_one_give_the_state(n, size, seed, draw_circuit) -> None:
    circuit = draw_circuit(n, size, np.random.default_rng(seed))
    state = np.zeros(1 << n, dtype=complex)
    state[0] = 1.0
    index = np.arange(1 << n)
    for gate in circuit.gates:
        matrix = gate.matrix()
        places = sum((index >> q & 1) << k for k, q in enumerate(gate.qubits))
        rest = index & ~sum(1 << q for q in gate.qubits)
        new = np.zeros_like(state)
        for row in range(len(matrix)):
            target = rest | sum((row >> k & 1) << q for k, q in enumerate(gate.qubits))
            np.add.at(new, target, matrix[row, places] * state)
        state = new
    np.testing.assert_allclose(circuit.state(), state, atol=1e-12)


def test_binding_puts_numbers_for_parameters() -> None:
    free = Circuit(1, (Gate("ry", (0,), 0.1, 1, -2.0),), 2)
    assert not free.is_bound
    (gate,) = free.bind(np.array([5.0, 0.25])).gates
    assert (gate.angle, gate.parameter) == (pytest.approx(-0.4), None)
    with pytest.raises(InputError, match=r"takes 2 parameters, found \(3,\)"):
        free.bind(np.zeros(3))
    with pytest.raises(InputError, match="has a free parameter: bind it"):
        free.state()


@pytest.mark.parametrize(
    ("gate", "clifford"),
    [
        (Gate("cx", (0, 1)), True),
        (Gate("rz", (0,), -1.5 * np.pi), True),
        (Gate("rz", (0,), 0.25 * np.pi), False),
        (Gate("rz", (0,), 0.0, 0, 1.0), False),
    ],
)
def test_which_gates_are_clifford(gate, clifford) -> None:
    assert gate.is_clifford is clifford


def test_gates_outside_the_circuit_are_refused() -> None:
    with pytest.raises(InputError, match="the circuit has qubits 0 to 1"):
        Circuit(2, (Gate("x", (2,)),))
    with pytest.raises(InputError, match="has parameter 1, but the circuit has 1"):
        Circuit(1, (Gate("rx", (0,), parameter=1, factor=1.0),), 1)
    with pytest.raises(InputError, match="circuits on 1 and 2 qubits cannot be joined"):
        Circuit(1) + Circuit(2)
