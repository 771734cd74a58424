"""GateNoise and QubitNoise: the rules that a noise model is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qchem_app.errors import InputError


@dataclass(frozen=True)
class GateNoise:
    """What follows a gate, in this order.

    Attributes:
        over_rotation: of a one-qubit gate the relative error of its angle (x and h turn by pi);
            of cx the angle, radians, of a further rotation exp(-i angle/2 P).
        axis: P of that rotation, letters of control and target.
        pauli: (letters, probability) of Pauli errors; the control's letter first.
        depolarizing: probability of one of the 3, for cx of the 15, Pauli errors.
        depolarizing_each: the same for each of the gate's qubits on its own.
        amplitude_damping, phase_damping: probability, for each of the gate's qubits.
        time: duration, ns, in which T1 and T2 act on the gate's qubits.
    """

    over_rotation: float = 0.0
    axis: str = "ZX"
    pauli: tuple[tuple[str, float], ...] = ()
    depolarizing: float = 0.0
    depolarizing_each: float = 0.0
    amplitude_damping: float = 0.0
    phase_damping: float = 0.0
    time: float = 0.0

    def __post_init__(self) -> None:
        for name in ("depolarizing", "depolarizing_each", "amplitude_damping", "phase_damping"):
            _require_probability(name.replace("_", "-"), getattr(self, name))
        for letters, probability in self.pauli:
            _require_probability(f"pauli {letters}", probability)
        total = sum(probability for _, probability in self.pauli)
        if total > 1.0 + 1e-12:
            raise InputError(
                f"the probabilities of pauli sum to {total:.6g}: at most 1 is possible"
            )
        if not (math.isfinite(self.over_rotation) and abs(self.over_rotation) <= math.pi):
            raise InputError(f"over-rotation must lie within ±pi, found {self.over_rotation:.6g}")
        if not 0.0 <= self.time < math.inf:
            raise InputError(f"time must be a number of ns from 0 up, found {self.time:.6g}")


@dataclass(frozen=True)
class QubitNoise:
    """What a qubit suffers whatever gate it is in.

    Attributes:
        t1: relaxation time, µs; infinite for none.
        t2: coherence time, µs; None for 2 t1, the longest possible.
        detuning: frequency offset while the qubit idles, kHz.
        readout: P(1|0), P(0|1): probabilities of misreading state 0 and state 1.
    """

    t1: float = math.inf
    t2: float | None = None
    detuning: float = 0.0
    readout: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        if not self.t1 > 0.0:
            raise InputError(f"t1 must be a positive number of µs, found {self.t1:.6g}")
        if self.t2 is not None and not self.t2 > 0.0:
            raise InputError(f"t2 must be a positive number of µs, found {self.t2:.6g}")
        if self.coherence > 2.0 * self.t1 * (1.0 + 1e-12):
            raise InputError(
                f"t2 is {self.coherence:.6g} µs and t1 is {self.t1:.6g} µs, but coherence cannot "
                "outlive relaxation: t2 is at most 2 t1"
            )
        if not math.isfinite(self.detuning):
            raise InputError(f"detuning must be a number of kHz, found {self.detuning:.6g}")
        for probability in self.readout:
            _require_probability("readout", probability)

    @property
    def coherence(self) -> float:
        """T2, µs."""
        return 2.0 * self.t1 if self.t2 is None else self.t2

    @property
    def relaxes(self) -> bool:
        """Whether the state changes while nothing is done."""
        return math.isfinite(self.t1) or math.isfinite(self.coherence)


def _require_probability(what: str, value: float) -> None:
    if not 0.0 <= value <= 1.0:
        raise InputError(f"{what} must be a probability from 0 to 1, found {value:.6g}")
