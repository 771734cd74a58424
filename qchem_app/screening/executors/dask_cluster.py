"""DaskCluster: the driver's books about the workers of one Dask scheduler."""

from __future__ import annotations

import asyncio
import time
import uuid
import warnings
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent import futures
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from qchem_app.errors import InputError
from qchem_app.io.source import excerpt
from qchem_app.screening.executors import dask_worker
from qchem_app.screening.executors.base import ExecutorLost, WorkerDied

#: Seconds between two looks at the cluster: a death is noticed within them.
_INTERVAL = 0.25
#: Seconds to reach a scheduler.
_CONNECT = 10.0
#: A scheduler that does not answer for as long (seconds) counts as dead.
_FROZEN = 60.0
#: Seconds a worker has to describe itself, and to be restarted.
_ANSWER, _RESTART = 60.0, 60.0
#: Seconds for the scheduler to be told what to end.
_FAREWELL = 1.0
#: A worker that Dask has paused for want of memory is restarted after as many seconds.
_PAUSED = 10.0
#: Dask sends at most one message in 10 ms, and what has to be sent first is the next task.
_RELEASE = 0.02
_MEGABYTE = 1e6


@dataclass(eq=False)
class Job:
    """One submitted call and the future that waits for it."""

    future: Future[Any]
    work: Callable[..., Any]
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    runner: asyncio.Task[None] | None = None


