"""Circuits in PennyLane's language: operations, and tapes to run on its devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qchem_app.circuits.circuit import Circuit
from qchem_app.errors import InputError
from qchem_app.mapping.pauli import PauliSum

if TYPE_CHECKING:
    import pennylane as qml


def to_operations(circuit: Circuit) -> list[qml.operation.Operator]:
    """The gates of a bound circuit as PennyLane operations; qubit k is wire k, delays vanish.

    Raises:
        InputError: free parameters.
    """
    import pennylane as qml

    if not circuit.is_bound:
        raise InputError(
            f"PennyLane's operations have numbers for angles, and the circuit has "
            f"{circuit.n_parameters} free parameters: bind them first"
        )
    plain = {"x": qml.X, "h": qml.Hadamard}
    turning = {"rx": qml.RX, "ry": qml.RY, "rz": qml.RZ}
    out = []
    with qml.QueuingManager.stop_recording():
        for gate in circuit.gates:
            if gate.name == "cx":
                out.append(qml.CNOT(gate.qubits))
            elif gate.name in plain:
                out.append(plain[gate.name](gate.qubits[0]))
            elif gate.name in turning:
                out.append(turning[gate.name](gate.angle, gate.qubits[0]))
    return out


def to_observable(observable: PauliSum) -> qml.operation.Operator:
    """A Pauli sum as a PennyLane Hamiltonian; qubit k is wire k."""
    import pennylane as qml

    factors = {"X": qml.X, "Y": qml.Y, "Z": qml.Z}
    with qml.QueuingManager.stop_recording():
        words = []
        for letters, _ in observable.strings():
            some = [factors[p](q) for q, p in enumerate(letters) if p != "I"]
            words.append(qml.prod(*some) if len(some) > 1 else some[0] if some else qml.I(0))
        return qml.Hamiltonian([float(c) for c in observable.coefficients], words)


def to_tape(circuit: Circuit, observable: PauliSum | None = None) -> qml.tape.QuantumScript:
    """A bound circuit that returns the expectation value of `observable`, or else the state.

    Wire 0 is the leading bit of PennyLane's state vectors, and qubit 0 the last one of ours.
    """
    import pennylane as qml

    with qml.QueuingManager.stop_recording():
        measured = qml.state() if observable is None else qml.expval(to_observable(observable))
    return qml.tape.QuantumScript(to_operations(circuit), [measured])
