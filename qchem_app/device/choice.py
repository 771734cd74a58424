"""prepare(): the groups, the shots and the mitigation that a measurement is planned with."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from qchem_app.device.device import AUTO, Device
from qchem_app.device.trial import Trial
from qchem_app.errors import InputError
from qchem_app.mitigation.gate import Decision, Prediction
from qchem_app.mitigation.stack import Stack
from qchem_app.result import MOST_SHOTS, Settings

Tell = Callable[[str], None]

# Up to here both ways of grouping are predicted with every mitigation.
_MOST_COMPARED_QUBITS = 6


def prepare(
    trial: Trial,
    theta: np.ndarray,
    settings: Settings,
    ideal: float,
    *,
    tell: Tell = lambda message: None,
) -> tuple[Device, Decision | None]:
    """The device to measure with, and what the gate predicts for it.

    Fully commuting groups need fewer shots, and CNOTs of their own, which are noisy: where there
    is noise and nothing else was asked for, both ways of grouping are predicted, and the one with
    less expected squared error for its shots is taken; for large circuits without mitigation, which
    would take long.

    Args:
        trial: what is measured.
        theta: (n_parameters,) radians.
        settings: of the run, with a device.
        ideal: noiseless energy there, Hartree.
        tell: called with what is planned next.

    Raises:
        InputError: a target error that is out of reach.
    """
    terms = "" if trial.operator is None else f" of {len(trial.operator):,} terms"
    tell(f"choosing groups{terms}")
    devices = [Device.build(trial, settings, theta)]
    first = devices[0]
    if first.settings.grouping == "auto" and first.noise is not None:
        tell(f"choosing qubit-wise groups{terms} to compare")
        devices.append(Device.build(trial, settings, theta, "qubit-wise"))
        if first.circuit.n_qubits > _MOST_COMPARED_QUBITS:
            raw = [
                (device, device.decide(theta, ideal, raw_only=True, tell=tell))
                for device in devices
            ]
            devices = [min(raw, key=_cost)[0]]
    return min((_with_enough_shots(device, theta, ideal, tell) for device in devices), key=_cost)


def _with_enough_shots(
    device: Device, theta: np.ndarray, ideal: float, tell: Tell
) -> tuple[Device, Decision | None]:
    """The device with the shots that its target error takes under noise and mitigation."""
    decision = device.decide(theta, ideal, tell=tell)
    target = device.settings.target_error
    if decision is None or target is None or device.shots is None:
        return device, decision
    error = used(device, decision).standard_error
    shots = device.shots * (error / target) ** 2
    if not shots <= MOST_SHOTS:
        raise InputError(
            f"a standard error of {target:g} Ha takes about {shots:.0e} shots with this noise and "
            "mitigation; ask for a larger --target-error or for less mitigation"
        )
    device = replace(device, shots=max(math.ceil(shots), 2 * len(device.plan.groups), 1))
    return device, device.decide(theta, ideal, tell=tell)


def used(device: Device, decision: Decision) -> Prediction:
    """The prediction for what the device will use: what was asked for, or what is best."""
    wanted = device.settings.mitigation
    if wanted == AUTO:
        return decision.prediction
    name = str(Stack.parse(wanted))
    return next((p for p in decision.predictions if p.mitigation == name), decision.prediction)


def _cost(found: tuple[Device, Decision | None]) -> float:
    """Expected squared error, times the shots where they differ."""
    device, decision = found
    if decision is None:
        return 0.0
    shots = 1 if device.shots is None else device.shots
    return used(device, decision).rms ** 2 * shots
