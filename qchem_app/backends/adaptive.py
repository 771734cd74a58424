"""AdaptiveEstimator: a pilot tells where the scatter is, and the other shots go there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qchem_app.backends.base import Estimate, Ledger, MomentEstimator, Sampler, one_by_one
from qchem_app.circuits.circuit import Circuit
from qchem_app.measurement.allocation import adaptive_moments
from qchem_app.measurement.moments import Evaluate, Moments
from qchem_app.measurement.plan import MeasurementPlan


class AdaptiveEstimator:
    """An estimator that shares its shots by the variances that a pilot shows.

    For circuits whose state is not known, so that variances cannot be computed beforehand: see
    `allocation.adaptive_moments`. Each circuit gets a split of its own, and is run twice.

    Args:
        inner: measures.
        pilot: share of the shots that is measured first.
    """

    def __init__(self, inner: MomentEstimator, *, pilot: float = 0.1) -> None:
        self.inner, self.pilot = inner, pilot
        self.circuit: Circuit = inner.circuit
        self.plan: MeasurementPlan = inner.plan
        self.sampler: Sampler = inner.sampler
        self.shots: int | None = inner.shots
        self.rng: np.random.Generator = inner.rng

    @property
    def evaluate(self) -> Evaluate:
        """How outcomes are read."""
        return self.inner.evaluate

    def with_plan(
        self, plan: MeasurementPlan, evaluate: Evaluate | None = None
    ) -> AdaptiveEstimator:
        """The same estimator with other groups, or another reading of the outcomes."""
        return AdaptiveEstimator(self.inner.with_plan(plan, evaluate), pilot=self.pilot)

    def moments(
        self, circuits: Sequence[Circuit], shots: int | None, rng: np.random.Generator | None
    ) -> tuple[list[Moments], Ledger]:
        """Moments of bound circuits, `shots` shots for each, and what they cost together."""
        if shots is None:
            return self.inner.moments(circuits, None, rng)
        spent = Ledger()
        out = []
        for circuit in circuits:

            def measure(plan: MeasurementPlan, total: int, circuit: Circuit = circuit) -> Moments:
                nonlocal spent
                moments, ledger = self.inner.with_plan(plan).moments([circuit], total, rng)
                spent += ledger
                return moments[0]

            out.append(adaptive_moments(measure, self.plan, shots, pilot=self.pilot))
        return out, spent

    def estimate_circuits(
        self, circuits: Sequence[Circuit], shots: int | None, rng: np.random.Generator | None
    ) -> list[Estimate]:
        """Energies of bound circuits, `shots` shots for each."""
        return one_by_one(self.moments, circuits, shots, rng)

    def estimate(self, theta: np.ndarray) -> Estimate:
        """Energy at (n_parameters,) theta, Hartree."""
        return self.estimate_circuits([self.circuit.bind(theta)], self.shots, self.rng)[0]
