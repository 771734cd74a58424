from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qchem_app.backends.simulator import IdealSampler
from qchem_app.errors import InputError
from qchem_app.mapping.pauli import PauliSum
from qchem_app.measurement.shadows import (
    PauliShadows,
    basis_change,
    mean_of,
    median_of_means,
)

seeds = st.integers(0, 2**32 - 1)
RandomSum = Callable[[int, int, int], PauliSum]
RandomState = Callable[[int, int], np.ndarray]
GetMeasured = Callable[..., Any]


def all_bases(shadows: PauliShadows, state: np.ndarray) -> tuple[float, float]:
    """Mean and variance of one shot, summed over every basis and outcome."""
    n = shadows.observable.n_qubits
    mean = square = 0.0
    for basis in product(range(3), repeat=n):
        chance = math.prod(shadows.probabilities[q, letter] for q, letter in enumerate(basis))
        setting = basis_change(np.array(basis))
        (count,) = IdealSampler(threads=1).sample_state(state, [setting], None, None)
        values = shadows.polynomial(np.array(basis)).values(count.outcomes)
        mean += chance * float(count.weights @ values)
        square += chance * float(count.weights @ values**2)
    return mean, square - mean**2


@settings(max_examples=15)
@given(n=st.integers(1, 3), biased=st.booleans(), seed=seeds)
def test_unbiased_and_variance_foretold(
    n: int, biased: bool, seed: int, random_sum: RandomSum, random_state: RandomState
) -> None:
    observable, state = random_sum(n, 12, seed), random_state(n, seed)
    make = PauliShadows.locally_biased if biased else PauliShadows.uniform
    shadows = make(observable)
    np.testing.assert_allclose(shadows.probabilities.sum(axis=1), 1.0)
    mean, variance = all_bases(shadows, state)
    assert mean == pytest.approx(observable.expectation(state), abs=1e-9)
    assert variance == pytest.approx(shadows.variance(state), rel=1e-9, abs=1e-9)


def test_shadow_norm_of_single_strings() -> None:
    # 3^weight for the strings, as in the paper's proposition on Pauli observables
    shadows = PauliShadows.uniform(PauliSum.from_strings(3, [("XYZ", 2.0), ("IIZ", 1.0)]))
    assert shadows.variance() == pytest.approx(4 * 27 + 3)


def test_bias_helps(measured: GetMeasured) -> None:
    problem = measured("lih", "2,3")
    uniform = PauliShadows.uniform(problem.operator)
    biased = PauliShadows.locally_biased(problem.operator)
    assert biased.variance() < 0.9 * uniform.variance()
    assert biased.variance(problem.state) < 0.9 * uniform.variance(problem.state)


def test_bias_towards_the_only_letter() -> None:
    biased = PauliShadows.locally_biased(PauliSum.from_strings(2, [("ZI", 1.0)]))
    assert biased.probabilities[0, 2] > 0.99
    np.testing.assert_allclose(biased.probabilities[1], 1 / 3)


def test_bases_are_drawn_with_their_probabilities() -> None:
    probabilities = np.array([[0.2, 0.3, 0.5], [0.7, 0.1, 0.2]])
    shadows = PauliShadows(PauliSum.from_strings(2, [("XX", 1.0)]), probabilities)
    bases, shots = shadows.bases(20_000, np.random.default_rng(0))
    assert shots.sum() == 20_000
    for q in range(2):
        seen = [shots[bases[:, q] == letter].sum() / 20_000 for letter in range(3)]
        np.testing.assert_allclose(seen, probabilities[q], atol=0.015)


def test_mean_and_median_of_means() -> None:
    rng = np.random.default_rng(3)
    repeated = rng.normal(1.0, 2.0, size=(3000, 120))
    for batches in (1, 3, 10):
        medians = np.array([median_of_means(values, batches) for values in repeated])
        assert medians[:, 0].std() == pytest.approx(medians[:, 1].mean(), rel=0.06)
    assert mean_of(repeated[0])[0] == pytest.approx(repeated[0].mean())
    spoilt = np.append(repeated[0, :-1], 1e6)
    assert abs(median_of_means(spoilt, 10)[0] - 1.0) < 2.0


def test_too_few_values() -> None:
    with pytest.raises(InputError, match="at least 2 shots"):
        mean_of(np.ones(1))
    with pytest.raises(InputError, match="cannot be split into 3 batches"):
        median_of_means(np.ones(5), 3)
