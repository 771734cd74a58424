"""The block of a qubit operator on chosen basis states."""

from __future__ import annotations

from typing import Any

import numpy as np

from qchem_app.errors import InputError
from qchem_app.mapping.pauli import PauliSum, signs

# Below this many rows a dense eigensolver is quicker than an iterative one, and knows no luck.
_DENSE = 600


def block(operator: PauliSum, states: np.ndarray) -> tuple[Any, float]:
    """The operator's matrix on some basis states, and how much it leads out of them.

    Args:
        operator: real, as every Hamiltonian over real orbitals is.
        states: (n,) distinct indices of basis states.

    Returns:
        The (n, n) sparse matrix (scipy CSR) in the order of `states`, and the largest matrix
        element to a basis state that is not among them: 0 for a closed set.

    Raises:
        InputError: the operator has imaginary matrix elements.
    """
    from scipy.sparse import coo_matrix

    quarter = np.bitwise_count(operator.x & operator.z)
    if np.any(quarter % 2):
        raise InputError("the operator has imaginary matrix elements; a real one is needed")
    values = np.where(quarter % 4 == 2, -operator.coefficients, operator.coefficients)
    states = np.asarray(states, dtype=np.uint64)
    order = np.argsort(states)
    ascending = states[order]
    rows, columns, elements = [], [], []
    leak = 0.0
    for x in np.unique(operator.x):
        group = operator.x == x
        element = signs(states[:, None], operator.z[group]) @ values[group]
        place = np.minimum(np.searchsorted(ascending, states ^ x), max(states.size - 1, 0))
        inside = ascending[place] == states ^ x
        leak = max(leak, float(np.abs(element[~inside]).max(initial=0.0)))
        rows.append(order[place[inside]])
        columns.append(np.flatnonzero(inside))
        elements.append(element[inside])
    if not rows:
        return coo_matrix((states.size, states.size)).tocsr(), 0.0
    where = np.concatenate(rows), np.concatenate(columns)
    matrix = coo_matrix((np.concatenate(elements), where), shape=(states.size, states.size))
    return matrix.tocsr(), leak


def lowest_eigenvalues(matrix: Any, count: int = 1) -> np.ndarray:
    """The lowest eigenvalues of a real symmetric matrix, ascending.

    Args:
        matrix: dense or sparse, or a scipy ``LinearOperator``.
        count: how many; fewer come back from a smaller matrix.
    """
    n = matrix.shape[0]
    if n <= _DENSE:
        dense = matrix.toarray() if hasattr(matrix, "toarray") else matrix @ np.eye(n)
        found: np.ndarray = np.linalg.eigvalsh(dense)[:count]
        return found
    from scipy.sparse.linalg import eigsh

    # a vector with every symmetry in it, the same in every run
    start = np.random.default_rng(0).normal(size=n)
    values = eigsh(
        matrix, count, which="SA", v0=start, ncv=max(4 * count, 40), return_eigenvectors=False
    )
    return np.sort(values)
