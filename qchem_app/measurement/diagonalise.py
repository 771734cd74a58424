"""Clifford circuits that turn commuting Pauli strings into Z strings, with few CNOTs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.errors import InputError
from qchem_app.mapping.pauli import commute
from qchem_app.measurement.clifford import conjugate

# Letters of a Pauli string at one qubit, as x + 2 z; their product is xor.
_X, _Z, _Y = 1, 2, 3
# The whole group is looked at while it acts on so many qubits; beyond, only its generators and the
# products of two.
_ENUMERATED = 12
# What a string of weight w counts for when gates are compared: base**w.
_BASES = (0.25, 0.5, 0.1)
# Beyond so many qubits only the first of them is tried.
_EASY = 14


@dataclass(frozen=True, eq=False)
class Diagonalisation:
    """Pauli strings made diagonal: U P_k U^dagger = signs[k] Z^masks[k].

    Attributes:
        circuit: U, of gates h, rx, rz and cx.
        masks: (k,) uint64.
        signs: (k,) float64, +1 or -1.
    """

    circuit: Circuit
    masks: np.ndarray
    signs: np.ndarray


def diagonalise(n_qubits: int, x: np.ndarray, z: np.ndarray) -> Diagonalisation:
    """A circuit that makes commuting Pauli strings diagonal.

    Simultaneous diagonalisation as in arXiv:1907.13623 and doi:10.22331/q-2021-01-20-385, but
    greedy instead of column by column: a qubit at which all strings carry the same letter needs a
    single-qubit gate only. While there are others, the two-qubit gate is taken that shortens a
    shortest string of the group they generate, and of these gates the one that leaves the most
    short strings. Three weightings of "short" are tried, in two orders of the qubits; the circuit
    with the fewest CNOTs is kept. Strings that commute qubit by qubit need no CNOT.

    Args:
        n_qubits: of the circuit.
        x, z: (k,) uint64 masks of strings that commute pairwise.

    Raises:
        InputError: two strings do not commute.
    """
    x, z = np.asarray(x, dtype=np.uint64), np.asarray(z, dtype=np.uint64)
    if not np.all(commute(x[:, None], z[:, None], x, z)):
        raise InputError("only Pauli strings that commute pairwise can be made diagonal together")
    gx, gz = independent(x, z)
    best: Circuit | None = None
    for base in _BASES if n_qubits <= _EASY else _BASES[:1]:
        for backwards in (False, True):
            circuit = _Elimination(n_qubits, gx, gz, base, backwards).run()
            if best is None or _cost(circuit) < _cost(best):
                best = circuit
            if best.two_qubit_gates == 0:
                break
    assert best is not None
    new_x, new_z, signs = conjugate(best, x, z)
    assert not new_x.any()
    return Diagonalisation(best, new_z, signs)


def _cost(circuit: Circuit) -> tuple[int, int, int]:
    return circuit.two_qubit_gates, circuit.depth(two_qubit_only=True), len(circuit)


def independent(x: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Strings, lightest first, that generate the others up to signs: masks (r,), (r,)."""
    order = np.argsort(np.bitwise_count(x | z), kind="stable")
    reduced: list[tuple[int, int]] = []  # (string as one integer, its leading bit)
    kept = []
    for k in order:
        word = int(x[k]) | int(z[k]) << 64
        for other, leading in reduced:
            if word & leading:
                word ^= other
        if word:
            reduced.append((word, 1 << word.bit_length() - 1))
            kept.append(k)
    return x[kept], z[kept]


