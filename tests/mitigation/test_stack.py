"""Stacks are put in order, and impossible ones are refused in one sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from qchem_app.backends.base import CircuitEstimator
from qchem_app.backends.measured import MeasuredEstimator
from qchem_app.backends.noise_file import parse_noise
from qchem_app.backends.noisy import NoisySampler
from qchem_app.backends.simulator import IdealSampler
from qchem_app.errors import InputError, UsageError
from qchem_app.measurement.grouping import make_plan
from qchem_app.mitigation.options import TECHNIQUES
from qchem_app.mitigation.stack import Stack, build_stack


def raw(problem: Any, noise: str | None = "p1=1e-3,p2=1e-2,readout=0.02") -> MeasuredEstimator:
    sampler = IdealSampler() if noise is None else NoisySampler(parse_noise(noise))
    return MeasuredEstimator(problem.circuit, make_plan(problem.operator), sampler, shots=50_000)


def layers(estimator: Any) -> list[str]:
    """Class names from the outside in."""
    out = [type(estimator).__name__]
    return out + layers(estimator.inner) if hasattr(estimator, "inner") else out


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("none", "none"),
        ("", "none"),
        ("zne,readout,symmetry", "readout,symmetry,zne"),
        ("cdr, Twirling , readout(M3)", "readout(m3),twirling,cdr"),
        ("reference,pec", "pec,reference"),
        ("zne(linear, 1, 3, 5),dd(xy4)", "dd(xy4),zne(linear 1 3 5)"),
        ("zne(linear 1 3 5),symmetry(projection qubit-wise)", None),
    ],
)
def test_names_are_put_in_order(text: str, name: str | None) -> None:
    expected = name or "symmetry(projection qubit-wise),zne(linear 1 3 5)"
    stack = Stack.parse(text)
    assert str(stack) == expected
    assert Stack.parse(str(stack)) == stack
    assert ("zne" in stack) == ("zne" in text)


def test_techniques_stand_around_each_other_in_order(hydrogen: Any) -> None:
    problem = hydrogen()
    inner = raw(problem)
    symmetries = problem.encoding.symmetries
    built = build_stack("cdr(4),pec(50),twirling(4),symmetry,readout", inner, symmetries=symmetries)
    assert layers(built) == [
        "CliffordDataRegression",
        "ProbabilisticErrorCancellation",
        "PauliTwirling",
        "SymmetryVerification",
        "ReadoutInversion",
        "MeasuredEstimator",
    ]
    assert (built.training, built.inner.samples, built.inner.inner.twirls) == (4, 50, 4)  # type: ignore[attr-defined]
    assert build_stack("none", inner) is inner
    scaled = build_stack("zne(richardson 1 2 3 local-left)", inner)
    assert (scaled.fit, scaled.scales, scaled.folding) == ("richardson", (1, 2, 3), "local-left")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text",
    [
        "readout",
        "symmetry",
        "symmetry(projection)",
        "twirling(8)",
        "pec(100)",
        "zne",
        "zne(linear)",
        "cdr",
        "reference",
        "readout,symmetry,zne",
        "readout(measured),symmetry(projection),zne(linear)",
        "readout,symmetry,pec(100)",
        "readout,symmetry(projection),pec(100)",
        "readout,symmetry,cdr",
        "readout,symmetry,reference",
        "readout,twirling(4),zne(linear)",
    ],
)
def test_every_stack_brings_the_energy_closer(hydrogen: Any, text: str) -> None:
    problem = hydrogen()
    inner = raw(problem)
    symmetries = problem.encoding.symmetries
    ideal = problem.operator.expectation(problem.bound.state())
    estimator = build_stack(text, inner, symmetries=symmetries)
    assert isinstance(estimator, CircuitEstimator)
    found = estimator.estimate(problem.theta)
    before = inner.estimate_circuits([problem.bound], None, None)[0]
    assert 0 < found.standard_error < 0.05
    assert found.ledger.shots <= 50_000
    if text == "twirling(8)":  # the noise is of Pauli type already
        assert abs(found.value - before.value) < 5 * found.standard_error
    else:
        closer = abs(before.value - ideal) - abs(found.value - ideal)
        assert closer > 3 * found.standard_error


def test_decoupling_needs_a_schedule_and_finds_one(hydrogen: Any) -> None:
    problem = hydrogen()
    built = build_stack("dd,zne(linear)", raw(problem, "ibm-like"))
    assert layers(built) == ["ZeroNoiseExtrapolation", "DynamicalDecoupling", "MeasuredEstimator"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("zen", '"zen" is not a mitigation technique: did you mean zne?'),
        (
            "surface-code",
            '"surface-code" is not a mitigation technique: use readout, symmetry, dd, twirling, '
            "pec, zne, cdr or reference",
        ),
        ("zne,readout,zne", "the mitigation names zne twice; name each technique once"),
        ("none,zne", "the mitigation cannot be both none and zne; leave one out"),
        (
            "zne,cdr",
            "zne and cdr both correct the energy that is measured, and what one corrects the other "
            "cannot; leave one out",
        ),
        (
            "reference,zne",
            "reference and zne both correct the energy that is measured, and what one corrects the "
            "other cannot; leave one out",
        ),
        (
            "zne,pec",
            "pec and zne both remove the errors of gates, and after pec there are none to "
            "extrapolate from; leave one out",
        ),
        (
            "zne(cubic)",
            'zne has no option "cubic": use linear, richardson, polynomial, exponential, '
            "exponential-free, global, local-random, local-left, cnot-pairs, layers, "
            "parameter-noise, a number",
        ),
        ("reference(2)", 'reference has no option "2": it has none'),
        ("pec(1.5)", 'pec has no option "1.5": use a number'),
        ("pec(10 20)", "pec takes one number of samples, found 10 and 20"),
        ("zne(linear exponential)", 'zne takes one fit, but found "linear" and "exponential"'),
    ],
)
def test_text_that_is_no_stack(text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as error:
        Stack.parse(text)
    assert str(error.value) == sentence


@pytest.mark.parametrize(
    ("text", "noise", "taper", "sentence"),
    [
        (
            "pec",
            None,
            False,
            "probabilistic error cancellation inverts a noise model, and none is known of state "
            "vector; give one, or choose another mitigation",
        ),
        (
            "dd",
            "p1=1e-3,p2=1e-2",
            False,
            "dynamical decoupling fills the time in which qubits wait, and the noise of noisy "
            "simulator (native) has no gate times or nothing that acts while qubits wait; give "
            "gate times with t1, t2 or detuning, or leave it out",
        ),
        (
            "symmetry",
            "p1=1e-3,p2=1e-2",
            True,
            "symmetry verification has nothing to verify: the encoding has removed every symmetry; "
            "leave symmetry out, or choose an encoding that keeps some, such as jordan-wigner "
            "without tapering",
        ),
    ],
)
def test_stacks_that_have_nothing_to_do(
    hydrogen: Any, text: str, noise: str | None, taper: bool, sentence: str
) -> None:
    problem = hydrogen(taper=taper)
    with pytest.raises(InputError) as error:
        build_stack(text, raw(problem, noise), symmetries=problem.encoding.symmetries)
    assert str(error.value) == sentence


def test_equal_seeds_give_equal_digits(hydrogen: Any) -> None:
    problem = hydrogen()
    for text in ("readout,twirling(4),zne(linear)", "readout,pec(50)", "cdr"):
        values = {
            build_stack(text, raw(problem), seed=3).estimate(problem.theta).value for _ in range(2)
        }
        assert len(values) == 1
    assert np.all([name == name.lower() for name in TECHNIQUES])
