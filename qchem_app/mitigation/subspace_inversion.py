"""SubspaceInversion: readout errors undone among the outcomes that were seen."""

from __future__ import annotations

from typing import Any

import numpy as np

from qchem_app.errors import InputError
from qchem_app.measurement.counts import Counts
from qchem_app.measurement.plan import ParityPolynomial

# Up to this many outcomes the matrix is solved directly.
_DENSE = 2048
# Rows of the matrix that are looked at together.
_ROWS = 512
_TINY = 1e-300
_TOLERANCE = 1e-12


class SubspaceInversion:
    r"""An Evaluate that inverts the assignment matrix restricted to the outcomes of the counts.

    The matrix of P(read i | true j) has a row and a column for each outcome that was seen, columns
    scaled to sum to one. Quasi-probabilities A^-1 w give a mean f . A^-1 w, so the value of an
    outcome is that of A^-T f, and the scatter of these values gives the standard error. Nation et
    al., doi:10.1103/PRXQuantum.2.040326.

    Args:
        flips: (n_qubits, 2) probabilities P(1|0), P(0|1) of misreading.
        distance: elements between outcomes that differ in more bits are left out.
    """

    def __init__(self, flips: np.ndarray, distance: int | None = None) -> None:
        self.flips, self.distance = flips, distance
        self._counts: Counts | None = None
        self._solve: Any = None

    def __call__(self, polynomial: ParityPolynomial, counts: Counts) -> np.ndarray:
        """(k,) values of the polynomial at the (k,) outcomes of the counts."""
        values = polynomial.values(counts.outcomes)
        if np.all(values == values[:1]):
            return values  # a constant stays one: the columns sum to one
        if self._counts is not counts:
            self._counts, self._solve = counts, self._solver(counts.outcomes)
        return self._solve(values)

    def matrix(self, outcomes: np.ndarray) -> Any:
        """Sparse (k, k) matrix P(read i | true j) among the outcomes (scipy CSR)."""
        from scipy.sparse import coo_matrix

        n = len(self.flips)
        bits = (outcomes[:, None] >> np.arange(n, dtype=np.uint64) & np.uint64(1)).astype(float)
        p, r = np.clip(self.flips, _TINY, None).T
        keep = (1 - bits) @ np.log1p(-p) + bits @ np.log1p(-r)
        from_zero, from_one = np.log(p) - np.log1p(-p), np.log(r) - np.log1p(-r)
        rows, columns, values = [], [], []
        for begin in range(0, outcomes.size, _ROWS):
            read = slice(begin, min(begin + _ROWS, outcomes.size))
            logs = keep + (bits[read] * from_zero) @ (1 - bits).T
            logs += ((1 - bits[read]) * from_one) @ bits.T
            block = np.exp(np.clip(logs, -700.0, None))
            if self.distance is not None:
                apart = np.bitwise_count(outcomes[read, None] ^ outcomes)
                block[apart > self.distance] = 0.0
            i, j = np.nonzero(block > _TINY)
            rows.append(i + begin)
            columns.append(j)
            values.append(block[i, j])
        j = np.concatenate(columns)
        total = np.bincount(j, weights=np.concatenate(values), minlength=outcomes.size)
        where = (np.concatenate(rows), j)
        k = outcomes.size
        return coo_matrix((np.concatenate(values) / total[j], where), shape=(k, k)).tocsr()

    def _solver(self, outcomes: np.ndarray) -> Any:
        """A function that takes f to A^-T f."""
        from scipy.linalg import lu_factor, lu_solve
        from scipy.sparse import diags_array
        from scipy.sparse.linalg import gmres

        transposed = self.matrix(outcomes).T.tocsr()
        if outcomes.size <= _DENSE:
            factors = lu_factor(transposed.toarray())
            return lambda values: lu_solve(factors, values)
        preconditioner = diags_array(1 / transposed.diagonal())

        def solve(values: np.ndarray) -> np.ndarray:
            solution, failed = gmres(transposed, values, rtol=_TOLERANCE, M=preconditioner)
            if failed:
                raise InputError(
                    f"the m3 equations of {outcomes.size:,} outcomes do not converge: the readout "
                    "errors are too large; use the local method"
                )
            return solution

        return solve
