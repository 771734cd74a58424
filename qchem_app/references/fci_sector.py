"""The determinants of one irrep, and H and S^2 on their CI vectors, for the FCI reference.

Independent of the VQE's engine on purpose: what checks the engine must not share its code.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.errors import InputError
from qchem_app.planning.cost import N_IRREPS
from qchem_app.references.slater_condon import diagonal, hamiltonian_matrix, occupations

#: Symmetry-forbidden integrals above this (Hartree) are more than rounding.
_FORBIDDEN = 1e-5


@dataclass(frozen=True, eq=False)
class _Strings:
    """Occupation strings of one spin by irrep, each group ascending."""

    groups: tuple[np.ndarray, ...]

    @classmethod
    def build(cls, nocc: int, orbsym: np.ndarray) -> _Strings:
        from pyscf.fci import cistring

        strings = np.asarray(cistring.make_strings(range(orbsym.size), nocc), dtype=np.int64)
        irreps = np.zeros(strings.size, dtype=np.int64)
        for orbital, irrep in enumerate(orbsym):
            irreps ^= ((strings >> orbital) & 1) * int(irrep)
        return cls(tuple(strings[irreps == g] for g in range(N_IRREPS)))


@dataclass(frozen=True, eq=False)
class _Move:
    """One electron put into (or taken from) an orbital, for the strings of one irrep."""

    source: np.ndarray
    target: np.ndarray
    sign: np.ndarray


class CISpace:
    """All determinants of a Hamiltonian's electron number: tables that its sectors share.

    Raises:
        InputError: the integrals do not have the symmetry that `orbsym` says.
    """

    def __init__(self, ham: MolecularHamiltonian) -> None:
        self.ham = ham
        self.orbsym = np.asarray(ham.orbsym, dtype=np.int64)
        _check_symmetry(ham)
        self.alpha = _Strings.build(ham.nelec[0], self.orbsym)
        self.beta = _Strings.build(ham.nelec[1], self.orbsym)

    def sector(self, irrep: int) -> CISector:
        """The determinants whose irrep is `irrep`."""
        return CISector(self, irrep)

    @cached_property
    def links(self) -> tuple[np.ndarray, np.ndarray]:
        """PySCF's tables of single replacements, alpha and beta."""
        from pyscf.fci import cistring

        alpha, beta = (
            cistring.gen_linkstr_index_trilidx(range(self.ham.norb), n) for n in self.ham.nelec
        )
        return alpha, beta

    @cached_property
    def integrals(self) -> np.ndarray:
        """Two-electron integrals with the one-electron part absorbed, as PySCF contracts them."""
        from pyscf import ao2mo
        from pyscf.fci import direct_spin1

        ham = self.ham
        absorbed = direct_spin1.absorb_h1e(ham.h1, ham.eri, ham.norb, ham.nelec, 0.5)
        packed: np.ndarray = ao2mo.restore(4, absorbed, ham.norb)
        return packed

    @cached_property
    def raised(self) -> tuple[_Strings, _Strings]:
        """Strings after S+: one alpha electron more, one beta electron less."""
        n_alpha, n_beta = self.ham.nelec
        return _Strings.build(n_alpha + 1, self.orbsym), _Strings.build(n_beta - 1, self.orbsym)

    @cached_property
    def moves(self) -> tuple[list[list[_Move]], list[list[_Move]]]:
        """[orbital][irrep] tables: alpha gains the orbital's electron, beta loses it."""
        alpha, beta = self.raised
        return (
            self._table(self.alpha, alpha, gain=True),
            self._table(self.beta, beta, gain=False),
        )

    def _table(self, source: _Strings, target: _Strings, *, gain: bool) -> list[list[_Move]]:
        table = []
        for orbital, irrep in enumerate(self.orbsym):
            bit = np.int64(1) << np.int64(orbital)
            row = []
            for g in range(N_IRREPS):
                strings = source.groups[g]
                chosen = np.flatnonzero((strings & bit == 0) if gain else (strings & bit != 0))
                moved = strings[chosen] ^ bit
                place = np.searchsorted(target.groups[g ^ int(irrep)], moved)
                below = np.bitwise_count(strings[chosen] & (bit - 1))
                row.append(_Move(chosen, place, 1.0 - 2.0 * (below & 1)))
            table.append(row)
        return table


