"""ActiveSpace: orbitals divided into core, active and virtual, and how to make one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from qchem_app.chemistry.mean_field import MeanField
from qchem_app.chemistry.orbitals import canonicalise, orbital_irreps
from qchem_app.chemistry.space_request import SpaceRequest, show
from qchem_app.errors import InputError

#: Some orbitals (nao, n) and their irreps (n,).
Block = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class ActiveSpace:
    """Orbitals of a mean field, divided into core, active and virtual.

    Attributes:
        mo_coeff: (nao, nmo) all orbitals, ordered core | active | virtual. The active ones are
            ordered doubly, singly, un-occupied, each by energy, so that the Hartree-Fock
            determinant fills the first n_alpha and n_beta of them.
        n_core: doubly occupied orbitals left out.
        norb: active orbitals.
        nelec: (n_alpha, n_beta) active electrons.
        orbsym: (norb,) irreps as numbered in D2h and its subgroups.
        orbital_energies: (norb,) diagonal of the Fock matrix, Hartree.
        kind: full, frozen-core, cas, avas or natural.
        requested: the specification as given.
        reason: why this space, with figures, in a phrase.
        n_virtual: empty orbitals left out.
        threshold: change of occupation, electrons, from which an orbital is active (natural).
    """

    mo_coeff: np.ndarray
    n_core: int
    norb: int
    nelec: tuple[int, int]
    orbsym: np.ndarray
    orbital_energies: np.ndarray
    kind: str
    requested: str
    reason: str
    n_virtual: int
    threshold: float = 0.0

    @property
    def specification(self) -> str:
        """What to ask for to get this very space, where `requested` leaves the choice open."""
        if self.requested != "auto":
            return self.requested
        return f"natural:{self.threshold!r}" if self.kind == "natural" else self.kind


def with_reason(space: ActiveSpace, reason: str) -> ActiveSpace:
    """The same space for another reason."""
    return replace(space, reason=reason)


def chemical_core(mean_field: MeanField) -> int:
    """Number of doubly occupied orbitals that chemists freeze.

    The noble-gas core for Li to Ar (Li to Ne: 1s; Na to Ar: 1s 2s 2p; none for H and He), PySCF's
    table (that of ORCA) from K on. Electrons that a core potential replaces do not count again.
    """
    from pyscf.data.elements import charge, chemcore_atm

    mol = mean_field.mf.mol
    core = 0
    for atom, symbol in enumerate(mol.elements):
        z = charge(symbol)
        orbitals = max(chemcore_atm[z], 1 if 3 <= z <= 10 else 5 if 11 <= z <= 18 else 0)
        core += max(0, orbitals - (z - int(mol.atom_charge(atom))) // 2)
    return min(core, int(np.count_nonzero(mean_field.mf.mo_occ == 2)))


def slice_space(
    mean_field: MeanField, n_core: int, norb: int | None, request: SpaceRequest, reason: str
) -> ActiveSpace:
    """Canonical orbitals n_core to n_core + norb (None: the last)."""
    mf = mean_field.mf
    coeff = np.asarray(mf.mo_coeff)
    nmo = coeff.shape[1]
    norb = nmo - n_core if norb is None else norb
    chosen = slice(n_core, n_core + norb)
    n_alpha, n_beta = (int(n) for n in mf.mol.nelec)
    return ActiveSpace(
        mo_coeff=coeff,
        n_core=n_core,
        norb=norb,
        nelec=(n_alpha - n_core, n_beta - n_core),
        orbsym=orbital_irreps(mf.mol, coeff[:, chosen], mf.get_ovlp()),
        orbital_energies=np.asarray(mf.mo_energy)[chosen],
        kind=request.kind,
        requested=request.text,
        reason=reason,
        n_virtual=nmo - n_core - norb,
    )


def block_space(
    mean_field: MeanField, blocks: Sequence[Block], request: SpaceRequest, reason: str
) -> ActiveSpace:
    """A space from rotated orbitals, made canonical inside each block.

    Args:
        mean_field: where the orbitals come from.
        blocks: core, active doubly occupied, active empty and left-out empty orbitals; the singly
            occupied ones of the mean field are always active.
        request: what was asked for.
        reason: why.
    """
    mf = mean_field.mf
    core, occupied, virtual, out = blocks
    coeff = np.asarray(mf.mo_coeff)[:, np.asarray(mf.mo_occ) == 1]
    singly = (coeff, orbital_irreps(mf.mol, coeff, mf.get_ovlp()))
    fock = np.asarray(mf.get_fock(dm=mf.make_rdm1()))
    parts = canonicalise(fock, [core, occupied, singly, virtual, out])
    sizes = [part[0].size for part in parts]
    if sizes[1] + sizes[2] == 0 or sum(sizes[1:4]) == 0:
        raise InputError(
            f"active space {show(request.text)} keeps no electrons: choose a larger one, or auto"
        )
    return ActiveSpace(
        mo_coeff=np.hstack([part[1] for part in parts]),
        n_core=sizes[0],
        norb=sum(sizes[1:4]),
        nelec=(sizes[1] + sizes[2], sizes[1]),
        orbsym=np.hstack([part[2] for part in parts[1:4]]),
        orbital_energies=np.hstack([part[0] for part in parts[1:4]]),
        kind=request.kind,
        requested=request.text,
        reason=reason,
        n_virtual=sizes[4],
        threshold=request.threshold,
    )


def frozen_core_space(mean_field: MeanField, request: SpaceRequest) -> ActiveSpace:
    """All but the chemical core; InputError where that leaves no electrons."""
    n_core = chemical_core(mean_field)
    if n_core == max(mean_field.mf.mol.nelec):
        raise InputError(
            "active space frozen-core leaves no electrons, because all of them are core "
            "electrons: use full"
        )
    reason = f"{n_core} core orbital{'s' * (n_core != 1)} frozen" if n_core else "no core to freeze"
    return slice_space(mean_field, n_core, None, request, reason)
