from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.backends import channel as ch
from qchem_app.backends.noise_model import GateNoise, NoiseModel, QubitNoise, composed
from qchem_app.circuits.circuit import Gate
from qchem_app.errors import InputError

GATES = (
    Gate("x", (0,)),
    Gate("h", (1,)),
    Gate("rx", (0,), 0.7),
    Gate("ry", (1,), -1.3),
    Gate("rz", (0,), 2.2),
    Gate("cx", (0, 1)),
    Gate("cx", (1, 0)),
    Gate("cx", (1, 2)),
    Gate("delay", (0,), 250.0),
)


def test_the_particular_rule_wins() -> None:
    weak, strong, virtual, own = (GateNoise(depolarizing=p) for p in (0.01, 0.02, 0.0, 0.03))
    model = NoiseModel(
        "m",
        (
            ("one-qubit", None, weak),
            ("one-qubit", (3,), strong),
            ("rz", None, virtual),
            ("rz", (4,), own),
        ),
    )
    assert model.gate_noise("x", (0,)) == weak
    assert model.gate_noise("x", (3,)) == strong
    assert model.gate_noise("rz", (3,)) == virtual
    assert model.gate_noise("rz", (4,)) == own
    assert model.gate_noise("cx", (0, 1)) == GateNoise()


def test_a_rule_for_cx_holds_both_ways_unless_the_other_has_its_own() -> None:
    one, two, other = (GateNoise(depolarizing=p) for p in (0.01, 0.02, 0.03))
    model = NoiseModel("m", (("cx", None, other), ("cx", (0, 1), one), ("cx", (2, 1), two)))
    assert model.gate_noise("cx", (0, 1)) == model.gate_noise("cx", (1, 0)) == one
    assert model.gate_noise("cx", (1, 2)) == two
    assert model.gate_noise("cx", (0, 2)) == other
    both = NoiseModel("m", (("cx", (0, 1), one), ("cx", (1, 0), two)))
    assert both.gate_noise("cx", (0, 1)) == one
    assert both.gate_noise("cx", (1, 0)) == two


def test_errors_come_in_the_documented_order(everything: NoiseModel) -> None:
    names = [(channel.name, qubits) for channel, qubits in everything.errors(Gate("cx", (1, 2)))]
    assert names == [
        ("over-rotation", (1, 2)),
        ("Pauli noise", (1, 2)),
        ("depolarizing noise", (1, 2)),
        ("depolarizing noise", (1,)),
        ("amplitude damping", (1,)),
        ("phase damping", (1,)),
        ("depolarizing noise", (2,)),
        ("amplitude damping", (2,)),
        ("phase damping", (2,)),
        ("thermal relaxation", (1,)),
        ("thermal relaxation", (2,)),
    ]
    names = [channel.name for channel, _ in everything.errors(Gate("delay", (0,), 100.0))]
    assert names == ["over-rotation", "thermal relaxation"]  # the drift, then the decay
    assert everything.errors(Gate("rz", (0,), 0.3)) == ()


@pytest.mark.parametrize("gate", GATES, ids=lambda g: f"{g.name}{g.qubits}")
def test_transfer_matrix_is_that_of_the_channels(model: NoiseModel, gate: Gate) -> None:
    k = len(gate.qubits)
    paulis = ch.pauli_matrices(k)
    rng = np.random.default_rng(5)
    a = rng.normal(size=(2**k, 2**k)) + 1j * rng.normal(size=(2**k, 2**k))
    rho = a @ a.conj().T
    before = np.einsum("kab,ba->k", paulis, rho).real
    for channel, qubits in model.errors(gate):
        operators = list(channel.kraus)
        if len(qubits) < k:
            one = np.eye(2)
            second = gate.qubits.index(qubits[0]) == 1
            operators = [np.kron(m, one) if second else np.kron(one, m) for m in operators]
        rho = sum(m @ rho @ m.conj().T for m in operators)
    after = np.einsum("kab,ba->k", paulis, rho).real
    np.testing.assert_allclose(model.error_ptm(gate) @ before, after, atol=1e-12)


