"""RunLimits: what a task, and all tasks of a screening together, may take."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qchem_app.planning.cost import available_memory_mb
from qchem_app.screening.executors.base import TaskExecutor
from qchem_app.screening.forecast import WORKER_MB
from qchem_app.screening.task import Task

_SHARE_OF_FREE = 0.9
_OVER_PLANNED = 1.5  # what a task may take beyond what it was planned to


@dataclass(frozen=True)
class RunLimits:
    """Limits of a screening. No task is stopped by the first deviation from its forecast.

    Attributes:
        attempts: how often a task may kill its worker.
        task_seconds: wall time of one attempt.
        task_memory_mb: resident memory of a task's worker, megabytes; None: half more than the
            task's own memory limit, and what a worker takes before it computes.
        total_memory_mb: what the forecasts of all running tasks may add up to, megabytes; None:
            90 % of what is free at the beginning, and no limit where each has its own machine.
        grace_seconds: time to save a task's state after an interrupt, before its worker is killed.
    """

    attempts: int = 3
    task_seconds: float = 3600.0
    task_memory_mb: float | None = None
    total_memory_mb: float | None = None
    grace_seconds: float = 60.0

    def memory_of(self, task: Task) -> float:
        """Megabytes at which a task's worker is killed."""
        if self.task_memory_mb is not None:
            return self.task_memory_mb
        return _OVER_PLANNED * (task.settings.memory_limit or 0.0) + WORKER_MB

    def total_memory(self, executor: TaskExecutor) -> float:
        """Megabytes that may be promised to running tasks."""
        if self.total_memory_mb is not None:
            return self.total_memory_mb
        if not executor.shares_memory:
            return math.inf
        return _SHARE_OF_FREE * available_memory_mb()
