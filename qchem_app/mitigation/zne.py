"""Zero-noise extrapolation: measure with more noise, follow the energies back to none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from qchem_app.backends.base import CircuitEstimator, Estimate, Ledger, MomentEstimator
from qchem_app.circuits.circuit import Circuit
from qchem_app.errors import InputError, UsageError
from qchem_app.measurement.plan import MeasurementPlan
from qchem_app.mitigation.curve import Extrapolation
from qchem_app.mitigation.extrapolation import Fit, extrapolate, sensitivities
from qchem_app.mitigation.folding import Folding, fold
from qchem_app.mitigation.technique import Technique

# Decay per unit of noise scale where the noise is not known, and the range of predictions used:
# shots are shared by it, nothing else.
_UNKNOWN_DECAY = 0.2
_LARGEST_DECAY = 1.0


class ZeroNoiseExtrapolation(Technique[CircuitEstimator]):
    r"""The energy at noise scale 0, from the energies of folded circuits.

    Temme et al., doi:10.1103/PhysRevLett.119.180509; Giurgica-Tiron et al.,
    doi:10.1109/QCE49297.2020.00045.

    Biased unless the energy follows the fitted curve. The exponential with the asymptote
    tr(H)/2^n is exact for depolarizing noise on all qubits at once; linear and Richardson
    extrapolation leave an error of the next order in the noise times the scale. It fails where
    folding does not scale the noise (readout error, noise that drifts; coherent errors that cancel
    or add up in pairs of inverse gates), where the largest scale has
    lost the signal, and, for the asymptote, where the noise drives the state elsewhere (amplitude
    damping). Its interval is statistical only. The variance grows by (sum |w|)^2 for a
    combination of energies with weights w, 4 for scales 1 and 3 and a straight line.

    Shots are shared among the scales in proportion to how much the extrapolated energy depends
    on each energy.

    Args:
        inner: gives energies of folded circuits. With symmetry verification inside, the curve
            is fitted to the energies that this gives.
        scales: noise scales to ask for; the fit uses those that folding reaches.
        fit: see `extrapolate`.
        folding: see `fold`.
        degree: of a polynomial fit.
        asymptote: energy at infinite noise, Hartree; None for that of the maximally mixed state.
        sigma: standard deviation of angle errors, radians, for folding "parameter-noise".
        draws: circuits per scale there, at least two, over which the energies are averaged.
        seed: of the places of a fraction; the same circuits come out every time.
        fold_settings: fold the basis changes before measurement too, where `inner` has a plan
            that can be exchanged.

    Raises:
        UsageError: scales below 1, too few for the fit, unknown fit or folding.
    """

    def __init__(
        self,
        inner: CircuitEstimator,
        *,
        scales: Sequence[float] = (1.0, 3.0, 5.0),
        fit: Fit = "exponential",
        folding: Folding = "global",
        degree: int = 2,
        asymptote: float | None = None,
        sigma: float | None = None,
        draws: int = 32,
        seed: int = 0,
        fold_settings: bool = True,
    ) -> None:
        super().__init__(inner)
        self.scales = tuple(float(scale) for scale in scales)
        self.fit, self.folding, self.degree, self.sigma = fit, folding, degree, sigma
        self.draws, self.seed = draws, seed
        for scale in self.scales:
            fold(Circuit(1), scale, folding, sigma=sigma)
        sensitivities(np.array(self.scales), fit, degree=degree)
        if draws < 2:
            raise UsageError(f"give at least 2 draws of random angles, found {draws}")
        self.asymptote = mixed_energy(inner.plan) if asymptote is None else asymptote
        noise = inner.sampler.noise
        self._noise = noise.twirled() if noise is not None and not noise.is_pauli else noise
        self._inner_at = [
            self._with_folded_settings(scale) if fold_settings else inner for scale in self.scales
        ]

    def extrapolation(self, points: Sequence[tuple[float, float, float]]) -> Extrapolation:
        """Limit and curve through (scale, energy, standard error) points, as in an Estimate."""
        scales, values, errors = np.array(points, dtype=float).T
        return extrapolate(
            scales, values, errors, self.fit, degree=self.degree, asymptote=self.asymptote
        )

    def estimate_circuits(
        self, circuits: Sequence[Circuit], shots: int | None, rng: np.random.Generator | None
    ) -> list[Estimate]:
        """Energies of bound circuits, `shots` shots for each over all its noise scales.

        Raises:
            InputError: too few shots, a circuit that cannot be folded, points that the curve
                cannot go through.
        """
        folded = [
            [self._versions(circuit, scale, rng) for scale in self.scales] for circuit in circuits
        ]
        estimates: list[Estimate] = []
        share = self._share(circuits, folded, shots)
        points: list[list[tuple[float, float, float]]] = [[] for _ in circuits]
        ledgers = [Ledger() for _ in circuits]
        for k in range(len(self.scales)):
            n = len(folded[0][k][0]) if folded else 0
            versions = [version for row in folded for version in row[k][0]]
            each = None if share is None else share[k] // n
            energies = self._inner_at[k].estimate_circuits(versions, each, rng)
            for c, row in enumerate(folded):
                own = energies[c * n : (c + 1) * n]
                points[c].append((row[k][1], *_mean(own, exact=rng is None)))
                ledgers[c] = sum((e.ledger for e in own), ledgers[c])
        for own_points, ledger in zip(points, ledgers, strict=True):
            limit = self.extrapolation(own_points)
            estimates.append(
                Estimate(limit.value, limit.standard_error, ledger, points=tuple(own_points))
            )
        return estimates

    def _versions(
        self, circuit: Circuit, scale: float, outer: np.random.Generator | None
    ) -> tuple[list[Circuit], float]:
        """Folded circuits whose energies are averaged, and the scale that they have."""
        rng, n = np.random.default_rng(self.seed), 1
        if self.folding == "parameter-noise":
            # their scatter is part of the standard error, so that they must differ every time
            rng, n = outer or rng, self.draws
        versions = [fold(circuit, scale, self.folding, rng=rng, sigma=self.sigma) for _ in range(n)]
        return [version.circuit for version in versions], versions[0].scale

    def _with_folded_settings(self, scale: float) -> CircuitEstimator:
        if self.folding == "parameter-noise" or not isinstance(self.inner, MomentEstimator):
            return self.inner
        rng = np.random.default_rng(self.seed)
        groups = tuple(
            replace(group, setting=fold(group.setting, scale, self.folding, rng=rng).circuit)
            for group in self.inner.plan.groups
        )
        try:
            return self.inner.with_plan(replace(self.inner.plan, groups=groups))
        except InputError:  # verification by projection has measuring circuits of its own
            return self.inner

    def _share(
        self,
        circuits: Sequence[Circuit],
        folded: list[list[tuple[list[Circuit], float]]],
        shots: int | None,
    ) -> list[int] | None:
        """Shots of each scale, the same for all circuits."""
        if not circuits:
            return None
        reached = np.array([scale for _, scale in folded[0]])
        if np.unique(np.round(reached, 9)).size < reached.size:
            raise InputError(
                f"folding {self.folding!r} of a circuit of {len(circuits[0])} gates reaches the "
                f"noise scales {', '.join(f'{scale:.4g}' for scale in reached)}; ask for scales "
                "further apart or choose another folding"
            )
        if shots is None:
            return None
        decay = self._decay(circuits[0])
        weights = np.abs(sensitivities(reached, self.fit, degree=self.degree, decay=decay))
        least = max(len(self.plan.groups), 1) * len(folded[0][0][0])
        if shots < least * reached.size:
            raise InputError(
                f"{shots:,} shots cannot be shared among {reached.size} noise scales of "
                f"{least:,} measurement circuits each; give at least {least * reached.size:,}, "
                "better many times as many"
            )
        parts = np.floor(least + (shots - least * reached.size) * weights / weights.sum())
        parts[0] += shots - parts.sum()
        return [int(part) for part in parts]

    def _decay(self, circuit: Circuit) -> float:
        """Exponent of the signal's decay per noise scale, as the noise model predicts it."""
        noise = self._noise
        if noise is None or not self.fit.startswith("exponential"):
            return _UNKNOWN_DECAY
        total = 0.0
        for gate in circuit.gates:
            p = noise.pauli_probabilities(gate)
            if p is not None:
                total += (1 - float(p[0])) * p.size / (p.size - 1)
        return min(total, _LARGEST_DECAY)


def mixed_energy(plan: MeasurementPlan) -> float:
    """Energy, Hartree, that a plan measures where all outcomes are equally likely.

    tr(H) / 2^n, or the mean over the allowed outcomes where outcomes are selected.
    """
    energy = plan.observable.constant
    for group in plan.groups:
        numerator, denominator = (
            float(f.coefficients[f.masks == 0].sum()) for f in (group.numerator, group.denominator)
        )
        energy += numerator / denominator
    return energy


def _mean(estimates: Sequence[Estimate], *, exact: bool) -> tuple[float, float]:
    """Mean of estimates of random circuits and its standard error.

    The spread of measured energies contains the shot noise; that of exact ones does not.
    """
    n = len(estimates)
    values = np.array([e.value for e in estimates])
    shot_noise = float(np.sum([e.standard_error**2 for e in estimates])) / n**2
    spread = float(np.var(values, ddof=1)) / n if n > 1 else 0.0
    variance = shot_noise + spread if exact or n == 1 else spread
    return float(values.mean()), math.sqrt(variance)
