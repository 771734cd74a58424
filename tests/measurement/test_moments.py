from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from qchem_app.backends.base import TWO_SIDED_95
from qchem_app.backends.simulator import IdealSampler
from qchem_app.circuits.circuit import Circuit
from qchem_app.mapping.pauli import PauliSum
from qchem_app.measurement.counts import Counts
from qchem_app.measurement.grouping import make_plan
from qchem_app.measurement.moments import Moments
from qchem_app.measurement.plan import MeasurementGroup, MeasurementPlan, ParityPolynomial

GetMeasured = Callable[..., Any]


def one_group(numerator: ParityPolynomial, denominator: ParityPolynomial) -> MeasurementPlan:
    observable = PauliSum.from_strings(2, [("II", 0.3)])
    group = MeasurementGroup(Circuit(2), np.zeros(0, dtype=np.int64), numerator, denominator)
    return MeasurementPlan(observable, (group,), np.ones(1))


def drawn(outcomes: tuple[int, ...]) -> Counts:
    """Counts of a list of outcomes."""
    counter = Counter(outcomes)
    keys = np.array(sorted(counter), dtype=np.uint64)
    weights = np.array([counter[int(key)] / len(outcomes) for key in keys])
    return Counts(keys, weights, len(outcomes))


PLAN = one_group(
    ParityPolynomial(np.array([0, 1, 2, 3], dtype=np.uint64), np.array([0.2, -0.7, 0.4, 1.1])),
    ParityPolynomial.one(),
)
PROBABILITIES = np.array([0.5, 0.2, 0.3, 0.0])


@pytest.mark.parametrize("shots", [2, 3, 4])
def test_variance_of_few_shots_is_right_on_average(shots: int) -> None:
    # over every possible list of outcomes, with its probability
    values = PLAN.groups[0].numerator.values(np.arange(4, dtype=np.uint64))
    true = PROBABILITIES @ values**2 - (PROBABILITIES @ values) ** 2
    mean = variance = 0.0
    for outcomes in product(range(4), repeat=shots):
        chance = float(np.prod(PROBABILITIES[list(outcomes)]))
        if chance == 0.0:
            continue
        moments = Moments.of(PLAN, [drawn(outcomes)])
        mean += chance * moments.energy
        variance += chance * moments.variance
    assert mean == pytest.approx(0.3 + PROBABILITIES @ values)
    assert variance == pytest.approx(true / shots)


def test_a_single_shot_is_not_taken_for_certain() -> None:
    moments = Moments.of(PLAN, [drawn((1,))])
    assert moments.variance == pytest.approx(0.7**2 + 0.4**2 + 1.1**2)


def test_outcomes_that_never_vary() -> None:
    moments = Moments.of(PLAN, [drawn((2,) * 50)])
    assert moments.variance == 0.0
    assert math.isfinite(moments.energy)


def test_expected_counts_predict_the_scatter() -> None:
    expected = Counts.from_probabilities(PROBABILITIES, 500, None)
    rng = np.random.default_rng(1)
    repeated = [
        Moments.of(PLAN, [Counts.from_probabilities(PROBABILITIES, 500, rng)]) for _ in range(2000)
    ]
    predicted = Moments.of(PLAN, [expected])
    energies = np.array([moments.energy for moments in repeated])
    assert predicted.energy == pytest.approx(energies.mean(), abs=4 * energies.std() / 44)
    assert predicted.variance == pytest.approx(energies.var(), rel=0.15)


def test_ratio_has_the_variance_of_its_repetitions() -> None:
    half = np.array([0.5, 0.5])
    keep = ParityPolynomial(np.array([0, 3], dtype=np.uint64), half)
    plan = one_group(PLAN.groups[0].numerator * keep, keep)
    p = np.array([0.55, 0.1, 0.15, 0.2])
    rng = np.random.default_rng(2)
    repeated = [Moments.of(plan, [Counts.from_probabilities(p, 800, rng)]) for _ in range(2000)]
    energies = np.array([moments.energy for moments in repeated])
    predicted = np.mean([moments.variance for moments in repeated])
    assert predicted == pytest.approx(energies.var(), rel=0.15)
    values = PLAN.groups[0].numerator.values(np.array([0, 3], dtype=np.uint64))
    exact = 0.3 + (0.55 * values[0] + 0.2 * values[1]) / 0.75
    assert energies.mean() == pytest.approx(exact, abs=0.005)


def test_nothing_kept() -> None:
    keep = ParityPolynomial(np.array([0, 1], dtype=np.uint64), np.array([0.5, 0.5]))
    plan = one_group(PLAN.groups[0].numerator * keep, keep)
    assert math.isnan(Moments.of(plan, [drawn((1, 1))]).energy)


def test_average_of_independent_parts() -> None:
    parts = [Moments.of(PLAN, [drawn((0, 1, 2))]), Moments.of(PLAN, [drawn((1, 1, 2))])]
    both = Moments.combined(parts, np.array([0.25, 0.75]))
    assert both.energy == pytest.approx(0.25 * parts[0].energy + 0.75 * parts[1].energy)
    assert both.variance == pytest.approx(parts[0].variance / 16 + parts[1].variance * 9 / 16)


@pytest.mark.parametrize("molecule", [("h2", "full"), ("lih", "2,3")])
@pytest.mark.parametrize(("method", "known"), [("qubit-wise", False), ("fully-commuting", True)])
def test_intervals_cover_the_truth(
    measured: GetMeasured, molecule: tuple[str, str], method: Any, known: bool
) -> None:
    problem = measured(*molecule)
    plan = make_plan(problem.operator, method, state=problem.state if known else None)
    shots = plan.shots(5_000)
    settings = [group.setting for group in plan.groups]
    exact = IdealSampler(threads=1).sample_state(
        problem.state.astype(complex), settings, None, None
    )
    rng = np.random.default_rng(11)
    covered = 0
    for _ in range(1000):
        counts = []
        for count, n in zip(exact, shots, strict=True):
            seen = rng.multinomial(n, count.weights) / n
            counts.append(replace(count, weights=seen, shots=int(n)))
        moments = Moments.of(plan, counts)
        half = TWO_SIDED_95 * math.sqrt(moments.variance)
        covered += abs(moments.energy - problem.energy) < half
    assert 930 <= covered <= 970
