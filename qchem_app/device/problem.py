"""QubitProblem: a molecule and an ansatz as a qubit operator and a circuit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qchem_app.ansatz.hardware_efficient import HardwareEfficientAnsatz
from qchem_app.ansatz.product import ProductAnsatz
from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.circuits.circuit import Circuit
from qchem_app.circuits.compile import compile_ansatz
from qchem_app.circuits.resources import count_resources
from qchem_app.errors import InputError
from qchem_app.mapping.encodings import Encoding, make_encoding
from qchem_app.mapping.pauli import PauliSum
from qchem_app.mapping.verification import verify
from qchem_app.result import CircuitRecord, MappingName

# Gates that a record holds; a longer circuit can be made again from the same settings.
_LONGEST_RECORDED = 20_000


@dataclass(frozen=True, eq=False)
class QubitProblem:
    """What a quantum computer would be given.

    Attributes:
        hamiltonian: the integrals.
        encoding: how determinants become basis states.
        operator: the Hamiltonian on the qubits, Hartree.
        verified: what was checked of the encoding, in words.
    """

    hamiltonian: MolecularHamiltonian
    encoding: Encoding
    operator: PauliSum
    verified: str

    @classmethod
    def build(
        cls, hamiltonian: MolecularHamiltonian, mapping: MappingName, *, taper: bool = False
    ) -> QubitProblem:
        """Map the Hamiltonian and check that the qubits hold the right sector.

        Raises:
            InputError: more qubits than masks hold, or an encoding in a wrong sector.
        """
        encoding = make_encoding(hamiltonian, mapping, taper=taper)
        operator = encoding.operator(hamiltonian)
        return cls(hamiltonian, encoding, operator, verify(encoding, hamiltonian).summary)

    def circuit(
        self, ansatz: ProductAnsatz | HardwareEfficientAnsatz, *, compact: bool = True
    ) -> Circuit:
        """The ansatz as a circuit with free parameters.

        Raises:
            InputError: an excitation that breaks a symmetry by which qubits were removed.
        """
        if isinstance(ansatz, ProductAnsatz):
            self._check(ansatz)
        return compile_ansatz(ansatz, self.encoding, compact=compact)

    def _check(self, ansatz: ProductAnsatz) -> None:
        norb = self.hamiltonian.norb
        for excitation in ansatz.excitations:
            alpha = sum(1 << p for pair in excitation.alpha for p in pair)
            beta = sum(1 << p for pair in excitation.beta for p in pair)
            if not self.encoding.allows(alpha | beta << norb):
                names = ", ".join(symmetry.name for symmetry in self.encoding.removed)
                raise InputError(
                    f"tapering removed qubits by {names}, and {ansatz.name} does not keep all of "
                    "these; leave out --taper"
                )

    def describe(self, circuit: Circuit, theta: np.ndarray) -> CircuitRecord:
        """Counts for the record, and the gates at (n_parameters,) theta."""
        counted = count_resources(circuit)
        gates = circuit.bind(theta).gates if len(circuit) <= _LONGEST_RECORDED else ()
        return CircuitRecord(
            mapping=self.encoding.name,
            tapered=self.encoding.tapered,
            qubits=self.encoding.n_qubits,
            qubits_removed=2 * self.hamiltonian.norb - self.encoding.n_qubits,
            pauli_terms=len(self.operator),
            parameters=circuit.n_parameters,
            cnots=counted.cnots,
            depth=counted.depth,
            cnot_depth=counted.cnot_depth,
            rotations=counted.rotations,
            verified=self.verified,
            gates=tuple((gate.name, gate.qubits, gate.angle) for gate in gates),
        )
