r"""Exponential extrapolation: noise that shrinks every signal by the same factor per gate.

.. math:: E(s) = a + A e^{-b s}, \qquad E(0) = a + A

Exact for depolarizing noise that acts on all qubits at once; a fair picture of many random Pauli
errors. The asymptote of such noise is the energy of the maximally mixed state, tr(H) / 2^n; of
amplitude damping it is not. Endo et al., doi:10.1103/PhysRevX.8.031027; Giurgica-Tiron et al.,
doi:10.1109/QCE49297.2020.00045.
"""

from __future__ import annotations

import math

import numpy as np

from qchem_app.errors import InputError
from qchem_app.mitigation.curve import Extrapolation, listed

# A logarithm is nearly linear in its argument's error where that is this many times smaller.
_CLEAR = 5.0
# Standard errors by which a point may lie on the wrong side of the asymptote by chance.
_CHANCE = 3.0
_DRAWS = 400
_SEED = 20170904


def known_asymptote(
    scales: np.ndarray, values: np.ndarray, errors: np.ndarray, asymptote: float
) -> Extrapolation:
    """Fit of amplitude and decay; all energies Hartree.

    A straight line through the logarithms, with the error by first-order propagation, where the
    energies stand out from the asymptote by many standard errors; otherwise least squares on the
    energies themselves, with the error from a parametric bootstrap. Without errors the weights
    are those of shots shared in proportion to 1 / |E - a|.

    Raises:
        InputError: energies on both sides of the asymptote, or none that stands out from it.
    """
    gap = values - asymptote
    sign = math.copysign(1.0, gap[np.argmin(scales)])
    exact = not errors.any()
    # errors of zero beside others would fix the fit to that point and divide by zero
    sigma = np.maximum(errors, 1e-6 * errors.max()) if not exact else errors
    chance = _CHANCE * sigma
    if np.any(sign * gap < -chance) or (exact and np.any(gap == 0)):
        raise InputError(
            f"the exponential fit is impossible: energies {listed(values)} Ha at noise scales "
            f"{listed(scales)} lie on both sides of the asymptote {asymptote:.6g} Ha; choose "
            "another fit or smaller noise scales"
        )
    if not exact and abs(gap[np.argmin(scales)]) < chance[np.argmin(scales)]:
        raise InputError(
            f"the exponential fit is impossible: the energy {values[np.argmin(scales)]:.6g} Ha "
            f"at noise scale {scales.min():.6g} cannot be told from the asymptote "
            f"{asymptote:.6g} Ha; measure with more shots"
        )
    if exact or np.all(np.abs(gap) > _CLEAR * sigma):
        weights = np.abs(gap) if exact else (gap / sigma) ** 2
        line = _line(scales, weights)
        logs = line @ np.log(sign * gap)
        amplitude, decay = sign * math.exp(logs[0]), -logs[1]
        error = abs(amplitude) * float(np.linalg.norm(line[0] / gap * errors))
    else:
        fitted = _profile(scales, gap[None], 1 / sigma, free=False)
        amplitude, decay = float(fitted[0, 1]), float(fitted[0, 2])
        model = amplitude * np.exp(-decay * scales)
        draws = np.random.default_rng(_SEED).normal(model, sigma, (_DRAWS, scales.size))
        error = _half_width(_profile(scales, draws, 1 / sigma, free=False)[:, 1])
    return Extrapolation(
        asymptote + amplitude,
        error,
        lambda at: asymptote + amplitude * np.exp(-decay * np.asarray(at, float)),
    )


