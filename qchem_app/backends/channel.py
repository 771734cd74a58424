"""Channel: a completely positive, trace-preserving map on one or two qubits."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from qchem_app.errors import InputError

#: Letters of Pauli strings by base-4 digit.
LETTERS = "IXYZ"
_MATRICES = np.array(
    [[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]],
    dtype=np.complex128,
)
# Matrix elements and probabilities below this are rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Channel:
    r"""Noise on one or two qubits.

    .. math:: \rho \mapsto \sum_k K_k \rho K_k^\dagger, \quad \sum_k K_k^\dagger K_k = 1

    Attributes:
        name: what it is called, for messages.
        kraus: (k, d, d) complex128, d = 2 or 4; bit j of a row or column is the state of the
            channel's j-th qubit.

    Raises:
        InputError: other shapes, or operators that do not preserve the trace.
    """

    name: str
    kraus: np.ndarray

    def __post_init__(self) -> None:
        kraus = np.array(self.kraus, dtype=np.complex128)
        if kraus.ndim != 3 or kraus.shape[1:] not in ((2, 2), (4, 4)):
            raise InputError(
                f"Kraus operators are (k, 2, 2) or (k, 4, 4) matrices, found {kraus.shape}"
            )
        total = np.einsum("kba,kbc->ac", kraus.conj(), kraus)
        if not np.allclose(total, np.eye(kraus.shape[1]), atol=1e-9, rtol=0.0):
            raise InputError(
                f"the Kraus operators of {self.name} do not preserve the trace: the sum of "
                "K^dagger K is not the identity"
            )
        kraus.flags.writeable = False
        object.__setattr__(self, "kraus", kraus)

    @property
    def n_qubits(self) -> int:
        """1 or 2."""
        return 1 if self.kraus.shape[1] == 2 else 2

    @cached_property
    def ptm(self) -> np.ndarray:
        """(4**k, 4**k) Pauli transfer matrix: tr(P_i E(P_j)) / 2**k."""
        return pauli_transfer_matrix(self.kraus)

    @cached_property
    def pauli_probabilities(self) -> np.ndarray | None:
        """(4**k,) probabilities of Pauli errors; None for any other channel."""
        return pauli_probabilities(self.ptm)


@lru_cache(maxsize=2)
def pauli_matrices(n_qubits: int) -> np.ndarray:
    """(4**n, 2**n, 2**n) Pauli strings on 1 or 2 qubits; qubit 0 is the least significant digit."""
    if n_qubits == 1:
        return _MATRICES
    return np.array([np.kron(second, first) for second in _MATRICES for first in _MATRICES])


def pauli_transfer_matrix(kraus: np.ndarray) -> np.ndarray:
    """(4**n, 4**n) real matrix of the map with (k, 2**n, 2**n) Kraus operators; n is 1 or 2."""
    kraus = np.asarray(kraus)
    paulis = pauli_matrices(1 if kraus.shape[-1] == 2 else 2)
    images = np.einsum(
        "kab,jbc,kdc->jad", kraus, paulis, kraus.conj(), optimize=["einsum_path", (0, 1), (0, 1)]
    )
    return np.einsum("iab,jba->ij", paulis, images).real / kraus.shape[-1]


def embedded(ptm: np.ndarray, place: int) -> np.ndarray:
    """(16, 16): a (4, 4) transfer matrix on qubit `place`, 0 or 1, of two."""
    return np.kron(np.eye(4), ptm) if place == 0 else np.kron(ptm, np.eye(4))


@lru_cache(maxsize=4)
def commutation(size: int) -> np.ndarray:
    """(size, size): +1 where two Pauli strings of size = 4**n commute, -1 where they do not."""
    one = np.ones((4, 4))
    for p in range(1, 4):
        for q in range(1, 4):
            one[p, q] = 1.0 if p == q else -1.0
    table: np.ndarray = np.ones((1, 1))
    while len(table) < size:
        table = np.kron(one, table)
    table.flags.writeable = False
    return table


def twirled_probabilities(ptm: np.ndarray) -> np.ndarray:
    """(4**n,) Pauli error probabilities of a channel's Pauli twirl: the diagonal of its chi matrix.

    The twirl keeps the diagonal of the transfer matrix and so the process fidelity
    (doi:10.1103/PhysRevA.78.012347).
    """
    size = len(ptm)
    return commutation(size) @ np.diag(ptm) / size


def pauli_probabilities(ptm: np.ndarray) -> np.ndarray | None:
    """(4**n,) probabilities of a transfer matrix that is a Pauli channel's; None for others."""
    if np.abs(ptm - np.diag(np.diag(ptm))).max() > _ROUNDING:
        return None
    return np.clip(twirled_probabilities(ptm), 0.0, 1.0)


