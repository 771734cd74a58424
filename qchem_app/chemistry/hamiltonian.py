"""MolecularHamiltonian: the integrals of an active space, the thing every solver takes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from qchem_app.chemistry.scratch import scratch_folder
from qchem_app.chemistry.threads import steady_threads
from qchem_app.errors import InputError
from qchem_app.planning.cost import determinant_irrep

if TYPE_CHECKING:
    from qchem_app.chemistry.mean_field import MeanField
    from qchem_app.chemistry.orbital_space import ActiveSpace

#: Departure from Hermiticity and permutational symmetry (Hartree) that counts as rounding.
_ROUNDING = 1e-8
#: Symmetry-forbidden integrals above this (Hartree) mean that the orbitals lack the symmetry.
_FORBIDDEN = 1e-8


@dataclass(frozen=True, eq=False)
class MolecularHamiltonian:
    r"""Second-quantised electronic Hamiltonian over real, symmetry-adapted spatial orbitals.

    .. math::
        H = E_\mathrm{core} + \sum_{pq\sigma} h_{pq} a^\dagger_{p\sigma} a_{q\sigma}
          + \tfrac12 \sum_{pqrs\sigma\tau} (pq|rs)
            a^\dagger_{p\sigma} a^\dagger_{r\tau} a_{s\tau} a_{q\sigma}

    The arrays are read-only. The Hartree-Fock determinant fills orbitals 0 to n_alpha - 1 with
    alpha and 0 to n_beta - 1 with beta electrons.

    Attributes:
        h1: (norb, norb) one-electron integrals, Hartree; includes the field of frozen orbitals.
        eri: (norb, norb, norb, norb) two-electron integrals (pq|rs), chemists' order, Hartree.
        ecore: nuclear repulsion plus the energy of frozen orbitals, Hartree.
        nelec: (n_alpha, n_beta), with n_alpha >= n_beta.
        orbsym: (norb,) int, irrep of each orbital as PySCF numbers them in D2h or a subgroup
            (0 is totally symmetric; the product of two irreps is their bitwise xor).
        point_group: the Abelian group that orbsym refers to, "C1" without symmetry.
        dipole: (3, norb, norb) integrals of -r about the input frame's origin, e a0; None where
            they are not known.
        dipole_core: (3,) dipole moment of nuclei and frozen electrons about the same origin, e a0.
            The molecule's is dipole_core + sum_pq dipole[:, p, q] rdm1[p, q] (of a charged
            molecule it depends on the origin).
        orbital_energies: (norb,) diagonal of the mean field's Fock matrix, Hartree, or None.
        notes: what a careful reader should know, one sentence each.

    Raises:
        InputError: shapes, symmetries or electron numbers that no Hamiltonian has.
    """

    h1: np.ndarray
    eri: np.ndarray
    ecore: float
    nelec: tuple[int, int]
    orbsym: np.ndarray
    point_group: str = "C1"
    dipole: np.ndarray | None = None
    dipole_core: np.ndarray | None = None
    orbital_energies: np.ndarray | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        h1 = np.asarray(self.h1)
        norb = h1.shape[0] if h1.ndim == 2 else -1
        shapes = {
            "h1": (norb, norb),
            "eri": (norb,) * 4,
            "orbsym": (norb,),
            "dipole": (3, norb, norb),
            "dipole_core": (3,),
            "orbital_energies": (norb,),
        }
        for name, shape in shapes.items():
            if getattr(self, name) is not None:
                dtype = np.int64 if name == "orbsym" else np.float64
                object.__setattr__(self, name, _read_only(name, getattr(self, name), shape, dtype))
        n_alpha, n_beta = (int(n) for n in self.nelec)
        if not 0 <= n_beta <= n_alpha <= norb or n_alpha == 0:
            raise InputError(
                f"{n_alpha} alpha and {n_beta} beta electrons in {norb} orbitals are not possible: "
                f"need 0 <= n_beta <= n_alpha <= {norb} and at least one electron"
            )
        if np.any(self.orbsym < 0) or np.any(self.orbsym > 7):
            raise InputError("orbsym must number irreps from 0 to 7, as PySCF does in D2h")
        if not np.isfinite(self.ecore):
            raise InputError(f"ecore must be a finite number, found {self.ecore}")
        symmetries = [("h1", self.h1, (1, 0)), ("eri", self.eri, (1, 0, 2, 3))]
        symmetries += [("eri", self.eri, (2, 3, 0, 1))]
        if self.dipole is not None:
            symmetries += [("dipole", self.dipole, (0, 2, 1))]
        for name, array, permutation in symmetries:
            difference = np.abs(array - array.transpose(permutation)).max()
            if difference > _ROUNDING:
                raise InputError(
                    f"{name} must be symmetric under the permutation {permutation} of its axes, "
                    f"and differs by {difference:.1e}: real orbitals in chemists' order are needed"
                )
        object.__setattr__(self, "nelec", (n_alpha, n_beta))
        object.__setattr__(self, "ecore", float(self.ecore))

    @property
    def norb(self) -> int:
        """Number of spatial orbitals."""
        return int(self.h1.shape[0])

    def without_symmetry(self) -> MolecularHamiltonian:
        """The same integrals with the point group forgotten: all irreps are one.

        For ansätze that break it, such as k-UpCCGSD with all its orbital rotations.
        """
        return replace(self, orbsym=np.zeros_like(self.orbsym), point_group="C1")


def _read_only(name: str, value: Any, shape: tuple[int, ...], dtype: type) -> np.ndarray:
    array = np.asarray(value)
    if array.shape != shape or -1 in shape or 0 in shape:
        raise InputError(f"{name} must have the shape {shape}, found {array.shape}")
    if np.iscomplexobj(array) or not np.isfinite(array).all():
        raise InputError(f"{name} must be real and finite")
    # A view, because a copy of the two-electron integrals can be as large as memory.
    view: np.ndarray = np.ascontiguousarray(array, dtype=dtype).view()
    view.flags.writeable = False
    return view


def reference_irrep(ham: MolecularHamiltonian) -> int:
    """Irrep of the Hartree-Fock determinant: the product over singly occupied orbitals."""
    return determinant_irrep(ham.nelec, ham.orbsym)


def hartree_fock_energy(ham: MolecularHamiltonian) -> float:
    """Energy of the determinant that fills the first orbitals, Hartree."""
    energy = ham.ecore
    for s, n in enumerate(ham.nelec):
        occ = slice(0, n)
        energy += float(np.trace(ham.h1[occ, occ]))
        for t, m in enumerate(ham.nelec):
            other = slice(0, m)
            energy += 0.5 * float(np.einsum("iijj->", ham.eri[occ, occ, other, other]))
            if s == t:
                energy -= 0.5 * float(np.einsum("ijji->", ham.eri[occ, other, other, occ]))
    return energy


def build_hamiltonian(mean_field: MeanField, active_space: ActiveSpace) -> MolecularHamiltonian:
    """Transform the integrals of a molecule to the orbitals of an active space.

    Args:
        mean_field: the molecule and its AO integrals.
        active_space: the orbitals.

    Returns:
        The Hamiltonian; symmetry-forbidden integrals are exactly zero. Where one is larger than
        rounding, symmetry is given up (point group C1) and a note says so.
    """
    mf, mol = mean_field.mf, mean_field.mf.mol
    coeff, n_core = active_space.mo_coeff, active_space.n_core
    core, active = coeff[:, :n_core], coeff[:, n_core : n_core + active_space.norb]
    hcore = np.asarray(mf.get_hcore())
    core_density = 2 * core @ core.T
    field = np.zeros_like(hcore)
    if n_core:
        with steady_threads(mol.nao):
            coulomb, exchange = mf.get_jk(mol, core_density)
        field = np.asarray(coulomb - exchange / 2)
    h1 = active.T @ (hcore + field) @ active
    h1 = (h1 + h1.T) / 2
    ecore = float(mol.energy_nuc() + np.sum(core_density * (hcore + field / 2)))
    with mol.with_common_orig((0, 0, 0)):
        position = mol.intor("int1e_r")
    nuclei = np.asarray(mol.atom_charges()) @ mol.atom_coords()
    dipole = -np.einsum("xpq,pi,qj->xij", position, active, active, optimize=True)
    dipole = (dipole + dipole.transpose(0, 2, 1)) / 2
    eri = _two_electron_integrals(mf, active)
    orbsym = np.asarray(active_space.orbsym, dtype=np.int64)
    point_group = mean_field.subgroup
    notes: tuple[str, ...] = ()
    largest = _zero_forbidden(h1, eri, orbsym)
    if largest > _FORBIDDEN:
        point_group, orbsym = "C1", np.zeros_like(orbsym)
        h1 = active.T @ (hcore + field) @ active
        h1 = (h1 + h1.T) / 2
        eri = _two_electron_integrals(mf, active)
        notes = (
            f"no symmetry is used: integrals that {mean_field.subgroup} forbids are as large as "
            f"{largest:.1e} Hartree",
        )
    return MolecularHamiltonian(
        h1=h1,
        eri=eri,
        ecore=ecore,
        nelec=active_space.nelec,
        orbsym=orbsym,
        point_group=point_group,
        dipole=dipole,
        dipole_core=nuclei - np.einsum("xpq,pq->x", position, core_density),
        orbital_energies=active_space.orbital_energies,
        notes=notes,
    )


def _two_electron_integrals(mf: Any, active: np.ndarray) -> np.ndarray:
    """(norb,)*4 integrals (pq|rs); never holds nao^4 numbers unless the mean field already does."""
    from pyscf import ao2mo

    if mf._eri is not None:
        packed = ao2mo.full(mf._eri, active, verbose=0)
    else:
        with scratch_folder():
            packed = ao2mo.full(mf.mol, active, max_memory=mf.max_memory, verbose=0)
    return np.asarray(ao2mo.restore(1, packed, active.shape[1]))


def _zero_forbidden(h1: np.ndarray, eri: np.ndarray, orbsym: np.ndarray) -> float:
    """Set integrals that symmetry forbids to zero, in place; the largest there was, Hartree."""
    if not np.any(orbsym):
        return 0.0
    pair = orbsym[:, None] ^ orbsym
    largest = float(np.abs(h1[pair != 0]).max(initial=0.0))
    h1[pair != 0] = 0.0
    for p in range(orbsym.size):
        for q in range(orbsym.size):
            forbidden = pair != pair[p, q]
            block = eri[p, q]
            largest = max(largest, float(np.abs(block[forbidden]).max(initial=0.0)))
            block[forbidden] = 0.0
    return largest
