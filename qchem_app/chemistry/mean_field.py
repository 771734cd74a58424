"""The Hartree-Fock mean field: the orbitals that everything after it stands on."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from qchem_app.chemistry.basis import check_basis as check_basis
from qchem_app.chemistry.basis import load_basis
from qchem_app.chemistry.neighbour_guess import Guess, lower_by_guess
from qchem_app.chemistry.orbitals import canonicalise, orbital_irreps
from qchem_app.chemistry.point_group import (
    PointGroup,
    find_point_group,
    same_group,
    use_point_group,
)
from qchem_app.chemistry.scf import Solution, converge
from qchem_app.chemistry.scratch import no_checkpoint_file
from qchem_app.chemistry.stability import lower_by_stability, lower_by_swapping
from qchem_app.chemistry.threads import steady_threads
from qchem_app.errors import InputError, ResourceError
from qchem_app.molecule import Molecule
from qchem_app.planning.cost import available_memory_mb

#: Matrices of (nao, nao) doubles that a direct SCF keeps: integrals, densities, DIIS history.
_SCF_MATRICES = 40


@dataclass(frozen=True, eq=False)
class MeanField:
    """A restricted (RHF) or restricted open-shell (ROHF) Hartree-Fock solution.

    Attributes:
        mf: the PySCF object; its orbitals are ordered doubly, singly, un-occupied, each by energy,
            each in one irrep (``mf.mo_coeff.orbsym``) of ``subgroup``, in the input frame.
        molecule: what was computed.
        basis: name of the basis set.
        kind: "RHF" for singlets, else "ROHF".
        energy: total energy, Hartree.
        converged: whether the energy and its gradient are converged.
        stable: whether no small real rotation of the orbitals lowers the energy, also none that
            breaks the point group; None where that was not decided.
        point_group: full point group, e.g. "Dooh"; "C1" when symmetry was not asked for.
        subgroup: the Abelian group of the orbitals, e.g. "D2h".
        seconds: wall time.
        notes: what a careful reader should know, one sentence each.
        rival: whether a lower solution of the same irrep was left aside for a neighbour's.
    """

    mf: Any
    molecule: Molecule
    basis: str
    kind: str
    energy: float
    converged: bool
    stable: bool | None
    point_group: str
    subgroup: str
    seconds: float
    notes: tuple[str, ...] = ()
    rival: bool = False


def build_mole(
    molecule: Molecule,
    basis: str = "sto-3g",
    *,
    symmetry: bool = True,
    symmetry_tolerance: float = 1e-5,
    memory_limit: float | None = None,
    like: PointGroup | None = None,
) -> tuple[Any, tuple[str, ...]]:
    """The ``pyscf.gto.Mole`` of a molecule, made from numbers only, and notes about it.

    Args:
        molecule: atoms, charge and multiplicity.
        basis: name of a basis set that PySCF ships; its core potentials are used with it.
        symmetry: detect the point group and use its largest Abelian subgroup.
        symmetry_tolerance: how far nuclei may be from symmetry, Bohr.
        memory_limit: megabytes PySCF may use; None: what the machine has free.
        like: group of another geometry of the same atoms, which is used where it holds, so that
            irreps mean the same at both.

    Raises:
        UsageError: no such basis set.
        InputError: the basis set lacks an element, or is too small for the electrons.
        ResourceError: the matrices of the mean field alone do not fit.
    """
    from pyscf import gto

    shells, potentials = load_basis(basis, molecule.symbols)
    notes = []
    mol = gto.Mole()
    mol.verbose = 0
    mol.atom = _atoms(molecule.symbols, molecule.coordinates)
    mol.unit = "Bohr"
    mol.charge = molecule.charge
    mol.spin = molecule.multiplicity - 1
    mol.basis = shells
    mol.ecp = potentials
    memory = memory_limit if memory_limit is not None else available_memory_mb()
    mol.max_memory = memory
    if molecule.n_electrons - sum(potentials[s][0] for s in molecule.symbols if s in potentials) < (
        molecule.multiplicity - 1
    ):
        raise InputError(
            f"basis set {basis} puts electrons of {' and '.join(potentials)} in core potentials "
            f"and leaves too few for multiplicity {molecule.multiplicity} at charge "
            f"{molecule.charge:+d}: use an all-electron basis set"
        )
    mol.build(dump_input=False, parse_arg=False)
    _check_size(mol, basis, memory)
    if potentials:
        kept = ", ".join(f"{symbol} {potentials[symbol][0]}" for symbol in potentials)
        notes.append(f"core potentials of {basis} replace inner electrons ({kept})")
    if symmetry:
        group = find_point_group(mol, symmetry_tolerance)
        if group is not None and like is not None:
            group = same_group(mol, like, group, symmetry_tolerance) or group
        if group is None:
            notes.append(
                "point group not decided within the symmetry tolerance: no symmetry is used"
            )
        else:
            if group.displacement > 1e-9:
                mol.atom = _atoms(molecule.symbols, group.coordinates)
                mol.build(dump_input=False, parse_arg=False)
                notes.append(
                    f"nuclei moved by up to {group.displacement:.1e} Bohr to have exactly the "
                    f"symmetry {group.abelian}"
                )
            use_point_group(mol, group)
            if group.full != group.abelian and group.abelian == "C1":
                notes.append(f"point group {group.full} has no Abelian part that helps")
    return mol, tuple(notes)


def run_mean_field(
    molecule: Molecule,
    basis: str = "sto-3g",
    *,
    symmetry: bool = True,
    symmetry_tolerance: float = 1e-5,
    memory_limit: float | None = None,
    guess: Guess | None = None,
    like: PointGroup | None = None,
) -> MeanField:
    """Converge RHF (singlet) or ROHF (any other multiplicity), and look for lower solutions.

    DIIS from a superposition of atomic densities comes first; where it fails, second-order
    iterations, then DIIS with a level shift. The internal stability of what is found is analysed
    irrep by irrep, and occupations of other irreps are tried; the lowest solution is kept.
    A mean field that does not converge is returned, marked so.

    Args:
        molecule: atoms, charge and multiplicity.
        basis: name of a basis set that PySCF ships.
        symmetry: use the Abelian part of the point group.
        symmetry_tolerance: how far nuclei may be from symmetry, Bohr.
        memory_limit: megabytes PySCF may use; None: what the machine has free.
        guess: gives, for a PySCF SCF object, orbitals (nao, nmo) and occupations (nmo,) of a
            neighbouring geometry to converge from as well; see `lower_by_guess`.
        like: see `build_mole`.

    Raises:
        UsageError: no such basis set.
        InputError: no electrons, a basis set that lacks an element or is too small.
        ResourceError: the matrices of the mean field alone do not fit.

    References:
        DIIS: 10.1016/0009-2614(80)80396-4. Second-order: 10.1016/j.cplett.2017.03.004.
        Stability: 10.1063/1.434318. ROHF: 10.1103/RevModPhys.32.179.
    """
    started = time.perf_counter()
    if molecule.n_electrons == 0:
        raise InputError(
            f"{molecule.formula} with charge {molecule.charge:+d} has no electrons, so there is "
            f"nothing to solve (its energy is the nuclear repulsion, "
            f"{molecule.nuclear_repulsion():.8f} Hartree): lower the charge"
        )
    mol, geometry_notes = build_mole(
        molecule,
        basis,
        symmetry=symmetry,
        symmetry_tolerance=symmetry_tolerance,
        memory_limit=memory_limit,
        like=like,
    )
    notes = list(geometry_notes)
    mf = _scf_object(mol)
    stable: bool | None = None
    rival = False
    with steady_threads(mol.nao):
        solution = converge(mf, notes)
        if mf.mo_coeff.shape[1] < mol.nao:
            notes.append(
                f"{mol.nao - mf.mo_coeff.shape[1]} of {mol.nao} basis functions dropped as "
                "linearly dependent"
            )
        if solution.converged:
            solution = lower_by_swapping(mf, solution, notes)
            solution, stable = lower_by_stability(mf, solution, notes)
        if guess is not None:
            solution, stable, rival = lower_by_guess(mf, guess(mf), (solution, stable), notes)
        _store(mf, solution)
    return MeanField(
        mf=mf,
        molecule=molecule,
        basis=basis,
        kind="RHF" if mol.spin == 0 else "ROHF",
        energy=solution.energy,
        converged=solution.converged,
        stable=stable,
        point_group=mol.topgroup or "C1",
        subgroup=mol.groupname or "C1",
        seconds=time.perf_counter() - started,
        notes=tuple(notes),
        rival=rival,
    )


def _atoms(
    symbols: tuple[str, ...], coordinates: np.ndarray
) -> list[tuple[str, tuple[float, float, float]]]:
    return [
        (symbol, (float(x), float(y), float(z)))
        for symbol, (x, y, z) in zip(symbols, coordinates, strict=True)
    ]


def _check_size(mol: Any, basis: str, memory: float) -> None:
    """Refuse what cannot work before anything is allocated for it."""
    nao = int(mol.nao)
    if max(mol.nelec) > nao:
        raise InputError(
            f"basis set {basis} has {nao} orbitals, too few for {max(mol.nelec)} electrons of one "
            "spin: choose a larger basis set or change charge or multiplicity"
        )
    needed = _SCF_MATRICES * nao**2 * 8e-6
    if needed > memory:
        raise ResourceError(
            f"the mean field with {nao} basis functions needs about {needed:.0f} MB, and "
            f"{memory:.0f} MB are allowed: choose a smaller basis set or allow more memory"
        )


def _scf_object(mol: Any) -> Any:
    """RHF or ROHF with tight thresholds, no output, and no file on disk."""
    from pyscf.scf import hf, hf_symm, rohf

    module = hf_symm if mol.symmetry else (hf if mol.spin == 0 else rohf)
    with no_checkpoint_file():
        mf = module.RHF(mol) if mol.spin == 0 else module.ROHF(mol)
    mf.verbose = 0
    mf.max_memory = mol.max_memory
    mf.conv_tol = 1e-11
    mf.conv_tol_grad = 1e-6
    mf.max_cycle = 60
    return mf


def _store(mf: Any, solution: Solution) -> None:
    """Put canonical, ordered, phase-fixed orbitals of the solution into the PySCF object."""
    from pyscf import lib

    coeff, occ = solution.coeff, solution.occ
    fock = mf.get_fock(dm=mf.make_rdm1(coeff, occ))
    blocks = []
    for value in (2, 1, 0):
        columns = coeff[:, occ == value]
        blocks.append((columns, orbital_irreps(mf.mol, columns, mf.get_ovlp())))
    parts = canonicalise(np.asarray(fock), blocks)
    orbsym = np.hstack([part[2] for part in parts])
    orbitals = np.hstack([part[1] for part in parts])
    mf.mo_coeff = lib.tag_array(orbitals, orbsym=orbsym) if mf.mol.symmetry else orbitals
    mf.mo_energy = np.hstack([part[0] for part in parts])
    mf.mo_occ = np.repeat([2.0, 1.0, 0.0], [part[0].size for part in parts])
    mf.e_tot = solution.energy
    mf.converged = solution.converged
