from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.measurement import colouring, few_groups, few_shots

seeds = st.integers(0, 2**32 - 1)


def graph(n: int, density: float, seed: int) -> np.ndarray:
    upper = np.triu(np.random.default_rng(seed).random((n, n)) < density, 1)
    return upper | upper.T


def is_proper(conflict: np.ndarray, colour: np.ndarray) -> bool:
    same = colour[:, None] == colour
    used = np.unique(colour)
    return not np.any(conflict & same) and np.array_equal(used, np.arange(used.size))


@given(n=st.integers(1, 25), density=st.floats(0, 1), seed=seeds)
def test_colourings_are_proper(n: int, density: float, seed: int) -> None:
    conflict = graph(n, density, seed)
    weight = np.random.default_rng(seed).random(n)
    order = np.argsort(-weight)
    assert is_proper(conflict, colouring.first_fit(order, conflict.__getitem__))
    assert is_proper(conflict, colouring.dsatur(conflict, weight))
    assert is_proper(conflict, colouring.recursive_largest_first(conflict, weight))


@given(n=st.integers(1, 25), density=st.floats(0, 1), seed=seeds)
def test_first_fit_takes_the_first_colour_that_fits(n: int, density: float, seed: int) -> None:
    conflict = graph(n, density, seed)
    order = np.random.default_rng(seed).permutation(n)
    groups: list[list[int]] = []
    for v in order:  # in words: the first group without a conflict, or a new one
        fitting = [g for g in groups if not any(conflict[v, u] for u in g)]
        if fitting:
            fitting[0].append(v)
        else:
            groups.append([v])
    colour = colouring.first_fit(order, conflict.__getitem__)
    assert [sorted(np.flatnonzero(colour == c)) for c in range(len(groups))] == [
        sorted(g) for g in groups
    ]


@given(a=st.integers(1, 12), b=st.integers(1, 12), seed=seeds)
def test_dsatur_colours_bipartite_graphs_with_two(a: int, b: int, seed: int) -> None:
    # exact for bipartite graphs (Brelaz 1979)
    conflict = np.zeros((a + b, a + b), dtype=bool)
    conflict[:a, a:] = np.random.default_rng(seed).random((a, b)) < 0.4
    conflict |= conflict.T
    colour = colouring.dsatur(conflict, np.ones(a + b))
    assert colour.max() + 1 == (2 if conflict.any() else 1)


@given(n=st.integers(1, 25), density=st.floats(0, 1), seed=seeds)
def test_searches_for_fewer_groups_stay_proper_and_never_lose(
    n: int, density: float, seed: int
) -> None:
    conflict = graph(n, density, seed)
    start = colouring.first_fit(np.arange(n), conflict.__getitem__)
    greedy = few_groups.iterated_greedy(conflict, start, 20, 1)
    fewest = few_groups.fewer_groups(conflict, greedy, 300, 1)
    assert is_proper(conflict, greedy)
    assert is_proper(conflict, fewest)
    assert fewest.max() <= greedy.max() <= start.max()


def test_tabu_search_finds_the_hidden_colouring() -> None:
    # five classes, and two thirds of the edges between them: first fit needs several more
    rng = np.random.default_rng(3)
    hidden = rng.integers(0, 5, size=100)
    conflict = graph(100, 0.67, 4) & (hidden[:, None] != hidden)
    start = colouring.first_fit(np.arange(100), conflict.__getitem__)
    assert start.max() + 1 > 5
    assert few_groups.fewer_groups(conflict, start, 20_000, 0).max() + 1 == 5


@given(n=st.integers(1, 20), density=st.floats(0, 1), seed=seeds)
def test_search_for_fewer_shots(n: int, density: float, seed: int) -> None:
    conflict = graph(n, density, seed)
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(n, n))
    covariance = root @ root.T
    start = colouring.first_fit(np.arange(n), conflict.__getitem__)
    room = int(start.max()) + 2

    def total(group: np.ndarray) -> float:
        members = [np.flatnonzero(group == g) for g in np.unique(group)]
        return float(sum(np.sqrt(covariance[np.ix_(m, m)].sum()) for m in members))

    found = few_shots.fewer_shots(conflict, covariance, start, room, 20, 0)
    assert not np.any(conflict & (found[:, None] == found))
    assert 0 <= found.min() <= found.max() < room
    assert total(found) <= total(start) * (1 + 1e-9)
    again = few_shots.fewer_shots(conflict, covariance, start, room, 20, 0)
    np.testing.assert_array_equal(found, again)


def test_no_room() -> None:
    conflict = ~np.eye(3, dtype=bool)
    found = few_shots.fewer_shots(conflict, np.eye(3), np.full(3, -1), 2, 5, 0)
    np.testing.assert_array_equal(found, [-1, -1, -1])


def test_cancelling_terms_are_put_together() -> None:
    # terms 0 and 1 are opposite, and conflict with none; 2 stands against both
    covariance = np.array([[1.0, -1.0, 0.0], [-1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    conflict = np.zeros((3, 3), dtype=bool)
    start = np.array([0, 1, 0])
    found = few_shots.fewer_shots(conflict, covariance, start, 3, 20, 0)
    assert found[0] == found[1]


@pytest.mark.parametrize("n", [1, 2, 5])
def test_complete_graph(n: int) -> None:
    conflict = ~np.eye(n, dtype=bool)
    colour = colouring.recursive_largest_first(conflict, np.ones(n))
    assert few_groups.fewer_groups(conflict, colour, 50, 0).max() + 1 == n
