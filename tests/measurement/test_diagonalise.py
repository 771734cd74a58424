from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qchem_app.circuits.circuit import Circuit
from qchem_app.errors import InputError
from qchem_app.mapping.pauli import PauliSum
from qchem_app.measurement.clifford import conjugate
from qchem_app.measurement.diagonalise import diagonalise, independent

seeds = st.integers(0, 2**32 - 1)
RandomCircuit = Callable[..., Circuit]


def commuting(
    random_clifford: RandomCircuit, n: int, n_strings: int, seed: int, n_gates: int = 40
) -> tuple[np.ndarray, np.ndarray]:
    """Z strings seen through a Clifford circuit."""
    z = np.random.default_rng(seed).integers(0, 2**n, size=n_strings, dtype=np.uint64)
    x, z, _ = conjugate(random_clifford(n, n_gates, seed), np.zeros_like(z), z)
    return x, z


@given(n=st.integers(1, 4), n_strings=st.integers(0, 8), seed=seeds)
def test_strings_become_diagonal(
    n: int,
    n_strings: int,
    seed: int,
    random_clifford: RandomCircuit,
    unitary: Callable[[Circuit], np.ndarray],
) -> None:
    x, z = commuting(random_clifford, n, n_strings, seed)
    found = diagonalise(n, x, z)
    u = unitary(found.circuit)
    for k in range(n_strings):
        before = PauliSum(n, x[k : k + 1], z[k : k + 1], np.ones(1)).matrix().toarray()
        zero = np.zeros(1, dtype=np.uint64)
        after = PauliSum(n, zero, found.masks[k : k + 1], found.signs[k : k + 1]).matrix()
        np.testing.assert_allclose(u @ before @ u.conj().T, after.toarray(), atol=1e-12)


@settings(max_examples=15)
@given(n=st.integers(13, 20), seed=seeds)
def test_many_qubits(n: int, seed: int, random_clifford: RandomCircuit) -> None:
    x, z = commuting(random_clifford, n, n + 3, seed, n_gates=3 * n)
    found = diagonalise(n, x, z)
    new_x, new_z, signs = conjugate(found.circuit, x, z)
    assert not new_x.any()
    np.testing.assert_array_equal(new_z, found.masks)
    np.testing.assert_array_equal(signs, found.signs)


@given(n=st.integers(1, 8), seed=seeds)
def test_strings_that_agree_qubit_by_qubit_take_no_cnot(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    letters = rng.integers(1, 4, size=n)
    keep = rng.integers(0, 2, size=(6, n))
    code = keep * letters
    bits = 1 << np.arange(n)
    x, z = ((code & 1) @ bits).astype(np.uint64), ((code >> 1) @ bits).astype(np.uint64)
    circuit = diagonalise(n, x, z).circuit
    assert circuit.two_qubit_gates == 0
    assert len(circuit) <= n


def test_bell_basis_takes_one_cnot() -> None:
    x, z = np.array([3, 0], dtype=np.uint64), np.array([0, 3], dtype=np.uint64)
    assert diagonalise(2, x, z).circuit.two_qubit_gates == 1


def test_exchange_terms_of_hydrogen_take_two_cnots() -> None:
    strings = PauliSum.from_strings(4, [(s, 1.0) for s in ("XXYY", "YYXX", "XYYX", "YXXY")])
    found = diagonalise(4, strings.x, strings.z)
    assert found.circuit.two_qubit_gates == 2


@settings(max_examples=40)
@given(n=st.integers(2, 9), seed=seeds)
def test_as_few_cnots_as_gaussian_elimination(
    n: int, seed: int, random_clifford: RandomCircuit
) -> None:
    # Canonical forms of a stabiliser state by elimination take n (n - 1) / 2 CZ gates at most.
    x, z = commuting(random_clifford, n, 2 * n, seed)
    assert diagonalise(n, x, z).circuit.two_qubit_gates <= n * (n - 1) // 2


def test_strings_that_do_not_commute() -> None:
    with pytest.raises(InputError, match="commute pairwise"):
        diagonalise(1, np.array([1, 0], dtype=np.uint64), np.array([0, 1], dtype=np.uint64))


@given(n=st.integers(1, 6), n_strings=st.integers(0, 10), seed=seeds)
def test_generators(n: int, n_strings: int, seed: int) -> None:
    x, z = np.random.default_rng(seed).integers(0, 2**n, size=(2, n_strings), dtype=np.uint64)
    gx, gz = independent(x, z)
    group = {(0, 0)}
    for a, b in zip(gx.tolist(), gz.tolist(), strict=True):
        assert (a, b) not in group
        group |= {(a ^ c, b ^ d) for c, d in group}
    assert set(zip(x.tolist(), z.tolist(), strict=True)) <= group
