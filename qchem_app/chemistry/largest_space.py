"""The largest active space that fits: natural orbitals added until time or memory is used up."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import NoReturn

import numpy as np

from qchem_app.chemistry.mean_field import MeanField
from qchem_app.chemistry.natural_orbitals import (
    estimate_memory_mb,
    estimate_seconds,
    mp2_natural_orbitals,
)
from qchem_app.chemistry.orbital_space import (
    ActiveSpace,
    Block,
    block_space,
    chemical_core,
    frozen_core_space,
    slice_space,
    with_reason,
)
from qchem_app.chemistry.orbitals import orbital_irreps
from qchem_app.chemistry.preflight import Limits, count, describe, duration, forecast, memory
from qchem_app.chemistry.space_request import SpaceRequest
from qchem_app.errors import InputError, ResourceError
from qchem_app.planning.cost import Cost

#: Occupations that differ by less than this share belong to one degenerate set.
_DEGENERATE = 1e-3
_NATURAL = "MP2 natural orbitals with a change of occupation"


@dataclass(frozen=True, eq=False)
class _Ranking:
    """Orbitals by what they do for correlation.

    Attributes:
        frozen: doubly occupied orbitals that are never active.
        occupied: the other doubly occupied ones, the most important first.
        holes: (n,) 2 minus their occupation, descending.
        virtual: the empty ones, the most important first.
        particles: (m,) their occupation, descending.
        by_energy: whether nearness to the Fermi level stands in for the occupations.
    """

    frozen: Block
    occupied: Block
    holes: np.ndarray
    virtual: Block
    particles: np.ndarray
    by_energy: bool = False

    def levels(self) -> list[float]:
        """Thresholds, descending, between any two of which no degenerate set is cut."""
        scores = np.sort(np.concatenate([self.holes, self.particles]))[::-1]
        scores = scores[scores > 0]
        cuts = [
            float(np.sqrt(a * b)) for a, b in itertools.pairwise(scores) if a - b > _DEGENERATE * a
        ]
        return [*cuts, float(scores[-1]) / 2] if scores.size else []

    def sizes(self, threshold: float) -> tuple[int, int]:
        """Numbers of occupied and of empty orbitals above a threshold, degenerate sets whole."""
        return _above(self.holes, threshold), _above(self.particles, threshold)

    def blocks(self, threshold: float) -> tuple[Block, Block, Block, Block]:
        """Core, active doubly occupied, active empty and left-out empty orbitals."""
        n, m = self.sizes(threshold)
        core = (
            np.hstack([self.frozen[0], self.occupied[0][:, n:]]),
            np.append(self.frozen[1], self.occupied[1][n:]),
        )
        return (
            core,
            (self.occupied[0][:, :n], self.occupied[1][:n]),
            (self.virtual[0][:, :m], self.virtual[1][:m]),
            (self.virtual[0][:, m:], self.virtual[1][m:]),
        )


def _above(scores: np.ndarray, threshold: float) -> int:
    """How many of the descending scores are above the threshold, with whole degenerate sets."""
    n = int(np.count_nonzero(scores > threshold))
    while 0 < n < scores.size and scores[n - 1] - scores[n] < _DEGENERATE * scores[n - 1]:
        n += 1
    return n


def largest_space(mean_field: MeanField, text: str, limits: Limits) -> ActiveSpace:
    """The largest of full, frozen-core and natural-orbital space that the limits allow.

    Args:
        mean_field: where the orbitals come from.
        text: the specification as given.
        limits: what a calculation may take.

    Raises:
        ResourceError: not even two correlated orbitals fit.
    """
    full = slice_space(mean_field, 0, None, SpaceRequest(text, "full"), "")
    cost = forecast(full.norb, full.nelec, full.orbsym, limits)
    if limits.allow(cost):
        return with_reason(full, f"full space fits: {describe(cost)}")
    too_large = [f"full would need {describe(cost)}"]
    if 0 < chemical_core(mean_field) < max(mean_field.mf.mol.nelec):
        frozen = frozen_core_space(mean_field, SpaceRequest(text, "frozen-core"))
        cost = forecast(frozen.norb, frozen.nelec, frozen.orbsym, limits)
        if limits.allow(cost):
            return with_reason(
                frozen, f"frozen-core is the largest that fits: {describe(cost)} ({too_large[0]})"
            )
        too_large.append(f"frozen-core {describe(cost)}")
    ranking = _rank(mean_field, limits)
    threshold = _fitting_threshold(mean_field, ranking, limits)
    if threshold is None:
        raise ResourceError(
            f"not even the two most correlated orbitals fit {duration(limits.seconds)} and "
            f"{memory(limits.memory_mb)}: raise the limits"
        )
    if ranking.by_energy:
        request = SpaceRequest(text, "cas")
        what = (
            "orbitals nearest to the Fermi level, because MP2 natural orbitals would take "
            f"{duration(estimate_seconds(mean_field))} and {memory(estimate_memory_mb(mean_field))}"
        )
    else:
        request = SpaceRequest(text, "natural", threshold=threshold)
        what = f"{_NATURAL} above {threshold:g}"
    space = block_space(mean_field, ranking.blocks(threshold), request, "")
    cost = forecast(space.norb, space.nelec, space.orbsym, limits)
    return with_reason(
        space, f"the most that fits is {what}: {describe(cost)} ({', '.join(too_large)})"
    )


def natural_space(mean_field: MeanField, request: SpaceRequest, limits: Limits) -> ActiveSpace:
    """Natural orbitals whose occupation is off 2 or 0 by more than the asked threshold.

    Raises:
        InputError: no occupied or no empty orbital is above the threshold.
        ResourceError: the MP2 itself does not fit the limits.
    """
    ranking = _rank(mean_field, limits)
    if ranking.by_energy:
        raise ResourceError(
            f"MP2 natural orbitals of {mean_field.mf.mo_occ.size} orbitals would take "
            f"{duration(estimate_seconds(mean_field))} and "
            f"{memory(estimate_memory_mb(mean_field))}: use NE,NO or auto, or raise the limits"
        )
    n, m = ranking.sizes(request.threshold)
    if n + np.count_nonzero(mean_field.mf.mo_occ == 1) == 0 or m == 0:
        largest = min((s[0] for s in (ranking.holes, ranking.particles) if s.size), default=0.0)
        hint = f"lower it below {largest:.2g}" if largest > 0 else "use full"
        raise InputError(
            f"active space natural:{request.threshold:g} is empty, because no occupation changes "
            f"by that much: {hint}"
        )
    reason = f"{_NATURAL} above {request.threshold:g}"
    return block_space(mean_field, ranking.blocks(request.threshold), request, reason)


def refuse(mean_field: MeanField, text: str, cost: Cost, limits: Limits) -> NoReturn:
    """Say that a space does not fit, and what would.

    Raises:
        ResourceError: always.
    """
    try:
        other = largest_space(mean_field, "auto", limits)
        suggestion = (
            f"use {_spec(other)}, which has {sum(other.nelec)} electrons in {other.norb} orbitals, "
            "or raise the limits"
        )
    except ResourceError:
        suggestion = "raise the limits"
    raise ResourceError(
        f"active space {text!r} has {count(cost.determinants)} determinants and needs "
        f"{memory(cost.memory_mb)} and {duration(cost.seconds)}, but "
        f"{memory(limits.memory_mb)} and {limits.seconds:g} s are allowed: {suggestion}"
    )


def _spec(space: ActiveSpace) -> str:
    """A specification that selects the same space."""
    if space.kind == "cas":
        return f"{sum(space.nelec)},{space.norb}"
    return f"natural:{space.threshold:g}" if space.kind == "natural" else space.kind


def _rank(mean_field: MeanField, limits: Limits) -> _Ranking:
    mf = mean_field.mf
    occ, coeff = np.asarray(mf.mo_occ), np.asarray(mf.mo_coeff)
    irreps = orbital_irreps(mf.mol, coeff, mf.get_ovlp())
    doubly, empty = np.flatnonzero(occ == 2), np.flatnonzero(occ == 0)
    n_frozen = chemical_core(mean_field)
    if n_frozen == doubly.size and not np.any(occ == 1):
        n_frozen = 0
    frozen, doubly = doubly[:n_frozen], doubly[n_frozen:]
    block = (coeff[:, frozen], irreps[frozen])
    too_slow = estimate_seconds(mean_field) > max(limits.seconds, 60.0)
    if not too_slow and estimate_memory_mb(mean_field) < limits.memory_mb:
        natural = mp2_natural_orbitals(mean_field, n_frozen)
        return _Ranking(
            block,
            (natural.occupied, natural.occupied_irreps),
            natural.holes,
            (natural.virtual, natural.virtual_irreps),
            natural.particles,
        )
    # 1 / (1 + distance) falls with the distance as occupations do.
    energy = np.asarray(mf.mo_energy)
    middle = (energy[occ > 0].max() + energy[empty].min()) / 2 if empty.size else 0.0
    doubly = doubly[::-1]
    return _Ranking(
        block,
        (coeff[:, doubly], irreps[doubly]),
        1 / (1 + np.abs(energy[doubly] - middle)),
        (coeff[:, empty], irreps[empty]),
        1 / (1 + np.abs(energy[empty] - middle)),
        by_energy=True,
    )


def _fitting_threshold(mean_field: MeanField, ranking: _Ranking, limits: Limits) -> float | None:
    """The lowest threshold whose space fits, rounded up to few digits; None if there is none."""
    mf = mean_field.mf
    singly = np.flatnonzero(np.asarray(mf.mo_occ) == 1)
    open_irreps = orbital_irreps(mf.mol, np.asarray(mf.mo_coeff)[:, singly], mf.get_ovlp())

    def fits(threshold: float) -> bool:
        n, m = ranking.sizes(threshold)
        orbsym = np.concatenate([ranking.occupied[1][:n], open_irreps, ranking.virtual[1][:m]])
        nelec = (n + singly.size, n)
        return limits.allow(forecast(orbsym.size, nelec, orbsym, limits))

    levels = [
        level
        for level in ranking.levels()
        if ranking.sizes(level)[0] + singly.size and ranking.sizes(level)[1]
    ]
    low, high = 0, len(levels)  # levels[:low] fit, levels[high:] do not
    while low < high:
        middle = (low + high) // 2
        if fits(levels[middle]):
            low = middle + 1
        else:
            high = middle
    if low == 0:
        return None
    exact = levels[low - 1]
    for digits in range(2, 8):
        rounded = float(f"{exact:.{digits}g}")
        if ranking.sizes(rounded) == ranking.sizes(exact):
            return rounded
    return exact
