"""Encodings against OpenFermion's operators and the exact engine's energies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import openfermion
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qchem_app.ansatz.uccsd import uccsd
from qchem_app.backends.exact import ExactEstimator
from qchem_app.chemistry.hamiltonian import MolecularHamiltonian, hartree_fock_energy
from qchem_app.chemistry.openfermion_order import to_openfermion
from qchem_app.civector import _slow
from qchem_app.civector.sector import Sector
from qchem_app.errors import InputError, UsageError
from qchem_app.mapping.block import block
from qchem_app.mapping.encodings import ENCODINGS, Encoding, make_encoding
from qchem_app.mapping.jordan_wigner import jordan_wigner
from qchem_app.mapping.pauli import PauliSum, letters
from qchem_app.references.perturbation import mp2_amplitudes

GetHamiltonian = Callable[..., MolecularHamiltonian]

# (norb, nelec, orbsym): closed and open shells, empty spins, from C1 to D2h
SPACES = [
    (1, (1, 0), (5,)),
    (1, (1, 1), (0,)),
    (2, (1, 1), (0, 5)),
    (3, (2, 1), (0, 0, 1)),
    (3, (2, 0), (0, 2, 3)),
    (4, (2, 2), (0, 0, 0, 0)),
    (4, (3, 1), (0, 5, 6, 7)),
    (4, (4, 2), (0, 1, 0, 1)),
    (5, (3, 2), (0, 2, 3, 0, 2)),
]
VARIANTS = [(name, taper) for name in ENCODINGS for taper in (False, True)]
variants = pytest.mark.parametrize(("name", "taper"), VARIANTS)


def fermion_operator(hamiltonian: MolecularHamiltonian) -> Any:
    """OpenFermion's Hamiltonian, alpha before beta modes."""
    operator = openfermion.get_fermion_operator(to_openfermion(hamiltonian))
    modes = 2 * hamiltonian.norb
    return openfermion.reorder(operator, openfermion.up_then_down, num_modes=modes)


def assert_equal(operator: PauliSum, other: Any, n_qubits: int) -> None:
    expected = PauliSum.from_openfermion(other, n_qubits)
    assert operator.n_qubits == n_qubits
    found, wanted = dict(operator.strings()), dict(expected.strings())
    for string in found.keys() | wanted.keys():
        assert found.get(string, 0.0) == pytest.approx(wanted.get(string, 0.0), abs=1e-10)


def without_removal(encoding: Encoding) -> Encoding:
    return replace(encoding, removed=(), removed_qubits=())


spaces = pytest.mark.parametrize("space", SPACES)


@spaces
def test_operators_are_those_of_openfermion(space: Any, random_hamiltonian: GetHamiltonian) -> None:
    hamiltonian = random_hamiltonian(*space, seed=3)
    n = 2 * hamiltonian.norb
    operator = fermion_operator(hamiltonian)
    assert_equal(jordan_wigner(hamiltonian), openfermion.jordan_wigner(operator), n)
    expected = openfermion.bravyi_kitaev(operator, n)
    assert_equal(make_encoding(hamiltonian, "bravyi-kitaev").operator(hamiltonian), expected, n)
    expected = openfermion.binary_code_transform(operator, openfermion.parity_code(n))
    whole = without_removal(make_encoding(hamiltonian, "parity"))
    assert_equal(whole.operator(hamiltonian), expected, n)
    expected = openfermion.bravyi_kitaev_tree(operator, n)
    whole = without_removal(make_encoding(hamiltonian, "symmetry-conserving"))
    assert_equal(whole.operator(hamiltonian), expected, n)


@pytest.mark.parametrize("norb", [1, 2, 3, 4, 5])
def test_symmetry_conserving_is_openfermions_where_that_assumes_the_right_spin(
    norb: int, random_hamiltonian: GetHamiltonian
) -> None:
    for electrons in range(1, 2 * norb + 1) if norb < 5 else (7,):
        nelec = (electrons + 1) // 2, electrons // 2
        hamiltonian = random_hamiltonian(norb, nelec, (0,) * norb, seed=norb)
        operator = openfermion.get_fermion_operator(to_openfermion(hamiltonian))
        expected = openfermion.symmetry_conserving_bravyi_kitaev(operator, 2 * norb, electrons)
        encoding = make_encoding(hamiltonian, "symmetry-conserving")
        assert_equal(encoding.operator(hamiltonian), expected, 2 * norb - 2)


