from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.errors import InputError
from qchem_app.mapping.pauli import PauliSum
from qchem_app.measurement.grouping import make_plan
from qchem_app.measurement.plan import MeasurementPlan, ParityPolynomial

seeds = st.integers(0, 2**32 - 1)


def plan_of(fractions: list[float]) -> MeasurementPlan:
    """A plan with so many groups."""
    plan = make_plan(PauliSum.from_strings(1, [("X", 1.0)]))
    groups = plan.groups * len(fractions)
    return replace(plan, groups=groups).with_fractions(np.array(fractions))


def polynomial(n: int, n_terms: int, seed: int) -> ParityPolynomial:
    rng = np.random.default_rng(seed)
    masks = rng.integers(0, 2**n, size=n_terms, dtype=np.uint64)
    return ParityPolynomial(masks, rng.normal(size=n_terms))


@given(
    weights=st.lists(st.floats(0, 1), min_size=1, max_size=30).filter(lambda w: sum(w) > 0),
    more=st.integers(0, 10_000),
)
def test_shots_add_up(weights: list[float], more: int) -> None:
    plan, n = plan_of(weights), len(weights)
    total = n + more
    shots = plan.shots(total)
    assert shots.sum() == total
    least = 2 if total >= 2 * n else 1
    assert np.all(shots >= least)
    assert np.all(np.abs(shots - least - plan.fractions * (total - least * n)) <= 1)


def test_too_few_shots() -> None:
    with pytest.raises(InputError, match="2 shots cannot be shared among 3 measurement circuits"):
        plan_of([1.0, 1.0, 1.0]).shots(2)


@given(n=st.integers(1, 5), a=st.integers(0, 8), b=st.integers(0, 8), seed=seeds)
def test_products(n: int, a: int, b: int, seed: int) -> None:
    first, second = polynomial(n, a, seed), polynomial(n, b, seed + 1)
    outcomes = np.arange(2**n, dtype=np.uint64)
    product = first * second
    assert np.unique(product.masks).size == product.masks.size
    np.testing.assert_allclose(
        product.values(outcomes), first.values(outcomes) * second.values(outcomes), atol=1e-12
    )


@given(n=st.integers(1, 5), seed=seeds)
def test_variance_over_all_outcomes(n: int, seed: int) -> None:
    some = polynomial(n, 6, seed) * ParityPolynomial.one()  # merges equal masks
    outcomes = np.arange(2**n, dtype=np.uint64)
    assert some.variance == pytest.approx(some.values(outcomes).var(), abs=1e-12)


@given(n=st.integers(1, 4), seed=seeds)
def test_factors_in_place_of_signs(n: int, seed: int) -> None:
    some, rng = polynomial(n, 5, seed), np.random.default_rng(seed)
    factors = rng.normal(size=(n, 2))
    outcomes = np.arange(2**n, dtype=np.uint64)
    expected = [
        sum(
            c * np.prod([factors[q, b >> q & 1] for q in range(n) if int(m) >> q & 1])
            for m, c in zip(some.masks, some.coefficients, strict=True)
        )
        for b in range(2**n)
    ]
    np.testing.assert_allclose(some.values(outcomes, factors), expected, atol=1e-12)
    signs = np.tile([1.0, -1.0], (n, 1))
    np.testing.assert_allclose(some.values(outcomes, signs), some.values(outcomes), atol=1e-12)


def test_nothing_to_share_by() -> None:
    plan = plan_of([1.0, 2.0]).with_fractions(np.zeros(2))
    np.testing.assert_array_equal(plan.fractions, [0.5, 0.5])
    empty = make_plan(PauliSum.from_strings(1, [("I", 1.0)]))
    assert empty.shots(5).size == empty.with_fractions(np.zeros(0)).fractions.size == 0
