"""The signed mixture is the ideal circuit, gate by gate and as a whole."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qchem_app.backends.channel import pauli_transfer_matrix
from qchem_app.backends.density_matrix import DensityMatrixEngine
from qchem_app.backends.noise_model import GateNoise, NoiseModel, QubitNoise
from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.errors import InputError
from qchem_app.mapping.pauli import PauliSum
from qchem_app.mitigation.paulis import pauli_gates, through_cnot
from qchem_app.mitigation.paulis import product as pauli_product
from qchem_app.mitigation.pec_circuits import choose_circuits
from qchem_app.mitigation.quasi_probability import QuasiProbability, inverse

LETTERS = "IXYZ"


def noise_of(one: float, two: float, **more: object) -> NoiseModel:
    gates = (
        ("one-qubit", None, GateNoise(depolarizing=one)),
        ("cx", None, GateNoise(depolarizing=two, **more)),  # type: ignore[arg-type]
    )
    return NoiseModel("made up", gates)


probabilities = st.dictionaries(
    st.sampled_from(["".join(p) for p in product(LETTERS, repeat=2)][1:]), st.floats(0, 0.01)
)


@settings(max_examples=40)
@given(probabilities, st.floats(0, 0.01), st.floats(0, 0.01), st.booleans())
def test_the_mixture_of_one_gate_is_the_gate(
    errors: dict[str, float], one: float, rz: float, noisy: bool
) -> None:
    """Enumerated with transfer matrices, in which nothing of this module has a part."""
    noise = NoiseModel(
        "made up",
        (
            ("one-qubit", None, GateNoise(depolarizing=one)),
            ("rz", (1,), GateNoise(pauli=(("Z", rz), ("X", rz / 2)))),
            ("cx", None, GateNoise(pauli=tuple(errors.items()))),
        ),
    )
    gate = Gate("cx", (0, 1))
    found = inverse(gate, noise, noisy_insertions=noisy)
    inserting = DensityMatrixEngine(noise if noisy else None)
    device = DensityMatrixEngine(noise)
    total = np.zeros((16, 16))
    for second, first in product(range(4), repeat=2):
        branch = device.operation(gate)
        for place, pauli in ((0, first), (1, second)):
            for inserted in pauli_gates(pauli, place):
                one_qubit = inserting.operation(inserted)
                pair = (np.eye(4), one_qubit) if place == 0 else (one_qubit, np.eye(4))
                branch = np.kron(*pair) @ branch
        total += found.quasi[first + 4 * second] * branch
    np.testing.assert_allclose(total, pauli_transfer_matrix(gate.matrix()[None]), atol=1e-12)
    assert found.quasi.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("p", [0.001, 0.02, 0.1])
def test_one_norms_of_depolarizing_noise(p: float) -> None:
    """With ideal insertions; the formulas of Temme et al. in the papers' own variables."""
    two = inverse(Gate("cx", (0, 1)), noise_of(0.0, p)).one_norm
    epsilon = 16 / 15 * p
    assert two == pytest.approx((1 + 7 / 8 * epsilon) / (1 - epsilon))
    one = inverse(Gate("ry", (0,), 0.3), noise_of(p, 0), noisy_insertions=False).one_norm
    epsilon = 4 / 3 * p
    assert one == pytest.approx((1 + epsilon / 2) / (1 - epsilon))
    each = inverse(Gate("cx", (0, 1)), noise_of(0.0, 0.0, depolarizing_each=p)).one_norm
    assert each == pytest.approx(one**2)


def test_noisy_insertions_cost_more() -> None:
    gate, noise = Gate("cx", (0, 1)), noise_of(0.01, 0.02)
    assert inverse(gate, noise).one_norm > inverse(gate, noise, noisy_insertions=False).one_norm


CIRCUIT = Circuit(2, (Gate("ry", (0,), 0.6), Gate("cx", (0, 1)), Gate("rx", (1,), -0.4)))
OBSERVABLE = PauliSum.from_strings(2, [("ZI", 0.5), ("XX", 0.3), ("YX", -0.2), ("ZZ", 0.7)])


def test_numbers_of_insertions() -> None:
    mixture = QuasiProbability(CIRCUIT, noise_of(0.02, 0.1))
    chances = [inverse(gate, noise_of(0.02, 0.1)).chance for gate in CIRCUIT.gates]
    expected = np.zeros(4)
    for which in product((0, 1), repeat=3):
        expected[sum(which)] += np.prod(
            [c if w else 1 - c for c, w in zip(chances, which, strict=True)]
        )
    np.testing.assert_allclose(mixture.n_insertions, expected, atol=1e-15)


