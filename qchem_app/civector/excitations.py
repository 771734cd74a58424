"""Excitation operators and their pair tables: which determinants each one connects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from qchem_app.civector import kernels
from qchem_app.civector.sector import Sector, StringSpace
from qchem_app.errors import InputError

#: The two spins, as the fields of Excitation.
Spin = Literal["alpha", "beta"]


@dataclass(frozen=True)
class Excitation:
    r"""An operator tau that moves electrons between spin orbitals.

    .. math:: \tau = \prod_k a^\dagger_{p_k\alpha} a_{q_k\alpha}
                     \prod_l a^\dagger_{r_l\beta} a_{s_l\beta}

    Attributes:
        alpha: ((p, q), ...): creation and annihilation orbital of each pair; the last pair acts
            first.
        beta: the same for spin beta.
        fermionic: False drops the fermionic sign, which makes it a qubit excitation
            (doi:10.1103/PhysRevA.102.062612).
    """

    alpha: tuple[tuple[int, int], ...] = ()
    beta: tuple[tuple[int, int], ...] = ()
    fermionic: bool = True

    def __post_init__(self) -> None:
        if not self.alpha and not self.beta:
            raise InputError("an excitation needs at least one pair of orbitals, found none")
        for pairs in (self.alpha, self.beta):
            created, annihilated = [p for p, _ in pairs], [q for _, q in pairs]
            if len({*created, *annihilated}) != 2 * len(pairs):
                raise InputError(
                    f"an excitation must create and annihilate in different orbitals, found {pairs}"
                )

    @classmethod
    def of_spin(cls, spin: Spin, pairs: tuple[tuple[int, int], ...]) -> Excitation:
        """A fermionic excitation of electrons of one spin."""
        return cls(alpha=pairs) if spin == "alpha" else cls(beta=pairs)

    def irrep(self, orbsym: Sequence[int] | np.ndarray) -> int:
        """Irrep of the operator; 0 keeps a state in its sector."""
        irrep = 0
        for p, q in self.alpha + self.beta:
            irrep ^= int(orbsym[p]) ^ int(orbsym[q])
        return irrep


@dataclass(frozen=True, eq=False)
class PairTables:
    """Pairs of strings that the one-spin parts of the excitations connect.

    Table t and source irrep g own the pairs pointer[t, g, 0]:pointer[t, g, 2]; those before
    pointer[t, g, 1] carry sign +1, the others -1, so that no sign is read in the inner loop.

    Attributes:
        pointer: (ntable, 8, 3) int64.
        source, target: (npair,) uint32, places of the strings inside their irreps.
        irrep: (ntable,) int64, irrep of the operator.
    """

    pointer: np.ndarray
    source: np.ndarray
    target: np.ndarray
    irrep: np.ndarray

    @classmethod
    def build(
        cls,
        space: StringSpace,
        orbsym: np.ndarray,
        operators: Sequence[tuple[tuple[tuple[int, int], ...], bool]],
    ) -> PairTables:
        rank = max((len(pairs) for pairs, _ in operators), default=1)
        created = np.full((len(operators), rank), -1, dtype=np.int64)
        annihilated = np.full((len(operators), rank), -1, dtype=np.int64)
        fermionic = np.ones(len(operators), dtype=np.bool_)
        irrep = np.zeros(len(operators), dtype=np.int64)
        for t, (pairs, signed) in enumerate(operators):
            fermionic[t] = signed
            for k, (p, q) in enumerate(pairs):
                created[t, k], annihilated[t, k] = p, q
                irrep[t] ^= int(orbsym[p]) ^ int(orbsym[q])
        pointer, source, target = kernels.pair_tables(
            space.strings, space.start, created, annihilated, fermionic, irrep
        )
        return cls(pointer, source, target, irrep)


@dataclass(frozen=True, eq=False)
class ExcitationTables:
    """A sequence of excitations, flattened for the compiled sweeps.

    Attributes:
        sector: the determinants that the tables refer to.
        alpha, beta: tables of the one-spin parts, each distinct part once.
        alpha_table, beta_table: (n,) int64, the table of each excitation, -1 where that spin
            does not take part.
    """

    sector: Sector
    alpha: PairTables
    beta: PairTables
    alpha_table: np.ndarray
    beta_table: np.ndarray

    @classmethod
    def build(cls, sector: Sector, excitations: Sequence[Excitation]) -> ExcitationTables:
        """Tables for `excitations`, in the given order.

        Raises:
            InputError: an excitation would leave the sector, or names an orbital that is not
                there.
        """
        parts: tuple[dict, dict] = ({}, {})
        index = np.full((2, len(excitations)), -1, dtype=np.int64)
        for k, excitation in enumerate(excitations):
            for orbital in (o for pair in excitation.alpha + excitation.beta for o in pair):
                if not 0 <= orbital < sector.norb:
                    raise InputError(
                        f"{excitation} names orbital {orbital}, but the active space has orbitals "
                        f"0 to {sector.norb - 1}"
                    )
            if excitation.irrep(sector.orbsym):
                raise InputError(
                    f"{excitation} changes the irrep of the state; "
                    "use symmetry-allowed excitations, or a Hamiltonian without symmetry"
                )
            for spin, pairs in enumerate((excitation.alpha, excitation.beta)):
                if pairs:
                    key = (pairs, excitation.fermionic)
                    index[spin, k] = parts[spin].setdefault(key, len(parts[spin]))
        alpha = PairTables.build(sector.alpha, sector.orbsym, list(parts[0]))
        same = sector.beta is sector.alpha and list(parts[0]) == list(parts[1])
        beta = alpha if same else PairTables.build(sector.beta, sector.orbsym, list(parts[1]))
        return cls(sector, alpha, beta, index[0], index[1])

    def __len__(self) -> int:
        return int(self.alpha_table.size)

    @property
    def arrays(self) -> tuple[np.ndarray | np.int64, ...]:
        """What every kernel takes after its vectors, in the kernels' order."""
        a, b, sector = self.alpha, self.beta, self.sector
        return (
            self.alpha_table,
            self.beta_table,
            *(a.pointer, a.source, a.target, a.irrep),
            *(b.pointer, b.source, b.target, b.irrep),
            *(sector.offset, sector.width, sector.alpha.sizes),
            np.int64(sector.irrep),
        )
