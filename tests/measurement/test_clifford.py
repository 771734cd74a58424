from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.errors import InputError
from qchem_app.mapping.pauli import PauliSum
from qchem_app.measurement.clifford import conjugate

seeds = st.integers(0, 2**32 - 1)


@given(n=st.integers(1, 3), n_gates=st.integers(0, 25), seed=seeds)
def test_conjugation_is_that_of_matrices(
    n: int,
    n_gates: int,
    seed: int,
    random_clifford: Callable[..., Circuit],
    unitary: Callable[[Circuit], np.ndarray],
) -> None:
    circuit = random_clifford(n, n_gates, seed)
    u = unitary(circuit)
    x, z = np.random.default_rng(seed).integers(0, 2**n, size=(2, 6), dtype=np.uint64)
    new_x, new_z, signs = conjugate(circuit, x, z)
    for k in range(x.size):
        before = PauliSum(n, x[k : k + 1], z[k : k + 1], np.ones(1)).matrix().toarray()
        after = PauliSum(n, new_x[k : k + 1], new_z[k : k + 1], signs[k : k + 1]).matrix()
        np.testing.assert_allclose(u @ before @ u.conj().T, after.toarray(), atol=1e-12)


def test_arguments_are_left_alone() -> None:
    x, z = np.array([1], dtype=np.uint64), np.array([0], dtype=np.uint64)
    conjugate(Circuit(1, (Gate("h", (0,)),)), x, z)
    assert (x[0], z[0]) == (1, 0)


@pytest.mark.parametrize("name", ["rx", "ry", "rz"])
def test_other_angles_are_refused(name: str) -> None:
    one = np.ones(1, dtype=np.uint64)
    with pytest.raises(InputError, match="not a multiple of pi/2"):
        conjugate(Circuit(1, (Gate(name, (0,), 0.3),)), one, one)  # type: ignore[arg-type]


def test_waiting_changes_nothing() -> None:
    one = np.ones(1, dtype=np.uint64)
    x, z, signs = conjugate(Circuit(1, (Gate("delay", (0,), 35.0),)), one, one)
    assert (x[0], z[0], signs[0]) == (1, 1, 1.0)