def pauli_channel(probabilities: np.ndarray, name: str = "Pauli noise") -> Channel:
    """The channel with (4,) or (16,) probabilities of Pauli errors, the identity's first."""
    probabilities = np.asarray(probabilities, dtype=float)
    if probabilities.shape not in ((4,), (16,)):
        raise InputError(f"{name} needs 4 or 16 probabilities, found {probabilities.shape}")
    if probabilities.min() < -_ROUNDING or abs(probabilities.sum() - 1.0) > 1e-9:
        raise InputError(
            f"{name} needs probabilities that are not negative and sum to 1, found the sum "
            f"{probabilities.sum():.6g} and the smallest {probabilities.min():.6g}"
        )
    kept = np.flatnonzero(probabilities > 0)
    paulis = pauli_matrices(1 if probabilities.size == 4 else 2)[kept]
    return Channel(name, np.sqrt(probabilities[kept])[:, None, None] * paulis)


def pauli_errors(errors: Iterable[tuple[str, float]], n_qubits: int) -> Channel:
    """The channel of ("ZX", probability) pairs; the first letter belongs to the first qubit."""
    probabilities = np.zeros(4**n_qubits)
    for letters, probability in errors:
        probabilities[pauli_index(letters, n_qubits)] += probability
    probabilities[0] += 1.0 - probabilities.sum()
    return pauli_channel(probabilities)


def pauli_index(letters: str, n_qubits: int) -> int:
    """Base-4 number of a Pauli string, its first letter least significant."""
    if len(letters) != n_qubits or set(letters) - set(LETTERS):
        raise InputError(
            f"a Pauli string on {n_qubits} qubit{'s' if n_qubits > 1 else ''} has as many letters "
            f"of I, X, Y and Z, found {letters!r}"
        )
    return sum(LETTERS.index(letter) << 2 * q for q, letter in enumerate(letters))


def depolarizing(probability: float, n_qubits: int = 1) -> Channel:
    """With this probability one of the 3 or 15 Pauli strings other than the identity."""
    _require_probability("depolarizing", probability)
    probabilities = np.full(4**n_qubits, probability / (4**n_qubits - 1))
    probabilities[0] = 1.0 - probability
    return pauli_channel(probabilities, "depolarizing noise")


def amplitude_damping(probability: float) -> Channel:
    """Decay of state 1 to state 0 with this probability."""
    _require_probability("amplitude damping", probability)
    stays, decays = math.sqrt(1.0 - probability), math.sqrt(probability)
    return Channel("amplitude damping", np.array([[[1, 0], [0, stays]], [[0, decays], [0, 0]]]))


def phase_damping(probability: float) -> Channel:
    """Coherences shrink by the square root of 1 - probability."""
    _require_probability("phase damping", probability)
    kept, lost = math.sqrt(1.0 - probability), math.sqrt(probability)
    return Channel("phase damping", np.array([[[1, 0], [0, kept]], [[0, 0], [0, lost]]]))


def thermal_relaxation(duration: float, t1: float, t2: float) -> Channel:
    """Decay to state 0 and loss of coherence for `duration`, in the unit of `t1` and `t2`.

    Populations decay as exp(-t/T1), coherences as exp(-t/T2); infinite times mean no decay.

    Raises:
        InputError: a time that is not positive, or t2 > 2 t1, which no positive map has.
    """
    if not duration >= 0.0:
        raise InputError(f"a duration cannot be negative, found {duration:.6g}")
    if not (t1 > 0.0 and t2 > 0.0):
        raise InputError(f"t1 and t2 must be positive, found {t1:.6g} and {t2:.6g}")
    if t2 > 2.0 * t1 * (1.0 + 1e-12):
        raise InputError(
            f"t2 is {t2:.6g} and t1 is {t1:.6g}, but coherence cannot outlive relaxation: t2 is "
            "at most 2 t1"
        )
    excited, coherence = math.exp(-duration / t1), math.exp(-duration / t2)
    kraus = [
        [[1, 0], [0, coherence]],
        [[0, math.sqrt(-math.expm1(-duration / t1))], [0, 0]],
        [[0, 0], [0, math.sqrt(max(0.0, excited - coherence**2))]],
    ]
    return Channel("thermal relaxation", np.array(kraus))


def rotation(axis: str, angle: float) -> Channel:
    """The coherent error exp(-i angle/2 P), radians; P is a letter, two, or "H" for (X + Z)/√2."""
    if axis == "H":
        pauli = (_MATRICES[1] + _MATRICES[3]) / math.sqrt(2.0)
    else:
        pauli = pauli_matrices(len(axis))[pauli_index(axis, len(axis))]
    identity = np.eye(len(pauli))
    unitary = math.cos(angle / 2) * identity - 1j * math.sin(angle / 2) * pauli
    return Channel("over-rotation", unitary[None])


def _require_probability(what: str, value: float) -> None:
    if not 0.0 <= value <= 1.0:
        raise InputError(f"{what} needs a probability from 0 to 1, found {value:.6g}")
