from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.errors import InputError
from qchem_app.vqe.rotosolve import Rotosolve, RotosolveState
from qchem_app.vqe.solver import VQE, VQEOutcome

KINDS = ["uccsd-h4", "upccgsd-h4", "hea-h4"]


@given(st.sampled_from(KINDS), st.integers(0, 1000), st.integers(0, 7))
def test_a_coordinate_ends_at_its_lowest_point(
    problem, name: str, seed: int, coordinate: int
) -> None:
    """On a grid, and to second order: frequencies that were too few would show."""
    this = problem(name)
    theta = np.random.default_rng(seed).normal(size=this.ansatz.n_parameters)
    states: list[RotosolveState] = []

    def stop(state: RotosolveState) -> None:
        states.append(state)
        if state.coordinate == coordinate + 1:
            raise StopIteration

    with pytest.raises(StopIteration):
        Rotosolve(this.estimator, this.ansatz).run(theta, on_step=stop)
    end = states[-1]
    np.testing.assert_array_equal(end.theta[coordinate + 1 :], theta[coordinate + 1 :])
    lowest = this.estimator.estimate(end.theta).value
    assert end.current == (pytest.approx(lowest, abs=1e-11), 0.0)
    for x in np.linspace(-np.pi, np.pi, 60):
        point = end.theta.copy()
        point[coordinate] = x
        assert this.estimator.estimate(point).value >= lowest - 1e-11
    gradient = this.estimator.gradient(end.theta)
    assert gradient[coordinate] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("name", ["uccsd-h4", "upccgsd-h4"])
def test_it_finds_the_minimum_that_gradients_find(problem, name: str) -> None:
    this = problem(name)
    expected = VQE(this.estimator, this.ansatz).run()
    found = Rotosolve(this.estimator, this.ansatz, sweeps=100).run(expected.theta + 0.05)
    assert found.converged
    assert found.energy == pytest.approx(expected.energy, abs=1e-5)
    assert found.energy == this.estimator.estimate(found.theta).value
    assert found.standard_error == 0.0


def test_exact_energies_never_rise(problem) -> None:
    this = problem("hea-h4")
    found = Rotosolve(this.estimator, this.ansatz, sweeps=5).run()
    assert np.all(np.diff([step.energy for step in found.trace]) <= 1e-10)
    assert not found.converged
    assert found.reason == "limit of 5 sweeps reached"
    # a rotation takes three energies, of which the current one is known
    assert found.evaluations == 2 + 5 * 2 * this.ansatz.n_parameters


def test_scattering_energies_lead_close_to_the_minimum(problem, scattering) -> None:
    this = problem("uccsd-h4")
    noisy = scattering(this.estimator, 1e-3)
    found = Rotosolve(noisy, this.ansatz).run()
    start = this.estimator.estimate(this.ansatz.initial).value
    error = this.estimator.estimate(found.theta).value - this.exact
    assert error < min(2e-3, start - this.exact)
    assert found.converged
    assert found.standard_error == 1e-3
    assert found.ledger.shots == 100 * found.evaluations


@pytest.mark.parametrize("seed", range(6))
def test_one_flat_sweep_within_scatter_is_not_convergence(problem, scattering, seed: int) -> None:
    this = problem("uccsd-h4")
    noisy = scattering(this.estimator, 0.05, seed=seed)
    one = Rotosolve(noisy, this.ansatz, sweeps=1).run()
    assert not one.converged
    assert one.reason == "limit of 1 sweep reached"
    noisy = scattering(this.estimator, 0.05, seed=seed)
    found = Rotosolve(noisy, this.ansatz, sweeps=8).run()
    if found.converged:
        assert found.iterations >= 2
        assert found.gradient_norm is None
        assert found.reason.startswith("the last two sweeps gained ")


def test_slopes_that_exceed_their_scatter_are_not_convergence(problem, scattering) -> None:
    this = problem("uccsd-h4")
    noisy = scattering(this.estimator, 1e-3)
    search = Rotosolve(noisy, this.ansatz, sweeps=3)
    states: list[RotosolveState] = []
    search.run(np.zeros(this.ansatz.n_parameters), on_step=states.append)
    state = next(state for state in states if state.trace)  # after the first sweep
    step = state.trace[-1]
    assert search._slope(state) == pytest.approx(step.gradient_norm, rel=0.05)
    flat = replace(state, trace=(step, step), sweep=2, first=step.energy)
    assert not search._converged(flat)  # no gain, but slopes
    level = replace(step, gradient_norm=0.0)
    assert search._converged(replace(flat, trace=(level, level)))


@pytest.mark.parametrize("stop_after", [1, 7, 20])
def test_a_resumed_run_is_the_uninterrupted_one(problem, scattering, stop_after: int) -> None:
    this = problem("uccsd-h4")

    def run(start: RotosolveState | None, stop: int | None) -> VQEOutcome:
        seen = 0

        def on_step(state: RotosolveState) -> None:
            nonlocal seen, saved
            seen, saved = seen + 1, state
            if seen == stop:
                raise KeyboardInterrupt

        noisy = scattering(this.estimator, 1e-4, seed=5 if start is None else 99)
        return Rotosolve(noisy, this.ansatz, sweeps=4).run(start, on_step=on_step)

    saved: RotosolveState | None = None
    whole = run(None, None)
    with pytest.raises(KeyboardInterrupt):
        run(None, stop_after)
    resumed = run(saved, None)
    np.testing.assert_array_equal(resumed.theta, whole.theta)
    assert [replace(s, seconds=0.0) for s in resumed.trace] == [
        replace(s, seconds=0.0) for s in whole.trace
    ]
    for name in ("energy", "evaluations", "iterations", "converged", "reason"):
        assert getattr(resumed, name) == getattr(whole, name)


def test_impossible_settings_are_refused(problem) -> None:
    this = problem("uccsd-h2")
    with pytest.raises(InputError, match=r"^Rotosolve needs at least one sweep, found 0$"):
        Rotosolve(this.estimator, this.ansatz, sweeps=0)
    with pytest.raises(InputError, match="tolerance must be positive"):
        Rotosolve(this.estimator, this.ansatz, tolerance=0.0)
    with pytest.raises(InputError, match=r"takes 1 parameters, found \(3,\): the start belongs"):
        Rotosolve(this.estimator, this.ansatz).run(np.zeros(3))
