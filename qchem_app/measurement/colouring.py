"""Colourings of a conflict graph: which terms may be measured together.

A colouring is a (n,) int64 array of colours 0 to k - 1; vertices in conflict have different ones.
Everything is deterministic: ties go to the heavier vertex, then to the lower index.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def first_fit(order: np.ndarray, conflicts_of: Callable[[int], np.ndarray]) -> np.ndarray:
    """Each vertex, in this order, gets the first colour that no conflicting vertex has.

    With terms in descending order of |coefficient| this is the sorted insertion of
    doi:10.22331/q-2021-01-20-385.

    Args:
        order: (n,) vertices.
        conflicts_of: gives the (n,) bool row of the conflict graph of a vertex.
    """
    colour = np.full(order.size, -1)
    blocked = np.zeros((16, order.size), dtype=bool)  # colours that conflict with each vertex
    used = 0
    for v in order:
        if used == len(blocked):
            blocked = np.concatenate([blocked, np.zeros_like(blocked)])
        c = int(np.argmin(blocked[: used + 1, v]))
        used = max(used, c + 1)
        colour[v] = c
        blocked[c] |= conflicts_of(int(v))
    return colour


def dsatur(conflict: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """First fit, the vertex with the fewest free colours next (doi:10.1145/359094.359101)."""
    n = len(conflict)
    colour = np.full(n, -1)
    blocked = np.zeros((n, n + 1), dtype=bool)
    saturation = np.zeros(n, dtype=np.int64)
    degree = conflict.sum(axis=1)  # among vertices without colour
    rank = _rank(weight)
    for _ in range(n):
        key = np.where(colour < 0, (saturation * n + degree) * n + rank, -1)
        v = int(np.argmax(key))
        c = int(np.argmin(blocked[v]))
        colour[v] = c
        saturation += conflict[v] & ~blocked[:, c]
        blocked[:, c] |= conflict[v]
        degree -= conflict[v]
    return colour


def recursive_largest_first(conflict: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """One colour at a time, filled so that the rest has few conflicts left.

    F. T. Leighton, J. Res. Natl. Bur. Stand. 84, 489 (1979), doi:10.6028/jres.084.024.
    """
    n = len(conflict)
    colour = np.full(n, -1)
    rank = _rank(weight)
    c = 0
    while np.any(colour < 0):
        candidates = colour < 0
        excluded = np.zeros(n, dtype=bool)
        # numbers of conflicts of each vertex with excluded vertices, and with candidates
        to_excluded = np.zeros(n, dtype=np.int64)
        to_candidates = conflict[candidates].sum(axis=0)
        key = to_candidates * n + rank
        while candidates.any():
            v = int(np.argmax(np.where(candidates, key, np.iinfo(np.int64).min)))
            colour[v] = c
            leaving = candidates & conflict[v]
            excluded |= leaving
            candidates &= ~leaving
            candidates[v] = False
            moved = conflict[leaving].sum(axis=0)
            to_excluded += moved
            to_candidates = to_candidates - moved - conflict[v]
            key = (to_excluded * n - to_candidates) * n + rank
        c += 1
    return colour


def _rank(weight: np.ndarray) -> np.ndarray:
    """(n,) 0 for the lightest, n - 1 for the heaviest; of equal ones the first is heavier."""
    rank = np.empty(weight.size, dtype=np.int64)
    rank[np.lexsort((-np.arange(weight.size), weight))] = np.arange(weight.size)
    return rank
