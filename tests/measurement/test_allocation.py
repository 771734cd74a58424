from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qchem_app.backends.simulator import IdealSampler
from qchem_app.errors import InputError, UsageError
from qchem_app.mapping.pauli import PauliSum
from qchem_app.measurement.allocation import (
    adaptive_moments,
    allocate,
    group_variances,
    shots_for_error,
    shots_for_variances,
)
from qchem_app.measurement.grouping import make_plan
from qchem_app.measurement.moments import Moments
from qchem_app.measurement.plan import MeasurementPlan

seeds = st.integers(0, 2**32 - 1)
RandomSum = Callable[[int, int, int], PauliSum]
RandomState = Callable[[int, int], np.ndarray]
GetMeasured = Callable[..., Any]


def sample(
    plan: MeasurementPlan, state: np.ndarray, shots: int | None, rng: np.random.Generator | None
) -> Moments:
    split = None if shots is None else plan.shots(shots)
    settings = [group.setting for group in plan.groups]
    sampler = IdealSampler(threads=1)
    return Moments.of(plan, sampler.sample_state(state.astype(complex), settings, split, rng))


@settings(max_examples=20)
@given(
    n=st.integers(1, 4),
    method=st.sampled_from(["qubit-wise", "fully-commuting"]),
    seed=seeds,
)
def test_variances_are_those_of_the_outcomes(
    n: int, method: Any, seed: int, random_sum: RandomSum, random_state: RandomState
) -> None:
    plan, state = make_plan(random_sum(n, 20, seed), method), random_state(n, seed)
    settings = [group.setting for group in plan.groups]
    counts = IdealSampler(threads=1).sample_state(state, settings, None, None)
    for group, count, variance in zip(
        plan.groups, counts, group_variances(plan, state), strict=True
    ):
        values = group.numerator.values(count.outcomes)
        seen = count.weights @ values**2 - (count.weights @ values) ** 2
        assert variance == pytest.approx(seen, abs=1e-10)


@settings(max_examples=30)
@given(n=st.integers(1, 3), fidelity=st.sampled_from([0.0, 0.3, 1.0]), seed=seeds)
def test_variances_in_a_mixture(
    n: int, fidelity: float, seed: int, random_sum: RandomSum, random_state: RandomState
) -> None:
    plan, state = make_plan(random_sum(n, 15, seed)), random_state(n, seed)
    rho = fidelity * np.outer(state, state.conj()) + (1 - fidelity) * np.eye(2**n) / 2**n
    told = plan.observable
    found = group_variances(plan, state, fidelity=fidelity)
    for group, variance in zip(plan.groups, found, strict=True):
        k = group.terms
        part = PauliSum(n, told.x[k], told.z[k], told.coefficients[k]).matrix().toarray()
        mean = np.trace(rho @ part).real
        expected = np.trace(rho @ part @ part).real - mean**2
        assert variance == pytest.approx(expected, abs=1e-10)


@settings(max_examples=20)
@given(seed=seeds)
def test_sharing_by_variance_is_best(
    seed: int, random_sum: RandomSum, random_state: RandomState
) -> None:
    plan, state = make_plan(random_sum(3, 30, seed)), random_state(3, seed)
    variances = group_variances(plan, state)

    def error(split: MeasurementPlan) -> float:
        return float(np.sum(variances / split.fractions))

    best = error(allocate(plan, "variance", state, fidelity=1.0))
    assert best == pytest.approx(np.sqrt(variances).sum() ** 2)
    assert best <= error(allocate(plan, "uniform")) * (1 + 1e-9)
    assert best <= error(allocate(plan, "coefficient")) * (1 + 1e-9)


def test_no_group_starves() -> None:
    # |00> is an eigenstate of ZZ, not of XI
    plan = make_plan(PauliSum.from_strings(2, [("ZZ", 1.0), ("XI", 0.1)]))
    shared = allocate(plan, "variance", np.eye(4)[0])
    assert np.all(shared.fractions > 0.2)
    certain = allocate(plan, "variance", np.eye(4)[0], fidelity=1.0)
    assert sorted(certain.shots(100)) == [2, 98]
    assert np.all(plan.fractions > 0)


def test_by_coefficient() -> None:
    plan = make_plan(PauliSum.from_strings(1, [("I", 5.0), ("X", -3.0), ("Z", 1.0)]))
    fractions = allocate(plan, "coefficient").fractions
    np.testing.assert_allclose(np.sort(fractions), [0.25, 0.75])
    np.testing.assert_allclose(allocate(plan, "uniform").fractions, [0.5, 0.5])


