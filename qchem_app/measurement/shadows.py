"""PauliShadows: every shot in a random basis, one letter a qubit, and what it says of an energy."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.errors import InputError
from qchem_app.mapping.pauli import PauliSum
from qchem_app.measurement.covariance import overlaps
from qchem_app.measurement.plan import ParityPolynomial

# Columns of `probabilities`; a letter of a string is x + 2 z.
_COLUMN = {1: 0, 3: 1, 2: 2}
# Steps of the search for biased bases, and what no letter's probability falls below: a letter
# that is never measured would make the estimate biased.
_STEPS, _LEAST = 300, 1e-3


@dataclass(frozen=True, eq=False)
class PauliShadows:
    r"""Classical shadows from random Pauli bases (doi:10.1038/s41567-020-0932-7).

    A shot in the basis B with the outcome b estimates

    .. math:: E(B, b) = \sum_{k: P_k \text{ diagonal in } B} \frac{c_k}{\prod_{q \in P_k}
              \beta_q(P_{k,q})} (-1)^{|b \wedge \mathrm{supp} P_k|}

    without bias, whatever the observable: the same shots serve any. For the energy alone, groups
    made for it need fewer, which is why this is here for comparison.

    Attributes:
        observable: what is estimated.
        probabilities: (n_qubits, 3) of the letters X, Y and Z at each qubit, beta.
    """

    observable: PauliSum
    probabilities: np.ndarray

    @classmethod
    def uniform(cls, observable: PauliSum) -> PauliShadows:
        """All letters equally likely."""
        return cls(observable, np.full((observable.n_qubits, 3), 1 / 3))

    @classmethod
    def locally_biased(cls, observable: PauliSum) -> PauliShadows:
        """Letters as likely as the observable asks for (doi:10.1007/s00220-022-04343-8).

        They minimise the variance in the maximally mixed state, by damped fixed-point steps from
        uniform probabilities.
        """
        shadows = cls.uniform(observable)
        letters, squares = shadows._letters(), observable.without_constant().coefficients ** 2
        beta = shadows.probabilities
        for _ in range(_STEPS):
            cost = squares * replace(shadows, probabilities=beta)._weights()
            wanted = np.array([[cost[column == k].sum() for k in range(3)] for column in letters.T])
            total = wanted.sum(axis=1, keepdims=True)
            wanted = np.where(total > 0, wanted / np.where(total > 0, total, 1.0), 1 / 3)
            beta = np.maximum(np.sqrt(beta * wanted), _LEAST)
            beta = beta / beta.sum(axis=1, keepdims=True)
        return replace(shadows, probabilities=beta)

    def variance(self, state: np.ndarray | int | None = None) -> float:
        """Variance of one shot, Hartree squared; shots for an error e are this over e squared.

        Args:
            state: (2**n_qubits,) vector or index of a basis state; None for the maximally mixed
                state, where it is the sum of c_k^2 / beta_k, the shadow norm's bound for single
                strings.
        """
        terms = self.observable.without_constant()
        weights = self._weights()
        if state is None:
            return float(terms.coefficients**2 @ weights)
        overlap, mean = overlaps(terms, state)
        letters = self._letters()
        factor = np.ones_like(overlap)
        for q, column in enumerate(letters.T):
            both = (column[:, None] >= 0) & (column >= 0)
            same = column[:, None] == column
            inverse = 1.0 / self.probabilities[q, np.maximum(column, 0)]
            factor *= np.where(both, np.where(same, inverse, 0.0), 1.0)
        square = terms.coefficients @ (factor * overlap) @ terms.coefficients
        return max(float(square - (terms.coefficients @ mean) ** 2), 0.0)

    def bases(self, shots: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Random bases: (m, n_qubits) letters 0, 1, 2 for X, Y, Z, and (m,) shots of each."""
        cumulative = np.cumsum(self.probabilities, axis=1)[:, :2]
        drawn = rng.random((shots, self.observable.n_qubits, 1))
        letters = (drawn > cumulative).sum(axis=2).astype(np.int8)
        found, number = np.unique(letters, axis=0, return_counts=True)
        return found, number

    def polynomial(self, basis: np.ndarray) -> ParityPolynomial:
        """What an outcome in a basis says of the energy, Hartree, the identity term included."""
        terms = self.observable.without_constant()
        letters = self._letters()
        kept = np.all((letters < 0) | (letters == basis), axis=1)
        masks = np.append((terms.x | terms.z)[kept], np.uint64(0))
        values = np.append((terms.coefficients * self._weights())[kept], self.observable.constant)
        return ParityPolynomial(masks, values)

    def _letters(self) -> np.ndarray:
        """(n_terms, n_qubits) 0, 1, 2 for X, Y, Z and -1 for the identity, without the constant."""
        terms = self.observable.without_constant()
        qubits = np.arange(self.observable.n_qubits, dtype=np.uint64)
        one = np.uint64(1)
        code = (terms.x[:, None] >> qubits & one) + 2 * (terms.z[:, None] >> qubits & one)
        column = np.full(4, -1)
        for letter, place in _COLUMN.items():
            column[letter] = place
        return column[code.astype(np.int64)]

    def _weights(self) -> np.ndarray:
        """(n_terms,) one over the probability that a basis measures each term."""
        letters = self._letters()
        weights = np.ones(len(letters))
        for q, column in enumerate(letters.T):
            weights *= np.where(column >= 0, 1.0 / self.probabilities[q, np.maximum(column, 0)], 1)
        return weights


def basis_change(basis: np.ndarray) -> Circuit:
    """The circuit that makes letters 0, 1, 2 (X, Y, Z) of each qubit diagonal."""
    gates = []
    for q, letter in enumerate(basis):
        if letter == 0:
            gates.append(Gate("h", (q,)))
        elif letter == 1:
            gates.append(Gate("rx", (q,), math.pi / 2))
    return Circuit(len(basis), tuple(gates))


def mean_of(values: np.ndarray) -> tuple[float, float]:
    """The mean of (shots,) independent values, and its standard error.

    Raises:
        InputError: fewer than two values.
    """
    if values.size < 2:
        raise InputError(f"a standard error takes at least 2 shots, found {values.size}")
    return float(values.mean()), float(values.std(ddof=1) / math.sqrt(values.size))


def median_of_means(values: np.ndarray, n_batches: int) -> tuple[float, float]:
    """The median of the means of batches, and its standard error.

    Outliers move it less than the mean, which the guarantees of doi:10.1038/s41567-020-0932-7
    need. The standard error is that of a median of normal variables,
    sqrt(pi/2 k / (k + pi/2 - 1)) times that of the mean.

    Args:
        values: (shots,) independent and in no order.
        n_batches: k; odd numbers take a mean as it is.

    Raises:
        InputError: fewer than two values in a batch.
    """
    if n_batches < 1 or values.size < 2 * n_batches:
        raise InputError(
            f"{values.size} shots cannot be split into {n_batches} batches of at least 2"
        )
    means = [float(batch.mean()) for batch in np.array_split(values, n_batches)]
    half = math.pi / 2
    wider = math.sqrt(half * n_batches / (n_batches + half - 1))
    return float(np.median(means)), mean_of(values)[1] * wider
