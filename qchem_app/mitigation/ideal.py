"""Ideal: the noiseless energy of a circuit, as techniques and predictions need it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qchem_app.circuits.circuit import Circuit
from qchem_app.errors import ResourceError
from qchem_app.mapping.pauli import PauliSum
from qchem_app.mapping.symmetries import Symmetry
from qchem_app.measurement.clifford import conjugate
from qchem_app.mitigation.projector import projected, projector

#: State vectors are held up to this many qubits.
MOST_QUBITS = 20


def is_clifford(circuit: Circuit) -> bool:
    """Whether every gate of a bound circuit maps Pauli strings to Pauli strings."""
    return all(gate.is_clifford for gate in circuit.gates)


def ideal_energy(
    circuit: Circuit, observable: PauliSum, symmetries: Sequence[Symmetry] = ()
) -> float:
    """Noiseless energy of a bound circuit, Hartree: <H>, or <H P> / <P> with symmetries.

    Strings are carried back through Clifford circuits, of any size; others are simulated.

    Raises:
        ResourceError: too many qubits for a state vector.
    """
    if not symmetries:
        return _means(circuit, [observable])[0]
    above, below = _means(
        circuit, [projected(observable, symmetries), projector(circuit.n_qubits, symmetries)]
    )
    return above / below if below > 0 else float("nan")


def kept_weight(circuit: Circuit, symmetries: Sequence[Symmetry]) -> float:
    """Probability that a noiseless bound circuit gives outcomes with all the parities."""
    return _means(circuit, [projector(circuit.n_qubits, symmetries)])[0]


def _means(circuit: Circuit, observables: Sequence[PauliSum]) -> list[float]:
    if is_clifford(circuit):
        return [_clifford_mean(circuit, observable) for observable in observables]
    if circuit.n_qubits > MOST_QUBITS:
        raise ResourceError(
            f"the noiseless energy of a circuit on {circuit.n_qubits} qubits needs a state vector, "
            f"which is held up to {MOST_QUBITS} qubits; choose a smaller active space or Clifford "
            "angles"
        )
    state = circuit.state()
    return [observable.expectation(state) for observable in observables]


def _clifford_mean(circuit: Circuit, observable: PauliSum) -> float:
    x, _, signs = conjugate(circuit.inverse(), observable.x, observable.z)
    return float(np.sum(observable.coefficients * signs * (x == 0)))
