"""OpenQASM: a circuit as text that other programs read."""

from __future__ import annotations

from typing import Literal

from qchem_app.circuits.circuit import ROTATIONS, Circuit, Gate
from qchem_app.errors import InputError, UsageError


def to_qasm(circuit: Circuit, *, version: Literal[2, 3] = 3) -> str:
    """The circuit in OpenQASM 2 (arXiv:1707.03429) or 3 (arXiv:2104.14722), without measurements.

    Qubit k is q[k]. In version 3 free parameters become `input float[64] theta_0;` and so on.

    Raises:
        UsageError: another version.
        InputError: free parameters or delays in version 2, which has no such thing.
    """
    if version not in (2, 3):
        raise UsageError(f"OpenQASM {version!r} is not known here: choose version 2 or 3")
    if version == 2:
        if not circuit.is_bound:
            raise InputError(
                f"OpenQASM 2 has no parameters, and the circuit has {circuit.n_parameters} free: "
                "bind them, or write version 3"
            )
        if any(gate.name == "delay" for gate in circuit.gates):
            raise InputError("OpenQASM 2 has no delays, and the circuit has: write version 3")
        lines = ["OPENQASM 2.0;", 'include "qelib1.inc";', f"qreg q[{circuit.n_qubits}];"]
    else:
        lines = ["OPENQASM 3.0;", 'include "stdgates.inc";']
        lines += [f"input float[64] theta_{k};" for k in range(circuit.n_parameters)]
        lines.append(f"qubit[{circuit.n_qubits}] q;")
    lines += [_statement(gate) for gate in circuit.gates]
    return "\n".join(lines) + "\n"


def _statement(gate: Gate) -> str:
    qubits = ", ".join(f"q[{q}]" for q in gate.qubits)
    if gate.name == "delay":
        return f"delay[{_real(gate.angle)}ns] {qubits};"
    if gate.name in ROTATIONS:
        return f"{gate.name}({_angle(gate)}) {qubits};"
    return f"{gate.name} {qubits};"


def _angle(gate: Gate) -> str:
    if gate.parameter is None:
        return _real(gate.angle)
    turned = f"{_real(gate.factor)} * theta_{gate.parameter}"
    return turned if gate.angle == 0 else f"{_real(gate.angle)} + {turned}"


def _real(value: float) -> str:
    """All digits; the grammar of version 2 wants a point before an exponent."""
    text = repr(float(value))
    mantissa, exponent, power = text.partition("e")
    return mantissa + ("" if "." in mantissa else ".0") + exponent + power
