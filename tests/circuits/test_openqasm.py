from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import qasm2, qasm3
from qiskit.quantum_info import Statevector

from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.circuits.openqasm import to_qasm
from qchem_app.errors import InputError, UsageError


@settings(max_examples=30)
@given(n=st.integers(1, 4), size=st.integers(0, 25), seed=st.integers(0, 2**32 - 1))
def test_qiskit_reads_the_same_state(n, size, seed, draw_circuit, distance) -> None:
    rng = np.random.default_rng(seed)
    circuit = draw_circuit(n, size, rng, 2)
    theta = rng.normal(size=2) * 10.0 ** rng.integers(-9, 1, size=2)
    bound = circuit.bind(theta)
    for parsed in (qasm2.loads(to_qasm(bound, version=2)), qasm3.loads(to_qasm(bound))):
        # qubit 0 is Qiskit's last bit as well
        assert distance(bound.state(), Statevector(parsed).data) < 1e-12


def test_parameters_are_inputs_of_version_3(draw_circuit, distance) -> None:
    rng = np.random.default_rng(7)
    circuit = draw_circuit(3, 40, rng, 2)
    parsed = qasm3.loads(to_qasm(circuit))
    theta = rng.normal(size=2)
    values = {p: theta[int(p.name.removeprefix("theta_"))] for p in parsed.parameters}
    assert len(values) == 2
    state = Statevector(parsed.assign_parameters(values)).data
    assert distance(circuit.bind(theta).state(), state) < 1e-12


def test_delays_keep_their_duration() -> None:
    circuit = Circuit(2, (Gate("x", (0,)), Gate("delay", (1,), 35.5), Gate("cx", (0, 1))))
    (delay,) = (i for i in qasm3.loads(to_qasm(circuit)).data if i.operation.name == "delay")
    assert (delay.operation.duration, delay.operation.unit) == (35.5, "ns")
    with pytest.raises(InputError, match="OpenQASM 2 has no delays"):
        to_qasm(circuit, version=2)


def test_free_parameters_need_version_3() -> None:
    circuit = Circuit(1, (Gate("ry", (0,), parameter=0, factor=1.0),), 1)
    with pytest.raises(InputError, match="OpenQASM 2 has no parameters, and the circuit has 1"):
        to_qasm(circuit, version=2)


def test_other_versions_are_refused() -> None:
    with pytest.raises(UsageError, match="choose version 2 or 3"):
        to_qasm(Circuit(1), version=4)  # type: ignore[arg-type]
