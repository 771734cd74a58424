"""ScreeningEvent: what a running screening says about itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

#: planned: how much there is to do; stopping: a signal came; ended: nothing more will be said.
Kind = Literal[
    "planned", "started", "finished", "failed", "retried", "interrupted", "stopping", "ended"
]


@dataclass(frozen=True)
class ScreeningEvent:
    """One thing that happened, and the counts right after it.

    Attributes:
        kind: what happened.
        name: of the candidate it happened to; empty where to none.
        task_id: its task.
        message: one sentence on one line.
        energy: Hartree, of the VQE, where one was found.
        task_seconds: how long the task took.
        total: tasks of this run, those included that an earlier run finished.
        done, failed, running, waiting: how many tasks are so now; done includes earlier runs'.
        reused: of those done, how many an earlier run had finished.
        seconds: since the run began.
        seconds_left: forecast, corrected by the tasks that are done; None while unknown.
        memory_mb: resident memory of driver and local workers together, megabytes.
    """

    kind: Kind
    name: str = ""
    task_id: str = ""
    message: str = ""
    energy: float | None = None
    task_seconds: float | None = None
    total: int = 0
    done: int = 0
    failed: int = 0
    running: int = 0
    waiting: int = 0
    reused: int = 0
    seconds: float = 0.0
    seconds_left: float | None = None
    memory_mb: float = 0.0


#: What run_screening() calls with every event.
ScreeningProgress = Callable[[ScreeningEvent], None]
