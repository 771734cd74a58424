from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from qiskit import qasm2

from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.circuits.openqasm import to_qasm
from qchem_app.circuits.resources import Resources, count_resources


def test_counts() -> None:
    gates = (
        Gate("x", (0,)),
        Gate("ry", (1,), parameter=0, factor=1.0),
        Gate("cx", (0, 1)),
        Gate("rz", (1,), 0.2),
        Gate("cx", (1, 2)),
        Gate("delay", (0,), 100.0),
        Gate("h", (0,)),
    )
    found = count_resources(Circuit(3, gates, 1))
    assert found == Resources(qubits=3, cnots=2, depth=4, cnot_depth=2, rotations=2, parameters=1)


@given(n=st.integers(1, 5), size=st.integers(0, 30), seed=st.integers(0, 2**32 - 1))
def test_depths_are_qiskit_s(n, size, seed, draw_circuit) -> None:
    circuit = draw_circuit(n, size, np.random.default_rng(seed))
    parsed = qasm2.loads(to_qasm(circuit, version=2))
    found = count_resources(circuit)
    assert found.depth == parsed.depth()
    assert found.cnot_depth == parsed.depth(lambda i: len(i.qubits) == 2)
    assert found.cnots == parsed.count_ops().get("cx", 0)
