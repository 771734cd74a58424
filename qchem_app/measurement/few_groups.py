"""Compiled searches for fewer groups. Arrays in, arrays out."""

from __future__ import annotations

import numba as nb
import numpy as np

from qchem_app.civector.kernels import _CACHE


@nb.njit(cache=_CACHE)
def fewer_groups(conflict: np.ndarray, group: np.ndarray, n_steps: int, seed: int) -> np.ndarray:
    """Remove groups one at a time by tabu search, while each removal takes at most `n_steps`.

    Hertz and de Werra, doi:10.1007/BF02239976: the terms of the smallest group are spread over the
    others, then the term is moved, again and again, whose move resolves the most conflicts.
    """
    np.random.seed(seed)  # Numba's own generator, which no other code sees
    n = group.size
    best = group.copy()
    while True:
        k = best.max()  # number of groups to get by with
        if k == 0:
            return best
        group = _without_smallest(conflict, best)
        clashes = np.zeros((n, k), dtype=np.int64)  # of each term with each group
        for v in range(n):
            for u in range(n):
                if conflict[v, u]:
                    clashes[v, group[u]] += 1
        total = 0
        for v in range(n):
            total += clashes[v, group[v]]
        total //= 2
        least = total
        forbidden = np.zeros((n, k), dtype=np.int64)  # until this step
        for step in range(n_steps):
            if total == 0:
                break
            change, ties, move_v, move_g, clashing = n + 1, 0, -1, -1, 0
            for v in range(n):
                here = clashes[v, group[v]]
                if here == 0:
                    continue
                clashing += 1
                for g in range(k):
                    if g == group[v]:
                        continue
                    d = clashes[v, g] - here
                    if d > change or (forbidden[v, g] > step and total + d >= least):
                        continue
                    ties = 1 if d < change else ties + 1
                    if d < change or np.random.random() * ties < 1:
                        change, move_v, move_g = d, v, g
            if move_v < 0:
                continue  # everything is forbidden for the moment
            before = group[move_v]
            forbidden[move_v, before] = step + 10 * np.random.random() + 0.6 * clashing
            group[move_v] = move_g
            total += change
            least = min(least, total)
            for u in range(n):
                if conflict[u, move_v]:
                    clashes[u, before] -= 1
                    clashes[u, move_g] += 1
        if total > 0:
            return best
        best = group


@nb.njit(cache=_CACHE)
def _without_smallest(conflict: np.ndarray, group: np.ndarray) -> np.ndarray:
    """The terms of the smallest group each put where they clash least."""
    n, k = group.size, group.max()
    sizes = np.zeros(k + 1, dtype=np.int64)
    for v in range(n):
        sizes[group[v]] += 1
    smallest = np.argmin(sizes)
    out = np.empty(n, dtype=np.int64)
    for v in range(n):
        out[v] = -1 if group[v] == smallest else (smallest if group[v] == k else group[v])
    for v in range(n):
        if out[v] >= 0:
            continue
        clashes = np.zeros(k, dtype=np.int64)
        for u in range(n):
            if conflict[v, u] and out[u] >= 0:
                clashes[out[u]] += 1
        out[v] = np.argmin(clashes)
    return out


@nb.njit(cache=_CACHE)
def iterated_greedy(
    conflict: np.ndarray, group: np.ndarray, n_rounds: int, seed: int
) -> np.ndarray:
    """Fill the groups again, one after the other and in another order; the fewest groups found.

    First fit group by group never takes more groups than there were (Culberson and Luo,
    doi:10.1090/dimacs/026/12). Orders are by size, backwards, random, and by size upwards in turn.
    """
    np.random.seed(seed)
    n = group.size
    best = group.copy()
    k = best.max() + 1
    group = group.copy()
    for r in range(n_rounds):
        k_now = group.max() + 1
        key = np.zeros(k_now)
        for v in range(n):
            key[group[v]] += 1.0 if r % 4 == 3 else -1.0
        for g in range(k_now):
            if r % 4 == 1:
                key[g] = -g
            elif r % 4 == 2:
                key[g] = np.random.random()
        blocked = np.zeros((k_now, n), dtype=np.bool_)
        after = np.empty(n, dtype=np.int64)
        for old in np.argsort(key):
            for v in range(n):
                if group[v] != old:
                    continue
                g = 0
                while blocked[g, v]:
                    g += 1
                after[v] = g
                for u in range(n):
                    blocked[g, u] |= conflict[v, u]
        group = after
        if group.max() + 1 < k:
            k = group.max() + 1
            best = group.copy()
    return best
