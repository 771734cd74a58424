"""The native engine, PennyLane's default.mixed and Qiskit Aer on every kind of noise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qchem_app.backends.density_matrix import DensityMatrixEngine
from qchem_app.backends.noise_model import GateNoise, NoiseModel, QubitNoise
from qchem_app.backends.noisy import NoisySampler
from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.mapping.pauli import PauliSum

Draw = Callable[..., Circuit]
ENGINES = ("native", "pennylane", "aer")


def observable(n_qubits: int, seed: int) -> PauliSum:
    rng = np.random.default_rng(seed)
    strings = [("".join(rng.choice(list("IXYZ"), n_qubits)), rng.normal()) for _ in range(6)]
    return PauliSum.from_strings(n_qubits, strings).simplified()


def check_agreement(noise: NoiseModel, circuits: list[Circuit], bases: list[Circuit]) -> None:
    samplers = {name: NoisySampler(noise, name) for name in ENGINES}  # type: ignore[arg-type]
    p = {name: sampler.probabilities(circuits, bases) for name, sampler in samplers.items()}
    np.testing.assert_allclose(p["native"], p["pennylane"], atol=1e-10, rtol=0)
    np.testing.assert_allclose(p["native"], p["aer"], atol=1e-6, rtol=0)
    terms = observable(circuits[0].n_qubits, 3)
    e = {name: sampler.expectations(circuits, terms) for name, sampler in samplers.items()}
    np.testing.assert_allclose(e["native"], e["pennylane"], atol=1e-10, rtol=0)
    np.testing.assert_allclose(e["native"], e["aer"], atol=1e-6, rtol=0)


@pytest.mark.parametrize("twirled", [False, True], ids=["plain", "twirled"])
def test_on_every_channel(model: NoiseModel, twirled: bool, draw_circuit: Draw) -> None:
    first = draw_circuit(3, 40, 1)
    # the same gates with other angles, which share Aer's template
    second = first.with_gates(Gate(g.name, g.qubits, 0.9 * g.angle) for g in first.gates)
    bases = [draw_circuit(3, 5, 2), Circuit(3)]
    check_agreement(model.twirled() if twirled else model, [first, second], bases)


def test_each_channel_changes_the_outcome(model: NoiseModel, draw_circuit: Draw) -> None:
    circuit = draw_circuit(3, 40, 1)
    noisy = NoisySampler(model).probabilities([circuit], [Circuit(3)])[0, 0]
    ideal = np.abs(circuit.state()) ** 2
    assert (np.abs(noisy - ideal).max() > 1e-3) == (model.name != "none")


@settings(max_examples=15)
@given(
    seed=st.integers(0, 2**20),
    n_qubits=st.integers(1, 4),
    depolarizing=st.floats(0, 0.2),
    damping=st.floats(0, 0.2),
    over_rotation=st.floats(-0.3, 0.3),
    t1=st.floats(1.0, 50.0),
    share=st.floats(0.1, 2.0),
    readout=st.floats(0.0, 0.2),
)
def test_on_random_circuits_and_models(
    seed: int,
    n_qubits: int,
    depolarizing: float,
    damping: float,
    over_rotation: float,
    t1: float,
    share: float,
    readout: float,
    draw_circuit: Draw,
) -> None:
    noise = NoiseModel(
        "random",
        (
            ("one-qubit", None, GateNoise(over_rotation, depolarizing=depolarizing, time=50.0)),
            ("cx", None, GateNoise(over_rotation, amplitude_damping=damping, time=400.0)),
            ("h", (0,), GateNoise(phase_damping=damping)),
        ),
        ((None, QubitNoise(t1, share * t1, 80.0, (readout, readout / 2))),),
    )
    circuit = draw_circuit(n_qubits, 25, seed)
    check_agreement(noise, [circuit], [draw_circuit(n_qubits, 4, seed + 1)])


def slow_probabilities(circuit: Circuit, noise: NoiseModel) -> np.ndarray:
    """One density matrix, one Kraus operator after the other."""
    size = 2**circuit.n_qubits
    rho = np.zeros((size, size), dtype=complex)
    rho[0, 0] = 1.0

    def spread(matrix: np.ndarray, qubits: tuple[int, ...]) -> np.ndarray:
        out = np.zeros((size, size), dtype=complex)
        for column in range(size):
            local = sum((column >> q & 1) << j for j, q in enumerate(qubits))
            rest = column
            for q in qubits:
                rest &= ~(1 << q)
            for row in range(len(matrix)):
                target = rest | sum((row >> j & 1) << q for j, q in enumerate(qubits))
                out[target, column] = matrix[row, local]
        return out

    for gate in circuit.gates:
        channels = [([gate.matrix()], gate.qubits)]
        channels += [(list(channel.kraus), qubits) for channel, qubits in noise.errors(gate)]
        for kraus, qubits in channels:
            full = [spread(k, qubits) for k in kraus]
            rho = sum((k @ rho @ k.conj().T for k in full), np.zeros_like(rho))
    return np.diag(rho).real


def test_native_engine_against_kraus_sums(everything: NoiseModel, draw_circuit: Draw) -> None:
    circuit, basis = draw_circuit(4, 40, 7), draw_circuit(4, 6, 8)
    found = DensityMatrixEngine(everything).probabilities([circuit], [basis])[0, 0]
    expected = slow_probabilities(circuit + basis, everything)
    np.testing.assert_allclose(found, expected, atol=1e-13)


@pytest.mark.parametrize(("n_qubits", "threads"), [(7, 1), (8, 2), (9, 1)])
def test_large_circuits(
    n_qubits: int, threads: int, everything: NoiseModel, draw_circuit: Draw
) -> None:
    circuit, basis = draw_circuit(n_qubits, 70, n_qubits), draw_circuit(n_qubits, 12, 1)
    p = NoisySampler(everything, "native", threads=threads).probabilities([circuit], [basis])
    q = NoisySampler(everything, "aer").probabilities([circuit], [basis])
    np.testing.assert_allclose(p, q, atol=1e-10, rtol=0)
    terms = observable(n_qubits, 3)
    e = NoisySampler(everything, "native", threads=threads).expectations([circuit], terms)
    f = NoisySampler(everything, "aer").expectations([circuit], terms)
    np.testing.assert_allclose(e, f, atol=1e-10, rtol=0)


@pytest.mark.slow
def test_eleven_qubits(everything: NoiseModel, draw_circuit: Draw) -> None:
    circuit, basis = draw_circuit(11, 120, 2), draw_circuit(11, 12, 3)
    p = NoisySampler(everything, "native").probabilities([circuit], [basis])
    q = NoisySampler(everything, "aer").probabilities([circuit], [basis])
    np.testing.assert_allclose(p, q, atol=1e-10, rtol=0)
