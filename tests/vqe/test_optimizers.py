from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qchem_app.vqe.optimizers import Progress, lbfgs


def rosenbrock(x: np.ndarray) -> tuple[float, np.ndarray]:
    a, b = x[:-1], x[1:]
    value = float(np.sum(100.0 * (b - a**2) ** 2 + (1.0 - a) ** 2))
    gradient = np.zeros_like(x)
    gradient[:-1] = -400.0 * a * (b - a**2) - 2.0 * (1.0 - a)
    gradient[1:] += 200.0 * (b - a**2)
    return value, gradient


def test_finds_the_minimum_of_a_curved_valley() -> None:
    end = lbfgs(rosenbrock, np.array([-1.2, 1.0, -0.5, 2.0]), tolerance=1e-12, max_iterations=200)
    assert end.status == "converged"
    np.testing.assert_allclose(end.x, 1.0, atol=1e-5)


@given(st.integers(1, 12), st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_predicted_decrease_bounds_the_error_of_a_quadratic(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.normal(size=(n, n)))[0]
    hessian = basis @ np.diag(rng.uniform(0.2, 5.0, n)) @ basis.T
    centre = rng.normal(size=n)

    def quadratic(x: np.ndarray) -> tuple[float, np.ndarray]:
        gradient = hessian @ (x - centre)
        return 0.5 * float((x - centre) @ gradient), gradient

    end = lbfgs(quadratic, np.zeros(n), tolerance=1e-8, max_iterations=200)
    assert end.status == "converged"
    assert 0.0 <= end.value < 1e-8


@pytest.mark.parametrize("stop", [1, 5, 17])
def test_a_resumed_run_takes_the_very_same_steps(stop: int) -> None:
    begin = np.array([-1.2, 1.0, -0.5, 2.0])
    whole: list[Progress] = []
    lbfgs(rosenbrock, begin, tolerance=1e-12, max_iterations=60, on_step=whole.append)
    half = lbfgs(rosenbrock, begin, tolerance=1e-12, max_iterations=stop)
    assert half.status == "iterations"
    rest: list[Progress] = []
    end = lbfgs(rosenbrock, half, tolerance=1e-12, max_iterations=60, on_step=rest.append)
    assert [p.value for p in rest[1:]] == [p.value for p in whole[stop + 1 :]]
    assert end.evaluations == whole[-1].evaluations


def test_a_minimum_at_the_start_costs_one_evaluation() -> None:
    end = lbfgs(rosenbrock, np.ones(3), tolerance=1e-8, max_iterations=10)
    assert (end.status, end.evaluations, end.iteration) == ("converged", 1, 0)


def test_no_variables_is_converged() -> None:
    end = lbfgs(lambda x: (-1.0, np.zeros(0)), np.zeros(0), tolerance=1e-8, max_iterations=10)
    assert (end.status, end.value) == ("converged", -1.0)


def test_wrong_gradient_ends_as_stalled() -> None:
    end = lbfgs(lambda x: (float(x @ x), -2.0 * x), np.ones(2), tolerance=1e-8, max_iterations=50)
    assert end.status == "stalled"
