"""Estimator: anything that gives an energy for parameters, and what the energy cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from qchem_app.circuits.circuit import Circuit
from qchem_app.measurement.counts import Counts
from qchem_app.measurement.moments import Evaluate, Moments
from qchem_app.measurement.plan import MeasurementPlan
from qchem_app.result import TWO_SIDED_95

if TYPE_CHECKING:
    from qchem_app.backends.noise_model import NoiseModel


@dataclass(frozen=True)
class Ledger:
    """What was spent. Ledgers add.

    Attributes:
        evaluations: energies (with or without gradient) computed exactly.
        circuits: circuits executed on a simulator or device.
        shots: measurements.
        two_qubit_gates: two-qubit gates executed, over all shots.
        wall_seconds: elapsed time.
    """

    evaluations: int = 0
    circuits: int = 0
    shots: int = 0
    two_qubit_gates: int = 0
    wall_seconds: float = 0.0

    def __add__(self, other: Ledger) -> Ledger:
        return Ledger(
            self.evaluations + other.evaluations,
            self.circuits + other.circuits,
            self.shots + other.shots,
            self.two_qubit_gates + other.two_qubit_gates,
            self.wall_seconds + other.wall_seconds,
        )


@dataclass(frozen=True)
class Estimate:
    """An energy with its standard error, both Hartree, and its cost.

    Attributes:
        value, standard_error: Hartree; the error is statistical only.
        ledger: what was spent.
        bias: predicted systematic error that remains, Hartree; None where nothing is known.
        points: (noise scale, energy, standard error) that an extrapolation went through.
    """

    value: float
    standard_error: float
    ledger: Ledger
    bias: float | None = None
    points: tuple[tuple[float, float, float], ...] = ()

    @property
    def interval(self) -> tuple[float, float]:
        """95 % confidence interval, Hartree, statistical only."""
        half = TWO_SIDED_95 * self.standard_error
        return self.value - half, self.value + half


@runtime_checkable
class Estimator(Protocol):
    """Gives energies for parameters; all that the VQE solver knows of a backend."""

    def estimate(self, theta: np.ndarray) -> Estimate:
        """Energy at (n_parameters,) theta."""


@runtime_checkable
class DifferentiableEstimator(Estimator, Protocol):
    """An Estimator that also gives gradients."""

    def value_and_gradient(self, theta: np.ndarray) -> tuple[float, np.ndarray]:
        """Energy, Hartree, and its (n_parameters,) gradient, Hartree per radian."""

    def gradient(self, theta: np.ndarray) -> np.ndarray:
        """(n_parameters,) gradient, Hartree per radian."""


class Sampler(Protocol):
    """Runs bound circuits, each continued by every measurement setting, and counts outcomes.

    Attributes:
        name: of the simulator or device.
    """

    name: str

    @property
    def noise(self) -> NoiseModel | None:
        """What is known of its noise; None where it has none."""

    def sample(
        self,
        circuits: Sequence[Circuit],
        settings: Sequence[Circuit],
        shots: np.ndarray | None,
        rng: np.random.Generator | None,
    ) -> list[list[Counts]]:
        """Counts of each circuit in each setting.

        Args:
            circuits: bound.
            settings: basis changes, run after each circuit.
            shots: (n_circuits, n_settings) int64; None for exact probabilities.
            rng: draws the outcomes; None gives expected counts, whose scatter is that of `shots`.
        """


@runtime_checkable
class CircuitEstimator(Estimator, Protocol):
    """An Estimator that runs circuits: what mitigation wraps, and is again.

    `shots` is the budget for one energy, however many circuits it takes; None is infinite, and
    without `rng` the expected energy and the standard error to be expected come out.

    Attributes:
        circuit: the ansatz with free parameters.
        plan: how the energy is measured.
        sampler: what runs the circuits.
        shots: budget of `estimate`.
        rng: draws the outcomes of `estimate`.
    """

    circuit: Circuit
    plan: MeasurementPlan
    sampler: Sampler
    shots: int | None
    rng: np.random.Generator

    def estimate_circuits(
        self, circuits: Sequence[Circuit], shots: int | None, rng: np.random.Generator | None
    ) -> list[Estimate]:
        """Energies of bound circuits, `shots` shots for each."""


#: Moments of bound circuits, so many shots for each, and what they cost together.
MomentsOf = Callable[
    [Sequence[Circuit], int | None, np.random.Generator | None], tuple[list[Moments], Ledger]
]


@runtime_checkable
class MomentEstimator(CircuitEstimator, Protocol):
    """A CircuitEstimator whose raw moments can be averaged before the energy is taken."""

    @property
    def evaluate(self) -> Evaluate:
        """How outcomes are read."""

    def with_plan(self, plan: MeasurementPlan, evaluate: Evaluate | None = None) -> MomentEstimator:
        """The same estimator with other groups, or another reading of the outcomes."""

    def moments(
        self, circuits: Sequence[Circuit], shots: int | None, rng: np.random.Generator | None
    ) -> tuple[list[Moments], Ledger]:
        """Moments of bound circuits, `shots` shots for each, and what they cost together."""


def one_by_one(
    moments_of: MomentsOf,
    circuits: Sequence[Circuit],
    shots: int | None,
    rng: np.random.Generator | None,
) -> list[Estimate]:
    """Energies of bound circuits from their moments, independent of each other.

    Args:
        moments_of: `MomentEstimator.moments`.
        circuits, shots, rng: as for `CircuitEstimator.estimate_circuits`.
    """
    out = []
    for circuit in circuits:
        (moments,), ledger = moments_of([circuit], shots, rng)
        out.append(Estimate(moments.energy, math.sqrt(max(moments.variance, 0.0)), ledger))
    return out
