from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.mapping import gf2
from qchem_app.mapping.matrices import MATRICES

masks = st.lists(st.integers(0, 255), max_size=12)


def as_array(matrix: tuple[int, ...], n: int) -> np.ndarray:
    return np.array([[row >> j & 1 for j in range(n)] for row in matrix])


@given(st.lists(st.integers(0, 31), min_size=5, max_size=5), st.integers(0, 31))
def test_products_and_transpose_are_those_of_arrays(rows: list[int], vector: int) -> None:
    matrix = tuple(rows)
    dense, bits = as_array(matrix, 5), np.array([vector >> j & 1 for j in range(5)])
    expected = sum(int(b) << i for i, b in enumerate(dense @ bits % 2))
    assert gf2.times(matrix, vector) == expected
    assert gf2.times_each(matrix, np.array([vector], dtype=np.uint64)).tolist() == [expected]
    assert np.array_equal(as_array(gf2.transpose(matrix), 5), dense.T)


@given(st.lists(st.integers(0, 31), min_size=5, max_size=5))
def test_inverse_undoes_or_does_not_exist(rows: list[int]) -> None:
    matrix = tuple(rows)
    if round(np.linalg.det(as_array(matrix, 5))) % 2 == 0:
        with pytest.raises(ZeroDivisionError, match="singular"):
            gf2.inverse(matrix)
        return
    product = as_array(matrix, 5) @ as_array(gf2.inverse(matrix), 5) % 2
    assert np.array_equal(product, np.eye(5))


@pytest.mark.parametrize("n", [1, 2, 3, 7, 12, 20])
@pytest.mark.parametrize("name", MATRICES)
def test_encodings_are_invertible(name: str, n: int) -> None:
    matrix = MATRICES[name](n)
    assert gf2.inverse(gf2.inverse(matrix)) == matrix


@given(masks, st.booleans())
def test_span_knows_its_members(vectors: list[int], lowest: bool) -> None:
    span = gf2.Span(vectors, lowest=lowest)
    members = {0}
    for vector in vectors:
        members |= {member ^ vector for member in members}
    assert len(members) == 1 << len(span)
    for vector in range(256):
        assert (span.remainder(vector) == 0) == (vector in members)
    assert len(set(span.pivots)) == len(span)


@given(masks)
def test_orthogonal_vectors_are_all_that_overlap_evenly(vectors: list[int]) -> None:
    found = gf2.Span(gf2.Span(vectors).orthogonal(8))
    even = [v for v in range(256) if not any(gf2.parity(v & mask) for mask in vectors)]
    assert len(even) == 1 << len(found)
    assert all(found.remainder(v) == 0 for v in even)
