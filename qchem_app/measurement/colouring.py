"""Colourings of a conflict graph: which terms may be measured together.

A colouring is a (n,) int64 array of colours 0 to k - 1; vertices in conflict have different ones.
Everything is deterministic: ties go to the lower index, and random orders come from the Generator
that is passed in.
"""

from __future__ import annotations

import numpy as np


def first_fit(conflict: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Each vertex, in this order, gets the first colour that no conflicting vertex has.

    With terms in descending order of |coefficient| this is the sorted insertion of
    doi:10.22331/q-2021-01-20-385.

    Args:
        conflict: (n, n) bool, symmetric, False on the diagonal.
        order: (n,) vertices.
    """
    n = len(conflict)
    colour = np.full(n, -1)
    blocked = np.zeros((n, n + 1), dtype=bool)  # of each vertex, colours that conflict
    for v in order:
        c = int(np.argmin(blocked[v]))
        colour[v] = c
        blocked[:, c] |= conflict[v]
    return colour


def largest_first(conflict: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """First fit in descending order of the number of conflicts (doi:10.1093/comjnl/10.1.85).

    Args:
        conflict: (n, n) bool.
        weight: (n,) breaks ties: the heavier first.
    """
    return first_fit(conflict, np.lexsort((-weight, -conflict.sum(axis=1))))


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


def regrouped(
    conflict: np.ndarray, colour: np.ndarray, weight: np.ndarray, order: np.ndarray
) -> np.ndarray:
    """First fit colour class by colour class, which never takes more colours than there were.

    Inside a class the heavier vertices come first. One step of iterated greedy colouring
    (Culberson and Luo, doi:10.1090/dimacs/026/12).

    Args:
        order: (k,) colours, the first to be filled first.
    """
    place = np.empty(order.size, dtype=np.int64)
    place[order] = np.arange(order.size)
    return first_fit(conflict, np.lexsort((-weight, place[colour])))


def iterated_greedy(
    conflict: np.ndarray,
    colour: np.ndarray,
    weight: np.ndarray,
    *,
    rounds: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Regroup again and again, in orders that tend to free a colour; the fewest colours found."""
    best = colour
    for step in range(rounds):
        sizes = np.bincount(colour)
        kind = step % 4
        if kind == 0:
            order = np.argsort(-sizes, kind="stable")
        elif kind == 1:
            order = np.arange(sizes.size)[::-1]
        elif kind == 2:
            order = rng.permutation(sizes.size)
        else:
            order = np.argsort(sizes, kind="stable")
        colour = regrouped(conflict, colour, weight, order)
        if colour.max() < best.max():
            best = colour
    return best


def _rank(weight: np.ndarray) -> np.ndarray:
    """(n,) 0 for the lightest, n - 1 for the heaviest; of equal ones the first is heavier."""
    rank = np.empty(weight.size, dtype=np.int64)
    rank[np.lexsort((-np.arange(weight.size), weight))] = np.arange(weight.size)
    return rank
