"""DensityMatrixEngine: exact noisy simulation, many circuits at once.

A state is the real vector of its 4**n Pauli expectation values, r_P = tr(P rho), and a gate with
its noise a sparse real matrix on one or two digits of the index (a Pauli transfer matrix). That is
half the memory of a complex density matrix; CNOT with depolarising noise is a signed, scaled
permutation; and expectation values are read off.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from qchem_app.backends import density_matrix_kernels as kernels
from qchem_app.backends.channel import pauli_transfer_matrix
from qchem_app.backends.noise_model import NoiseModel
from qchem_app.backends.outcomes import common_width
from qchem_app.backends.pauli_readout import PauliReadout
from qchem_app.backends.sparse_operations import Operation, joined, passes, sparse_arrays
from qchem_app.circuits.circuit import Circuit, Gate, GateName
from qchem_app.errors import ResourceError
from qchem_app.mapping.pauli import PauliSum

# From this many qubits on, gates are joined before they are applied, one circuit at a time.
_LARGE_FROM = 7
# Fewer floating-point operations than this are not worth starting threads for.
_THREADS_FROM = 4_000_000
# Operations times elements of a state in one compiled call: a second or so of one core.
_UNINTERRUPTED = 500_000_000
_AXES = {"rx": (2, 3), "ry": (3, 1), "rz": (1, 2)}
# Share of a large state that a setting may read before it is applied to the whole of it.
_SPARSE_SHARE = 50
# Numbers kept of the settings of earlier calls, 8 bytes each.
_REMEMBERED_NUMBERS = 40_000_000
_REMEMBERED_OPERATIONS = 20_000


class DensityMatrixEngine:
    """Exact probabilities and expectation values of noisy circuits.

    Args:
        noise: errors after the gates; None for none.
        threads: None takes all the cores that this process may use.
    """

    name = "native"

    def __init__(self, noise: NoiseModel | None, threads: int | None = None) -> None:
        self.noise = noise
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        self.threads = threads or cores or 1
        self._operations: dict[tuple[str, tuple[int, ...], float], np.ndarray] = {}
        self._readouts: dict[tuple[int, tuple[Gate, ...]], PauliReadout | None] = {}
        self._remembered = 0  # numbers in all of them

    @staticmethod
    def memory_mb(n_qubits: int) -> float:
        """Peak memory of one circuit, megabytes: its state, and a copy for a setting."""
        return 2 * 8.0 * 4.0**n_qubits / 1e6

    def states(self, circuits: Sequence[Circuit]) -> np.ndarray:
        """(n_circuits, 4**n) Pauli expectation values after bound circuits on n qubits each."""
        n_qubits = common_width(circuits)
        table = _Table(self)
        programs = [table.program(circuit) for circuit in circuits]
        out = np.empty((len(circuits), 4**n_qubits))
        if n_qubits >= _LARGE_FROM:
            for vector, program in zip(out, programs, strict=True):
                kernels.reset(vector)
                self._run_large(vector, joined(table.operations(program), n_qubits), n_qubits)
            return out
        bounds = np.cumsum([0] + [len(program) for program in programs])
        flat = np.array([k for program in programs for k in program], dtype=np.int64)
        arrays = sparse_arrays(table.operations(range(len(table))))
        threads = self.threads > 1 and flat.size * 4**n_qubits > _THREADS_FROM
        for a, b in _portions(bounds, 4**n_qubits):
            if threads:
                kernels.run_many_threads(self.threads, out[a:b], flat, bounds[a : b + 1], *arrays)
            else:
                kernels.run_many(out[a:b], flat, bounds[a : b + 1], *arrays)
        return out

    def probabilities(self, circuits: Sequence[Circuit], settings: Sequence[Circuit]) -> np.ndarray:
        """(n_circuits, n_settings, 2**n) outcome probabilities, read without error."""
        states = self.states(circuits)
        n_qubits = common_width([*circuits, *settings])
        out = np.empty((len(circuits), len(settings), 2**n_qubits))
        for s, setting in enumerate(settings):
            readout = self._readout(setting)
            if readout is not None:
                out[:, s] = readout.probabilities(states)
                continue
            operations = joined(self._noisy(setting), n_qubits)
            for i, state in enumerate(states):
                turned = state.copy()
                self._run_large(turned, operations, n_qubits)
                out[i, s] = PauliReadout.build(n_qubits, ()).probabilities(turned[None])[0]
        return out

    def expectations(self, circuits: Sequence[Circuit], observable: PauliSum) -> np.ndarray:
        """(n_circuits,) tr(O rho), in the unit of the observable; no measurement, no readout."""
        index = pauli_positions(observable.x, observable.z)
        return self.states(circuits)[:, index] @ observable.coefficients

    def operation(self, gate: Gate) -> np.ndarray:
        """(4, 4) or (16, 16) transfer matrix of a bound gate and its noise."""
        key = (gate.name, gate.qubits, gate.angle)
        if key not in self._operations:
            if len(self._operations) >= _REMEMBERED_OPERATIONS:
                self._operations.clear()
            ideal = pauli_transfer_matrix(gate.matrix()[None])
            noisy = ideal if self.noise is None else self.noise.error_ptm(gate) @ ideal
            self._operations[key] = noisy
        return self._operations[key]

    def _run_large(self, vector: np.ndarray, operations: list[Operation], n_qubits: int) -> None:
        members, numbers = passes([qubits for qubits, _ in operations], n_qubits)
        # within a pass, operations count its qubits
        local = [(qubits, matrix) for qubits, matrix in operations]
        for row, group in zip(members, numbers, strict=True):
            place = {int(q): j for j, q in enumerate(row)}
            for k in group:
                qubits, matrix = operations[k]
                local[k] = tuple(place[q] for q in qubits), matrix
        program = np.array([k for group in numbers for k in group], dtype=np.int64)
        bounds = np.cumsum([0] + [len(group) for group in numbers])
        arrays = sparse_arrays(local)
        threads = self.threads > 1 and vector.size * len(operations) > _THREADS_FROM
        for a, b in _portions(bounds, vector.size):
            part = members[a:b], program, bounds[a : b + 1]
            if threads:
                kernels.run_large_threads(self.threads, n_qubits, vector, *part, *arrays)
            else:
                kernels.run_large(n_qubits, vector, *part, *arrays)

    def _noisy(self, setting: Circuit) -> list[Operation]:
        return [(gate.qubits, self.operation(gate)) for gate in setting.gates]

    def _readout(self, setting: Circuit) -> PauliReadout | None:
        """How a setting is read; None where that takes too much of a large state."""
        n_qubits = setting.n_qubits
        key = (n_qubits, setting.gates)
        if key not in self._readouts:
            most = 4**n_qubits // (1 if n_qubits < _LARGE_FROM else _SPARSE_SHARE)
            try:
                readout = PauliReadout.build(n_qubits, self._noisy(setting), most)
            except ResourceError:
                readout = None
            size = 0 if readout is None else readout.size
            if self._remembered + size > _REMEMBERED_NUMBERS:
                self._readouts.clear()
                self._remembered = 0
            self._remembered += size
            self._readouts[key] = readout
        return self._readouts[key]


class _Table:
    """The distinct operations of some circuits, numbered as they are met."""

    def __init__(self, engine: DensityMatrixEngine) -> None:
        self.engine = engine
        self.known: dict[tuple[str, tuple[int, ...], float], int] = {}
        self.by_identity: dict[int, int] = {}
        self.gates: list[Gate] = []
        self.matrices: list[np.ndarray] | None = None

    def __len__(self) -> int:
        return len(self.gates)

    def program(self, circuit: Circuit) -> list[int]:
        """Numbers of the circuit's operations."""
        # Circuits that differ little share most of their gate objects, which are found fastest by
        # identity; the circuits keep them alive meanwhile.
        number = self.by_identity.get
        out = [number(id(gate), -1) for gate in circuit.gates]
        if -1 in out:
            out = [
                self._add(gate) if k < 0 else k for k, gate in zip(out, circuit.gates, strict=True)
            ]
        return out

    def _add(self, gate: Gate) -> int:
        if gate.parameter is not None:
            gate.matrix()  # raises
        key = (gate.name, gate.qubits, gate.angle)
        number = self.known.get(key)
        if number is None:
            number = self.known[key] = len(self.gates)
            self.gates.append(gate)
        self.by_identity[id(gate)] = number
        return number

    def operations(self, numbers: Sequence[int] | range) -> list[Operation]:
        """Qubits and matrices of operations."""
        if self.matrices is None or len(self.matrices) < len(self.gates):
            self.matrices = self._build()
        return [(self.gates[k].qubits, self.matrices[k]) for k in numbers]

    def _build(self) -> list[np.ndarray]:
        """All matrices; rotations about the same axis of a qubit are built together."""
        noise = self.engine.noise or NoiseModel("none")
        matrices: list[np.ndarray | None] = [None] * len(self.gates)
        together: dict[tuple[GateName, tuple[int, ...]], list[tuple[int, float]]] = {}
        for k, gate in enumerate(self.gates):
            parts = noise.separated(gate)
            if parts is None:
                matrices[k] = self.engine.operation(gate)
            else:
                together.setdefault((gate.name, gate.qubits), []).append((k, parts[0]))
        for (name, qubits), turns in together.items():
            stack = _rotations(name, np.array([angle for _, angle in turns]))
            stack = noise.error_ptm(Gate(name, qubits)) @ stack
            for (k, _), matrix in zip(turns, stack, strict=True):
                matrices[k] = matrix
        return [matrix for matrix in matrices if matrix is not None]


