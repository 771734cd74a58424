"""95 % intervals cover the truth in 95 % of repetitions, where the technique is unbiased."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from scipy.stats import binom


@pytest.fixture(scope="module")
def benchmark(repository: Path) -> ModuleType:
    """benchmarks/interval_coverage.py, which holds the cases."""
    path = repository / "benchmarks" / "interval_coverage.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


CASES = (
    "raw",
    "readout inversion",
    "symmetry verification",
    "ZNE, linear",
    "ZNE, exponential",
    "PEC",
)


@pytest.mark.parametrize("name", CASES)
def test_three_hundred_repetitions(benchmark: ModuleType, name: str) -> None:
    (case,) = (case for case in benchmark.CASES if case.name == name)
    if name == "PEC":  # fewer random circuits, for speed
        case = replace(case, stack="pec(150)")
    found = benchmark.run(case, 300, seed=7)
    # beyond this lies one in a thousand on either side
    low, high = binom.ppf([1e-3, 1 - 1e-3], 300, 0.95) / 300
    assert low <= found.covered <= high
    assert found.standard_error == pytest.approx(found.deviation, rel=0.15)


@pytest.mark.slow
def test_a_thousand_repetitions_of_everything(benchmark: ModuleType) -> None:
    covered = {case.name: benchmark.run(case, 1000, seed=0).covered for case in benchmark.CASES}
    assert all(0.93 <= fraction <= 0.97 for fraction in covered.values()), covered
