"""make_plan: an observable's terms in groups that one circuit each can measure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np

from qchem_app.errors import InputError, UsageError
from qchem_app.mapping.pauli import PauliSum, commute, letters
from qchem_app.measurement import colouring
from qchem_app.measurement.diagonalise import diagonalise
from qchem_app.measurement.plan import MeasurementGroup, MeasurementPlan, ParityPolynomial

#: "qubit-wise": equal letters wherever two terms of a group both act, measured with single-qubit
#: gates. "fully-commuting": fewer circuits and fewer shots, for some CNOTs in each circuit.
Method = Literal["qubit-wise", "fully-commuting"]
#: What a grouping is chosen for: the fewest shots, or the fewest circuits.
Preference = Literal["shots", "groups"]

_ROUNDS = 100


def make_plan(
    observable: PauliSum,
    method: Method = "qubit-wise",
    *,
    symmetries: Sequence[tuple[int, int]] = (),
    prefer: Preference = "shots",
) -> MeasurementPlan:
    """Group the terms of an observable and find the circuits that measure the groups.

    Shots are shared in proportion to each group's sum of |coefficients|; `allocation` has better
    ways where something is known of the state.

    Args:
        observable: its identity term needs no measurement.
        method: which terms may stand together.
        symmetries: (mask, parity) of Z strings with the eigenvalue (-1)**parity. A fully commuting
            group measures them along with its terms; a qubit-wise group where its basis is Z on
            all qubits of the mask.
        prefer: what to minimise.

    Raises:
        UsageError: an unknown method or preference.
        InputError: a symmetry that does not commute with every term.
    """
    if method not in get_args(Method):
        raise UsageError(
            f"the grouping must be one of {', '.join(get_args(Method))}, found {method!r}"
        )
    if prefer not in get_args(Preference):
        raise UsageError(
            f"grouping prefers one of {', '.join(get_args(Preference))}, found {prefer!r}"
        )
    observable = observable.simplified()
    place = np.flatnonzero((observable.x != 0) | (observable.z != 0))
    terms = PauliSum(
        observable.n_qubits,
        observable.x[place],
        observable.z[place],
        observable.coefficients[place],
    )
    _check_symmetries(terms, symmetries)
    colour = group_terms(terms, method, prefer)
    groups = []
    for g in range(int(colour.max(initial=-1)) + 1):
        members = np.flatnonzero(colour == g)
        groups.append(_measured(terms, members, place[members], method, symmetries))
    norms = np.bincount(colour, weights=np.abs(terms.coefficients))
    return MeasurementPlan(observable, tuple(groups), norms / max(norms.sum(), 1e-300))


def group_terms(terms: PauliSum, method: Method, prefer: Preference) -> np.ndarray:
    r"""The group of each term: (n_terms,) int64 from 0 to n_groups - 1, the heaviest group first.

    Sorted insertion and three colourings of the conflict graph are tried and improved. What counts
    for shots is :math:`\sum_g (\sum_{k \in g} c_k^2)^{1/2}`: its square over the squared target
    error is the number of shots if every term had the variance of a coin and none were correlated.

    Args:
        terms: without the identity.
        method, prefer: as for `make_plan`.
    """
    if len(terms) == 0:
        return np.zeros(0, dtype=np.int64)
    conflict = conflicts(terms, method)
    weight = np.abs(terms.coefficients)
    starts = [
        colouring.first_fit(conflict, np.argsort(-weight, kind="stable")),
        colouring.dsatur(conflict, weight),
        colouring.recursive_largest_first(conflict, weight),
    ]
    candidates = []
    for start in starts:
        if prefer == "groups":
            rng = np.random.default_rng(0)
            start = colouring.iterated_greedy(conflict, start, weight, rounds=_ROUNDS, rng=rng)
        candidates.append(_concentrated(conflict, start, weight))

    def cost(colour: np.ndarray) -> tuple[float, float]:
        number, norm = float(colour.max()), float(_norms(colour, weight).sum())
        return (number, norm) if prefer == "groups" else (norm, number)

    best = min(candidates, key=cost)
    order = np.argsort(-_norms(best, weight), kind="stable")
    place = np.empty(order.size, dtype=np.int64)
    place[order] = np.arange(order.size)
    return place[best]


def conflicts(terms: PauliSum, method: Method) -> np.ndarray:
    """(n_terms, n_terms) bool: which terms cannot be measured together."""
    x, z = terms.x, terms.z
    if method == "fully-commuting":
        return np.asarray(~commute(x[:, None], z[:, None], x, z))
    both = (x | z)[:, None] & (x | z)
    return np.asarray(((x[:, None] ^ x) | (z[:, None] ^ z)) & both != 0)


def _norms(colour: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(n_groups,) square root of each group's sum of squared weights."""
    return np.sqrt(np.bincount(colour, weights=weight**2))


def _concentrated(conflict: np.ndarray, colour: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Terms moved into heavier groups while that lowers the sum of the norms."""
    while True:
        order = np.argsort(-_norms(colour, weight), kind="stable")
        after = colouring.regrouped(conflict, colour, weight, order)
        if _norms(after, weight).sum() > _norms(colour, weight).sum() * (1 - 1e-12):
            return colour
        colour = after


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
