"""The integrals of an active space."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pyscf import fci, mcscf

from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import (
    MolecularHamiltonian,
    build_hamiltonian,
    hartree_fock_energy,
    reference_irrep,
)
from qchem_app.chemistry.mean_field import MeanField, run_mean_field
from qchem_app.errors import InputError
from qchem_app.molecule import Molecule
from qchem_app.units import DEBYE_PER_ATOMIC_UNIT

GetMolecule = Callable[[str], Molecule]
GetMeanField = Callable[..., MeanField]


def _hamiltonian(result: MeanField, spec: str = "full") -> MolecularHamiltonian:
    return build_hamiltonian(result, select_active_space(result, spec))


def _exact(ham: MolecularHamiltonian) -> tuple[float, Any]:
    """FCI of the sector that the Hartree-Fock determinant is in."""
    solver = fci.direct_spin1_symm.FCI()
    solver.conv_tol, solver.max_cycle = 1e-12, 200
    solver.orbsym = np.asarray(ham.orbsym)
    solver.wfnsym = reference_irrep(ham)
    energy, vector = solver.kernel(ham.h1, ham.eri, ham.norb, ham.nelec, ecore=ham.ecore)
    assert solver.converged
    return float(energy), vector


@pytest.mark.parametrize(
    ("name", "fci_energy"), [("h2", -1.13727017), ("lih", -7.88240341), ("n2", -107.65282873)]
)
def test_published_fci_energies(mean_field: GetMeanField, name: str, fci_energy: float) -> None:
    assert _exact(_hamiltonian(mean_field(name)))[0] == pytest.approx(fci_energy, abs=1e-7)


@pytest.mark.parametrize(
    "name", ["h", "li", "h3+", "heh+", "square-h4", "oh", "no", "o2", "ch2", "nh4+", "c2"]
)
def test_fci_equals_pyscf_on_its_own_integrals(mean_field: GetMeanField, name: str) -> None:
    result = mean_field(name)
    ham = _hamiltonian(result)
    assert hartree_fock_energy(ham) == pytest.approx(result.energy, abs=1e-9)
    solver = fci.FCI(result.mf)
    solver.conv_tol, solver.max_cycle = 1e-12, 200
    solver.wfnsym = reference_irrep(ham)
    energy = solver.kernel()[0]
    assert _exact(ham)[0] == pytest.approx(float(energy), abs=1e-8)


@pytest.mark.parametrize(
    ("name", "spec", "size"),
    [("n2", "6,6", (6, (3, 3))), ("o2", "8,6", (6, (5, 3))), ("no", "frozen-core", (8, (6, 5)))],
)
def test_casci_equals_pyscf(
    mean_field: GetMeanField, name: str, spec: str, size: tuple[int, tuple[int, int]]
) -> None:
    result = mean_field(name)
    ham = _hamiltonian(result, spec)
    assert (ham.norb, ham.nelec) == size
    casci = mcscf.CASCI(result.mf, ham.norb, ham.nelec)
    casci.fcisolver.conv_tol = 1e-12
    casci.fcisolver.wfnsym = reference_irrep(ham)
    casci.canonicalization = False
    assert _exact(ham)[0] == pytest.approx(float(casci.kernel()[0]), abs=1e-8)


@pytest.mark.parametrize("name", ["h2o", "no", "lih"])
def test_dipole_of_the_determinant_is_that_of_pyscf(mean_field: GetMeanField, name: str) -> None:
    result = mean_field(name)
    for spec in ("full", "frozen-core"):
        ham = _hamiltonian(result, spec)
        n_alpha, n_beta = ham.nelec
        occupation = np.array([(k < n_alpha) + (k < n_beta) for k in range(ham.norb)])
        assert ham.dipole is not None
        assert ham.dipole_core is not None
        moment = ham.dipole_core + np.einsum("xpp,p->x", ham.dipole, occupation)
        expected = result.mf.dip_moment(unit="Debye", verbose=0)
        assert np.allclose(moment * DEBYE_PER_ATOMIC_UNIT, expected, atol=1e-6)


def test_dipole_is_in_the_input_frame(molecule: GetMolecule) -> None:
    water = molecule("h2o")
    rotation, _ = np.linalg.qr(np.random.default_rng(5).normal(size=(3, 3)))
    moments = []
    for coordinates in (water.coordinates, water.coordinates @ rotation + [3.0, 1.0, -2.0]):
        ham = _hamiltonian(run_mean_field(water.replace(coordinates=coordinates)))
        rdm1 = fci.direct_spin1.make_rdm1(_exact(ham)[1], ham.norb, ham.nelec)
        assert ham.dipole is not None
        moments.append(ham.dipole_core + np.einsum("xpq,pq->x", ham.dipole, rdm1))
    assert np.linalg.norm(moments[0]) > 0.5
    assert np.allclose(moments[0] @ rotation, moments[1], atol=1e-6)


@pytest.mark.parametrize("name", ["n2", "ch4", "o2", "h2o"])
def test_forbidden_integrals_are_exactly_zero(mean_field: GetMeanField, name: str) -> None:
    ham = _hamiltonian(mean_field(name))
    assert len(set(ham.orbsym.tolist())) > 1
    pair = ham.orbsym[:, None] ^ ham.orbsym
    assert np.all(ham.h1[pair != 0] == 0)
    assert np.all(ham.eri[(pair[:, :, None, None] ^ pair) != 0] == 0)
    without = _hamiltonian(mean_field(name, symmetry=False))
    if name != "o2":  # which breaks its symmetry when it may
        assert _exact(ham)[0] == pytest.approx(_exact(without)[0], abs=1e-8)


def test_orbitals_without_the_symmetry_drop_it(mean_field: GetMeanField) -> None:
    result = mean_field("h2o")
    space = select_active_space(result, "full")
    swapped = space.orbsym.copy()
    swapped[[0, 4]] = swapped[[4, 0]]  # wrong labels: the integrals do not vanish where they say
    ham = build_hamiltonian(result, replace(space, orbsym=swapped))
    assert ham.point_group == "C1"
    assert not ham.orbsym.any()
    assert "no symmetry is used: integrals that C2v forbids are as large as" in ham.notes[0]
    assert hartree_fock_energy(ham) == pytest.approx(result.energy, abs=1e-9)


def test_integrals_without_nao4_in_memory(mean_field: GetMeanField) -> None:
    result = mean_field("h2o", "6-31g")
    space = select_active_space(result, "4,4")
    inside = build_hamiltonian(result, space)
    direct = run_mean_field(result.molecule, "6-31g", memory_limit=0.11)
    assert direct.mf._eri is None
    outside = build_hamiltonian(direct, select_active_space(direct, "4,4"))
    assert np.allclose(inside.eri, outside.eri, atol=1e-8)
    assert inside.ecore == pytest.approx(outside.ecore, abs=1e-8)


def _parts(**changes: Any) -> dict[str, Any]:
    parts = {
        "h1": np.eye(2),
        "eri": np.zeros((2, 2, 2, 2)),
        "ecore": 0.0,
        "nelec": (1, 1),
        "orbsym": np.zeros(2, dtype=int),
    }
    return parts | changes


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"h1": np.ones(2)}, "h1 must have the shape"),
        ({"eri": np.zeros((3, 3, 3, 3))}, r"eri must have the shape \(2, 2, 2, 2\), found"),
        ({"h1": np.array([[1.0, np.nan], [0, 1]])}, "h1 must be real and finite"),
        ({"h1": np.array([[1.0, 2.0], [0, 1]])}, "h1 must be symmetric"),
        ({"h1": np.eye(2) * 1j}, "h1 must be real and finite"),
        ({"nelec": (3, 0)}, "3 alpha and 0 beta electrons in 2 orbitals are not possible"),
        ({"nelec": (0, 1)}, "0 alpha and 1 beta"),
        ({"nelec": (0, 0)}, "at least one electron"),
        ({"orbsym": np.array([0, 8])}, "orbsym must number irreps from 0 to 7"),
        ({"ecore": np.inf}, "ecore must be a finite number"),
        ({"dipole": np.zeros((2, 2))}, "dipole must have the shape"),
        ({"orbital_energies": np.zeros(3)}, "orbital_energies must have the shape"),
    ],
)
def test_impossible_parts_are_refused(changes: dict[str, Any], expected: str) -> None:
    MolecularHamiltonian(**_parts())
    with pytest.raises(InputError, match=expected):
        MolecularHamiltonian(**_parts(**changes))


def test_physicists_order_is_refused(mean_field: GetMeanField) -> None:
    ham = _hamiltonian(mean_field("lih"))
    with pytest.raises(InputError, match="chemists' order"):
        replace(ham, eri=ham.eri.transpose(0, 2, 1, 3))


def test_arrays_are_read_only(mean_field: GetMeanField) -> None:
    ham = _hamiltonian(mean_field("h2"))
    with pytest.raises(ValueError, match="read-only"):
        ham.h1[0, 0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        ham.eri[0, 0, 0, 0] = 1.0


def test_reference_irrep(mean_field: GetMeanField) -> None:
    assert reference_irrep(_hamiltonian(mean_field("n2"))) == 0
    assert reference_irrep(_hamiltonian(mean_field("no"))) in (2, 3)  # one pi electron
    assert reference_irrep(_hamiltonian(mean_field("o2"))) == 1  # pi_x pi_y: 2 xor 3
