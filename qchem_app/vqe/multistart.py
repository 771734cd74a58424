"""Multistart: several seeded first guesses, of which the lowest minimum is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qchem_app.ansatz.base import random_guess
from qchem_app.errors import InputError
from qchem_app.vqe.solver import VQE, Step, VQEOutcome, VQEState


@dataclass(frozen=True)
class Starts:
    """The minima that several first guesses led to.

    Attributes:
        energies: Hartree, in the order of the starts.
        seeds: of the first guesses.
        converged: whether each search converged.
        best: place of the lowest.
        evaluations: energy-and-gradient evaluations of all starts together.
    """

    energies: tuple[float, ...]
    seeds: tuple[int, ...]
    converged: tuple[bool, ...]
    best: int
    evaluations: int

    @property
    def spread(self) -> float:
        """Highest minus lowest minimum, Hartree."""
        return max(self.energies) - min(self.energies)


@dataclass(frozen=True)
class MultistartState:
    """An unfinished search: what finished starts found, and where the current one stands."""

    finished: tuple[VQEOutcome, ...]
    current: VQEState | None = None

    @property
    def trace(self) -> tuple[Step, ...]:
        """Every accepted step of the current start."""
        return self.current.trace if self.current else ()


def multistart(
    vqe: VQE,
    n_starts: int,
    *,
    seed: int = 0,
    resume: MultistartState | None = None,
    on_step: Callable[[MultistartState], None] | None = None,
) -> tuple[VQEOutcome, Starts]:
    """Minimise from `n_starts` random first guesses and keep the lowest.

    The guesses are those that the ansatz's own function makes for the seeds seed, seed + 1, ...
    A start that ends higher than another is not an error: ansätze that are not built on the
    reference have many minima (doi:10.1021/acs.jctc.8b01004), and the spread says so.

    Args:
        vqe: the estimator, the ansatz and when to stop.
        n_starts: number of first guesses.
        seed: of the first one.
        resume: go on from here, step by step as if nothing had been interrupted.
        on_step: sees the state after every accepted step; what it raises stops the run.

    Raises:
        InputError: no starts, or an ansatz without random first guesses.
    """
    ansatz = vqe.ansatz
    if n_starts < 1:
        raise InputError(f"at least one start is needed, found {n_starts}")
    if n_starts > 1 and ansatz.spread == 0:
        raise InputError(
            f"{ansatz.name} has a first guess of its own, and {n_starts} starts would end in the "
            "same place: ask for one start"
        )
    finished: list[VQEOutcome] = list(resume.finished) if resume else []
    for k in range(len(finished), n_starts):
        start: np.ndarray | VQEState | None = None
        if resume and resume.current and k == len(resume.finished):
            start = resume.current
        elif ansatz.spread > 0:
            start = random_guess(ansatz.n_parameters, ansatz.spread, seed + k)
        before = tuple(finished)
        finished.append(vqe.run(start, on_step=_reporter(on_step, before)))
    energies = tuple(outcome.energy for outcome in finished)
    best = int(np.argmin(energies))
    starts = Starts(
        energies=energies,
        seeds=tuple(range(seed, seed + n_starts)),
        converged=tuple(outcome.converged for outcome in finished),
        best=best,
        evaluations=sum(outcome.evaluations for outcome in finished),
    )
    return finished[best], starts


def _reporter(
    on_step: Callable[[MultistartState], None] | None, finished: tuple[VQEOutcome, ...]
) -> Callable[[VQEState], None] | None:
    if on_step is None:
        return None
    report = on_step
    return lambda state: report(MultistartState(finished, state))
