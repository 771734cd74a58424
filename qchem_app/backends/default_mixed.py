"""DefaultMixedEngine: noisy circuits on PennyLane's default.mixed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from qchem_app.backends.noise_model import NoiseModel
from qchem_app.backends.outcomes import common_width
from qchem_app.circuits.circuit import Circuit
from qchem_app.mapping.pauli import PauliSum, signs

# Copies of the density matrix that default.mixed keeps at its peak.
_COPIES = 4


class DefaultMixedEngine:
    """Exact probabilities and expectation values from complex density matrices.

    Slower than the other engines; it is always there, and nothing in it is this project's own.

    Args:
        noise: errors after the gates.
    """

    name = "PennyLane default.mixed"

    def __init__(self, noise: NoiseModel) -> None:
        import pennylane  # noqa: F401  # here, so that it does not count as measuring time

        self.noise = noise

    @staticmethod
    def memory_mb(n_qubits: int) -> float:
        """Peak memory of one circuit, megabytes."""
        return _COPIES * 16.0 * 4.0**n_qubits / 1e6

    def probabilities(self, circuits: Sequence[Circuit], settings: Sequence[Circuit]) -> np.ndarray:
        """(n_circuits, n_settings, 2**n) outcome probabilities, read without error."""
        import pennylane as qml

        n_qubits = common_width([*circuits, *settings])
        wires = list(range(n_qubits))
        turns = [self._operations(setting) for setting in settings]
        out = []
        for state in self._states(circuits):
            begin = qml.QubitDensityMatrix(state, wires=wires)
            out.append(_run([[begin, *turn] for turn in turns], qml.probs(wires=wires)))
        return np.array(out).reshape(len(circuits), len(settings), 2**n_qubits)

    def expectations(self, circuits: Sequence[Circuit], observable: PauliSum) -> np.ndarray:
        """(n_circuits,) tr(O rho), in the unit of the observable; no measurement, no readout."""
        index = np.arange(2 ** common_width(circuits), dtype=np.uint64)
        out = np.zeros(len(circuits))
        for i, state in enumerate(self._states(circuits)):
            for x, z, coefficient in zip(
                observable.x, observable.z, observable.coefficients, strict=True
            ):
                phase = 1j ** int(np.bitwise_count(x & z))
                elements = state[index.astype(np.int64), (index ^ x).astype(np.int64)]
                out[i] += coefficient * (phase * (signs(index, z) @ elements)).real
        return out

    def _states(self, circuits: Sequence[Circuit]) -> list[np.ndarray]:
        """Density matrices; bit q of an index is qubit q."""
        import pennylane as qml

        wires = list(range(common_width(circuits)))
        return _run([self._operations(c) for c in circuits], qml.density_matrix(wires=wires))

    def _operations(self, circuit: Circuit) -> list[Any]:
        """PennyLane operations of a bound circuit and its noise.

        Qubit q is wire n-1-q, because PennyLane's first wire is the leading bit of an index.
        """
        import pennylane as qml

        plain = {"x": qml.PauliX, "h": qml.Hadamard, "cx": qml.CNOT}
        turning = {"rx": qml.RX, "ry": qml.RY, "rz": qml.RZ}
        last = circuit.n_qubits - 1
        out: list[Any] = []
        for gate in circuit.gates:
            wires = [last - q for q in gate.qubits]
            if gate.name in turning:
                out.append(turning[gate.name](gate.angle, wires=wires))
            elif gate.name in plain:
                out.append(plain[gate.name](wires=wires))
            for channel, qubits in self.noise.errors(gate):
                places = [last - q for q in reversed(qubits)]
                out.append(qml.QubitChannel(list(channel.kraus), wires=places))
        return out


def _run(operations: list[list[Any]], measurement: Any) -> list[np.ndarray]:
    """Results of circuits that start in |0...0> and measure the same."""
    import pennylane as qml

    if not operations:
        return []
    wires = sorted(measurement.wires.tolist())
    device = qml.device("default.mixed", wires=wires)
    tapes = [qml.tape.QuantumScript(ops, [measurement]) for ops in operations]
    return [np.asarray(result) for result in qml.execute(tapes, device, diff_method=None)]
