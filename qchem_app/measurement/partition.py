"""group_terms: which terms of an observable one circuit measures together."""

from __future__ import annotations

from typing import Literal

import numpy as np

from qchem_app.mapping.pauli import PauliSum, commute
from qchem_app.measurement import colouring
from qchem_app.measurement.covariance import mixed_covariance, overlaps

#: "qubit-wise": equal letters wherever two terms of a group both act, measured with single-qubit
#: gates. "fully-commuting": fewer circuits and fewer shots, for some CNOTs in each circuit.
Method = Literal["qubit-wise", "fully-commuting"]
#: What a grouping is chosen for: the fewest shots, or the fewest circuits.
Preference = Literal["shots", "groups"]

# Beyond this many terms the matrices of conflicts and covariances take too much memory.
_LARGEST_SEARCH = 4000
# Starts for a grouping with few groups, and effort of the searches for one group less.
_STARTS, _GREEDY, _TABU_STEPS = 5, 80, 10_000
# Rounds of the search for fewer shots, and (terms**2 * groups) that all of them may take.
_ROUNDS, _WORK = 2000, 3e10
# How far a state that is called known is trusted when terms are grouped and when shots are shared:
# groups for a less pure state are nearly as good for a pure one, shares are not. A determinant
# stands for a state that is not known.
_TRUST, _TRUST_IN_DETERMINANT = (0.99, 0.999), (0.8, 0.8)


def group_terms(
    terms: PauliSum,
    method: Method,
    *,
    prefer: Preference = "shots",
    state: np.ndarray | int | None = None,
    fidelity: float | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    r"""The group of each term, and the standard deviation of each group in one shot.

    With shots shared in the best way, a standard error of e takes
    :math:`(\sum_g \sigma_g)^2 / e^2` shots. For "shots" that sum is minimised, from sorted
    insertion, by moving terms between groups (`few_shots.fewer_shots`). For "groups" the number of
    groups is minimised first (`few_groups`, from two colourings with several orders of
    ties), and then the sum among groupings of that number. Without a state, sigma is
    :math:`(\sum_k c_k^2)^{1/2}`, that of the maximally mixed state.

    Args:
        terms: without the identity.
        method, prefer, state, fidelity: as for `make_plan`.

    Returns:
        (n_terms,) int64 from 0 to n_groups - 1, and (n_groups,) Hartree, the largest first.
    """
    from qchem_app.measurement import few_shots

    n = len(terms)
    if n == 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    weight = np.abs(terms.coefficients)
    insertion = np.argsort(-weight, kind="stable")
    if n > _LARGEST_SEARCH:
        group = colouring.first_fit(insertion, lambda v: conflicts(terms, method, v))
        return _largest_first(group, np.sqrt(np.bincount(group, weights=weight**2)))
    conflict = np.array([conflicts(terms, method, v) for v in range(n)])
    to_group, to_share = _scatter(terms, state, fidelity)
    group = colouring.first_fit(insertion, conflict.__getitem__)
    if prefer == "groups":
        group = _few_groups(conflict, weight, group)
    room = int(group.max()) + 1
    starts = [group]
    if prefer == "shots":
        room += room // 4
        starts.append(np.full(n, -1))  # everything is placed where it costs least
    tried = [few_shots.fewer_shots(conflict, to_group, start, room, 0, 0) for start in starts]
    possible = [group for group in tried if group.min() >= 0]
    group = min(possible, key=lambda group: float(_deviations(group, to_group).sum()))
    rounds = int(min(_ROUNDS, _WORK / (n * n * room)))
    group = few_shots.fewer_shots(conflict, to_group, group, room, rounds, 0)
    return _largest_first(group, _deviations(group, to_share))


def _scatter(
    terms: PauliSum, state: np.ndarray | int | None, fidelity: float | None
) -> tuple[np.ndarray, np.ndarray]:
    """Covariances of the terms by which they are grouped, and by which shots are shared."""
    if state is None:
        diagonal = np.diag(terms.coefficients**2)
        return diagonal, diagonal
    of_state = overlaps(terms, state)
    trust = _TRUST if isinstance(state, np.ndarray) else _TRUST_IN_DETERMINANT
    grouped_at, shared_at = trust if fidelity is None else (fidelity, fidelity)
    to_group = mixed_covariance(terms, of_state, grouped_at)
    if shared_at == grouped_at:
        return to_group, to_group
    return to_group, mixed_covariance(terms, of_state, shared_at)


def conflicts(terms: PauliSum, method: Method, k: int) -> np.ndarray:
    """(n_terms,) bool: which terms cannot be measured together with term k."""
    x, z = terms.x, terms.z
    if method == "fully-commuting":
        return np.asarray(~commute(x[k], z[k], x, z))
    both = (x[k] | z[k]) & (x | z)
    return np.asarray(((x[k] ^ x) | (z[k] ^ z)) & both != 0)


def _few_groups(conflict: np.ndarray, weight: np.ndarray, group: np.ndarray) -> np.ndarray:
    """The fewest groups that are found in a few seconds."""
    from qchem_app.measurement import few_groups

    best = group
    steps = min(_TABU_STEPS, 30 * weight.size)
    for start in range(_STARTS):
        ties = np.random.default_rng(start).random(weight.size) if start else weight
        for method in (colouring.dsatur, colouring.recursive_largest_first):
            found = few_groups.iterated_greedy(conflict, method(conflict, ties), _GREEDY, start)
            found = few_groups.fewer_groups(conflict, found, steps, start)
            if found.max() < best.max():
                best = found
    return best


def _deviations(group: np.ndarray, scatter: np.ndarray) -> np.ndarray:
    """(n_groups,) of one shot."""
    member = np.zeros((group.size, int(group.max()) + 1))
    member[np.arange(group.size), group] = 1.0
    return np.sqrt(np.maximum(np.einsum("kg,kg->g", member, scatter @ member), 0.0))


def _largest_first(group: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Groups renumbered by descending size, empty ones left out."""
    order = np.argsort(-size, kind="stable")
    order = order[np.isin(order, group)]
    place = np.full(size.size, -1)
    place[order] = np.arange(order.size)
    return place[group], size[order]
