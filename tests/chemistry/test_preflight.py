"""Forecasts and how they read."""

from __future__ import annotations

import numpy as np
import pytest

from qchem_app.chemistry.preflight import Limits, count, describe, duration, forecast, memory
from qchem_app.planning.cost import available_memory_mb, estimate_cost


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "1"), (1131361, "1,131,361"), (10**9, "1.0e9"), (182 * 10**9, "1.8e11")],
)
def test_count(number: int, text: str) -> None:
    assert count(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.1, "under 1 s"),
        (59, "about 59 s"),
        (600, "about 10 min"),
        (7.2e4, "about 20 h"),
        (8.64e6, "about 100 days"),
        (3.2e9, "about 101 years"),
        (float("inf"), "longer than anyone can wait"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_memory() -> None:
    assert [memory(x) for x in (300, 8700, 1.4e7, float("inf"))] == [
        "300 MB",
        "8.7 GB",
        "14 TB",
        "more memory than there is",
    ]


def test_forecast_counts_integrals_threads_and_fci() -> None:
    orbsym = np.zeros(12, dtype=int)
    engine = estimate_cost(12, (3, 3), orbsym)
    alone = forecast(12, (3, 3), orbsym, Limits(60, 1e4))
    assert alone.memory_mb == pytest.approx(engine.memory_mb + 3 * 8e-6 * 12**4)
    assert alone.seconds == pytest.approx(engine.seconds)
    assert forecast(12, (3, 3), orbsym, Limits(60, 1e4, threads=4)).seconds < alone.seconds
    assert forecast(12, (3, 3), orbsym, Limits(60, 1e4, fci=True)).seconds > alone.seconds


def test_more_determinants_than_a_double_can_count() -> None:
    limits = Limits(1e30, 1e30)
    cost = forecast(700, (350, 350), np.zeros(700, dtype=int), limits)
    assert not limits.allow(cost)
    assert "longer than anyone can wait" in describe(cost)


def test_limits_from_settings() -> None:
    limits = Limits.make(60, None, ("mp2", "fci"), None)
    assert limits == Limits(60, limits.memory_mb, 1, True)
    assert limits.memory_mb == pytest.approx(available_memory_mb(), rel=0.5)
    assert Limits.make(60, 500.0, None, 4) == Limits(60, 500.0, 4, True)  # FCI is cheap
    assert Limits.make(60, 500.0, ("mp2",), 4) == Limits(60, 500.0, 4, False)
