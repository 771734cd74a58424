"""Circuit: an ordered list of elementary gates, with parameters still free or already bound."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, Self

import numpy as np

from qchem_app.errors import InputError

GateName = Literal["x", "h", "rx", "ry", "rz", "cx", "delay"]
#: Gates that turn by an angle.
ROTATIONS = ("rx", "ry", "rz")


@dataclass(frozen=True)
class Gate:
    """One elementary gate.

    Attributes:
        name: x, h, rx, ry, rz, cx, or delay (an idle qubit, in scheduled circuits only).
        qubits: the qubit; (control, target) for cx.
        angle: of a rotation exp(-i angle/2 P), radians; for delay the duration, ns.
        parameter: index of the free parameter that turns the gate, None where it is bound.
        factor: the rotation is by angle + factor * theta[parameter].
    """

    name: GateName
    qubits: tuple[int, ...]
    angle: float = 0.0
    parameter: int | None = None
    factor: float = 0.0

    def bound(self, theta: np.ndarray) -> Gate:
        """The gate at (n_parameters,) theta."""
        if self.parameter is None:
            return self
        return Gate(self.name, self.qubits, self.angle + self.factor * float(theta[self.parameter]))

    def inverse(self) -> Gate:
        """The gate that undoes this one."""
        if self.name in ROTATIONS:
            return replace(self, angle=-self.angle, factor=-self.factor)
        return self

    @property
    def is_clifford(self) -> bool:
        """Whether it maps Pauli strings to Pauli strings: a bound angle of k pi/2."""
        if self.name not in ROTATIONS:
            return True
        quarter = self.angle / (math.pi / 2)
        return self.parameter is None and abs(quarter - round(quarter)) < 1e-9

    def matrix(self) -> np.ndarray:
        """(2, 2) or (4, 4) complex matrix of a bound gate.

        For cx the index is control + 2 * target: bit k of the index is the state of qubits[k].
        """
        if self.parameter is not None:
            raise InputError(f"gate {self.name} on {self.qubits} has a free parameter: bind it")
        cos, sin = math.cos(self.angle / 2), math.sin(self.angle / 2)
        matrices = {
            "x": [[0, 1], [1, 0]],
            "h": [[math.sqrt(0.5), math.sqrt(0.5)], [math.sqrt(0.5), -math.sqrt(0.5)]],
            "rx": [[cos, -1j * sin], [-1j * sin, cos]],
            "ry": [[cos, -sin], [sin, cos]],
            "rz": [[complex(cos, -sin), 0], [0, complex(cos, sin)]],
            "cx": [[1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0]],
            "delay": [[1, 0], [0, 1]],
        }
        return np.array(matrices[self.name], dtype=np.complex128)


@dataclass(frozen=True, eq=False)
class Circuit:
    """Gates on `n_qubits` qubits that start in |0...0>; the first gate acts first.

    Attributes:
        n_qubits: number of qubits, numbered from 0.
        gates: in the order of application.
        n_parameters: length of the vector that `bind` takes; 0 for a bound circuit.
    """

    n_qubits: int
    gates: tuple[Gate, ...] = ()
    n_parameters: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "gates", tuple(self.gates))
        for gate in self.gates:
            if not all(0 <= q < self.n_qubits for q in gate.qubits):
                raise InputError(
                    f"gate {gate.name} acts on {gate.qubits}, but the circuit has qubits 0 to "
                    f"{self.n_qubits - 1}"
                )
            if gate.parameter is not None and not 0 <= gate.parameter < self.n_parameters:
                raise InputError(
                    f"gate {gate.name} has parameter {gate.parameter}, but the circuit has "
                    f"{self.n_parameters}"
                )

    def __add__(self, other: Circuit) -> Circuit:
        """This circuit, then the other, on the same qubits and parameters."""
        if self.n_qubits != other.n_qubits:
            raise InputError(
                f"circuits on {self.n_qubits} and {other.n_qubits} qubits cannot be joined"
            )
        parameters = max(self.n_parameters, other.n_parameters)
        return Circuit(self.n_qubits, self.gates + other.gates, parameters)

    def __len__(self) -> int:
        return len(self.gates)

    def with_gates(self, gates: Iterable[Gate]) -> Self:
        """Other gates on the same qubits and parameters."""
        return replace(self, gates=tuple(gates))

    def bind(self, theta: np.ndarray) -> Circuit:
        """The circuit at (n_parameters,) theta.

        Raises:
            InputError: wrong number of parameters.
        """
        theta = np.asarray(theta, dtype=float)
        if theta.shape != (self.n_parameters,):
            raise InputError(
                f"the circuit takes {self.n_parameters} parameters, found {theta.shape}"
            )
        return Circuit(self.n_qubits, tuple(gate.bound(theta) for gate in self.gates))

    def inverse(self) -> Circuit:
        """The circuit that undoes this one."""
        return self.with_gates(gate.inverse() for gate in reversed(self.gates))

    @property
    def is_bound(self) -> bool:
        """Whether no gate has a free parameter."""
        return all(gate.parameter is None for gate in self.gates)

    def counts(self) -> Counter[str]:
        """Number of gates of each name."""
        return Counter(gate.name for gate in self.gates)

    @property
    def two_qubit_gates(self) -> int:
        """Number of gates on two qubits."""
        return sum(len(gate.qubits) == 2 for gate in self.gates)

    def depth(self, *, two_qubit_only: bool = False) -> int:
        """Longest chain of gates that wait for each other; delays do not count."""
        level = [0] * self.n_qubits
        for gate in self.gates:
            if gate.name == "delay" or (two_qubit_only and len(gate.qubits) < 2):
                continue
            after = 1 + max(level[q] for q in gate.qubits)
            for q in gate.qubits:
                level[q] = after
        return max(level, default=0)

    def state(self) -> np.ndarray:
        """(2**n_qubits,) complex state vector of a bound circuit, up to no phase.

        Bit q of the index is the state of qubit q. For checks and small circuits: the backends
        have faster ways.
        """
        n = self.n_qubits
        vector = np.zeros((2,) * n, dtype=np.complex128)
        vector[(0,) * n] = 1.0
        for gate in self.gates:
            k = len(gate.qubits)
            # axis n-1-q belongs to qubit q; the matrix's leading bit is its last qubit
            axes = [n - 1 - q for q in reversed(gate.qubits)]
            matrix = gate.matrix().reshape((2,) * (2 * k))
            vector = np.tensordot(matrix, vector, axes=(range(k, 2 * k), axes))
            vector = np.moveaxis(vector, range(k), axes)
        return vector.reshape(-1)
