"""Linear algebra over GF(2): vectors are bit masks, matrices are tuples of row masks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

#: Row i of a matrix is a mask: bit j is the entry in column j.
Matrix = tuple[int, ...]


def parity(mask: int) -> int:
    """0 or 1: the sum of the bits."""
    return mask.bit_count() & 1


def identity(n: int) -> Matrix:
    """The n-by-n unit matrix."""
    return tuple(1 << i for i in range(n))


def times(matrix: Sequence[int], vector: int) -> int:
    """matrix @ vector."""
    return sum(parity(row & vector) << i for i, row in enumerate(matrix))


def times_each(matrix: Sequence[int], vectors: np.ndarray) -> np.ndarray:
    """matrix @ v for each v of a uint64 array of any shape."""
    out = np.zeros_like(vectors, dtype=np.uint64)
    for i, row in enumerate(matrix):
        bits = np.bitwise_count(vectors & np.uint64(row)) & np.uint64(1)
        out |= bits.astype(np.uint64) << np.uint64(i)
    return out


def transpose(matrix: Sequence[int]) -> Matrix:
    """The transpose of a square matrix."""
    n = len(matrix)
    return tuple(sum((matrix[i] >> j & 1) << i for i in range(n)) for j in range(n))


def inverse(matrix: Sequence[int]) -> Matrix:
    """The inverse of a square matrix.

    Raises:
        ZeroDivisionError: it has none.
    """
    n = len(matrix)
    # the unit matrix rides along above bit n
    rows = [row | 1 << (n + i) for i, row in enumerate(matrix)]
    for j in range(n):
        pivot = next((i for i in range(j, n) if rows[i] >> j & 1), None)
        if pivot is None:
            raise ZeroDivisionError("a singular matrix over GF(2) has no inverse")
        rows[j], rows[pivot] = rows[pivot], rows[j]
        for i in range(n):
            if i != j and rows[i] >> j & 1:
                rows[i] ^= rows[j]
    return tuple(row >> n for row in rows)


class Span:
    """A growing set of independent vectors, reduced so that membership is quick to see.

    Args:
        vectors: added one after another.
        lowest: take the lowest bit of a vector as its pivot, not the highest.
    """

    def __init__(self, vectors: Iterable[int] = (), *, lowest: bool = False) -> None:
        self._lowest = lowest
        self._reduced: dict[int, int] = {}  # pivot: the one vector that has this bit
        for vector in vectors:
            self.add(vector)

    def __len__(self) -> int:
        return len(self._reduced)

    @property
    def pivots(self) -> tuple[int, ...]:
        """The pivot bit of each independent vector, in the order of adding."""
        return tuple(self._reduced)

    def remainder(self, vector: int) -> int:
        """The vector less what the span holds of it; 0 for a member."""
        for pivot, member in self._reduced.items():
            if vector >> pivot & 1:
                vector ^= member
        return vector

    def add(self, vector: int) -> bool:
        """Whether the vector was independent of those before (and is now a member)."""
        vector = self.remainder(vector)
        if not vector:
            return False
        pivot = ((vector & -vector) if self._lowest else vector).bit_length() - 1
        for other, member in self._reduced.items():
            if member >> pivot & 1:
                self._reduced[other] = member ^ vector
        self._reduced[pivot] = vector
        return True

    def orthogonal(self, n: int) -> list[int]:
        """A basis of the vectors of n bits whose overlap with every member is even."""
        basis = []
        for free in range(n):
            if free in self._reduced:
                continue
            vector = 1 << free
            for pivot, member in self._reduced.items():
                vector |= (member >> free & 1) << pivot
            basis.append(vector)
        return basis
