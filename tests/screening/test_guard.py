"""Which tasks have to end: an executor that reports what the test says."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from qchem_app.io.geometry import geometry_of
from qchem_app.molecule import Molecule
from qchem_app.result import Settings
from qchem_app.screening.executors.base import TaskExecutor
from qchem_app.screening.forecast import Forecast
from qchem_app.screening.guard import Attempt, Guard
from qchem_app.screening.limits import RunLimits
from qchem_app.screening.schedule import Job
from qchem_app.screening.task import Task

TASK = Task.of(
    geometry_of(Molecule(("He",), [[0.0, 0.0, 0.0]])), Settings(threads=1, memory_limit=1000.0)
)


class Reports(TaskExecutor):
    """Says of each future that it takes as much as it was given."""

    def __init__(self) -> None:
        self.taken: dict[Future[Any], float] = {}
        self.left: dict[Future[Any], float] = {}

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        raise NotImplementedError

    def memory_mb(self, future: Future[Any]) -> float | None:
        return self.taken[future]

    def left_mb(self, future: Future[Any]) -> float:
        return self.left.get(future, 0.0)

    def add(self, taken: float, forecast: float = 300.0, *, running: bool = True) -> Future[Any]:
        future: Future[Any] = Future()
        if running:
            future.set_running_or_notify_cancel()
        self.taken[future] = taken
        self.attempts[future] = Attempt(
            Job(TASK, "he", Forecast(2, 1, 0, 1.0, forecast)), began=0.0, alone=False
        )
        return future

    attempts: dict[Future[Any], Attempt]


@pytest.fixture
def executor() -> Reports:
    reports = Reports()
    reports.attempts = {}
    return reports


def test_within_limits(executor: Reports) -> None:
    executor.add(300.0)
    executor.add(1700.0)
    guard = Guard(executor, RunLimits(), 1e6)
    assert list(guard.to_kill(executor.attempts, 3599.0)) == []


def test_time_counts_from_when_a_worker_has_the_task(executor: Reports) -> None:
    waiting, running = executor.add(1.0, running=False), executor.add(1.0)
    guard = Guard(executor, RunLimits(task_seconds=10.0), 1e6)
    killed = list(guard.to_kill(executor.attempts, 11.0))
    assert [future for future, _ in killed] == [running]
    assert executor.attempts[running].killed_at == 11.0
    assert "exceeded the limit of 10 s" in killed[0][1].killed
    waiting.set_running_or_notify_cancel()
    assert [f for f, _ in guard.to_kill(executor.attempts, 20.0)] == [running]
    assert [f for f, _ in guard.to_kill(executor.attempts, 22.0)] == [waiting, running]
    assert executor.attempts[running].killed_at == 11.0


def test_what_the_task_before_left_is_not_held_against_this_one(executor: Reports) -> None:
    innocent, guilty, fresh = executor.add(1850.0), executor.add(2250.0), executor.add(1850.0)
    executor.left = {innocent: 700.0, guilty: 700.0, fresh: 250.0}
    killed = list(Guard(executor, RunLimits(), 1e6).to_kill(executor.attempts, 1.0))
    assert [future for future, _ in killed] == [guilty, fresh]


def test_memory_of_one(executor: Reports) -> None:
    executor.add(1799.0)
    large = executor.add(1801.0)  # half more than 1000 MB, and a worker's own 300
    ((future, attempt),) = Guard(executor, RunLimits(), 1e6).to_kill(executor.attempts, 1.0)
    assert future is large
    assert "exceeded the limit of 1.8 GB of memory" in attempt.killed


def test_memory_of_all_together(executor: Reports) -> None:
    executor.add(700.0, forecast=650.0)
    guilty = executor.add(500.0, forecast=320.0)
    guard = Guard(executor, RunLimits(), 1000.0)
    ((future, attempt),) = guard.to_kill(executor.attempts, 1.0)
    assert future is guilty
    assert (attempt.killed, attempt.used_mb) == ("", 600.0)
    del executor.attempts[guilty]
    assert list(guard.to_kill(executor.attempts, 1.0)) == []


def test_one_alone_may_take_what_its_own_limit_allows(executor: Reports) -> None:
    executor.add(1500.0)
    assert list(Guard(executor, RunLimits(), 1000.0).to_kill(executor.attempts, 1.0)) == []


def test_the_caller_may_forget_tasks_meanwhile(executor: Reports) -> None:
    for taken in (5000.0, 600.0, 600.0):
        executor.add(taken)
    found = []
    for future, attempt in Guard(executor, RunLimits(), 1000.0).to_kill(executor.attempts, 1.0):
        del executor.attempts[future]
        found.append(bool(attempt.killed))
    assert found == [True, False]
