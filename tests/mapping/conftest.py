"""Hamiltonians for the tests of mappings: molecules, and random ones with a point group."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import MolecularHamiltonian, build_hamiltonian
from qchem_app.chemistry.mean_field import run_mean_field
from qchem_app.io.geometry import read_geometry

GetHamiltonian = Callable[..., MolecularHamiltonian]


@cache
def _hamiltonian(file: Path, space: str) -> MolecularHamiltonian:
    mean_field = run_mean_field(read_geometry(file).molecule, "sto-3g")
    return build_hamiltonian(mean_field, select_active_space(mean_field, space))


@pytest.fixture(scope="session")
def molecule(repository: Path) -> GetHamiltonian:
    """The Hamiltonian of a file of molecules/ in STO-3G, by name and active space."""

    def get(name: str, space: str = "full") -> MolecularHamiltonian:
        return _hamiltonian(repository / "molecules" / f"{name}.xyz", space)

    return get


@pytest.fixture(scope="session")
def random_hamiltonian() -> GetHamiltonian:
    """Random integrals with the eightfold symmetry and that of given irreps."""

    def make(
        norb: int, nelec: tuple[int, int], orbsym: tuple[int, ...], seed: int
    ) -> MolecularHamiltonian:
        rng = np.random.default_rng(seed)
        irreps = np.array(orbsym)
        pair = irreps[:, None] ^ irreps
        h1 = rng.normal(size=(norb, norb))
        h1 = np.where(pair == 0, h1 + h1.T, 0.0)
        eri = rng.normal(size=(norb,) * 4)
        for permutation in ((1, 0, 2, 3), (0, 1, 3, 2), (2, 3, 0, 1)):
            eri = eri + eri.transpose(permutation)
        eri = np.where(pair[:, :, None, None] == pair, eri, 0.0)
        return MolecularHamiltonian(h1, eri, float(rng.normal()), nelec, irreps, "D2h")

    return make
