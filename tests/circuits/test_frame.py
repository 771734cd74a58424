from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.circuits.frame import Frame, X, Y, Z
from qchem_app.mapping.pauli import PauliSum

ROTATION = {X: "rx", Y: "ry", Z: "rz"}
steps = st.lists(
    st.one_of(
        st.permutations(range(3)).map(lambda q: ("cx", q[0], q[1])),
        st.tuples(st.sampled_from([X, Y, Z]), st.integers(0, 2), st.sampled_from([1, -1])),
    ),
    max_size=25,
)


def build(sequence: list) -> tuple[Frame, Circuit]:
    """The frame and the gates that were put before one another."""
    frame, gates = Frame(3), []
    for kind, first, second in sequence:
        if kind == "cx":
            frame.prepend_cnot(first, second)
            gates.append(Gate("cx", (first, second)))
        else:
            frame.prepend_quarter_turn(first, kind, second)
            gates.append(Gate(ROTATION[kind], (first,), second * np.pi / 2))
    return frame, Circuit(3, tuple(reversed(gates)))


@given(sequence=steps, x=st.integers(0, 7), z=st.integers(0, 7))
def test_images_are_the_conjugated_operators(sequence, x, z, unitary) -> None:
    frame, circuit = build(sequence)
    matrix = unitary(circuit)
    x_out, z_out, power = frame.image(x, z)
    flipped = PauliSum(3, [x], [0], [1.0]).matrix() @ PauliSum(3, [0], [z], [1.0]).matrix()
    expected = matrix.conj().T @ flipped @ matrix
    found = 1j**power * PauliSum(3, [x_out], [z_out], [1.0]).matrix().toarray()
    np.testing.assert_allclose(found, expected, atol=1e-12)


@given(
    turns=st.lists(
        st.tuples(st.sampled_from([X, Y, Z]), st.integers(0, 2), st.sampled_from([1, -1])),
        max_size=12,
    ),
    reference=st.integers(0, 7),
    order=st.permutations(range(3)),
)
def test_product_state_leads_to_the_reference(turns, reference, order, unitary) -> None:
    # a swap of qubits and local gates: entangled on the way, not in the end
    swap = [("cx", order[0], order[1]), ("cx", order[1], order[0]), ("cx", order[0], order[1])]
    frame, circuit = build(swap + turns)
    state = np.ones(1)
    eigenstates = {
        X: np.array([[1, 1], [1, -1]]) / np.sqrt(2),
        Y: np.array([[1, 1j], [1, -1j]]) / np.sqrt(2),
        Z: np.eye(2),
    }
    for letter, sign in frame.product_state(reference):
        state = np.kron(eigenstates[letter][sign], state)
    assert abs((unitary(circuit) @ state)[reference]) == pytest.approx(1.0)
