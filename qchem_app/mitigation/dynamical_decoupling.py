"""Dynamical decoupling: qubits that wait are flipped back and forth, so that drifts cancel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np

from qchem_app.backends.base import Ledger, MomentEstimator
from qchem_app.backends.noise_model import NoiseModel
from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.circuits.schedule import schedule
from qchem_app.errors import UsageError
from qchem_app.measurement.moments import Evaluate, Moments
from qchem_app.measurement.plan import MeasurementPlan
from qchem_app.mitigation.moment_technique import MomentTechnique

Pulses = Literal["xx", "xy4"]
_PULSES: dict[str, tuple[tuple[str, float], ...]] = {
    "xx": (("x", 0.0), ("x", 0.0)),
    "xy4": (("x", 0.0), ("ry", math.pi), ("x", 0.0), ("ry", math.pi)),
}


class DynamicalDecoupling(MomentTechnique):
    """Pulses in the windows in which qubits wait.

    Viola and Lloyd, doi:10.1103/PhysRevA.58.2733; XY4: Maudsley,
    doi:10.1016/0022-2364(86)90160-5; on today's devices: Pokharel et al.,
    doi:10.1103/PhysRevLett.121.220502.

    A frequency offset that stays the same during a window turns the qubit as far back between two
    pulses as it turned it before: its effect is gone. What has no memory, relaxation and
    depolarisation, is not undone by it, and the pulses bring their own errors: with such noise
    alone it makes the energy worse. Windows too short for the pulses are left alone, and so are
    those before a qubit's first gate, where there is no phase to protect. It needs gate times, as
    only they say who waits for how long. The number of shots stays the same.

    Args:
        inner: gives moments of circuits.
        sequence: "xx" or "xy4" (which also cancels the pulses' own systematic errors).
        noise: has the gate times; None for what the sampler knows.
        repeats: sequences per window.

    Raises:
        UsageError: no gate times, or an unknown sequence.
    """

    def __init__(
        self,
        inner: MomentEstimator,
        sequence: Pulses = "xy4",
        *,
        noise: NoiseModel | None = None,
        repeats: int = 1,
    ) -> None:
        if sequence not in _PULSES:
            raise UsageError(
                f"dynamical decoupling has the sequences {', '.join(get_args(Pulses))}, found "
                f"{sequence!r}"
            )
        if repeats < 1:
            raise UsageError(f"the number of repeats must be positive, found {repeats}")
        noise = inner.sampler.noise if noise is None else noise
        if noise is None or not noise.has_idle_noise:
            raise UsageError(
                f"dynamical decoupling fills the time in which qubits wait, and the noise of "
                f"{inner.sampler.name} has no gate times or nothing that acts while qubits wait; "
                "give gate times with t1, t2 or detuning, or leave it out"
            )
        super().__init__(inner)
        self.sequence, self.noise, self.repeats = sequence, noise, repeats

    def with_plan(
        self, plan: MeasurementPlan, evaluate: Evaluate | None = None
    ) -> DynamicalDecoupling:
        """The same estimator with other groups, or another reading of the outcomes."""
        inner = self.inner.with_plan(plan, evaluate)
        return DynamicalDecoupling(inner, self.sequence, noise=self.noise, repeats=self.repeats)

    def moments(
        self, circuits: Sequence[Circuit], shots: int | None, rng: np.random.Generator | None
    ) -> tuple[list[Moments], Ledger]:
        """Moments of bound circuits, `shots` shots for each, and what they cost together."""
        protected = [decouple(c, self.noise, self.sequence, self.repeats) for c in circuits]
        return self.inner.moments(protected, shots, rng)


def decouple(
    circuit: Circuit, noise: NoiseModel, sequence: Pulses = "xy4", repeats: int = 1
) -> Circuit:
    """The circuit in time, with pulses in the delays; the same unitary up to a phase.

    Half of the time between two pulses comes before the first and after the last of them.

    Args:
        circuit: bound, with or without delays.
        noise: has the gate times, ns.
        sequence, repeats: see `DynamicalDecoupling`.
    """
    pulses = _PULSES[sequence] * repeats
    begun: set[int] = set()
    gates: list[Gate] = []
    for gate in schedule(circuit, noise.gate_time).gates:
        qubit = gate.qubits[0]
        if gate.name != "delay" or qubit not in begun:
            gates.append(gate)
            if gate.name != "delay":
                begun.update(gate.qubits)
            continue
        flips = [Gate(name, (qubit,), angle) for name, angle in pulses]  # type: ignore[arg-type]
        spare = gate.angle - math.fsum(noise.gate_time(flip) for flip in flips)
        if spare <= 0.0:
            gates.append(gate)
            continue
        between = spare / len(flips)
        gates.append(Gate("delay", (qubit,), between / 2))
        for k, flip in enumerate(flips):
            last = k == len(flips) - 1
            gates += [flip, Gate("delay", (qubit,), between / 2 if last else between)]
    return Circuit(circuit.n_qubits, tuple(gates))
