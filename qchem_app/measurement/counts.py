"""Counts: which outcomes a circuit gave, and how often."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Counts:
    """Relative frequencies of the outcomes of one measured circuit.

    Attributes:
        outcomes: (k,) uint64, distinct; bit q is the outcome of qubit q.
        weights: (k,) float64 relative frequencies or probabilities; they sum to one.
        shots: how many measurements the weights stand for; infinite where they are exact
            probabilities. Probabilities with a finite number predict what so many would scatter.
    """

    outcomes: np.ndarray
    weights: np.ndarray
    shots: float = math.inf

    @classmethod
    def from_probabilities(
        cls, probabilities: np.ndarray, shots: int | None, rng: np.random.Generator | None
    ) -> Counts:
        """Sample a (2**n,) vector of probabilities; the probabilities themselves without `rng`.

        Args:
            probabilities: rounding below zero is cut off.
            shots: None for infinitely many.
            rng: draws the outcomes; None gives expected counts.
        """
        p = np.clip(probabilities, 0.0, None)
        p = p / p.sum()
        if shots is None or rng is None:
            outcomes = np.flatnonzero(p)
            return cls(
                outcomes.astype(np.uint64), p[outcomes], math.inf if shots is None else shots
            )
        drawn = rng.multinomial(shots, p)
        outcomes = np.flatnonzero(drawn)
        return cls(outcomes.astype(np.uint64), drawn[outcomes] / max(shots, 1), shots)
