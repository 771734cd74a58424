"""make_plan: an observable's terms in groups that one circuit each can measure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np

from qchem_app.errors import InputError, UsageError
from qchem_app.mapping.pauli import PauliSum, commute, letters
from qchem_app.measurement import colouring
from qchem_app.measurement.covariance import covariance
from qchem_app.measurement.diagonalise import diagonalise
from qchem_app.measurement.plan import MeasurementGroup, MeasurementPlan, ParityPolynomial

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
# How far a state that is called known may be trusted, and a determinant in its place.
_FIDELITY, _DETERMINANT_FIDELITY = 0.99, 0.8


def make_plan(
    observable: PauliSum,
    method: Method = "qubit-wise",
    *,
    symmetries: Sequence[tuple[int, int]] = (),
    prefer: Preference = "shots",
    state: np.ndarray | int | None = None,
    fidelity: float | None = None,
) -> MeasurementPlan:
    """Group the terms of an observable and find the circuits that measure the groups.

    The shots are shared in proportion to the groups' standard deviations at `state`, or to the
    square roots of their sums of squared coefficients where no state is given.

    Args:
        observable: its identity term needs no measurement.
        method: which terms may stand together.
        symmetries: (mask, parity) of Z strings with the eigenvalue (-1)**parity. A fully commuting
            group measures them along with its terms; a qubit-wise group where its basis is Z on
            all qubits of the mask.
        prefer: what to minimise.
        state: what will be measured, as far as it is known: a (2**n_qubits,) vector, or the index
            of a basis state such as the Hartree-Fock determinant. Terms whose errors cancel at it
            are put together, which saves half of the shots and more. Any other state is measured
            without bias as well, with more shots.
        fidelity: share of `state` in a mixture with the maximally mixed state, for which the plan
            is made; 0.99 for a vector and 0.8 for a basis state when None. Less than one, so that
            no group counts as free of scatter.

    Raises:
        UsageError: an unknown method or preference.
        InputError: a symmetry that does not commute with every term; a state of the wrong size.
    """
    for value, allowed, what in ((method, Method, "method"), (prefer, Preference, "preference")):
        if value not in get_args(allowed):
            raise UsageError(
                f"the grouping {what} must be one of {', '.join(get_args(allowed))}, "
                f"found {value!r}"
            )
    observable = observable.simplified()
    place = np.flatnonzero((observable.x != 0) | (observable.z != 0))
    terms = observable.without_constant()
    _check_symmetries(terms, symmetries)
    group, size = group_terms(terms, method, prefer=prefer, state=state, fidelity=fidelity)
    groups = []
    for g in range(size.size):
        members = np.flatnonzero(group == g)
        groups.append(_measured(terms, members, place[members], method, symmetries))
    return MeasurementPlan(observable, tuple(groups), size / max(size.sum(), 1e-300), state)


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
    if state is None:
        scatter = np.diag(weight**2)
    else:
        if fidelity is None:
            fidelity = _FIDELITY if isinstance(state, np.ndarray) else _DETERMINANT_FIDELITY
        scatter = covariance(terms, state, fidelity)
    group = colouring.first_fit(insertion, conflict.__getitem__)
    if prefer == "groups":
        group = _few_groups(conflict, weight, group)
    room = int(group.max()) + 1
    starts = [group]
    if prefer == "shots":
        room += room // 4
        starts.append(np.full(n, -1))  # everything is placed where it costs least
    rounds = int(min(_ROUNDS, _WORK / max(n * n * room, 1)))

    def size(group: np.ndarray) -> np.ndarray:
        return _standard_deviations(group, scatter)

    tried = [few_shots.fewer_shots(conflict, scatter, start, room, 0, 0) for start in starts]
    group = min((t for t in tried if t.min() >= 0), key=lambda t: float(size(t).sum()))
    group = few_shots.fewer_shots(conflict, scatter, group, room, rounds, 0)
    return _largest_first(group, size(group))


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


def _standard_deviations(group: np.ndarray, scatter: np.ndarray) -> np.ndarray:
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


def _measured(
    terms: PauliSum,
    members: np.ndarray,
    place: np.ndarray,
    method: Method,
    symmetries: Sequence[tuple[int, int]],
) -> MeasurementGroup:
    x, z = terms.x[members], terms.z[members]
    off_z = int(np.bitwise_or.reduce(x))
    read = [method == "fully-commuting" or not mask & off_z for mask, _ in symmetries]
    checks = np.array(
        [mask for (mask, _), here in zip(symmetries, read, strict=True) if here], dtype=np.uint64
    )
    found = diagonalise(
        terms.n_qubits, np.concatenate([x, np.zeros_like(checks)]), np.concatenate([z, checks])
    )
    n = members.size
    numerator = ParityPolynomial(found.masks[:n], terms.coefficients[members] * found.signs[:n])
    signed = zip(found.masks[n:], found.signs[n:], strict=True)
    parities: list[tuple[int, int] | None] = []
    for (_, parity), here in zip(symmetries, read, strict=True):
        if not here:
            parities.append(None)
            continue
        measured, sign = next(signed)
        parities.append((int(measured), int(parity) ^ int(sign < 0)))
    return MeasurementGroup(
        found.circuit, place, numerator, ParityPolynomial.one(), tuple(parities)
    )


def _check_symmetries(terms: PauliSum, symmetries: Sequence[tuple[int, int]]) -> None:
    for mask, _ in symmetries:
        wrong = np.flatnonzero(~commute(terms.x, terms.z, np.uint64(0), np.uint64(mask)))
        if wrong.size:
            k = wrong[0]
            term = letters(int(terms.x[k]), int(terms.z[k]), terms.n_qubits)
            raise InputError(
                f"{letters(0, mask, terms.n_qubits)} is not a symmetry of the observable: it does "
                f"not commute with {term}"
            )
