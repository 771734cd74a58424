from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.vqe.trigonometric import TrigonometricPolynomial

amplitudes = st.lists(
    st.tuples(st.floats(-2, 2), st.floats(-2, 2)).map(lambda ab: complex(*ab)),
    min_size=1,
    max_size=6,
)


def angles(degree: int) -> np.ndarray:
    return 2 * np.pi * np.arange(2 * degree + 1) / (2 * degree + 1)


@given(amplitudes, st.floats(-10, 10))
def test_it_goes_through_the_values(coefficients: list[complex], constant: float) -> None:
    def function(x: np.ndarray) -> np.ndarray:
        return constant + sum(
            (c * np.exp(1j * (k + 1) * x)).real for k, c in enumerate(coefficients)
        )

    curve = TrigonometricPolynomial.through(function(angles(len(coefficients))))
    x = np.linspace(-7, 7, 50)
    np.testing.assert_allclose(curve(x), function(x), atol=1e-12)
    step = 1e-5
    slope = (function(x + step) - function(x - step)) / (2 * step)
    np.testing.assert_allclose(curve(x, 1), slope, atol=1e-5)


@given(amplitudes, st.floats(-10, 10))
def test_the_minimum_is_below_every_point_of_a_grid(
    coefficients: list[complex], constant: float
) -> None:
    curve = TrigonometricPolynomial(np.array([constant, *coefficients]))
    where, value = curve.minimum()
    assert -np.pi <= where <= np.pi
    assert value == float(curve(where))
    grid = curve(np.linspace(-np.pi, np.pi, 2001))
    size = sum(map(abs, coefficients)) + abs(constant)
    assert value <= grid.min() + 1e-12 * size + 1e-150
    # and it is a place where the curve is flat, as far as numbers can tell
    assert abs(float(curve(where, 1))) <= 1e-5 * size + 1e-12


def test_a_constant_stays_where_it_is() -> None:
    assert TrigonometricPolynomial.through(np.full(5, -3.0)).minimum() == (0.0, -3.0)
    assert TrigonometricPolynomial.through(np.array([2.0])).minimum() == (0.0, 2.0)


def test_of_equal_minima_the_closest_is_taken() -> None:
    curve = TrigonometricPolynomial(np.array([0.0, 0.0, np.exp(0.5j)]))  # cos(2 x + 0.5)
    where, value = curve.minimum()
    assert value == pytest.approx(-1.0)
    assert where == pytest.approx((np.pi - 0.5) / 2)
