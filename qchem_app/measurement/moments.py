"""Moments: what the counts of all groups say about the energy, before ratios are taken.

Averages over random circuits (twirling, probabilistic error cancellation) are linear in the
moments; the energy is not where outcomes are selected. So averages are taken here first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from qchem_app.measurement.counts import Counts
from qchem_app.measurement.plan import MeasurementPlan, ParityPolynomial

#: Values of a function of the measured bits at the outcomes of some counts.
Evaluate = Callable[[ParityPolynomial, Counts], np.ndarray]


def plain_values(polynomial: ParityPolynomial, counts: Counts) -> np.ndarray:
    """The outcomes taken as they were read."""
    return polynomial.values(counts.outcomes)


@dataclass(frozen=True, eq=False)
class Moments:
    """Means of numerators and denominators of the groups, with their covariances.

    Attributes:
        constant: identity term of the observable, Hartree.
        numerator: (n_groups,) Hartree.
        denominator: (n_groups,) dimensionless.
        covariance: (n_groups, 2, 2) of the two means of each group.
    """

    constant: float
    numerator: np.ndarray
    denominator: np.ndarray
    covariance: np.ndarray

    @classmethod
    def of(
        cls, plan: MeasurementPlan, counts: Sequence[Counts], evaluate: Evaluate = plain_values
    ) -> Moments:
        """From the counts of each group of a plan."""
        n = len(plan.groups)
        mean = np.zeros((n, 2))
        covariance = np.zeros((n, 2, 2))
        for g, (group, count) in enumerate(zip(plan.groups, counts, strict=True)):
            values = np.stack(
                [evaluate(group.numerator, count), evaluate(group.denominator, count)]
            )
            mean[g] = values @ count.weights
            if math.isfinite(count.shots):
                centred = values - mean[g][:, None]
                scatter = (centred * count.weights) @ centred.T
                covariance[g] = scatter / max(count.shots - 1, 1)
        return cls(plan.observable.constant, mean[:, 0], mean[:, 1], covariance)

    @classmethod
    def combined(cls, parts: Sequence[Moments], weights: np.ndarray) -> Moments:
        """Linear combination of independent moments; the weights sum to one for an average."""
        weights = np.asarray(weights)
        return cls(
            parts[0].constant,
            np.tensordot(weights, [part.numerator for part in parts], 1),
            np.tensordot(weights, [part.denominator for part in parts], 1),
            np.tensordot(weights**2, [part.covariance for part in parts], 1),
        )

    @property
    def energy(self) -> float:
        """Hartree; nan where no outcome was kept."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return float(self.constant + np.sum(self.numerator / self.denominator))

    @property
    def variance(self) -> float:
        """Variance of `energy`, Hartree squared, by first-order propagation."""
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = self.numerator / self.denominator
            c = self.covariance
            parts = c[:, 0, 0] - 2 * ratio * c[:, 0, 1] + ratio**2 * c[:, 1, 1]
            return float(np.sum(parts / self.denominator**2))
