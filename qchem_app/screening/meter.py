"""Meter: time spent, time left and memory of a running screening."""

from __future__ import annotations

import time
from collections.abc import Sequence

import psutil

from qchem_app.screening.executors.base import TaskExecutor
from qchem_app.screening.outcome import Outcome
from qchem_app.screening.schedule import Job

_SECONDS_BETWEEN_LOOKS = 0.5


class Meter:
    """Compares what tasks took with what was forecast.

    Args:
        begin: `time.monotonic()` of the start.
        executor: whose workers count.
    """

    def __init__(self, begin: float, executor: TaskExecutor) -> None:
        self.begin, self.executor = begin, executor
        self._forecast = self._taken = 0.0
        self._process = psutil.Process()
        self._memory, self._looked_at = 0.0, -_SECONDS_BETWEEN_LOOKS

    @property
    def seconds(self) -> float:
        """Wall time so far."""
        return time.monotonic() - self.begin

    def add(self, job: Job, outcome: Outcome) -> None:
        """A task has ended."""
        self._forecast += job.forecast.seconds
        self._taken += outcome.seconds

    def seconds_left(self, waiting: float, running: Sequence[tuple[Job, float]]) -> float | None:
        """Forecast of what is left, corrected by what tasks took so far; None before the first.

        Args:
            waiting: forecast of all that wait, seconds.
            running: jobs, and when they began.
        """
        if not self._forecast:
            return None
        ratio = self._taken / self._forecast
        now = time.monotonic()
        rest = [max(0.0, ratio * job.forecast.seconds - (now - began)) for job, began in running]
        return max([0.0, (ratio * waiting + sum(rest)) / self.executor.slots, *rest])

    def memory_mb(self) -> float:
        """Resident memory of driver and local workers, megabytes; half a second old at most."""
        now = time.monotonic()
        if now - self._looked_at >= _SECONDS_BETWEEN_LOOKS:
            self._looked_at = now
            own = self._process.memory_info().rss / 1e6
            self._memory = own + self.executor.total_memory_mb()
        return self._memory
