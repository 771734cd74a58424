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
from qchem_app.circuits.circuit import ROTATIONS, Circuit, Gate
from qchem_app.mapping.pauli import PauliSum

# From this many qubits on, gates are joined before they are applied, one circuit at a time.
_LARGE_FROM = 7
# Fewer floating-point operations than this are not worth starting threads for.
_THREADS_FROM = 4_000_000
# Large vectors are worked on in pieces of 4**_PIECE elements, which stay in a cache.
_PIECE = 8
# Elements of a joined operation beyond which applying it costs more than the memory traffic saved.
_MOST_ELEMENTS = 128
_ROUNDING = 1e-15
_AXES = {"rx": (2, 3), "ry": (3, 1), "rz": (1, 2)}
_REMEMBERED_SETTINGS = 2_000
_REMEMBERED_OPERATIONS = 20_000

#: A sparse operation: qubits, (4, 4) or (16, 16) matrix; digit j belongs to qubits[j].
Operation = tuple[tuple[int, ...], np.ndarray]


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
        self._readouts: dict[tuple[int, tuple[Gate, ...]], PauliReadout] = {}

    @staticmethod
    def memory_mb(n_qubits: int) -> float:
        """Memory of one state, megabytes."""
        return 8.0 * 4.0**n_qubits / 1e6

    def states(self, circuits: Sequence[Circuit]) -> np.ndarray:
        """(n_circuits, 4**n) Pauli expectation values after bound circuits on n qubits each."""
        n_qubits = common_width(circuits)
        table = _Table(self)
        programs = [table.program(circuit) for circuit in circuits]
        out = np.empty((len(circuits), 4**n_qubits))
        if n_qubits >= _LARGE_FROM:
            for vector, program in zip(out, programs, strict=True):
                self._run_large(vector, joined(table.operations(program), n_qubits), n_qubits)
            return out
        bounds = np.cumsum([0] + [len(program) for program in programs])
        flat = np.array([k for program in programs for k in program], dtype=np.int64)
        arrays = _sparse(table.operations(range(len(table))))
        if self.threads > 1 and flat.size * 4**n_qubits > _THREADS_FROM:
            kernels.run_many_threads(self.threads, out, flat, bounds, *arrays)
        else:
            kernels.run_many(out, flat, bounds, *arrays)
        return out

    def probabilities(self, circuits: Sequence[Circuit], settings: Sequence[Circuit]) -> np.ndarray:
        """(n_circuits, n_settings, 2**n) outcome probabilities, read without error."""
        states = self.states(circuits)
        n_qubits = common_width([*circuits, *settings])
        out = np.empty((len(circuits), len(settings), 2**n_qubits))
        for s, setting in enumerate(settings):
            out[:, s] = self._readout(setting).probabilities(states)
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
        arrays = _sparse(local)
        if self.threads > 1 and vector.size * len(operations) > _THREADS_FROM:
            kernels.run_large_threads(
                self.threads, n_qubits, vector, members, program, bounds, *arrays
            )
        else:
            kernels.run_large(n_qubits, vector, members, program, bounds, *arrays)

    def _readout(self, setting: Circuit) -> PauliReadout:
        key = (setting.n_qubits, setting.gates)
        if key not in self._readouts:
            if len(self._readouts) >= _REMEMBERED_SETTINGS:
                self._readouts.clear()
            operations = [(gate.qubits, self.operation(gate)) for gate in setting.gates]
            self._readouts[key] = PauliReadout.build(setting.n_qubits, operations)
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
        """All matrices; rotations whose noise does not depend on the angle are built together."""
        noise = self.engine.noise
        matrices: list[np.ndarray | None] = [None] * len(self.gates)
        together: dict[tuple[str, tuple[int, ...]], list[int]] = {}
        for k, gate in enumerate(self.gates):
            fixed = noise is None or not noise.depends_on_angle(gate)
            if fixed and gate.name in ROTATIONS:
                together.setdefault((gate.name, gate.qubits), []).append(k)
            else:
                matrices[k] = self.engine.operation(gate)
        for (name, _), numbers in together.items():
            angles = np.array([self.gates[k].angle for k in numbers])
            stack = _rotations(name, angles)
            if noise is not None:
                stack = noise.error_ptm(self.gates[numbers[0]]) @ stack
            for k, matrix in zip(numbers, stack, strict=True):
                matrices[k] = matrix
        return [matrix for matrix in matrices if matrix is not None]


def _rotations(name: str, angles: np.ndarray) -> np.ndarray:
    """(m, 4, 4) transfer matrices of rotations by (m,) angles, radians."""
    i, j = _AXES[name]
    out = np.tile(np.eye(4), (angles.size, 1, 1))
    out[:, i, i] = out[:, j, j] = np.cos(angles)
    out[:, j, i] = np.sin(angles)
    out[:, i, j] = -out[:, j, i]
    return out


