"""Clifford data regression: exact for global depolarizing noise, honest when it learns nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from qchem_app.backends.base import CircuitEstimator
from qchem_app.backends.measured import MeasuredEstimator
from qchem_app.backends.noise_file import parse_noise
from qchem_app.backends.noisy import NoisySampler
from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.errors import InputError, UsageError
from qchem_app.mapping.pauli import PauliSum
from qchem_app.measurement.grouping import make_plan
from qchem_app.mitigation.clifford_regression import CliffordDataRegression
from qchem_app.mitigation.depolarized_sampler import DepolarizedSampler
from qchem_app.mitigation.ideal import ideal_energy, is_clifford
from qchem_app.mitigation.near_clifford import near_clifford
from qchem_app.mitigation.remembering_sampler import RememberingSampler
from qchem_app.mitigation.symmetry import SymmetryVerification


def estimator(problem: Any, noise: str, shots: int | None = None, **options: Any) -> Any:
    sampler = RememberingSampler(NoisySampler(parse_noise(noise)))
    plan = make_plan(problem.operator)
    return MeasuredEstimator(problem.circuit, plan, sampler, shots=shots, **options)


@pytest.mark.parametrize("kept", [0, 2])
def test_training_circuits_are_the_circuit_but_for_angles(kept: int) -> None:
    rng = np.random.default_rng(0)
    turns = [Gate("ry", (k % 3,), float(angle)) for k, angle in enumerate(rng.normal(size=8))]
    between = [Gate("cx", (0, 1)), Gate("h", (2,)), Gate("cx", (2, 0))]
    circuit = Circuit(3, (*turns[:4], *between, *turns[4:]))
    found = near_clifford(circuit, 30, kept, seed=4)
    assert len({c.gates for c in found}) == len(found) == 30
    assert circuit.gates not in {c.gates for c in found}
    nearest = 0
    for other in found:
        assert [(g.name, g.qubits) for g in other.gates] == [
            (g.name, g.qubits) for g in circuit.gates
        ]
        assert sum(not gate.is_clifford for gate in other.gates) == kept
        moves = [
            abs(a.angle - b.angle)
            for a, b in zip(other.gates, circuit.gates, strict=True)
            if a != b
        ]
        nearest += sum(move < np.pi / 4 for move in moves)
    assert nearest > 0.5 * 30 * (8 - kept)
    assert [c.gates for c in near_clifford(circuit, 30, kept, seed=4)] == [c.gates for c in found]


def test_circuits_with_few_rotations_have_few_neighbours(hydrogen: Any) -> None:
    problem = hydrogen(taper=True)
    assert problem.encoding.n_qubits == 1
    found = near_clifford(problem.bound, 30, 5, seed=0)
    assert len(found) == 3  # the nearest quarter turn and those beside it
    assert all(is_clifford(c) for c in found)
    clifford = Circuit(1, (Gate("h", (0,)),))
    assert [c.gates for c in near_clifford(clifford, 5, 2, 0)] == [clifford.gates]


@pytest.mark.parametrize("mapping", ["jordan-wigner", "parity"])
def test_exact_for_global_depolarizing_noise(hydrogen: Any, mapping: str) -> None:
    problem = hydrogen(mapping)
    # CNOTs alone are noisy, so that qubit-wise basis changes are not
    sampler = DepolarizedSampler(parse_noise("p1=0,p2=2e-2"))
    raw = MeasuredEstimator(problem.circuit, make_plan(problem.operator), sampler)
    ideal = ideal_energy(problem.bound, problem.operator)
    regression = CliffordDataRegression(raw)
    assert isinstance(regression, CircuitEstimator)
    assert abs(raw.estimate(problem.theta).value - ideal) > 0.05
    assert regression.estimate(problem.theta).value == pytest.approx(ideal, abs=1e-9)
    assert regression.note == ""


def test_it_helps_with_local_noise(hydrogen: Any) -> None:
    problem = hydrogen()
    raw = estimator(problem, "p1=1e-3,p2=1e-2")
    ideal = ideal_energy(problem.bound, problem.operator)
    before = abs(raw.estimate(problem.theta).value - ideal)
    after = abs(CliffordDataRegression(raw).estimate(problem.theta).value - ideal)
    assert after < 0.2 * before


def test_training_energies_are_those_of_the_verified_state(hydrogen: Any) -> None:
    problem = hydrogen()
    symmetries = problem.encoding.symmetries
    verified = SymmetryVerification(estimator(problem, "p1=1e-3,p2=1e-2"), symmetries)
    regression = CliffordDataRegression(verified, symmetries=symmetries)
    data = regression.training_set(problem.bound)
    assert len(data.circuits) == 10
    np.testing.assert_allclose(
        data.ideal, [ideal_energy(c, problem.operator, symmetries) for c in data.circuits]
    )
    noiseless = SymmetryVerification(estimator(problem, "p1=0,p2=0"), symmetries)
    again = CliffordDataRegression(noiseless, symmetries=symmetries)
    ideal = ideal_energy(problem.bound, problem.operator)
    assert again.estimate(problem.theta).value == pytest.approx(ideal, abs=1e-9)
    before = abs(verified.estimate(problem.theta).value - ideal)
    assert abs(regression.estimate(problem.theta).value - ideal) < 0.6 * before


@pytest.mark.parametrize("share", [0.3, 0.7])
def test_the_error_stated_is_the_scatter(hydrogen: Any, share: float) -> None:
    problem = hydrogen("parity")
    raw = estimator(problem, "p1=1e-3,p2=1e-2", shots=40_000)
    regression = CliffordDataRegression(raw, target_share=share)
    rng = np.random.default_rng(2)
    estimates = [regression.estimate_circuits([problem.bound], 40_000, rng)[0] for _ in range(250)]
    assert all(e.ledger.shots == 40_000 for e in estimates)
    scatter = np.std([e.value for e in estimates], ddof=1)
    stated = np.mean([e.standard_error for e in estimates])
    assert stated == pytest.approx(scatter, rel=0.16)
    expected = regression.estimate_circuits([problem.bound], 40_000, None)[0]
    assert expected.standard_error == pytest.approx(stated, rel=0.05)
    mean_error = np.mean([e.value for e in estimates]) - expected.value
    assert abs(mean_error) < 4.5 * scatter / np.sqrt(250)


def test_training_states_that_are_all_alike() -> None:
    # what is turned is not what is measured
    circuit = Circuit(2, (Gate("ry", (1,), factor=1.0, parameter=0), Gate("cx", (1, 0))), 1)
    operator = PauliSum.from_strings(2, [("XI", 0.7), ("II", 0.2)])
    raw = MeasuredEstimator(
        Circuit(2, (Gate("h", (0,)), *circuit.gates), 1),
        make_plan(operator),
        DepolarizedSampler(parse_noise("p1=0,p2=0.1")),
        shots=10_000,
    )
    regression = CliffordDataRegression(raw)
    bound = raw.circuit.bind(np.array([0.4]))
    expected = regression.estimate_circuits([bound], 10_000, None)[0]
    assert expected.value == pytest.approx(ideal_energy(bound, operator), abs=1e-9)
    assert regression.note == (
        "all 3 training circuits have nearly the same energy, so that the regression corrects by "
        "a shift only, with the slope of depolarizing noise"
    )
    assert 0 < expected.standard_error < 0.1


def test_what_is_wrong_is_said(hydrogen: Any) -> None:
    problem = hydrogen()
    raw = estimator(problem, "p1=1e-3,p2=1e-2", shots=90)
    with pytest.raises(UsageError, match="give at least 2 training circuits, found 1"):
        CliffordDataRegression(raw, training=1)
    with pytest.raises(UsageError, match="share of the shots lies between 0 and 1, found 1"):
        CliffordDataRegression(raw, target_share=1)
    with pytest.raises(InputError) as error:
        CliffordDataRegression(raw).estimate(problem.theta)
    assert str(error.value) == (
        "90 shots leave 4 for each of 10 training circuits, which are measured in 5 settings; give "
        "more shots"
    )
    drowned = estimator(problem, "p1=0.3,p2=0.6")
    with pytest.raises(InputError, match="Clifford data regression finds no signal: energies of"):
        CliffordDataRegression(drowned).estimate(problem.theta)
