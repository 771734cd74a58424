"""make_plan: an observable's terms in groups that one circuit each can measure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import numpy as np

from qchem_app.errors import InputError, UsageError
from qchem_app.mapping.pauli import PauliSum, commute, letters
from qchem_app.measurement.diagonalise import diagonalise
from qchem_app.measurement.partition import Method, Preference, group_terms
from qchem_app.measurement.plan import MeasurementGroup, MeasurementPlan, ParityPolynomial

__all__ = ["Method", "Preference", "make_plan"]


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
            is made. None takes 0.99 for the groups of a vector and 0.999 for their shots, and 0.8
            for a basis state: less than one, so that no group counts as free of scatter.

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
    plan = MeasurementPlan(observable, tuple(groups), size, state)
    return plan.with_fractions(size)


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
