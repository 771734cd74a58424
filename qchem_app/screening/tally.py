"""Tally: how far a screening is, and telling whoever listens."""

from __future__ import annotations

import time
from collections.abc import Sequence

import psutil

from qchem_app.screening.event import Kind, ScreeningEvent, ScreeningProgress
from qchem_app.screening.executors.base import TaskExecutor
from qchem_app.screening.outcome import Outcome
from qchem_app.screening.schedule import Job

_SECONDS_BETWEEN_LOOKS = 0.5  # at the memory of all processes


class Tally:
    """Counts tasks, and compares what they took with what was forecast.

    Args:
        begin: `time.monotonic()` of the start.
        executor: whose workers count.
        on_event: who listens.

    Attributes:
        total, done, failed, reused: see `Summary`.
    """

    def __init__(
        self, begin: float, executor: TaskExecutor, on_event: ScreeningProgress | None
    ) -> None:
        self.begin, self.executor, self.on_event = begin, executor, on_event
        self.total = self.done = self.failed = self.reused = 0
        self._forecast = self._taken = 0.0
        self._process = psutil.Process()
        self._memory, self._looked_at = 0.0, -_SECONDS_BETWEEN_LOOKS

    def add(self, job: Job, outcome: Outcome) -> None:
        """A task has ended, done or failed."""
        if outcome.status == "failed":
            self.failed += 1
        else:
            self.done += 1
            self._forecast += job.forecast.seconds
            self._taken += outcome.seconds

    def tell(
        self,
        kind: Kind,
        job: Job | None,
        message: str,
        outcome: Outcome | None,
        *,
        running: Sequence[tuple[Job, float]],
        waiting: int,
        seconds_waiting: float,
    ) -> None:
        """Make an event of what happened.

        Args:
            kind: what happened.
            job: to which task; None where to none.
            message: one sentence.
            outcome: of the task, where there is one.
            running: jobs, and when they began.
            waiting: how many jobs wait.
            seconds_waiting: forecast of all that wait, seconds.
        """
        if self.on_event is None:
            return
        energy = None if outcome is None else outcome.fields.get("e_vqe")
        here = kind == "started" and self.executor.in_process  # told just before it runs
        self.on_event(
            ScreeningEvent(
                kind=kind,
                name=job.name if job else "",
                task_id=job.task.id if job else "",
                message=message,
                energy=energy if isinstance(energy, float) else None,
                task_seconds=outcome.seconds if outcome else None,
                total=self.total,
                done=self.done,
                failed=self.failed,
                running=len(running) + here,
                waiting=waiting,
                reused=self.reused,
                seconds=time.monotonic() - self.begin,
                seconds_left=self._seconds_left(running, seconds_waiting),
                memory_mb=self._memory_mb(),
            )
        )

    def _seconds_left(
        self, running: Sequence[tuple[Job, float]], seconds_waiting: float
    ) -> float | None:
        """Forecast of what is left, corrected by what tasks took so far; None before the first."""
        if not self._forecast:
            return None
        ratio = self._taken / self._forecast
        now = time.monotonic()
        rest = [max(0.0, ratio * job.forecast.seconds - (now - began)) for job, began in running]
        return max([0.0, (ratio * seconds_waiting + sum(rest)) / self.executor.slots, *rest])

    def _memory_mb(self) -> float:
        """Resident memory of driver and local workers, megabytes; half a second old at most."""
        now = time.monotonic()
        if now - self._looked_at >= _SECONDS_BETWEEN_LOOKS:
            self._looked_at = now
            own = self._process.memory_info().rss / 1e6
            self._memory = own + self.executor.total_memory_mb()
        return self._memory
