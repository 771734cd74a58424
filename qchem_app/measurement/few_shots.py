"""Compiled search for groups whose measurement takes fewer shots. Arrays in, arrays out."""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from qchem_app.civector.kernels import _CACHE


@nb.njit(cache=_CACHE)
def fewer_shots(
    conflict: np.ndarray,
    covariance: np.ndarray,
    group: np.ndarray,
    n_groups: int,
    n_rounds: int,
    seed: int,
) -> np.ndarray:
    """Lower the sum of the groups' standard deviations.

    Terms move to where the sum becomes smallest until no single move helps. Then, `n_rounds`
    times, a few groups are dissolved and their terms put back where they cost least, in a random
    order that favours large ones; what is no better is undone (ruin and recreate,
    doi:10.1006/jcph.1999.6413).

    Args:
        conflict: (n, n) bool.
        covariance: (n, n) float64, Hartree squared, coefficients included.
        group: (n,) int64 to start from; -1 for terms still to be placed.
        n_groups: may not be exceeded.
    """
    np.random.seed(seed)
    n = group.size
    k = n_groups
    group = group.copy()
    clashes = np.zeros((k, n), dtype=np.int32)
    with_group = np.zeros((k, n))  # covariance of each term with each group
    variance = np.zeros(k)
    for v in range(n):
        if group[v] >= 0:
            _put(conflict, covariance, group, clashes, with_group, variance, v, group[v])
    size = np.sqrt(np.diag(covariance))
    order = np.argsort(-size)
    for v in order:
        if group[v] < 0:
            g = _cheapest(covariance, clashes, with_group, variance, v, -1)[0]
            if g < 0:
                return np.full(n, -1, dtype=np.int64)
            _put(conflict, covariance, group, clashes, with_group, variance, v, g)
    _descend(conflict, covariance, group, clashes, with_group, variance, order)
    total = np.sqrt(variance).sum()
    for _ in range(n_rounds):
        kept = group.copy(), clashes.copy(), with_group.copy(), variance.copy()
        removed = np.zeros(n, dtype=np.bool_)
        share = 0.1 * np.random.random()
        for g in range(k):
            if np.random.random() < share:
                for v in range(n):
                    removed[v] = removed[v] or group[v] == g
        key = np.full(n, np.inf)
        for v in range(n):
            if removed[v] or np.random.random() < 0.1:
                _take(conflict, covariance, group, clashes, with_group, variance, v)
                key[v] = -size[v] * math.exp(np.random.normal())
        possible = True
        for v in np.argsort(key):
            if key[v] == np.inf:
                break
            g = _cheapest(covariance, clashes, with_group, variance, v, -1)[0]
            if g < 0:
                possible = False
                break
            _put(conflict, covariance, group, clashes, with_group, variance, v, g)
        if possible:
            _descend(conflict, covariance, group, clashes, with_group, variance, order)
        after = np.sqrt(variance).sum()
        if possible and after <= total:
            total = after
        else:
            group, clashes, with_group, variance = kept
    return group


@nb.njit(cache=_CACHE)
def _descend(
    conflict: np.ndarray,
    covariance: np.ndarray,
    group: np.ndarray,
    clashes: np.ndarray,
    with_group: np.ndarray,
    variance: np.ndarray,
    order: np.ndarray,
) -> None:
    """Move single terms while that lowers the sum of standard deviations."""
    for _ in range(50):
        moved = False
        for v in order:
            a = group[v]
            rest = max(0.0, variance[a] - 2 * with_group[a, v] + covariance[v, v])
            gain = math.sqrt(variance[a]) - math.sqrt(rest)
            g, cost = _cheapest(covariance, clashes, with_group, variance, v, a)
            if g >= 0 and cost < gain * (1 - 1e-9) - 1e-15:
                _take(conflict, covariance, group, clashes, with_group, variance, v)
                _put(conflict, covariance, group, clashes, with_group, variance, v, g)
                moved = True
        if not moved:
            return


@nb.njit(cache=_CACHE)
def _cheapest(
    covariance: np.ndarray,
    clashes: np.ndarray,
    with_group: np.ndarray,
    variance: np.ndarray,
    v: int,
    without: int,
) -> tuple[int, float]:
    """The group, other than `without`, that term v costs least in, and that cost; -1 if none."""
    best, cost = -1, np.inf
    for g in range(variance.size):
        if clashes[g, v] > 0 or g == without:
            continue
        after = max(0.0, variance[g] + 2 * with_group[g, v] + covariance[v, v])
        change = math.sqrt(after) - math.sqrt(variance[g])
        if change < cost:
            best, cost = g, change
    return best, cost


@nb.njit(cache=_CACHE)
def _put(
    conflict: np.ndarray,
    covariance: np.ndarray,
    group: np.ndarray,
    clashes: np.ndarray,
    with_group: np.ndarray,
    variance: np.ndarray,
    v: int,
    g: int,
) -> None:
    variance[g] = max(0.0, variance[g] + 2 * with_group[g, v] + covariance[v, v])
    for u in range(group.size):
        clashes[g, u] += conflict[v, u]
        with_group[g, u] += covariance[v, u]
    group[v] = g


@nb.njit(cache=_CACHE)
def _take(
    conflict: np.ndarray,
    covariance: np.ndarray,
    group: np.ndarray,
    clashes: np.ndarray,
    with_group: np.ndarray,
    variance: np.ndarray,
    v: int,
) -> None:
    g = group[v]
    variance[g] = max(0.0, variance[g] - 2 * with_group[g, v] + covariance[v, v])
    for u in range(group.size):
        clashes[g, u] -= conflict[v, u]
        with_group[g, u] -= covariance[v, u]
    group[v] = -1