@dataclass(eq=False)
class Worker:
    """A worker process that takes tasks.

    Attributes:
        address: as the scheduler knows it.
        process: names the process behind the address.
        name: "host:pid".
        nanny: whether somebody starts it anew when it dies.
        paused: since when Dask lets it start nothing (`time.monotonic`); None when it may.
        executing: how many tasks run in it, by its last heartbeat.
        memory_mb: resident memory by its last heartbeat, megabytes.
        job: what it was given.
    """

    address: str
    process: str
    name: str
    nanny: bool
    paused: float | None = None
    executing: int = 0
    memory_mb: float = 0.0
    job: Job | None = None


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
        self._busy: set[str] = set()  # addresses that still work on something else
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
            await self._connect()
            while self.lost is None:
                await self._look()
                await asyncio.sleep(_INTERVAL)
        except InputError as error:
            self.ready.set_exception(error)
        except _SchedulerGone as error:
            self.lose(str(error))
        finally:
            await self._close()

    async def _connect(self) -> None:
        from distributed import Client

        try:
            with warnings.catch_warnings():  # about versions, which are compared here, too
                warnings.simplefilter("ignore")
                self._client = await Client(
                    self._contact,
                    asynchronous=True,
                    set_as_default=False,
                    timeout=_CONNECT,
                    name="qchem",
                )
        except (OSError, TimeoutError, ImportError) as error:
            raise InputError(
                f"no Dask scheduler answers at {self.address} ({_reason(error)}): check the "
                "address, or start one with `dask scheduler`"
            ) from None
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(
                f"{self.address} is not an address of a Dask scheduler ({_reason(error)}): "
                "write, for example, tcp://host:8786"
            ) from None
        self._last_worker = time.monotonic()

    async def _close(self) -> None:
        """Give up what still runs, and leave the scheduler."""
        if self.lost is None:
            busy = [worker for worker in self._all() if worker.job]
            for worker in busy:
                self._drop(worker, ExecutorLost("the driver left before this task ended"))
            # A thread cannot be stopped: without this its worker would go on for nothing.
            for worker in busy:
                if worker.nanny:
                    self._spawn(self._end(worker))
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

    async def _look(self) -> None:
        """Compare the books with what the scheduler says."""
        try:
            if self._client.status != "running":
                raise OSError("connection lost")
            identity = await asyncio.wait_for(self._client.scheduler.identity(), _FROZEN)
        except (OSError, TimeoutError) as error:
            raise self._gone(_reason(error)) from None
        found: dict[str, dict[str, Any]] = identity["workers"]
        for worker in self._all():
            if worker.address in found:
                self._update(worker, found[worker.address])
            else:
                self._drop(worker, WorkerDied(f"the worker {worker.name} died or was cut off"))
        for address in set(self._refused) - set(found):
            del self._refused[address]
        self._busy &= set(found)
        for address, facts in found.items():
            known = (self._workers, self._admitting, self._refused)
            if facts["status"] == "running" and not any(address in books for books in known):
                self._admitting[address] = asyncio.create_task(self._admit(address, facts))
        if self._on_workers is not None:
            self._on_workers([str(facts["name"]) for facts in found.values()])
        self._judge(len(found))
        self._dispatch()

    def _update(self, worker: Worker, facts: dict[str, Any]) -> None:
        metrics = facts["metrics"]
        worker.memory_mb = metrics.get("memory", 0) / _MEGABYTE
        worker.executing = metrics.get("task_counts", {}).get("executing", 0)
        if facts["status"] == "running":
            worker.paused = None
            return
        now = time.monotonic()
        worker.paused = worker.paused or now
        if facts["status"] != "paused" or now - worker.paused < _PAUSED or not worker.nanny:
            return
        if worker.job is None or not worker.executing:
            # Its memory is full of what earlier tasks left, and Dask will not start the next.
            job = worker.job
            self._drop(worker, None)
            self._leaving.add(worker.process)
            self._spawn(self._end(worker))
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
                f"the worker {address} cannot run tasks ({_reason(answer)}): install the same "
                "qchem-app there",
            )
        if not isinstance(answer, dict) or answer["process"] in self._leaving:
            return  # gone again, or going; asked once more if it is still there
        if answer["busy"]:  # with what an earlier driver left, or another one uses it
            self._busy.add(address)
            return
        self._busy.discard(address)
        if self._compare(address, facts, answer):
            self._workers[address] = Worker(
                address, answer["process"], excerpt(answer["name"], 100), bool(facts["nanny"])
            )
            self._last_worker = time.monotonic()
            if not self.ready.done():
                self.ready.set_result(None)
            self._dispatch()

    def _compare(self, address: str, facts: dict[str, Any], answer: dict[str, Any]) -> bool:
        """Whether a worker is like this process in what matters; say where it is not."""
        here, there = dask_worker.versions(), answer["versions"]
        if there["qchem_app"] != here["qchem_app"]:
            self._refuse(
                address,
                f"the worker {address} has qchem_app {there['qchem_app']}, not "
                f"{here['qchem_app']}: it gets no task; install the same version there",
            )
            return False
        differing = [f"{k} {v or 'none'}, not {here[k]}" for k, v in there.items() if v != here[k]]
        if differing:
            self._say(
                f"workers have {'; '.join(differing)}: the last digits may differ from those of "
                "this machine"
            )
        if facts["nthreads"] > 1:
            self._say(
                f"a worker has {facts['nthreads']} threads and gets one task at a time all the "
                f"same: start workers with --nthreads 1 --nworkers {facts['nthreads']}"
            )
        if answer["omp_num_threads"] != "1":
            found = excerpt(answer["omp_num_threads"], 20) or "not set"
            self._say(
                f"OMP_NUM_THREADS is {found} on a worker, so that its libraries may use more "
                "cores than it has: start workers with OMP_NUM_THREADS=1"
            )
        return True

    def _refuse(self, address: str, message: str) -> None:
        self._refused[address] = message
        self._say(message.replace(f"the worker {address}", "a worker"))

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
        if not self.ready.done() and found == 0:
            self._say(f"Waiting for a worker of {self.address}, up to {self._patience:g} s.")
        if time.monotonic() - self._last_worker > self._patience:
            state = "has no worker" if not found else f"has {found} workers, but none is free,"
            raise _SchedulerGone(
                f"the Dask scheduler at {self.address} {state} since {self._patience:g} s: start "
                "workers with `dask worker` and repeat the command"
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

    async def _end(self, worker: Worker) -> None:
        """End a worker's process; a nanny starts another in its place."""
        try:
            if worker.nanny:
                await asyncio.wait_for(
                    self._client.restart_workers(
                        [worker.address], timeout=_RESTART, raise_for_error=False
                    ),
                    _RESTART,
                )
            else:
                await self._client.run(
                    dask_worker.leave, workers=[worker.address], on_error="ignore"
                )
        except (OSError, TimeoutError, ValueError, KeyError):
            pass  # it is gone already, or the next look finds it and lets it alone

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
                self._spawn(self._end(worker))

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
        except Exception as raised:
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
                    message = f"the task was cancelled on the cluster ({_reason(error)})"
                    raise WorkerDied(message) from None
                # Dask fetches results of several futures in one go, which ends for all of them
                # when one is given up: fetch again.


def _reason(error: BaseException) -> str:
    """An exception in a phrase."""
    return excerpt(" ".join(str(error).split()) or type(error).__name__, 160)


class _SchedulerGone(Exception):
    """Nothing can be run any more: why, in one sentence."""
