"""Moments: what the counts of all groups say about the energy, before ratios are taken.

Averages over random circuits (twirling, probabilistic error cancellation) are linear in the
moments; the energy is not where outcomes are selected. So averages are taken here first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

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
        loadings: (n_groups, 2, k) change of the means with each of k independent errors of unit
            variance that all groups share, such as those of a calibration; None where there are
            none. An Evaluate that knows them has a method `loadings` with its own arguments,
            which returns the (k,) change of the mean.
    """

    constant: float
    numerator: np.ndarray
    denominator: np.ndarray
    covariance: np.ndarray
    loadings: np.ndarray | None = field(default=None, kw_only=True)

    @classmethod
    def of(
        cls, plan: MeasurementPlan, counts: Sequence[Counts], evaluate: Evaluate = plain_values
    ) -> Moments:
        """From the counts of each group of a plan.

        Variances are unbiased, so that they are right on average for two shots as well. A single
        shot says nothing of its scatter: there the variance in the maximally mixed state stands
        in, which is larger as a rule.
        """
        n = len(plan.groups)
        mean = np.zeros((n, 2))
        covariance = np.zeros((n, 2, 2))
        shared = getattr(evaluate, "loadings", None)
        loadings = []
        for g, (group, count) in enumerate(zip(plan.groups, counts, strict=True)):
            values = np.stack(
                [evaluate(group.numerator, count), evaluate(group.denominator, count)]
            )
            mean[g] = values @ count.weights
            if math.isfinite(count.shots):
                centred = values - mean[g][:, None]
                scatter = (centred * count.weights) @ centred.T
                if count.shots <= 1 and count.outcomes.size <= 1:
                    scatter = np.diag([group.numerator.variance, group.denominator.variance])
                covariance[g] = scatter / max(count.shots - 1, 1)
            if shared is not None:
                loadings.append([shared(group.numerator, count), shared(group.denominator, count)])
        return cls(
            plan.observable.constant,
            mean[:, 0],
            mean[:, 1],
            covariance,
            loadings=np.array(loadings) if loadings else None,
        )

    @classmethod
    def combined(cls, parts: Sequence[Moments], weights: np.ndarray) -> Moments:
        """Linear combination of moments; the weights sum to one for an average.

        The parts are independent but for the errors that they share, whose loadings add up.
        """
        weights = np.asarray(weights)
        loadings = [part.loadings for part in parts if part.loadings is not None]
        return cls(
            parts[0].constant,
            np.tensordot(weights, [part.numerator for part in parts], 1),
            np.tensordot(weights, [part.denominator for part in parts], 1),
            np.tensordot(weights**2, [part.covariance for part in parts], 1),
            loadings=np.tensordot(weights, loadings, 1) if len(loadings) == len(parts) else None,
        )

    @property
    def energy(self) -> float:
        """Hartree; nan where no outcome was kept."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return float(self.constant + np.sum(self.numerator / self.denominator))

    @property
    def variance(self) -> float:
        """Variance of `energy`, Hartree squared, by first-order propagation."""
        return float(np.sum(self.group_variances)) + self.shared_variance

    @property
    def group_variances(self) -> np.ndarray:
        """(n_groups,) what the scatter of each group adds to `variance`, Hartree squared."""
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = self.numerator / self.denominator
            c = self.covariance
            parts = c[:, 0, 0] - 2 * ratio * c[:, 0, 1] + ratio**2 * c[:, 1, 1]
            return np.asarray(parts / self.denominator**2)

    @property
    def shared_variance(self) -> float:
        """What the errors that all groups share add to `variance`, Hartree squared."""
        if self.loadings is None:
            return 0.0
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = self.numerator / self.denominator
            slopes = self.loadings[:, 0] - ratio[:, None] * self.loadings[:, 1]
            return float(np.sum(np.sum(slopes / self.denominator[:, None], axis=0) ** 2))
