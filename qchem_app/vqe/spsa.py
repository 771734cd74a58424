"""SPSA: stochastic descent for energies that scatter, two of them a step."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qchem_app.ansatz.base import Ansatz
from qchem_app.backends.base import Estimate, Estimator, Ledger
from qchem_app.errors import InputError
from qchem_app.vqe.meter import Meter
from qchem_app.vqe.solver import Step, VQEOutcome

# Spall's exponents of the step and the perturbation (doi:10.1109/7.705889).
_STEP_DECAY = 0.602
_PERTURBATION_DECAY = 0.101
# Share of the iterations by which the step's decay is delayed, and that is averaged in the end.
_STABILITY = 0.1
_AVERAGED = 0.1
# Standard errors by which an energy may rise and still be taken, with blocking.
_TOLERATED_RISE = 2.0
# Steps without which nothing can be said about convergence.
_FEWEST = 40


@dataclass(frozen=True, eq=False)
class SPSAState:
    """Where a minimisation stands; everything that the next step depends on.

    Attributes:
        theta: (n_parameters,) radians.
        iteration: steps taken.
        gain: of the first step, in the scaled parameters, 1 / Hartree; 0 before calibration.
        curvature: trace of the Hessian in the scaled parameters at the start, Hartree.
        tail: (n_parameters,) sum of the last iterates.
        tail_count: how many they are.
        slopes: sum of the squared slopes of the last quarter of the steps, less what scatter of
            the energies adds to them, Hartree^2 per radian^2.
        accepted: (energy, standard error) at theta, Hartree; None without blocking.
        evaluations, ledger: what was spent.
        trace: every step; its energies are means of the two at a distance from theta, less what
            the curvature at the start adds there.
        random_state: of the generator of directions.
        estimator_state: of the estimator's own generator, None where it has none.
    """

    theta: np.ndarray
    iteration: int
    gain: float
    curvature: float
    tail: np.ndarray
    tail_count: int
    slopes: float
    accepted: tuple[float, float] | None
    evaluations: int
    ledger: Ledger
    trace: tuple[Step, ...]
    random_state: dict[str, Any]
    estimator_state: dict[str, Any] | None


class SPSA:
    """Simultaneous perturbation stochastic approximation (doi:10.1109/9.119632).

    Each step measures the energy at two opposite points in a random direction, whatever the
    number of parameters. Parameters are scaled by the square root of their expected curvature.
    The first step's length is calibrated: from the slopes in some random directions, as in
    doi:10.1038/nature23879, but no longer than the measured curvature allows, so that a good
    first guess is not thrown away. The result is the average of the last iterates
    (doi:10.1137/0330046), measured anew.

    Args:
        estimator: gives energies.
        ansatz: the parameters' first guess and scale.
        iterations: number of steps.
        first_step: root mean square change of a parameter in the first step that is aimed at,
            radians.
        perturbation: root mean square distance of the measured points in each parameter, radians.
        calibration: random directions in which slope and curvature are measured beforehand.
        resamplings: directions that are averaged in each step.
        blocking: measure the energy after each step, and take back a step that raises it by more
            than twice its standard error.
        tolerance: Hartree; "converged" means that both the energy's fall from the third to the
            last quarter of the steps, and the further fall that the slopes of the last quarter
            promise at the curvature of the start, are below this, or not significant.
        seed: of the directions.

    Raises:
        InputError: numbers that make no search.
    """

    def __init__(
        self,
        estimator: Estimator,
        ansatz: Ansatz,
        *,
        iterations: int = 200,
        first_step: float = 0.1,
        perturbation: float = 0.1,
        calibration: int = 10,
        resamplings: int = 1,
        blocking: bool = False,
        tolerance: float = 1e-3,
        seed: int = 0,
    ) -> None:
        for name, count in (
            ("iterations", iterations),
            ("calibration directions", calibration),
            ("resamplings", resamplings),
        ):
            if count < 1:
                raise InputError(f"SPSA needs at least one of its {name}, found {count}")
        if not (first_step > 0 and perturbation > 0):
            raise InputError(
                "SPSA needs a positive first step and perturbation, found "
                f"{first_step} and {perturbation} radians"
            )
        self.estimator, self.ansatz = estimator, ansatz
        self.iterations, self.calibration, self.resamplings = iterations, calibration, resamplings
        self.first_step, self.perturbation = first_step, perturbation
        self.blocking, self.tolerance, self.seed = blocking, tolerance, seed
        # theta = x / unit: equal curvature along every x, and radians on average
        unit = np.sqrt(2.0 * ansatz.scale)
        self._unit = unit * math.sqrt(float(np.mean(unit**-2.0))) if unit.size else unit
        self._expected_curvature = float(np.sum(2.0 * ansatz.scale / self._unit**2))

    def run(
        self,
        start: np.ndarray | SPSAState | None = None,
        *,
        on_step: Callable[[SPSAState], None] | None = None,
    ) -> VQEOutcome:
        """Minimise.

        Args:
            start: parameters, a saved state, or None for the ansatz's own guess.
            on_step: sees the state after the calibration and every step; what it raises stops
                the run.

        Raises:
            InputError: parameters that are not this ansatz's.
        """
        state = start if isinstance(start, SPSAState) else self._begin(start)
        if state.theta.shape != self.ansatz.initial.shape:
            raise InputError(
                f"{self.ansatz.name} takes {self.ansatz.n_parameters} parameters, found "
                f"{state.theta.shape}: the start belongs to another ansatz"
            )
        rng = np.random.default_rng()
        rng.bit_generator.state = state.random_state
        measure = Meter(self.estimator, state.evaluations, state.ledger, state.estimator_state)
        begin = time.perf_counter() - (state.trace[-1].seconds if state.trace else 0.0)
        if not state.theta.size:
            return self._finish(state, measure)
        if not state.gain:
            state = self._saved(self._calibrated(state, measure, rng), measure, rng)
            if on_step:
                on_step(state)
        while state.iteration < self.iterations:
            state = self._saved(self._step(state, measure, rng, begin), measure, rng)
            if on_step:
                on_step(state)
        return self._finish(state, measure)

    def _begin(self, theta: np.ndarray | None) -> SPSAState:
        theta = np.array(self.ansatz.initial if theta is None else theta, dtype=float)
        return SPSAState(
            theta=theta,
            iteration=0,
            gain=0.0,
            curvature=0.0,
            tail=np.zeros_like(theta),
            tail_count=0,
            slopes=0.0,
            accepted=None,
            evaluations=0,
            ledger=Ledger(),
            trace=(),
            random_state=dict(np.random.default_rng(self.seed).bit_generator.state),
            estimator_state=None,
        )

    def _calibrated(self, state: SPSAState, measure: Meter, rng: np.random.Generator) -> SPSAState:
        """The state with the gain of the first step."""
        middle = measure(state.theta)
        slopes, curvatures = [], []
        c = self.perturbation
        for _ in range(self.calibration):
            up, down, _ = self._pair(state.theta, c, measure, rng)
            slopes.append((up.value - down.value) / (2 * c))
            curvatures.append((up.value + down.value - 2 * middle.value) / c**2)
        # The mean square of the slopes is |gradient|^2, the mean curvature the Hessian's trace:
        # a step along one random direction gains most at a gain of one over it.
        slope = math.sqrt(float(np.mean(np.square(slopes))))
        curvature = float(np.mean(curvatures))
        highest = max(curvature, self._expected_curvature)
        aimed = self.first_step / slope if slope > 0 else np.inf
        gain = min(aimed, 1.0 / highest) if highest > 0 else self.first_step
        accepted = (middle.value, middle.standard_error) if self.blocking else None
        return replace(state, gain=gain, curvature=curvature, accepted=accepted)

    def _step(
        self, state: SPSAState, measure: Meter, rng: np.random.Generator, begin: float
    ) -> SPSAState:
        k = state.iteration
        delay = _STABILITY * self.iterations
        gain = state.gain * ((1 + delay) / (k + 1 + delay)) ** _STEP_DECAY
        c = self.perturbation / (k + 1) ** _PERTURBATION_DECAY
        gradient, energies, squares = np.zeros_like(state.theta), [], []
        scatter = 0.0
        for _ in range(self.resamplings):
            up, down, direction = self._pair(state.theta, c, measure, rng)
            slope = (up.value - down.value) / (2 * c)
            gradient += slope * direction / self.resamplings
            energies.append((up.value + down.value - c**2 * state.curvature) / 2)
            squares.append(slope**2)
            scatter += (up.standard_error**2 + down.standard_error**2) / (4 * c**2)
        theta = state.theta - gain * gradient / self._unit
        accepted = state.accepted
        if accepted is not None:
            new = measure(theta)
            error = math.hypot(new.standard_error, accepted[1])
            if new.value > accepted[0] + _TOLERATED_RISE * error:
                theta = state.theta
            else:
                accepted = (new.value, new.standard_error)
        in_quarter = k >= self.iterations - self.iterations // 4
        slopes = float(np.sum(squares) - scatter) / self.resamplings
        in_tail = k >= self.iterations - max(1, round(_AVERAGED * self.iterations))
        step = Step(
            iteration=k + 1,
            energy=float(np.mean(energies)),
            # slopes in random directions have |gradient| as their root mean square
            gradient_norm=math.sqrt(float(np.mean(squares))),
            seconds=time.perf_counter() - begin,
        )
        return replace(
            state,
            theta=theta,
            iteration=k + 1,
            tail=state.tail + theta if in_tail else state.tail,
            tail_count=state.tail_count + in_tail,
            slopes=state.slopes + (slopes if in_quarter else 0.0),
            accepted=accepted,
            trace=(*state.trace, step),
        )

    def _pair(
        self, theta: np.ndarray, c: float, measure: Meter, rng: np.random.Generator
    ) -> tuple[Estimate, Estimate, np.ndarray]:
        """Energies at both ends of a random direction of signs, and the direction."""
        direction = 2.0 * rng.integers(0, 2, size=theta.size) - 1.0
        shift = c * direction / self._unit
        return measure(theta + shift), measure(theta - shift), direction

    def _saved(self, state: SPSAState, measure: Meter, rng: np.random.Generator) -> SPSAState:
        return replace(
            state,
            evaluations=measure.evaluations,
            ledger=measure.ledger,
            random_state=dict(rng.bit_generator.state),
            estimator_state=measure.random_state,
        )

    def _finish(self, state: SPSAState, measure: Meter) -> VQEOutcome:
        theta = state.tail / state.tail_count if state.tail_count else state.theta
        final = measure(theta)
        fall, fall_error = _last_fall([step.energy for step in state.trace])
        promise, promise_error, norm = self._promise(state)
        settled = fall < max(self.tolerance, 2 * fall_error) and promise < max(
            self.tolerance, 2 * promise_error
        )
        reason = (
            f"from the third to the last quarter of the steps the energy fell by {fall * 1e3:.2f} "
            f"+- {fall_error * 1e3:.2f} mHa, and its slopes promise {promise * 1e3:.2f} +- "
            f"{promise_error * 1e3:.2f} mHa more"
        )
        known = promise > 2 * promise_error
        if len(state.trace) < _FEWEST:
            settled, known, reason = False, False, f"{len(state.trace)} steps are too few to judge"
        if not theta.size:
            settled, reason = True, "there is nothing to vary"
        return VQEOutcome(
            theta=theta,
            energy=final.value,
            converged=settled,
            reason=reason if settled else f"not settled: {reason}",
            iterations=state.iteration,
            evaluations=measure.evaluations,
            gradient_norm=norm if known else None,
            trace=state.trace,
            standard_error=final.standard_error,
            ledger=measure.ledger,
        )

    def _promise(self, state: SPSAState) -> tuple[float, float, float]:
        """What is left to gain and its standard error, Hartree, and the gradient's norm."""
        recent = state.trace[len(state.trace) - len(state.trace) // 4 :]
        count = max(1, len(recent))
        square = max(state.slopes / count, 0.0)
        raw = float(np.sum([step.gradient_norm**2 for step in recent])) / count
        error = raw * math.sqrt(2 / (count * self.resamplings))
        curvature = max(state.curvature, self._expected_curvature) / max(1, state.theta.size)
        half = 0.5 / curvature if curvature > 0 else 0.0
        return half * square, half * error, math.sqrt(square)


def _last_fall(energies: list[float]) -> tuple[float, float]:
    """How much the mean falls from the third to the last quarter, and its standard error."""
    quarter = len(energies) // 4
    if quarter < 2:
        return 0.0, 0.0
    before, after = np.array(energies[-2 * quarter : -quarter]), np.array(energies[-quarter:])
    error = math.sqrt((np.var(before, ddof=1) + np.var(after, ddof=1)) / quarter)
    return float(before.mean() - after.mean()), error
