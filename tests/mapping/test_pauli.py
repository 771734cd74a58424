from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openfermion import QubitOperator, get_sparse_operator

from qchem_app.errors import InputError
from qchem_app.mapping.block import block, lowest_eigenvalues
from qchem_app.mapping.pauli import PauliSum, commute

N = 4
LETTERS = st.text("IXYZ", min_size=N, max_size=N)
SUMS = st.lists(st.tuples(LETTERS, st.integers(-16, 16).map(lambda k: k / 8)), max_size=8).map(
    lambda strings: PauliSum.from_strings(N, strings)
)


def openfermion_matrix(operator: PauliSum) -> np.ndarray:
    """OpenFermion's matrix, with its first qubit moved from the leading to the last bit."""
    n = operator.n_qubits
    matrix = get_sparse_operator(operator.to_openfermion(), n_qubits=n).toarray()
    reverse = [int(f"{index:0{n}b}"[::-1], 2) for index in range(1 << n)]
    return matrix[np.ix_(reverse, reverse)]


@given(SUMS, st.integers(0, 100))
def test_action_is_that_of_openfermions_matrix(operator: PauliSum, seed: int) -> None:
    rng = np.random.default_rng(seed)
    expected = openfermion_matrix(operator)
    assert np.allclose(operator.matrix().toarray(), expected, atol=1e-12)
    for state in (rng.normal(size=16), rng.normal(size=16) + 1j * rng.normal(size=16)):
        assert np.allclose(operator.apply(state), expected @ state, atol=1e-12)
        energy = np.vdot(state, expected @ state).real
        assert operator.expectation(state) == pytest.approx(energy, abs=1e-10)
    assert operator.apply(np.ones(16)).dtype == np.complex128


@given(SUMS)
def test_simplified_is_the_same_operator_without_repetition(operator: PauliSum) -> None:
    simple = operator.simplified()
    assert np.allclose(simple.matrix().toarray(), operator.matrix().toarray(), atol=1e-10)
    keys = list(zip(simple.x.tolist(), simple.z.tolist(), strict=True))
    assert keys == sorted(set(keys))
    assert np.all(np.abs(simple.coefficients) > 1e-12)
    assert simple.constant + np.trace(simple.without_constant().matrix().toarray()).real / 16 == (
        pytest.approx(operator.constant, abs=1e-10)
    )


@given(SUMS)
def test_openfermion_and_back(operator: PauliSum) -> None:
    back = PauliSum.from_openfermion(operator.to_openfermion(), N)
    assert dict(back.strings()) == pytest.approx(dict(operator.simplified().strings()), abs=1e-10)


@given(LETTERS, LETTERS)
def test_commuting_strings_are_those_whose_matrices_commute(first: str, second: str) -> None:
    a, b = (PauliSum.from_strings(N, [(text, 1.0)]) for text in (first, second))
    product = a.matrix() @ b.matrix() - b.matrix() @ a.matrix()
    assert bool(commute(a.x[0], a.z[0], b.x[0], b.z[0])) == (abs(product).max() == 0)


@pytest.mark.parametrize("n", [0, 1])
def test_few_qubits(n: int) -> None:
    number = PauliSum.from_strings(n, [("I" * n, 0.5)])
    assert number.expectation(np.eye(1 << n)[0]) == 0.5
    assert number.matrix().toarray().shape == (1 << n, 1 << n)
    assert len(PauliSum.from_strings(n, []).simplified()) == 0


def test_mistakes_are_named() -> None:
    with pytest.raises(InputError, match="not a Pauli string on 3 qubits"):
        PauliSum.from_strings(3, [("XQ", 1.0)])
    with pytest.raises(InputError, match="real coefficients"):
        PauliSum.from_openfermion(QubitOperator("X0", 1j), 1)
    with pytest.raises(InputError, match="acts on vectors of 4 amplitudes, found"):
        PauliSum.from_strings(2, [("XX", 1.0)]).apply(np.ones(8))
    with pytest.raises(InputError, match="at most 64 qubits"):
        PauliSum.from_strings(65, [])
    with pytest.raises(InputError, match="imaginary"):
        block(PauliSum.from_strings(1, [("Y", 1.0)]), np.arange(2))


@given(SUMS, st.permutations(range(16)), st.integers(1, 16))
def test_block_is_a_part_of_the_matrix(operator: PauliSum, order: list[int], n: int) -> None:
    real = np.bitwise_count(operator.x & operator.z) % 2 == 0
    operator = PauliSum(N, operator.x[real], operator.z[real], operator.coefficients[real])
    whole = operator.matrix().toarray().real
    inside, outside = order[:n], order[n:]
    matrix, leak = block(operator, np.array(inside))
    assert np.allclose(matrix.toarray(), whole[np.ix_(inside, inside)], atol=1e-12)
    assert leak == pytest.approx(np.abs(whole[np.ix_(outside, inside)]).max(initial=0.0), abs=1e-12)


def test_lowest_eigenvalues_of_large_matrices_are_those_of_small_ones() -> None:
    from scipy.sparse import csr_array

    rng = np.random.default_rng(1)
    dense = rng.normal(size=(700, 700)) / 30
    dense = dense + dense.T - np.diag(np.linspace(5, 0, 700))
    exact = np.linalg.eigvalsh(dense)[:3]
    assert lowest_eigenvalues(csr_array(dense), 3) == pytest.approx(exact, abs=1e-10)
    assert lowest_eigenvalues(csr_array(dense[:3, :3]), 5).shape == (3,)
