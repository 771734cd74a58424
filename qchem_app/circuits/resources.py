"""Resources: what a circuit asks of a device."""

from __future__ import annotations

from dataclasses import dataclass

from qchem_app.circuits.circuit import ROTATIONS, Circuit


@dataclass(frozen=True)
class Resources:
    """Counts of a circuit over the gates x, h, rx, ry, rz and cx.

    Attributes:
        qubits: number of qubits.
        cnots: number of cx gates.
        depth: longest chain of gates that wait for each other.
        cnot_depth: the same, counting cx gates only.
        rotations: number of rx, ry and rz gates, fixed ones included.
        parameters: number of free parameters.
    """

    qubits: int
    cnots: int
    depth: int
    cnot_depth: int
    rotations: int
    parameters: int


def count_resources(circuit: Circuit) -> Resources:
    """The resources of a circuit, free or bound."""
    counts = circuit.counts()
    return Resources(
        qubits=circuit.n_qubits,
        cnots=counts["cx"],
        depth=circuit.depth(),
        cnot_depth=circuit.depth(two_qubit_only=True),
        rotations=sum(counts[name] for name in ROTATIONS),
        parameters=circuit.n_parameters,
    )