def test_wrong_requests() -> None:
    plan = make_plan(PauliSum.from_strings(1, [("X", 1.0)]))
    with pytest.raises(UsageError, match="shots can be shared by uniform, coefficient, variance"):
        allocate(plan, "best")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="needs a state"):
        allocate(plan, "variance")
    with pytest.raises(InputError, match="a state of 1 qubits has 2 amplitudes"):
        group_variances(plan, np.ones(4))
    for target in (0.0, -1.0, float("nan")):
        with pytest.raises(UsageError, match="target for the standard error must be positive"):
            shots_for_variances(plan, np.ones(1), target)
    with pytest.raises(UsageError, match="takes more than 1e"):
        shots_for_variances(plan, np.ones(1), 1e-12)


@settings(max_examples=30)
@given(
    variances=st.lists(st.floats(0, 10), min_size=1, max_size=12),
    target=st.floats(1e-4, 1.0),
    seed=seeds,
)
def test_least_shots_for_an_error(variances: list[float], target: float, seed: int) -> None:
    n = len(variances)
    strings = [("X" * q + "Z" + "I" * (n - 1 - q), 1.0 + q) for q in range(n)]
    plan = make_plan(PauliSum.from_strings(n, strings))
    assert len(plan.groups) == n
    plan = plan.with_fractions(np.random.default_rng(seed).random(n) + 1e-3)
    of_groups = np.array(variances)

    def error(total: int) -> float:
        return float(np.sqrt(np.sum(of_groups / plan.shots(total))))

    shots = shots_for_variances(plan, of_groups, target)
    assert error(shots) <= target
    assert shots == n or error(shots - 1) > target * (1 - 1e-6)


def test_target_error_is_met(measured: GetMeasured) -> None:
    problem = measured("h2")
    plan = make_plan(problem.operator, state=problem.state)
    shots = shots_for_error(plan, problem.state, 5e-3)
    rng = np.random.default_rng(4)
    energies = [sample(plan, problem.state, shots, rng).energy for _ in range(600)]
    assert np.std(energies) == pytest.approx(5e-3, rel=0.1)
    assert shots_for_error(plan, problem.state, 5e-4) == pytest.approx(100 * shots, rel=0.01)


@pytest.mark.parametrize("known", [False, True])
def test_adaptive_shots(measured: GetMeasured, known: bool) -> None:
    problem = measured("lih", "2,3")
    plan = make_plan(problem.operator, state=problem.state if known else None)
    plan = plan if known else allocate(plan, "coefficient")
    rng = np.random.default_rng(5)
    spent = []

    def measure(plan: MeasurementPlan, shots: int) -> Moments:
        spent.append(shots)
        return sample(plan, problem.state, shots, rng)

    repeated = [adaptive_moments(measure, plan, 6_000) for _ in range(250)]
    assert sum(spent) == 250 * 6_000
    assert len(spent) == 1000
    energies = np.array([moments.energy for moments in repeated])
    errors = np.sqrt([moments.variance for moments in repeated])
    assert abs(energies.mean() - problem.energy) < 4 * energies.std() / 15.8
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(energies.std(), rel=0.15)
    covered = np.mean(np.abs(energies - problem.energy) < 1.96 * errors)
    assert 0.91 < covered < 0.985
    best = np.sqrt(group_variances(plan, problem.state)).sum() / np.sqrt(6_000)
    as_given = np.sqrt(np.sum(group_variances(plan, problem.state) / plan.shots(6_000)))
    assert errors.mean() < 1.25 * best
    if not known:
        assert errors.mean() < 0.6 * as_given


def test_adaptive_with_too_few_shots_measures_once() -> None:
    plan = make_plan(PauliSum.from_strings(1, [("X", 1.0), ("Z", 1.0)]))
    asked = []

    def measure(plan: MeasurementPlan, shots: int) -> Moments:
        asked.append(shots)
        return sample(plan, np.array([1.0, 0.0]), shots, np.random.default_rng(0))

    adaptive_moments(measure, plan, 15)
    assert asked == [15]


def test_adaptive_does_not_starve_a_group_that_did_not_vary() -> None:
    # an outcome of probability 1/1000 that a pilot of about 50 shots rarely sees
    angle = 2 * np.arcsin(np.sqrt(1e-3))
    state = np.array([np.cos(angle / 2), np.sin(angle / 2)])
    plan = make_plan(PauliSum.from_strings(1, [("X", 0.01), ("Z", 1.0)]))
    rng = np.random.default_rng(7)
    splits = []

    def measure(plan: MeasurementPlan, shots: int) -> Moments:
        splits.append((shots, plan.shots(shots)))
        return sample(plan, state, shots, rng)

    for _ in range(20):
        adaptive_moments(measure, plan, 1000)
    of_z = [int(plan.observable.z[group.terms[0]]) for group in plan.groups].index(1)
    assert min(split[of_z] for shots, split in splits if shots > 100) > 200
