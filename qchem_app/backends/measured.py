"""MeasuredEstimator: energies of a circuit from the counts of a sampler, without mitigation."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import numpy as np

from qchem_app.backends.base import Estimate, Ledger, Sampler
from qchem_app.circuits.circuit import Circuit
from qchem_app.errors import InputError
from qchem_app.measurement.moments import Evaluate, Moments, plain_values
from qchem_app.measurement.plan import MeasurementPlan


class MeasuredEstimator:
    """The energy of a circuit as a device would measure it, group by group.

    Args:
        circuit: the ansatz.
        plan: groups of commuting terms, and how they share the shots.
        sampler: runs the circuits.
        shots: for one energy; None for the limit of infinitely many.
        seed: of the outcomes that `estimate` draws.
        evaluate: how outcomes are read.

    Raises:
        InputError: no shots, or fewer than there are groups.
    """

    def __init__(
        self,
        circuit: Circuit,
        plan: MeasurementPlan,
        sampler: Sampler,
        *,
        shots: int | None = None,
        seed: int | np.random.Generator = 0,
        evaluate: Evaluate = plain_values,
    ) -> None:
        if shots is not None:
            if shots < 1:
                raise InputError(f"the number of shots must be positive, found {shots}")
            plan.shots(shots)
        self.circuit, self.plan, self.sampler, self.shots = circuit, plan, sampler, shots
        self.rng = np.random.default_rng(seed)
        self.evaluate = evaluate

    def with_plan(
        self, plan: MeasurementPlan, evaluate: Evaluate | None = None
    ) -> MeasuredEstimator:
        """The same estimator with other groups, or another reading of the outcomes."""
        return MeasuredEstimator(
            self.circuit,
            plan,
            self.sampler,
            shots=self.shots,
            seed=self.rng,
            evaluate=evaluate or self.evaluate,
        )

    def moments(
        self, circuits: Sequence[Circuit], shots: int | None, rng: np.random.Generator | None
    ) -> tuple[list[Moments], Ledger]:
        """Moments of bound circuits, `shots` shots for each, and what they cost together."""
        begin = time.perf_counter()
        settings = [group.setting for group in self.plan.groups]
        per_group = None if shots is None else self.plan.shots(shots)
        table = None if per_group is None else np.tile(per_group, (len(circuits), 1))
        counts = self.sampler.sample(circuits, settings, table, rng)
        moments = [Moments.of(self.plan, row, self.evaluate) for row in counts]
        gates = 0
        if per_group is not None:
            after = [setting.two_qubit_gates for setting in settings]
            gates = sum(
                int(per_group @ (np.array(after, dtype=np.int64) + circuit.two_qubit_gates))
                for circuit in circuits
            )
        ledger = Ledger(
            circuits=len(circuits) * len(settings),
            shots=0 if shots is None else int(shots) * len(circuits),
            two_qubit_gates=gates,
            wall_seconds=time.perf_counter() - begin,
        )
        return moments, ledger

    def estimate_circuits(
        self, circuits: Sequence[Circuit], shots: int | None, rng: np.random.Generator | None
    ) -> list[Estimate]:
        """Energies of bound circuits, `shots` shots for each."""
        moments, ledger = self.moments(circuits, shots, rng)
        return [
            Estimate(m.energy, math.sqrt(max(m.variance, 0.0)), share)
            for m, share in zip(moments, _shares(ledger, len(circuits)), strict=True)
        ]

    def estimate(self, theta: np.ndarray) -> Estimate:
        """Energy at (n_parameters,) theta, Hartree."""
        return self.estimate_circuits([self.circuit.bind(theta)], self.shots, self.rng)[0]


def _shares(ledger: Ledger, n: int) -> list[Ledger]:
    """A ledger in `n` parts that add up to it."""
    whole = ("circuits", "shots", "two_qubit_gates")
    parts = []
    for k in range(n):
        counts = {
            name: getattr(ledger, name) * (k + 1) // n - getattr(ledger, name) * k // n
            for name in whole
        }
        parts.append(Ledger(wall_seconds=ledger.wall_seconds / n, **counts))
    return parts
