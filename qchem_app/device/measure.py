"""measure(): the energy of a trial state as qubits would give it, with and without mitigation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from qchem_app.backends.base import CircuitEstimator, Estimate
from qchem_app.device.choice import prepare
from qchem_app.device.device import AUTO, Device
from qchem_app.device.expected_error import at_least, expected_error
from qchem_app.device.trial import Trial
from qchem_app.errors import InputError
from qchem_app.mitigation.gate import Decision
from qchem_app.mitigation.stack import NONE, Stack
from qchem_app.mitigation.zne import ZeroNoiseExtrapolation
from qchem_app.result import (
    CandidateRecord,
    EnergyRecord,
    MeasurementRecord,
    MethodResult,
    Settings,
)
from qchem_app.vqe.description import ledger_record

# Points of the curve that a record keeps for the plot.
_CURVE_POINTS = 41
# Where the outcomes that were drawn scatter much less than they should.
_FEW_DRAWN = (
    "the outcomes of the {} energy happened to scatter little: its interval is that of the scatter "
    "to be expected"
)
# Standard errors below this, Hartree, are rounding.
_ROUNDING = 1e-9


def measure(
    trial: Trial,
    theta: np.ndarray,
    settings: Settings,
    *,
    tell: Callable[[str], None] = lambda message: None,
) -> MeasurementRecord:
    """Measure the energy at theta.

    The gate predicts bias and scatter before anything is drawn; the raw energy is always measured
    too, with the same number of shots.

    Args:
        trial: what is measured.
        theta: (n_parameters,) radians.
        settings: of the run, with a device.
        tell: called with what happens next.
    """
    ideal = trial.energy(theta)
    tell("planning the measurement")
    device, decision = prepare(trial, theta, settings, ideal, tell=tell)
    wanted = device.settings.mitigation
    if wanted == AUTO:
        wanted = decision.chosen if decision else NONE
    stack = Stack.parse(wanted)
    tell("measuring without mitigation")
    raw = device.raw(0).estimate(theta)
    raw, thin = at_least(raw, expected_error(device, theta, Stack(), decision))
    mitigated: Estimate | None = None
    notes = [*_predictions(decision, device), *_idle_rules(device)]
    if thin:
        notes.append(_FEW_DRAWN.format("raw"))
    curve: tuple[tuple[float, float], ...] = ()
    if stack.steps:
        tell(f"measuring with {stack}")
        estimator = device.mitigated(stack, 1)
        try:
            mitigated = estimator.estimate(theta)
        except InputError as error:  # what was drawn cannot be corrected; the raw energy stands
            notes.append(f"{stack} gave no energy: {error}")
        else:
            curve = _curve(estimator, mitigated)
            mitigated, thin = at_least(mitigated, expected_error(device, theta, stack, decision))
            if thin:
                notes.append(_FEW_DRAWN.format("mitigated"))
            notes += _remarks(estimator, device)
    if decision is not None and decision.exact:
        raw = decision.with_bias(raw, NONE)
        if mitigated is not None:
            mitigated = decision.with_bias(mitigated, str(stack))
    return MeasurementRecord(
        backend="exact state" if device.sampler is None else device.sampler.name,
        noise=None
        if device.sampler is None or device.sampler.noise is None
        else device.sampler.noise.name,
        grouping=device.grouping,
        groups=len(device.plan.groups),
        allocation=device.settings.allocation,
        shots=device.shots,
        ideal=ideal,
        raw=energy_record(raw, None),
        mitigation=str(stack),
        mitigated=None if mitigated is None else energy_record(mitigated, raw),
        candidates=() if decision is None else _candidates(decision),
        reason=_reason(device.settings.mitigation, str(stack), decision),
        points=() if mitigated is None else mitigated.points,
        curve=curve,
        notes=tuple(notes),
    )


def measured_lines(record: MeasurementRecord) -> list[MethodResult]:
    """The lines of the table: ideal, raw, mitigated."""
    lines = [MethodResult(name="ideal", energy=record.ideal, converged=True, seconds=0.0)]
    for name, energy in (("raw", record.raw), ("mitigated", record.mitigated)):
        if energy is not None:
            lines.append(
                MethodResult(
                    name=name,
                    energy=energy.energy,
                    standard_error=energy.standard_error or None,
                    bias=energy.bias,
                    converged=True,
                    seconds=energy.ledger.seconds,
                    notes=(record.mitigation,) if name == "mitigated" else (),
                )
            )
    return lines


def energy_record(estimate: Estimate, raw: Estimate | None) -> EnergyRecord:
    """An estimate for the record; its overhead is relative to `raw`."""
    overhead = None
    known = raw is not None and min(raw.standard_error, estimate.standard_error) > _ROUNDING
    if raw is not None and known and raw.ledger.shots > 0:
        ratio = (estimate.standard_error / raw.standard_error) ** 2
        overhead = ratio * estimate.ledger.shots / raw.ledger.shots
    low, high = estimate.interval
    return EnergyRecord(
        energy=estimate.value,
        standard_error=estimate.standard_error,
        low=low,
        high=high,
        bias=estimate.bias,
        overhead=overhead,
        ledger=ledger_record(estimate.ledger),
    )


def _curve(estimator: CircuitEstimator, estimate: Estimate) -> tuple[tuple[float, float], ...]:
    """(noise scale, energy) along the curve of an extrapolation."""
    if not isinstance(estimator, ZeroNoiseExtrapolation):
        return ()
    last = max(scale for scale, _, _ in estimate.points)
    scales = np.linspace(0.0, last, _CURVE_POINTS)
    energies = estimator.extrapolation(estimate.points).curve(scales)
    return tuple(zip(scales.tolist(), np.asarray(energies).tolist(), strict=True))


def _candidates(decision: Decision) -> tuple[CandidateRecord, ...]:
    return tuple(
        CandidateRecord(
            mitigation=p.mitigation,
            bias=p.bias,
            standard_error=p.standard_error,
            rms=p.rms,
            overhead=p.overhead if np.isfinite(p.overhead) else None,
        )
        for p in decision.predictions
    )


def _reason(wanted: str, used: str, decision: Decision | None) -> str:
    if wanted == NONE:
        return ""
    if decision is None:
        return "there is no noise to mitigate"
    if wanted == AUTO or decision.chosen == used:
        return decision.reason
    return f"{used} as asked for, but {decision.reason}"


def _predictions(decision: Decision | None, device: Device) -> list[str]:
    """How predictions were made where that matters, and what they leave out."""
    if decision is None or device.settings.mitigation == NONE:
        return []
    notes = []
    if not decision.exact:
        notes.append(
            f"predictions are {decision.method}, in which some techniques look exact: no bias is "
            "stated"
        )
    if device.settings.mitigation == AUTO and decision.left_out:
        names = ", ".join(name for name, _ in decision.left_out)
        notes.append(f"not considered: {names}; the first because {decision.left_out[0][1]}")
    return notes


def _idle_rules(device: Device) -> list[str]:
    """Rules of the noise model for qubits that the circuit does not have."""
    if device.noise is None:
        return []
    named = {q for _, qubits, _ in device.noise.gates for q in qubits or ()}
    named |= {qubit for qubit, _ in device.noise.qubits if qubit is not None}
    n = device.circuit.n_qubits
    idle = sorted(q for q in named if q >= n)
    if not idle:
        return []
    shown = ", ".join(map(str, idle[:5])) + (", ..." if len(idle) > 5 else "")
    return [
        f"the noise model's rules for {'qubit' if len(idle) == 1 else 'qubits'} {shown} act on "
        f"nothing: the circuit has {'qubit 0 alone' if n == 1 else f'qubits 0 to {n - 1}'}"
    ]


def _remarks(estimator: CircuitEstimator, device: Device) -> list[str]:
    """What the techniques of a stack have to say, and how they measure if not as planned."""
    notes = []
    inner: object = estimator
    while inner is not None:
        remark = getattr(inner, "note", None)
        if isinstance(remark, str) and remark:
            notes.append(remark)
        inner = getattr(inner, "inner", None)
    groups = len(estimator.plan.groups)
    if groups != len(device.plan.groups):
        own = "one group" if groups == 1 else f"{groups} groups"
        notes.append(f"the mitigated energy was measured in {own} of its own")
    return notes
