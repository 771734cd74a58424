from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chisquare

from qchem_app.backends import noisy
from qchem_app.backends.noise_file import parse_noise
from qchem_app.backends.noise_model import GateNoise, NoiseModel, QubitNoise
from qchem_app.backends.noisy import NoisySampler
from qchem_app.backends.outcomes import draw, misread
from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.errors import InputError, ResourceError, UsageError
from qchem_app.mapping.pauli import PauliSum
from qchem_app.measurement.counts import Counts

Draw = Callable[..., Circuit]


def frequencies(counts: Counts, n_qubits: int) -> np.ndarray:
    out = np.zeros(2**n_qubits)
    out[counts.outcomes.astype(np.int64)] = counts.weights
    return out


def fits(counts: Counts, probabilities: np.ndarray) -> bool:
    """Whether a chi-square test at 1e-4 accepts that the counts come from the probabilities."""
    n = counts.shots
    found = frequencies(counts, probabilities.size.bit_length() - 1) * n
    rare = probabilities * n < 5
    observed = np.append(found[~rare], found[rare].sum())
    expected = np.append(probabilities[~rare], probabilities[rare].sum()) * n
    if expected[-1] == 0:
        assert observed[-1] == 0
        observed, expected = observed[:-1], expected[:-1]
    return bool(chisquare(observed, expected * observed.sum() / expected.sum()).pvalue > 1e-4)


def test_sampled_counts_follow_the_probabilities(model: NoiseModel, draw_circuit: Draw) -> None:
    circuits = [draw_circuit(3, 25, seed) for seed in range(4)]
    bases = [draw_circuit(3, 4, seed) for seed in range(10, 13)]
    sampler = NoisySampler(model)
    shots = np.arange(3000, 3000 + 12).reshape(4, 3)
    rows = sampler.sample(circuits, bases, shots, np.random.default_rng(5))
    exact = sampler.probabilities(circuits, bases)
    for i, row in enumerate(rows):
        for s, counts in enumerate(row):
            assert counts.shots == shots[i, s]
            assert counts.weights.sum() == pytest.approx(1.0)
            assert fits(counts, exact[i, s])
    wrong = np.roll(exact[0, 0], 1)
    assert not fits(rows[0][0], wrong)


def test_the_same_seed_gives_the_same_counts(everything: NoiseModel, draw_circuit: Draw) -> None:
    circuits, bases = [draw_circuit(3, 25, 1)], [Circuit(3)]
    shots = np.array([[500]])
    one, two, other = (
        NoisySampler(everything).sample(circuits, bases, shots, np.random.default_rng(seed))[0][0]
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one.weights, two.weights)
    assert not np.array_equal(frequencies(one, 3), frequencies(other, 3))


@pytest.mark.parametrize("engine", ["native", "pennylane", "aer"])
def test_exact_and_expected_counts(
    engine: noisy.EngineName, everything: NoiseModel, draw_circuit: Draw
) -> None:
    circuits, bases = [draw_circuit(2, 15, 1)], [Circuit(2), draw_circuit(2, 3, 2)]
    sampler = NoisySampler(everything, engine)
    exact = sampler.probabilities(circuits, bases)
    for shots, number in ((None, math.inf), (np.array([[70, 80]]), 70)):
        rows = sampler.sample(circuits, bases, shots, None)
        assert rows[0][0].shots == number
        for s, counts in enumerate(rows[0]):
            np.testing.assert_allclose(frequencies(counts, 2), exact[0, s], atol=1e-15)


def test_many_circuits_in_several_batches(
    everything: NoiseModel, draw_circuit: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    circuits = [draw_circuit(3, 15, seed) for seed in range(7)]
    shots = np.full((7, 2), 100)
    bases = [Circuit(3), draw_circuit(3, 3, 2)]
    whole = NoisySampler(everything).sample(circuits, bases, shots, np.random.default_rng(3))
    monkeypatch.setattr(noisy, "_BATCH", 130)
    parts = NoisySampler(everything).sample(circuits, bases, shots, np.random.default_rng(3))
    for row, other in zip(whole, parts, strict=True):
        for one, two in zip(row, other, strict=True):
            np.testing.assert_array_equal(one.outcomes, two.outcomes)
            np.testing.assert_array_equal(one.weights, two.weights)


def test_drawing_is_what_counts_do_one_by_one() -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.ones(8), 5)
    probabilities[2, 3] = -1e-17
    shots = np.array([10, 20, 30, 40, 50])
    together = draw(probabilities, shots, np.random.default_rng(1))
    rng = np.random.default_rng(1)
    for counts, p, n in zip(together, probabilities, shots, strict=True):
        alone = Counts.from_probabilities(p, int(n), rng)
        np.testing.assert_array_equal(counts.outcomes, alone.outcomes)
        np.testing.assert_allclose(counts.weights, alone.weights)
        assert counts.shots == alone.shots


