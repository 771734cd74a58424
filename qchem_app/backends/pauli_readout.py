"""PauliReadout: outcomes after a noisy change of basis, from a vector of Pauli values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qchem_app.errors import ResourceError

_ROUNDING = 1e-15


@dataclass(frozen=True, eq=False)
class PauliReadout:
    """What one measurement setting reads of a state.

    The 2**n strings of Z that give the outcomes are carried backwards through the setting (as in
    the Heisenberg picture); of the state's 4**n components only those that they reach are needed.
    A basis change of Clifford gates reaches little more than 2**n.

    Attributes:
        n_qubits: n.
        components: (k,) int64 places of the needed components in the Pauli vector.
        steps: sparse matrices (scipy CSR) from the components to the (2**n,) expectation values
            of the strings of Z, the first to be applied first.
    """

    n_qubits: int
    components: np.ndarray
    steps: tuple[Any, ...]

    @classmethod
    def build(
        cls,
        n_qubits: int,
        operations: Sequence[tuple[tuple[int, ...], np.ndarray]],
        most: float = math.inf,
    ) -> PauliReadout:
        """From the setting's operations: qubits and (4, 4) or (16, 16) transfer matrices.

        Raises:
            ResourceError: more than `most` components are needed, and more than 2**n_qubits.
        """
        from scipy.sparse import csr_matrix

        index = np.arange(2**n_qubits)
        codes = np.zeros(index.size, dtype=np.int64)
        for q in range(n_qubits):
            codes |= (index >> q & 1) * 3 << 2 * q
        steps: list[csr_matrix] = []
        for qubits, matrix in reversed(operations):
            before, rows, cols, values = _pulled_back(codes, qubits, matrix)
            step = csr_matrix((values, (rows, cols)), shape=(codes.size, before.size))
            codes = before
            if codes.size > max(most, index.size):
                raise ResourceError(f"a setting reads {codes.size:,} components of the state")
            if steps:
                product = steps[-1] @ step
                if product.nnz <= steps[-1].nnz + step.nnz:
                    steps[-1] = product
                    continue
            steps.append(step)
        return cls(n_qubits, codes, tuple(reversed(steps)))

    @property
    def size(self) -> int:
        """Numbers that it holds, roughly."""
        return int(self.components.size + sum(2 * step.nnz for step in self.steps))

    def probabilities(self, states: np.ndarray) -> np.ndarray:
        """(m, 2**n) outcome probabilities from (m, 4**n) Pauli expectation values."""
        values = states[:, self.components]
        for step in self.steps:
            values = (step @ values.T).T
        m = len(values)
        out = np.ascontiguousarray(values)
        for q in range(self.n_qubits):  # Walsh-Hadamard transform
            pairs = out.reshape(m, -1, 2, 1 << q)
            out = np.stack([pairs[:, :, 0] + pairs[:, :, 1], pairs[:, :, 0] - pairs[:, :, 1]], 2)
        return out.reshape(m, -1) / 2.0**self.n_qubits


def _pulled_back(
    codes: np.ndarray, qubits: tuple[int, ...], matrix: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Components before an operation that give the components `codes` after it.

    Returns:
        The (k,) components, and rows, columns and values of the matrix that takes them over.
    """
    digit = np.zeros_like(codes)
    others = codes.copy()
    for j, q in enumerate(qubits):
        digit |= (codes >> 2 * q & 3) << 2 * j
        others &= ~np.int64(3 << 2 * q)
    row, col = np.nonzero(np.abs(matrix) > _ROUNDING)
    count = np.bincount(row, minlength=len(matrix))
    start = np.cumsum(count) - count
    rows = np.repeat(np.arange(codes.size), count[digit])
    # the running number of each element within its row
    within = np.arange(rows.size) - np.repeat(np.cumsum(count[digit]) - count[digit], count[digit])
    entry = start[digit][rows] + within
    source = others[rows]
    for j, q in enumerate(qubits):
        source |= (col[entry] >> 2 * j & 3) << 2 * q
    before, cols = np.unique(source, return_inverse=True)
    return before, rows, np.ravel(cols), matrix[row, col][entry]
