from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qchem_app.backends import density_matrix
from qchem_app.backends.density_matrix import DensityMatrixEngine, pauli_positions
from qchem_app.backends.noise_model import NoiseModel
from qchem_app.backends.sparse_operations import joined, passes
from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.errors import InputError
from qchem_app.mapping.pauli import PauliSum

Draw = Callable[..., Circuit]


@settings(max_examples=30)
@given(n_qubits=st.integers(1, 8), seed=st.integers(0, 10**6))
def test_without_noise_it_is_the_state_vector(n_qubits: int, seed: int, draw_circuit: Draw) -> None:
    circuit, basis = draw_circuit(n_qubits, 40, seed), draw_circuit(n_qubits, 6, seed + 1)
    found = DensityMatrixEngine(None).probabilities([circuit], [basis, Circuit(n_qubits)])
    np.testing.assert_allclose(found[0, 0], np.abs((circuit + basis).state()) ** 2, atol=1e-13)
    np.testing.assert_allclose(found[0, 1], np.abs(circuit.state()) ** 2, atol=1e-13)


@given(seed=st.integers(0, 10**6))
def test_expectations_are_read_off(seed: int, draw_circuit: Draw) -> None:
    rng = np.random.default_rng(seed)
    strings = [("".join(rng.choice(list("IXYZ"), 5)), rng.normal()) for _ in range(8)]
    terms = PauliSum.from_strings(5, strings)
    circuit = draw_circuit(5, 30, seed)
    found = DensityMatrixEngine(None).expectations([circuit], terms)
    assert found[0] == pytest.approx(terms.expectation(circuit.state()), abs=1e-12)


def test_positions_of_strings() -> None:
    terms = PauliSum.from_strings(3, [("XII", 1), ("IYI", 1), ("IIZ", 1), ("ZYX", 1)])
    found = pauli_positions(terms.x, terms.z)
    assert found.tolist() == [1, 2 * 4, 3 * 16, 3 + 2 * 4 + 1 * 16]
    last = pauli_positions(np.array([1 << 30], np.uint64), np.array([1 << 30], np.uint64))
    assert last.tolist() == [2 << 60]


def test_many_circuits_are_each_what_one_is(everything: NoiseModel, draw_circuit: Draw) -> None:
    base = draw_circuit(4, 50, 3)
    rng = np.random.default_rng(0)
    circuits = []
    for _ in range(30):
        gates = list(base.gates)
        for place in sorted(rng.integers(0, 50, 4), reverse=True):
            gates.insert(int(place), Gate("x", (int(rng.integers(4)),)))
        circuits.append(base.with_gates(gates))
    bases = [draw_circuit(4, 4, 9), Circuit(4)]
    for threads in (1, 2):
        engine = DensityMatrixEngine(everything, threads)
        together = engine.probabilities(circuits * 40, bases)
        for k in (0, 13, 29):
            alone = DensityMatrixEngine(everything).probabilities([circuits[k]], bases)[0]
            np.testing.assert_allclose(together[k], alone, atol=1e-14)
            np.testing.assert_allclose(together[-30 + k], alone, atol=1e-14)


def test_the_trace_and_positivity_are_kept(everything: NoiseModel, draw_circuit: Draw) -> None:
    circuit = draw_circuit(4, 300, 4)
    state = DensityMatrixEngine(everything).states([circuit])[0]
    assert state[0] == pytest.approx(1.0, abs=1e-12)
    p = DensityMatrixEngine(everything).probabilities([circuit], [draw_circuit(4, 9, 1)])
    assert p.min() > -1e-13
    assert p.sum() == pytest.approx(1.0, abs=1e-12)


@given(seed=st.integers(0, 10**6), n_qubits=st.integers(2, 5))
def test_joined_operations_do_the_same(
    seed: int, n_qubits: int, everything: NoiseModel, draw_circuit: Draw
) -> None:
    engine = DensityMatrixEngine(everything)
    circuit = draw_circuit(n_qubits, 40, seed)
    operations = [(gate.qubits, engine.operation(gate)) for gate in circuit.gates]
    fewer = joined(operations, n_qubits)
    assert len(fewer) <= len(operations)

    def run(steps: list[tuple[tuple[int, ...], np.ndarray]]) -> np.ndarray:
        vector = np.random.default_rng(1).normal(size=(4,) * n_qubits)
        for qubits, matrix in steps:
            k = len(qubits)
            axes = [n_qubits - 1 - q for q in reversed(qubits)]
            tensor = matrix.reshape((4,) * (2 * k))
            vector = np.moveaxis(
                np.tensordot(tensor, vector, (range(k, 2 * k), axes)), range(k), axes
            )
        return vector

    np.testing.assert_allclose(run(fewer), run(operations), atol=1e-10)