def test_channels_on_two_qubits_the_other_way_round() -> None:
    xz = ch.pauli_errors((("XZ", 0.2),), 2)
    zx = ch.pauli_errors((("ZX", 0.2),), 2)
    np.testing.assert_array_equal(composed(((xz, (4, 7)),), (7, 4)), zx.ptm)


@pytest.mark.parametrize("gate", GATES, ids=lambda g: f"{g.name}{g.qubits}")
def test_twirled_model(model: NoiseModel, gate: Gate) -> None:
    twirled = model.twirled()
    assert twirled.is_pauli
    probabilities = twirled.pauli_probabilities(gate)
    assert probabilities is not None
    assert probabilities.sum() == pytest.approx(1.0)
    # the process fidelity is the mean of the diagonal
    assert np.trace(twirled.error_ptm(gate)) == pytest.approx(np.trace(model.error_ptm(gate)))
    assert twirled.readout(0) == model.readout(0)


def test_pauli_models_say_so(model: NoiseModel) -> None:
    expected = {"none", "depolarizing", "depolarizing each", "pauli", "phase damping", "readout"}
    assert model.is_pauli == (model.name in expected)
    by_gate = all(model.pauli_probabilities(gate) is not None for gate in GATES)
    assert by_gate == model.is_pauli


def test_pauli_probabilities_are_those_given() -> None:
    model = NoiseModel("m", (("cx", None, GateNoise(pauli=(("XI", 0.03), ("ZY", 0.02)))),))
    found = model.pauli_probabilities(Gate("cx", (3, 1)))
    assert found is not None
    expected = np.zeros(16)
    expected[1], expected[3 + 4 * 2], expected[0] = 0.03, 0.02, 0.95
    np.testing.assert_allclose(found, expected, atol=1e-15)


def test_depolarizing_probability_is_spread_over_all_errors() -> None:
    model = NoiseModel("m", (("cx", None, GateNoise(depolarizing=0.15)),))
    found = model.pauli_probabilities(Gate("cx", (0, 1)))
    np.testing.assert_allclose(found, [0.85, *[0.01] * 15], atol=1e-15)


def test_idle_noise_needs_times_and_something_that_acts_in_them(model: NoiseModel) -> None:
    assert model.has_idle_noise == (model.name in ("relaxation", "detuning", "everything"))


def test_gate_times(everything: NoiseModel) -> None:
    assert everything.gate_time(Gate("cx", (2, 1))) == 300.0
    assert everything.gate_time(Gate("cx", (1, 0))) == 500.0
    assert everything.gate_time(Gate("rz", (0,), 1.0)) == 0.0
    assert everything.gate_time(Gate("delay", (0,), 77.0)) == 77.0


def test_drift_turns_by_the_detuning() -> None:
    model = NoiseModel(
        "m", (("cx", None, GateNoise(time=1.0)),), ((None, QubitNoise(detuning=250.0)),)
    )
    # 250 kHz for 1 µs is a quarter of a turn
    ptm = model.error_ptm(Gate("delay", (0,), 1000.0))
    np.testing.assert_allclose(ptm[1:3, 1], [0.0, 1.0], atol=1e-12)


def test_relative_over_rotation_scales_with_the_angle() -> None:
    model = NoiseModel("m", (("one-qubit", None, GateNoise(over_rotation=0.1)),))
    for gate, axis, angle in (
        (Gate("ry", (0,), 0.8), "Y", 0.08),
        (Gate("rz", (0,), -2.0), "Z", -0.2),
        (Gate("x", (0,)), "X", 0.1 * math.pi),
        (Gate("h", (0,)), "H", 0.1 * math.pi),
    ):
        ((channel, qubits),) = model.errors(gate)
        assert qubits == (0,)
        np.testing.assert_allclose(channel.kraus, ch.rotation(axis, angle).kraus, atol=1e-15)


def test_records_give_the_model_back(model: NoiseModel) -> None:
    data = json.loads(json.dumps(model.to_dict(), allow_nan=False))
    again = NoiseModel.from_dict(data)
    assert again.to_dict() == model.to_dict()
    for gate in GATES:
        np.testing.assert_array_equal(again.error_ptm(gate), model.error_ptm(gate))
    assert [again.readout(q) for q in range(3)] == [model.readout(q) for q in range(3)]
    twirled = NoiseModel.from_dict(model.twirled().to_dict())
    assert twirled.pauli_twirled


