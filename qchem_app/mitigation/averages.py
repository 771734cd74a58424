"""Means over random circuits: of twirls, and of circuits with a sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from qchem_app.measurement.moments import Moments
from qchem_app.measurement.plan import MeasurementPlan


@dataclass(frozen=True, eq=False)
class JointMoments(Moments):
    """Moments whose groups are correlated, having been measured on the same random circuits.

    Attributes:
        joint: (n_groups, 2, n_groups, 2) covariance of all means with each other.
    """

    joint: np.ndarray

    @property
    def variance(self) -> float:
        """Variance of `energy`, Hartree squared, by first-order propagation."""
        nothing = np.zeros_like(self.covariance)
        shared = Moments(
            self.constant, self.numerator, self.denominator, nothing, loadings=self.loadings
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            slope = np.stack([np.ones_like(self.numerator), -self.numerator / self.denominator], 1)
            slope /= self.denominator[:, None]
            own = float(np.einsum("gi,gihj,hj->", slope, self.joint, slope))
        return own + shared.variance


@dataclass(frozen=True, eq=False)
class Stratum:
    """A part of a distribution over circuits, and circuits that were drawn from it.

    Attributes:
        probability: of the part.
        parts: moments of the different circuits that came up.
        counts: (n_circuits,) how often each came up.
        factors: (n_circuits,) what its moments are multiplied by, a sign times a one-norm.
        complete: nothing was drawn: all circuits are there, and counts are their probabilities.
        shares, drawn: where a prediction is made with a few of the circuits only, picked `counts`
            times: the weight of each in the mean over the part, and how many will be drawn.
    """

    probability: float
    parts: Sequence[Moments]
    counts: np.ndarray
    factors: np.ndarray
    complete: bool = False
    shares: np.ndarray | None = None
    drawn: float | None = None

    @property
    def weights(self) -> np.ndarray:
        """(n_circuits,) factors of the moments in the mean."""
        return self.probability * self.factors * self.counts / self.counts.sum()


def stratified_mean(
    plan: MeasurementPlan, strata: Sequence[Stratum], *, exact: bool = False
) -> JointMoments:
    r"""Mean over all strata, with the covariance that the sample shows.

    For N circuits of a stratum, of which different ones u came up m_u times and gave means y_u
    with shot-noise covariance v_u,

    .. math:: \frac{\sum_u m_u (y_u - \bar y)^2 + \sum_u m_u (m_u - 1) v_u}{N (N - 1)}

    is an unbiased estimate of the variance of the mean, shot noise included, however the shots
    are shared among the circuits. v_u matters only for circuits that came up more than once, so a
    circuit may have a single shot. Errors that circuits share are not in their spread: their
    loadings are added.

    Args:
        plan: tells which denominators are constant; these stay what they are.
        strata: cover the distribution; at least two circuits of each that is not complete.
        exact: the means are exact and come with the covariance that is to be expected.
    """
    first = strata[0].parts[0]
    groups = len(first.numerator)
    mean = np.zeros((groups, 2))
    joint = np.zeros((groups, 2, groups, 2))
    for stratum in strata:
        m, f = stratum.counts.astype(float), stratum.factors
        n = float(m.sum())
        y = np.stack([np.stack([p.numerator, p.denominator], 1) for p in stratum.parts])
        y = y * f[:, None, None]
        centre = np.tensordot(m, y, 1) / n
        mean += stratum.probability * centre
        deviations = (y - centre) * np.sqrt(m)[:, None, None]
        spread = np.zeros_like(joint)
        if not stratum.complete:
            spread = np.tensordot(deviations, deviations, ((0,), (0,))) / (n - 1)
        if exact or stratum.complete:
            # exact means show the spread of the circuits alone: all of the shot noise is to add
            shares = m / n if stratum.shares is None else stratum.shares
            spread /= stratum.drawn or n
            spread += _shot_noise(stratum.parts, m / n * shares * f**2)
        else:
            spread += _shot_noise(stratum.parts, m * (m - 1) * f**2) / (n - 1)
            spread /= n
        joint += stratum.probability**2 * spread
    loadings: np.ndarray | None = None
    if first.loadings is not None:
        loadings = np.zeros_like(first.loadings)
        for stratum in strata:
            for part, weight in zip(stratum.parts, stratum.weights, strict=True):
                loadings += weight * (0.0 if part.loadings is None else part.loadings)
    if len(plan.groups) == groups:
        for g, group in enumerate(plan.groups):
            if not np.any(group.denominator.masks):
                mean[g, 1] = group.denominator.coefficients.sum()
                joint[g, 1] = 0.0
                joint[:, :, g, 1] = 0.0
                if loadings is not None:
                    loadings[g, 1] = 0.0
    blocks = np.array([joint[g, :, g, :] for g in range(groups)]).reshape(groups, 2, 2)
    return JointMoments(first.constant, mean[:, 0], mean[:, 1], blocks, joint, loadings=loadings)


def with_means(moments: JointMoments, means: Moments) -> JointMoments:
    """The same errors around other means."""
    return replace(moments, numerator=means.numerator, denominator=means.denominator)


def _shot_noise(parts: Sequence[Moments], weights: np.ndarray) -> np.ndarray:
    """(n_groups, 2, n_groups, 2) weighted sum of the covariances of independent moments."""
    groups = len(parts[0].numerator)
    total = np.zeros((groups, 2, groups, 2))
    plain = np.zeros((groups, 2, 2))
    for part, weight in zip(parts, weights, strict=True):
        if isinstance(part, JointMoments):
            total += weight * part.joint
        else:
            plain += weight * part.covariance
    for g in range(groups):
        total[g, :, g, :] += plain[g]
    return total
