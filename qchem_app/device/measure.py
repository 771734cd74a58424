"""measure(): the energy of a trial state as qubits would give it, with and without mitigation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qchem_app.backends.adaptive import AdaptiveEstimator
from qchem_app.backends.base import (
    CircuitEstimator,
    Estimate,
    Estimator,
    Ledger,
    MomentEstimator,
    Sampler,
)
from qchem_app.backends.exact import ExactEstimator
from qchem_app.backends.measured import MeasuredEstimator
from qchem_app.backends.noise_model import NoiseModel
from qchem_app.backends.noisy import NoisySampler
from qchem_app.backends.sampled_exact import SampledExactEstimator
from qchem_app.backends.simulator import IdealSampler
from qchem_app.circuits.circuit import Circuit
from qchem_app.device.problem import QubitProblem
from qchem_app.device.trial import Trial
from qchem_app.errors import InputError
from qchem_app.measurement.allocation import allocate, shots_for_error
from qchem_app.measurement.grouping import make_plan
from qchem_app.measurement.plan import MeasurementPlan
from qchem_app.mitigation.gate import Decision, choose
from qchem_app.mitigation.stack import NONE, Stack, build_stack
from qchem_app.result import (
    CandidateRecord,
    DeviceSettings,
    EnergyRecord,
    LedgerRecord,
    MeasurementRecord,
    MethodResult,
)

AUTO = "auto"
# Share of the shots by which adaptive allocation learns the variances.
_PILOT = 0.1


@dataclass(frozen=True, eq=False)
class Device:
    """What measures: a sampler, a plan, and a budget.

    Attributes:
        trial: with its qubits.
        problem, circuit: those of the trial.
        settings: as asked for.
        sampler: None where shots are drawn from the exact state.
        plan: groups, and how they share the shots.
        shots: for one energy; None for infinitely many.
        seed: of the outcomes.
    """

    trial: Trial
    problem: QubitProblem
    circuit: Circuit
    settings: DeviceSettings
    sampler: Sampler | None
    plan: MeasurementPlan
    shots: int | None
    seed: int

    @classmethod
    def build(
        cls,
        trial: Trial,
        settings: DeviceSettings,
        theta: np.ndarray,
        *,
        seed: int,
        threads: int | None = None,
        penalised: bool = False,
    ) -> Device:
        """Choose the sampler, the groups and the shots.

        Args:
            trial: what is measured.
            settings: how.
            theta: (n_parameters,) parameters at which variances are known.
            seed, threads: of what is drawn and simulated.
            penalised: measure what is minimised, not the Hamiltonian alone.

        Raises:
            InputError, ResourceError: settings that do not fit the circuit or the machine.
        """
        if trial.problem is None or trial.circuit is None or trial.operator is None:
            raise InputError("measuring on qubits needs a mapping; choose one of them")
        state = trial.amplitudes(theta)
        operator = trial.operator if penalised else trial.problem.operator
        plan = make_plan(operator, settings.grouping, state=state)
        shared = settings.allocation
        plan = allocate(plan, "coefficient" if shared == "adaptive" else shared, state)
        shots = settings.shots
        if settings.target_error is not None:
            shots = shots_for_error(plan, state, settings.target_error)
        return cls(
            trial,
            trial.problem,
            trial.circuit,
            settings,
            _sampler(settings, trial, threads),
            plan,
            shots,
            seed,
        )

    def check(self) -> None:
        """Raise now what measuring would raise after the work is done.

        Raises:
            UsageError, InputError: too few shots; techniques that exclude each other or have
                nothing to do.
        """
        self.raw(0)
        if self.settings.mitigation not in (AUTO, NONE):
            self.mitigated(Stack.parse(self.settings.mitigation), 0)

    def raw(self, stream: int) -> MomentEstimator | SampledExactEstimator:
        """The estimator without mitigation; equal streams draw equal outcomes."""
        rng = np.random.default_rng([abs(self.seed), stream])
        pilot = _PILOT if self.settings.allocation == "adaptive" else None
        if isinstance(self.trial.estimator, ExactEstimator) and self.sampler is None:
            return SampledExactEstimator(
                self.trial.estimator,
                self.problem.encoding,
                self.plan,
                shots=self.shots,
                seed=rng,
                pilot=pilot,
            )
        assert self.sampler is not None
        estimator = MeasuredEstimator(
            self.circuit, self.plan, self.sampler, shots=self.shots, seed=rng
        )
        return estimator if pilot is None else AdaptiveEstimator(estimator, pilot=pilot)

    def mitigated(self, stack: Stack, stream: int) -> CircuitEstimator:
        """The estimator with a stack of techniques around the raw one."""
        inner = self.raw(stream)
        if isinstance(inner, SampledExactEstimator):
            raise InputError("shots from the exact state have no noise: nothing to mitigate")
        symmetries = self.problem.encoding.symmetries
        return build_stack(stack, inner, symmetries=symmetries, seed=self.seed)

    def decide(self, theta: np.ndarray, ideal: float) -> Decision | None:
        """What the gate predicts for the settings' mitigation, or for all; None without noise."""
        inner = self.raw(0)
        if isinstance(inner, SampledExactEstimator) or inner.sampler.noise is None:
            return None
        wanted = self.settings.mitigation
        return choose(
            inner,
            theta,
            candidates=None if wanted == AUTO else [wanted],
            symmetries=self.problem.encoding.symmetries,
            shots=self.shots,
            ideal=ideal,
            seed=self.seed,
        )

    def estimator(self) -> Estimator:
        """What an optimisation on the device measures: mitigated as asked for, without the gate."""
        wanted = self.settings.mitigation
        if wanted in (AUTO, NONE):
            return self.raw(2)
        return self.mitigated(Stack.parse(wanted), 2)