def _portions(bounds: np.ndarray, size: int) -> list[tuple[int, int]]:
    """Consecutive programs (first, past the last) that one compiled call may run.

    Between calls the interpreter sees to signals such as Ctrl-C.

    Args:
        bounds: (n + 1,) where programs begin in the list of all operations.
        size: elements that an operation works on.
    """
    n = len(bounds) - 1
    step = max(1, _UNINTERRUPTED // size)  # operations
    out, begin = [], 0
    while begin < n:
        end = int(np.searchsorted(bounds, bounds[begin] + step, side="right")) - 1
        out.append((begin, min(max(end, begin + 1), n)))
        begin = out[-1][1]
    return out


def _rotations(name: str, angles: np.ndarray) -> np.ndarray:
    """(m, 4, 4) transfer matrices of rotations by (m,) angles, radians."""
    i, j = _AXES[name]
    out = np.tile(np.eye(4), (angles.size, 1, 1))
    out[:, i, i] = out[:, j, j] = np.cos(angles)
    out[:, j, i] = np.sin(angles)
    out[:, i, j] = -out[:, j, i]
    return out


def pauli_positions(x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """(k,) int64 places of Pauli strings with (k,) uint64 masks x and z in a Pauli vector."""
    x, z = np.asarray(x, dtype=np.uint64), np.asarray(z, dtype=np.uint64)
    return (_spread(x ^ z) | _spread(z) << np.uint64(1)).astype(np.int64)


def _spread(bits: np.ndarray) -> np.ndarray:
    """Bit q moved to bit 2q."""
    out = np.zeros_like(bits)
    for q in range(min(32, int(bits.max(initial=0)).bit_length())):
        out |= (bits >> np.uint64(q) & np.uint64(1)) << np.uint64(2 * q)
    return out