def free_asymptote(scales: np.ndarray, values: np.ndarray, errors: np.ndarray) -> Extrapolation:
    """Fit of asymptote, amplitude and decay; all energies Hartree.

    Least squares on the energies; the error by first-order propagation where the decay is
    determined well, otherwise from a parametric bootstrap.

    Raises:
        InputError: the energies do not approach a limit as the noise grows.
    """
    exact = not errors.any()
    sigma = np.maximum(errors, 1e-6 * errors.max()) if not exact else np.ones_like(values)
    low, high = _decays(scales, free=True)[[0, -1]]
    asymptote, amplitude, decay = _profile(scales, values[None], 1 / sigma, free=True)[0]
    if not 1.01 * low < decay < 0.99 * high:
        raise InputError(
            f"the exponential fit with a free asymptote is impossible: energies {listed(values)} "
            f"Ha at noise scales {listed(scales)} do not level off as the noise grows; choose "
            "another fit"
        )
    for _ in range(4):  # Gauss-Newton from the minimum that a search finds to half the digits
        curve = np.exp(-decay * scales)
        jacobian = np.stack([np.ones_like(curve), curve, -amplitude * scales * curve], axis=1)
        rest = values - asymptote - amplitude * curve
        step = np.linalg.lstsq(jacobian / sigma[:, None], rest / sigma, rcond=None)[0]
        asymptote, amplitude, decay = np.array([asymptote, amplitude, decay]) + step
    error = 0.0
    if not exact:
        covariance = np.linalg.pinv((jacobian / sigma[:, None] ** 2).T @ jacobian)
        error = math.sqrt(float(covariance[:2, :2].sum()))
        if decay < _CLEAR * math.sqrt(float(covariance[2, 2])):
            model = asymptote + amplitude * np.exp(-decay * scales)
            draws = np.random.default_rng(_SEED).normal(model, sigma, (_DRAWS, scales.size))
            fitted = _profile(scales, draws, 1 / sigma, free=True)
            error = _half_width(fitted[:, 0] + fitted[:, 1])
    a, size, rate = float(asymptote), float(amplitude), float(decay)
    return Extrapolation(
        a + size, error, lambda at: a + size * np.exp(-rate * np.asarray(at, float))
    )


def _line(scales: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(2, n): intercept and slope of the weighted straight line, as combinations of the points."""
    root = np.sqrt(weights / weights.max())
    powers = np.stack([np.ones_like(scales), scales], axis=1)
    return np.linalg.pinv(powers * root[:, None], rcond=1e-14) * root


def _decays(scales: np.ndarray, free: bool) -> np.ndarray:
    """Decays to look at: from no visible curvature to nothing left at the second point."""
    if free:
        return np.geomspace(1e-3, 30.0, 120) / np.ptp(scales)
    return np.linspace(-0.5, 8.0, 171) / scales.min()


def _profile(
    scales: np.ndarray, data: np.ndarray, weights: np.ndarray, *, free: bool
) -> np.ndarray:
    """(k, 3) asymptote (0 where not free), amplitude and decay for (k, n) data.

    Least squares with (n,) weights on the residuals. Asymptote and amplitude are linear, so only
    the decay is searched: on a grid, then by golden section.
    """
    grid = _decays(scales, free)
    w = weights**2 / np.sum(weights**2)
    curves = np.exp(-grid[:, None] * scales)
    if free:
        curves = curves - (curves @ w)[:, None]
    # what each decay explains of the weighted sum of squares
    explained = ((data * w) @ curves.T) ** 2 / np.maximum(curves**2 @ w, 1e-300)
    best = np.argmax(explained, axis=1)
    low, high = grid[np.maximum(best - 1, 0)], grid[np.minimum(best + 1, grid.size - 1)]
    golden = (math.sqrt(5) - 1) / 2
    for _ in range(32):
        left, right = high - golden * (high - low), low + golden * (high - low)
        shrink = (
            _linear(scales, data, weights, left, free)[0]
            < _linear(scales, data, weights, right, free)[0]
        )
        low, high = np.where(shrink, low, left), np.where(shrink, right, high)
    decay = (low + high) / 2
    _, asymptote, amplitude = _linear(scales, data, weights, decay, free)
    return np.stack([asymptote, amplitude, decay], axis=1)


def _linear(
    scales: np.ndarray, data: np.ndarray, weights: np.ndarray, decay: np.ndarray, free: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cost, asymptote and amplitude, each (k,), of the best fit with (k,) given decays."""
    w = weights**2 / np.sum(weights**2)
    curve = np.exp(-decay[:, None] * scales)
    mean_curve = curve @ w if free else np.zeros(len(data))
    mean_data = data @ w if free else np.zeros(len(data))
    c, d = curve - mean_curve[:, None], data - mean_data[:, None]
    amplitude = (c * d) @ w / np.maximum((c * c) @ w, 1e-300)
    cost = (d - amplitude[:, None] * c) ** 2 @ w
    return cost, mean_data - amplitude * mean_curve, amplitude


def _half_width(sample: np.ndarray) -> float:
    """Standard error of a distribution that may have far tails: half its central 68.27 %."""
    low, high = np.quantile(sample, [0.158655, 0.841345])
    return float(high - low) / 2