def test_misreading_is_a_product_of_confusion_matrices() -> None:
    noise = NoiseModel(
        "m", (), ((None, QubitNoise(readout=(0.1, 0.3))), (1, QubitNoise(readout=(0.02, 0.2))))
    )
    first, second = (
        np.array([[1 - up, down], [up, 1 - down]]) for up, down in ((0.1, 0.3), (0.02, 0.2))
    )
    p = np.random.default_rng(0).dirichlet(np.ones(8), (2, 3))
    expected = p @ np.kron(first, np.kron(second, first)).T
    np.testing.assert_allclose(misread(p, noise), expected, atol=1e-15)
    assert misread(p, None) is p
    assert misread(p, NoiseModel("none")) is p


def test_waiting_qubits_suffer() -> None:
    times = (("cx", None, GateNoise(time=400.0)),)
    noise = NoiseModel("m", times, ((None, QubitNoise(t1=5.0)),))
    # qubit 2 is excited while the others take two gates of 400 ns
    gates = (Gate("x", (2,)), Gate("cx", (2, 1)), Gate("cx", (0, 1)), Gate("cx", (0, 1)))
    p = NoisySampler(noise).probabilities([Circuit(3, gates)], [Circuit(3)])[0, 0]
    # the first gate (it is excited before and after) and then the other two
    excited = sum(p[k] for k in range(8) if k >> 2 & 1)
    assert excited == pytest.approx(math.exp(-3 * 0.4 / 5.0))


def test_drift_while_waiting_is_refocused_by_an_echo() -> None:
    times = (("cx", None, GateNoise(time=400.0)),)
    noise = NoiseModel("m", times, ((None, QubitNoise(detuning=200.0)),))
    begin, end = (Gate("h", (2,)), Gate("cx", (2, 1))), (Gate("cx", (2, 1)), Gate("h", (2,)))
    others = (Gate("cx", (0, 1)), Gate("cx", (0, 1)))  # qubit 2 waits for 800 ns
    flip, quarter = Gate("x", (2,)), Gate("delay", (2,), 200.0)
    echo = (quarter, flip, Gate("delay", (2,), 400.0), flip, quarter)
    terms = PauliSum.from_strings(3, [("IIZ", 1.0)])
    drifted, refocused = NoisySampler(noise).expectations(
        [Circuit(3, begin + others + end), Circuit(3, begin + others + echo + end)], terms
    )
    assert drifted == pytest.approx(math.cos(2 * math.pi * 0.2 * 0.8))
    assert refocused == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["everything", "amplitude damping", "detuning"])
def test_trajectories_follow_the_density_matrix(
    name: str, draw_circuit: Draw, models: dict[str, NoiseModel]
) -> None:
    noise = models[name]
    circuits = [draw_circuit(3, 20, seed) for seed in (1, 2)]
    bases = [Circuit(3), draw_circuit(3, 4, 5)]
    shots = np.array([[4000, 3000], [2000, 4000]])
    exact = NoisySampler(noise, "native").probabilities(circuits, bases)
    # room for a state vector, not for a density matrix
    small = NoisySampler(noise, "auto", max_memory_mb=3e-4)
    rows = small.sample(circuits, bases, shots, np.random.default_rng(8))
    for i, row in enumerate(rows):
        for s, counts in enumerate(row):
            assert counts.shots == shots[i, s]
            assert fits(counts, exact[i, s])
    again = small.sample(circuits, bases, shots, np.random.default_rng(8))
    np.testing.assert_array_equal(again[1][1].weights, rows[1][1].weights)


def test_thirty_qubits() -> None:
    sampler = NoisySampler(parse_noise("p1=1e-3,p2=1e-2"), max_memory_mb=20_000)
    circuit = Circuit(30, (Gate("h", (0,)),))
    with pytest.raises(ResourceError) as error:
        sampler.sample([circuit], [Circuit(30)], None, None)
    assert str(error.value) == (
        "simulating the density matrix of 30 qubits takes 18,447 PB of memory and 20 GB are "
        "available: exact probabilities are out of reach, so give a number of shots and a seed, or"
        " use fewer qubits (a smaller active space, --taper)"
    )
    with pytest.raises(ResourceError) as error:
        sampler.expectations([circuit], PauliSum.from_strings(30, [("Z" * 30, 1.0)]))
    assert str(error.value).startswith(
        "simulating the density matrix of 30 qubits takes 18,447 PB of memory"
    )
    with pytest.raises(ResourceError) as error:
        sampler.sample([circuit], [Circuit(30)], np.array([[10]]), np.random.default_rng(0))
    assert str(error.value) == (
        "simulating the density matrix of 30 qubits takes 18,447 PB of memory and 20 GB are "
        "available, and trajectories, with 34 GB each, are for at most 26 qubits that fit: use "
        "fewer qubits (a smaller active space, --taper)"
    )


