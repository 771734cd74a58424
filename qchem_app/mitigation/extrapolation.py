"""Extrapolation to zero noise: energies at scaled noise in, the energy without noise out."""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np

from qchem_app.errors import InputError, UsageError
from qchem_app.mitigation.curve import Extrapolation, listed
from qchem_app.mitigation.exponential import free_asymptote, known_asymptote

Fit = Literal["linear", "richardson", "polynomial", "exponential", "exponential-free"]
FITS: tuple[str, ...] = get_args(Fit)


def extrapolate(
    scales: np.ndarray,
    values: np.ndarray,
    errors: np.ndarray,
    fit: Fit = "exponential",
    *,
    degree: int = 2,
    asymptote: float | None = None,
) -> Extrapolation:
    """The energy at noise scale 0.

    Temme et al., doi:10.1103/PhysRevLett.119.180509 (Richardson); Endo et al.,
    doi:10.1103/PhysRevX.8.031027 (exponential); Giurgica-Tiron et al.,
    doi:10.1109/QCE49297.2020.00045 (asymptote).

    Linear, Richardson and polynomial fits are fixed linear combinations of the energies (least
    squares without weights), so that their standard errors are exact.

    Args:
        scales: (n,) different noise scales.
        values: (n,) energies, Hartree.
        errors: (n,) standard errors of them, Hartree, independent; zeros for none.
        fit: "exponential" needs the asymptote, "exponential-free" fits it too.
        degree: of "polynomial".
        asymptote: energy at infinite noise, Hartree.

    Raises:
        InputError: the data cannot be fitted.
        UsageError: unknown fit, too few scales for it.
    """
    scales, values, errors = (np.asarray(a, dtype=float) for a in (scales, values, errors))
    _check(scales, fit, degree)
    if not (np.isfinite(values).all() and np.isfinite(errors).all()):
        raise InputError(
            f"energies {listed(values)} Ha with errors {listed(errors)} cannot be extrapolated; "
            "measure with more shots"
        )
    if fit == "exponential":
        if asymptote is None:
            raise UsageError(
                "the exponential fit needs the energy at infinite noise: give the asymptote or "
                "choose the fit exponential-free"
            )
        return known_asymptote(scales, values, errors, asymptote)
    if fit == "exponential-free":
        return free_asymptote(scales, values, errors)
    order = _order(fit, scales.size, degree)
    combination = _solver(scales, order)
    coefficients = combination @ values
    return Extrapolation(
        value=float(coefficients[0]),
        standard_error=math.sqrt(float(combination[0] ** 2 @ errors**2)),
        curve=lambda at: (
            np.vander(np.asarray(at, float), order + 1, increasing=True) @ coefficients
        ),
    )


def sensitivities(
    scales: np.ndarray, fit: Fit, *, degree: int = 2, decay: float = 0.0
) -> np.ndarray:
    """(n,) derivatives of the extrapolated energy with respect to each energy.

    The variance is smallest where shots are shared in proportion to their sizes, for energies
    that scatter alike at every scale.

    Args:
        scales: (n,) noise scales.
        fit: exponential ones depend on the data.
        degree: of "polynomial".
        decay: expected exponent per unit of noise scale, for exponential fits.
    """
    scales = np.asarray(scales, dtype=float)
    _check(scales, fit, degree)
    if fit == "exponential":
        # of the straight line through the logarithms, of which shots shared so determine the
        # weights: error**2 ~ 1 / shots ~ 1 / gap and gap**2 / error**2 ~ gap
        gap = np.exp(-decay * scales)
        return _solver(scales, 1, gap)[0] / gap
    if fit == "exponential-free":
        # of value = asymptote + amplitude around amplitude 1; exact for three points
        decay = max(decay, 0.1)
        curve = np.exp(-decay * scales)
        jacobian = np.stack([np.ones_like(scales), curve, -scales * curve], axis=1)
        return np.array([1.0, 1.0, 0.0]) @ np.linalg.pinv(jacobian)
    return _solver(scales, _order(fit, scales.size, degree))[0]


def _order(fit: Fit, n: int, degree: int) -> int:
    return {"linear": 1, "richardson": n - 1}.get(fit, degree)


def _solver(scales: np.ndarray, order: int, weights: np.ndarray | None = None) -> np.ndarray:
    """(order + 1, n): coefficients of the least-squares polynomial, lowest power first."""
    root = np.ones_like(scales) if weights is None else np.sqrt(weights)
    powers = np.vander(scales, order + 1, increasing=True)
    return np.linalg.pinv(powers * root[:, None], rcond=1e-14) * root


def _check(scales: np.ndarray, fit: str, degree: int) -> None:
    if fit not in FITS:
        raise UsageError(f"fit {fit!r} is unknown; choose from {', '.join(FITS)}")
    if fit == "polynomial" and degree < 1:
        raise UsageError(f"the degree of the polynomial must be at least 1, found {degree}")
    least = {"polynomial": degree + 1, "exponential-free": 3}.get(fit, 2)
    distinct = np.unique(np.round(scales, 9)).size
    if distinct < least:
        raise UsageError(
            f"the {fit} fit needs at least {least} different noise scales, found "
            f"{listed(np.unique(scales))}"
        )
    if fit == "richardson" and distinct < scales.size:
        raise UsageError(f"the richardson fit needs every noise scale once, found {listed(scales)}")
