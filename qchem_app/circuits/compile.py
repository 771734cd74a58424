"""compile_ansatz: from an ansatz to a circuit on the qubits of an encoding."""

from __future__ import annotations

from qchem_app.ansatz.hardware_efficient import HardwareEfficientAnsatz, LayoutGate
from qchem_app.ansatz.product import ProductAnsatz
from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.circuits.excitation import synthesise
from qchem_app.circuits.generator import LinearEncoding, encode, exchange
from qchem_app.circuits.masks import bits
from qchem_app.errors import InputError


def compile_ansatz(
    ansatz: ProductAnsatz | HardwareEfficientAnsatz,
    encoding: LinearEncoding,
    *,
    compact: bool = True,
) -> Circuit:
    """A circuit whose state at theta is the ansatz's state at theta, up to a global phase.

    Args:
        ansatz: what is prepared.
        encoding: of the modes on qubits; a hardware-efficient ansatz only needs its qubits.
        compact: use what is known of the state to leave out gates that have no effect on it.

    Raises:
        InputError: a hardware-efficient ansatz for another number of qubits.
    """
    if isinstance(ansatz, HardwareEfficientAnsatz):
        if ansatz.n_qubits != encoding.n_qubits:
            raise InputError(
                f"{ansatz.name} has {ansatz.n_qubits} qubits, the encoding {encoding.n_qubits}: "
                "build the ansatz for the encoding"
            )
        gates = [gate for entry in ansatz.layout() for gate in _layout_gates(entry)]
        return Circuit(ansatz.n_qubits, tuple(gates), ansatz.n_parameters)
    gates = [Gate("x", (q,)) for q in bits(encoding.reference)]
    for excitation, parameter in zip(ansatz.excitations, ansatz.parameter, strict=True):
        generator = encode(excitation, encoding)
        if generator is not None:
            gates += synthesise(generator, int(parameter))
    return Circuit(encoding.n_qubits, tuple(gates), ansatz.n_parameters)


def _layout_gates(entry: LayoutGate) -> list[Gate]:
    if entry.kind == "x" or entry.kind == "cx":
        return [Gate(entry.kind, entry.qubits)]
    if entry.parameter is None:
        raise InputError(f"the gate {entry.kind} of a layout needs a parameter, found none")
    if entry.kind == "ry" or entry.kind == "rz":
        return [Gate(entry.kind, entry.qubits, parameter=entry.parameter, factor=entry.factor)]
    return synthesise(exchange(entry.qubits), entry.parameter, entry.factor)
