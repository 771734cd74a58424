"""What an energy is expected to scatter, so that lucky outcomes do not make its interval narrow."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from qchem_app.backends.base import CircuitEstimator, Estimate, Estimator
from qchem_app.device.device import Device
from qchem_app.measurement.allocation import group_variances
from qchem_app.mitigation.gate import MOST_EXACT_QUBITS, Decision
from qchem_app.mitigation.stack import Stack

# A stated error below this share of the expected one is worth a word: too few outcomes differed.
_THIN = 0.8


def expected_error(
    device: Device, theta: np.ndarray, stack: Stack, decision: Decision | None
) -> float:
    """Standard error, Hartree, that the energy of a stack should have at (n_parameters,) theta.

    Without noise it follows from the exact state, with noise from the noise model, as the gate
    predicted it. Zero where there are no statistics.

    Args:
        device: what measures.
        theta: radians.
        stack: of mitigation techniques; empty for the raw energy.
        decision: the gate's; None where there is no noise.
    """
    shots = device.shots
    if shots is None or not device.plan.groups:
        return 0.0
    adaptive = device.settings.allocation == "adaptive"
    if decision is None:
        variances = group_variances(device.plan, device.trial.amplitudes(theta))
        if adaptive:  # as if the pilots told everything; no shares give less
            return float(np.sqrt(variances).sum()) / math.sqrt(shots)
        return math.sqrt(float(np.sum(variances / device.plan.shots(shots))))
    if adaptive:  # the gate predicts without pilots
        return error_of(device, device.mitigated(stack, 0), theta)
    found = (p.standard_error for p in decision.predictions if p.mitigation == str(stack))
    return next(found, 0.0)


def error_of(device: Device, estimator: Estimator, theta: np.ndarray) -> float:
    """Standard error, Hartree, to be expected of an estimator of a device at theta.

    Zero where the noise is not simulated exactly.
    """
    if device.shots is None:
        return 0.0
    if device.noise is None:
        return expected_error(device, theta, Stack(), None)
    exactly = device.circuit.n_qubits <= MOST_EXACT_QUBITS
    if not exactly or not isinstance(estimator, CircuitEstimator):
        return 0.0
    circuits = [device.circuit.bind(theta)]
    return estimator.estimate_circuits(circuits, device.shots, None)[0].standard_error


def at_least(estimate: Estimate, expected: float) -> tuple[Estimate, bool]:
    """The estimate with a standard error of at least `expected`, Hartree.

    Outcomes that are rare and expensive, such as those of an error that verification misses, are
    often not drawn at all; the scatter of the others is then no measure of the energy's.

    Returns:
        The estimate, and whether its outcomes said much less than what is expected.
    """
    if not estimate.standard_error < expected:  # nan as well
        return estimate, False
    thin = estimate.standard_error < _THIN * expected
    return replace(estimate, standard_error=expected), thin
