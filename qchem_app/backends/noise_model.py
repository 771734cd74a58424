"""NoiseModel: which errors follow which gate, and how outcomes are misread."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from qchem_app.backends import channel as ch
from qchem_app.backends.channel import Channel
from qchem_app.backends.noise_rules import GateNoise as GateNoise
from qchem_app.backends.noise_rules import QubitNoise as QubitNoise
from qchem_app.circuits.circuit import ROTATIONS, Gate
from qchem_app.errors import InputError

#: Rules for every gate on one qubit that has no rule of its own.
ONE_QUBIT = "one-qubit"
ONE_QUBIT_GATES = ("x", "h", *ROTATIONS)
_NS_PER_US = 1e3
_RADIANS_PER_KHZ_NS = 2.0 * math.pi * 1e-6
# Errors of this many distinct gates are remembered.
_REMEMBERED = 50_000

Errors = tuple[tuple[Channel, tuple[int, ...]], ...]


@dataclass(frozen=True)
class NoiseModel:
    """Errors after gates, decay in time, and misread outcomes.

    Rules are looked up from the particular to the general: this gate on these qubits (a rule for
    cx holds for both directions unless the other has its own), this gate, any one-qubit gate on
    this qubit, any one-qubit gate.

    Attributes:
        name: what it is called.
        gates: (gate or "one-qubit", qubits or None for all, noise).
        qubits: (qubit or None for all others, noise).
        pauli_twirled: whether the errors after each gate are replaced by their Pauli twirl.
    """

    name: str
    gates: tuple[tuple[str, tuple[int, ...] | None, GateNoise], ...] = ()
    qubits: tuple[tuple[int | None, QubitNoise], ...] = ()
    pauli_twirled: bool = False
    _known: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for gate, qubits, noise in self.gates:
            if gate not in (ONE_QUBIT, *ONE_QUBIT_GATES, "cx"):
                raise InputError(
                    f"{gate!r} is not a gate with noise: use one-qubit, x, h, rx, ry, rz or cx"
                )
            n_qubits = 2 if gate == "cx" else 1
            if qubits is not None and (len(set(qubits)) != n_qubits or min(qubits) < 0):
                raise InputError(
                    f"{gate} acts on {n_qubits} qubit{'s' * (n_qubits - 1)}, numbered from 0, "
                    f"found {list(qubits)}"
                )
            for letters, _ in noise.pauli:
                ch.pauli_index(letters, n_qubits)
            if gate == "cx":
                ch.pauli_index(noise.axis, 2)

    @cached_property
    def _gate_rules(self) -> dict[tuple[str, tuple[int, ...] | None], GateNoise]:
        rules = {(gate, qubits): noise for gate, qubits, noise in self.gates}
        for gate, qubits, noise in self.gates:
            if gate == "cx" and qubits is not None:
                rules.setdefault((gate, qubits[::-1]), noise)
        return rules

    @cached_property
    def _qubit_rules(self) -> dict[int | None, QubitNoise]:
        return {None: QubitNoise(), **dict(self.qubits)}

    def gate_noise(self, name: str, qubits: tuple[int, ...]) -> GateNoise:
        """The rule for a gate; for none of them, no noise."""
        found = self._known.get((name, qubits))
        if found is None:
            rules = self._gate_rules
            candidates = [(name, qubits), (name, None)]
            if name != "cx":
                candidates += [(ONE_QUBIT, qubits), (ONE_QUBIT, None)]
            found = next((rules[c] for c in candidates if c in rules), GateNoise())
            self._known[name, qubits] = found
        return found

    def qubit_noise(self, qubit: int) -> QubitNoise:
        """The rule for a qubit."""
        return self._qubit_rules.get(qubit, self._qubit_rules[None])

    def readout(self, qubit: int) -> tuple[float, float]:
        """P(1|0), P(0|1) of a qubit."""
        return self.qubit_noise(qubit).readout

    def gate_time(self, gate: Gate) -> float:
        """Duration, ns; 0 where none is given."""
        return gate.angle if gate.name == "delay" else self.gate_noise(gate.name, gate.qubits).time

    @cached_property
    def has_idle_noise(self) -> bool:
        """Whether waiting costs: gate times are given, and qubits that decay or drift in them."""
        timed = any(noise.time > 0.0 for _, _, noise in self.gates)
        return timed and any(noise.relaxes or noise.detuning for _, noise in self.qubits)

    @cached_property
    def has_readout_error(self) -> bool:
        """Whether outcomes are misread."""
        return any(any(noise.readout) for _, noise in self.qubits)

    @cached_property
    def is_pauli(self) -> bool:
        """Whether all errors are Pauli channels, for every gate and angle."""
        if self.pauli_twirled:
            return True
        if any(noise.over_rotation or noise.amplitude_damping for _, _, noise in self.gates):
            return False
        timed = any(noise.time > 0.0 for _, _, noise in self.gates)
        coherent = any(math.isfinite(noise.t1) or noise.detuning for _, noise in self.qubits)
        return not (timed and coherent)

    def depends_on_angle(self, gate: Gate) -> bool:
        """Whether the errors after the gate change with its angle (duration of a delay)."""
        if gate.name == "delay":
            return True
        return gate.name in ROTATIONS and bool(
            self.gate_noise(gate.name, gate.qubits).over_rotation
        )

    def separated(self, gate: Gate) -> tuple[float, Gate] | None:
        """The angle by which a noisy rotation turns, and a gate whose errors are all the others.

        None for other gates, and where errors depend on the angle in another way (twirled models).
        """
        if gate.name not in ROTATIONS:
            return None
        over_rotation = self.gate_noise(gate.name, gate.qubits).over_rotation
        if over_rotation and self.pauli_twirled:
            return None
        # at angle 0 there is nothing to over-rotate
        return gate.angle * (1.0 + over_rotation), Gate(gate.name, gate.qubits)

    def errors(self, gate: Gate) -> Errors:
        """Channels and their qubits after a bound gate, in order."""
        return self._remembered("errors", gate)

    def error_ptm(self, gate: Gate) -> np.ndarray:
        """(4**k, 4**k) transfer matrix of all errors after a bound gate; digit j is qubits[j]'s."""
        return self._remembered("ptm", gate)

    def pauli_probabilities(self, gate: Gate) -> np.ndarray | None:
        """(4**k,) probabilities of Pauli errors after a bound gate; None for other noise.

        Base-4 digits I, X, Y, Z = 0..3, the first of the gate's qubits least significant.
        """
        return self._remembered("pauli", gate)

    def twirled(self) -> NoiseModel:
        """The model whose errors after each gate are the Pauli twirl of this one's.

        For cx this is what random Pauli gates around it make of the noise on average
        (doi:10.1103/PhysRevA.94.052325); for rotations and delays it is an approximation.
        """
        return replace(self, name=f"{self.name}, twirled", pauli_twirled=True)

    def to_dict(self) -> dict[str, Any]:
        """As in a noise file: see `noise_file`."""
        from qchem_app.backends.noise_format import to_dict

        return to_dict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> NoiseModel:
        """From what `to_dict` gives or a noise file holds.

        Raises:
            InputError: unknown keys, values out of range.
        """
        from qchem_app.backends.noise_format import from_dict

        return from_dict(data)

    def _remembered(self, what: str, gate: Gate) -> Any:
        angle = gate.angle if self.depends_on_angle(gate) else 0.0
        key = (what, gate.name, gate.qubits, angle)
        if key not in self._known:
            if gate.parameter is not None:
                raise InputError(f"gate {gate.name} on {gate.qubits} has a free parameter: bind it")
            if len(self._known) > _REMEMBERED:
                self._known.clear()
            if what == "errors":
                self._known[key] = self._twirled(gate) if self.pauli_twirled else self._plain(gate)
            elif what == "ptm":
                self._known[key] = composed(self.errors(gate), gate.qubits)
            else:
                self._known[key] = ch.pauli_probabilities(self.error_ptm(gate))
        return self._known[key]

    def _twirled(self, gate: Gate) -> Errors:
        probabilities = ch.twirled_probabilities(composed(self._plain(gate), gate.qubits))
        probabilities = np.clip(probabilities, 0.0, None)
        if probabilities[0] >= 1.0:
            return ()
        return ((ch.pauli_channel(probabilities / probabilities.sum()), gate.qubits),)

    def _plain(self, gate: Gate) -> Errors:
        if gate.name == "delay":
            return self._waiting(gate.qubits, gate.angle, drifts=True)
        noise, qubits = self.gate_noise(gate.name, gate.qubits), gate.qubits
        out: list[tuple[Channel, tuple[int, ...]]] = []
        if noise.over_rotation:
            out.append((_over_rotation(gate, noise), qubits))
        if any(probability for _, probability in noise.pauli):
            out.append((ch.pauli_errors(noise.pauli, len(qubits)), qubits))
        if noise.depolarizing:
            out.append((ch.depolarizing(noise.depolarizing, len(qubits)), qubits))
        for qubit in qubits:
            if noise.depolarizing_each:
                out.append((ch.depolarizing(noise.depolarizing_each), (qubit,)))
            if noise.amplitude_damping:
                out.append((ch.amplitude_damping(noise.amplitude_damping), (qubit,)))
            if noise.phase_damping:
                out.append((ch.phase_damping(noise.phase_damping), (qubit,)))
        return (*out, *self._waiting(qubits, noise.time, drifts=False))

    def _waiting(self, qubits: tuple[int, ...], duration: float, *, drifts: bool) -> Errors:
        """What `duration`, ns, does to qubits; those that idle also drift."""
        out = []
        for qubit in qubits:
            noise = self.qubit_noise(qubit)
            if drifts and noise.detuning and duration:
                angle = _RADIANS_PER_KHZ_NS * noise.detuning * duration
                out.append((ch.rotation("Z", angle), (qubit,)))
            if noise.relaxes and duration:
                times = noise.t1 * _NS_PER_US, noise.coherence * _NS_PER_US
                out.append((ch.thermal_relaxation(duration, *times), (qubit,)))
        return tuple(out)


def composed(errors: Errors, qubits: tuple[int, ...]) -> np.ndarray:
    """(4**k, 4**k) transfer matrix of channels in order; digit j belongs to qubits[j]."""
    total = np.eye(4 ** len(qubits))
    for channel, where in errors:
        ptm = channel.ptm
        if len(where) < len(qubits):
            ptm = ch.embedded(ptm, qubits.index(where[0]))
        elif where != qubits:  # the same two qubits, the other way round
            ptm = ptm.reshape(4, 4, 4, 4).transpose(1, 0, 3, 2).reshape(16, 16)
        total = ptm @ total
    return total


def _over_rotation(gate: Gate, noise: GateNoise) -> Channel:
    if gate.name == "cx":
        return ch.rotation(noise.axis, noise.over_rotation)
    if gate.name in ROTATIONS:
        return ch.rotation(gate.name[1].upper(), noise.over_rotation * gate.angle)
    return ch.rotation(gate.name.upper(), noise.over_rotation * math.pi)
