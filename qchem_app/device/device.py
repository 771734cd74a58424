"""Device: what measures the energy of a trial state, and what it would bring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qchem_app.backends.adaptive import AdaptiveEstimator
from qchem_app.backends.base import CircuitEstimator, Estimator, MomentEstimator, Sampler
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
from qchem_app.measurement.partition import Method
from qchem_app.measurement.plan import MeasurementPlan
from qchem_app.mitigation.depolarized_sampler import DepolarizedSampler
from qchem_app.mitigation.gate import Decision, choose
from qchem_app.mitigation.stack import NONE, Stack, build_stack
from qchem_app.result import DeviceSettings, Settings

AUTO = "auto"
# Share of the shots by which adaptive allocation learns the variances.
_PILOT = 0.1
# How far the exact state is trusted when shots are shared: no group starves.
_NEARLY_PURE, _LEAST_TRUST = 0.999, 0.3


@dataclass(frozen=True, eq=False)
class Device:
    """What measures: a sampler, a plan, and a budget.

    Attributes:
        trial: with its qubits.
        problem, circuit: those of the trial.
        settings: as asked for.
        grouping: which terms share a circuit.
        sampler: None where shots are drawn from the exact state.
        plan: groups, and how they share the shots.
        shots: for one energy; None for infinitely many.
        seed: of the outcomes.
    """

    trial: Trial
    problem: QubitProblem
    circuit: Circuit
    settings: DeviceSettings
    grouping: Method
    sampler: Sampler | None
    plan: MeasurementPlan
    shots: int | None
    seed: int

    @classmethod
    def build(
        cls,
        trial: Trial,
        settings: Settings,
        theta: np.ndarray,
        grouping: Method | None = None,
        *,
        penalised: bool = False,
    ) -> Device:
        """Choose the sampler, the groups and the shots.

        With a target error the shots are those of a noiseless device; see `choice.prepare`.

        Args:
            trial: what is measured.
            settings: of the run, with a device.
            theta: (n_parameters,) parameters at which variances are known.
            grouping: which terms share a circuit; None: as asked for, else fully commuting.
            penalised: measure what is minimised, not the Hamiltonian alone.

        Raises:
            InputError, ResourceError: settings that do not fit the circuit or the machine.
        """
        asked = settings.device
        if asked is None:
            raise InputError("the settings ask for no device; give them one")
        if grouping is None:
            grouping = "fully-commuting" if asked.grouping == "auto" else asked.grouping
        if trial.problem is None or trial.circuit is None or trial.operator is None:
            raise InputError("measuring on qubits needs a mapping; choose one of them")
        state = trial.amplitudes(theta)
        operator = trial.operator if penalised else trial.problem.operator
        sampler = _sampler(asked, trial, settings.threads)
        trust = _trust(sampler, trial.circuit.bind(theta))
        plan = make_plan(operator, grouping, state=state, fidelity=trust)
        if asked.allocation == "variance":
            plan = allocate(plan, "variance", state, fidelity=trust or _NEARLY_PURE)
        else:
            shared = asked.allocation
            plan = allocate(plan, "coefficient" if shared == "adaptive" else shared)
        shots = asked.shots
        if asked.target_error is not None:
            # two shots of each group show whether they scatter, one does not
            least = max(1, 2 * len(plan.groups))
            shots = max(least, shots_for_error(plan, state, asked.target_error))
        return cls(
            trial,
            trial.problem,
            trial.circuit,
            asked,
            grouping,
            sampler,
            plan,
            shots,
            settings.seed,
        )

    @property
    def noise(self) -> NoiseModel | None:
        """What is known of the sampler's noise."""
        return None if self.sampler is None else self.sampler.noise

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
        rng = np.random.default_rng([self.seed % 2**64, stream])
        pilot = _PILOT if self.settings.allocation == "adaptive" else None
        if isinstance(self.trial.estimator, ExactEstimator) and self.sampler is None:
            return SampledExactEstimator(
                self.trial.estimator,
                self.problem.encoding,
                self.plan,
                shots=self.shots,
                seed=rng,
                pilot=pilot,
                preparation=self.circuit.two_qubit_gates,
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

    def decide(
        self,
        theta: np.ndarray,
        ideal: float,
        *,
        raw_only: bool = False,
        tell: Callable[[str], None] = lambda message: None,
    ) -> Decision | None:
        """What the gate predicts for the settings' mitigation, or for all; None without noise."""
        inner = self.raw(0)
        if isinstance(inner, SampledExactEstimator) or inner.sampler.noise is None:
            return None
        wanted = self.settings.mitigation
        return choose(
            inner,
            theta,
            candidates=[] if raw_only else None if wanted == AUTO else [wanted],
            symmetries=self.problem.encoding.symmetries,
            shots=self.shots,
            ideal=ideal,
            seed=self.seed,
            tell=lambda message: tell(f"{message}, {self.grouping} groups"),
        )

    def estimator(self) -> Estimator:
        """What an optimisation on the device measures: mitigated as asked for, without the gate."""
        wanted = self.settings.mitigation
        if wanted in (AUTO, NONE):
            return self.raw(2)
        return self.mitigated(Stack.parse(wanted), 2)


def _sampler(settings: DeviceSettings, trial: Trial, threads: int | None) -> Sampler | None:
    if settings.backend == "exact" and isinstance(trial.estimator, ExactEstimator):
        return None
    if settings.backend != "noisy":
        return IdealSampler(threads=threads)
    if settings.noise is None:
        raise InputError("a noisy backend needs a noise model, found none; give one")
    return NoisySampler(NoiseModel.from_dict(settings.noise), settings.engine, threads=threads)


def _trust(sampler: Sampler | None, circuit: Circuit) -> float | None:
    """Share of the exact state in what a noisy device prepares; None where there is no noise."""
    if sampler is None or sampler.noise is None:
        return None
    fidelity = DepolarizedSampler(sampler.noise).fidelity(circuit)
    return min(max(fidelity, _LEAST_TRUST), _NEARLY_PURE)
