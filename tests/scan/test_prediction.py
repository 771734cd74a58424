from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.scan.prediction import interpolate, predict


@given(
    st.lists(st.floats(-2, 2), min_size=1, max_size=5),
    st.lists(st.integers(-40, 40), min_size=6, max_size=6, unique=True),
)
def test_interpolation_is_exact_for_polynomials(
    coefficients: list[float], places: list[int]
) -> None:
    polynomial = np.polynomial.Polynomial(coefficients)
    *positions, at = (place / 20 for place in places)
    values = [np.array([polynomial(x)]) for x in positions]
    assert interpolate(positions, values, at)[0] == pytest.approx(polynomial(at), abs=1e-4)


def test_the_degree_is_the_one_that_served_best() -> None:
    positions = [0.4, 0.3, 0.2, 0.1, 0.0]

    def values(function: object) -> list[np.ndarray]:
        return [np.array([function(x)]) for x in positions]  # type: ignore[operator]

    quadratic, degree = predict(positions, values(lambda x: 1 + x - 3 * x**2), 0.5)
    assert degree >= 2
    assert quadratic[0] == pytest.approx(1 + 0.5 - 0.75, abs=1e-12)
    # noise at the far end must not be amplified by a high degree
    noisy = values(lambda x: x)
    noisy[3] = noisy[3] + 1.0
    guess, degree = predict(positions, noisy, 0.5)
    assert degree == 1
    assert guess[0] == pytest.approx(0.5)


def test_one_neighbour_is_copied() -> None:
    guess, degree = predict([1.0], [np.array([0.3, -0.2])], 1.5)
    assert degree == 0
    assert guess.tolist() == [0.3, -0.2]
