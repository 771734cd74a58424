"""How the shots are shared among the groups of a plan, and how many an error takes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Literal, get_args

import numpy as np

from qchem_app.errors import InputError, UsageError
from qchem_app.mapping.pauli import PauliSum
from qchem_app.measurement.moments import Moments
from qchem_app.measurement.plan import MeasurementPlan

#: "uniform": as many for each group. "coefficient": in proportion to a group's sum of
#: |coefficients|. "variance": to its standard deviation at a known state, which is best.
Allocation = Literal["uniform", "coefficient", "variance"]

#: Measures with a plan and so many shots.
Measure = Callable[[MeasurementPlan, int], Moments]

# How far the state that variances are taken from may be trusted. Where it is exact this costs up to
# a third of the shots, where it is only 0.99 of the truth it saves more than that.
_FIDELITY = 0.999
# Shots of the pilot that the variance of the maximally mixed state counts for.
_PRIOR_SHOTS = 1.0
# Nobody will measure more.
_MOST_SHOTS = 10**18


def allocate(
    plan: MeasurementPlan,
    method: Allocation,
    state: np.ndarray | None = None,
    *,
    fidelity: float = _FIDELITY,
) -> MeasurementPlan:
    """The plan with its shots shared by one of the methods.

    The variance of the energy is the sum over groups of V / n, least for n in proportion to the
    square root of V (doi:10.1103/PhysRevA.92.042303).

    Args:
        plan: groups.
        method: see `Allocation`.
        state: (2**n_qubits,) normalised; for "variance" only.
        fidelity: share of `state` in a mixture with the maximally mixed state, at which variances
            are taken, so that no group starves because of a variance that is zero in theory. Give 1
            where there is no noise, and what is expected of the circuit where there is much.

    Raises:
        UsageError: an unknown method, or no state for "variance".
    """
    if method not in get_args(Allocation):
        raise UsageError(
            f"shots can be shared by {', '.join(get_args(Allocation))}, found {method!r}"
        )
    if method == "uniform":
        return plan.with_fractions(np.ones(len(plan.groups)))
    if method == "coefficient":
        weights = np.abs(plan.observable.coefficients)
        return plan.with_fractions(
            np.array([weights[group.terms].sum() for group in plan.groups], dtype=float)
        )
    if state is None:
        raise UsageError("sharing shots by variance needs a state; give one, or choose coefficient")
    return plan.with_fractions(np.sqrt(group_variances(plan, state, fidelity=fidelity)))


def group_variances(
    plan: MeasurementPlan, state: np.ndarray, *, fidelity: float = 1.0
) -> np.ndarray:
    r"""(n_groups,) variance of one shot of each group, Hartree squared.

    .. math:: V_g = \langle O_g^2 \rangle - \langle O_g \rangle^2, \quad
              O_g = \sum_{k \in g} c_k P_k

    which has the covariances of the group's terms in it.

    Args:
        plan: groups without selection of outcomes.
        state: (2**n_qubits,) normalised.
        fidelity: share of `state` in a mixture with the maximally mixed state.

    Raises:
        InputError: a state of the wrong size.
    """
    observable = plan.observable
    if state.shape != (1 << observable.n_qubits,):
        raise InputError(
            f"a state of {observable.n_qubits} qubits has {1 << observable.n_qubits:,} "
            f"amplitudes, found {state.shape}"
        )
    out = np.zeros(len(plan.groups))
    for g, group in enumerate(plan.groups):
        part = PauliSum(
            observable.n_qubits,
            observable.x[group.terms],
            observable.z[group.terms],
            observable.coefficients[group.terms],
        )
        applied = part.apply(state)
        mean = fidelity * float(np.vdot(state, applied).real)
        mixed = float(np.sum(part.coefficients**2))
        square = fidelity * float(np.vdot(applied, applied).real) + (1 - fidelity) * mixed
        out[g] = max(square - mean**2, 0.0)
    return out


def shots_for_error(
    plan: MeasurementPlan, state: np.ndarray, target: float, *, fidelity: float = 1.0
) -> int:
    """The least number of shots whose standard error at a state is no more than `target`.

    Args:
        plan: groups and how they share the shots.
        state: (2**n_qubits,) normalised.
        target: Hartree.
        fidelity: as for `group_variances`.

    Raises:
        UsageError: a target that is not positive, or out of reach.
        InputError: a state of the wrong size.
    """
    return shots_for_variances(plan, group_variances(plan, state, fidelity=fidelity), target)


def shots_for_variances(plan: MeasurementPlan, variances: np.ndarray, target: float) -> int:
    """The least number of shots whose standard error is no more than `target`.

    Args:
        plan: groups and how they share the shots.
        variances: (n_groups,) of one shot of each group, Hartree squared.
        target: Hartree.

    Raises:
        UsageError: a target that is not positive, or out of reach.
    """
    if not target > 0:
        raise UsageError(f"the target for the standard error must be positive, found {target} Ha")
    if len(plan.groups) == 0:
        return 0

    def enough(total: int) -> bool:
        return math.sqrt(float(np.sum(variances / plan.shots(total)))) <= target

    least = len(plan.groups)
    if enough(least):
        return least
    above = 2 * least
    while not enough(above):
        above *= 2
        if above > _MOST_SHOTS:
            raise UsageError(
                f"a standard error of {target:g} Ha takes more than {_MOST_SHOTS:.0e} shots; "
                "choose a larger one"
            )
    while above - least > 1:
        middle = (least + above) // 2
        least, above = (least, middle) if enough(middle) else (middle, above)
    return above


def adaptive_moments(
    measure: Measure, plan: MeasurementPlan, shots: int, *, pilot: float = 0.1
) -> Moments:
    """Measure a pilot, share the other shots by the variances seen in it, and pool both.

    The pilot shares its shots as the plan does, half of them evenly. A variance is taken as if one
    more shot had shown that of the maximally mixed state, so that a group whose pilot happened not
    to vary is not starved.

    Were the scatter that decides a share pooled with the outcomes that it was seen in, the energy
    would be biased: a pilot without rare outcomes would get few shots to correct it. So there are
    two halves, each with its own pilot, and the pilot of one decides the shares of the other. Given
    its shares the outcomes of a half are independent of them, and its mean and variance without
    bias; the result is the mean of both.

    Args:
        measure: with a plan and a number of shots.
        plan: groups.
        shots: of pilots and rest together.
        pilot: share of the shots.

    Raises:
        InputError: fewer shots than there are groups.
    """
    n = len(plan.groups)
    plan.shots(shots)
    first = max(round(pilot * shots / 2), 2 * n)
    halves = shots // 2 - first, shots - shots // 2 - first
    if n == 0 or min(halves) < 2 * n:
        return measure(plan, shots)
    even = plan.with_fractions(plan.fractions + 1 / n)
    done = even.shots(first)
    pilots = measure(even, first), measure(even, first)
    parts = []
    for seen, other, left in zip(pilots, pilots[::-1], halves, strict=True):
        spread = np.sqrt(_regularised(plan, other, done))
        missing = np.maximum(spread / spread.sum() * (first + left) - done, 0.0)
        rest = plan.with_fractions(missing)
        parts.append(_pooled(seen, done, measure(rest, left), rest.shots(left)))
    return Moments.combined(parts, np.array([0.5, 0.5]))


def _regularised(plan: MeasurementPlan, moments: Moments, shots: np.ndarray) -> np.ndarray:
    """(n_groups,) variances of one shot, Hartree squared, never zero."""
    prior = np.array([group.numerator.variance for group in plan.groups])
    seen = moments.group_variances * shots
    return (shots * seen + _PRIOR_SHOTS * prior) / (shots + _PRIOR_SHOTS)


def _pooled(
    first: Moments, first_shots: np.ndarray, second: Moments, second_shots: np.ndarray
) -> Moments:
    """Two measurements of the same groups as one.

    Args:
        first, second: moments.
        first_shots, second_shots: (n_groups,) of each group.
    """
    total = first_shots + second_shots
    a, b = first_shots / total, second_shots / total
    # Variances of one shot are averaged, which is free of bias however the shots were shared.
    freedom = np.maximum(total - 2, 1)
    share = np.maximum(first_shots - 1, 0) / freedom, np.maximum(second_shots - 1, 0) / freedom
    one_shot = (share[0] * first_shots)[:, None, None] * first.covariance
    one_shot += (share[1] * second_shots)[:, None, None] * second.covariance
    loadings = None
    if first.loadings is not None and second.loadings is not None:
        loadings = a[:, None, None] * first.loadings + b[:, None, None] * second.loadings
    return replace(
        first,
        numerator=a * first.numerator + b * second.numerator,
        denominator=a * first.denominator + b * second.denominator,
        covariance=one_shot / total[:, None, None],
        loadings=loadings,
    )
