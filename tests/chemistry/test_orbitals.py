"""The linear algebra of orbitals."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.chemistry.orbitals import diagonalise, fix_phases


def test_largest_coefficient_is_positive() -> None:
    coeff = np.array([[0.1, -0.6], [-0.9, 0.3]])
    assert np.array_equal(fix_phases(coeff), [[-0.1, 0.6], [0.9, -0.3]])


def test_first_of_equal_coefficients_decides() -> None:
    coeff = np.array([[-0.7071067], [0.7071068]])  # differ by less than rounding of an SCF
    assert fix_phases(coeff)[0, 0] > 0
    assert fix_phases(-coeff)[0, 0] > 0


def test_no_orbitals() -> None:
    assert fix_phases(np.zeros((3, 0))).shape == (3, 0)


@given(st.integers(0, 2**32 - 1), st.integers(1, 8))
def test_diagonalise_keeps_irreps_and_span(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    orbsym = rng.integers(0, 3, n)
    matrix = rng.normal(size=(n, n))
    matrix += matrix.T
    matrix[orbsym[:, None] != orbsym] = 0
    values, coeff, irreps = diagonalise(matrix, np.eye(n), orbsym)
    assert np.allclose(coeff.T @ matrix @ coeff, np.diag(values), atol=1e-10)
    assert np.allclose(coeff.T @ coeff, np.eye(n), atol=1e-12)
    assert np.all(np.diff(values) >= -1e-7)
    for k in range(n):
        assert np.all(coeff[orbsym != irreps[k], k] == 0)


def test_degenerate_orbitals_are_in_the_order_of_their_irreps() -> None:
    matrix = np.diag([1.0, -1.0, -1.0 - 1e-9])
    _, _, irreps = diagonalise(matrix, np.eye(3), np.array([0, 2, 3]))
    assert irreps.tolist() == [2, 3, 0]
