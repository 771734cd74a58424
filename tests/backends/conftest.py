"""What the tests of noise models and noisy simulators share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from qchem_app.backends.noise_model import GateNoise, NoiseModel, QubitNoise
from qchem_app.circuits.circuit import Circuit, Gate

Draw = Callable[..., Circuit]


@pytest.fixture(scope="session")
def draw_circuit() -> Draw:
    """Draw a bound circuit from every kind of gate: draw(n_qubits, n_gates, seed)."""

    def draw(n_qubits: int, n_gates: int, seed: int) -> Circuit:
        rng = np.random.default_rng(seed)
        names = ["x", "h", "rx", "ry", "rz", "cx"][: 6 if n_qubits > 1 else 5]
        gates = []
        for _ in range(n_gates):
            name = str(rng.choice(names))
            if name == "cx":
                first, second = rng.permutation(n_qubits)[:2].tolist()
                gates.append(Gate("cx", (first, second)))
            else:
                angle = float(rng.uniform(-4, 4)) if name[0] == "r" else 0.0
                gates.append(Gate(name, (int(rng.integers(n_qubits)),), angle))
        return Circuit(n_qubits, tuple(gates))

    return draw


#: Every kind of error by itself, and all of them together.
MODELS = {
    "none": NoiseModel("none"),
    "depolarizing": NoiseModel(
        "depolarizing",
        (
            ("one-qubit", None, GateNoise(depolarizing=0.02)),
            ("cx", None, GateNoise(depolarizing=0.05)),
        ),
    ),
    "depolarizing each": NoiseModel(
        "depolarizing each", (("cx", None, GateNoise(depolarizing_each=0.05)),)
    ),
    "pauli": NoiseModel(
        "pauli",
        (
            ("one-qubit", None, GateNoise(pauli=(("X", 0.02), ("Y", 0.01)))),
            ("cx", None, GateNoise(pauli=(("XI", 0.03), ("ZY", 0.02), ("IZ", 0.01)))),
        ),
    ),
    "amplitude damping": NoiseModel(
        "amplitude damping",
        (
            ("one-qubit", None, GateNoise(amplitude_damping=0.03)),
            ("cx", None, GateNoise(amplitude_damping=0.1)),
        ),
    ),
    "phase damping": NoiseModel(
        "phase damping",
        (
            ("one-qubit", None, GateNoise(phase_damping=0.03)),
            ("cx", None, GateNoise(phase_damping=0.1)),
        ),
    ),
    "over-rotation": NoiseModel(
        "over-rotation",
        (
            ("one-qubit", None, GateNoise(over_rotation=0.05)),
            ("cx", None, GateNoise(over_rotation=0.2)),
            ("cx", (1, 0), GateNoise(over_rotation=-0.3, axis="YZ")),
        ),
    ),
    "relaxation": NoiseModel(
        "relaxation",
        (("one-qubit", None, GateNoise(time=40.0)), ("cx", None, GateNoise(time=300.0))),
        ((None, QubitNoise(t1=5.0, t2=4.0)), (1, QubitNoise(t1=2.0))),
    ),
    "detuning": NoiseModel(
        "detuning",
        (("one-qubit", None, GateNoise(time=40.0)), ("cx", None, GateNoise(time=300.0))),
        ((None, QubitNoise(detuning=120.0)), (0, QubitNoise(detuning=-300.0))),
    ),
    "readout": NoiseModel(
        "readout", (), ((None, QubitNoise(readout=(0.02, 0.07))), (0, QubitNoise(readout=(0.1, 0))))
    ),
    "everything": NoiseModel(
        "everything",
        (
            ("one-qubit", None, GateNoise(depolarizing=0.01, over_rotation=0.03, time=30.0)),
            ("rz", None, GateNoise()),
            (
                "cx",
                None,
                GateNoise(0.1, "ZX", (("XI", 0.02), ("YZ", 0.01)), 0.03, 0.01, 0.05, 0.03, 300.0),
            ),
            ("cx", (0, 1), GateNoise(depolarizing=0.1, phase_damping=0.1, time=500.0)),
            ("ry", (1,), GateNoise(amplitude_damping=0.2)),
        ),
        (
            (None, QubitNoise(t1=10.0, t2=5.0, detuning=100.0, readout=(0.02, 0.05))),
            (1, QubitNoise(t1=3.0, t2=6.0)),
        ),
    ),
}


@pytest.fixture(scope="session", params=MODELS.values(), ids=MODELS)
def model(request: pytest.FixtureRequest) -> NoiseModel:
    """A noise model of each kind."""
    return request.param


@pytest.fixture(scope="session")
def models() -> dict[str, NoiseModel]:
    """All of them by name."""
    return MODELS


@pytest.fixture(scope="session")
def everything() -> NoiseModel:
    """A noise model with every kind of error."""
    return MODELS["everything"]