class _Elimination:
    """One attempt: the strings that are left and the gates so far."""

    def __init__(
        self, n_qubits: int, x: np.ndarray, z: np.ndarray, base: float, backwards: bool
    ) -> None:
        self.n_qubits = n_qubits
        # The first string is the one that is being shortened where not all are looked at.
        self.x = np.concatenate([np.zeros(1, dtype=np.uint64), x])
        self.z = np.concatenate([np.zeros(1, dtype=np.uint64), z])
        self.base, self.backwards = base, backwards
        self.gates: list[Gate] = []

    def run(self) -> Circuit:
        mixed = self._mixed(range(self.n_qubits))
        while mixed:
            a, b, letter_a, letter_b = self._best_gate(mixed)
            self._entangle(a, b, letter_a, letter_b)
            mixed = self._mixed(mixed)
        for q in range(self.n_qubits):
            found = self._letters(self.x, self.z, q)
            self._turn(q, int(found.max(initial=0)), _Z)
        return Circuit(self.n_qubits, tuple(self.gates))

    @staticmethod
    def _letters(x: np.ndarray, z: np.ndarray, q: int) -> np.ndarray:
        bit, one = np.uint64(q), np.uint64(1)
        return (x >> bit & one | (z >> bit & one) << one).astype(np.int64)

    def _mixed(self, qubits: range | list[int]) -> list[int]:
        """Qubits at which the strings carry different letters."""
        out = []
        for q in qubits:
            found = np.unique(self._letters(self.x, self.z, q))
            if np.count_nonzero(found) > 1:
                out.append(q)
        return out

    def _best_gate(self, mixed: list[int]) -> tuple[int, int, int, int]:
        """Qubits and letters of the generalised CNOT to apply next.

        The gate multiplies letter_a into qubit a where qubit b anticommutes with letter_b, and the
        other way round.
        """
        x, z = self._elements(sum(1 << q for q in mixed))
        weight = np.bitwise_count(x | z).astype(np.int64)
        lightest = weight == weight.min()
        if len(mixed) > _ENUMERATED:  # which string is shortest is not known for sure: keep to one
            lightest = np.arange(weight.size) == 0
        letters = {q: self._letters(x, z, q) for q in mixed}
        order = mixed[::-1] if self.backwards else mixed
        value = self.base ** weight.astype(float)
        best, gate = -math.inf, (0, 0, 0, 0)
        for i, a in enumerate(order):
            for b in order[i + 1 :]:
                pair = letters[a] + 4 * letters[b]
                counts = np.bincount(pair, minlength=16)
                short = np.bincount(pair[lightest], minlength=16)
                # of the rest of the strings, without qubits a and b
                rest = np.bincount(pair, weights=value, minlength=16) / self.base**_PAIR_WEIGHT
                for letter_a, letter_b, image in _GATES:
                    if not np.any(short[_PAIR_WEIGHT[image] < _PAIR_WEIGHT]):
                        continue
                    found = int(np.bitwise_or.reduce(_FOUND[image[counts > 0]]))
                    mixed_a, mixed_b = _several(found & 0b1111), _several(found >> 4)
                    after = mixed_a * (_FIRST[image] > 0) + mixed_b * (_SECOND[image] > 0)
                    score = float(rest @ self.base**after)
                    if score > best * (1 + 1e-12) or best == -math.inf:
                        best, gate = score, (a, b, letter_a, letter_b)
        return gate

    def _elements(self, inside: int) -> tuple[np.ndarray, np.ndarray]:
        """Elements of the group restricted to the qubits of a mask, without the identity."""
        x, z = independent(self.x & np.uint64(inside), self.z & np.uint64(inside))
        if inside.bit_count() <= _ENUMERATED:
            all_x, all_z = np.zeros(1, dtype=np.uint64), np.zeros(1, dtype=np.uint64)
            for a, b in zip(x, z, strict=True):
                all_x = np.concatenate([all_x, all_x ^ a])
                all_z = np.concatenate([all_z, all_z ^ b])
            return all_x[1:], all_z[1:]
        first, second = np.triu_indices(x.size, 1)
        x = np.concatenate([x, x[first] ^ x[second]])
        z = np.concatenate([z, z[first] ^ z[second]])
        if not (int(self.x[0]) | int(self.z[0])) & inside:
            k = int(np.argmin(np.bitwise_count(x | z)))
            self.x[0], self.z[0] = x[k], z[k]
        chosen_x, chosen_z = self.x[:1] & np.uint64(inside), self.z[:1] & np.uint64(inside)
        return np.concatenate([chosen_x, x]), np.concatenate([chosen_z, z])

    def _entangle(self, a: int, b: int, letter_a: int, letter_b: int) -> None:
        """Apply the generalised CNOT, whichever way round takes fewer single-qubit gates."""
        if (letter_a != _Z) + (letter_b != _X) > (letter_a != _X) + (letter_b != _Z):
            a, b, letter_a, letter_b = b, a, letter_b, letter_a
        self._turn(a, letter_a, _Z)
        self._turn(b, letter_b, _X)
        self._append(Gate("cx", (a, b)))

    def _turn(self, q: int, letter: int, to: int) -> None:
        """Turn a letter of a qubit into X or Z; the identity needs nothing."""
        if letter in (0, to):
            return
        if letter != _Y:
            self._append(Gate("h", (q,)))
        elif to == _Z:
            self._append(Gate("rx", (q,), math.pi / 2))
        else:
            self._append(Gate("rz", (q,), -math.pi / 2))

    def _append(self, gate: Gate) -> None:
        self.gates.append(gate)
        self.x, self.z, _ = conjugate(Circuit(self.n_qubits, (gate,)), self.x, self.z)


def _several(found: int) -> bool:
    """Whether a qubit carries different letters; bit k of `found` tells of letter k."""
    return (found >> 1).bit_count() > 1


def _anticommute(p: int, q: int) -> bool:
    return p != q and p != 0 and q != 0


def _gates() -> list[tuple[int, int, np.ndarray]]:
    """Letters of each generalised CNOT, and where it takes the pairs of letters p + 4 q."""
    out = []
    for letter_a in (_X, _Z, _Y):
        for letter_b in (_X, _Z, _Y):
            image = np.zeros(16, dtype=np.int64)
            for p in range(4):
                for q in range(4):
                    new_p = p ^ (letter_a if _anticommute(q, letter_b) else 0)
                    new_q = q ^ (letter_b if _anticommute(p, letter_a) else 0)
                    image[p + 4 * q] = new_p + 4 * new_q
            out.append((letter_a, letter_b, image))
    return out


_GATES = _gates()
_FIRST, _SECOND = np.arange(16) % 4, np.arange(16) // 4
_PAIR_WEIGHT = (_FIRST > 0).astype(np.int64) + (_SECOND > 0)
_FOUND = (1 << _FIRST) | (16 << _SECOND)
