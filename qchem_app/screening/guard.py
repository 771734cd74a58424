"""Guard: which running tasks have gone beyond what they, or all together, may take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from qchem_app.chemistry.preflight import memory
from qchem_app.screening.executors.base import TaskExecutor
from qchem_app.screening.forecast import WORKER_MB
from qchem_app.screening.limits import RunLimits
from qchem_app.screening.schedule import Job


@dataclass
class Attempt:
    """A job that is under way.

    Attributes:
        job: which one.
        began: `time.monotonic()` at which it was given to a worker.
        alone: nothing else ran beside it, all the time.
        killed: why it is to end, one sentence, if the driver decided so for good.
        killed_at: when.
        used_mb: what it took when it had to give way to others, megabytes; 0 where it had not.
    """

    job: Job
    began: float
    alone: bool
    killed: str = ""
    killed_at: float = 0.0
    used_mb: float = 0.0


class Guard:
    """Looks at time and memory of running tasks.

    Args:
        executor: who runs them.
        limits: of each.
        total_mb: of all together, megabytes.
    """

    def __init__(self, executor: TaskExecutor, limits: RunLimits, total_mb: float) -> None:
        self.executor, self.limits, self.total_mb = executor, limits, total_mb

    def to_kill(
        self, running: Mapping[Future[Any], Attempt], now: float
    ) -> Iterator[tuple[Future[Any], Attempt]]:
        """Those to be killed, again and again until they are gone, each with its reason set."""
        taken: list[tuple[float, float, Future[Any], Attempt]] = []
        for future, attempt in list(running.items()):
            if not future.running():  # it waits for a worker, which a cluster may be without
                attempt.began = now
            used = self.executor.memory_mb(future) or 0.0
            if not attempt.killed:
                # An innocent task does not pay for what the one before it left in the worker.
                left = max(0.0, self.executor.left_mb(future) - WORKER_MB)
                attempt.killed = self._beyond(attempt, now - attempt.began, used - left)
                attempt.killed_at = now
            if attempt.killed:
                yield future, attempt
            else:
                taken.append((used - attempt.job.forecast.memory_mb, used, future, attempt))
        # Forecasts can be wrong for several at once: the one that took most beyond its own gives
        # way, and is computed again when there is room for it.
        if len(taken) > 1 and sum(used for _, used, _, _ in taken) > self.total_mb:
            _, used, future, attempt = max(taken, key=lambda entry: entry[0])
            attempt.used_mb = min(1.2 * used, self.total_mb)
            yield future, attempt

    def _beyond(self, attempt: Attempt, seconds: float, memory_mb: float) -> str:
        """Which limit an attempt exceeds, one sentence; empty where none."""
        if seconds > self.limits.task_seconds:
            return (
                "the task was ended because it exceeded the limit of "
                f"{self.limits.task_seconds:g} s: give it a smaller active space or more time"
            )
        most = self.limits.memory_of(attempt.job.task)
        if memory_mb > most:
            return (
                f"the task was ended because it exceeded the limit of {memory(most)} of memory: "
                "give it a smaller active space or more memory"
            )
        return ""
