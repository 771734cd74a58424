"""Bit masks as vectors over GF(2)."""

from __future__ import annotations


def parity(mask: int) -> int:
    """Number of set bits, modulo 2."""
    return mask.bit_count() & 1


def bits(mask: int) -> list[int]:
    """Positions of the set bits, ascending."""
    out = []
    while mask:
        out.append((mask & -mask).bit_length() - 1)
        mask &= mask - 1
    return out
