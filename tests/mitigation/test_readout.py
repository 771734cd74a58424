"""Readout inversion is unbiased, and its standard error is the scatter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.backends.base import MomentEstimator
from qchem_app.backends.measured import MeasuredEstimator
from qchem_app.backends.noise_model import NoiseModel, QubitNoise
from qchem_app.backends.noisy import NoisySampler
from qchem_app.backends.simulator import IdealSampler
from qchem_app.errors import InputError, UsageError
from qchem_app.measurement.counts import Counts
from qchem_app.measurement.grouping import make_plan
from qchem_app.measurement.plan import ParityPolynomial
from qchem_app.mitigation import subspace_inversion
from qchem_app.mitigation.ideal import ideal_energy
from qchem_app.mitigation.readout import LocalInversion, ReadoutInversion
from qchem_app.mitigation.remembering_sampler import RememberingSampler
from qchem_app.mitigation.subspace_inversion import SubspaceInversion

FLIPS = ((0.02, 0.07), (0.05, 0.01), (0.0, 0.04), (0.03, 0.03))


def misread(*flips: tuple[float, float]) -> NoiseModel:
    qubits = tuple((q, QubitNoise(readout=pair)) for q, pair in enumerate(flips))
    return NoiseModel("misread", qubits=qubits)


probability = st.floats(0.0, 0.3)
flips_of_three = st.lists(st.tuples(probability, probability), min_size=3, max_size=3)


@given(flips_of_three, st.integers(0, 7))
def test_factors_have_the_right_mean_for_either_state(
    flips: list[tuple[float, float]], mask: int
) -> None:
    table = np.array(flips)
    confusion = np.ones((1, 1))
    for p, r in flips:
        confusion = np.kron(np.array([[1 - p, r], [p, 1 - r]]), confusion)
    polynomial = ParityPolynomial(np.array([mask], dtype=np.uint64), np.ones(1))
    outcomes = np.arange(8, dtype=np.uint64)
    counts = Counts(outcomes, np.full(8, 1 / 8))
    inversion = LocalInversion(table)
    read = inversion(polynomial, counts)
    np.testing.assert_allclose(confusion.T @ read, polynomial.values(outcomes), atol=1e-12)
    np.testing.assert_allclose(
        read, polynomial.values(outcomes, inversion.factors), rtol=1e-12, atol=1e-12
    )
    np.testing.assert_allclose(SubspaceInversion(table)(polynomial, counts), read, atol=1e-9)


@pytest.mark.parametrize("calibration", ["known", "measured"])
@pytest.mark.parametrize("method", ["local", "m3"])
@pytest.mark.parametrize("grouping", ["qubit-wise", "fully-commuting"])
def test_exact_probabilities_give_the_energy_without_readout_errors(
    hydrogen: Any, grouping: Any, method: Any, calibration: Any
) -> None:
    problem = hydrogen()
    plan = make_plan(problem.operator, grouping)
    raw = MeasuredEstimator(problem.circuit, plan, NoisySampler(misread(*FLIPS)))
    ideal = ideal_energy(problem.bound, problem.operator)
    estimator = ReadoutInversion(raw, method, calibration=calibration)
    assert isinstance(estimator, MomentEstimator)
    assert abs(raw.estimate(problem.theta).value - ideal) > 1e-2
    assert estimator.estimate(problem.theta).value == pytest.approx(ideal, abs=1e-10)


def test_the_error_stated_is_the_scatter(hydrogen: Any) -> None:
    problem = hydrogen("parity")
    sampler = RememberingSampler(NoisySampler(misread((0.03, 0.1), (0.08, 0.02))))
    raw = MeasuredEstimator(problem.circuit, make_plan(problem.operator), sampler, shots=3000)
    rng = np.random.default_rng(5)
    for method, calibration in (("local", "known"), ("m3", "known"), ("local", "measured")):
        estimator = ReadoutInversion(raw, method, calibration=calibration)  # type: ignore[arg-type]
        estimates = [estimator.estimate_circuits([problem.bound], 3000, rng)[0] for _ in range(400)]
        scatter = np.std([e.value for e in estimates], ddof=1)
        expected = estimator.estimate_circuits([problem.bound], 3000, None)[0]
        # a standard deviation from 400 numbers is uncertain by 4 %
        assert expected.standard_error == pytest.approx(scatter, rel=0.13)
        stated = np.mean([e.standard_error for e in estimates])
        assert stated == pytest.approx(expected.standard_error, rel=0.05)
        assert all(e.ledger.shots == 3000 for e in estimates)
        mean_error = np.mean([e.value for e in estimates]) - expected.value
        assert abs(mean_error) < 4 * scatter / np.sqrt(400)


def test_a_calibration_makes_the_error_larger_and_takes_part_of_the_shots(hydrogen: Any) -> None:
    problem = hydrogen("parity")
    sampler = NoisySampler(misread((0.03, 0.1), (0.08, 0.02)))
    raw = MeasuredEstimator(problem.circuit, make_plan(problem.operator), sampler, shots=10_000)
    known, measured = (
        ReadoutInversion(raw, calibration=source).estimate_circuits([problem.bound], 10_000, None)[
            0
        ]
        for source in ("known", "measured")
    )
    assert measured.value == pytest.approx(known.value, abs=1e-12)
    assert measured.standard_error > 1.05 * known.standard_error
    assert measured.ledger.shots == known.ledger.shots == 10_000
    assert measured.ledger.circuits == known.ledger.circuits + 2


def test_circuits_together_share_one_calibration(hydrogen: Any) -> None:
    problem = hydrogen("parity")
    sampler = NoisySampler(misread((0.03, 0.1), (0.08, 0.02)))
    raw = MeasuredEstimator(problem.circuit, make_plan(problem.operator), sampler, shots=1000)
    estimator = ReadoutInversion(raw, calibration="measured", share=0.2)
    moments, ledger = estimator.moments([problem.bound] * 3, 1000, np.random.default_rng(0))
    assert ledger.shots == 3000
    assert ledger.circuits == 2 + 3 * len(raw.plan.groups)
    together = type(moments[0]).combined(moments, np.full(3, 1 / 3))
    # what the calibration adds does not average out
    assert together.shared_variance == pytest.approx(moments[0].shared_variance, rel=0.2)
    assert together.variance - together.shared_variance < 0.4 * moments[0].variance


def test_m3_scales_the_columns_and_cuts_at_a_distance() -> None:
    outcomes = np.array([0b000, 0b001, 0b110, 0b111], dtype=np.uint64)
    inversion = SubspaceInversion(np.array([[0.1, 0.2]] * 3), distance=1)
    matrix = inversion.matrix(outcomes).toarray()
    np.testing.assert_allclose(matrix.sum(axis=0), 1.0)
    assert matrix[1, 0] == pytest.approx(0.1 / (0.1 + 0.9))
    assert matrix[0, 1] == pytest.approx(0.2 / (0.2 + 0.8))
    assert not matrix[:2, 2:].any()
    assert not matrix[2:, :2].any()


def test_m3_solves_many_outcomes_iteratively(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    outcomes = np.sort(rng.choice(1 << 9, size=300, replace=False)).astype(np.uint64)
    counts = Counts(outcomes, rng.dirichlet(np.ones(300)), 10_000)
    polynomial = ParityPolynomial(np.array([3, 64, 0], dtype=np.uint64), np.array([0.4, -0.2, 1.0]))
    flips = rng.uniform(0.0, 0.05, (9, 2))
    direct = SubspaceInversion(flips)(polynomial, counts)
    monkeypatch.setattr(subspace_inversion, "_DENSE", 10)
    np.testing.assert_allclose(SubspaceInversion(flips)(polynomial, counts), direct, atol=1e-9)


def test_registers_too_large_for_a_table() -> None:
    flips = np.full((16, 2), 0.02)
    outcomes = np.array([5, 1 << 15, 77], dtype=np.uint64)
    polynomial = ParityPolynomial(np.array([1 << 15 | 4], dtype=np.uint64), np.array([2.0]))
    read = LocalInversion(flips)(polynomial, Counts(outcomes, np.full(3, 1 / 3)))
    np.testing.assert_allclose(read, 2 * np.array([-1, -1, -1]) / 0.96**2)


def test_what_is_wrong_is_said(hydrogen: Any) -> None:
    problem = hydrogen("parity")
    plan = make_plan(problem.operator)
    raw = MeasuredEstimator(problem.circuit, plan, NoisySampler(misread((0.01, 0.02), (0.6, 0.4))))
    with pytest.raises(InputError) as error:
        ReadoutInversion(raw)
    assert str(error.value) == (
        "readout inversion is impossible: qubit 1 is misread with probabilities 0.6 in 0 and 0.4 "
        "in 1, so its outcome says nothing; leave the qubit or readout out"
    )
    with pytest.raises(UsageError, match="the method of readout inversion is one of local, m3, f"):
        ReadoutInversion(raw, "global")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="share of the shots lies in 0 to 1, found 1"):
        ReadoutInversion(raw, share=1.0)
    unknown = MeasuredEstimator(problem.circuit, plan, IdealSampler())
    with pytest.raises(UsageError, match="nothing is known of the readout errors of state vector"):
        ReadoutInversion(unknown, calibration="known")
    assert ReadoutInversion(unknown).calibration == "measured"
