"""Sector: the determinants of one electron number and one irrep, and their order in memory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from qchem_app.errors import InputError
from qchem_app.planning.cost import N_IRREPS, determinant_irrep

#: Occupation strings are bits of a signed 64-bit integer.
MAX_ORBITALS = 62


def occupation_strings(norb: int, nocc: int) -> np.ndarray:
    """All bit strings of `nocc` electrons in `norb` orbitals, ascending: (n,) int64."""
    if nocc < 0 or nocc > norb:
        return np.zeros(0, dtype=np.int64)
    # rows[k] holds the strings with k electrons over the orbitals seen so far
    rows = [np.zeros(1, dtype=np.int64)] + [np.zeros(0, dtype=np.int64)] * nocc
    for orbital in range(norb):
        bit = np.int64(1) << np.int64(orbital)
        for k in range(nocc, 0, -1):
            rows[k] = np.concatenate([rows[k], rows[k - 1] | bit])
    return rows[nocc]


@dataclass(frozen=True, eq=False)
class StringSpace:
    """Occupation strings of one spin, grouped by irrep and ascending inside each group.

    Attributes:
        strings: (n,) int64 bit strings.
        start: (9,) int64; irrep g owns strings[start[g]:start[g + 1]].
    """

    norb: int
    nocc: int
    strings: np.ndarray
    start: np.ndarray

    @classmethod
    def build(cls, norb: int, nocc: int, orbsym: np.ndarray) -> StringSpace:
        strings = occupation_strings(norb, nocc)
        irreps = np.zeros(strings.size, dtype=np.int64)
        for orbital in range(norb):
            irreps ^= ((strings >> orbital) & 1) * int(orbsym[orbital])
        order = np.argsort(irreps, kind="stable")
        start = np.zeros(N_IRREPS + 1, dtype=np.int64)
        start[1:] = np.cumsum(np.bincount(irreps, minlength=N_IRREPS))
        return cls(norb, nocc, strings[order], start)

    @property
    def sizes(self) -> np.ndarray:
        """(8,) number of strings in each irrep."""
        return np.diff(self.start)

    def locate(self, string: int) -> tuple[int, int]:
        """Irrep of a string and its place in that irrep."""
        for irrep in range(N_IRREPS):
            lo, hi = self.start[irrep], self.start[irrep + 1]
            place = int(np.searchsorted(self.strings[lo:hi], string))
            if place < hi - lo and self.strings[lo + place] == string:
                return irrep, place
        raise InputError(f"no string {string:b} with {self.nocc} electrons in {self.norb} orbitals")


@dataclass(frozen=True, eq=False)
class Sector:
    """A symmetry sector and the layout of its CI vectors.

    A vector is flat. Block g is the row-major matrix of (alpha strings of irrep g) by (beta
    strings of irrep g xor `irrep`), and the blocks follow one another: the order that PySCF's
    symmetry-adapted contraction uses. Determinants are alpha creators, then beta creators, each
    in ascending orbital order from the right, as in PySCF.

    Attributes:
        norb: number of spatial orbitals.
        nelec: (n_alpha, n_beta).
        orbsym: (norb,) irreps, D2h numbering.
        irrep: irrep of the many-electron states.
        alpha, beta: the strings.
        offset: (9,) int64, where each block begins.
        width: (8,) int64, beta strings in each block.
    """

    norb: int
    nelec: tuple[int, int]
    orbsym: np.ndarray
    irrep: int
    alpha: StringSpace
    beta: StringSpace
    offset: np.ndarray
    width: np.ndarray

    @classmethod
    def build(
        cls, norb: int, nelec: tuple[int, int], orbsym: np.ndarray, irrep: int | None = None
    ) -> Sector:
        """The sector of `irrep`, by default that of the determinant of the first orbitals.

        Raises:
            InputError: more orbitals than a 64-bit string holds, or electrons that do not fit.
        """
        orbsym = np.asarray(orbsym, dtype=np.int64)
        if norb > MAX_ORBITALS:
            raise InputError(
                f"the exact engine takes at most {MAX_ORBITALS} orbitals, found {norb}; "
                "choose a smaller active space"
            )
        if not all(0 <= n <= norb for n in nelec):
            raise InputError(f"{nelec} electrons (alpha, beta) do not fit into {norb} orbitals")
        if irrep is None:
            irrep = determinant_irrep(nelec, orbsym)
        alpha = StringSpace.build(norb, nelec[0], orbsym)
        beta = alpha if nelec[0] == nelec[1] else StringSpace.build(norb, nelec[1], orbsym)
        width = beta.sizes[np.arange(N_IRREPS) ^ irrep]
        offset = np.zeros(N_IRREPS + 1, dtype=np.int64)
        offset[1:] = np.cumsum(alpha.sizes * width)
        return cls(norb, nelec, orbsym, irrep, alpha, beta, offset, width)

    @property
    def size(self) -> int:
        """Number of determinants in the sector."""
        return int(self.offset[-1])

    @property
    def full_size(self) -> int:
        """Number of determinants without point-group symmetry."""
        return int(self.alpha.strings.size * self.beta.strings.size)

    def index(self, alpha: int, beta: int) -> int:
        """Place of the determinant with these occupation strings.

        Raises:
            InputError: the determinant is not in this sector.
        """
        g, row = self.alpha.locate(alpha)
        h, column = self.beta.locate(beta)
        if h != g ^ self.irrep:
            raise InputError(
                f"the determinant {alpha:b}|{beta:b} has irrep {g ^ h}, the sector {self.irrep}"
            )
        return int(self.offset[g] + row * self.width[g] + column)

    @cached_property
    def reference_index(self) -> int:
        """Place of the determinant that fills the first orbitals of each spin."""
        return self.index((1 << self.nelec[0]) - 1, (1 << self.nelec[1]) - 1)

    def reference(self) -> np.ndarray:
        """The reference determinant as a CI vector."""
        vector = np.zeros(self.size)
        vector[self.reference_index] = 1.0
        return vector

    def to_matrix(self, vector: np.ndarray) -> np.ndarray:
        """Expand to PySCF's (n_alpha_strings, n_beta_strings) matrix in ascending string order."""
        out = np.zeros((self.alpha.strings.size, self.beta.strings.size))
        rows, columns = (
            np.argsort(np.argsort(self.alpha.strings)),
            np.argsort(np.argsort(self.beta.strings)),
        )
        for g in range(N_IRREPS):
            block = vector[self.offset[g] : self.offset[g + 1]]
            h = g ^ self.irrep
            r = rows[self.alpha.start[g] : self.alpha.start[g + 1]]
            c = columns[self.beta.start[h] : self.beta.start[h + 1]]
            if block.size:
                out[np.ix_(r, c)] = block.reshape(r.size, c.size)
        return out