probability = st.floats(0.0, 0.3)
gate_noise = st.builds(
    GateNoise,
    over_rotation=st.floats(-1.0, 1.0),
    depolarizing=probability,
    depolarizing_each=probability,
    amplitude_damping=probability,
    phase_damping=probability,
    time=st.floats(0.0, 1e4),
)
qubit_noise = st.builds(
    QubitNoise,
    t1=st.floats(1.0, 1e3) | st.just(math.inf),
    t2=st.none() | st.floats(0.1, 2.0),
    detuning=st.floats(-1e3, 1e3),
    readout=st.tuples(probability, probability),
)


@given(
    rules=st.dictionaries(
        st.sampled_from(
            [
                ("one-qubit", None),
                ("one-qubit", (0,)),
                ("rz", None),
                ("rz", (0,)),
                ("x", (1,)),
                ("cx", None),
                ("cx", (0, 1)),
                ("cx", (1, 0)),
            ]
        ),
        gate_noise,
    ),
    qubits=st.dictionaries(st.none() | st.integers(0, 3), qubit_noise),
)
def test_any_record_gives_the_model_back(rules: dict, qubits: dict) -> None:
    rules["cx", (2, 3)] = GateNoise(time=1.0)  # so that t1 and t2 have a time to act in
    model = NoiseModel("m", tuple((*k, v) for k, v in rules.items()), tuple(qubits.items()))
    again = NoiseModel.from_dict(json.loads(json.dumps(model.to_dict(), allow_nan=False)))
    for gate in GATES:
        assert again.gate_noise(gate.name, gate.qubits) == model.gate_noise(gate.name, gate.qubits)
    for q in range(5):
        one, two = again.qubit_noise(q), model.qubit_noise(q)
        assert (one.t1, one.coherence, one.detuning, one.readout) == (
            two.t1,
            two.coherence,
            two.detuning,
            two.readout,
        )


def test_free_parameters_have_no_errors_yet() -> None:
    model = NoiseModel("m", (("one-qubit", None, GateNoise(over_rotation=0.1)),))
    with pytest.raises(InputError, match=r"^gate rx on \(0,\) has a free parameter: bind it$"):
        model.errors(Gate("rx", (0,), parameter=0, factor=1.0))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: GateNoise(depolarizing=1.5),
            "depolarizing must be a probability from 0 to 1, found 1.5",
        ),
        (
            lambda: GateNoise(pauli=(("X", 0.7), ("Z", 0.7))),
            "the probabilities of pauli sum to 1.4: at most 1 is possible",
        ),
        (lambda: GateNoise(over_rotation=5.0), "over-rotation must lie within ±pi, found 5"),
        (lambda: GateNoise(time=-1.0), "time must be a number of ns from 0 up, found -1"),
        (
            lambda: QubitNoise(t1=10.0, t2=21.0),
            "t2 is 21 µs and t1 is 10 µs, but coherence cannot outlive relaxation: t2 is at most "
            "2 t1",
        ),
        (lambda: QubitNoise(t1=0.0), "t1 must be a positive number of µs, found 0"),
        (lambda: QubitNoise(t2=-3.0), "t2 must be a positive number of µs, found -3"),
        (
            lambda: QubitNoise(readout=(0.1, 1.1)),
            "readout must be a probability from 0 to 1, found 1.1",
        ),
        (
            lambda: NoiseModel("m", (("cz", None, GateNoise()),)),
            "'cz' is not a gate with noise: use one-qubit, x, h, rx, ry, rz or cx",
        ),
        (
            lambda: NoiseModel("m", (("cx", (1, 1), GateNoise()),)),
            "cx acts on 2 qubits, numbered from 0, found [1, 1]",
        ),
        (
            lambda: NoiseModel("m", (("x", None, GateNoise(pauli=(("ZZ", 0.1),))),)),
            "a Pauli string on 1 qubit has as many letters of I, X, Y and Z, found 'ZZ'",
        ),
    ],
)
def test_what_is_no_noise(make: object, message: str) -> None:
    with pytest.raises(InputError) as error:
        make()  # type: ignore[operator]
    assert str(error.value) == message
