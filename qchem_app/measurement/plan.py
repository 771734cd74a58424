"""MeasurementPlan: which circuits to append, how to read their outcomes, how to split the shots."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from qchem_app.circuits.circuit import Circuit
from qchem_app.errors import InputError
from qchem_app.mapping.pauli import PauliSum, signs


@dataclass(frozen=True, eq=False)
class ParityPolynomial:
    r"""A function of measured bits.

    .. math:: f(b) = \sum_k c_k (-1)^{m_k \cdot b}

    Attributes:
        masks: (n_terms,) uint64.
        coefficients: (n_terms,) float64.
    """

    masks: np.ndarray
    coefficients: np.ndarray

    @classmethod
    def one(cls) -> ParityPolynomial:
        """The function that is 1 everywhere."""
        return cls(np.zeros(1, dtype=np.uint64), np.ones(1))

    def values(self, outcomes: np.ndarray, factors: np.ndarray | None = None) -> np.ndarray:
        """(k,) values at (k,) outcomes.

        Args:
            outcomes: uint64, bit q is the outcome of qubit q.
            factors: (n_qubits, 2) numbers that stand for the signs +1 and -1 of each qubit's
                outcomes 0 and 1; None for the signs themselves.
        """
        total = np.zeros(outcomes.size)
        for mask, coefficient in zip(self.masks, self.coefficients, strict=True):
            if factors is None:
                total += coefficient * signs(outcomes, mask)
                continue
            product = np.full(outcomes.size, coefficient)
            for q in range(len(factors)):
                if int(mask) >> q & 1:
                    product *= factors[q][(outcomes >> np.uint64(q) & np.uint64(1)).astype(int)]
            total += product
        return total

    @property
    def variance(self) -> float:
        """Variance of the function over outcomes that are all equally likely."""
        return float(np.sum(self.coefficients[self.masks != 0] ** 2))

    def __mul__(self, other: ParityPolynomial) -> ParityPolynomial:
        """The product of two functions, equal masks merged."""
        masks, inverse = np.unique(self.masks[:, None] ^ other.masks, return_inverse=True)
        coefficients = np.zeros(masks.size)
        products = self.coefficients[:, None] * other.coefficients
        np.add.at(coefficients, inverse.ravel(), products.ravel())
        return ParityPolynomial(masks, coefficients)


@dataclass(frozen=True, eq=False)
class MeasurementGroup:
    """Commuting terms that one circuit measures together.

    The group's energy is <numerator> / <denominator>.

    Attributes:
        setting: basis change that makes the terms diagonal; measured in the computational basis.
        terms: (k,) int64, places of the terms in the observable.
        numerator: energy of an outcome, Hartree.
        denominator: weight of an outcome; 1 unless outcomes are selected by symmetry.
        symmetries: for each symmetry that the plan was made with, the (mask, bit) by which an
            outcome b shows it: a state of the right parity has popcount(mask & b) % 2 == bit. None
            where this circuit does not measure it.
    """

    setting: Circuit
    terms: np.ndarray
    numerator: ParityPolynomial
    denominator: ParityPolynomial
    symmetries: tuple[tuple[int, int] | None, ...] = ()


@dataclass(frozen=True, eq=False)
class MeasurementPlan:
    """How the expectation value of an observable is measured.

    Attributes:
        observable: what is measured; its identity term needs no measurement.
        groups: every other term is in exactly one of them.
        fractions: (n_groups,) share of the shots that each group gets; they sum to one.
        state: the vector or basis state that the groups were chosen for, so that another plan can
            be; None where none was known.
    """

    observable: PauliSum
    groups: tuple[MeasurementGroup, ...]
    fractions: np.ndarray
    state: np.ndarray | int | None = None

    def shots(self, total: int) -> np.ndarray:
        """(n_groups,) int64 shots that sum to `total`.

        At least two each, which tell of the scatter; at least one where there are not enough.

        Raises:
            InputError: fewer shots than groups.
        """
        n = len(self.groups)
        if total < n:
            raise InputError(
                f"{total:,} {'shot' if total == 1 else 'shots'} cannot be shared among {n:,} "
                f"measurement {'circuit' if n == 1 else 'circuits'}; give at "
                f"least {n:,}, better many times as many"
            )
        if n == 0:
            return np.zeros(0, dtype=np.int64)
        least = min(2, total // n)
        ideal = least + self.fractions * (total - least * n)
        shots = np.floor(ideal).astype(np.int64)
        rest = int(total - shots.sum())
        shots[np.argsort(shots - ideal, kind="stable")[:rest]] += 1
        return shots

    def with_fractions(self, fractions: np.ndarray) -> MeasurementPlan:
        """The same circuits with another split of the shots.

        Args:
            fractions: (n_groups,) proportional to the shares; equal shares if all are zero.
        """
        fractions = np.asarray(fractions, dtype=float)
        if fractions.size:
            largest = fractions.max()
            fractions = fractions / largest if largest > 0 else np.ones_like(fractions)
            fractions = fractions / fractions.sum()
        return replace(self, fractions=fractions)
