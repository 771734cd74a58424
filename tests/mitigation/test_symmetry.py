"""Symmetry verification removes what changes a parity, by measurement and by projection."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from qchem_app.backends.base import MomentEstimator
from qchem_app.backends.measured import MeasuredEstimator
from qchem_app.backends.noise_model import GateNoise, NoiseModel, QubitNoise
from qchem_app.backends.noisy import NoisySampler
from qchem_app.errors import InputError, UsageError
from qchem_app.mapping.pauli import PauliSum
from qchem_app.mapping.symmetries import Symmetry
from qchem_app.measurement.grouping import make_plan
from qchem_app.mitigation.ideal import ideal_energy, kept_weight
from qchem_app.mitigation.projector import projected, projector
from qchem_app.mitigation.readout import ReadoutInversion
from qchem_app.mitigation.remembering_sampler import RememberingSampler
from qchem_app.mitigation.symmetry import SymmetryVerification

WAYS = [
    ("measured", "fully-commuting"),
    ("projection", "qubit-wise"),
    ("projection", "fully-commuting"),
]


def flips_after_x(probability: float, readout: float = 0.0) -> NoiseModel:
    """X errors where the determinant is prepared: each changes N_alpha or N_beta."""
    rule = GateNoise(pauli=(("X", probability),))
    qubits = ((None, QubitNoise(readout=(readout, readout / 2))),)
    return NoiseModel("X errors after X", (("x", None, rule),), qubits)


def estimator(problem: Any, noise: NoiseModel, **options: Any) -> MeasuredEstimator:
    sampler = RememberingSampler(NoisySampler(noise))
    return MeasuredEstimator(problem.circuit, make_plan(problem.operator), sampler, **options)


def test_the_projector_is_one_and_commutes(hydrogen: Any) -> None:
    problem = hydrogen()
    symmetries = problem.encoding.symmetries
    p = projector(4, symmetries).matrix()
    h = problem.operator.matrix()
    assert abs(p @ p - p).max() < 1e-14
    assert abs(h @ p - p @ h).max() < 1e-12
    assert abs(projected(problem.operator, symmetries).matrix() - h @ p).max() < 1e-12
    # three independent parities leave 2 of 16 states
    assert p.diagonal().real.sum() == pytest.approx(2)
    assert kept_weight(problem.bound, symmetries) == pytest.approx(1)


@pytest.mark.parametrize(("way", "grouping"), WAYS)
def test_detectable_errors_vanish(hydrogen: Any, way: Any, grouping: Any) -> None:
    problem = hydrogen()
    raw = estimator(problem, flips_after_x(0.1))
    verified = SymmetryVerification(raw, problem.encoding.symmetries, way=way, grouping=grouping)
    assert isinstance(verified, MomentEstimator)
    ideal = ideal_energy(problem.bound, problem.operator)
    assert raw.estimate(problem.theta).value - ideal > 0.05
    assert verified.estimate(problem.theta).value == pytest.approx(ideal, abs=1e-10)
    # the errors of the two X gates both show, together too
    assert verified.kept == pytest.approx(0.9**2, abs=1e-10)


@pytest.mark.parametrize(("way", "grouping"), WAYS)
def test_readout_inversion_inside(hydrogen: Any, way: Any, grouping: Any) -> None:
    problem = hydrogen()
    raw = estimator(problem, flips_after_x(0.1, readout=0.05))
    verified = SymmetryVerification(
        ReadoutInversion(raw), problem.encoding.symmetries, way=way, grouping=grouping
    )
    ideal = ideal_energy(problem.bound, problem.operator)
    assert verified.estimate(problem.theta).value == pytest.approx(ideal, abs=1e-10)
    assert verified.kept == pytest.approx(0.9**2, abs=1e-10)


@pytest.mark.parametrize(("way", "grouping"), WAYS)
def test_all_ways_give_the_projected_energy(hydrogen: Any, way: Any, grouping: Any) -> None:
    problem = hydrogen()
    symmetries = problem.encoding.symmetries
    # noise after a gate that no basis change has, so that all ways see the same state
    noise = NoiseModel("after ry", (("ry", None, GateNoise(depolarizing=0.05)),))
    simulator = NoisySampler(noise)
    above, below = (
        simulator.expectations([problem.bound], operator)[0]
        for operator in (projected(problem.operator, symmetries), projector(4, symmetries))
    )
    verified = SymmetryVerification(
        estimator(problem, noise), symmetries, way=way, grouping=grouping
    )
    assert verified.estimate(problem.theta).value == pytest.approx(above / below, abs=1e-10)
    assert verified.kept == pytest.approx(below, abs=1e-10)


@pytest.mark.parametrize(("way", "grouping"), WAYS)
def test_the_error_stated_is_the_scatter(hydrogen: Any, way: Any, grouping: Any) -> None:
    problem = hydrogen()
    raw = estimator(problem, flips_after_x(0.15))
    verified = SymmetryVerification(raw, problem.encoding.symmetries, way=way, grouping=grouping)
    rng = np.random.default_rng(11)
    values = [verified.estimate_circuits([problem.bound], 4000, rng)[0].value for _ in range(400)]
    expected = verified.estimate_circuits([problem.bound], 4000, None)[0]
    assert expected.standard_error == pytest.approx(np.std(values, ddof=1), rel=0.13)
    bound = 4.5 * expected.standard_error / np.sqrt(len(values))
    assert abs(np.mean(values) - expected.value) < bound


@pytest.mark.parametrize("way", ["measured", "projection"])
def test_plans_keep_other_coefficients(hydrogen: Any, way: Any) -> None:
    from dataclasses import replace

    problem = hydrogen()
    verified = SymmetryVerification(
        estimator(problem, flips_after_x(0.1)), problem.encoding.symmetries, way=way
    )
    groups = [
        replace(
            group,
            numerator=replace(group.numerator, coefficients=2 * group.numerator.coefficients),
        )
        for group in verified.plan.groups
    ]
    twice = verified.with_plan(replace(verified.plan, groups=tuple(groups)))
    constant = problem.operator.constant
    before = verified.estimate(problem.theta).value - constant
    assert twice.estimate(problem.theta).value - constant == pytest.approx(2 * before)
    # a plan that knows nothing of symmetries: only its observable counts
    again = verified.with_plan(make_plan(problem.operator))
    assert again.estimate(problem.theta).value - constant == pytest.approx(before)


def test_a_plan_made_with_the_symmetries_is_used_as_it_is(hydrogen: Any) -> None:
    problem = hydrogen()
    symmetries = problem.encoding.symmetries
    pairs = [(s.mask, s.parity) for s in symmetries]
    plan = make_plan(problem.operator, "fully-commuting", symmetries=pairs)
    plan = plan.with_fractions(np.arange(1.0, len(plan.groups) + 1))
    raw = estimator(problem, flips_after_x(0.1))
    verified = SymmetryVerification(raw, symmetries, plan=plan)
    np.testing.assert_array_equal(verified.plan.fractions, plan.fractions)
    ideal = ideal_energy(problem.bound, problem.operator)
    assert verified.estimate(problem.theta).value == pytest.approx(ideal, abs=1e-10)


def test_what_is_wrong_is_said(hydrogen: Any) -> None:
    problem = hydrogen()
    raw = estimator(problem, flips_after_x(1.0), shots=1000)
    with pytest.raises(InputError) as error:
        SymmetryVerification(raw, ())
    assert str(error.value) == (
        "symmetry verification has nothing to verify: the encoding has removed every symmetry; "
        "leave symmetry out, or choose an encoding that keeps some, such as jordan-wigner without "
        "tapering"
    )
    with pytest.raises(UsageError, match="goes by one of measured, projection, found 'echo'"):
        SymmetryVerification(raw, problem.encoding.symmetries, way="echo")  # type: ignore[arg-type]
    # both X gates fail for certain, so that N_alpha and N_beta are wrong
    with pytest.raises(InputError, match="none of the outcomes of a measurement circuit had the r"):
        SymmetryVerification(raw, problem.encoding.symmetries).estimate(problem.theta)
    exact = estimator(problem, flips_after_x(1.0))
    with pytest.raises(InputError, match="the noise leaves nothing of the right symmetry; leave"):
        SymmetryVerification(exact, problem.encoding.symmetries).estimate(problem.theta)
    measured = SymmetryVerification(raw, problem.encoding.symmetries)
    projection = SymmetryVerification(raw, problem.encoding.symmetries, way="projection")
    with pytest.raises(InputError, match="by way of projection has measuring circuits of its own"):
        projection.with_plan(measured.plan)
    with pytest.raises(InputError, match="by way of measured has measuring circuits of its own"):
        measured.with_plan(projection.plan)


def test_the_tapered_molecule_has_nothing_left_to_verify(hydrogen: Any) -> None:
    assert hydrogen(taper=True).encoding.symmetries == ()


def test_products_with_letters_y() -> None:
    operator = PauliSum.from_strings(3, [("YXI", 0.4), ("YYZ", -0.3), ("ZZI", 0.2), ("III", 0.7)])
    symmetries = [Symmetry("both", 0b011, 1), Symmetry("last", 0b100, 0)]
    p = projector(3, symmetries).matrix()
    expected = operator.matrix() @ p
    assert abs(projected(operator, symmetries).matrix() - expected).max() < 1e-14
