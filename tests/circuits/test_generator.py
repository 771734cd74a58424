from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.linalg import expm

from qchem_app.circuits.circuit import Circuit
from qchem_app.circuits.excitation import synthesise
from qchem_app.circuits.generator import Generator, encode, exchange
from qchem_app.civector import _slow
from qchem_app.civector.excitations import Excitation
from qchem_app.errors import InputError
from qchem_app.mapping.encodings import make_encoding
from qchem_app.mapping.gf2 import parity
from qchem_app.mapping.pauli import PauliSum


def matrix_of(generator: Generator | None, n: int) -> np.ndarray:
    """The matrix that the docstring of Generator defines."""
    out = np.zeros((1 << n, 1 << n))
    for b in range(1 << n):
        if generator is not None and generator.selects(b):
            mask, bit = generator.sign
            out[b ^ generator.flip, b] = (-1) ** (parity(mask & b) ^ bit)
    return out


@settings(max_examples=40)
@given(norb=st.integers(2, 3), seed=st.integers(0, 2**32 - 1))
def test_generators_are_openfermion_s_in_every_linear_encoding(
    norb, seed, draw_map, draw_excitation
) -> None:
    rng = np.random.default_rng(seed)
    excitation = draw_excitation(norb, rng)
    encoding = draw_map(norb, (1, 1), rng)
    n = 2 * norb
    tau = _slow.excitation_matrix(excitation, norb).toarray()
    # OpenFermion's first mode is the leading bit
    order = [encoding.flip(int(f"{b:0{n}b}"[::-1], 2)) for b in range(1 << n)]
    expected = np.zeros_like(tau)
    expected[np.ix_(order, order)] = tau - tau.T
    np.testing.assert_array_equal(matrix_of(encode(excitation, encoding), n), expected)


@pytest.mark.parametrize("qubits", [(2, 0), (3, 1, 0, 2)])
def test_exchanges_move_electrons_from_the_second_half_to_the_first(qubits) -> None:
    half = len(qubits) // 2
    created = sum(1 << q for q in qubits[:half])
    annihilated = sum(1 << q for q in qubits[half:])
    expected = np.zeros((16, 16))
    for b in range(16):
        if b & (created | annihilated) == annihilated:
            expected[b ^ annihilated ^ created, b] = 1.0
    np.testing.assert_array_equal(matrix_of(exchange(qubits), 4), expected - expected.T)


def test_an_excitation_that_breaks_a_removed_symmetry_is_refused(molecule) -> None:
    encoding = make_encoding(molecule("h4_chain"), taper=True)
    with pytest.raises(InputError, match="changes a symmetry that the encoding removes"):
        encode(Excitation(((1, 0),)), encoding)


def as_pauli_sum(generator: Generator, n: int) -> PauliSum:
    """i G as a Pauli sum: products of (1 + (-1)^bit Z^mask) / 2 and of X^x Z^w."""
    flip, (mask, bit) = generator.flip, generator.sign
    terms = {mask: -1.0 if bit else 1.0}
    for control, odd in generator.controls:
        new: dict[int, float] = {}
        for z, value in terms.items():
            new[z] = new.get(z, 0.0) + value / 2
            new[z ^ control] = new.get(z ^ control, 0.0) + (-value if odd else value) / 2
        terms = new
    z = np.array(list(terms), dtype=np.uint64)
    # i X^x Z^z = i i^-|x & z| P
    phase = 1j ** (1 - np.bitwise_count(z & np.uint64(flip)).astype(int))
    assert np.allclose(phase.imag, 0)
    return PauliSum(n, np.full(z.size, flip), z, np.array(list(terms.values())) * phase.real)


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), angle=st.floats(-3, 3))
def test_circuits_of_single_excitations_are_the_exponentials(
    seed, angle, draw_map, draw_excitation, unitary
) -> None:
    rng = np.random.default_rng(seed)
    encoding = draw_map(2, (1, 1), rng)
    generator = encode(draw_excitation(2, rng), encoding)
    circuit = Circuit(4, tuple(synthesise(generator, 0, 0.7)), 1).bind(np.array([angle]))
    hermitian = as_pauli_sum(generator, 4).matrix().toarray()
    np.testing.assert_allclose(unitary(circuit), expm(-0.7j * angle * hermitian), atol=1e-12)


@pytest.mark.parametrize(
    ("excitation", "cnots"),
    [
        (Excitation(((1, 0),), fermionic=False), 4),
        (Excitation(((3, 0),), fermionic=True), 8),
        (Excitation(((1, 0),), ((1, 0),), fermionic=False), 14),
        (Excitation(((3, 0),), ((3, 0),), fermionic=True), 22),
    ],
)
def test_cnots_of_an_excitation_by_itself(excitation, cnots, molecule) -> None:
    generator = encode(excitation, make_encoding(molecule("h4_chain")))
    gates = synthesise(generator, 0)
    assert sum(gate.name == "cx" for gate in gates) == cnots
