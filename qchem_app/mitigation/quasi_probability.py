r"""QuasiProbability: the ideal circuit as a signed mixture of circuits that the device can run.

After a gate with Pauli noise E the device can run a Pauli, whose own gates have noise too. Every
such operation shrinks the Pauli string P by a factor, and the mixture with quasi-probabilities
q_s over the inserted Paulis s is the ideal gate where

.. math:: \sum_s q_s \, \chi_{sP} \, \mu_{sP} \, \lambda_P = 1 \quad \text{for every } P

with lambda from the gate's noise, mu from the noise of the gates that make s, and chi = -1 where
s and P anticommute. Temme et al., doi:10.1103/PhysRevLett.119.180509; noisy insertions: Endo et
al., doi:10.1103/PhysRevX.8.031027.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from qchem_app.backends.channel import commutation
from qchem_app.backends.noise_model import NoiseModel
from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.errors import InputError
from qchem_app.mitigation.paulis import fidelities, pauli_gates, trusted

# A Pauli string that keeps less than this cannot be brought back by any number of shots.
_LEAST_FIDELITY = 1e-3
# Quasi-probabilities below this are rounding.
_NEGLIGIBLE = 1e-14


@dataclass(frozen=True, eq=False)
class Inverse:
    """The quasi-probabilities of the Paulis after one gate.

    Attributes:
        quasi: (4**k,) they sum to 1; base-4 digits I, X, Y, Z, first qubit least significant.
    """

    quasi: np.ndarray

    @property
    def one_norm(self) -> float:
        """Sum of absolute values; its square multiplies the shots."""
        return float(np.abs(self.quasi).sum())

    @property
    def chance(self) -> float:
        """Probability that a Pauli other than the identity is drawn."""
        return float(np.abs(self.quasi[1:]).sum()) / self.one_norm


class Drawn(NamedTuple):
    """Circuits out of the mixture.

    Attributes:
        circuits: different from each other.
        counts: (n,) how often each was drawn; the probability of each where all were listed.
        signs: (n,) +1 or -1.
    """

    circuits: list[Circuit]
    counts: np.ndarray
    signs: np.ndarray


def inverse(gate: Gate, noise: NoiseModel, *, noisy_insertions: bool = True) -> Inverse:
    """What undoes the noise after a bound gate.

    Args:
        gate: on one or two qubits.
        noise: all its channels are Pauli channels.
        noisy_insertions: whether the inserted gates have their own noise.

    Raises:
        InputError: noise that cannot be inverted.
    """
    own = fidelities(_probabilities(gate, noise))
    table = commutation(own.size) * own[:, None]
    if noisy_insertions:
        alone = [_insertion(qubit, noise) for qubit in gate.qubits]
        both = alone[0] if len(alone) == 1 else np.kron(alone[1], alone[0])
        table = table * both
    if own.min() < _LEAST_FIDELITY or np.linalg.cond(table) > 1 / _LEAST_FIDELITY**2:
        raise InputError(
            f"the noise after {gate.name} on {gate.qubits} cannot be inverted: it leaves "
            f"{max(own.min(), 0.0):.2g} of a Pauli string; choose another mitigation"
        )
    quasi = np.linalg.solve(table, np.ones(own.size))
    quasi[np.abs(quasi) < _NEGLIGIBLE] = 0.0
    if quasi[0] <= 0:
        raise InputError(
            f"the noise after {gate.name} on {gate.qubits} is too strong to be cancelled by "
            "gates with that noise; choose another mitigation"
        )
    return Inverse(quasi)


class QuasiProbability:
    """A distribution over circuits that differ from a bound one in the Paulis inserted.

    Args:
        circuit: bound.
        noise: all its channels are Pauli channels.
        noisy_insertions: whether the inserted gates have their own noise.
        known: inverses found before, by gate; filled.

    Attributes:
        one_norm: gamma, product over the gates.
        n_insertions: (m + 1,) probabilities that 0, 1, 2... Paulis are inserted.
    """

    def __init__(
        self,
        circuit: Circuit,
        noise: NoiseModel,
        *,
        noisy_insertions: bool = True,
        known: dict[Gate, Inverse] | None = None,
    ) -> None:
        known = {} if known is None else known
        self.circuit = circuit
        self._sites: list[int] = []
        self._inverses: list[Inverse] = []
        for place, gate in enumerate(circuit.gates):
            key = gate if noise.depends_on_angle(gate) else Gate(gate.name, gate.qubits)
            if key not in known:
                known[key] = inverse(gate, noise, noisy_insertions=noisy_insertions)
            if known[key].chance > 0:
                self._sites.append(place)
                self._inverses.append(known[key])
        norms = np.array([one.one_norm for one in self._inverses])
        self._chances = np.array([one.chance for one in self._inverses])
        self.one_norm = float(np.prod(norms))
        self._tail = _insertion_numbers(self._chances)
        self.n_insertions = self._tail[0]

    @property
    def n_singles(self) -> int:
        """Number of circuits with one insertion."""
        return sum(int(np.count_nonzero(one.quasi[1:])) for one in self._inverses)

    def singles(self) -> Drawn:
        """All circuits with one insertion; their probabilities sum to 1."""
        rows, weights, signs = [], [], []
        for site, (chance, one) in enumerate(zip(self._chances, self._inverses, strict=True)):
            size = np.abs(one.quasi[1:])
            for pauli in np.flatnonzero(size).tolist():
                row = np.zeros(len(self._sites), dtype=np.uint8)
                row[site] = pauli + 1
                rows.append(row)
                weights.append(chance / (1 - chance) * size[pauli] / size.sum())
                signs.append(math.copysign(1.0, one.quasi[pauli + 1]))
        probabilities = np.array(weights) / math.fsum(weights)
        return Drawn([self._with(row) for row in rows], probabilities, np.array(signs))

    def draw(self, numbers: np.ndarray, rng: np.random.Generator) -> Drawn:
        """Circuits with given numbers of insertions, (n,) of them."""
        digits = np.zeros((numbers.size, len(self._sites)), dtype=np.uint8)
        left = numbers.copy()
        for site, (chance, one) in enumerate(zip(self._chances, self._inverses, strict=True)):
            # P(insert here | so many are left for here and later)
            later, here = self._tail[site + 1], self._tail[site]
            p = chance * later[np.maximum(left - 1, 0)] / np.maximum(here[left], 1e-300)
            rows = np.flatnonzero((left > 0) & (rng.random(left.size) < p))
            if rows.size == 0:
                continue
            cumulative = np.cumsum(np.abs(one.quasi[1:]))
            drawn = rng.random(rows.size) * cumulative[-1]
            digits[rows, site] = 1 + np.searchsorted(cumulative, drawn, side="right")
            left[rows] -= 1
        different, counts = np.unique(digits, axis=0, return_counts=True)
        negative = np.zeros(len(different), dtype=np.int64)
        for site, one in enumerate(self._inverses):
            negative += one.quasi[different[:, site]] < 0
        circuits = [self._with(row) for row in different]
        return Drawn(circuits, counts, 1.0 - 2.0 * (negative % 2))

    def _with(self, digits: np.ndarray) -> Circuit:
        """The circuit with a Pauli, by digits, after each site."""
        gates: list[Gate] = []
        start = 0
        for site in np.flatnonzero(digits).tolist():
            place = self._sites[site]
            gates.extend(self.circuit.gates[start : place + 1])
            pauli = int(digits[site])
            for k, qubit in enumerate(self.circuit.gates[place].qubits):
                gates.extend(pauli_gates(pauli >> 2 * k & 3, qubit))
            start = place + 1
        gates.extend(self.circuit.gates[start:])
        return trusted(self.circuit.n_qubits, gates)


def _probabilities(gate: Gate, noise: NoiseModel) -> np.ndarray:
    probabilities = noise.pauli_probabilities(gate)
    if probabilities is None:
        raise InputError(
            f"the noise after {gate.name} on {gate.qubits} is not a Pauli channel; twirl it first"
        )
    return probabilities


def _insertion(qubit: int, noise: NoiseModel) -> np.ndarray:
    """(4, 4): factor by which the gates that make Pauli s (column) shrink Pauli P (row)."""
    columns = np.ones((4, 4))
    for pauli in range(1, 4):
        for gate in pauli_gates(pauli, qubit):
            columns[:, pauli] *= fidelities(_probabilities(gate, noise))
    return columns


def _insertion_numbers(chances: np.ndarray) -> np.ndarray:
    """(m + 1, k + 1): probability of 0..k insertions at this and later ones of m sites.

    k is so large that more insertions do not occur.
    """
    mean = float(chances.sum())
    k = min(chances.size, int(mean + 12 * mean**0.5 + 20))
    table = np.zeros((chances.size + 1, k + 1))
    table[-1, 0] = 1.0
    for site in range(chances.size - 1, -1, -1):
        table[site] = (1 - chances[site]) * table[site + 1]
        table[site, 1:] += chances[site] * table[site + 1, :-1]
    return table