def measure(
    device: Device,
    theta: np.ndarray,
    ideal: float,
    *,
    tell: Callable[[str], None] = lambda message: None,
) -> MeasurementRecord:
    """Measure the energy at theta.

    The gate predicts bias and scatter before anything is drawn; the raw energy is always measured
    too, with the same number of shots.

    Args:
        device: what measures.
        theta: (n_parameters,) radians.
        ideal: noiseless energy there, Hartree.
        tell: called with what happens next.
    """
    settings = device.settings
    decision = None
    if settings.mitigation != NONE or settings.backend == "noisy":
        tell("predicting what mitigation would bring")
        decision = device.decide(theta, ideal)
    wanted = settings.mitigation
    if wanted == AUTO:
        wanted = decision.chosen if decision else NONE
    stack = Stack.parse(wanted)
    tell("measuring without mitigation")
    raw = device.raw(0).estimate(theta)
    mitigated = None
    if stack.steps:
        tell(f"measuring with {stack}")
        mitigated = device.mitigated(stack, 1).estimate(theta)
    if decision is not None:
        raw = decision.with_bias(raw, NONE)
        if mitigated is not None:
            mitigated = decision.with_bias(mitigated, str(stack))
    return MeasurementRecord(
        backend="exact state" if device.sampler is None else device.sampler.name,
        noise=None
        if device.sampler is None or device.sampler.noise is None
        else device.sampler.noise.name,
        grouping=settings.grouping,
        groups=len(device.plan.groups),
        allocation=settings.allocation,
        shots=device.shots,
        ideal=ideal,
        raw=energy_record(raw, None),
        mitigation=str(stack),
        mitigated=None if mitigated is None else energy_record(mitigated, raw),
        candidates=() if decision is None else _candidates(decision),
        reason=_reason(settings.mitigation, str(stack), decision),
        points=() if mitigated is None else mitigated.points,
        notes=_notes(decision, settings.mitigation),
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
                    converged=True,
                    seconds=energy.ledger.seconds,
                    notes=(record.mitigation,) if name == "mitigated" else (),
                )
            )
    return lines


def energy_record(estimate: Estimate, raw: Estimate | None) -> EnergyRecord:
    """An estimate for the record; its overhead is relative to `raw`."""
    overhead = None
    if raw is not None and raw.standard_error > 0 and raw.ledger.shots > 0:
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


def ledger_record(ledger: Ledger) -> LedgerRecord:
    """A ledger for the record."""
    return LedgerRecord(
        circuits=ledger.circuits,
        shots=ledger.shots,
        two_qubit_gates=ledger.two_qubit_gates,
        seconds=ledger.wall_seconds,
    )


def _sampler(settings: DeviceSettings, trial: Trial, threads: int | None) -> Sampler | None:
    if settings.backend == "exact" and isinstance(trial.estimator, ExactEstimator):
        return None
    if settings.backend != "noisy":
        return IdealSampler(threads=threads)
    if settings.noise is None:
        raise InputError("a noisy backend needs a noise model, found none; give one")
    return NoisySampler(NoiseModel.from_dict(settings.noise), settings.engine, threads=threads)


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
    return f"{used} as asked for, but it is not expected to help: {decision.reason}"


def _notes(decision: Decision | None, wanted: str) -> tuple[str, ...]:
    if decision is None or wanted != AUTO or not decision.left_out:
        return ()
    names = ", ".join(name for name, _ in decision.left_out)
    return (f"not possible here: {names}",)
