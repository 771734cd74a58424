from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.backends import channel as ch
from qchem_app.backends.channel import Channel
from qchem_app.errors import InputError

CHANNELS = (
    ch.depolarizing(0.3),
    ch.depolarizing(0.3, 2),
    ch.pauli_errors((("XI", 0.1), ("ZY", 0.2)), 2),
    ch.amplitude_damping(0.3),
    ch.phase_damping(0.3),
    ch.thermal_relaxation(2.0, 5.0, 3.0),
    ch.thermal_relaxation(2.0, math.inf, 3.0),
    ch.rotation("Y", 0.4),
    ch.rotation("H", 0.4),
    ch.rotation("ZX", 0.4),
)


def random_state(size: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))
    rho = a @ a.conj().T
    return rho / np.trace(rho)


def applied(channel: Channel, rho: np.ndarray) -> np.ndarray:
    return sum(k @ rho @ k.conj().T for k in channel.kraus)


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda c: c.name)
def test_transfer_matrix_does_what_the_kraus_operators_do(channel: Channel) -> None:
    paulis = ch.pauli_matrices(channel.n_qubits)
    rho = random_state(len(paulis[0]), 1)
    before = np.einsum("kab,ba->k", paulis, rho).real
    after = np.einsum("kab,ba->k", paulis, applied(channel, rho)).real
    np.testing.assert_allclose(channel.ptm @ before, after, atol=1e-14)


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda c: c.name)
def test_channels_are_completely_positive(channel: Channel) -> None:
    # the Choi matrix, from the transfer matrix alone
    paulis = ch.pauli_matrices(channel.n_qubits)
    choi = np.einsum("ij,iab,jcd->acbd", channel.ptm, paulis, paulis.conj())
    size = len(paulis)
    assert np.linalg.eigvalsh(choi.reshape(size, size)).min() > -1e-12


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda c: c.name)
def test_twirl_is_a_pauli_channel_with_the_same_process_fidelity(channel: Channel) -> None:
    probabilities = ch.twirled_probabilities(channel.ptm)
    assert probabilities.min() > -1e-15
    assert probabilities.sum() == pytest.approx(1.0)
    twirl = ch.pauli_channel(probabilities).ptm
    np.testing.assert_allclose(twirl, np.diag(np.diag(channel.ptm)), atol=1e-14)
    # the average over conjugations by all Pauli strings
    mean = np.zeros_like(channel.ptm)
    for pauli in ch.pauli_matrices(channel.n_qubits):
        sign = ch.pauli_transfer_matrix(pauli[None])
        mean += sign @ channel.ptm @ sign / len(channel.ptm)
    np.testing.assert_allclose(twirl, mean, atol=1e-14)
    # process fidelity from the Kraus operators
    size = channel.kraus.shape[1]
    fidelity = sum(abs(np.trace(k)) ** 2 for k in channel.kraus) / size**2
    assert probabilities[0] == pytest.approx(fidelity)


def test_pauli_probabilities_come_back() -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.ones(16))
    np.testing.assert_allclose(
        ch.pauli_channel(probabilities).pauli_probabilities, probabilities, atol=1e-14
    )
    assert ch.phase_damping(0.3).pauli_probabilities is not None
    assert ch.amplitude_damping(0.3).pauli_probabilities is None
    assert ch.rotation("X", 0.1).pauli_probabilities is None


@given(
    t1=st.floats(0.1, 1e4),
    ratio=st.floats(0.01, 2.0),
    duration=st.floats(0.0, 1e4),
)
def test_relaxation_in_two_steps_is_relaxation(t1: float, ratio: float, duration: float) -> None:
    t2 = ratio * t1
    once = ch.thermal_relaxation(duration, t1, t2).ptm
    half = ch.thermal_relaxation(duration / 2, t1, t2).ptm
    np.testing.assert_allclose(half @ half, once, atol=1e-12)
    # <Z> of state 1 decays as T1 says, <X> of |+> as T2 does
    assert once[3, 0] - once[3, 3] == pytest.approx(1.0 - 2.0 * math.exp(-duration / t1))
    assert once[1, 1] == pytest.approx(math.exp(-duration / t2), abs=1e-12)


def test_rotation_turns_by_the_angle() -> None:
    turn = ch.rotation("Z", 0.3).ptm
    np.testing.assert_allclose(turn[1:3, 1], [math.cos(0.3), math.sin(0.3)], atol=1e-15)
    zx = ch.rotation("ZX", math.pi)  # the first letter is the first qubit's
    np.testing.assert_allclose(
        zx.kraus[0], -1j * np.kron([[0, 1], [1, 0]], [[1, 0], [0, -1]]), atol=1e-15
    )
    hadamard = np.array([[1, 1], [1, -1]]) / math.sqrt(2)
    np.testing.assert_allclose(ch.rotation("H", math.pi).kraus[0], -1j * hadamard, atol=1e-15)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ch.depolarizing(1.2), "depolarizing needs a probability from 0 to 1, found 1.2"),
        (
            lambda: ch.amplitude_damping(-0.1),
            "amplitude damping needs a probability from 0 to 1, found -0.1",
        ),
        (
            lambda: ch.thermal_relaxation(1.0, 5.0, 11.0),
            "t2 is 11 and t1 is 5, but coherence cannot outlive relaxation: t2 is at most 2 t1",
        ),
        (
            lambda: ch.thermal_relaxation(-1.0, 5.0, 1.0),
            "a duration cannot be negative, found -1",
        ),
        (lambda: ch.thermal_relaxation(1.0, 0.0, 1.0), "t1 and t2 must be positive, found 0 and 1"),
        (
            lambda: Channel("mine", np.array([[[1, 0], [0, 0.5]]])),
            "the Kraus operators of mine do not preserve the trace: the sum of K^dagger K is not "
            "the identity",
        ),
        (
            lambda: Channel("mine", np.eye(3)[None]),
            "Kraus operators are (k, 2, 2) or (k, 4, 4) matrices, found (1, 3, 3)",
        ),
        (
            lambda: ch.pauli_channel(np.array([0.5, 0.6, 0.0, -0.1])),
            "Pauli noise needs probabilities that are not negative and sum to 1, found the sum 1 "
            "and the smallest -0.1",
        ),
        (
            lambda: ch.pauli_errors((("XX", 0.1),), 1),
            "a Pauli string on 1 qubit has as many letters of I, X, Y and Z, found 'XX'",
        ),
    ],
)
def test_what_is_no_channel(make: object, message: str) -> None:
    with pytest.raises(InputError) as error:
        make()  # type: ignore[operator]
    assert str(error.value) == message
