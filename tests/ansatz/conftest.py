"""Hamiltonians that the tests of this folder share."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from pyscf import fci

from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import MolecularHamiltonian, build_hamiltonian
from qchem_app.chemistry.mean_field import run_mean_field
from qchem_app.io.geometry import read_geometry

MOLECULES = Path(__file__).parent.parent.parent / "molecules"


@cache
def _hamiltonian(name: str, space: str) -> MolecularHamiltonian:
    mean_field = run_mean_field(read_geometry(MOLECULES / f"{name}.xyz").molecule)
    return build_hamiltonian(mean_field, select_active_space(mean_field, space))


@pytest.fixture(scope="session")
def hamiltonian() -> Callable[..., MolecularHamiltonian]:
    """The Hamiltonian of a file in molecules/, STO-3G; computed once."""
    return lambda name, space="full": _hamiltonian(name, space)


@pytest.fixture(scope="session")
def fci_energy() -> Callable[[MolecularHamiltonian], float]:
    """PySCF's full CI energy of a Hamiltonian, Hartree, whatever the irrep."""

    def energy(hamiltonian: MolecularHamiltonian) -> float:
        solver = fci.direct_spin1.FCI()
        solver.conv_tol = 1e-12
        value, _ = solver.kernel(
            hamiltonian.h1,
            hamiltonian.eri,
            hamiltonian.norb,
            hamiltonian.nelec,
            ecore=hamiltonian.ecore,
        )
        return float(value)

    return energy