@variants
@settings(max_examples=6)
@given(space=st.sampled_from(SPACES), seed=st.integers(0, 1000))
def test_every_encoding_has_the_spectrum_of_the_sector(
    name: str, taper: bool, space: Any, seed: int, random_hamiltonian: GetHamiltonian
) -> None:
    hamiltonian = random_hamiltonian(*space, seed=seed)
    sector = Sector.build(hamiltonian.norb, hamiltonian.nelec, hamiltonian.orbsym)
    where = _slow.sector_indices(sector)
    exact = _slow.hamiltonian_matrix(hamiltonian).toarray()[np.ix_(where, where)]
    encoding = make_encoding(hamiltonian, name, taper=taper)
    inside, states = encoding.basis_states(sector)
    assert inside.all()
    matrix, leak = block(encoding.operator(hamiltonian), states)
    assert leak < 1e-12
    # stronger than equal spectra: no signs between the amplitudes
    assert np.allclose(matrix.toarray(), exact, atol=1e-10)


def products(first: PauliSum, second: PauliSum) -> PauliSum:
    """The anticommutator, which is Hermitian again."""
    a, b = first.to_openfermion(), second.to_openfermion()
    return PauliSum.from_openfermion(a * b + b * a, first.n_qubits)


@variants
@settings(max_examples=6)
@given(space=st.sampled_from(SPACES[2:6]), seed=st.integers(0, 1000))
def test_map_respects_products(
    name: str, taper: bool, space: Any, seed: int, random_hamiltonian: GetHamiltonian
) -> None:
    hamiltonian = random_hamiltonian(*space, seed=seed)
    encoding = make_encoding(hamiltonian, name, taper=taper)
    n = 2 * hamiltonian.norb
    rng = np.random.default_rng(seed)
    operators = []
    for _ in range(2):
        strings = []
        while len(strings) < 4:
            x, z = (int(mask) for mask in rng.integers(0, 1 << n, size=2))
            if encoding.allows(x):
                strings.append((letters(x, z, n), int(rng.integers(1, 9)) / 4))
        operators.append(PauliSum.from_strings(n, strings))
    first, second = operators
    mapped = encoding.map(products(first, second))
    expected = products(encoding.map(first), encoding.map(second))
    assert dict(mapped.strings()) == pytest.approx(dict(expected.strings()), abs=1e-10)


@variants
@pytest.mark.parametrize(
    ("molecule_name", "space"),
    [("h2", "full"), ("heh_plus", "full"), ("h4_chain", "full"), ("lih", "full"), ("oh", "full")],
)
def test_states_of_the_engine_have_their_energy(
    name: str, taper: bool, molecule_name: str, space: str, molecule: GetHamiltonian
) -> None:
    hamiltonian = molecule(molecule_name, space)
    ansatz = uccsd(hamiltonian, mp2_amplitudes(hamiltonian))
    estimator = ExactEstimator(hamiltonian, ansatz)
    theta = ansatz.initial + np.linspace(-0.3, 0.4, ansatz.n_parameters)
    encoding = make_encoding(hamiltonian, name, taper=taper)
    operator = encoding.operator(hamiltonian)
    state = encoding.state(estimator.sector, estimator.state(theta))
    assert state.shape == (1 << encoding.n_qubits,)
    assert np.linalg.norm(state) == pytest.approx(1.0, abs=1e-12)
    energy = estimator.estimate(theta).value
    assert operator.expectation(state) == pytest.approx(energy, abs=1e-10)
    reference = encoding.state(estimator.sector, estimator.sector.reference())
    assert np.flatnonzero(reference).tolist() == [encoding.reference]
    energy = hartree_fock_energy(hamiltonian)
    assert operator.expectation(reference) == pytest.approx(energy, abs=1e-10)


