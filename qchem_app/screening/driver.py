"""Driver: the loop that starts tasks, stores what comes back and deals with what goes wrong."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import nullcontext
from typing import Any

from qchem_app.chemistry.preflight import memory
from qchem_app.errors import QchemError
from qchem_app.screening.candidate import Candidate
from qchem_app.screening.checkpoints import Checkpoints
from qchem_app.screening.event import Kind, ScreeningProgress
from qchem_app.screening.executors.base import ExecutorLost, TaskExecutor, WorkerDied
from qchem_app.screening.forecast import Forecast
from qchem_app.screening.guard import Attempt, Guard
from qchem_app.screening.interrupts import Interrupts
from qchem_app.screening.limits import RunLimits
from qchem_app.screening.outcome import Outcome
from qchem_app.screening.schedule import Job, Schedule
from qchem_app.screening.store import Store
from qchem_app.screening.tally import Tally
from qchem_app.screening.task import Task
from qchem_app.screening.worker import one_line

_TICK = 0.2  # seconds between looks at signals and limits, where no task ends
_SECONDS_TO_DIE = 10.0


class Driver:
    """One run of a screening.

    Attributes:
        tally: what was done so far.
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
        self.interrupts = interrupts
        self.tally = Tally(begin, executor, on_event)
        self.left_over, self.reason = False, ""
        self.checkpoints = Checkpoints(store.path) if executor.shares_files else None
        self.running: dict[Future[Any], Attempt] = {}
        self.ended: deque[tuple[Future[Any], Attempt]] = deque()  # and not stored yet
        self.suspects: deque[Job] = deque()  # to be tried alone, where blame is not precise
        self.suspected: set[str] = set()
        self.disturbed: Counter[str] = Counter()
        self.schedule = Schedule((), limits.total_memory(executor))
        self.guard = Guard(executor, limits, self.schedule.memory_mb)
        self.stopped_at = self.looked_at = 0.0

    def plan(self, pairs: Iterable[tuple[Candidate, Task | None]], retry_failed: bool) -> None:
        """Find out what is left to do, and in which order."""
        names: dict[Task, str] = {}
        for candidate, task in pairs:
            if task is None:
                self.tally.total += 1
                self.tally.failed += 1
            else:
                names.setdefault(task, candidate.name)
        ids = [task.id for task in names]
        finished, given_up = self.store.finished(ids), set(self.store.failed(ids))
        if retry_failed:
            self.store.reset_failed(sorted(given_up))
            given_up = set()
        self.tally.total += len(names)
        self.tally.done = self.tally.reused = len(finished)
        self.tally.failed += len(given_up)
        jobs: list[Job] = []
        impossible: list[tuple[Job, str]] = []
        for task, name in names.items():
            if task.id in finished or task.id in given_up:
                continue
            if self.interrupts.count:
                break
            try:
                jobs.append(Job.of(task, name, self.executor.threads))
            except QchemError as error:
                impossible.append((Job(task, name, Forecast(0, 0, 0, 0.0, 0.0)), str(error)))
        self.schedule = Schedule(jobs, self.schedule.memory_mb)
        for job in self.schedule.impossible():
            needed, there = job.forecast.memory_mb, self.schedule.memory_mb
            sentence = (
                f"the task needs about {memory(needed)} of memory, and all tasks together may use "
                f"{memory(there)}: give it a smaller active space, or raise --total-memory (or "
                "take a larger machine) and add --retry-failed"
            )
            impossible.append((job, sentence))
        self.tell("planned", message=f"{len(self.schedule)} still to compute")
        for job, sentence in impossible:
            self.fail(job, sentence)

    def run(self) -> None:
        """Until everything is done, or a stop was asked for."""
        while self.something_left() or self.interrupts.count:
            if self.interrupts.count and not self.left_over:
                self.stop("interrupted; the same command goes on from here")
            if self.left_over and not (self.running or self.ended):
                break
            if self.interrupts.count > 1:
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

    def something_left(self) -> bool:
        return bool(self.running or self.ended or self.suspects or len(self.schedule))

    def stop(self, reason: str) -> None:
        """Start nothing any more."""
        self.left_over, self.reason, self.stopped_at = True, reason, time.monotonic()
        self.tell("stopping", message=reason)

    def abandon(self) -> None:
        """Kill what still runs; its checkpoints stay."""
        if self.running:
            for future in self.running:
                self.executor.kill(future)
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
            return self.schedule.take(self.executor.slots)
        self.schedule.claim(self.suspects[0])
        return self.suspects.popleft()

    def start(self, job: Job) -> None:
        alone = self.executor.slots == 1 or job.task.id in self.suspected
        attempt = Attempt(job, time.monotonic(), alone)
        path = self.checkpoints.path(job.task.id) if self.checkpoints else None
        here = self.executor.in_process
        if here:
            self.announce(job)
        raised = self.interrupts.raised() if here else nullcontext()
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
            if not here:  # the worker does not wait for the disk
                self.announce(job)

    def announce(self, job: Job) -> None:
        self.store.mark_started(job.task.id)
        self.tell("started", job)

    def put_back(self, job: Job) -> None:
        self.schedule.give_back(job)
        self.schedule.put_back(job)

    def collect(self) -> None:
        """Wait a moment for tasks that end, and store them."""
        ended, _ = wait(self.running, timeout=_TICK, return_when=FIRST_COMPLETED)
        for future in ended:
            attempt = self.running.pop(future)
            self.schedule.give_back(attempt.job)
            self.ended.append((future, attempt))
        if not self.executor.in_process:
            self.start_some()  # so that workers do not wait for the disk
        while self.ended:
            self.settle(*self.ended.popleft())

    def settle(self, future: Future[Any], attempt: Attempt) -> None:
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
            self.fail(job, one_line(f"unforeseen {type(error).__name__}: {error}"))
        elif (outcome := future.result()).status == "interrupted":
            self.interrupted(job, outcome)
        else:
            self.finish(job, outcome)

    def finish(self, job: Job, outcome: Outcome) -> None:
        self.store.put(outcome)
        self.tally.add(job, outcome)
        kind: Kind = "failed" if outcome.status == "failed" else "finished"
        self.tell(kind, job, outcome.error, outcome)

    def fail(self, job: Job, sentence: str) -> None:
        """Give a task up."""
        self.finish(job, Outcome(job.task.id, "failed", error=sentence))

    def died(self, attempt: Attempt, error: WorkerDied) -> None:
        job = attempt.job
        if attempt.killed:
            self.fail(job, attempt.killed)
        elif self.left_over:
            self.schedule.put_back(job)
            self.tell("interrupted", job)
        elif attempt.used_mb:
            self.schedule.put_back(job.with_memory(attempt.used_mb))
            self.tell("retried", job, "it took more memory than was forecast; trying again later")
        elif not self.executor.precise_blame and not attempt.alone:
            self.suspected.add(job.task.id)
            self.suspects.append(job)
            self.tell("retried", job, f"a worker died ({error}); trying this task alone")
        else:
            count = self.store.charge_attempt(job.task.id)
            self.try_again(job, count, f"its worker died ({error})")

    def interrupted(self, job: Job, outcome: Outcome) -> None:
        self.store.put(outcome)
        if self.executor.in_process:
            self.interrupts.note()
        if self.left_over or self.interrupts.count:
            self.schedule.put_back(job)
            self.tell("interrupted", job, "", outcome)
        else:  # in this run only: a batch system that ends all processes is no fault of the task
            self.disturbed[job.task.id] += 1
            self.try_again(job, self.disturbed[job.task.id], "it was interrupted from outside")

    def try_again(self, job: Job, count: int, what: str) -> None:
        """Once more, or never again."""
        if count >= self.limits.attempts:
            times = "once" if count == 1 else f"{count} times"
            self.fail(job, f"given up after {times}: {what}")
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
            return
        for future, attempt in self.guard.to_kill(self.running, now):
            self.executor.kill(future)
            if attempt.killed and now - attempt.killed_at > _SECONDS_TO_DIE and not future.done():
                del self.running[future]  # whoever runs it will not say
                self.schedule.give_back(attempt.job)
                self.fail(attempt.job, attempt.killed)

    def tell(
        self, kind: Kind, job: Job | None = None, message: str = "", outcome: Outcome | None = None
    ) -> None:
        self.tally.tell(
            kind,
            job,
            message,
            outcome,
            running=[(attempt.job, attempt.began) for attempt in self.running.values()],
            waiting=len(self.schedule) + len(self.suspects),
            seconds_waiting=self.schedule.seconds,
        )
