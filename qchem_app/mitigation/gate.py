"""The gate: predict what each mitigation would bring for the shots there are, and choose."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from qchem_app.backends.base import CircuitEstimator, Estimate, MomentEstimator, Sampler
from qchem_app.backends.measured import MeasuredEstimator
from qchem_app.backends.noise_model import NoiseModel
from qchem_app.circuits.circuit import Circuit
from qchem_app.errors import InputError, ResourceError
from qchem_app.mapping.symmetries import Symmetry
from qchem_app.mitigation.depolarized_sampler import DepolarizedSampler
from qchem_app.mitigation.ideal import ideal_energy
from qchem_app.mitigation.remembering_sampler import RememberingSampler
from qchem_app.mitigation.stack import Stack, build_stack
from qchem_app.units import MILLIHARTREE_PER_HARTREE

#: Up to here predictions come from the density matrix of the noise model.
MOST_EXACT_QUBITS = 10
# Beyond, predicting every stack takes minutes.
_MOST_SEARCHED_QUBITS = 8
# A stack is preferred to a simpler one only if it lowers the expected error by more than this.
_WORTHWHILE = 0.1
# Error cancellation scatters at least by this fraction of what its one-norm makes of the standard
# error without it: sharing shots well among its circuits gains no more.
_PEC_GAIN = 0.5
# Circuits times gates times numbers in a density matrix that error cancellation's prediction may
# take: half a minute.
_MOST_WORK = 1e10
# Overheads below this say nothing but that the scatter is gone.
_LEAST_OVERHEAD = 1e-3
# Errors below this, Hartree, are rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Prediction:
    """What one stack is expected to do, Hartree.

    Attributes:
        mitigation: the stack, as text.
        bias: expected energy minus the noiseless one.
        standard_error: statistical, for the shots there are.
        overhead: variance times shots, in units of the raw energy's; nan without statistics.
    """

    mitigation: str
    bias: float
    standard_error: float
    overhead: float

    @property
    def rms(self) -> float:
        """Root of the expected mean squared error."""
        return math.hypot(self.bias, self.standard_error)


@dataclass(frozen=True)
class Decision:
    """Which stack to use, and why.

    Attributes:
        chosen: the stack, as text; "none" for the raw energy.
        predictions: of every candidate that can run, the raw energy first.
        reason: one line for the user.
        method: how the predictions were made.
        left_out: (stack, why it cannot run).
        exact: whether the predictions are those of the noise model itself.
    """

    chosen: str
    predictions: tuple[Prediction, ...]
    reason: str
    method: str
    left_out: tuple[tuple[str, str], ...] = ()
    exact: bool = True

    @property
    def prediction(self) -> Prediction:
        """Of the chosen stack."""
        return next(p for p in self.predictions if p.mitigation == self.chosen)

    def with_bias(self, estimate: Estimate, mitigation: str | None = None) -> Estimate:
        """An estimate with the bias predicted for its stack; None: the chosen one."""
        name = self.chosen if mitigation is None else mitigation
        for prediction in self.predictions:
            if prediction.mitigation == name:
                return replace(estimate, bias=prediction.bias)
        return estimate


def default_candidates(
    noise: NoiseModel | None,
    symmetries: Sequence[Symmetry],
    *,
    parameters: int,
    few: bool = False,
) -> tuple[str, ...]:
    """Stacks worth a look, simple ones first; the raw energy is not among them.

    Args:
        noise: of the sampler; without it there is nothing to mitigate.
        symmetries: that are left on the qubits.
        parameters: of the circuit; without any there is no reference to compare with.
        few: leave out what takes many circuits to predict.
    """
    if noise is None:
        return ()
    bases = [""]
    if noise.has_idle_noise:
        bases.append("dd")
    if symmetries:
        bases = [_joined("symmetry", base) for base in bases] + bases
    if noise.has_readout_error:
        bases = [_joined("readout", base) for base in bases]
    tops = ["zne(linear)", "zne(exponential)"]
    if not few:
        tops += ["cdr", "pec"]
    if parameters:
        tops.append("reference")
    # what twirling is for: errors of CNOTs that add up in one direction
    if not few and any(gate == "cx" and rule.over_rotation for gate, _, rule in noise.gates):
        tops += ["twirling,zne(linear)", "twirling,zne(exponential)"]
    found = [*bases]
    for base in bases[:1] if few else bases:
        found += [_joined(base, top) for top in tops]
    return tuple(str(Stack.parse(text)) for text in dict.fromkeys(found) if text)


def _joined(first: str, second: str) -> str:
    return ",".join(part for part in (first, second) if part)


def predict(
    inner: MomentEstimator,
    theta: np.ndarray,
    candidates: Sequence[str],
    *,
    symmetries: Sequence[Symmetry] = (),
    shots: int | None = None,
    ideal: float | None = None,
    reference: np.ndarray | None = None,
    simulator: Sampler | None = None,
    seed: int = 0,
    tell: Callable[[str], None] = lambda message: None,
) -> tuple[tuple[Prediction, ...], tuple[tuple[str, str], ...]]:
    """Expected value and standard error of stacks, from the noise model; nothing is drawn.

    Args:
        inner: the raw estimator; of its sampler only the noise model matters.
        theta: (n_parameters,) parameters of the circuit.
        candidates: stacks as text.
        symmetries: left on the qubits.
        shots: budget for one energy; None for infinitely many.
        ideal: noiseless energy, Hartree; None: from a state vector.
        reference: see `build_stack`.
        simulator: gives expected counts; None: see `simulator_of`.
        seed: of the random choices of circuits.
        tell: called with what is predicted next.

    Returns:
        Predictions, the raw energy first, and (stack, why it cannot run) for the others.
    """
    circuit = inner.circuit.bind(theta)
    if ideal is None:
        ideal = ideal_energy(circuit, inner.plan.observable)
    sampler = simulator or simulator_of(inner)
    if not isinstance(sampler, RememberingSampler):
        sampler = RememberingSampler(sampler)
    raw = MeasuredEstimator(
        inner.circuit, inner.plan, sampler, shots=shots, evaluate=inner.evaluate
    )
    stacks = [Stack(), *(Stack.parse(candidate) for candidate in candidates)]
    # error cancellation last: it takes longest to predict, and its one-norm may say enough
    stacks.sort(key=lambda stack: "pec" in stack)
    predictions: list[Prediction] = []
    left_out = []
    different = list(dict.fromkeys(stacks))
    for number, stack in enumerate(different, 1):
        tell(f"predicting {stack if stack.steps else 'the raw energy'} ({number}/{len(different)})")
        try:
            estimator = build_stack(
                stack, raw, symmetries=symmetries, reference=reference, seed=seed
            )
            if len(stacks) > 2:
                _check_cancellation(estimator, circuit, stack, predictions)
            expected = estimator.estimate_circuits([circuit], shots, None)[0]
        except (InputError, ResourceError) as error:
            if not stack.steps:
                raise
            left_out.append((str(stack), str(error)))
            continue
        unit = predictions[0].standard_error if predictions else expected.standard_error
        overhead = (expected.standard_error / unit) ** 2 if unit > 0 else math.nan
        bias = expected.value - ideal
        predictions.append(Prediction(str(stack), bias, expected.standard_error, overhead))
    return tuple(predictions), tuple(left_out)


def _check_cancellation(
    estimator: CircuitEstimator,
    circuit: Circuit,
    stack: Stack,
    predictions: Sequence[Prediction],
) -> None:
    """Stop where error cancellation is sure to scatter more than others err, or takes too long."""
    one_norm = getattr(estimator, "one_norm", 1.0)
    base = str(Stack(tuple(step for step in stack.steps if step.name != "pec")))
    without = [p.standard_error for p in predictions if p.mitigation == base]
    if one_norm == 1.0 or not without:
        return
    least = min(p.rms for p in predictions)
    scatter = _PEC_GAIN * one_norm * without[0]
    if scatter > least:
        raise InputError(
            f"it multiplies the shots by about {one_norm**2:.3g}, so that it would scatter by "
            f"more than {_milli(scatter)} mHa"
        )
    samples = getattr(estimator, "samples", 1)
    if samples * len(circuit) * 4.0**circuit.n_qubits > _MOST_WORK:
        raise ResourceError(
            f"predicting it takes {samples:,} circuits of {len(circuit):,} gates on "
            f"{circuit.n_qubits} qubits; ask for it by name"
        )


def simulator_of(inner: MomentEstimator) -> Sampler:
    """What predictions are made with.

    The density matrix of the sampler's noise model up to MOST_EXACT_QUBITS qubits, and global
    depolarizing noise of the same strength beyond. A RememberingSampler is used as it is.
    """
    from qchem_app.backends.noisy import NoisySampler
    from qchem_app.backends.simulator import IdealSampler

    noise = inner.sampler.noise
    if isinstance(inner.sampler, RememberingSampler):
        return inner.sampler
    if noise is None:
        return IdealSampler()
    if inner.circuit.n_qubits <= MOST_EXACT_QUBITS:
        return NoisySampler(noise)
    return DepolarizedSampler(noise)


def choose(
    inner: MomentEstimator,
    theta: np.ndarray,
    *,
    candidates: Sequence[str] | None = None,
    symmetries: Sequence[Symmetry] = (),
    shots: int | None = None,
    ideal: float | None = None,
    reference: np.ndarray | None = None,
    seed: int = 0,
    tell: Callable[[str], None] = lambda message: None,
) -> Decision:
    """The stack with the least expected mean squared error for the shots there are.

    A simpler stack is kept if a better one lowers the expected error by 10 % or less: the
    prediction is no more certain than the noise model.

    Args:
        candidates: None: `default_candidates`.
        inner, theta, symmetries, shots, ideal, reference, seed, tell: as for `predict`.
    """
    noise = inner.sampler.noise
    if candidates is None:
        circuit = inner.circuit
        few = circuit.n_qubits > _MOST_SEARCHED_QUBITS
        candidates = default_candidates(noise, symmetries, parameters=circuit.n_parameters, few=few)
    simulator = simulator_of(inner)
    predictions, left_out = predict(
        inner,
        theta,
        candidates,
        symmetries=symmetries,
        shots=shots,
        ideal=ideal,
        reference=reference,
        simulator=simulator,
        seed=seed,
        tell=tell,
    )
    chosen = _simplest_good(predictions)
    return Decision(
        chosen.mitigation,
        predictions,
        _reason(chosen, predictions, left_out),
        f"expected values from {simulator.name}",
        left_out,
        exact=not isinstance(simulator, DepolarizedSampler),
    )


def _simplest_good(predictions: Sequence[Prediction]) -> Prediction:
    best = min(p.rms for p in predictions)
    good = [p for p in predictions if best >= (1 - _WORTHWHILE) * p.rms - _ROUNDING]
    return min(good, key=lambda p: (len(Stack.parse(p.mitigation).steps), p.rms))


def _reason(
    chosen: Prediction, predictions: Sequence[Prediction], left_out: Sequence[tuple[str, str]]
) -> str:
    raw = predictions[0]
    others = len(predictions) - 1
    if chosen is raw:
        if others == 0 and left_out:
            return "nothing that was considered can run"
        if others == 0:
            return "there is nothing to mitigate"
        subject = f"none of {others} stacks is" if others > 1 else "it is not"
        return (
            f"{subject} expected to do clearly better than the raw energy, off by "
            f"{_milli(raw.rms)} mHa"
        )
    text = (
        f"{chosen.mitigation} is expected to be off by {_milli(chosen.rms)} mHa instead of "
        f"{_milli(raw.rms)} mHa{f', the least of {others} stacks' if others > 1 else ''}"
    )
    if math.isnan(chosen.overhead):
        return text
    if chosen.overhead < _LEAST_OVERHEAD:
        return f"{text}; what it keeps hardly scatters"
    return (
        f"{text}; it is predicted to multiply the shots for the same standard error by "
        f"{chosen.overhead:.3g}"
    )


def _milli(energy: float) -> str:
    """Millihartree; what is below a nanohartree is rounding."""
    return f"{energy * MILLIHARTREE_PER_HARTREE:.3g}" if energy >= _ROUNDING else "less than 1e-06"
