"""Driver: the loop that starts tasks, stores what comes back and deals with what goes wrong."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from qchem_app.chemistry.preflight import memory
from qchem_app.errors import QchemError
from qchem_app.screening.candidate import Candidate
from qchem_app.screening.checkpoints import Checkpoints
from qchem_app.screening.event import Kind, ScreeningEvent, ScreeningProgress
from qchem_app.screening.executors.base import ExecutorLost, TaskExecutor, WorkerDied
from qchem_app.screening.forecast import forecast_task
from qchem_app.screening.interrupts import Interrupts
from qchem_app.screening.limits import RunLimits
from qchem_app.screening.meter import Meter
from qchem_app.screening.outcome import Outcome
from qchem_app.screening.schedule import Job, Schedule
from qchem_app.screening.store import Store
from qchem_app.screening.task import Task
from qchem_app.screening.worker import one_line

_TICK = 0.2  # seconds between looks at signals and limits, where no task ends
_SECONDS_TO_DIE = 10.0


@dataclass
class _Attempt:
    """A job that is under way."""

    job: Job
    began: float
    alone: bool  # nothing else ran beside it, all the time
    killed: str = ""  # why, if the driver did it
    killed_at: float = 0.0


class Driver:
    """One run of a screening.

    Attributes:
        total, done, failed, reused: see `Summary`.
        left_over: it stopped early.
        reason: why it did, one sentence.
    """

    def __init__(
        self,
        store: Store,
        executor: TaskExecutor,
        limits: RunLimits,
        work: Callable[[str, str | None], Outcome],
        on_event: ScreeningProgress | None,
        interrupts: Interrupts,
        begin: float,
    ) -> None:
        self.store, self.executor, self.limits, self.work = store, executor, limits, work
        self.on_event, self.interrupts = on_event, interrupts
        self.total = self.done = self.failed = self.reused = 0
        self.left_over, self.reason = False, ""
        self.checkpoints = Checkpoints(store.path) if executor.shares_files else None
        self.meter = Meter(begin, executor)
        self.running: dict[Future[Any], _Attempt] = {}
        self.suspects: deque[Job] = deque()  # to be tried alone, where blame is not precise
        self.suspected: set[str] = set()
        self.schedule = Schedule((), limits.total_memory(executor))
        self.stopped_at = self.looked_at = 0.0

    def plan(self, pairs: Iterable[tuple[Candidate, Task | None]], retry_failed: bool) -> None:
        """Find out what is left to do, and in which order."""
        names: dict[Task, str] = {}
        for candidate, task in pairs:
            if task is None:
                self.total += 1
                self.failed += 1
            else:
                names.setdefault(task, candidate.name)
        ids = [task.id for task in names]
        finished, given_up = self.store.finished(ids), set(self.store.failed(ids))
        if retry_failed:
            self.store.reset_failed(sorted(given_up))
            given_up = set()
        self.total += len(names)
        self.done = self.reused = len(finished)
        self.failed += len(given_up)
        jobs, impossible = [], []
        for task, name in names.items():
            if task.id in finished or task.id in given_up:
                continue
            if self.interrupts.count:
                break
            try:
                jobs.append(Job(task, name, forecast_task(task)))
            except QchemError as error:
                impossible.append((task, name, str(error)))
        self.schedule = Schedule(jobs, self.schedule.memory_mb)
        for job in self.schedule.impossible():
            needed, there = job.forecast.memory_mb, self.schedule.memory_mb
            sentence = (
                f"the task needs about {memory(needed)} of memory, and {memory(there)} may be "
                "used: give it a smaller active space or memory limit, or retry failed tasks on "
                "a larger machine"
            )
            impossible.append((job.task, job.name, sentence))
        self.tell("planned", message=f"{len(self.schedule)} tasks to compute")
        for task, name, sentence in impossible:
            self.fail(task, name, sentence)

    def run(self) -> None:
        """Until everything is done, or a stop was asked for."""
        while self.running or self.suspects or len(self.schedule) or self.interrupts.count:
            if self.interrupts.count and not self.left_over:
                self.stop("interrupted; the same command goes on from here")
            if self.left_over and (not self.running or self.interrupts.count > 1):
                break
            try:
                self.start_some()
                self.collect()
            except KeyboardInterrupt:  # from a callback, or a task of this process
                self.interrupts.note()
            self.enforce()
        self.abandon()
        if self.checkpoints:
            self.checkpoints.tidy()

    def stop(self, reason: str) -> None:
        """Start nothing any more."""
        self.left_over, self.reason, self.stopped_at = True, reason, time.monotonic()
        self.tell("stopping", message=reason)

    def abandon(self) -> None:
        """Kill what still runs; its checkpoints stay."""
        for future in self.running:
            self.executor.kill(future)
        if self.running:
            wait(self.running, timeout=_SECONDS_TO_DIE)
        self.running.clear()

    def start_some(self) -> None:
        while not self.left_over and not self.interrupts.count:
            job = self.next_job()
            if job is None:
                return
            self.start(job)

    def next_job(self) -> Job | None:
        if len(self.running) >= self.executor.slots:
            return None
        if self.running and (self.suspects or any(a.alone for a in self.running.values())):
            return None
        if not self.suspects:
            return self.schedule.take()
        self.schedule.claim(self.suspects[0])
        return self.suspects.popleft()

    def start(self, job: Job) -> None:
        alone = self.executor.slots == 1 or job.task.id in self.suspected
        attempt = _Attempt(job, time.monotonic(), alone)
        path = self.checkpoints.path(job.task.id) if self.checkpoints else None
        self.store.mark_started(job.task.id)
        self.tell("started", job)
        raised = self.interrupts.raised() if self.executor.in_process else nullcontext()
        try:
            with raised:
                future = self.executor.submit(self.work, job.task.to_json(), path)
        except ExecutorLost as error:
            self.put_back(job)
            self.stop(str(error))
        except BaseException:
            self.put_back(job)
            raise
        else:
            self.running[future] = attempt

    def put_back(self, job: Job) -> None:
        self.schedule.give_back(job)
        self.schedule.put_back(job)

    def collect(self) -> None:
        """Wait a moment for tasks that end, and store them."""
        ended, _ = wait(self.running, timeout=_TICK, return_when=FIRST_COMPLETED)
        attempts = [(future, self.running.pop(future)) for future in ended]
        for _, attempt in attempts:
            self.schedule.give_back(attempt.job)
        if not self.executor.in_process:
            self.start_some()  # so that workers do not wait for the disk
        for future, attempt in attempts:
            self.settle(future, attempt)

    def settle(self, future: Future[Any], attempt: _Attempt) -> None:
        """Store what one attempt came to, or see to it that there is another one."""
        job = attempt.job
        error = ExecutorLost("cancelled") if future.cancelled() else future.exception()
        if isinstance(error, WorkerDied):
            self.died(attempt, error)
        elif isinstance(error, ExecutorLost):
            self.schedule.put_back(job)
            if not self.left_over:
                self.stop(str(error))
        elif isinstance(error, KeyboardInterrupt):  # a function that does not know of interrupts
            self.interrupted(job, Outcome(job.task.id, "interrupted"))
        elif error is not None:
            self.fail(job.task, job.name, one_line(f"unforeseen {type(error).__name__}: {error}"))
        elif future.result().status == "interrupted":
            self.interrupted(job, future.result())
        else:
            self.finish(job, future.result())

    def finish(self, job: Job, outcome: Outcome) -> None:
        self.store.put(outcome)
        self.meter.add(job, outcome)
        if outcome.status == "failed":
            self.failed += 1
            self.tell("failed", job, outcome.error, outcome=outcome)
        else:
            self.done += 1
            self.tell("finished", job, outcome=outcome)

    def fail(self, task: Task, name: str, sentence: str) -> None:
        """Give a task up."""
        self.store.put(Outcome(task.id, "failed", error=sentence))
        self.failed += 1
        self.tell("failed", name=name, task_id=task.id, message=sentence)

    def died(self, attempt: _Attempt, error: WorkerDied) -> None:
        job = attempt.job
        if attempt.killed:
            self.fail(job.task, job.name, attempt.killed)
        elif self.left_over:
            self.schedule.put_back(job)
            self.tell("interrupted", job)
        elif not self.executor.precise_blame and not attempt.alone:
            self.suspected.add(job.task.id)
            self.suspects.append(job)
            self.tell("retried", job, f"a worker died ({error}); trying this task alone")
        else:
            self.try_again(job, f"its worker died ({error})")

    def interrupted(self, job: Job, outcome: Outcome) -> None:
        self.store.put(outcome)
        if self.executor.in_process:
            self.interrupts.note()
        if self.left_over or self.interrupts.count:
            self.schedule.put_back(job)
            self.tell("interrupted", job, outcome=outcome)
        else:
            self.try_again(job, "it was interrupted from outside")

    def try_again(self, job: Job, what: str) -> None:
        """Once more, or never again."""
        count = self.store.charge_attempt(job.task.id)
        if count >= self.limits.attempts:
            times = "once" if count == 1 else f"{count} times"
            self.fail(job.task, job.name, f"given up after {times}: {what}")
        else:
            alone = job.task.id in self.suspected
            self.suspects.append(job) if alone else self.schedule.put_back(job)
            self.tell("retried", job, f"{what}; trying again")

    def enforce(self) -> None:
        """Look at the limits of what runs, now and then."""
        now = time.monotonic()
        if now - self.looked_at < _TICK:
            return
        self.looked_at = now
        if self.left_over:
            self.executor.interrupt_running()
            if self.executor.interruptible and now - self.stopped_at > self.limits.grace_seconds:
                for future in self.running:
                    self.executor.kill(future)
        for future, attempt in list(self.running.items()):
            if attempt.killed:
                if now - attempt.killed_at > _SECONDS_TO_DIE and not future.done():
                    del self.running[future]  # whoever runs it will not say
                    self.schedule.give_back(attempt.job)
                    self.fail(attempt.job.task, attempt.job.name, attempt.killed)
            elif reason := self.beyond(future, attempt, now):
                attempt.killed, attempt.killed_at = reason, now
                self.executor.kill(future)

    def beyond(self, future: Future[Any], attempt: _Attempt, now: float) -> str:
        """Which limit an attempt exceeds, one sentence; empty where none."""
        if not future.running():  # it waits for a worker, which a cluster may be without
            attempt.began = now
        if now - attempt.began > self.limits.task_seconds:
            return (
                f"the task was ended because it exceeded the limit of "
                f"{self.limits.task_seconds:g} s: give it a smaller active space or more time"
            )
        most = self.limits.memory_of(attempt.job.task)
        if (self.executor.memory_mb(future) or 0.0) > most:
            return (
                f"the task was ended because it exceeded the limit of {memory(most)} of memory: "
                "give it a smaller active space or more memory"
            )
        return ""

    def tell(
        self,
        kind: Kind,
        job: Job | None = None,
        message: str = "",
        *,
        name: str = "",
        task_id: str = "",
        outcome: Outcome | None = None,
    ) -> None:
        if self.on_event is None:
            return
        energy = None if outcome is None else outcome.fields.get("e_vqe")
        waiting = len(self.schedule) + len(self.suspects)
        seconds = self.meter.seconds
        event = ScreeningEvent(
            kind=kind,
            name=name or (job.name if job else ""),
            task_id=task_id or (job.task.id if job else ""),
            message=message,
            energy=energy if isinstance(energy, float) else None,
            task_seconds=outcome.seconds if outcome else None,
            total=self.total,
            done=self.done,
            failed=self.failed,
            running=len(self.running) + (kind == "started"),  # which is told just before
            waiting=waiting,
            reused=self.reused,
            seconds=seconds,
            seconds_left=self.meter.seconds_left(
                self.schedule.seconds, [(a.job, a.began) for a in self.running.values()]
            ),
            memory_mb=self.meter.memory_mb(),
        )
        self.on_event(event)
