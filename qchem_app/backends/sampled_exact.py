"""SampledExactEstimator: shots on the exact engine's state, with no circuit and no noise."""

from __future__ import annotations

import math
import time

import numpy as np

from qchem_app.backends.base import Estimate, Ledger
from qchem_app.backends.exact import ExactEstimator
from qchem_app.backends.simulator import IdealSampler
from qchem_app.errors import InputError
from qchem_app.mapping.encodings import Encoding
from qchem_app.measurement.allocation import adaptive_moments
from qchem_app.measurement.moments import Moments
from qchem_app.measurement.plan import MeasurementPlan


class SampledExactEstimator:
    """The energy that a perfect device would measure: sampling noise only.

    The exact state is turned into the basis of each group of the plan, and outcomes are drawn
    from its probabilities.

    Args:
        exact: gives the state.
        encoding: of the observable's qubits.
        plan: groups of commuting terms, and how they share the shots.
        shots: for one energy; None for the limit of infinitely many.
        seed: of the outcomes.
        pilot: share of the shots that is measured first, to share the others by the variances
            seen; None leaves the shots as the plan shares them.
        preparation: two-qubit gates with which a device would prepare the state, for the ledger.

    Raises:
        InputError: no shots, fewer than there are groups, or a plan for other qubits.
        ResourceError: the state does not fit into memory.
    """

    def __init__(
        self,
        exact: ExactEstimator,
        encoding: Encoding,
        plan: MeasurementPlan,
        shots: int | None = None,
        seed: int | np.random.Generator = 0,
        *,
        pilot: float | None = None,
        preparation: int = 0,
    ) -> None:
        n = encoding.n_qubits
        if plan.observable.n_qubits != n:
            raise InputError(
                f"the plan measures {plan.observable.n_qubits} qubits, the encoding has {n}; make "
                "the plan from the encoding's operator"
            )
        if shots is not None:
            if shots < 1:
                raise InputError(f"the number of shots must be positive, found {shots}")
            plan.shots(shots)
        self._simulator = IdealSampler()
        self._simulator.require_memory(n)
        self.exact, self.encoding, self.plan, self.shots = exact, encoding, plan, shots
        self.rng = np.random.default_rng(seed)
        self.pilot, self.preparation = pilot, preparation

    def estimate(self, theta: np.ndarray) -> Estimate:
        """Energy at (n_parameters,) theta, Hartree; its standard error is statistical."""
        begin = time.perf_counter()
        state = self.encoding.state(self.exact.sector, self.exact.state(theta))
        state = state.astype(np.complex128)
        settings = [group.setting for group in self.plan.groups]
        spent = Ledger()

        def measure(plan: MeasurementPlan, total: int | None) -> Moments:
            nonlocal spent
            shots = None if total is None else plan.shots(total)
            spent += _ledger(plan, shots, self.preparation)
            counts = self._simulator.sample_state(state, settings, shots, self.rng)
            return Moments.of(plan, counts)

        if self.shots is None or self.pilot is None:
            moments = measure(self.plan, self.shots)
        else:
            moments = adaptive_moments(measure, self.plan, self.shots, pilot=self.pilot)
        error = math.sqrt(max(moments.variance, 0.0))
        spent += Ledger(wall_seconds=time.perf_counter() - begin)
        return Estimate(moments.energy, error, spent)


def _ledger(plan: MeasurementPlan, shots: np.ndarray | None, preparation: int) -> Ledger:
    """What a device would spend."""
    if shots is None:
        return Ledger(circuits=len(plan.groups))
    gates = [preparation + group.setting.two_qubit_gates for group in plan.groups]
    return Ledger(
        circuits=len(plan.groups),
        shots=int(shots.sum()),
        two_qubit_gates=int(shots @ np.array(gates, dtype=np.int64)),
    )
