"""Reachable: the basis states that a circuit's state can be on, and what that makes unnecessary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from qchem_app.circuits.generator import Functional, Generator
from qchem_app.mapping.gf2 import Span, parity

# States that are listed one by one; beyond, only parities that all of them share are known.
_MOST_STATES = 1 << 16
# Parities that are tried as controls, and parities times states.
_MOST_PARITIES = 1 << 8
_MOST_CHECKS = 1 << 22


class Reachable:
    """The basis states that can have an amplitude, while excitations act one after another.

    A control of an excitation is needed only if some state that can be there violates it. The
    Hartree-Fock determinant alone violates none, and later the electron numbers of both spins
    and the point group still rule out many states. The circuit stays exact for every angle.

    Args:
        n_qubits: number of qubits.
        reference: the basis state to begin with.
    """

    def __init__(self, n_qubits: int, reference: int) -> None:
        self.n_qubits, self.reference = n_qubits, reference
        self._states: np.ndarray | None = np.array([reference], dtype=np.uint64)
        self._flips = Span()  # differences of states; with the reference, their affine hull

    def reduce(self, generator: Generator) -> Generator | None:
        """A generator that acts the same on these states, with the fewest controls that do.

        None where the generator annihilates all of them.
        """
        if self._states is None:
            return self._reduce_by_hull(generator)
        selected = np.ones(self._states.size, dtype=bool)
        for mask, bit in generator.controls:
            selected &= _parities(self._states, mask) == bit
        if not selected.any():
            return None
        inside, outside = self._states[selected], self._states[~selected]
        pool = self._candidates(generator, inside, outside.size)
        some = int(inside[0])
        controls = _separate(pool, some, outside) if outside.size else ()
        if controls is None or len(controls) >= len(generator.controls):
            return generator
        values = tuple((mask, parity(mask & some)) for mask in controls)
        return replace(generator, controls=values)

    def extend(self, generator: Generator) -> None:
        """Take in the states that a generator leads to."""
        self._flips.add(generator.flip)
        if self._states is None:
            return
        selected = np.ones(self._states.size, dtype=bool)
        for mask, bit in generator.controls:
            selected &= _parities(self._states, mask) == bit
        new = self._states[selected] ^ np.uint64(generator.flip)
        self._states = np.union1d(self._states, new)
        if self._states.size > _MOST_STATES:
            self._states = None

    def known(self) -> tuple[int, ...]:
        """A basis of the masks of qubits whose parity is the same in all states."""
        return tuple(self._flips.orthogonal(self.n_qubits))

    def value(self, mask: int) -> int:
        """The parity of a mask out of the span of `known`."""
        return parity(mask & self.reference)

    def _candidates(self, generator: Generator, inside: np.ndarray, checks: int) -> list[int]:
        """Parities that the selected states share and the flip keeps, the lightest first."""
        shared = _differences(inside)
        shared.add(generator.flip)
        basis = shared.orthogonal(self.n_qubits)
        own = _span([mask for mask, _ in generator.controls])
        limit = min(_MOST_PARITIES, _MOST_CHECKS // max(checks, 1))
        if 1 << len(basis) <= limit:
            pool = set(_span(basis))
        else:
            pool = {*own, *basis, *(a ^ b for a, b in combinations(basis, 2))}
            pool = set(sorted(pool, key=_lightness)[:limit]) | set(own)
        return sorted(pool - {0}, key=_lightness)

    def _reduce_by_hull(self, generator: Generator) -> Generator | None:
        rows = [(mask, self.value(mask)) for mask in self.known()]
        reduced: list[Functional] = []  # each with a leading bit that no later one has
        kept: list[Functional] = []
        for k, (mask, bit) in enumerate((*rows, *generator.controls)):
            for other, other_bit in reduced:
                if mask >> (other.bit_length() - 1) & 1:
                    mask, bit = mask ^ other, bit ^ other_bit
            if mask:
                reduced.append((mask, bit))
                if k >= len(rows):
                    kept.append(generator.controls[k - len(rows)])
            elif bit:
                return None
        return Generator(generator.flip, generator.sign, tuple(kept))


def _separate(pool: list[int], inside: int, outside: np.ndarray) -> tuple[int, ...] | None:
    """One or two parities of which each state outside has another value than `inside`."""
    differs = [_parities(outside, mask) != parity(mask & inside) for mask in pool]
    for mask, apart in zip(pool, differs, strict=True):
        if apart.all():
            return (mask,)
    packed = np.array([np.packbits(~apart) for apart in differs])
    best: tuple[int, ...] | None = None
    for k in range(len(pool) - 1):
        covered = ~(packed[k] & packed[k + 1 :]).any(axis=1)
        if covered.any():
            pair = pool[k], pool[k + 1 + int(np.argmax(covered))]
            if best is None or sum(map(int.bit_count, pair)) < sum(map(int.bit_count, best)):
                best = pair
    return best


def _parities(states: np.ndarray, mask: int) -> np.ndarray:
    return np.bitwise_count(states & np.uint64(mask)) & 1


def _differences(states: np.ndarray) -> Span:
    """The span of the differences of states."""
    out = Span()
    rest = states ^ states[0]
    while (left := rest[rest != 0]).size:
        vector = int(left[0])
        out.add(vector)
        leading = np.uint64(vector.bit_length() - 1)
        rest = np.where(left >> leading & np.uint64(1), left ^ np.uint64(vector), left)
    return out


def _span(vectors: Sequence[int]) -> list[int]:
    out = [0]
    for vector in vectors:
        out += [vector ^ other for other in out]
    return out


def _lightness(mask: int) -> tuple[int, int]:
    return mask.bit_count(), mask
