"""verify() finds what is right and what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from qchem_app.chemistry.hamiltonian import MolecularHamiltonian, hartree_fock_energy
from qchem_app.errors import InputError
from qchem_app.mapping.encodings import ENCODINGS, make_encoding
from qchem_app.mapping.pauli import PauliSum
from qchem_app.mapping.verification import verify

GetHamiltonian = Callable[..., MolecularHamiltonian]
MOLECULES = [
    ("h2", "full"),
    ("heh_plus", "full"),
    ("h3_plus", "full"),
    ("lih", "full"),
    ("oh", "full"),
    ("ch2_triplet", "full"),
    ("n2", "6,6"),
]
variants = pytest.mark.parametrize(
    ("name", "taper"), [(name, taper) for name in ENCODINGS for taper in (False, True)]
)
molecules = pytest.mark.parametrize(("file", "space"), MOLECULES)


def lowest_by_pyscf(hamiltonian: MolecularHamiltonian) -> float:
    """The lowest root with these electrons in the irrep of the reference, of any spin."""
    from pyscf import fci

    irrep = 0
    for p in range(hamiltonian.nelec[1], hamiltonian.nelec[0]):
        irrep ^= int(hamiltonian.orbsym[p])
    solver = fci.direct_spin1_symm.FCI()
    solver.conv_tol = 1e-12
    energy, _ = solver.kernel(
        hamiltonian.h1,
        hamiltonian.eri,
        hamiltonian.norb,
        hamiltonian.nelec,
        ecore=hamiltonian.ecore,
        orbsym=hamiltonian.orbsym,
        wfnsym=irrep,
    )
    return float(energy)


@molecules
@variants
def test_molecules_pass(
    file: str, space: str, name: str, taper: bool, molecule: GetHamiltonian
) -> None:
    hamiltonian = molecule(file, space)
    found = verify(make_encoding(hamiltonian, name, taper=taper), hamiltonian)
    n_alpha, n_beta = hamiltonian.nelec
    assert found.reference_energy == pytest.approx(hartree_fock_energy(hamiltonian), abs=1e-9)
    assert (found.n_electrons, found.s_z) == (n_alpha + n_beta, (n_alpha - n_beta) / 2)
    assert found.ground_energy == pytest.approx(lowest_by_pyscf(hamiltonian), abs=1e-9)
    assert found.exact_energy == pytest.approx(found.ground_energy, abs=1e-9)
    assert "so does the sector's ground state" in found.summary


@molecules
@variants
def test_every_wrong_sector_is_caught(
    file: str, space: str, name: str, taper: bool, molecule: GetHamiltonian
) -> None:
    hamiltonian = molecule(file, space)
    right = [s.parity for s in make_encoding(hamiltonian, name, taper=taper).removed]
    for pattern in range(1, 1 << len(right)):
        wrong = [bit ^ (pattern >> k & 1) for k, bit in enumerate(right)]
        encoding = make_encoding(hamiltonian, name, taper=taper, sector=wrong)
        with pytest.raises(InputError, match="in the wrong symmetry sector: on its qubits"):
            verify(encoding, hamiltonian)
        with pytest.raises(InputError, match="use the sector of the reference"):
            encoding.reference  # noqa: B018
    assert make_encoding(hamiltonian, name, taper=taper, sector=right).reference >= 0


def test_large_sectors_are_checked_without_diagonalising(molecule: GetHamiltonian) -> None:
    hamiltonian = molecule("lih")
    found = verify(make_encoding(hamiltonian, taper=True), hamiltonian, largest_sector=10)
    assert (found.ground_energy, found.exact_energy, found.leak) == (None, None, None)
    assert found.determinants == 69
    assert "too large" in found.summary


@variants
def test_a_ground_state_in_another_hidden_sector_is_caught(
    name: str, taper: bool, random_hamiltonian: GetHamiltonian
) -> None:
    # the determinant of the first orbital of two that do not mix lies above that of the second
    h1 = np.diag([0.0, -2.0, 0.5])
    eri = random_hamiltonian(3, (1, 0), (0, 1, 0), seed=0).eri
    hamiltonian = MolecularHamiltonian(h1, eri, 0.0, (1, 0), np.zeros(3, dtype=int))
    encoding = make_encoding(hamiltonian, name, taper=taper)
    if taper:
        with pytest.raises(InputError, match="the ground state is not in the sector"):
            verify(encoding, hamiltonian)
    else:
        assert verify(encoding, hamiltonian).ground_energy == pytest.approx(-2.0, abs=1e-12)


def test_an_encoding_of_another_hamiltonian_is_caught(molecule: GetHamiltonian) -> None:
    hamiltonian = molecule("h4_chain")
    encoding = make_encoding(hamiltonian, "parity")
    other = replace(hamiltonian, nelec=(3, 1))
    with pytest.raises(InputError, match=r"is for \(2, 2\) electrons"):
        verify(encoding, other)
    with pytest.raises(InputError, match="wrong symmetry sector"):
        verify(replace(encoding, nelec=(3, 1)), other)


def test_a_wrong_operator_is_caught(
    molecule: GetHamiltonian, monkeypatch: pytest.MonkeyPatch
) -> None:
    hamiltonian = molecule("h2")
    encoding = make_encoding(hamiltonian)
    right = encoding.operator(hamiltonian)

    def replace_by(wrong: PauliSum) -> None:
        monkeypatch.setattr(type(encoding), "operator", lambda *_: wrong)

    shifted = right.coefficients + 1e-6 * ((right.x == 0) & (right.z == 0))
    replace_by(replace(right, coefficients=shifted))
    with pytest.raises(InputError, match="gives the reference determinant"):
        verify(encoding, hamiltonian)
    leaking = PauliSum.from_strings(4, [*right.strings(), ("XXII", 1e-3)])
    replace_by(leaking)
    with pytest.raises(InputError, match=r"to other basis states by 1.0e-03 Ha"):
        verify(encoding, hamiltonian)
