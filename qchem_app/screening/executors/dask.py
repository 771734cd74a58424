"""DaskExecutor: tasks on the workers of a Dask cluster, joined or started through SLURM."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import threading
from collections.abc import Callable
from concurrent import futures
from concurrent.futures import Future
from types import TracebackType
from typing import Any

from qchem_app.errors import InputError, UsageError
from qchem_app.io.source import excerpt
from qchem_app.screening.executors.base import ExecutorLost, TaskExecutor
from qchem_app.screening.executors.dask_cluster import DaskCluster
from qchem_app.screening.executors.dask_job import Job
from qchem_app.screening.executors.slurm import SlurmJobs, SlurmSettings, read_slurm_file

_ADDRESS = re.compile(r"(?:[a-z]+://)?(?:\[[0-9a-fA-F:.]+\]|[\w.-]+):\d{1,5}")
#: These write to the terminal, where a live view may be, what is told here in a sentence.
_CHATTY = ("distributed", "distributed.client", "tornado", "tornado.application", "asyncio")

Tell = Callable[[str], None]


class DaskExecutor(TaskExecutor):
    """One task at a time on every worker of a Dask scheduler.

    Made by `connect` or `slurm`; used as a context manager, or ended with `shutdown`. A worker
    that dies takes one future with it (`WorkerDied`); a scheduler that dies takes all
    (`ExecutorLost`) within seconds. Workers with several threads get one task at a time, too:
    several in one process would die together, and Numba's workqueue threads bear one caller.

    Running tasks cannot be interrupted, because Dask runs them in threads: on the first signal
    they are left to finish, and `shutdown(wait=False)` gives them up.
    """

    shares_files = False
    shares_memory = False

    def __init__(
        self,
        address: str | None,
        patience: float,
        tell: Tell,
        slurm: SlurmSettings | None = None,
    ) -> None:
        self._silenced = {name: logging.getLogger(name).level for name in _CHATTY}
        for name in _CHATTY:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        self._slurm: SlurmJobs | None = None
        try:
            if slurm is not None:
                self._slurm = SlurmJobs(slurm)
                address = self._slurm.address
        except BaseException:
            self._speak_again()
            raise
        assert address is not None
        self._books = DaskCluster(
            address, patience, tell, self._slurm.keep if self._slurm else None
        )
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._serving: asyncio.Task[None] | None = None
        self._open: set[Future[Any]] = set()
        self._closed = False
        # Daemonic, so that a driver that just ends is not held up.
        self._thread = threading.Thread(target=self._main, name="qchem-dask", daemon=True)
        self._thread.start()
        self._started.wait()

    @classmethod
    def connect(
        cls, address: str, *, wait_seconds: float = 60.0, tell: Tell | None = None
    ) -> DaskExecutor:
        """Join a running scheduler.

        Args:
            address: such as "tcp://host:8786".
            wait_seconds: how long to wait for the first worker, and later, when all have gone,
                for another one before the cluster counts as lost.
            tell: called with sentences about the cluster, from another thread; without it they
                go to standard error.

        Raises:
            UsageError: the address is not one.
            InputError: nobody answers there, or there is no worker that can run tasks.
        """
        _require_distributed()
        if not _ADDRESS.fullmatch(address):
            raise UsageError(
                f"{excerpt(address)!r} is not an address of a Dask scheduler: write, for "
                "example, tcp://host:8786"
            )
        executor = cls(address, wait_seconds, tell or _print)
        executor._await_worker()
        return executor

    @classmethod
    def slurm(cls, path: str, *, tell: Tell | None = None) -> DaskExecutor:
        """Start a scheduler here and workers as SLURM jobs, as a YAML file says.

        Raises:
            InputError: the file is not usable, or there is no SLURM on this machine.
        """
        _require_distributed()
        settings = read_slurm_file(path)
        executor = cls(None, settings.wait, tell or _print, settings)
        executor._await_worker()
        return executor

    @property
    def slots(self) -> int:  # type: ignore[override]
        """Workers that take tasks now; at least one, so that somebody waits for it."""
        return max(1, self._books.slots)

    @property
    def workers(self) -> int:
        """Workers that take tasks now."""
        return self._books.slots

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run `fn(*args, **kwargs)` on a worker, where the function must be importable.

        Raises:
            ExecutorLost: the scheduler is gone.
        """
        if self._closed:
            raise RuntimeError("cannot schedule new futures after shutdown")
        if self._books.lost is not None:
            raise ExecutorLost(self._books.lost)
        job = Job(Future(), fn, args, kwargs)
        self._open.add(job.future)
        job.future.add_done_callback(self._open.discard)
        if not self._call(self._books.submit, job):
            job.future.cancel()
            raise ExecutorLost(self._books.lost or "the link to the Dask cluster is closed")
        return job.future

    def kill(self, future: Future[Any]) -> None:
        """End the worker that runs the task; a nanny starts another in its place.

        A future that still waits for a worker is cancelled.
        """
        self._call(self._books.kill, future, "the task was ended")

    def memory_mb(self, future: Future[Any]) -> float | None:
        """Resident memory of the task's worker by its last heartbeat, megabytes."""
        return self._books.memory_mb(future)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the cluster; running tasks are waited for with `wait`, else given up."""
        self._closed = True
        if cancel_futures or not wait:
            for future in list(self._open):
                future.cancel()
        if wait:
            futures.wait(list(self._open))
        self._end()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # After an exception, a second Ctrl-C say, nobody waits for a task of an hour.
        self.shutdown(wait=kind is None)

    def _main(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._serving = asyncio.create_task(self._books.serve())
        self._started.set()
        await asyncio.wait([self._serving])
        if not self._serving.cancelled() and (error := self._serving.exception()) is not None:
            self._books.lose(f"the link to the Dask cluster broke ({error!r})")  # a bug here

    def _call(self, function: Callable[..., object], *arguments: Any) -> bool:
        """Have the other thread call a function; False where it has ended."""
        try:
            assert self._loop is not None
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:  # the loop is closed
            return False
        return True

    def _await_worker(self) -> None:
        try:
            self._books.ready.result()
        except BaseException:
            self._closed = True
            self._end()
            raise

    def _end(self) -> None:
        if self._serving is not None:
            self._call(self._serving.cancel)
        self._thread.join()
        if self._slurm is not None:
            self._slurm.close()
            self._slurm = None
        self._speak_again()

    def _speak_again(self) -> None:
        for name, level in self._silenced.items():
            logging.getLogger(name).setLevel(level)
        self._silenced = {}


def _print(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _require_distributed() -> None:
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise InputError(
            "screening on a cluster needs Dask: pip install 'qchem-app[dask]'"
        ) from None
