"""Which circuits error cancellation runs, and how they share the shots."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from qchem_app.circuits.circuit import Circuit
from qchem_app.errors import InputError
from qchem_app.mitigation.quasi_probability import Drawn, QuasiProbability

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
        shots: (n_circuits,) int64; None for infinitely many.
    """

    probability: float
    circuits: list[Circuit]
    counts: np.ndarray
    signs: np.ndarray
    complete: bool
    shots: np.ndarray | None = None


def choose_circuits(
    mixture: QuasiProbability,
    samples: int,
    shots: int | None,
    settings: int,
    rng: np.random.Generator,
) -> list[Part]:
    """Parts that cover the mixture.

    The circuit without insertion, which is the most likely, is run once with its share of the
    shots. Those with one insertion are listed if they are no more than would be drawn, so that
    chance plays no part in them either. Others are drawn, numbers of insertions one by one.

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
    parts: list[Part] = []
    first, left = 1, max(samples - 1, 2)
    likely = float(numbers[1]) if numbers.size > 1 else 0.0
    if likely > _NEVER:
        fair = left * likely / float(numbers[1:].sum())
        n = mixture.n_singles
        if n <= fair and (shots is None or n * least <= shots * likely):
            parts.append(_listed(likely, mixture.singles(), shots, least))
            first, left = 2, max(left - n, 2)
    rest = float(numbers[first:].sum())
    if rest > _NEVER:
        n = left if shots is None else min(left, max(2, int(shots * rest) // least))
        strata = _strata(numbers, first, n)
        n = sum(count for _, _, count in strata)
        each = None if shots is None else max(least, int(shots * rest) // n)
        for low, high, count in strata:
            likely_numbers = numbers[low : high + 1]
            chosen = rng.choice(likely_numbers.size, count, p=likely_numbers / likely_numbers.sum())
            drawn = mixture.draw(low + chosen, rng)
            own = None if each is None else each * drawn.counts
            parts.append(Part(float(likely_numbers.sum()), *drawn, complete=False, shots=own))
    if shots is None:
        return [plain, *parts]
    spent = sum(int(part.shots.sum()) for part in parts if part.shots is not None)
    if shots - spent < settings:
        raise InputError(
            f"{shots:,} shots are too few for error cancellation with a one-norm of "
            f"{mixture.one_norm:.3g} in {settings} measurement settings; give at least "
            f"{(spent + settings) * 2:,}"
        )
    return [replace(plain, shots=np.array([shots - spent])), *parts]


def _listed(probability: float, drawn: Drawn, shots: int | None, least: int) -> Part:
    """All circuits of a part; shots go with the probabilities, in a few different amounts."""
    if shots is None:
        return Part(probability, *drawn, complete=True)
    levels = 2.0 ** (np.round(2 * np.log2(drawn.counts / drawn.counts.max())) / 2)
    budget = shots * probability - least * levels.size
    own = least + np.floor(budget * levels / levels.sum()).astype(np.int64)
    return Part(probability, *drawn, complete=True, shots=own)


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
