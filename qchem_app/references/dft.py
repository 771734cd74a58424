"""Kohn-Sham density functional theory, with any functional that PySCF has."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import numpy as np

from qchem_app.chemistry.mean_field import MeanField, build_mole, run_mean_field
from qchem_app.chemistry.orbitals import orbital_irreps
from qchem_app.chemistry.scf import converge, second_order
from qchem_app.chemistry.threads import steady_threads
from qchem_app.molecule import Molecule
from qchem_app.references.functionals import Functional, find_functional
from qchem_app.result import MethodResult

#: Functionals of the kinetic energy density need a finer grid than the others.
GRID_LEVEL, META_GRID_LEVEL = 3, 4
#: Non-local correlation costs the square of its grid; level 1 is within 1e-6 Ha of level 3.
NONLOCAL_GRID_LEVEL = 1
#: What stands next to every DFT total.
NOT_COMPARABLE = "not comparable in absolute terms; compare energy differences only"


def dft(
    molecule: Molecule,
    basis: str = "sto-3g",
    functional: str = "b3lyp",
    *,
    symmetry: bool = True,
    symmetry_tolerance: float = 1e-5,
    memory_limit: float | None = None,
    mean_field: MeanField | None = None,
) -> MethodResult:
    """Kohn-Sham total energy: RKS for singlets, ROKS for any other multiplicity.

    All electrons, in the orbitals of its own: active and frozen spaces do not apply. `s_squared`
    is that of the Kohn-Sham determinant. Where the solution found from atomic densities is
    suspicious (hard to converge, above Hartree-Fock, or other irreps occupied), the one that
    follows from the Hartree-Fock orbitals is tried, too, and the lower kept.

    Args:
        molecule: atoms, charge and multiplicity.
        basis: name of a basis set that PySCF ships.
        functional: name, or a linear combination such as "0.5*hf+0.5*b88,lyp".
        symmetry: use the Abelian part of the point group.
        symmetry_tolerance: how far nuclei may be from symmetry, Bohr.
        memory_limit: megabytes PySCF may use; what the machine has free when None.
        mean_field: Hartree-Fock for the same arguments, where it is there already.

    Raises:
        UsageError: no such functional or basis set; raised before anything is computed.
        InputError: the basis set lacks an element or is too small.
        ResourceError: the matrices do not fit in memory.
    """
    found = find_functional(functional)
    start = perf_counter()
    mol, _ = build_mole(
        molecule,
        basis,
        symmetry=symmetry,
        symmetry_tolerance=symmetry_tolerance,
        memory_limit=memory_limit,
    )
    spin = (molecule.multiplicity - 1) / 2
    if mol.nelectron == 0:
        energy, converged, notes = float(mol.energy_nuc()), True, [NOT_COMPARABLE]
    else:
        if mean_field is None:
            mean_field = run_mean_field(
                molecule,
                basis,
                symmetry=symmetry,
                symmetry_tolerance=symmetry_tolerance,
                memory_limit=memory_limit,
            )
        energy, converged, notes = _solve(mol, found, mean_field)
    return MethodResult(
        name=found.name,
        energy=energy if np.isfinite(energy) else None,
        converged=converged and bool(np.isfinite(energy)),
        seconds=perf_counter() - start,
        s_squared=spin * (spin + 1),
        notes=tuple(notes),
    )


def _solve(
    mol: Any, functional: Functional, mean_field: MeanField
) -> tuple[float, bool, list[str]]:
    from pyscf import dft as pyscf_dft

    open_shell = mol.spin != 0
    mf = pyscf_dft.ROKS(mol) if open_shell else pyscf_dft.RKS(mol)
    mf.xc = functional.name
    mf.verbose = 0
    mf.chkfile = None
    mf.max_memory = mol.max_memory
    mf.conv_tol, mf.conv_tol_grad, mf.max_cycle = 1e-9, 1e-5, 60
    mf.grids.level = META_GRID_LEVEL if functional.meta else GRID_LEVEL
    mf.nlcgrids.level = NONLOCAL_GRID_LEVEL
    trouble: list[str] = []
    with steady_threads(mol.nao):
        solution = converge(mf, trouble)
        orbitals, occ = mean_field.mf.mo_coeff, mean_field.mf.mo_occ
        suspicious = (
            trouble
            or solution.energy > mean_field.energy
            or _occupied(mol, solution.coeff, solution.occ) != _occupied(mol, orbitals, occ)
        )
        if suspicious and mean_field.converged:
            other = second_order(mf, orbitals, occ)
            if other.converged and (not solution.converged or other.energy < solution.energy):
                solution, trouble = other, []
    details = [*functional.notes, *(["restricted open-shell"] if open_shell else [])]
    notes = [NOT_COMPARABLE, "; ".join([*details, f"grid level {mf.grids.level}"])]
    if not solution.converged:
        notes.append("did not converge")
    notes.extend(note.replace("mean field:", "Kohn-Sham:") for note in trouble)
    if solution.energy > mean_field.energy:
        notes.append("above Hartree-Fock: probably not the ground state")
    return solution.energy, solution.converged, notes


def _occupied(mol: Any, coeff: np.ndarray, occ: np.ndarray) -> list[tuple[int, float]]:
    """Irrep and occupation of each occupied orbital, sorted."""
    filled = np.asarray(occ) > 0
    irreps = orbital_irreps(mol, np.asarray(coeff)[:, filled], mol.intor_symmetric("int1e_ovlp"))
    return sorted(zip(irreps.tolist(), np.asarray(occ)[filled].tolist(), strict=True))
