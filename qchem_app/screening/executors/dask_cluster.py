"""DaskCluster: the driver's books about the workers of one Dask scheduler."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent import futures
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from qchem_app.errors import InputError
from qchem_app.io.source import excerpt
from qchem_app.screening.executors import dask_worker
from qchem_app.screening.executors.base import ExecutorLost, WorkerDied
from qchem_app.screening.executors.dask_admission import objection, remarks
from qchem_app.screening.executors.dask_client import end_worker, open_client, phrase
from qchem_app.screening.executors.dask_job import Job, Worker

#: Seconds between two looks at the cluster, in which a death is noticed; a look at very many
#: workers takes the scheduler a while, so there are fewer of them.
_INTERVAL = 0.25
_MANY = 50
#: A scheduler that does not answer for as long (seconds) counts as dead.
_FROZEN = 60.0
#: Seconds a worker has to describe itself.
_ANSWER = 60.0
#: Seconds for the scheduler to be told what to end.
_FAREWELL = 1.0
#: Seconds of waiting for the first worker that nobody has to be told of.
_SILENT = 1.0
#: A worker that is busy with something else is asked again after as many seconds.
_AGAIN = 1.0
#: A worker that Dask has paused for want of memory is restarted after as many seconds.
_PAUSED = 10.0
#: Dask sends at most one message in 10 ms, and what has to be sent first is the next task.
_RELEASE = 0.02
_MEGABYTE = 1e6  # bytes


class DaskCluster:
    """Gives every worker one task at a time, and notices when workers or the scheduler die.

    A task is pinned to one process, so that the death of a worker is the fault of exactly one
    task and Dask never tries it elsewhere by itself. All methods but `memory_mb` and `slots` run
    in the event loop of one thread, therefore nothing is locked.

    Args:
        address: of the scheduler.
        patience: seconds without any worker after which the cluster counts as lost.
        tell: called with sentences about the cluster.
        on_workers: called at every look with the names of the workers that are there.
    """

    def __init__(
        self,
        address: str,
        patience: float,
        tell: Callable[[str], None],
        on_workers: Callable[[list[str]], None] | None = None,
    ) -> None:
        self.address = excerpt(address, 200)
        self.ready: Future[None] = Future()
        self.lost: str | None = None
        self._contact, self._patience, self._tell = address, patience, tell
        self._on_workers = on_workers
        self._client: Any = None
        self._workers: dict[str, Worker] = {}
        self._pending: deque[Job] = deque()
        self._admitting: dict[str, asyncio.Task[None]] = {}
        self._refused: dict[str, str] = {}  # address -> why
        self._leaving: set[str] = set()  # processes that get no task any more
        self._asked: dict[str, float] = {}  # address -> when it was asked last
        self._told: set[str] = set()
        self._background: set[asyncio.Task[None]] = set()
        self._last_worker = time.monotonic()

    @property
    def slots(self) -> int:
        """How many tasks can run now."""
        return sum(worker.paused is None or worker.job is not None for worker in self._all())

    def memory_mb(self, future: Future[Any]) -> float | None:
        """Resident memory (megabytes) of the worker that runs a task."""
        return next((w.memory_mb for w in self._all() if w.job and w.job.future is future), None)

    def _all(self) -> list[Worker]:
        return list(self._workers.values())  # a copy is safe to walk through in any thread

    # --- the life of the connection -----------------------------------------------------------

    async def serve(self) -> None:
        """Look after the cluster until cancelled or lost."""
        try:
            self._client = await open_client(self._contact)
            self._last_worker = time.monotonic()
            while self.lost is None:
                workers = await self._look()
                await asyncio.sleep(_INTERVAL * max(1.0, workers / _MANY))
        except InputError as error:
            self.ready.set_exception(error)
        except _SchedulerGone as error:
            self.lose(str(error))
        finally:
            await self._close()

    async def _close(self) -> None:
        """Give up what still runs, and leave the scheduler."""
        if self.lost is None:
            busy = [worker for worker in self._all() if worker.job]
            for worker in busy:
                self._drop(worker, ExecutorLost("the driver left before this task ended"))
            # A thread cannot be stopped: without this its worker would go on for nothing.
            for worker in busy:
                if worker.nanny:
                    self._spawn(end_worker(self._client, worker))
            if self._background:  # once told, the scheduler does it without this process
                await asyncio.wait(self._background, timeout=_FAREWELL)
        self._cancel(list(self._pending))
        tasks = [*self._admitting.values(), *self._background]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            # Where the scheduler is gone, so is what was to be closed.
            with suppress(OSError, TimeoutError):
                await asyncio.wait_for(self._client._close(fast=True), 5.0)

    def lose(self, message: str) -> None:
        """End every task with ExecutorLost."""
        self.lost = message
        if not self.ready.done():
            self.ready.set_exception(InputError(message))
        for worker in self._all():
            self._drop(worker, ExecutorLost(message))
        for job in self._pending:
            if job.future.running() or job.future.set_running_or_notify_cancel():
                job.future.set_exception(ExecutorLost(message))
        self._pending.clear()

    # --- workers come and go ------------------------------------------------------------------

    async def _look(self) -> int:
        """Compare the books with what the scheduler says; the number of its workers."""
        try:
            if self._client.status != "running":
                raise OSError("connection lost")
            identity = await asyncio.wait_for(self._client.scheduler.identity(), _FROZEN)
        except (OSError, TimeoutError) as error:
            raise self._gone(phrase(error)) from None
        found: dict[str, dict[str, Any]] = identity["workers"]
        for worker in self._all():
            if worker.address in found:
                self._update(worker, found[worker.address])
            else:
                self._drop(worker, WorkerDied(f"the worker {worker.name} died or was cut off"))
        for books in (self._refused, self._asked):
            for address in set(books) - set(found):
                del books[address]
        for address, facts in found.items():
            if facts["status"] == "running" and self._unknown(address):
                self._asked[address] = time.monotonic()
                self._admitting[address] = asyncio.create_task(self._admit(address, facts))
        if self._on_workers is not None:
            self._on_workers([str(facts["name"]) for facts in found.values()])
        self._judge(len(found))
        self._dispatch()
        return len(found)

    def _unknown(self, address: str) -> bool:
        if any(address in books for books in (self._workers, self._admitting, self._refused)):
            return False
        return time.monotonic() - self._asked.get(address, -_AGAIN) >= _AGAIN

    def _update(self, worker: Worker, facts: dict[str, Any]) -> None:
        metrics = facts["metrics"]
        worker.memory_mb = metrics.get("memory", 0) / _MEGABYTE
        worker.executing = metrics.get("task_counts", {}).get("executing", 0)
        if facts["status"] == "running":
            worker.paused = None
            return
        now = time.monotonic()
        worker.paused = worker.paused or now
        if facts["status"] != "paused" or now - worker.paused < _PAUSED:
            return
        if worker.job is None or not worker.executing:
            # Its memory is full of what earlier tasks left, and Dask will not start the next.
            job = worker.job
            self._drop(worker, None)
            self._leaving.add(worker.process)
            self._spawn(end_worker(self._client, worker))
            if job is not None:
                self._pending.appendleft(job)

    async def _admit(self, address: str, facts: dict[str, Any]) -> None:
        """Ask a new worker who it is, and give it tasks if it can do them."""
        try:
            answers = await asyncio.wait_for(
                self._client.run(dask_worker.describe, workers=[address], on_error="return"),
                _ANSWER,
            )
        except (OSError, TimeoutError):
            answers = {}
        finally:
            self._admitting.pop(address, None)
        answer = answers.get(address)
        if isinstance(answer, Exception) and not isinstance(answer, OSError | TimeoutError):
            self._refuse(
                address,
                f"a worker cannot run tasks ({phrase(answer)}): install the same qchem-app there",
            )
        if not isinstance(answer, dict):
            return  # gone again, or busy beyond words; asked once more if it is still there
        if answer["busy"] or answer["process"] in self._leaving:
            return  # with what an earlier driver left, say; asked once more until it is free
        if refusal := objection(answer):
            self._refuse(address, refusal)
            return
        for remark in remarks(answer, facts["nthreads"]):
            self._say(remark)
        self._workers[address] = Worker(
            address, answer["process"], excerpt(answer["name"], 100), bool(facts["nanny"])
        )
        self._last_worker = time.monotonic()
        if not self.ready.done():
            self.ready.set_result(None)
        self._dispatch()

    def _refuse(self, address: str, message: str) -> None:
        self._refused[address] = message
        self._say(message)

    def _say(self, message: str) -> None:
        if message not in self._told:
            self._told.add(message)
            self._tell(excerpt(message, 400))

    def _judge(self, found: int) -> None:
        """Give up where nobody works and nobody is to be expected."""
        if self._workers:
            self._last_worker = time.monotonic()
            return
        if not self.ready.done() and len(self._refused) == found > 0:
            raise InputError(excerpt(next(iter(self._refused.values())), 400))
        waited = time.monotonic() - self._last_worker
        if not self.ready.done() and waited > _SILENT:
            what = f"none of the {found} workers is free yet" if found else "there is no worker yet"
            self._say(f"Waiting for {self.address}, where {what}, up to {_span(self._patience)}.")
        if waited > self._patience:
            state = "no worker" if not found else f"{found} workers and none of them was free"
            raise _SchedulerGone(
                f"the Dask scheduler at {self.address} had {state} for {_span(self._patience)}: "
                "start workers, and repeat the command when they are there"
            )

    def _gone(self, reason: str) -> _SchedulerGone:
        return _SchedulerGone(
            f"the Dask scheduler at {self.address} is gone ({reason}): start it again and "
            "repeat the command"
        )

    def _drop(self, worker: Worker, error: Exception | None) -> None:
        """Strike a worker off the books; with an error its task ends with it."""
        if self._workers.get(worker.address) is worker:
            del self._workers[worker.address]
        job, worker.job = worker.job, None
        if job is None:
            return
        if job.runner is not None:
            job.runner.cancel()
        if error is not None:
            job.future.set_exception(error)

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    # --- tasks --------------------------------------------------------------------------------

    def submit(self, job: Job) -> None:
        """Run a job on the next free worker."""
        if self.lost is not None:
            if job.future.set_running_or_notify_cancel():
                job.future.set_exception(ExecutorLost(self.lost))
            return
        self._pending.append(job)
        self._dispatch()

    def _cancel(self, jobs: list[Job]) -> None:
        for job in jobs:
            self._pending.remove(job)
            job.future.cancel()
            if not job.future.running():
                job.future.set_running_or_notify_cancel()  # those who wait for it
            else:  # given back by a worker that never began it
                job.future.set_exception(WorkerDied("the task was ended before it began"))

    def kill(self, future: Future[Any], reason: str) -> None:
        """End the worker that runs a task, and the task with WorkerDied.

        A task that has no worker yet is cancelled.
        """
        self._cancel([job for job in self._pending if job.future is future])
        for worker in self._all():
            if worker.job is not None and worker.job.future is future:
                self._leaving.add(worker.process)
                self._drop(worker, WorkerDied(f"{reason} on {worker.name}"))
                self._spawn(end_worker(self._client, worker))

    def _dispatch(self) -> None:
        free = (w for w in self._all() if w.job is None and w.paused is None)
        while self._pending and (worker := next(free, None)) is not None:
            job = self._pending.popleft()
            while not (job.future.running() or job.future.set_running_or_notify_cancel()):
                if not self._pending:
                    return
                job = self._pending.popleft()
            worker.job = job
            job.runner = asyncio.create_task(self._run(worker, job))

    async def _run(self, worker: Worker, job: Job) -> None:
        from distributed.scheduler import KilledWorker

        error: BaseException | None = None
        result = future = None
        try:
            future = self._client.submit(
                dask_worker.attempt,
                worker.process,
                job.work,
                job.arguments,
                job.keywords,
                key=f"{getattr(job.work, '__name__', 'task')}-{uuid.uuid4().hex}",
                workers=[worker.address],
                allow_other_workers=False,
                retries=0,
                pure=False,
            )
            result = await self._answer(future, worker, job)
        except KilledWorker:
            error = WorkerDied(f"the worker {worker.name} died")
        except Exception as raised:  # by the task, or in sending it: the caller's matter
            error = raised
        finally:
            if future is not None:  # after the next task, which it would hold up
                asyncio.get_running_loop().call_later(_RELEASE, future.release)
        if worker.job is not job:
            return
        worker.job = None
        if isinstance(result, dask_worker.NotHere):
            self._drop(worker, None)
            error = WorkerDied(f"the worker {worker.name} died and was replaced")
        if error is None:
            job.future.set_result(result)
        else:
            job.future.set_exception(error)
        self._dispatch()

    async def _answer(self, future: Any, worker: Worker, job: Job) -> Any:
        """What the task returned, and nothing of it left on the worker."""
        while True:
            try:
                return await future
            except (asyncio.CancelledError, futures.CancelledError) as error:
                if worker.job is not job:  # _drop() has told the future already
                    raise
                if future.status == "cancelled":
                    if self._client.status != "running" or "connection" in str(error):
                        raise ExecutorLost(str(self._gone("connection lost"))) from None
                    message = f"the task was cancelled on the cluster ({phrase(error)})"
                    raise WorkerDied(message) from None
                # Dask fetches results of several futures in one go, which ends for all of them
                # when one is given up: fetch again.


def _span(seconds: float) -> str:
    return f"{seconds:g} s" if seconds < 7200 else f"{seconds / 3600:.3g} h"


class _SchedulerGone(Exception):
    """Nothing can be run any more: why, in one sentence."""
