"""Reference-state mitigation subtracts the error of a state whose energy is known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from qchem_app.backends.base import CircuitEstimator
from qchem_app.backends.measured import MeasuredEstimator
from qchem_app.backends.noise_file import parse_noise
from qchem_app.backends.noisy import NoisySampler
from qchem_app.errors import InputError, UsageError
from qchem_app.measurement.grouping import make_plan
from qchem_app.mitigation.depolarized_sampler import DepolarizedSampler
from qchem_app.mitigation.ideal import ideal_energy
from qchem_app.mitigation.reference_state import ReferenceStateMitigation
from qchem_app.mitigation.symmetry import SymmetryVerification


def test_depolarizing_noise_leaves_its_part_of_the_correlation_energy(hydrogen: Any) -> None:
    problem = hydrogen()
    sampler = DepolarizedSampler(parse_noise("p1=0,p2=2e-2"))
    raw = MeasuredEstimator(problem.circuit, make_plan(problem.operator), sampler)
    mitigated = ReferenceStateMitigation(raw)
    assert isinstance(mitigated, CircuitEstimator)
    determinant = np.zeros(16)
    determinant[problem.encoding.reference] = 1.0
    reference = problem.operator.expectation(determinant)
    assert mitigated.exact == pytest.approx(reference, abs=1e-12)
    ideal = ideal_energy(problem.bound, problem.operator)
    left = sampler.fidelity(problem.bound)
    assert left < 0.8
    expected = reference + left * (ideal - reference)
    assert mitigated.estimate(problem.theta).value == pytest.approx(expected, abs=1e-10)
    at_reference = mitigated.estimate(np.zeros(1)).value
    assert at_reference == pytest.approx(reference, abs=1e-10)


def test_errors_add_and_shots_are_shared(hydrogen: Any) -> None:
    problem = hydrogen("parity")
    sampler = NoisySampler(parse_noise("p1=1e-3,p2=1e-2"))
    raw = MeasuredEstimator(problem.circuit, make_plan(problem.operator), sampler, shots=9001)
    mitigated = ReferenceStateMitigation(raw, share=0.25)
    found = mitigated.estimate(problem.theta)
    assert found.ledger.shots == 9001
    assert found.ledger.circuits == 2 * len(raw.plan.groups)
    expected = mitigated.estimate_circuits([problem.bound], 9001, None)[0].standard_error
    own, known = (
        raw.estimate_circuits([circuit], shots, None)[0].standard_error
        for circuit, shots in ((problem.bound, 6751), (mitigated.reference, 2250))
    )
    assert expected == pytest.approx(math.hypot(own, known), rel=1e-9)


def test_the_reference_is_verified_like_the_state(hydrogen: Any) -> None:
    problem = hydrogen()
    symmetries = problem.encoding.symmetries
    sampler = NoisySampler(parse_noise("p1=1e-3,p2=1e-2"))
    raw = MeasuredEstimator(problem.circuit, make_plan(problem.operator), sampler)
    verified = SymmetryVerification(raw, symmetries)
    ideal = ideal_energy(problem.bound, problem.operator)
    errors = [
        abs(e.estimate(problem.theta).value - ideal)
        for e in (raw, verified, ReferenceStateMitigation(verified, symmetries=symmetries))
    ]
    assert errors[0] > 2 * errors[1] > 3 * errors[2]


def test_what_is_wrong_is_said(hydrogen: Any) -> None:
    problem = hydrogen()
    sampler = NoisySampler(parse_noise("p1=1e-3,p2=1e-2"))
    raw = MeasuredEstimator(problem.circuit, make_plan(problem.operator), sampler, shots=8)
    with pytest.raises(UsageError, match="share of the shots lies between 0 and 1, found 0"):
        ReferenceStateMitigation(raw, share=0)
    with pytest.raises(InputError, match="at those given some rotations are no multiple of pi/2"):
        ReferenceStateMitigation(raw, parameters=np.array([0.1]))
    with pytest.raises(InputError) as error:
        ReferenceStateMitigation(raw).estimate(problem.theta)
    assert str(error.value) == (
        "8 shots cannot be shared between the circuit and its reference, which are measured in 5 "
        "settings each; give more shots"
    )
