from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from qchem_app.backends.base import Estimate, Ledger
from qchem_app.errors import InputError
from qchem_app.vqe.rotosolve import Rotosolve
from qchem_app.vqe.solver import VQEOutcome
from qchem_app.vqe.spsa import SPSA, SPSAState


@pytest.mark.parametrize("name", ["uccsd-h2", "uccsd-h4", "uccsd-h6"])
@pytest.mark.parametrize("scatter", [0.0, 2e-3])
def test_it_lowers_the_energy_from_hartree_fock(
    problem, scattering, name: str, scatter: float
) -> None:
    this = problem(name)
    start = np.zeros(this.ansatz.n_parameters)
    noisy = scattering(this.estimator, scatter)
    found = SPSA(noisy, this.ansatz, iterations=300).run(start)
    before = this.estimator.estimate(start).value - this.exact
    after = this.estimator.estimate(found.theta).value - this.exact
    assert after < 0.05 * before
    assert found.standard_error == scatter
    assert found.iterations == 300
    assert found.evaluations == 1 + 2 * 10 + 2 * 300 + 1
    assert found.ledger.shots == 100 * found.evaluations


def test_a_good_first_guess_is_not_thrown_away(problem, scattering) -> None:
    """The slope alone would call for steps that leave the minimum (docs/decisions.md)."""
    this = problem("uccsd-h6")
    start = this.estimator.estimate(this.ansatz.initial).value
    energies: list[float] = []
    SPSA(scattering(this.estimator, 1e-3), this.ansatz, iterations=60).run(
        on_step=lambda state: energies.append(this.estimator.estimate(state.theta).value)
    )
    assert max(energies) < start + 2e-3
    assert energies[-1] < start


def test_it_says_when_there_is_more_to_gain(problem) -> None:
    this = problem("uccsd-h6")
    start = np.zeros(this.ansatz.n_parameters)
    found = SPSA(this.estimator, this.ansatz, iterations=100).run(start)
    assert this.estimator.estimate(found.theta).value - this.exact > 0.01
    assert not found.converged
    assert re.fullmatch(
        r"not settled: from the third to the last quarter of the steps the energy fell by .* mHa, "
        r"and its slopes promise .* mHa more",
        found.reason,
    )
    few = SPSA(this.estimator, this.ansatz, iterations=10).run(start)
    assert not few.converged
    assert few.reason == "not settled: 10 steps are too few to judge"
    assert few.gradient_norm is None


@pytest.mark.parametrize("scatter", [0.0, 5e-3])
def test_it_says_when_it_has_settled(problem, scattering, scatter: float) -> None:
    this = problem("uccsd-h4")
    found = SPSA(scattering(this.estimator, scatter), this.ansatz, iterations=400).run()
    assert found.converged
    assert this.estimator.estimate(found.theta).value - this.exact < 1e-3
    norm = np.linalg.norm(this.estimator.gradient(found.theta))
    assert found.gradient_norm is None or found.gradient_norm < norm + 0.05


def test_a_norm_that_is_lost_in_scatter_is_not_stated(problem, scattering) -> None:
    this = problem("uccsd-h4")
    found = SPSA(scattering(this.estimator, 0.1), this.ansatz, iterations=60).run()
    assert found.gradient_norm is None


def test_without_parameters_there_is_nothing_to_search(scattering) -> None:
    class Nothing:
        name, n_parameters, spread = "nothing", 0, 0.0
        initial = scale = frequencies = np.zeros(0)

    class Constant:
        def estimate(self, theta: np.ndarray) -> Estimate:
            return Estimate(-1.0, 1e-3, Ledger(shots=10))

    for search in (SPSA(Constant(), Nothing()), Rotosolve(Constant(), Nothing())):
        found = search.run()
        assert found.converged
        assert found.reason == "there is nothing to vary"
        assert found.ledger.shots <= 20


def test_blocking_takes_back_steps_that_raise_the_energy(problem) -> None:
    this = problem("hea-h4")
    energies: list[float] = []
    found = SPSA(this.estimator, this.ansatz, iterations=50, blocking=True, calibration=3).run(
        on_step=lambda state: energies.append(this.estimator.estimate(state.theta).value)
    )
    assert np.all(np.diff(energies) <= 1e-12)
    assert found.evaluations == 1 + 2 * 3 + 3 * 50 + 1


def test_resampling_averages_directions(problem) -> None:
    this = problem("uccsd-h4")
    found = SPSA(this.estimator, this.ansatz, iterations=20, resamplings=3).run()
    assert found.evaluations == 1 + 2 * 10 + 3 * 2 * 20 + 1


def test_the_same_seed_gives_the_same_digits(problem) -> None:
    this = problem("uccsd-h4")
    runs = [SPSA(this.estimator, this.ansatz, iterations=20, seed=s).run() for s in (3, 3, 4)]
    np.testing.assert_array_equal(runs[0].theta, runs[1].theta)
    assert np.abs(runs[0].theta - runs[2].theta).max() > 0


@pytest.mark.parametrize("stop_after", [1, 2, 31])
@pytest.mark.parametrize("blocking", [False, True])
def test_a_resumed_run_is_the_uninterrupted_one(
    problem, scattering, stop_after: int, blocking: bool
) -> None:
    this = problem("uccsd-h4")

    def run(start: SPSAState | None, stop: int | None) -> VQEOutcome:
        seen = 0

        def on_step(state: SPSAState) -> None:
            nonlocal seen, saved
            seen, saved = seen + 1, state
            if seen == stop:
                raise KeyboardInterrupt

        noisy = scattering(this.estimator, 1e-3, seed=5 if start is None else 99)
        solver = SPSA(noisy, this.ansatz, iterations=32, blocking=blocking)
        return solver.run(start, on_step=on_step)

    saved: SPSAState | None = None
    whole = run(None, None)
    with pytest.raises(KeyboardInterrupt):
        run(None, stop_after)
    resumed = run(saved, None)
    np.testing.assert_array_equal(resumed.theta, whole.theta)
    assert [replace(s, seconds=0.0) for s in resumed.trace] == [
        replace(s, seconds=0.0) for s in whole.trace
    ]
    for name in ("energy", "evaluations", "iterations", "converged", "reason", "gradient_norm"):
        assert getattr(resumed, name) == getattr(whole, name)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"iterations": 0}, r"^SPSA needs at least one of its iterations, found 0$"),
        ({"resamplings": -1}, "at least one of its resamplings, found -1"),
        ({"perturbation": 0.0}, "needs a positive first step and perturbation, found 0.1 and 0.0"),
    ],
)
def test_impossible_settings_are_refused(problem, settings: dict, message: str) -> None:
    this = problem("uccsd-h2")
    with pytest.raises(InputError, match=message):
        SPSA(this.estimator, this.ansatz, **settings)


def test_a_start_of_another_ansatz_is_refused(problem) -> None:
    this = problem("uccsd-h2")
    with pytest.raises(InputError, match=r"takes 1 parameters, found \(2,\): the start belongs"):
        SPSA(this.estimator, this.ansatz).run(np.zeros(2))
