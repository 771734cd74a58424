from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qchem_app.errors import InputError
from qchem_app.vqe.multistart import MultistartState, multistart
from qchem_app.vqe.solver import VQE


def test_the_lowest_of_several_minima_is_kept(problem) -> None:
    this = problem("hea-h4")
    solver = VQE(this.estimator, this.ansatz, tolerance=1e-6)
    outcome, starts = multistart(solver, 4, seed=10)
    assert outcome.energy == min(starts.energies) == starts.energies[starts.best]
    assert starts.seeds == (10, 11, 12, 13)
    assert starts.spread == pytest.approx(max(starts.energies) - min(starts.energies))
    assert starts.spread > 1e-4  # this landscape has several minima
    assert min(starts.energies) >= this.exact - 1e-9
    assert starts.evaluations >= outcome.evaluations
    assert this.estimator.estimate(outcome.theta).value == pytest.approx(outcome.energy, abs=1e-12)


def test_a_start_depends_on_its_seed_only(problem) -> None:
    this = problem("hea-h4")
    solver = VQE(this.estimator, this.ansatz, tolerance=1e-6)
    _, several = multistart(solver, 3, seed=5)
    alone, _ = multistart(solver, 1, seed=7)
    assert alone.energy == several.energies[2]


def test_the_first_start_is_the_ansatz_own_guess(problem) -> None:
    this = problem("hea-h4")
    solver = VQE(this.estimator, this.ansatz, tolerance=1e-6)
    assert multistart(solver, 1)[0].energy == solver.run().energy


@pytest.mark.parametrize("stop_after", [1, 12, 60])
def test_a_resumed_search_is_the_uninterrupted_one(problem, stop_after: int) -> None:
    this = problem("upccgsd-h4")
    solver = VQE(this.estimator, this.ansatz, tolerance=1e-6)
    saved: MultistartState | None = None
    seen = 0

    def on_step(state: MultistartState) -> None:
        nonlocal seen, saved
        seen, saved = seen + 1, state
        if seen == stop_after:
            raise KeyboardInterrupt

    outcome, starts = multistart(solver, 3)
    with pytest.raises(KeyboardInterrupt):
        multistart(solver, 3, on_step=on_step)
    assert saved is not None
    again, resumed = multistart(solver, 3, resume=saved)
    assert resumed.energies == starts.energies
    np.testing.assert_array_equal(again.theta, outcome.theta)
    assert [replace(s, seconds=0.0) for s in again.trace] == [
        replace(s, seconds=0.0) for s in outcome.trace
    ]


def test_what_makes_no_search_is_refused(problem) -> None:
    this = problem("uccsd-h2")
    solver = VQE(this.estimator, this.ansatz)
    assert len(multistart(solver, 1)[1].energies) == 1
    with pytest.raises(InputError, match=r"^uccsd has a first guess of its own, and 2 starts"):
        multistart(solver, 2)
    with pytest.raises(InputError, match=r"^at least one start is needed, found 0$"):
        multistart(solver, 0)
