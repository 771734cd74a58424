"""Quasi-Newton minimisation whose state can be saved at every step and picked up again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

# Strong Wolfe conditions, the usual constants for quasi-Newton directions.
_ARMIJO = 1e-4
_CURVATURE = 0.9
_MEMORY = 40
# Rotation angles: a step beyond this leaves the region that the model knows about.
_LONGEST_STEP = 1.0


@dataclass(frozen=True)
class Progress:
    """Where a minimisation stands; everything that the next step depends on.

    Attributes:
        x: (n,) point.
        value, gradient: at `x`.
        steps, changes: up to 40 last differences of `x` and of the gradient, oldest first.
        iteration: accepted steps.
        evaluations: calls of the function.
        predicted: decrease that the quasi-Newton model still expects, in the units of `value`.
        last_decrease: what the last step gained.
        status: "running", "converged", "iterations" (limit reached) or "stalled" (no lower value
            found along the direction of descent).
    """

    x: np.ndarray
    value: float
    gradient: np.ndarray
    steps: tuple[np.ndarray, ...] = ()
    changes: tuple[np.ndarray, ...] = ()
    iteration: int = 0
    evaluations: int = 1
    predicted: float = np.inf
    status: str = "running"
    last_decrease: float = np.inf

    @classmethod
    def at(cls, x: np.ndarray, value: float, gradient: np.ndarray) -> Progress:
        """A minimisation that has only looked at its starting point."""
        return cls(x, value, gradient, predicted=0.5 * float(gradient @ gradient))


def lbfgs(
    function: Callable[[np.ndarray], tuple[float, np.ndarray]],
    start: np.ndarray | Progress,
    *,
    tolerance: float,
    max_iterations: int,
    on_step: Callable[[Progress], None] | None = None,
) -> Progress:
    """Minimise by limited-memory BFGS (Nocedal and Wright, doi:10.1007/978-0-387-40065-5, ch. 7).

    Converged when the model expects less than `tolerance` / 10 of further decrease and the last
    step gained less than 10 `tolerance`. The model's inverse Hessian starts as the unit matrix:
    scale the variables so that this is a fair guess.

    Args:
        function: value and gradient at a point.
        start: a point, or the state of an earlier run to continue from, step by step as if it
            had not been interrupted.
        tolerance: in the units of the value.
        max_iterations: accepted steps, counted over all runs.
        on_step: called after the first evaluation and after each accepted step.
    """
    if isinstance(start, Progress):
        now = replace(start, status="running")
    else:
        now = Progress.at(start, *function(start))
    if on_step:
        on_step(now)
    while True:
        if now.predicted <= 0.1 * tolerance and (
            now.last_decrease <= 10 * tolerance or now.predicted <= 1e-6 * tolerance
        ):
            return replace(now, status="converged")
        if now.iteration >= max_iterations:
            return replace(now, status="iterations")
        following = _step(function, now)
        if following is None and now.steps:
            # the model misled: forget it and try plain descent once
            bare = replace(now, steps=(), changes=())
            following = _step(function, bare)
        if following is None:
            return replace(now, status="stalled")
        now = following
        if on_step:
            on_step(now)


def _direction(now: Progress) -> np.ndarray:
    """Two-loop recursion."""
    q = -now.gradient
    pairs = list(zip(now.steps, now.changes, strict=True))
    stack = []
    for s, y in reversed(pairs):
        rho = 1.0 / float(y @ s)
        alpha = rho * float(s @ q)
        q = q - alpha * y
        stack.append((rho, alpha))
    for (s, y), (rho, alpha) in zip(pairs, reversed(stack), strict=True):
        q = q + (alpha - rho * float(y @ q)) * s
    return q


def _step(
    function: Callable[[np.ndarray], tuple[float, np.ndarray]], now: Progress
) -> Progress | None:
    """One accepted step, or None where no lower value was found."""
    direction = _direction(now)
    longest = float(np.abs(direction).max(initial=0.0))
    if longest > _LONGEST_STEP:
        direction = direction * (_LONGEST_STEP / longest)
    slope = float(now.gradient @ direction)
    if not slope < 0.0:
        return None
    found = _line_search(function, now, direction, slope)
    if found is None:
        return None
    length, value, gradient, calls = found
    step, change = length * direction, gradient - now.gradient
    steps, changes = now.steps, now.changes
    if float(step @ change) > 1e-10 * float(change @ change):  # keeps the model positive
        steps, changes = (*steps, step)[-_MEMORY:], (*changes, change)[-_MEMORY:]
    after = Progress(
        x=now.x + step,
        value=value,
        gradient=gradient,
        steps=steps,
        changes=changes,
        iteration=now.iteration + 1,
        evaluations=now.evaluations + calls,
        last_decrease=now.value - value,
    )
    return replace(after, predicted=0.5 * abs(float(gradient @ _direction(after))))


def _line_search(
    function: Callable[[np.ndarray], tuple[float, np.ndarray]],
    now: Progress,
    direction: np.ndarray,
    slope: float,
    most: int = 20,
) -> tuple[float, float, np.ndarray, int] | None:
    """Step length that meets the strong Wolfe conditions: (length, value, gradient, calls)."""
    noise = 1e-14 * max(1.0, abs(now.value))  # differences below this are rounding
    low, low_value, low_slope = 0.0, now.value, slope
    high: float | None = None
    length = 1.0
    best: tuple[float, float, np.ndarray] | None = None
    for call in range(1, most + 1):
        value, gradient = function(now.x + length * direction)
        new_slope = float(gradient @ direction)
        if np.isfinite(value) and value <= now.value + noise and (best is None or value < best[1]):
            best = (length, value, gradient)
        if not value <= now.value + _ARMIJO * length * slope + noise or value > low_value + noise:
            high = length
            length = _interpolate(low, low_value, low_slope, high, value)
        elif abs(new_slope) <= _CURVATURE * abs(slope):
            return length, value, gradient, call
        else:
            if new_slope * (1.0 if high is None else high - low) > 0.0:
                high = low  # the minimum lies behind, between the last two points
            low, low_value, low_slope = length, value, new_slope
            length = 2.0 * length if high is None else 0.5 * (low + high)
    return None if best is None else (*best, most)


def _interpolate(
    low: float, low_value: float, low_slope: float, high: float, value: float
) -> float:
    """Minimum of the parabola through both ends, kept inside the interval."""
    width = high - low
    curvature = 2.0 * (value - low_value - low_slope * width) / width**2
    guess = low - low_slope / curvature if np.isfinite(curvature) and curvature > 0 else np.nan
    if not np.isfinite(guess):
        return low + 0.5 * width
    first, last = sorted((low + 0.1 * width, low + 0.9 * width))
    return float(min(max(guess, first), last))
