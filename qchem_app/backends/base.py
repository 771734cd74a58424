"""Estimator: anything that gives an energy for parameters, and what the energy cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np


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
    """An energy with its standard error, both Hartree, and its cost."""

    value: float
    standard_error: float
    ledger: Ledger


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
