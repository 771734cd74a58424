"""Rotosolve: exact minimisation along one parameter after the other."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from qchem_app.ansatz.base import Ansatz
from qchem_app.backends.base import Estimator, Ledger
from qchem_app.errors import InputError
from qchem_app.vqe.meter import Meter
from qchem_app.vqe.solver import Step, VQEOutcome
from qchem_app.vqe.trigonometric import TrigonometricPolynomial

# Standard errors beyond which a gain or a slope is more than scatter.
_SIGNIFICANT = 2.0


@dataclass(frozen=True, eq=False)
class RotosolveState:
    """Where a minimisation stands; everything that the next coordinate depends on.

    Attributes:
        theta: (n_parameters,) radians.
        coordinate: the parameter that is next.
        sweep: finished sweeps.
        first: energy at the start, Hartree.
        current: (energy, standard error) at theta, Hartree.
        squares: sum of the squared slopes that this sweep has met.
        evaluations, ledger: what was spent.
        trace: every finished sweep. Measured energies in it are minima of fits to scattering
            values, and so lie low on average; gradients are the slopes that the sweep met.
        estimator_state: of the estimator's generator, None where it has none.
    """

    theta: np.ndarray
    coordinate: int
    sweep: int
    first: float
    current: tuple[float, float]
    squares: float
    evaluations: int
    ledger: Ledger
    trace: tuple[Step, ...]
    estimator_state: dict[str, Any] | None


class Rotosolve:
    """Sequential minimal optimisation without gradients or step lengths.

    Along one parameter the energy is a trigonometric polynomial of known degree R, so that
    2 R + 1 energies give all of it, and its lowest point. R is 1 for a single rotation
    (doi:10.22331/q-2021-01-28-391, doi:10.1103/PhysRevResearch.2.043158), 2 for an excitation,
    whose generator has the eigenvalues 0 and +-i (doi:10.1038/s42005-025-02375-9), and the sum
    where several share a parameter; the ansatz tells. Exact energies are carried over from one
    parameter to the next, which saves one of the 2 R + 1; measured ones are measured again, so
    that their errors do not add up.

    Args:
        estimator: gives energies.
        ansatz: the parameters' first guess and frequencies.
        sweeps: most passes over all parameters.
        tolerance: Hartree; converged when a sweep gains less than this. Where energies scatter,
            two sweeps in a row must each gain less than this or than twice the standard error of
            what they gained, and the slopes that the last one met must not exceed their scatter.

    Raises:
        InputError: no sweeps, or a tolerance that is not positive.
    """

    def __init__(
        self,
        estimator: Estimator,
        ansatz: Ansatz,
        *,
        sweeps: int = 20,
        tolerance: float = 1e-6,
    ) -> None:
        if sweeps < 1:
            raise InputError(f"Rotosolve needs at least one sweep, found {sweeps}")
        if not tolerance > 0:
            raise InputError(f"the energy tolerance must be positive, found {tolerance}")
        self.estimator, self.ansatz = estimator, ansatz
        self.sweeps, self.tolerance = sweeps, tolerance

    def run(
        self,
        start: np.ndarray | RotosolveState | None = None,
        *,
        on_step: Callable[[RotosolveState], None] | None = None,
    ) -> VQEOutcome:
        """Minimise.

        Args:
            start: parameters, a saved state, or None for the ansatz's own guess.
            on_step: sees the state after every parameter; what it raises stops the run.

        Raises:
            InputError: parameters that are not this ansatz's.
        """
        if isinstance(start, RotosolveState):
            state = start
            self._check(state.theta)
            measure = Meter(self.estimator, state.evaluations, state.ledger, state.estimator_state)
        else:
            theta = np.array(self.ansatz.initial if start is None else start, dtype=float)
            self._check(theta)
            measure = Meter(self.estimator)
            first = measure(theta)
            state = RotosolveState(
                theta=theta,
                coordinate=0,
                sweep=0,
                first=first.value,
                current=(first.value, first.standard_error),
                squares=0.0,
                evaluations=measure.evaluations,
                ledger=measure.ledger,
                trace=(),
                estimator_state=measure.random_state,
            )
        begin = time.perf_counter() - (state.trace[-1].seconds if state.trace else 0.0)
        while state.theta.size and state.sweep < self.sweeps and not self._converged(state):
            state = self._minimised(state, measure)
            if state.coordinate == state.theta.size:
                norm, seconds = math.sqrt(state.squares), time.perf_counter() - begin
                step = Step(state.sweep + 1, state.current[0], norm, seconds)
                trace = (*state.trace, step)
                state = replace(
                    state, coordinate=0, sweep=state.sweep + 1, squares=0.0, trace=trace
                )
            if on_step:
                on_step(state)
        return self._finish(state, measure)

    def _minimised(self, state: RotosolveState, measure: Meter) -> RotosolveState:
        """The state after the minimisation along its coordinate."""
        d = state.coordinate
        degree = int(self.ansatz.frequencies[d]) if d < state.theta.size else 0
        if degree == 0:
            return replace(state, coordinate=min(d + 1, state.theta.size))
        n = 2 * degree + 1
        values, variances = np.empty(n), np.empty(n)
        for j in range(n):
            if j == 0 and state.current[1] == 0.0:
                values[j], variances[j] = state.current[0], 0.0
                continue
            point = state.theta.copy()
            point[d] += 2 * math.pi * j / n
            estimate = measure(point)
            values[j], variances[j] = estimate.value, estimate.standard_error**2
        curve = TrigonometricPolynomial.through(values)
        shift, lowest = curve.minimum()
        theta = state.theta.copy()
        theta[d] = math.remainder(theta[d] + shift, 2 * math.pi)
        return replace(
            state,
            theta=theta,
            coordinate=d + 1,
            # the squares of the weights with which the values enter any point add up to one
            current=(lowest, math.sqrt(float(variances.mean()))),
            squares=state.squares + float(curve(0.0, 1)) ** 2,
            evaluations=measure.evaluations,
            ledger=measure.ledger,
            estimator_state=measure.random_state,
        )

    def _converged(self, state: RotosolveState) -> bool:
        """Whether the last finished sweeps gained next to nothing."""
        if state.coordinate or not state.trace:
            return False
        error = state.current[1]
        gained = self._gains(state)
        if error == 0.0:
            return gained[-1] < self.tolerance
        most = max(self.tolerance, _SIGNIFICANT * math.sqrt(2) * error)
        return len(gained) > 1 and max(gained[-2:]) < most and self._slope(state) is None

    def _gains(self, state: RotosolveState) -> list[float]:
        """By how much each finished sweep lowered the energy, Hartree."""
        energies = [state.first, *(step.energy for step in state.trace)]
        return [before - after for before, after in pairwise(energies)]

    def _slope(self, state: RotosolveState) -> float | None:
        """Norm of the slopes that the last sweep met; None where their scatter explains it.

        The slope at one of 2 R + 1 equidistant values of standard error s, taken from the
        polynomial through them, has the variance s^2 R (R + 1) / 3.
        """
        norm = state.trace[-1].gradient_norm if state.trace else 0.0
        degrees = np.asarray(self.ansatz.frequencies, dtype=float)
        variances = state.current[1] ** 2 * degrees * (degrees + 1) / 3
        scatter = float(variances.sum())
        if scatter == 0.0:
            return norm
        most = scatter + _SIGNIFICANT * math.sqrt(2 * float(np.sum(variances**2)))
        return math.sqrt(norm**2 - scatter) if norm**2 > most else None

    def _reason(self, state: RotosolveState, converged: bool) -> str:
        if not state.theta.size:
            return "there is nothing to vary"
        if not converged:
            sweeps = "1 sweep" if self.sweeps == 1 else f"{self.sweeps} sweeps"
            return f"limit of {sweeps} reached"
        error = math.sqrt(2) * state.current[1] * 1e3
        if error == 0.0:
            return "the last sweep gained less than the tolerance"
        first, last = (1e3 * gain for gain in self._gains(state)[-2:])
        return (
            f"the last two sweeps gained {first:.2f} and {last:.2f} mHa, each +- {error:.2f} mHa, "
            "and their slopes are within their scatter"
        )

    def _check(self, theta: np.ndarray) -> None:
        if theta.shape != self.ansatz.initial.shape:
            raise InputError(
                f"{self.ansatz.name} takes {self.ansatz.n_parameters} parameters, found "
                f"{theta.shape}: the start belongs to another ansatz"
            )

    def _finish(self, state: RotosolveState, measure: Meter) -> VQEOutcome:
        final = measure(state.theta)
        converged = not state.theta.size or self._converged(state)
        return VQEOutcome(
            theta=state.theta,
            energy=final.value,
            converged=converged,
            reason=self._reason(state, converged),
            iterations=state.sweep,
            evaluations=measure.evaluations,
            gradient_norm=self._slope(state),
            trace=state.trace,
            standard_error=final.standard_error,
            ledger=measure.ledger,
        )
