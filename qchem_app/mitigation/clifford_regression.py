"""CliffordDataRegression: learn what the noise does from circuits that can be simulated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qchem_app.backends.base import CircuitEstimator, Estimate
from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.errors import InputError, UsageError
from qchem_app.mapping.symmetries import Symmetry
from qchem_app.mitigation.ideal import MOST_QUBITS, ideal_energy, kept_weight
from qchem_app.mitigation.near_clifford import near_clifford
from qchem_app.mitigation.technique import Technique
from qchem_app.mitigation.zne import mixed_energy

# Circuits looked at for each that is used.
_POOL = 6
# Training states with less weight in the symmetry sector are not used.
_LEAST_WEIGHT = 0.3
# Ideal energies that differ by less, Hartree, say nothing about the slope.
_ALIKE = 1e-6
# Standard deviation of the slope about that of depolarizing noise, before any training.
_SLOPE_SPREAD = 0.3
# A slope below this leaves no signal to correct.
_LEAST_SLOPE = 0.02
# Step of the numerical derivatives, in standard errors.
_STEP = 1e-3


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Circuits near a given one, and their noiseless energies, Hartree."""

    circuits: tuple[Circuit, ...]
    ideal: np.ndarray


class CliffordDataRegression(Technique[CircuitEstimator]):
    r"""The energy corrected along a straight line through circuits with known energies.

    Most angles of the circuit are turned to multiples of pi/2, which makes circuits of the same
    gates, and so of nearly the same noise, that can be simulated (Czarnik et al.,
    doi:10.22331/q-2021-11-26-592). Their measured energies are fitted by

    .. math:: E_\mathrm{noisy} = \alpha + \beta E_\mathrm{ideal}

    and the line is read backwards at the measured energy of the circuit. The measured energies
    are the ones that scatter, so they are fitted and not fitted with: the other way round, shot
    noise of the training pulls the slope to zero.

    Exact for depolarizing noise on all qubits at once. Otherwise it is as good as the line: it
    fails where the noise treats the training states differently from the circuit's, and where
    these are so alike that they say nothing about the slope. Then the slope of depolarizing noise
    through the maximally mixed state is used, which leaves a correction by a shift (`note` says
    so); with less clear-cut data this slope is a prior. The interval is statistical only.

    Args:
        inner: gives energies of circuits.
        symmetries: those by which `inner` selects outcomes: training energies get the same.
        training: circuits to learn from.
        kept: rotations that keep their angles; None for an eighth of them, where a state vector
            fits.
        target_share: share of the shots for the circuit itself; the training has the rest.
        seed: of the choice of training circuits.

    Attributes:
        note: a sentence where the last regression was degenerate; otherwise empty.

    Raises:
        UsageError: fewer than two training circuits, a share outside 0 to 1.
    """

    def __init__(
        self,
        inner: CircuitEstimator,
        *,
        symmetries: Sequence[Symmetry] = (),
        training: int = 10,
        kept: int | None = None,
        target_share: float = 0.5,
        seed: int = 0,
    ) -> None:
        super().__init__(inner)
        if training < 2:
            raise UsageError(f"give at least 2 training circuits, found {training}")
        if not 0.0 < target_share < 1.0:
            raise UsageError(
                f"the circuit's share of the shots lies between 0 and 1, found {target_share}"
            )
        self.symmetries, self.training, self.kept = tuple(symmetries), training, kept
        self.target_share, self.seed = target_share, seed
        self.mixed = mixed_energy(inner.plan)
        self.note = ""
        self._known: dict[tuple[Gate, ...], TrainingSet] = {}

    def training_set(self, circuit: Circuit) -> TrainingSet:
        """The circuits that a bound circuit is corrected with: the same for every call.

        Of a larger pool, those are taken whose noiseless energies are spread most evenly.
        """
        if circuit.gates not in self._known:
            rotations = sum(not gate.is_clifford for gate in circuit.gates)
            kept = -(-rotations // 8) if self.kept is None else self.kept
            if circuit.n_qubits > MOST_QUBITS:
                kept = 0
            pool = near_clifford(circuit, _POOL * self.training, kept, self.seed)
            if self.symmetries:
                pool = [c for c in pool if kept_weight(c, self.symmetries) > _LEAST_WEIGHT]
            observable = self.plan.observable
            energies = np.array([ideal_energy(c, observable, self.symmetries) for c in pool])
            order = np.argsort(energies, kind="stable")
            chosen = np.sort(order[_spread(energies[order], self.training)])
            self._known[circuit.gates] = TrainingSet(
                tuple(pool[k] for k in chosen), energies[chosen]
            )
        return self._known[circuit.gates]

    def estimate_circuits(
        self, circuits: Sequence[Circuit], shots: int | None, rng: np.random.Generator | None
    ) -> list[Estimate]:
        """Energies of bound circuits, `shots` shots for each over itself and its training.

        Raises:
            InputError: too few shots, no training circuits, no signal left.
        """
        return [self._estimate(circuit, shots, rng) for circuit in circuits]

    def _estimate(
        self, circuit: Circuit, shots: int | None, rng: np.random.Generator | None
    ) -> Estimate:
        data = self.training_set(circuit)
        n = len(data.circuits)
        if n == 0:
            raise InputError(
                "Clifford data regression finds no training circuits: every choice of Clifford "
                "angles leaves the symmetry sector; use another mitigation"
            )
        own, each = None, None
        if shots is not None:
            each = int((1 - self.target_share) * shots) // n
            own = shots - n * each
            if each < max(len(self.plan.groups), 1):
                raise InputError(
                    f"{shots:,} shots leave {each:,} for each of {n} training circuits, which are "
                    f"measured in {len(self.plan.groups):,} settings; give more shots"
                )
        target = self.inner.estimate_circuits([circuit], own, rng)[0]
        learned = self.inner.estimate_circuits(data.circuits, each, rng)
        x = np.array([target.value, *(e.value for e in learned)])
        sigma = np.array([target.standard_error, *(e.standard_error for e in learned)])
        self.note = ""
        if np.ptp(data.ideal) < _ALIKE:
            self.note = (
                f"all {n} training circuits have nearly the same energy, so that the regression "
                "corrects by a shift only, with the slope of depolarizing noise"
            )
        value = self._read(x, sigma, data.ideal)
        variance = 0.0
        for k in np.flatnonzero(sigma):
            step = np.zeros(n + 1)
            step[k] = _STEP * sigma[k]
            up, down = (self._read(x + s * step, sigma, data.ideal) for s in (1, -1))
            variance += ((up - down) / (2 * _STEP)) ** 2
        ledger = sum((e.ledger for e in learned), target.ledger)
        return Estimate(value, math.sqrt(variance), ledger)

    def _read(self, x: np.ndarray, sigma: np.ndarray, ideal: np.ndarray) -> float:
        """Ideal energy that the line gives for the noisy energy x[0], taught by x[1:]."""
        weights = _weights(x[1:], sigma[1:], ideal)
        centre, level = weights @ ideal / weights.sum(), weights @ x[1:] / weights.sum()
        # noise that takes the fraction 1 - f of every state to the maximally mixed one
        above = centre - self.mixed
        slope = (level - self.mixed) / above if abs(above) > _ALIKE else 1.0
        slope = min(max(slope, _LEAST_SLOPE), 1.0)
        away = ideal - centre
        information = weights @ away**2
        if np.ptp(ideal) >= _ALIKE:
            prior = 1 / _SLOPE_SPREAD**2 if sigma[1:].any() else 0.0
            slope = (weights @ (away * x[1:]) + prior * slope) / (information + prior)
        if slope < _LEAST_SLOPE:
            raise InputError(
                f"Clifford data regression finds no signal: energies of the training circuits "
                f"rise by {slope:.3g} Ha per Ha of their noiseless energies; the noise is too "
                "strong or the shots are too few"
            )
        return float(centre + (x[0] - level) / slope)


def _weights(x: np.ndarray, sigma: np.ndarray, ideal: np.ndarray) -> np.ndarray:
    """(n,) inverse variances of the training energies about a line, 1/Hartree^2.

    Beyond shot noise, circuits scatter because noise treats them differently: the excess over
    shot noise, by the method of moments, is added to all variances.
    """
    n = x.size
    if not sigma.any():
        return np.ones(n)
    variance = np.maximum(sigma, 1e-3 * sigma.max()) ** 2
    if n < 3 or np.ptp(ideal) < _ALIKE:
        return 1 / variance
    w = 1 / variance
    powers = np.stack([np.ones(n), ideal], axis=1)
    hat = np.linalg.pinv(powers * np.sqrt(w)[:, None])
    rest = x - powers @ (hat @ (np.sqrt(w) * x))
    leverage = np.einsum("ik,ki->i", powers * np.sqrt(w)[:, None], hat)
    excess = (w @ rest**2 - (n - 2)) / float(w @ (1 - leverage))
    return 1 / (variance + max(excess, 0.0))


def _spread(energies: np.ndarray, number: int) -> np.ndarray:
    """Places of at most `number` of the ascending energies, as evenly spread as they allow."""
    if energies.size <= number:
        return np.arange(energies.size)
    chosen: list[int] = []
    for wanted in np.linspace(energies[0], energies[-1], number):
        distance = np.abs(energies - wanted)
        distance[chosen] = np.inf
        chosen.append(int(np.argmin(distance)))
    return np.array(sorted(chosen))