def joined(operations: Sequence[Operation], n_qubits: int) -> list[Operation]:
    """Fewer operations with the same effect: neighbours on the same one or two qubits multiplied.

    A one-qubit operation joins the two-qubit operation before or after it.
    """
    out: list[Operation | None] = []
    last = [-1] * n_qubits  # number of the last operation on each qubit
    for qubits, matrix in operations:
        before = {last[q] for q in qubits}
        k = before.pop()
        target = out[k] if k >= 0 and not before else None
        if target is not None and set(qubits) <= set(target[0]):
            product = _extended(matrix, qubits, target[0]) @ target[1]
            if len(product) == 4 or np.count_nonzero(_clean(product)) <= _MOST_ELEMENTS:
                out[k] = (target[0], product)
                continue
        if len(qubits) == 2:
            for q in qubits:
                earlier = out[last[q]] if last[q] >= 0 else None
                if earlier is not None and len(earlier[0]) == 1:
                    matrix = matrix @ _extended(earlier[1], earlier[0], qubits)
                    out[last[q]] = None
                    last[q] = -1
        for q in qubits:
            last[q] = len(out)
        out.append((qubits, matrix))
    return [operation for operation in out if operation is not None]


def passes(
    supports: Sequence[tuple[int, ...]], n_qubits: int
) -> tuple[np.ndarray, list[list[int]]]:
    """Operations gathered into few passes over a vector, each on few qubits.

    An operation may be taken before others that act on other qubits.

    Args:
        supports: qubits of the operations, in order.
        n_qubits: of the vector, at least 4.

    Returns:
        (n_passes, k) qubits of each pass, at least two that nothing acts on before those that
        something does, 0 and 1 among them; and the numbers of its operations, in order.
    """
    k = min(_PIECE, n_qubits)
    members: list[list[int]] = []
    numbers: list[list[int]] = []
    waiting = list(range(len(supports)))
    while waiting:
        active, blocked = set[int](), set[int]()
        taken: list[int] = []
        left: list[int] = []
        for i in waiting:
            support = set(supports[i])
            if not support & blocked and len(active | support) <= k - 2:
                active |= support
                taken.append(i)
            else:
                blocked |= support
                left.append(i)
        idle = [q for q in range(n_qubits) if q not in active]
        members.append([*idle[: k - len(active)], *sorted(active)])
        numbers.append(taken)
        waiting = left
    return np.array(members, dtype=np.int64).reshape(-1, k), numbers


def _extended(matrix: np.ndarray, qubits: tuple[int, ...], onto: tuple[int, ...]) -> np.ndarray:
    """The matrix of an operation as one on the qubits `onto`, which include its own."""
    if qubits == onto:
        return matrix
    if len(qubits) == 2:  # the same two, the other way round
        return matrix.reshape(4, 4, 4, 4).transpose(1, 0, 3, 2).reshape(16, 16)
    identity = np.eye(4)
    return np.kron(identity, matrix) if qubits[0] == onto[0] else np.kron(matrix, identity)


def _clean(matrix: np.ndarray) -> np.ndarray:
    return np.where(np.abs(matrix) > _ROUNDING, matrix, 0.0)


def _sparse(operations: Sequence[Operation]) -> tuple[np.ndarray, ...]:
    """Arrays first, second, pointer, row, col, value of the kernels."""
    first = np.array([qubits[0] for qubits, _ in operations], dtype=np.int64)
    second = np.array([qubits[-1] if len(qubits) > 1 else -1 for qubits, _ in operations])
    rows, cols, values, counts = [], [], [], [0]
    for _, matrix in operations:
        kept = np.abs(matrix) > _ROUNDING
        # every row needs an element, which overwrites what was there
        kept[:, 0] |= ~kept.any(axis=1)
        row, col = np.nonzero(kept)
        rows.append(row)
        cols.append(col)
        values.append(matrix[row, col])
        counts.append(row.size)
    if not operations:
        return first, second.astype(np.int64), np.zeros(1, dtype=np.int64), *_nothing()
    return (
        first,
        second.astype(np.int64),
        np.cumsum(counts),
        np.concatenate(rows),
        np.concatenate(cols),
        np.concatenate(values),
    )


def _nothing() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0)


def pauli_positions(x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """(k,) int64 places of Pauli strings with (k,) uint64 masks x and z in a Pauli vector."""
    x, z = np.asarray(x, dtype=np.uint64), np.asarray(z, dtype=np.uint64)
    return (_spread(x ^ z) | _spread(z) << np.uint64(1)).astype(np.int64)


def _spread(bits: np.ndarray) -> np.ndarray:
    """Bit q moved to bit 2q."""
    out = np.zeros_like(bits)
    for q in range(32):
        out |= (bits >> np.uint64(q) & np.uint64(1)) << np.uint64(2 * q)
    return out
