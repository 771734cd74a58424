"""Hamiltonians built straight from PySCF, without the package's own chemistry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pytest
from pyscf import ao2mo, gto, scf

from qchem_app.chemistry.hamiltonian import MolecularHamiltonian

Atoms = Sequence[tuple[str, tuple[float, float, float]]]


class System(NamedTuple):
    """A converged PySCF mean field and the Hamiltonian of its orbitals."""

    mf: Any
    ham: MolecularHamiltonian


def _chain(symbol: str, n: int, spacing: float) -> Atoms:
    return tuple((symbol, (0.0, 0.0, spacing * k)) for k in range(n))


def _pair(first: str, second: str, distance: float) -> Atoms:
    return ((first, (0.0, 0.0, 0.0)), (second, (0.0, 0.0, distance)))


# name: atoms (Å), charge, multiplicity
MOLECULES: dict[str, tuple[Atoms, int, int]] = {
    "h": ((("H", (0.0, 0.0, 0.0)),), 0, 2),
    "he": ((("He", (0.0, 0.0, 0.0)),), 0, 1),
    "be": ((("Be", (0.0, 0.0, 0.0)),), 0, 1),
    "n": ((("N", (0.0, 0.0, 0.0)),), 0, 4),
    "h2": (_pair("H", "H", 0.7414), 0, 1),
    "h2 triplet": (_pair("H", "H", 0.7414), 0, 3),
    "heh+": (_pair("He", "H", 0.772), 1, 1),
    "h3+": (
        (("H", (0.0, 0.0, 0.0)), ("H", (0.9, 0.0, 0.0)), ("H", (0.45, 0.45 * 3**0.5, 0.0))),
        1,
        1,
    ),
    "lih": (_pair("Li", "H", 1.5949), 0, 1),
    "h4": (_chain("H", 4, 1.0), 0, 1),
    "h6": (_chain("H", 6, 1.0), 0, 1),
    "h10": (_chain("H", 10, 1.0), 0, 1),
    "square h4": (
        tuple(("H", (x, y, 0.0)) for x, y in ((0.0, 0.0), (1.2, 0.0), (1.2, 1.2), (0.0, 1.2))),
        0,
        1,
    ),
    "h2o": (
        (("O", (0.0, 0.0, 0.1173)), ("H", (0.0, 0.7572, -0.4692)), ("H", (0.0, -0.7572, -0.4692))),
        0,
        1,
    ),
    "n2": (_pair("N", "N", 1.0977), 0, 1),
    "n2 stretched": (_pair("N", "N", 2.5), 0, 1),
    "c2": (_pair("C", "C", 1.2425), 0, 1),
    "oh": (_pair("O", "H", 0.9697), 0, 2),
    "no": (_pair("N", "O", 1.1508), 0, 2),
    "o2": (_pair("O", "O", 1.2075), 0, 3),
    "ch2 triplet": (
        (("C", (0.0, 0.0, 0.1030)), ("H", (0.0, 0.9958, -0.3091)), ("H", (0.0, -0.9958, -0.3091))),
        0,
        3,
    ),
    "ch2 singlet": (
        (("C", (0.0, 0.0, 0.1743)), ("H", (0.0, 0.8620, -0.5230)), ("H", (0.0, -0.8620, -0.5230))),
        0,
        1,
    ),
}


@cache
def _build(name: str, basis: str, frozen: int, symmetry: bool) -> System:
    atoms, charge, multiplicity = MOLECULES[name]
    return hamiltonian_of(atoms, charge, multiplicity, basis, frozen=frozen, symmetry=symmetry)


def hamiltonian_of(
    atoms: Atoms,
    charge: int,
    multiplicity: int,
    basis: str,
    *,
    frozen: int = 0,
    symmetry: bool = True,
    unit: str = "Angstrom",
) -> System:
    """Mean field and Hamiltonian of a molecule; `frozen` lowest orbitals stay doubly occupied."""
    mol = gto.M(
        atom=[[symbol, xyz] for symbol, xyz in atoms],
        unit=unit,
        basis=basis,
        charge=charge,
        spin=multiplicity - 1,
        symmetry=symmetry,
        verbose=0,
    )
    if mol.groupname in ("Dooh", "Coov", "SO3"):
        mol.symmetry_subgroup = "D2h" if mol.groupname != "Coov" else "C2v"
        mol.build()
    mf = scf.RHF(mol) if multiplicity == 1 else scf.ROHF(mol)
    mf.conv_tol, mf.conv_tol_grad = 1e-12, 1e-7
    mf.kernel()
    if mol.nelectron > 1 and not mf.converged:
        mf = mf.newton().run()
    assert mf.converged or mol.nelectron < 2
    # the fillings of a symmetric SCF need not be the lowest orbitals: sort by occupation
    order = np.argsort(-mf.mo_occ, kind="stable")
    mo = mf.mo_coeff[:, order]
    orbsym = np.zeros(mo.shape[1], dtype=int)
    if symmetry:
        orbsym = np.asarray(mf.mo_coeff.orbsym)[order] % 10
    mf.mo_coeff, mf.mo_occ, mf.mo_energy = mo, mf.mo_occ[order], mf.mo_energy[order]
    core, active = mo[:, :frozen], mo[:, frozen:]
    h1_ao = mf.get_hcore()
    ecore = float(mol.energy_nuc())
    if frozen:
        density = 2 * core @ core.T
        field = scf.hf.get_jk(mol, density)
        field = field[0] - field[1] / 2
        ecore += float(np.einsum("pq,pq", density, h1_ao + field / 2))
        h1_ao = h1_ao + field
    ham = MolecularHamiltonian(
        h1=active.T @ h1_ao @ active,
        eri=ao2mo.restore(1, ao2mo.kernel(mol, active), active.shape[1]),
        ecore=ecore,
        nelec=(mol.nelec[0] - frozen, mol.nelec[1] - frozen),
        orbsym=orbsym[frozen:],
        point_group=mol.groupname if symmetry else "C1",
    )
    return System(mf, ham)


@pytest.fixture(scope="session")
def build() -> Callable[..., System]:
    """build(name, basis="sto-3g", frozen=0, symmetry=True): see MOLECULES."""

    def factory(name: str, basis: str = "sto-3g", frozen: int = 0, symmetry: bool = True) -> System:
        return _build(name, basis, frozen, symmetry)

    return factory


@pytest.fixture(scope="session")
def build_from_atoms() -> Callable[..., System]:
    """hamiltonian_of, for geometries that are not in MOLECULES."""
    return hamiltonian_of


def rotated(
    ham: MolecularHamiltonian, rng: np.random.Generator, scale: float = 1.0
) -> MolecularHamiltonian:
    """The same Hamiltonian after random rotations inside doubly, singly and un-occupied orbitals.

    Symmetry labels are lost: the result is in C1.
    """
    from scipy.linalg import expm

    u = np.zeros((ham.norb, ham.norb))
    edges = (0, ham.nelec[1], ham.nelec[0], ham.norb)
    for lo, hi in pairwise(edges):
        x = scale * rng.standard_normal((hi - lo, hi - lo))
        u[lo:hi, lo:hi] = expm(x - x.T)
    return MolecularHamiltonian(
        h1=u.T @ ham.h1 @ u,
        eri=np.einsum("pqrs,pi,qj,rk,sl->ijkl", ham.eri, u, u, u, u, optimize=True),
        ecore=ham.ecore,
        nelec=ham.nelec,
        orbsym=np.zeros(ham.norb, dtype=int),
        point_group="C1",
    )


@pytest.fixture(scope="session")
def rotate() -> Callable[..., MolecularHamiltonian]:
    return rotated