@variants
@spaces
def test_masks_describe_every_determinant(
    name: str, taper: bool, space: Any, random_hamiltonian: GetHamiltonian
) -> None:
    hamiltonian = random_hamiltonian(*space, seed=5)
    encoding = make_encoding(hamiltonian, name, taper=taper)
    norb = hamiltonian.norb
    sector = Sector.build(norb, hamiltonian.nelec, hamiltonian.orbsym)
    states = encoding.basis_states(sector)[1]
    assert len(set(states.tolist())) == sector.size
    assert all(states < 1 << encoding.n_qubits)
    place = 0
    for g in range(8):
        h = g ^ sector.irrep
        for alpha in sector.alpha.strings[sector.alpha.start[g] : sector.alpha.start[g + 1]]:
            for beta in sector.beta.strings[sector.beta.start[h] : sector.beta.start[h + 1]]:
                state = encoding.basis_state(int(alpha), int(beta))
                assert state == states[place]
                modes = int(alpha) | int(beta) << norb
                for p in range(2 * norb):
                    z, bit = encoding.parity(1 << p)
                    assert ((z & state).bit_count() + bit) % 2 == modes >> p & 1
                for symmetry in encoding.symmetries:
                    assert symmetry.mask
                    assert (symmetry.mask & state).bit_count() % 2 == symmetry.parity
                place += 1


@variants
def test_removed_and_remaining_symmetries_are_all_there_are(
    name: str, taper: bool, molecule: GetHamiltonian
) -> None:
    hamiltonian = molecule("lih")  # C2v: N_alpha, N_beta and two bits
    encoding = make_encoding(hamiltonian, name, taper=taper)
    assert len(encoding.removed) + len(encoding.symmetries) == 4
    assert encoding.n_qubits == 12 - len(encoding.removed)
    assert (encoding.symmetries == ()) == taper


def test_qubit_counts(molecule: GetHamiltonian) -> None:
    counts = {
        ("h2", "full"): (4, 2, 4, 2, 1),
        ("lih", "full"): (12, 10, 12, 10, 8),
        ("h2o", "full"): (14, 12, 14, 12, 10),
        ("n2", "6,6"): (12, 10, 12, 10, 7),
    }
    for (name, space), expected in counts.items():
        hamiltonian = molecule(name, space)
        found = [make_encoding(hamiltonian, e).n_qubits for e in ENCODINGS]
        tapered = {make_encoding(hamiltonian, e, taper=True).n_qubits for e in ENCODINGS}
        assert (*found, *tapered) == expected


@variants
def test_flips_connect_determinants(name: str, taper: bool, molecule: GetHamiltonian) -> None:
    hamiltonian = molecule("lih")
    encoding = make_encoding(hamiltonian, name, taper=taper)
    # sigma -> sigma* of both spins, from the determinant of the first two orbitals
    before, after = (0b000011, 0b000011), (0b000101, 0b000101)
    modes = before[0] ^ after[0] | (before[1] ^ after[1]) << 6
    assert encoding.allows(modes)
    assert encoding.reference ^ encoding.flip(modes) == encoding.basis_state(*after)


def test_mistakes_are_named(molecule: GetHamiltonian) -> None:
    h2, lih = molecule("h2"), molecule("lih")
    with pytest.raises(UsageError, match="no encoding 'jw'; choose one of jordan-wigner, parity"):
        make_encoding(h2, "jw")
    parity = make_encoding(h2, "parity")
    with pytest.raises(InputError, match=r"for \(1, 1\) electrons .* in 2 orbitals"):
        parity.operator(lih)
    with pytest.raises(InputError, match="4 Jordan-Wigner qubits, found 2"):
        parity.map(PauliSum.from_strings(2, [("XX", 1.0)]))
    with pytest.raises(InputError, match="changes the parity of N_alpha"):
        parity.map(PauliSum.from_strings(4, [("XIII", 1.0)]))
    with pytest.raises(InputError, match=r"N_alpha is even in the determinant 11\|0"):
        parity.basis_state(0b11, 0)
    with pytest.raises(UsageError, match="takes 2 parities of 0 or 1"):
        parity.with_sector([1])
    sector = Sector.build(2, (2, 1), h2.orbsym)
    with pytest.raises(InputError, match=r"outside the sector that the encoding fixes \(N_alpha"):
        parity.state(sector, np.ones(sector.size))


def test_more_orbitals_than_masks_hold(random_hamiltonian: GetHamiltonian) -> None:
    n = 33
    hamiltonian = MolecularHamiltonian(
        np.eye(n), np.zeros((n,) * 4), 0.0, (1, 1), np.zeros(n, dtype=int)
    )
    for call in (make_encoding, jordan_wigner):
        with pytest.raises(InputError, match="66 qubits, and at most 64 are possible"):
            call(hamiltonian)
