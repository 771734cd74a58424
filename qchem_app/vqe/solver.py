"""VQE: minimise the energy that an estimator gives over the parameters of an ansatz."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from qchem_app.ansatz.base import Ansatz
from qchem_app.backends.base import DifferentiableEstimator, Ledger
from qchem_app.errors import InputError
from qchem_app.vqe.optimizers import Progress, lbfgs

# Hartree; the same state on another machine or with another number of threads.
_SAME_ENERGY = 1e-8

_REASONS = {
    "converged": "predicted further decrease below a tenth of the tolerance",
    "iterations": "iteration limit reached",
    "stalled": "no lower energy found along the search direction",
}


@dataclass(frozen=True)
class Step:
    """One accepted step: energy in Hartree, gradient norm in Hartree per radian, elapsed time."""

    iteration: int
    energy: float
    gradient_norm: float
    seconds: float


@dataclass(frozen=True)
class VQEState:
    """An unfinished minimisation: the optimiser's state and the trace so far."""

    progress: Progress
    trace: tuple[Step, ...]


@dataclass(frozen=True)
class VQEOutcome:
    """What a VQE found.

    Attributes:
        theta: (n_parameters,) radians.
        energy: Hartree.
        converged: whether `reason` is success.
        reason: why it stopped.
        iterations, evaluations: accepted steps; energy-and-gradient evaluations.
        gradient_norm: Euclidean norm, Hartree per radian; an estimate where energies scatter,
            None where it is lost in their scatter.
        trace: every accepted step.
        standard_error: of a measured energy, Hartree, statistical only; 0 for exact ones.
        ledger: what measured energies cost; empty for exact ones.
        fell_back: whether the search began elsewhere than it was told, see `VQE.run`.
    """

    theta: np.ndarray
    energy: float
    converged: bool
    reason: str
    iterations: int
    evaluations: int
    gradient_norm: float | None
    trace: tuple[Step, ...]
    standard_error: float = 0.0
    ledger: Ledger = field(default_factory=Ledger)
    fell_back: bool = False


class VQE:
    """Variational quantum eigensolver (doi:10.1038/ncomms5213) with gradients.

    The parameters are scaled by the square root of their expected curvature, which makes the
    Hessian nearly the unit matrix: quasi-Newton then needs ten to twenty gradients where the
    molecule is not strongly correlated.

    Args:
        estimator: gives energies and gradients.
        ansatz: the parameters' first guess and scale.
        tolerance: Hartree.
        max_iterations: accepted steps.
    """

    def __init__(
        self,
        estimator: DifferentiableEstimator,
        ansatz: Ansatz,
        *,
        tolerance: float = 1e-8,
        max_iterations: int = 1000,
    ) -> None:
        if not tolerance > 0:
            raise InputError(f"the energy tolerance must be positive, found {tolerance}")
        self.estimator = estimator
        self.ansatz = ansatz
        self.tolerance = tolerance
        self.max_iterations = max_iterations
        self._unit = np.sqrt(2.0 * ansatz.scale)

    def run(
        self,
        start: np.ndarray | VQEState | None = None,
        *,
        reference_energy: float = np.inf,
        fallback: np.ndarray | None = None,
        curvature: Sequence[tuple[np.ndarray, np.ndarray]] = (),
        on_step: Callable[[VQEState], None] | None = None,
    ) -> VQEOutcome:
        """Minimise.

        Args:
            start: parameters, a saved state, or None for the ansatz's own guess.
            reference_energy: Hartree; where the start lies above it, as it may where perturbation
                theory breaks down, the search starts from `fallback` instead.
            fallback: parameters; zeros when None.
            curvature: differences of parameters (radians) and of gradients (Hartree per radian)
                along an earlier search nearby, oldest first; the quasi-Newton model begins with
                them. Not used with a saved state, which has its own.
            on_step: sees the state after every accepted step; what it raises stops the run.
        """
        trace: list[Step] = list(start.trace) if isinstance(start, VQEState) else []
        begin = time.perf_counter() - (trace[-1].seconds if trace else 0.0)

        def function(x: np.ndarray) -> tuple[float, np.ndarray]:
            energy, gradient = self.estimator.value_and_gradient(x / self._unit)
            return energy, gradient / self._unit

        def record(now: Progress) -> None:
            if trace and trace[-1].iteration == now.iteration:
                return  # the point that a resumed run starts from
            seconds = time.perf_counter() - begin
            trace.append(Step(now.iteration, now.value, self._norm(now), seconds))
            if on_step:
                on_step(VQEState(now, tuple(trace)))

        fell_back = False
        if isinstance(start, VQEState):
            point = start.progress
            self._check(start.progress, function)
        else:
            theta = self.ansatz.initial if start is None else np.asarray(start, dtype=float)
            point = Progress.at(theta * self._unit, *function(theta * self._unit))
            fell_back = point.value > reference_energy
            if fell_back:
                theta = np.zeros_like(theta) if fallback is None else fallback
                point = Progress.at(theta * self._unit, *function(theta * self._unit))
                point = replace(point, evaluations=2)
            else:
                point = self._with_model(point, curvature)
        end = lbfgs(
            function,
            point,
            tolerance=self.tolerance,
            max_iterations=self.max_iterations,
            on_step=record,
        )
        return VQEOutcome(
            theta=end.x / self._unit,
            energy=end.value,
            converged=end.status == "converged",
            reason=_REASONS[end.status],
            iterations=end.iteration,
            evaluations=end.evaluations,
            gradient_norm=self._norm(end),
            trace=tuple(trace),
            fell_back=fell_back,
        )

    def _with_model(
        self, point: Progress, curvature: Sequence[tuple[np.ndarray, np.ndarray]]
    ) -> Progress:
        """The point, with what an earlier search learned of the Hessian."""
        pairs = [(s * self._unit, y / self._unit) for s, y in curvature if float(s @ y) > 0.0]
        return replace(point, steps=tuple(s for s, _ in pairs), changes=tuple(y for _, y in pairs))

    def _check(
        self, saved: Progress, function: Callable[[np.ndarray], tuple[float, np.ndarray]]
    ) -> None:
        """Raise unless the saved state is one of this estimator and ansatz."""
        problem = "the saved state is not one of this molecule and ansatz"
        if saved.x.size != self.ansatz.n_parameters:
            raise InputError(
                f"{problem}: it has {saved.x.size} parameters, not {self.ansatz.n_parameters}; "
                "start again without it"
            )
        value, _ = function(saved.x)
        if not abs(value - saved.value) < _SAME_ENERGY:
            raise InputError(
                f"{problem}: its energy is {saved.value:.8f} Ha, but its parameters give "
                f"{value:.8f} Ha; start again without it"
            )

    def _norm(self, progress: Progress) -> float:
        return float(np.linalg.norm(progress.gradient * self._unit))