def test_engines_without_trajectories(monkeypatch: pytest.MonkeyPatch) -> None:
    circuit, shots = Circuit(16, (Gate("h", (0,)),)), np.array([[10]])
    noise, rng = parse_noise("p2=1e-2"), np.random.default_rng(0)
    native = NoisySampler(noise, "native", max_memory_mb=1000)
    with pytest.raises(ResourceError) as error:
        native.sample([circuit], [Circuit(16)], shots, rng)
    assert str(error.value) == (
        "simulating the density matrix of 16 qubits takes 69 GB of memory and 1,000 MB are "
        "available: choose the engine auto or aer instead of native to simulate trajectories, or "
        "use fewer qubits (a smaller active space, --taper)"
    )
    monkeypatch.setattr(noisy, "find_spec", lambda name: None)
    with pytest.raises(ResourceError) as error:
        NoisySampler(noise, max_memory_mb=1000).sample([circuit], [Circuit(16)], shots, rng)
    assert str(error.value) == (
        "simulating the density matrix of 16 qubits takes 69 GB of memory and 1,000 MB are "
        "available: install Qiskit Aer (pip install 'qchem-app[aer]') to simulate trajectories, or"
        " use fewer qubits (a smaller active space, --taper)"
    )


def test_aer_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "qiskit_aer", None)
    monkeypatch.delitem(sys.modules, "qiskit_aer.noise", raising=False)
    with pytest.raises(InputError) as error:
        NoisySampler(parse_noise("p2=1e-2"), "aer")
    assert str(error.value) == (
        "the engine aer needs the package qiskit_aer, which is not installed: pip install "
        "'qchem-app[aer]', or choose the engine native"
    )


def test_requests_that_make_no_sense() -> None:
    noise = parse_noise("p2=1e-2")
    sampler, rng = NoisySampler(noise), np.random.default_rng(0)
    circuit = Circuit(2, (Gate("h", (0,)),))
    cases: list[tuple[list[Circuit], list[Circuit], np.ndarray | None, str]] = [
        (
            [circuit],
            [Circuit(2)],
            np.array([[0]]),
            "every measured circuit needs at least 1 shot, found 0",
        ),
        (
            [circuit],
            [Circuit(2)],
            np.array([[-5]]),
            "every measured circuit needs at least 1 shot, found -5",
        ),
        (
            [circuit],
            [Circuit(2)],
            np.array([10]),
            "1 circuits in 1 settings need (1, 1) numbers of shots, found (1,)",
        ),
        (
            [circuit],
            [Circuit(3)],
            None,
            "circuits that run together need the same number of qubits, found 2 and 3",
        ),
        (
            [Circuit(2, (Gate("rx", (0,), parameter=0, factor=1.0),), 1)],
            [Circuit(2)],
            None,
            "the circuit has 1 free parameters: bind them before it runs",
        ),
    ]
    for circuits, bases, shots, message in cases:
        with pytest.raises(InputError) as error:
            sampler.sample(circuits, bases, shots, rng)
        assert str(error.value) == message
    with pytest.raises(UsageError) as error:
        NoisySampler(noise, "qulacs")  # type: ignore[arg-type]
    assert str(error.value) == (
        "'qulacs' is not an engine: choose among auto, native, pennylane, aer"
    )
    assert sampler.sample([], [Circuit(2)], None, None) == []
    assert sampler.sample([circuit], [], None, None) == [[]]


def test_names_of_the_engines() -> None:
    noise = parse_noise("ibm-like")
    names = [NoisySampler(noise, e).name for e in ("auto", "native", "pennylane", "aer")]  # type: ignore[arg-type]
    assert names == [
        "noisy simulator (native)",
        "noisy simulator (native)",
        "noisy simulator (PennyLane default.mixed)",
        "noisy simulator (Qiskit Aer)",
    ]


def test_the_native_engine_loads_neither_pennylane_nor_qiskit(
    environment: dict[str, str], tmp_path: Path
) -> None:
    code = (
        "import sys\n"
        "from qchem_app.backends.noise_file import parse_noise\n"
        "from qchem_app.backends.noisy import NoisySampler\n"
        "from qchem_app.circuits.circuit import Circuit, Gate\n"
        "sampler = NoisySampler(parse_noise('ibm-like'))\n"
        "sampler.sample([Circuit(2, (Gate('h', (0,)),))], [Circuit(2)], None, None)\n"
        "loaded = {name.split('.')[0] for name in sys.modules}\n"
        "assert not loaded & {'pennylane', 'qiskit', 'qiskit_aer', 'openfermion'}, loaded\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
    )
    assert finished.returncode == 0, finished.stderr