class CISector:
    """Determinants of one irrep. CI vectors are flat: block g is (alpha strings of irrep g) by
    (beta strings of irrep g xor `irrep`), row-major, blocks one after another, as in PySCF's
    symmetry-adapted contraction.
    """

    def __init__(self, space: CISpace, irrep: int) -> None:
        self.space = space
        self.irrep = irrep
        self.shapes = _shapes(space.alpha, space.beta, irrep)

    @property
    def size(self) -> int:
        """Number of determinants."""
        return sum(rows * columns for rows, columns in self.shapes)

    def blocks(self, vector: np.ndarray) -> list[np.ndarray]:
        """Views of the blocks of a CI vector."""
        return _split(vector, self.shapes)

    @cached_property
    def diagonal(self) -> np.ndarray:
        """(size,) <D|H|D> - ecore, Hartree."""
        out = np.empty(self.size)
        for g, block in enumerate(self.blocks(out)):
            alpha, beta = self._strings(g)
            block[...] = diagonal(self.space.ham, alpha, beta)
        return out

    @cached_property
    def spin_diagonal(self) -> np.ndarray:
        """(size,) <D|S^2|D>."""
        norb = self.space.ham.norb
        n_alpha, n_beta = self.space.ham.nelec
        s_z = (n_alpha - n_beta) / 2
        out = np.empty(self.size)
        for g, block in enumerate(self.blocks(out)):
            alpha, beta = self._strings(g)
            block[...] = s_z * (s_z + 1) + n_beta
            block -= occupations(alpha, norb) @ occupations(beta, norb).T
        return out

    def apply(self, vector: np.ndarray) -> np.ndarray:
        """(H - ecore) on a CI vector, Hartree."""
        from pyscf.fci import direct_spin1_symm

        space = self.space
        out = direct_spin1_symm.contract_2e(
            space.integrals,
            vector,
            space.ham.norb,
            space.ham.nelec,
            space.links,
            space.orbsym,
            self.irrep,
        )
        return np.asarray(out).ravel()

    def spin_squared(self, vector: np.ndarray) -> np.ndarray:
        """S^2 on a CI vector: S- S+ + S_z (S_z + 1)."""
        n_alpha, n_beta = self.space.ham.nelec
        s_z = (n_alpha - n_beta) / 2
        out = s_z * (s_z + 1) * vector
        if n_beta == 0 or n_alpha == self.space.ham.norb:
            return out
        alpha, beta = self.space.raised
        shapes = _shapes(alpha, beta, self.irrep)
        raised = np.zeros(sum(rows * columns for rows, columns in shapes))
        upper = _split(raised, shapes)
        gain, loss = self.space.moves
        source, target = self.blocks(vector), self.blocks(out)
        steps = [
            (g, gain[p][g], loss[p][g ^ self.irrep], g ^ int(sym))
            for p, sym in enumerate(self.space.orbsym)
            for g in range(N_IRREPS)
            if source[g].size and gain[p][g].source.size and loss[p][g ^ self.irrep].source.size
        ]
        for g, a, b, g_up in steps:
            part = source[g][a.source[:, None], b.source] * a.sign[:, None] * b.sign
            upper[g_up][a.target[:, None], b.target] += part
        for g, a, b, g_up in steps:
            part = upper[g_up][a.target[:, None], b.target] * a.sign[:, None] * b.sign
            target[g][a.source[:, None], b.source] += part
        return out

    def lowest_determinants(self, count: int) -> np.ndarray:
        """Places of the `count` determinants of lowest energy."""
        if count >= self.size:
            return np.arange(self.size)
        return np.argpartition(self.diagonal, count - 1)[:count]

    def matrix(self, places: np.ndarray) -> np.ndarray:
        """H - ecore, Hartree, over the determinants at these places."""
        alpha = np.empty(places.size, dtype=np.int64)
        beta = np.empty(places.size, dtype=np.int64)
        start = 0
        for g, (rows, columns) in enumerate(self.shapes):
            inside = (places >= start) & (places < start + rows * columns)
            if inside.any():
                strings_a, strings_b = self._strings(g)
                row, column = np.divmod(places[inside] - start, columns)
                alpha[inside], beta[inside] = strings_a[row], strings_b[column]
            start += rows * columns
        return hamiltonian_matrix(self.space.ham, alpha, beta)

    def _strings(self, g: int) -> tuple[np.ndarray, np.ndarray]:
        return self.space.alpha.groups[g], self.space.beta.groups[g ^ self.irrep]


def _check_symmetry(ham: MolecularHamiltonian) -> None:
    """Raise unless the integrals vanish where orbsym says so: blocks would be cut silently."""
    pair = ham.orbsym[:, None] ^ ham.orbsym
    worst = float(np.abs(ham.h1[pair != 0]).max(initial=0.0))
    forbidden = pair[:, :, None, None] != pair
    worst = max(worst, float(np.abs(ham.eri[forbidden]).max(initial=0.0)))
    if worst > _FORBIDDEN:
        raise InputError(
            f"the orbitals do not have the symmetry they are labelled with (an integral that "
            f"{ham.point_group} forbids is {worst:.1e} Ha): run without symmetry"
        )


def _shapes(alpha: _Strings, beta: _Strings, irrep: int) -> list[tuple[int, int]]:
    return [(alpha.groups[g].size, beta.groups[g ^ irrep].size) for g in range(N_IRREPS)]


def _split(vector: np.ndarray, shapes: list[tuple[int, int]]) -> list[np.ndarray]:
    """Views of the blocks of a flat vector."""
    stops = np.cumsum([rows * columns for rows, columns in shapes])
    parts = np.split(vector, stops[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
