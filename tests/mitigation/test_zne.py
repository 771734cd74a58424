"""Extrapolated energies, what they cost and how they scatter."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qchem_app.backends.base import CircuitEstimator
from qchem_app.backends.measured import MeasuredEstimator
from qchem_app.backends.noise_model import GateNoise, NoiseModel
from qchem_app.backends.noisy import NoisySampler
from qchem_app.backends.simulator import IdealSampler
from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.errors import InputError, UsageError
from qchem_app.mapping.pauli import PauliSum
from qchem_app.mapping.symmetries import Symmetry
from qchem_app.measurement.grouping import Method, make_plan
from qchem_app.mitigation.extrapolation import FITS, Fit
from qchem_app.mitigation.folding import Folding
from qchem_app.mitigation.remembering_sampler import RememberingSampler
from qchem_app.mitigation.symmetry import SymmetryVerification
from qchem_app.mitigation.zne import ZeroNoiseExtrapolation, mixed_energy

OBSERVABLE = PauliSum.from_strings(
    2, [("II", -0.5), ("ZI", 0.4), ("IZ", -0.3), ("ZZ", 0.2), ("XX", 0.18), ("YY", 0.15)]
)
PARITY = Symmetry("Z Z", 0b11, 1)
CIRCUIT = Circuit(
    2,
    (
        Gate("x", (1,)),
        Gate("ry", (0,), 0.2, 0, 1.0),
        Gate("cx", (0, 1)),
        Gate("rz", (1,), 0.4),
        Gate("cx", (0, 1)),
        Gate("rz", (0,), -0.3),
        Gate("cx", (0, 1)),
    ),
    1,
)
THETA = np.array([0.7])
IDEAL = OBSERVABLE.expectation(CIRCUIT.bind(THETA).state())


def depolarizing(one: float, two: float) -> NoiseModel:
    rules = {"one-qubit": one, "cx": two}
    return NoiseModel(
        "depolarizing",
        tuple((gate, None, GateNoise(depolarizing=p)) for gate, p in rules.items()),
    )


TWO_QUBIT = depolarizing(0.0, 0.02)


def measured(
    noise: NoiseModel = TWO_QUBIT, shots: int | None = None, method: Method = "qubit-wise"
) -> MeasuredEstimator:
    sampler = RememberingSampler(NoisySampler(noise))
    return MeasuredEstimator(CIRCUIT, make_plan(OBSERVABLE, method), sampler, shots=shots)


@pytest.mark.parametrize("folding", ["global", "local-left", "cnot-pairs", "layers"])
def test_depolarized_pairs_decay_exponentially(folding: Folding) -> None:
    """Two-qubit noise acts on all qubits: exact."""
    inner = measured()
    assert abs(inner.estimate(THETA).value - IDEAL) > 0.02
    for fit in ("exponential", "exponential-free"):
        found = ZeroNoiseExtrapolation(inner, fit=fit, folding=folding).estimate(THETA)
        assert found.value == pytest.approx(IDEAL, abs=1e-9)
        assert found.standard_error == 0.0
        assert [scale for scale, _, _ in found.points] == [1.0, 3.0, 5.0]


def test_noise_of_the_basis_change_is_extrapolated_too() -> None:
    inner = measured(method="fully-commuting")
    assert any(group.setting.two_qubit_gates for group in inner.plan.groups)
    errors = [
        abs(ZeroNoiseExtrapolation(inner, fold_settings=f).estimate(THETA).value - IDEAL)
        for f in (True, False)
    ]
    assert errors[0] < 3e-4 < 2e-3 < errors[1]


@pytest.mark.parametrize("fit", FITS)
def test_every_fit_helps(fit: Fit) -> None:
    inner = measured(depolarizing(0.002, 0.02))
    raw = abs(inner.estimate(THETA).value - IDEAL)
    assert abs(ZeroNoiseExtrapolation(inner, fit=fit).estimate(THETA).value - IDEAL) < raw / 3


def test_fractional_scales_are_fitted_where_they_are() -> None:
    zne = ZeroNoiseExtrapolation(measured(), scales=(1.0, 1.6, 2.2), folding="local-random")
    found = zne.estimate(THETA)
    # three CNOTs: one more fold is 2/3
    assert [scale for scale, _, _ in found.points] == pytest.approx([1, 5 / 3, 7 / 3])
    assert found.value == pytest.approx(IDEAL, abs=1e-9)


@pytest.mark.parametrize("fit", FITS)
def test_expected_errors_are_the_scatter(fit: Fit) -> None:
    # a free asymptote is determined by the curvature, which must stand out
    shots = 3_000_000 if fit == "exponential-free" else 60_000
    zne = ZeroNoiseExtrapolation(measured(depolarizing(0.001, 0.05), shots), fit=fit)
    found = [zne.estimate(THETA) for _ in range(150)]
    assert all(e.ledger.shots == shots for e in found)
    values = np.array([e.value for e in found])
    bound = CIRCUIT.bind(THETA)
    expected = zne.estimate_circuits([bound], shots, None)[0]
    low, high = np.quantile(values, [0.158655, 0.841345])
    assert expected.standard_error == pytest.approx((high - low) / 2, rel=0.2)
    assert abs(np.median(values) - expected.value) < 5 * expected.standard_error / math.sqrt(150)
    again = zne.estimate_circuits([bound], shots, None)[0]
    assert (again.value, again.standard_error) == (expected.value, expected.standard_error)


@pytest.mark.parametrize("fit", ["linear", "richardson", "exponential"])
def test_shots_are_shared_well(fit: Fit) -> None:
    """No other split among three scales in steps of a tenth does much better."""
    shots = 100_000
    inner = measured(depolarizing(0.001, 0.05))
    zne = ZeroNoiseExtrapolation(inner, fit=fit)
    bound = CIRCUIT.bind(THETA)
    own = zne.estimate_circuits([bound], shots, None)[0].standard_error
    best = math.inf
    for a in range(1, 9):
        for b in range(1, 10 - a):
            zne._share = lambda *_, s=(a, b, 10 - a - b): [k * shots // 10 for k in s]  # type: ignore[method-assign, misc]
            best = min(best, zne.estimate_circuits([bound], shots, None)[0].standard_error)
    assert own < 1.1 * best


def test_ratios_inside() -> None:
    inner = SymmetryVerification(measured(depolarizing(0.001, 0.02)), [PARITY])
    raw = abs(inner.estimate(THETA).value - IDEAL)
    zne = ZeroNoiseExtrapolation(inner)
    # the mean over the states of odd parity
    odd = np.array([0, 1, 1, 0])
    h = OBSERVABLE.matrix().toarray()
    assert zne.asymptote == pytest.approx(float(np.real(np.diag(h) @ odd)) / 2)
    assert abs(zne.estimate(THETA).value - IDEAL) < raw / 3
    projected = SymmetryVerification(measured(), [PARITY], way="projection")
    assert mixed_energy(projected.plan) == pytest.approx(zne.asymptote)
    assert abs(ZeroNoiseExtrapolation(projected).estimate(THETA).value - IDEAL) < raw / 3


def test_angles_that_scatter() -> None:
    """Normal errors of rotations are Pauli channels on average, which the noise model has."""
    sigma = 0.15
    p = (1 - math.exp(-(sigma**2) / 2)) / 2
    noise = NoiseModel(
        "scattered", tuple((f"r{a.lower()}", None, GateNoise(pauli=((a, p),))) for a in "YZ")
    )
    inner = MeasuredEstimator(CIRCUIT, make_plan(OBSERVABLE), NoisySampler(noise))
    zne = ZeroNoiseExtrapolation(
        inner, folding="parameter-noise", sigma=sigma, scales=(1, 2, 3), fit="linear", draws=800
    )
    assert abs(inner.estimate(THETA).value - IDEAL) > 0.005
    found = zne.estimate_circuits([CIRCUIT.bind(THETA)], None, np.random.default_rng(2))[0]
    assert 0 < found.standard_error < 0.004
    assert abs(found.value - IDEAL) < 4 * found.standard_error + 1e-4


def test_several_circuits_at_once() -> None:
    zne = ZeroNoiseExtrapolation(measured(shots=9000))
    circuits = [CIRCUIT.bind(np.array([t])) for t in (0.1, 0.5)]
    found = zne.estimate_circuits(circuits, None, None)
    for circuit, estimate in zip(circuits, found, strict=True):
        assert estimate.value == pytest.approx(OBSERVABLE.expectation(circuit.state()), abs=1e-9)
    spent = zne.estimate_circuits(circuits, 9000, None)
    assert [e.ledger.shots for e in spent] == [9000, 9000]
    assert zne.estimate_circuits([], 9000, None) == []
    # circuits of 3, 9 and 15 CNOTs
    gates = spent[0].ledger.two_qubit_gates
    assert 3 * 9000 < gates < 15 * 9000


def test_it_is_an_estimator_like_the_one_inside() -> None:
    inner = measured(shots=3000)
    zne = ZeroNoiseExtrapolation(inner)
    assert isinstance(zne, CircuitEstimator)
    assert zne.shots == 3000
    points = zne.estimate(THETA).points
    curve = zne.extrapolation(points).curve(np.array([0.0, 1.0]))
    assert curve[0] == zne.extrapolation(points).value
    assert curve[1] == pytest.approx(points[0][1], abs=0.1)


def test_what_is_asked_for_wrongly() -> None:
    inner = measured()
    with pytest.raises(UsageError, match=r"at least 1, found 0\.5"):
        ZeroNoiseExtrapolation(inner, scales=(0.5, 1, 2))
    with pytest.raises(UsageError, match="at least 2 different noise scales, found 3"):
        ZeroNoiseExtrapolation(inner, scales=(3,))
    with pytest.raises(UsageError, match="fit 'spline' is unknown"):
        ZeroNoiseExtrapolation(inner, fit="spline")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="folding 'origami' is unknown"):
        ZeroNoiseExtrapolation(inner, folding="origami")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="needs sigma"):
        ZeroNoiseExtrapolation(inner, folding="parameter-noise")
    with pytest.raises(UsageError, match="at least 2 draws of random angles, found 1"):
        ZeroNoiseExtrapolation(inner, draws=1)


def test_scales_that_folding_cannot_tell_apart() -> None:
    zne = ZeroNoiseExtrapolation(measured(), scales=(1.0, 1.2, 1.3))
    with pytest.raises(InputError, match=r"reaches the noise scales 1, 1, 1; ask for scales"):
        zne.estimate(THETA)


def test_too_few_shots() -> None:
    with pytest.raises(
        InputError, match=r"8 shots cannot be shared among 3 noise scales of 3 .* 9"
    ):
        ZeroNoiseExtrapolation(measured(shots=8)).estimate(THETA)


def test_devices_of_unknown_noise() -> None:
    inner = MeasuredEstimator(CIRCUIT, make_plan(OBSERVABLE), IdealSampler(), shots=30_000)
    found = ZeroNoiseExtrapolation(inner).estimate(THETA)
    assert abs(found.value - IDEAL) < 4 * found.standard_error