def test_all_circuits_together_have_the_ideal_energy() -> None:
    """Every circuit of the mixture is listed, with its probability from many draws' support."""
    noise = noise_of(0.01, 0.05)
    mixture = QuasiProbability(CIRCUIT, noise)
    engine = DensityMatrixEngine(noise)
    inverses = [inverse(gate, noise) for gate in CIRCUIT.gates]
    total = 0.0
    for paulis in product(range(4), range(16), range(4)):
        gates: list[Gate] = []
        weight = 1.0
        for gate, pauli, one in zip(CIRCUIT.gates, paulis, inverses, strict=True):
            gates.append(gate)
            weight *= one.quasi[pauli]
            for k, qubit in enumerate(gate.qubits):
                gates += pauli_gates(pauli >> 2 * k & 3, qubit)
        total += weight * engine.expectations([Circuit(2, tuple(gates))], OBSERVABLE)[0]
    assert total == pytest.approx(OBSERVABLE.expectation(CIRCUIT.state()), abs=1e-12)
    singles = mixture.singles()
    assert len(singles.circuits) == mixture.n_singles == 3 + 15 + 3
    assert singles.counts.sum() == pytest.approx(1.0)
    assert set(singles.signs) == {-1.0}


def test_draws_follow_the_distribution() -> None:
    noise = noise_of(0.03, 0.2)
    mixture = QuasiProbability(CIRCUIT, noise)
    rng = np.random.default_rng(3)
    n = 20_000
    singles = mixture.singles()
    expected = dict(zip((c.gates for c in singles.circuits), singles.counts, strict=True))
    drawn = mixture.draw(np.ones(n, dtype=int), rng)
    assert drawn.counts.sum() == n
    assert len(set(c.gates for c in drawn.circuits)) == len(drawn.circuits)
    for circuit, count in zip(drawn.circuits, drawn.counts, strict=True):
        p = expected[circuit.gates]
        assert abs(count - n * p) < 5 * np.sqrt(n * p)
    twice = mixture.draw(np.full(500, 2), rng)
    assert set(twice.signs) == {1.0}
    nothing = mixture.draw(np.zeros(5, dtype=int), rng)
    assert [c.gates for c in nothing.circuits] == [CIRCUIT.gates]


@settings(max_examples=30)
@given(
    st.integers(3, 400),
    st.one_of(st.none(), st.integers(3_000, 200_000)),
    st.integers(1, 6),
    st.floats(1e-4, 0.2),
)
def test_parts_cover_the_mixture_and_spend_the_shots(
    samples: int, shots: int | None, n_settings: int, p: float
) -> None:
    mixture = QuasiProbability(CIRCUIT, noise_of(p / 5, p))
    parts = choose_circuits(mixture, samples, shots, n_settings, np.random.default_rng(0))
    assert sum(part.probability for part in parts) == pytest.approx(1.0, abs=1e-12)
    for part in parts:
        assert part.complete or part.counts.sum() >= 2
        if shots is not None:
            assert part.shots is not None
            assert part.shots >= n_settings
    assert sum(len(part.circuits) for part in parts) <= max(samples, 3) + 2 * len(parts)
    if shots is not None:
        assert sum((part.shots or 0) * len(part.circuits) for part in parts) == shots


def test_gates_without_noise_are_left_alone() -> None:
    mixture = QuasiProbability(CIRCUIT, NoiseModel("none"))
    assert mixture.one_norm == 1.0
    (part,) = choose_circuits(mixture, 100, 50, 3, np.random.default_rng(0))
    assert part.circuits == [CIRCUIT]
    assert part.shots == 50


def test_too_few_shots() -> None:
    mixture = QuasiProbability(CIRCUIT, noise_of(0.01, 0.05))
    with pytest.raises(InputError, match=r"7 shots are too few .* give at least"):
        choose_circuits(mixture, 100, 7, 3, np.random.default_rng(0))


def test_noise_that_cannot_be_inverted() -> None:
    with pytest.raises(InputError, match="cannot be inverted: it leaves 0 of a Pauli string"):
        inverse(Gate("cx", (0, 1)), noise_of(0.0, 15 / 16))
    relaxing = NoiseModel("damped", (("x", None, GateNoise(amplitude_damping=0.1)),))
    with pytest.raises(InputError, match=r"after x on \(0,\) is not a Pauli channel; twirl it"):
        inverse(Gate("x", (0,)), relaxing)


def test_paulis() -> None:
    matrices = [
        np.eye(2),
        *(Gate(name, (0,), np.pi).matrix() for name in ("rx", "ry", "rz")),
    ]

    def same(a: np.ndarray, b: np.ndarray) -> bool:
        return bool(np.isclose(abs(np.trace(a.conj().T @ b)), len(a)))

    cnot = Gate("cx", (0, 1)).matrix()
    for a, b in product(range(4), repeat=2):
        assert same(matrices[a] @ matrices[b], matrices[pauli_product(a, b)])
        c, t = through_cnot(a, b)
        before = cnot @ np.kron(matrices[b], matrices[a])
        assert same(before, np.kron(matrices[t], matrices[c]) @ cnot)
        for gate in pauli_gates(a, 0):
            assert same(gate.matrix(), matrices[a])


def test_idle_noise_is_a_site_too() -> None:
    noise = NoiseModel("slow", (("cx", None, GateNoise(time=300)),), ((None, QubitNoise(t2=50.0)),))
    delay = Gate("delay", (0,), 400.0)
    assert inverse(delay, noise).one_norm == pytest.approx(np.exp(400 / 50_000), rel=1e-9)
