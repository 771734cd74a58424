"""PauliSum: a Hermitian qubit operator as bit masks, and its action on a state vector."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from qchem_app.errors import InputError

#: Masks are unsigned 64-bit integers.
MAX_QUBITS = 64
# Coefficients below this (in the operator's own unit) are rounding.
_NEGLIGIBLE = 1e-12


@dataclass(frozen=True, eq=False)
class PauliSum:
    r"""A real linear combination of Pauli strings.

    .. math:: O = \sum_k c_k P_k, \quad P_k = i^{|x_k \wedge z_k|} X^{x_k} Z^{z_k}

    Bit q of a mask, and of the index of a basis state, belongs to qubit q; a qubit whose bit is
    set in both masks carries Y.

    Attributes:
        n_qubits: at most 64.
        x, z: (n_terms,) uint64 masks.
        coefficients: (n_terms,) float64, Hartree for a Hamiltonian.
    """

    n_qubits: int
    x: np.ndarray
    z: np.ndarray
    coefficients: np.ndarray

    def __post_init__(self) -> None:
        if not 0 <= self.n_qubits <= MAX_QUBITS:
            raise InputError(
                f"Pauli strings act on at most {MAX_QUBITS} qubits, found {self.n_qubits}; "
                "choose a smaller active space"
            )
        for name, dtype in (("x", np.uint64), ("z", np.uint64), ("coefficients", np.float64)):
            array = np.array(getattr(self, name), dtype=dtype)
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        if not self.x.shape == self.z.shape == self.coefficients.shape or self.x.ndim != 1:
            raise InputError(
                f"a Pauli sum needs as many x masks as z masks and coefficients, found "
                f"{self.x.shape}, {self.z.shape} and {self.coefficients.shape}"
            )

    def __len__(self) -> int:
        return int(self.coefficients.size)

    @classmethod
    def from_strings(cls, n_qubits: int, strings: Iterable[tuple[str, float]]) -> Self:
        """From ("XIZY", coefficient) pairs; the first letter belongs to qubit 0."""
        x, z, coefficients = [], [], []
        for letters, coefficient in strings:
            if len(letters) != n_qubits or set(letters) - set("IXYZ"):
                raise InputError(f"{letters!r} is not a Pauli string on {n_qubits} qubits")
            x.append(sum(1 << q for q, letter in enumerate(letters) if letter in "XY"))
            z.append(sum(1 << q for q, letter in enumerate(letters) if letter in "ZY"))
            coefficients.append(coefficient)
        return cls(n_qubits, _masks(x), _masks(z), np.array(coefficients, dtype=float))

    @classmethod
    def from_openfermion(cls, operator: Any, n_qubits: int) -> Self:
        """From a Hermitian ``openfermion.QubitOperator``.

        Raises:
            InputError: a coefficient is not real.
        """
        x, z, coefficients = [], [], []
        for term, value in operator.terms.items():
            if abs(complex(value).imag) > 1e-9:
                raise InputError(f"a Hermitian operator has real coefficients, found {value}")
            x.append(sum(1 << q for q, letter in term if letter in "XY"))
            z.append(sum(1 << q for q, letter in term if letter in "ZY"))
            coefficients.append(complex(value).real)
        return cls(n_qubits, _masks(x), _masks(z), np.array(coefficients, dtype=float)).simplified()

    def to_openfermion(self) -> Any:
        """The same operator as ``openfermion.QubitOperator``."""
        from openfermion import QubitOperator

        out = QubitOperator()
        for letters, coefficient in self.strings():
            term = tuple((q, letter) for q, letter in enumerate(letters) if letter != "I")
            out += QubitOperator(term, coefficient)
        return out

    def strings(self) -> list[tuple[str, float]]:
        """("XIZY", coefficient) pairs; the first letter belongs to qubit 0."""
        return [
            (letters(int(x), int(z), self.n_qubits), float(c))
            for x, z, c in zip(self.x, self.z, self.coefficients, strict=True)
        ]

    def simplified(self, negligible: float = _NEGLIGIBLE) -> Self:
        """Equal strings merged, terms up to `negligible` dropped; ordered by masks."""
        if not len(self):
            return self
        order = np.lexsort((self.z, self.x))
        x, z = self.x[order], self.z[order]
        first = np.flatnonzero(np.r_[True, (x[1:] != x[:-1]) | (z[1:] != z[:-1])])
        total = np.add.reduceat(self.coefficients[order], first)
        keep = np.abs(total) > negligible
        return type(self)(self.n_qubits, x[first[keep]], z[first[keep]], total[keep])

    @property
    def constant(self) -> float:
        """Coefficient of the identity: tr(O) / 2**n_qubits."""
        return float(self.coefficients[(self.x == 0) & (self.z == 0)].sum())

    def without_constant(self) -> Self:
        """The traceless part."""
        keep = (self.x != 0) | (self.z != 0)
        return type(self)(self.n_qubits, self.x[keep], self.z[keep], self.coefficients[keep])

    def apply(self, state: np.ndarray) -> np.ndarray:
        """O|state> for a (2**n_qubits,) vector, complex128."""
        return self._apply(np.asarray(state)).astype(np.complex128, copy=False)

    def expectation(self, state: np.ndarray) -> float:
        """<state|O|state> for a normalised (2**n_qubits,) vector."""
        return float(np.vdot(state, self._apply(np.asarray(state))).real)

    def matrix(self) -> Any:
        """Sparse (2**n_qubits, 2**n_qubits) complex matrix (scipy CSR)."""
        from scipy.sparse import csr_matrix

        size = 1 << self.n_qubits
        groups = list(self._diagonals())
        index = np.arange(size, dtype=np.int64)
        columns = np.empty((size, len(groups)), dtype=np.int32 if size < 2**31 else np.int64)
        values = np.empty((size, len(groups)), dtype=np.complex128)
        for k, (x, diagonal) in enumerate(groups):
            columns[:, k] = index ^ x
            values[:, k] = diagonal[index ^ x]
        starts = np.arange(size + 1) * len(groups)
        out = csr_matrix((values.ravel(), columns.ravel(), starts), shape=(size, size))
        out.eliminate_zeros()
        out.sort_indices()
        return out

    def _apply(self, state: np.ndarray) -> np.ndarray:
        """O|state>, real where both are."""
        if state.shape != (1 << self.n_qubits,):
            raise InputError(
                f"an operator on {self.n_qubits} qubits acts on vectors of {1 << self.n_qubits} "
                f"amplitudes, found the shape {state.shape}"
            )
        index = np.arange(state.size, dtype=np.int64)
        out = np.zeros(state.size, dtype=np.result_type(state, float))
        for x, diagonal in self._diagonals():
            if np.iscomplexobj(diagonal):
                out = out.astype(np.complex128, copy=False)
            # X^x Z^z |b> = (-1)^(z.b) |b xor x>
            moved = diagonal * state
            out += moved if x == 0 else moved[index ^ x]
        return out

    def _diagonals(self) -> Iterator[tuple[int, np.ndarray]]:
        """For each x mask, the diagonal of what stands right of X^x: (2**n_qubits,) numbers.

        The sign of Z^z on a basis state is a product over the lower and the upper half of the
        qubits, so a group of strings is one matrix product of two thin tables of signs.
        """
        if not len(self):
            return
        n_low = self.n_qubits // 2
        low = np.arange(1 << n_low, dtype=np.uint64)
        high = np.arange(1 << (self.n_qubits - n_low), dtype=np.uint64) << np.uint64(n_low)
        order = np.argsort(self.x, kind="stable")
        bounds = np.flatnonzero(np.diff(self.x[order])) + 1
        for group in np.split(order, bounds):
            z, x = self.z[group], self.x[group[0]]
            quarter = np.bitwise_count(x & z) % 4  # of i^|x & z|
            values = np.where(quarter >= 2, -self.coefficients[group], self.coefficients[group])
            factors = values * signs(high[:, None], z)
            right = signs(low[:, None], z).T
            real, imaginary = quarter % 2 == 0, quarter % 2 == 1
            diagonal = factors[:, real] @ right[real]
            if imaginary.any():
                diagonal = diagonal + 1j * (factors[:, imaginary] @ right[imaginary])
            yield int(x), diagonal.ravel()


def letters(x: int, z: int, n_qubits: int) -> str:
    """A Pauli string as text; the first letter belongs to qubit 0."""
    return "".join("IXZY"[(x >> q & 1) + 2 * (z >> q & 1)] for q in range(n_qubits))


def signs(index: np.ndarray, mask: Any) -> np.ndarray:
    """(-1)**(number of bits that index and mask share), float64."""
    return 1.0 - 2.0 * (np.bitwise_count(index & np.uint64(mask)) & 1)


def commute(x1: Any, z1: Any, x2: Any, z2: Any) -> Any:
    """Whether the strings (x1, z1) and (x2, z2) commute; arrays broadcast."""
    return (np.bitwise_count(x1 & z2) + np.bitwise_count(z1 & x2)) % 2 == 0


def _masks(values: list[int]) -> np.ndarray:
    return np.array(values, dtype=np.uint64)
