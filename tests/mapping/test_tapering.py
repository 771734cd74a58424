"""Which symmetries are removed, and in which sector."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.mapping import gf2
from qchem_app.mapping.encodings import ENCODINGS, make_encoding
from qchem_app.mapping.jordan_wigner import jordan_wigner
from qchem_app.mapping.matrices import MATRICES
from qchem_app.mapping.pauli import commute
from qchem_app.mapping.symmetries import (
    Symmetry,
    electronic_symmetries,
    hidden_symmetries,
)
from qchem_app.mapping.tapering import taper

GetHamiltonian = Callable[..., MolecularHamiltonian]


def test_symmetries_of_an_open_shell_molecule(molecule: GetHamiltonian) -> None:
    hamiltonian = molecule("oh")  # 9 electrons in 3 sigma, 2 pi and a sigma* orbital
    found = {s.name: (s.mask, s.parity) for s in electronic_symmetries(hamiltonian)}
    sigma, pi = [], {2: [], 3: []}
    for p, irrep in enumerate(hamiltonian.orbsym.tolist()):
        pi.get(irrep, sigma).append(p)
    assert len(sigma) == 4
    assert all(len(orbitals) == 1 for orbitals in pi.values())
    both = {irrep: 0b1000001 << orbitals[0] for irrep, orbitals in pi.items()}
    singly_occupied = int(hamiltonian.orbsym[4])
    assert found == {
        "N_alpha": (0b111111, 1),
        "N_beta": (0b111111 << 6, 0),
        "N(B2)": (both[3], int(singly_occupied == 3)),
        "N(B1+B2)": (both[2] | both[3], 1),
    }


def test_a_bit_that_all_orbitals_share_is_not_counted_twice(
    random_hamiltonian: GetHamiltonian,
) -> None:
    hamiltonian = random_hamiltonian(2, (2, 1), (5, 5), seed=0)
    assert [s.name for s in electronic_symmetries(hamiltonian)] == ["N_alpha", "N_beta"]


@pytest.mark.parametrize("name", ["h2", "lih", "oh", "h3_plus", "beh2"])
def test_molecules_with_symmetry_hide_nothing(name: str, molecule: GetHamiltonian) -> None:
    hamiltonian = molecule(name)
    assert hidden_symmetries(hamiltonian, jordan_wigner(hamiltonian)) == ()


@pytest.mark.parametrize("name", ["lih", "oh", "n2"])
def test_an_undeclared_point_group_is_found(name: str, molecule: GetHamiltonian) -> None:
    hamiltonian = molecule(name, "6,6" if name == "n2" else "full")
    without = replace(hamiltonian, orbsym=np.zeros_like(hamiltonian.orbsym), point_group="C1")
    operator = jordan_wigner(without)
    hidden = hidden_symmetries(without, operator)
    declared = electronic_symmetries(hamiltonian)
    assert len(hidden) == len(declared) - 2
    span = gf2.Span(s.mask for s in electronic_symmetries(without) + hidden)
    assert all(span.remainder(s.mask) == 0 for s in declared)
    for symmetry in hidden:
        assert np.all(commute(operator.x, operator.z, np.uint64(0), np.uint64(symmetry.mask)))
    ours = make_encoding(without, taper=True).operator(without)
    theirs = make_encoding(hamiltonian, taper=True).operator(hamiltonian)
    assert ours.n_qubits == theirs.n_qubits
    # both hold one sector of the same symmetries, each on qubits of its own choice
    spectra = [np.linalg.eigvalsh(o.matrix().toarray()) for o in (ours, theirs)]
    assert np.allclose(*spectra, atol=1e-9)


def test_distant_fragments_conserve_their_own_electrons(
    random_hamiltonian: GetHamiltonian,
) -> None:
    # orbitals 0, 2 and 1, 3 are of different fragments, which only repel each other
    fragment = np.array([0, 1, 0, 1])
    hamiltonian = random_hamiltonian(4, (2, 2), (0, 0, 0, 0), seed=2)
    same = fragment[:, None] == fragment
    h1 = np.where(same, hamiltonian.h1, 0.0)
    eri = np.where(same[:, :, None, None] & same, hamiltonian.eri, 0.0)
    hamiltonian = replace(hamiltonian, h1=h1, eri=eri)
    hidden = hidden_symmetries(hamiltonian, jordan_wigner(hamiltonian))
    assert {s.name for s in hidden} <= {
        "N(alpha 0, 2)",
        "N(alpha 1, 3)",
        "N(beta 0, 2)",
        "N(beta 1, 3)",
    }
    assert len(hidden) == 2
    for name in ENCODINGS:
        encoding = make_encoding(hamiltonian, name, taper=True)
        assert encoding.n_qubits == 4
        assert not encoding.allows(0b0011)  # an electron changes its fragment
        assert encoding.allows(0b0101)


@settings(max_examples=50)
@given(
    name=st.sampled_from(ENCODINGS),
    n=st.sampled_from([2, 4, 6, 8]),
    data=st.data(),
    lowest=st.booleans(),
)
def test_tapered_matrices_hold_the_symmetries(
    name: str, n: int, data: st.DataObject, lowest: bool
) -> None:
    masks = data.draw(st.lists(st.integers(1, (1 << n) - 1), max_size=n))
    matrix = MATRICES[name](n)
    wanted = [Symmetry(str(k), mask, 0) for k, mask in enumerate(masks)]
    rows, used, qubits = taper(matrix, wanted, lowest=lowest)
    assert gf2.inverse(gf2.inverse(rows)) == rows
    assert len(used) == len(gf2.Span(masks)) == len(set(qubits))
    assert [rows[q] for q in qubits] == [s.mask for s in used]
    assert all(rows[q] == matrix[q] for q in range(n) if q not in qubits)


@pytest.mark.parametrize("name", ENCODINGS)
def test_one_determinant_needs_no_qubit(name: str, random_hamiltonian: GetHamiltonian) -> None:
    for nelec in ((1, 0), (1, 1)):
        hamiltonian = random_hamiltonian(1, nelec, (0,), seed=1)
        encoding = make_encoding(hamiltonian, name, taper=True)
        operator = encoding.operator(hamiltonian)
        repulsion = hamiltonian.eri[0, 0, 0, 0] * nelec[1]
        energy = hamiltonian.ecore + hamiltonian.h1[0, 0] * sum(nelec) + repulsion
        assert (encoding.n_qubits, encoding.reference, encoding.symmetries) == (0, 0, ())
        assert operator.expectation(np.ones(1)) == pytest.approx(energy, abs=1e-12)
