from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.errors import InputError
from qchem_app.mapping.pauli import PauliSum
from qchem_app.measurement import covariance as module
from qchem_app.measurement.covariance import covariance

seeds = st.integers(0, 2**32 - 1)
RandomSum = Callable[[int, int, int], PauliSum]
RandomState = Callable[[int, int], np.ndarray]


def by_matrices(terms: PauliSum, rho: np.ndarray) -> np.ndarray:
    """Symmetrised covariances from dense matrices."""
    n = len(terms)
    dense = [
        PauliSum(
            terms.n_qubits, terms.x[k : k + 1], terms.z[k : k + 1], terms.coefficients[k : k + 1]
        )
        .matrix()
        .toarray()
        for k in range(n)
    ]
    mean = [np.trace(rho @ p).real for p in dense]
    return np.array(
        [
            [np.trace(rho @ dense[k] @ dense[m]).real - mean[k] * mean[m] for m in range(n)]
            for k in range(n)
        ]
    )


@given(n=st.integers(1, 3), fidelity=st.sampled_from([0.0, 0.4, 1.0]), seed=seeds)
def test_of_a_vector(
    n: int, fidelity: float, seed: int, random_sum: RandomSum, random_state: RandomState
) -> None:
    terms, state = random_sum(n, 9, seed).without_constant(), random_state(n, seed)
    rho = fidelity * np.outer(state, state.conj()) + (1 - fidelity) * np.eye(2**n) / 2**n
    np.testing.assert_allclose(
        covariance(terms, state, fidelity), by_matrices(terms, rho), atol=1e-12
    )


@given(n=st.integers(1, 3), seed=seeds)
def test_of_a_real_vector_with_zeros(
    n: int, seed: int, random_sum: RandomSum, random_state: RandomState
) -> None:
    terms, state = random_sum(n, 9, seed).without_constant(), random_state(n, seed).real
    state[0] = 0.0
    state /= np.linalg.norm(state)
    np.testing.assert_allclose(
        covariance(terms, state), by_matrices(terms, np.outer(state, state)), atol=1e-12
    )


@given(n=st.integers(1, 4), seed=seeds)
def test_of_a_basis_state(n: int, seed: int, random_sum: RandomSum) -> None:
    terms = random_sum(n, 12, seed).without_constant()
    index = seed % 2**n
    vector = np.eye(2**n)[index]
    np.testing.assert_allclose(covariance(terms, index), covariance(terms, vector), atol=1e-12)


def test_largest_amplitude_stands_for_a_large_state(
    random_sum: RandomSum, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms = random_sum(3, 20, 5).without_constant()
    state = np.full(8, 0.1)
    state[6] = np.sqrt(0.93)
    monkeypatch.setattr(module, "_AFFORDABLE", 1.0)
    np.testing.assert_allclose(covariance(terms, state), covariance(terms, 6))


def test_wrong_size(random_sum: RandomSum) -> None:
    with pytest.raises(InputError, match="a state of 2 qubits has 4 amplitudes"):
        covariance(random_sum(2, 4, 0), np.ones(8))
