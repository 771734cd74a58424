"""Which circuits error cancellation runs, and how they share the shots."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from qchem_app.circuits.circuit import Circuit
from qchem_app.errors import InputError
from qchem_app.mitigation.quasi_probability import QuasiProbability

# Shots of a circuit in each measurement setting, at least; where the budget is small, fewer
# circuits are drawn.
_LEAST_SHOTS = 2
# Parts of the distribution less likely than this are left out.
_NEVER = 1e-13


@dataclass(frozen=True, eq=False)
class Part:
    """Circuits with certain numbers of insertions.

    Attributes:
        probability: of these numbers.
        circuits, counts, signs: as in `Drawn`.
        complete: whether all circuits are listed.
        shots: of each circuit; None for infinitely many.
        shares, drawn: of a part thinned out: see `Stratum`.
    """

    probability: float
    circuits: list[Circuit]
    counts: np.ndarray
    signs: np.ndarray
    complete: bool
    shots: int | None = None
    shares: np.ndarray | None = None
    drawn: float | None = None


def choose_circuits(
    mixture: QuasiProbability,
    samples: int,
    shots: int | None,
    settings: int,
    rng: np.random.Generator,
) -> list[Part]:
    """Parts that cover the mixture, the circuit without insertion first.

    That circuit, the most likely one, is run once with its share of the shots. Circuits with one
    insertion are listed if they are no more than would be drawn, so that chance plays no part in
    them either. Others are drawn, numbers of insertions one by one. All circuits with insertions
    have the same number of shots, as their weights do not differ much: they can run in one call.

    Args:
        samples: number of circuits that may be run.
        shots: of all of them; None for infinitely many.
        settings: measurement settings of each.
        rng: draws the circuits.

    Raises:
        InputError: too few shots.
    """
    numbers = mixture.n_insertions
    plain = Part(float(numbers[0]), [mixture.circuit], np.ones(1), np.ones(1), complete=True)
    least = _LEAST_SHOTS * max(settings, 1)
    inserted = float(numbers[1:].sum())
    parts: list[Part] = []
    first, left = 1, max(samples - 1, 2)
    likely = float(numbers[1]) if numbers.size > 1 else 0.0
    if likely > _NEVER:
        n = mixture.n_singles
        if n <= left * likely / inserted and (shots is None or n * least <= shots * likely):
            parts.append(Part(likely, *mixture.singles(), complete=True))
            first, left = 2, left - n
    rest = float(numbers[first:].sum())
    if rest > _NEVER:
        n = max(left if shots is None else min(left, int(shots * rest) // least), 2)
        for low, high, count in _strata(numbers, first, n):
            part = numbers[low : high + 1]
            chosen = low + rng.choice(part.size, count, p=part / part.sum())
            parts.append(Part(float(part.sum()), *mixture.draw(chosen, rng), complete=False))
    if shots is None:
        return [plain, *parts]
    different = sum(len(part.circuits) for part in parts)
    each = max(least, int(shots * inserted) // different) if different else 0
    if shots - each * different < settings:
        raise InputError(
            f"{shots:,} shots are too few for error cancellation with a one-norm of "
            f"{mixture.one_norm:.3g} in {settings} measurement settings; give at least "
            f"{(each * different + settings) * 2:,}"
        )
    plain = replace(plain, shots=shots - each * different)
    return [plain, *(replace(part, shots=each) for part in parts)]


def thinned(part: Part, n: int, rng: np.random.Generator) -> Part:
    """Some of a part's circuits, which are enough to predict how it will scatter.

    Args:
        n: how many are picked, by their weight.
        rng: picks them.
    """
    if len(part.circuits) <= n:
        return part
    shares = part.counts / part.counts.sum()
    picked, times = np.unique(rng.choice(shares.size, n, p=shares), return_counts=True)
    return replace(
        part,
        circuits=[part.circuits[k] for k in picked],
        counts=times,
        signs=part.signs[picked],
        shares=shares[picked],
        drawn=float(part.counts.sum()),
    )


def _strata(numbers: np.ndarray, first: int, samples: int) -> list[tuple[int, int, int]]:
    """(least, most, samples) insertions of each part, from `first` insertions on.

    Samples are shared in proportion to the probability. A part has at least two of them, so that
    rare numbers of insertions stand together.
    """
    total = float(numbers[first:].sum())
    last = int(np.flatnonzero(np.cumsum(numbers[::-1])[::-1] > _NEVER)[-1])
    parts: list[tuple[int, int, int]] = []
    for k in range(first, last + 1):
        fair = round(samples * float(numbers[k]) / total)
        beyond = round(samples * float(numbers[k + 1 : last + 1].sum()) / total)
        if k == last or fair < 2 or beyond < 2:
            parts.append((k, last, max(2, fair + beyond)))
            break
        parts.append((k, k, fair))
    return parts
