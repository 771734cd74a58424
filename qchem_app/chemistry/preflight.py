"""What an active space would cost, before anything is allocated for it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from qchem_app.planning.cost import Cost, available_memory_mb, estimate_cost

_INTEGRAL_COPIES = 3  # of (pq|rs) alive at the peak: while transforming, and in the references
_FCI_SHARE = 2.0  # FCI beside a VQE of the same space, in units of the VQE's time
_SERIAL = 0.5  # share of the work that more threads do not speed up


@dataclass(frozen=True)
class Limits:
    """What a calculation may take.

    Attributes:
        seconds: time that VQE and FCI may be planned to take.
        memory_mb: memory, megabytes (1e6 bytes).
        threads: processor cores.
        fci: whether FCI runs beside the VQE, in the same time.
    """

    seconds: float
    memory_mb: float
    threads: int = 1
    fci: bool = False

    @classmethod
    def make(
        cls,
        time_limit: float,
        memory_limit: float | None,
        references: Collection[str] | None,
        threads: int | None,
    ) -> Limits:
        """Limits from the settings of a run; no memory limit means what the machine has free."""
        memory = available_memory_mb() if memory_limit is None else memory_limit
        with_fci = references is None or "fci" in references  # where it is cheap, it will run
        return cls(time_limit, memory, max(1, threads or 1), with_fci)

    def allow(self, cost: Cost) -> bool:
        """Whether a forecast is within both limits."""
        return cost.seconds <= self.seconds and cost.memory_mb <= self.memory_mb


def forecast(norb: int, nelec: tuple[int, int], orbsym: np.ndarray, limits: Limits) -> Cost:
    """Forecast of everything that is done in an active space, on as many cores as allowed.

    Args:
        norb: number of orbitals.
        nelec: (n_alpha, n_beta).
        orbsym: (norb,) irreps, the occupied orbitals first.
        limits: how many cores, and whether FCI runs, too.
    """
    try:
        cost = estimate_cost(norb, nelec, orbsym)
        seconds = cost.seconds * (1 + limits.fci * _FCI_SHARE)
        seconds *= _SERIAL + (1 - _SERIAL) / limits.threads
        memory = cost.memory_mb + _INTEGRAL_COPIES * 8e-6 * norb**4
    except OverflowError:  # more determinants than a double can count
        return Cost(determinants=10**300, parameters=0, memory_mb=math.inf, seconds=math.inf)
    return dataclasses.replace(cost, seconds=seconds, memory_mb=memory)


def describe(cost: Cost) -> str:
    """Determinants and time of a forecast, in a phrase."""
    plural = "" if cost.determinants == 1 else "s"
    return f"{count(cost.determinants)} determinant{plural}, {duration(cost.seconds)}"


def count(number: int) -> str:
    """A count that can be read: in full up to a billion, then as a power of ten."""
    if number < 10**9:
        return f"{number:,}"
    exponent = len(str(number)) - 1
    return f"1e{exponent}" if exponent >= 300 else f"{number / 10**exponent:.1f}e{exponent}"


def duration(seconds: float) -> str:
    """A rough time in the unit that a person would use."""
    if seconds < 1:
        return "under 1 s"
    for unit, size in (("s", 1), ("min", 60), ("h", 3600), ("days", 86400)):
        if seconds < 120 * size or (unit == "days" and seconds < 730 * size):
            return f"about {seconds / size:.0f} {unit}"
    years = seconds / (365.25 * 86400)
    return f"about {years:.0f} years" if years < 1e4 else "longer than anyone can wait"


def memory(megabytes: float) -> str:
    """An amount of memory in the unit that a person would use."""
    if megabytes < 1e3:
        return f"{megabytes:.0f} MB"
    if megabytes < 1e6:
        return f"{megabytes / 1e3:.1f} GB"
    return f"{megabytes / 1e6:,.0f} TB" if megabytes < 1e12 else "more memory than there is"
