"""Noiseless energies: Clifford circuits without a state vector, others with one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.errors import ResourceError
from qchem_app.mapping.pauli import PauliSum
from qchem_app.mitigation.ideal import ideal_energy, is_clifford, kept_weight

N = 3


@st.composite
def cliffords(draw: st.DrawFn) -> Circuit:
    gates = []
    for _ in range(draw(st.integers(0, 15))):
        name = draw(st.sampled_from(["x", "h", "rx", "ry", "rz", "cx"]))
        qubits = draw(st.permutations(range(N)))[: 2 if name == "cx" else 1]
        turns = draw(st.integers(-5, 5)) if name in ("rx", "ry", "rz") else 0
        gates.append(Gate(name, tuple(qubits), turns * math.pi / 2))
    return Circuit(N, tuple(gates))


@given(cliffords(), st.integers(0, 99))
def test_clifford_circuits_agree_with_their_states(circuit: Circuit, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, z = rng.integers(0, 1 << N, (2, 9), dtype=np.uint64)
    operator = PauliSum(N, x, z, rng.normal(size=9)).simplified()
    assert is_clifford(circuit)
    expected = operator.expectation(circuit.state())
    assert ideal_energy(circuit, operator) == pytest.approx(expected, abs=1e-12)


def test_the_sector_of_a_state_that_leaves_it(hydrogen: Any) -> None:
    problem = hydrogen()
    symmetries = problem.encoding.symmetries
    outside = problem.bound + Circuit(4, (Gate("ry", (0,), 0.8),))
    state = outside.state()
    index = np.arange(16)
    for symmetry in symmetries:
        state[np.bitwise_count(index & symmetry.mask) % 2 != symmetry.parity] = 0
    weight = float(np.vdot(state, state).real)
    assert kept_weight(outside, symmetries) == pytest.approx(weight)
    assert 0.1 < weight < 0.9
    energy = problem.operator.expectation(state / math.sqrt(weight))
    assert ideal_energy(outside, problem.operator, symmetries) == pytest.approx(energy)


def test_large_circuits_must_be_clifford() -> None:
    n = 40
    gates = [Gate("x", (0,)), *(Gate("cx", (q, q + 1)) for q in range(n - 1))]
    operator = PauliSum.from_strings(n, [("I" * (n - 1) + "Z", 0.5), ("X" * n, 0.3)])
    assert ideal_energy(Circuit(n, tuple(gates)), operator) == pytest.approx(-0.5)
    turned = Circuit(n, (*gates, Gate("ry", (3,), 0.1)))
    with pytest.raises(ResourceError, match="a circuit on 40 qubits needs a state vector, which"):
        ideal_energy(turned, operator)
