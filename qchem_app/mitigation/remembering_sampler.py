"""RememberingSampler: a simulator that runs no circuit twice."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from qchem_app.backends.base import Sampler
from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.measurement.counts import Counts

_Gates = tuple[Gate, ...]
# Probabilities that are kept: 512 MB.
_MOST = 1 << 26


class RememberingSampler:
    """Another sampler's exact probabilities, kept, and counts that are drawn from them.

    For predictions and benchmarks, which ask for the same circuits again and again.

    Args:
        sampler: can give exact probabilities.
    """

    def __init__(self, sampler: Sampler) -> None:
        self.sampler = sampler
        self.name, self.noise = sampler.name, sampler.noise
        self._known: dict[_Gates, dict[_Gates, Counts]] = {}
        self._size = 0

    def sample(
        self,
        circuits: Sequence[Circuit],
        settings: Sequence[Circuit],
        shots: np.ndarray | None,
        rng: np.random.Generator | None,
    ) -> list[list[Counts]]:
        """Counts of each circuit in each setting: see `base.Sampler`."""
        known = [self._known.setdefault(circuit.gates, {}) for circuit in circuits]
        missing: dict[tuple[int, ...], dict[_Gates, Circuit]] = {}
        for circuit, row in zip(circuits, known, strict=True):
            where = tuple(s for s, setting in enumerate(settings) if setting.gates not in row)
            if where:
                missing.setdefault(where, {})[circuit.gates] = circuit
        for where, some in missing.items():
            wanted = [settings[s] for s in where]
            found = self.sampler.sample(list(some.values()), wanted, None, None)
            for gates, counts in zip(some, found, strict=True):
                for setting, count in zip(wanted, counts, strict=True):
                    self._known[gates][setting.gates] = count
                    self._size += count.weights.size
        out = [
            [
                _drawn(row[setting.gates], None if shots is None else int(shots[c, s]), rng)
                for s, setting in enumerate(settings)
            ]
            for c, row in enumerate(known)
        ]
        if self._size > _MOST:
            self._known.clear()
            self._size = 0
        return out


def _drawn(exact: Counts, shots: int | None, rng: np.random.Generator | None) -> Counts:
    if shots is None or rng is None:
        return Counts(exact.outcomes, exact.weights, math.inf if shots is None else shots)
    drawn = rng.multinomial(shots, exact.weights)
    seen = np.flatnonzero(drawn)
    return Counts(exact.outcomes[seen], drawn[seen] / shots, shots)
