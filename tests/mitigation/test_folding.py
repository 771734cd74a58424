"""Folded circuits are the same unitary, and as long as they say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.errors import UsageError
from qchem_app.mitigation.folding import FOLDINGS, Folding, fold, perturb_angles

EXACT: tuple[Folding, ...] = ("global", "local-random", "local-left", "cnot-pairs", "layers")
N = 3


@st.composite
def circuits(draw: st.DrawFn) -> Circuit:
    gates = []
    for _ in range(draw(st.integers(1, 12))):
        name = draw(st.sampled_from(["x", "h", "rx", "ry", "rz", "cx"]))
        qubits = draw(st.permutations(range(N)))[: 2 if name == "cx" else 1]
        angle = draw(st.floats(-4, 4)) if name in ("rx", "ry", "rz") else 0.0
        free = draw(st.booleans()) and name in ("rx", "ry", "rz")
        gates.append(Gate(name, tuple(qubits), angle, 0 if free else None, 0.7 if free else 0.0))
    return Circuit(N, tuple(gates), 1)


@given(circuits(), st.sampled_from(EXACT), st.floats(1, 7), st.integers(0, 99))
def test_the_unitary_stays(circuit: Circuit, method: Folding, scale: float, seed: int) -> None:
    folded = fold(circuit, scale, method, rng=np.random.default_rng(seed))
    theta = np.array([0.37])
    np.testing.assert_allclose(
        folded.circuit.bind(theta).state(), circuit.bind(theta).state(), atol=1e-10
    )


@given(circuits(), st.sampled_from(EXACT), st.sampled_from([1.0, 3.0, 5.0]))
def test_odd_scales_are_reached(circuit: Circuit, method: Folding, scale: float) -> None:
    folded = fold(circuit, scale, method)
    if method == "cnot-pairs":
        singles = len(circuit) - circuit.two_qubit_gates
        assert len(folded.circuit) == singles + scale * circuit.two_qubit_gates
        expected = scale if circuit.two_qubit_gates else 1.0
    else:
        assert len(folded.circuit) == scale * len(circuit)
        expected = scale
    assert folded.scale == pytest.approx(expected)


@given(circuits(), st.sampled_from(EXACT), st.floats(1, 7))
def test_the_scale_is_that_of_the_gates_and_near_the_wish(
    circuit: Circuit, method: Folding, scale: float
) -> None:
    folded = fold(circuit, scale, method)
    counted = circuit.two_qubit_gates
    if counted == 0:
        return
    assert folded.scale == pytest.approx(folded.circuit.two_qubit_gates / counted)
    # no further off than half a fold of a gate, or of the largest layer
    largest = 1 if method != "layers" else N // 2
    assert abs(folded.scale - scale) <= largest / counted + 1e-9


def test_places_of_a_fraction() -> None:
    circuit = Circuit(2, (Gate("cx", (0, 1)),) * 2 + (Gate("cx", (1, 0)),) * 2)
    left = fold(circuit, 2, "local-left").circuit
    assert [gate.qubits for gate in left.gates] == [(0, 1)] * 6 + [(1, 0)] * 2
    last = fold(circuit, 2, "global").circuit
    assert [gate.qubits for gate in last.gates] == [(0, 1)] * 2 + [(1, 0)] * 6
    seeds = {
        tuple(fold(circuit, 2, "local-random", rng=np.random.default_rng(s)).circuit.gates)
        for s in range(20)
    }
    assert 2 <= len(seeds) <= 6
    again = [fold(circuit, 2, "local-random").circuit.gates for _ in range(2)]
    assert again[0] == again[1]


def test_cnot_pairs_leave_other_gates_alone() -> None:
    circuit = Circuit(2, (Gate("h", (0,)), Gate("cx", (0, 1)), Gate("ry", (1,), 0.3)))
    names = [gate.name for gate in fold(circuit, 5, "cnot-pairs").circuit.gates]
    assert names == ["h", *["cx"] * 5, "ry"]


def test_without_two_qubit_gates_all_gates_count() -> None:
    circuit = Circuit(1, (Gate("h", (0,)), Gate("rz", (0,), 0.2)))
    assert fold(circuit, 2).scale == pytest.approx(2.0)
    assert fold(Circuit(1), 3).scale == 1.0


def test_angles_scatter_with_the_added_variance() -> None:
    gates = tuple(Gate("rz", (0,), 0.1) for _ in range(4000))
    circuit = Circuit(1, (*gates, Gate("h", (0,))))
    folded = perturb_angles(circuit, 4.0, 0.05, np.random.default_rng(1))
    errors = np.array([gate.angle for gate in folded.circuit.gates[:-1]]) - 0.1
    assert folded.scale == 4.0
    assert errors.std() == pytest.approx(math.sqrt(3) * 0.05, rel=0.05)
    assert abs(errors.mean()) < 4 * errors.std() / math.sqrt(errors.size)
    assert folded.circuit.gates[-1] == Gate("h", (0,))
    assert perturb_angles(circuit, 1.0, 0.05, np.random.default_rng(1)).circuit.gates == (
        circuit.gates
    )


@pytest.mark.parametrize("scale", [0.5, math.nan, math.inf])
def test_scales_below_one(scale: float) -> None:
    with pytest.raises(UsageError, match="at least 1, found"):
        fold(Circuit(1), scale)


def test_what_is_asked_for_wrongly() -> None:
    with pytest.raises(UsageError, match=f"choose from {', '.join(FOLDINGS)}"):
        fold(Circuit(1), 1, "sideways")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="needs sigma"):
        fold(Circuit(1), 1, "parameter-noise")
