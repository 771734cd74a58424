"""MomentTechnique: what mitigation techniques that work on raw moments have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np

from qchem_app.backends.base import Estimate, Ledger, MomentEstimator, one_by_one
from qchem_app.circuits.circuit import Circuit
from qchem_app.measurement.moments import Evaluate, Moments
from qchem_app.mitigation.technique import Technique


class MomentTechnique(Technique[MomentEstimator]):
    """A technique that gives moments, and energies from them.

    Args:
        inner: gives the moments that are to be mitigated.

    Attributes:
        evaluate: how outcomes are read.
    """

    def __init__(self, inner: MomentEstimator) -> None:
        super().__init__(inner)
        self.evaluate: Evaluate = inner.evaluate

    @abstractmethod
    def moments(
        self, circuits: Sequence[Circuit], shots: int | None, rng: np.random.Generator | None
    ) -> tuple[list[Moments], Ledger]:
        """Moments of bound circuits, `shots` shots for each, and what they cost together."""

    def estimate_circuits(
        self, circuits: Sequence[Circuit], shots: int | None, rng: np.random.Generator | None
    ) -> list[Estimate]:
        """Energies of bound circuits, `shots` shots for each, independent of each other."""
        return one_by_one(self.moments, circuits, shots, rng)
