"""Probabilistic error cancellation: a signed mean over random circuits that has no noise."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from qchem_app.backends.base import Ledger, MomentEstimator, Sampler
from qchem_app.backends.noise_model import GateNoise, NoiseModel, QubitNoise
from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.circuits.schedule import schedule
from qchem_app.errors import InputError, UsageError
from qchem_app.measurement.moments import Evaluate, Moments
from qchem_app.measurement.plan import MeasurementPlan
from qchem_app.mitigation.averages import Stratum, stratified_mean, with_means
from qchem_app.mitigation.depolarized_sampler import DepolarizedSampler
from qchem_app.mitigation.dynamical_decoupling import DynamicalDecoupling
from qchem_app.mitigation.moment_technique import MomentTechnique
from qchem_app.mitigation.paulis import pauli_gates
from qchem_app.mitigation.pec_circuits import Part, choose_circuits, thinned
from qchem_app.mitigation.quasi_probability import Inverse, QuasiProbability
from qchem_app.mitigation.setting_noise import without_setting_noise
from qchem_app.mitigation.twirling import PauliTwirling

# From this many qubits on, scatter is predicted with so many of the circuits.
_LARGE = 7
_PICKED = 64
_BIASED = "error cancellation leaves a bias here: {}"


class ProbabilisticErrorCancellation(MomentTechnique):
    r"""The mean over circuits with random Paulis after the gates, some with a negative sign.

    Temme et al., doi:10.1103/PhysRevLett.119.180509; Endo et al.,
    doi:10.1103/PhysRevX.8.031027; van den Berg et al., doi:10.1038/s41567-023-02042-2.

    Unbiased where the noise model is right and every channel of it is a Pauli channel; the gates
    that are inserted may be noisy. Other noise is replaced by its Pauli twirl, which leaves a bias
    (`note` says so; twirling inside makes it true for CNOTs). It fails where the noise model is
    wrong or drifts, and where there are too many noisy gates: the shots are multiplied by
    `overhead`, which grows exponentially with the number of gates. Readout errors are left to
    readout inversion inside. Noise of the measuring circuits is divided out exactly.

    How likely 0, 1, 2... insertions are is known, and only which ones is drawn, or not even that:
    see `choose_circuits`. As a sign goes with the number, this takes most of the scatter that
    comes from signs away. Without `rng` the mean is computed without gate noise where the method is
    unbiased, and is that of circuits drawn from `seed` otherwise; the standard error is that of
    circuits drawn from `seed`, with the shot noise to be expected (on many qubits, of a sample of
    them).

    Args:
        inner: gives moments of circuits; with symmetry verification inside, numerators and
            denominators are averaged before their ratio is taken.
        noise: what the gates do; None for what the sampler knows.
        samples: number of circuits drawn; fewer where the shots do not suffice. Equal ones are
            run once.
        seed: of the circuits where no outcomes are drawn.
        noisy_insertions: whether the inserted gates have the noise of the model.
        max_overhead: refuse to multiply the shots by more.

    Attributes:
        note: what a reader of the result must know, in one sentence; None for nothing.

    Raises:
        InputError: no noise model, noise that cannot be inverted, an overhead beyond reason.
        UsageError: fewer than three samples.
    """

    def __init__(
        self,
        inner: MomentEstimator,
        noise: NoiseModel | None = None,
        *,
        samples: int = 1000,
        seed: int = 0,
        noisy_insertions: bool = True,
        max_overhead: float = 1e4,
    ) -> None:
        if samples < 3:
            raise UsageError(f"error cancellation needs at least 3 samples, found {samples}")
        noise = inner.sampler.noise if noise is None else noise
        if noise is None:
            raise InputError(
                "probabilistic error cancellation inverts a noise model, and none is known of "
                f"{inner.sampler.name}; give one, or choose another mitigation"
            )
        self.given_noise = noise
        self.noise, self.note = _cancelled(noise, inner)
        self._as_given = inner
        try:
            corrected = inner.with_plan(without_setting_noise(inner.plan, self.noise))
        except InputError:  # verification by projection has measuring circuits of its own
            corrected = inner
            self.note = self.note or _BIASED.format("the noise of the measuring circuits is left")
        super().__init__(corrected)
        self.plan = inner.plan
        self.samples, self.seed, self.max_overhead = samples, seed, max_overhead
        self.noisy_insertions = noisy_insertions
        self._inverses: dict[Gate, Inverse] = {}
        self._remembered: tuple[Circuit, QuasiProbability] | None = None
        at_zero = self.circuit.bind(np.zeros(self.circuit.n_parameters))
        self.one_norm = self.mixture(at_zero).one_norm

    @property
    def overhead(self) -> float:
        """Factor on the shots for the same standard error: the square of the one-norm."""
        return self.one_norm**2

    def with_plan(
        self, plan: MeasurementPlan, evaluate: Evaluate | None = None
    ) -> ProbabilisticErrorCancellation:
        """The same estimator with other groups, or another reading of the outcomes."""
        return ProbabilisticErrorCancellation(
            self._as_given.with_plan(plan, evaluate),
            self.given_noise,
            samples=self.samples,
            seed=self.seed,
            noisy_insertions=self.noisy_insertions,
            max_overhead=self.max_overhead,
        )

    def moments(
        self, circuits: Sequence[Circuit], shots: int | None, rng: np.random.Generator | None
    ) -> tuple[list[Moments], Ledger]:
        """Moments of bound circuits, `shots` shots for each over all its samples.

        Raises:
            InputError: too few shots.
        """
        means, ledger = [], Ledger()
        for circuit in circuits:
            mean, cost = self._mean(circuit, shots, rng)
            means.append(mean)
            ledger += cost
        return means, ledger

    def mixture(self, circuit: Circuit) -> QuasiProbability:
        """The signed mixture that stands for a bound circuit.

        Raises:
            InputError: an overhead beyond reason.
        """
        if self._remembered is None or self._remembered[0] is not circuit:
            timed = circuit
            if self.noise.has_idle_noise:
                timed = schedule(circuit, self.noise.gate_time)
            mixture = QuasiProbability(
                timed,
                self.noise,
                noisy_insertions=self.noisy_insertions,
                known=self._inverses,
            )
            if not mixture.one_norm**2 <= self.max_overhead:
                raise InputError(
                    f"error cancellation would multiply the shots by {mixture.one_norm**2:.3g}, "
                    f"more than {self.max_overhead:.3g}; choose a circuit with fewer gates, or "
                    "extrapolation instead"
                )
            self._remembered = circuit, mixture
        return self._remembered[1]

    def _mean(
        self, circuit: Circuit, shots: int | None, rng: np.random.Generator | None
    ) -> tuple[Moments, Ledger]:
        mixture = self.mixture(circuit)
        drawn_with = np.random.default_rng(self.seed) if rng is None else rng
        settings = len(self.plan.groups)
        parts = choose_circuits(mixture, self.samples, shots, settings, drawn_with)
        unbiased = rng is None and self.note is None and self.given_noise is self.sampler.noise
        run = parts
        if unbiased and circuit.n_qubits >= _LARGE:
            run = [thinned(part, max(_PICKED // len(parts), 3), drawn_with) for part in parts]
        measured, ledger = self._measured(run, rng)
        strata = [
            Stratum(
                part.probability,
                own,
                part.counts,
                mixture.one_norm * part.signs,
                part.complete,
                part.shares,
                part.drawn,
            )
            for part, own in zip(run, measured, strict=True)
        ]
        mean = stratified_mean(self.plan, strata, exact=rng is None)
        if unbiased:
            noiseless = _without_gate_noise(self._as_given, self.noise)
            (exact,), _ = noiseless.moments([circuit], None, None)
            mean = with_means(mean, exact)
        return mean, _of_all(ledger, run, parts)

    def _measured(
        self, parts: Sequence[Part], rng: np.random.Generator | None
    ) -> tuple[list[list[Moments]], Ledger]:
        """Moments of the circuits of each part; all but the first part are run together."""
        bounds = np.cumsum([0] + [len(part.circuits) for part in parts]).tolist()
        circuits = [circuit for part in parts for circuit in part.circuits]
        plain, ledger = self.inner.moments(circuits[:1], parts[0].shots, rng)
        if len(parts) == 1:
            return [plain], ledger
        inserted, cost = self.inner.moments(circuits[1:], parts[1].shots, rng)
        every = _with_loadings(plain, inserted)
        return [every[a:b] for a, b in pairwise(bounds)], ledger + cost


def _with_loadings(first: Sequence[Moments], second: Sequence[Moments]) -> list[Moments]:
    """Moments of two calls, whose shared errors, of one calibration each, are independent."""
    known = [[m.loadings for m in call if m.loadings is not None] for call in (first, second)]
    if not all(known):
        return [*first, *second]
    before, after = (np.zeros_like(call[0]) for call in known)
    return [
        *(replace(m, loadings=np.concatenate([m.loadings, after], axis=-1)) for m in first),
        *(replace(m, loadings=np.concatenate([before, m.loadings], axis=-1)) for m in second),
    ]


def _of_all(ledger: Ledger, run: Sequence[Part], parts: Sequence[Part]) -> Ledger:
    """What all parts cost, from what those cost that were run."""
    circuits = [sum(len(part.circuits) for part in group) for group in (run, parts)]
    if circuits[0] == circuits[1]:
        return ledger
    shots = [sum((p.shots or 0) * len(p.circuits) for p in group) for group in (run, parts)]
    return replace(
        ledger,
        circuits=ledger.circuits * circuits[1] // circuits[0],
        shots=shots[1],
        two_qubit_gates=ledger.two_qubit_gates * shots[1] // max(shots[0], 1),
    )


def _chain(estimator: Any) -> Iterator[Any]:
    """An estimator and those inside it."""
    while estimator is not None:
        yield estimator
        estimator = getattr(estimator, "inner", None)


def _cancelled(noise: NoiseModel, inner: Any) -> tuple[NoiseModel, str | None]:
    """The noise that is inverted, and why that is not quite the noise there is."""
    reasons = []
    chain = list(_chain(inner))
    if any(isinstance(estimator, DynamicalDecoupling) for estimator in chain):
        qubits = tuple((q, replace(rule, detuning=0.0)) for q, rule in noise.qubits)
        noise = replace(noise, qubits=qubits)
        reasons.append("decoupling is trusted to undo all drift of waiting qubits")
    noisy = any(gate != "cx" and rule != GateNoise() for gate, _, rule in noise.gates)
    if noisy and any(isinstance(estimator, PauliTwirling) for estimator in chain):
        reasons.append("the gates that twirling adds make errors of their own")
    if noise.has_idle_noise and any(
        noise.gate_time(gate) for pauli in (1, 2, 3) for gate in pauli_gates(pauli, 0)
    ):
        reasons.append("other qubits wait while Paulis are inserted")
    if not noise.is_pauli:
        noise = noise.twirled()
        reasons.append("only the Pauli part of the noise is cancelled")
    if not reasons:
        return noise, None
    return noise, _BIASED.format("; ".join(reasons))


def _without_gate_noise(estimator: MomentEstimator, noise: NoiseModel) -> MomentEstimator:
    """The same chain of estimators on a simulator that makes readout errors only."""
    readout = tuple((q, QubitNoise(readout=rule.readout)) for q, rule in noise.qubits)
    return _on(estimator, DepolarizedSampler(replace(noise, gates=(), qubits=readout)))


def _on(estimator: Any, sampler: Sampler) -> Any:
    twin = copy.copy(estimator)
    twin.sampler = sampler
    if hasattr(twin, "inner"):
        twin.inner = _on(twin.inner, sampler)
    return twin