@given(
    supports=st.lists(
        st.lists(st.integers(0, 11), min_size=1, max_size=2, unique=True).map(tuple), max_size=60
    )
)
def test_passes_keep_the_order_of_what_does_not_commute(supports: list[tuple[int, ...]]) -> None:
    members, numbers = passes(supports, 12)
    order = [k for group in numbers for k in group]
    assert sorted(order) == list(range(len(supports)))
    place = {k: i for i, k in enumerate(order)}
    for later, support in enumerate(supports):
        for earlier in range(later):
            if set(support) & set(supports[earlier]):
                assert place[earlier] < place[later]
    for row, group in zip(members, numbers, strict=True):
        active = {q for k in group for q in supports[k]}
        assert active <= set(row[2:].tolist())  # nothing acts on the first two
        assert {0, 1} <= set(row.tolist())
        assert len(set(row.tolist())) == members.shape[1]


def test_an_empty_circuit_is_the_first_state() -> None:
    for n_qubits in (2, 8):
        p = DensityMatrixEngine(None).probabilities([Circuit(n_qubits)], [Circuit(n_qubits)])
        np.testing.assert_allclose(p[0, 0], np.eye(2**n_qubits)[0])


def test_circuits_of_different_widths_do_not_run_together() -> None:
    with pytest.raises(InputError) as error:
        DensityMatrixEngine(None).states([Circuit(2), Circuit(3)])
    assert str(error.value) == (
        "circuits that run together need the same number of qubits, found 2 and 3"
    )


def test_settings_that_read_too_much_are_applied_to_the_whole_state(
    models: dict[str, NoiseModel], draw_circuit: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    circuit, basis = draw_circuit(7, 40, 1), draw_circuit(7, 20, 2)
    few = DensityMatrixEngine(models["everything"])
    many = DensityMatrixEngine(models["everything"])
    monkeypatch.setattr(density_matrix, "_SPARSE_SHARE", 1)
    expected = many.probabilities([circuit], [basis])
    monkeypatch.setattr(density_matrix, "_SPARSE_SHARE", 4**7)
    found = few.probabilities([circuit], [basis, Circuit(7)])
    np.testing.assert_allclose(found[:, :1], expected, atol=1e-13)
    assert [readout is None for readout in few._readouts.values()] == [True, False]
    assert [readout is None for readout in many._readouts.values()] == [False]


def test_settings_of_earlier_calls_do_not_pile_up(
    models: dict[str, NoiseModel], draw_circuit: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(density_matrix, "_REMEMBERED_NUMBERS", 2000)
    engine = DensityMatrixEngine(models["everything"])
    for seed in range(20):
        engine.probabilities([Circuit(3)], [draw_circuit(3, 10, seed)])
    assert sum(readout.size for readout in engine._readouts.values() if readout) <= 2000


@given(
    lengths=st.lists(st.integers(0, 40), max_size=30),
    size=st.sampled_from([1, 16, 4**7]),
    most=st.sampled_from([1, 100, 10**6]),
)
def test_portions_cover_all_programs_in_order(lengths: list[int], size: int, most: int) -> None:
    bounds = np.cumsum([0, *lengths])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(density_matrix, "_UNINTERRUPTED", most)
        found = density_matrix._portions(bounds, size)
    assert [k for a, b in found for k in range(a, b)] == list(range(len(lengths)))
    for a, b in found:
        assert b == a + 1 or (bounds[b] - bounds[a]) <= max(1, most // size)


@pytest.mark.parametrize("n_qubits", [4, 8])
@pytest.mark.parametrize("threads", [1, 2])
def test_short_calls_change_nothing(
    everything: NoiseModel,
    draw_circuit: Draw,
    monkeypatch: pytest.MonkeyPatch,
    n_qubits: int,
    threads: int,
) -> None:
    circuits = [draw_circuit(n_qubits, 30, seed) for seed in range(3)]
    monkeypatch.setattr(density_matrix, "_THREADS_FROM", 0)
    whole = DensityMatrixEngine(everything, threads).states(circuits)
    calls = 0

    def counted(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        return original(*arguments)

    kernels = density_matrix.kernels
    name = ("run_large" if n_qubits == 8 else "run_many") + ("_threads" if threads > 1 else "")
    original = getattr(kernels, name)
    monkeypatch.setattr(kernels, name, counted)
    monkeypatch.setattr(density_matrix, "_UNINTERRUPTED", 1)
    np.testing.assert_array_equal(DensityMatrixEngine(everything, threads).states(circuits), whole)
    assert calls >= len(circuits)
