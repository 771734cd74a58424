"""Technique: an estimator around an estimator, with the same attributes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

import numpy as np

from qchem_app.backends.base import CircuitEstimator, Estimate
from qchem_app.circuits.circuit import Circuit

Inner = TypeVar("Inner", bound=CircuitEstimator)


class Technique(ABC, Generic[Inner]):
    """What techniques have in common.

    Args:
        inner: gives the energies that are to be mitigated; its circuit, plan, sampler, budget
            and random numbers are taken over.
    """

    def __init__(self, inner: Inner) -> None:
        self.inner = inner
        self.circuit, self.plan, self.sampler = inner.circuit, inner.plan, inner.sampler
        self.shots, self.rng = inner.shots, inner.rng

    @abstractmethod
    def estimate_circuits(
        self, circuits: Sequence[Circuit], shots: int | None, rng: np.random.Generator | None
    ) -> list[Estimate]:
        """Energies of bound circuits, `shots` shots for each."""

    def estimate(self, theta: np.ndarray) -> Estimate:
        """Energy at (n_parameters,) theta, Hartree."""
        return self.estimate_circuits([self.circuit.bind(theta)], self.shots, self.rng)[0]
