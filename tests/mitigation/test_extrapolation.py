"""Fits are exact on data of their own kind, and their errors are what the data scatter by."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from qchem_app.errors import InputError, UsageError
from qchem_app.mitigation.extrapolation import FITS, Fit, extrapolate, sensitivities

SCALES = np.array([1.0, 3.0, 5.0])
numbers = st.floats(-3, 3)


@given(numbers, numbers)
def test_linear_data(value: float, slope: float) -> None:
    data = value + slope * SCALES
    for fit in ("linear", "richardson", "polynomial"):
        found = extrapolate(SCALES, data, np.zeros(3), fit)
        assert found.value == pytest.approx(value, abs=1e-10)
        np.testing.assert_allclose(found.curve(SCALES), data, atol=1e-10)


@given(st.lists(numbers, min_size=4, max_size=4))
def test_richardson_and_a_full_polynomial_interpolate(data: list[float]) -> None:
    scales = np.array([1.0, 1.7, 2.6, 4.0])
    found = [
        extrapolate(scales, np.array(data), np.zeros(4), fit, degree=3)
        for fit in ("richardson", "polynomial")
    ]
    np.testing.assert_allclose(found[0].curve(scales), data, atol=1e-8)
    # Lagrange's formula at 0
    weights = [np.prod([b / (b - a) for b in scales if b != a]) for a in scales]
    assert found[0].value == pytest.approx(float(np.dot(weights, data)), abs=1e-8)
    assert found[1].value == pytest.approx(found[0].value, abs=1e-8)


@given(numbers, st.floats(-2, 2), st.floats(0.02, 1.0))
def test_exponential_data(asymptote: float, amplitude: float, decay: float) -> None:
    assume(abs(amplitude) > 0.01)
    data = asymptote + amplitude * np.exp(-decay * SCALES)
    for errors in (np.zeros(3), np.full(3, 1e-6)):
        known = extrapolate(SCALES, data, errors, "exponential", asymptote=asymptote)
        assert known.value == pytest.approx(asymptote + amplitude, abs=1e-9)
    free = extrapolate(SCALES, data, np.zeros(3), "exponential-free")
    # the three parameters are hardly determined where the curve is nearly straight
    assert free.value == pytest.approx(asymptote + amplitude, abs=1e-6)
    np.testing.assert_allclose(free.curve(SCALES), data, atol=1e-8)


def test_numpy_agrees_on_least_squares() -> None:
    rng = np.random.default_rng(5)
    scales, data = np.array([1.0, 1.5, 2.0, 3.0, 5.0]), rng.normal(size=5)
    for degree in (1, 2, 3):
        found = extrapolate(scales, data, np.zeros(5), "polynomial", degree=degree)
        assert found.value == pytest.approx(np.polyval(np.polyfit(scales, data, degree), 0.0))


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("noise", [0.002, 0.03])
def test_standard_errors_are_the_scatter(fit: Fit, noise: float) -> None:
    """Also where points come near the asymptote, where a bootstrap takes over."""
    rng = np.random.default_rng(11)
    errors = noise * np.array([1.0, 0.7, 1.2])
    truth = 0.3 - np.exp(-0.35 * SCALES)
    found = []
    for _ in range(200):
        try:
            found.append(extrapolate(SCALES, rng.normal(truth, errors), errors, fit, asymptote=0.3))
        except InputError:
            assert fit == "exponential-free"
            assert noise > 0.01
    values = np.array([f.value for f in found])
    stated = np.median([f.standard_error for f in found])
    # robust width: three parameters from three noisy points have far tails
    low, high = np.quantile(values, [0.158655, 0.841345])
    tolerance = 0.6 if fit == "exponential-free" and noise > 0.01 else 0.15
    assert stated == pytest.approx((high - low) / 2, rel=tolerance)
    if fit == "exponential":
        bias = values.mean() - (0.3 - 1.0)
        assert abs(bias) < 4 * values.std() / math.sqrt(values.size)


def test_points_that_chance_took_across_the_asymptote() -> None:
    data = np.array([-0.5, -0.05, 0.002])
    found = extrapolate(SCALES, data, np.full(3, 0.01), "exponential", asymptote=0.0)
    # two points would give -0.5 * sqrt(0.5 / 0.05)
    assert found.value == pytest.approx(-0.5 * math.sqrt(10), rel=0.05)
    assert 0.05 < found.standard_error < 0.3


def test_sensitivities_are_derivatives() -> None:
    decay, step = 0.3, 1e-6
    data = np.exp(-decay * SCALES)
    for fit in FITS:
        expected = []
        for k in range(3):
            up, down = data.copy(), data.copy()
            up[k] += step
            down[k] -= step
            ends = [extrapolate(SCALES, d, np.zeros(3), fit, asymptote=0.0) for d in (up, down)]
            expected.append((ends[0].value - ends[1].value) / (2 * step))
        found = sensitivities(SCALES, fit, decay=decay)
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_linear_errors_are_exact() -> None:
    errors = np.array([0.1, 0.2, 0.3])
    weights = sensitivities(SCALES, "linear")
    np.testing.assert_allclose(weights, [13 / 12, 1 / 3, -5 / 12])
    found = extrapolate(SCALES, np.zeros(3), errors, "linear")
    assert found.standard_error == pytest.approx(np.linalg.norm(weights * errors))


@pytest.mark.parametrize("errors", [0.0, 0.001])
def test_both_sides_of_the_asymptote(errors: float) -> None:
    with pytest.raises(InputError, match="lie on both sides of the asymptote 0 Ha; choose"):
        extrapolate(
            SCALES, np.array([-1, -0.2, 0.1]), np.full(3, errors), "exponential", asymptote=0.0
        )


def test_nothing_but_noise() -> None:
    with pytest.raises(InputError, match="cannot be told from the asymptote 0 Ha; measure with"):
        extrapolate(
            SCALES, np.array([-0.01, -0.02, 0.01]), np.full(3, 0.1), "exponential", asymptote=0.0
        )


@pytest.mark.parametrize("data", [[-3, -2, -1], [-3, -2.5, -1.0], [-1, -0.5, -0.9]])
def test_no_limit_to_be_seen(data: list[float]) -> None:
    with pytest.raises(InputError, match="do not level off as the noise grows"):
        extrapolate(SCALES, np.array(data), np.zeros(3), "exponential-free")


def test_what_is_asked_for_wrongly() -> None:
    two, zeros = np.array([1.0, 3.0]), np.zeros(2)
    with pytest.raises(UsageError, match="fit 'cubic' is unknown; choose from linear"):
        extrapolate(two, zeros, zeros, "cubic")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="needs at least 3 different noise scales, found 1, 3"):
        extrapolate(two, zeros, zeros, "polynomial")
    with pytest.raises(UsageError, match="at least 1, found 0"):
        extrapolate(two, zeros, zeros, "polynomial", degree=0)
    with pytest.raises(UsageError, match="needs the energy at infinite noise"):
        extrapolate(two, zeros, zeros, "exponential")
    with pytest.raises(UsageError, match="every noise scale once, found 1, 3, 3"):
        extrapolate(np.array([1.0, 3.0, 3.0]), np.zeros(3), np.zeros(3), "richardson")
    with pytest.raises(InputError, match="cannot be extrapolated; measure with more shots"):
        extrapolate(two, np.array([1.0, math.nan]), zeros, "linear")
