"""PoolExecutor: tasks in processes of their own on this machine, one process a slot.

A pool of the standard library breaks as a whole when one of its processes dies, and cannot say
which task killed it. Here every slot owns its process: a death is the matter of one future, and
the slot starts a new process for the next task.

Workers are started from nothing but the interpreter and a socket. They do not run the caller's
main script again, so it needs no `if __name__ == "__main__"`.
"""

from __future__ import annotations

import queue
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import psutil

from qchem_app.errors import UsageError
from qchem_app.screening.executors.base import TaskExecutor, WorkerDied
from qchem_app.screening.executors.pool_process import WorkerProcess, start_worker
from qchem_app.screening.executors.pool_worker import INTERRUPT

_SECONDS_IDLE = 2.0  # a worker that waits longer gives its memory to others; starting takes one


class PoolExecutor(TaskExecutor):
    """Processes on this machine, rebuilt one by one as they die.

    Args:
        slots: how many tasks run at once.
        threads: cores each of them uses; BLAS and OpenMP are told before they load.
        recycle_mb: a worker that holds more than this between two tasks is replaced, megabytes;
            most hold 300 at most.
    """

    interruptible = True

    def __init__(self, slots: int, *, threads: int = 1, recycle_mb: float = 400.0) -> None:
        if slots < 1 or threads < 1:
            raise UsageError(f"a pool needs workers and threads, found {slots} and {threads}")
        self.slots, self.threads = slots, threads
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._closed = False
        self._slots = [_Slot(self._calls, threads, recycle_mb) for _ in range(slots)]

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run `fn(*args, **kwargs)` in a worker.

        Raises:
            UsageError: the function is defined in the main script, where workers cannot find it.
        """
        if self._closed:
            raise RuntimeError("cannot schedule new futures after shutdown")
        if getattr(fn, "__module__", None) == "__main__":
            raise UsageError(
                f"worker processes cannot import {getattr(fn, '__name__', 'a function')} from the "
                "main script: move it to a module of its own"
            )
        call = _Call(Future(), (fn, args, kwargs))
        self._calls.put(call)
        return call.future

    def interrupt_running(self) -> None:
        for slot in self._slots:
            slot.interrupt()

    def kill(self, future: Future[Any]) -> None:
        for slot in self._slots:
            slot.kill(future)

    def memory_mb(self, future: Future[Any]) -> float | None:
        return next((s.memory_mb() for s in self._slots if s.future is future), None)

    def left_mb(self, future: Future[Any]) -> float:
        return next((s.left_mb for s in self._slots if s.future is future), 0.0)

    def total_memory_mb(self) -> float:
        return sum(slot.memory_mb() or 0.0 for slot in self._slots)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers; running tasks are waited for with `wait`, else killed."""
        self._closed = True
        if cancel_futures or not wait:
            with suppress(queue.Empty):
                while call := self._calls.get_nowait():
                    call.future.cancel()
        for slot in self._slots:
            self._calls.put(None)
            if not wait:
                slot.stop()
        for slot in self._slots:
            slot.thread.join()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # After an exception nobody waits for a task of an hour.
        self.shutdown(wait=kind is None)


@dataclass(frozen=True)
class _Call:
    future: Future[Any]
    message: tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class _Slot:
    """A thread that hands calls to its process, waits for the answers and replaces the dead."""

    def __init__(
        self, calls: queue.SimpleQueue[_Call | None], threads: int, recycle_mb: float
    ) -> None:
        self.calls, self.threads, self.recycle_mb = calls, threads, recycle_mb
        self.worker: WorkerProcess | None = None
        self.future: Future[Any] | None = None  # what runs now
        self.left_mb = 0.0  # what the process held before that
        self.stopped = False
        self.lock = threading.Lock()  # nothing is said to a process about the call before its own
        # Daemonic, so that a driver that just ends is not held up; its workers end with it.
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        # The workers inherit it: the terminal sends SIGINT to all, and the driver decides;
        # SIGTERM is let through when a worker can handle it.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        while (call := self._next()) is not None:
            try:
                worker = self._ready()  # before the future counts as running
                if not call.future.set_running_or_notify_cancel():
                    continue
                ok, value = self._answer(worker, call)
            except Exception as error:  # also arguments that cannot be pickled: all the caller's
                ok, value = False, error
            with self.lock:
                self.future = None
            with suppress(InvalidStateError):  # cancelled while a worker was started in vain
                call.future.set_result(value) if ok else call.future.set_exception(value)
            del call, value  # not kept alive while waiting for the next one
            if self.worker is not None and (self.memory_mb() or 0.0) > self.recycle_mb:
                self._end()
        self._end()

    def _next(self) -> _Call | None:
        """The next call, None where there is none any more; meanwhile nothing idles for long."""
        if self.worker is not None:
            with suppress(queue.Empty):
                return self.calls.get(timeout=_SECONDS_IDLE)
            self._end()
        return self.calls.get()

    def _ready(self) -> WorkerProcess:
        """A process that waits for something to do."""
        if self.worker is None or self.worker.process.poll() is not None:
            self._end()
            self.worker = start_worker(self.threads)
        return self.worker

    def _answer(self, worker: WorkerProcess, call: _Call) -> tuple[bool, Any]:
        worker.forget_output()
        self.left_mb = self.memory_mb() or 0.0
        with self.lock:
            if self.stopped:
                raise WorkerDied("the pool was shut down")
            self.future = call.future
            with suppress(OSError):  # it died just now, which the next lines find out
                worker.connection.send(call.message)
        try:
            answer: tuple[bool, Any] = worker.receive()
        except EOFError:
            message, code = worker.ending()
            with self.lock:
                self.future = None
            self._end()
            raise WorkerDied(message, code) from None
        return answer

    def interrupt(self) -> None:
        with self.lock, suppress(OSError):
            if self.future is not None and self.worker is not None:
                self.worker.connection.send(INTERRUPT)

    def stop(self) -> None:
        with self.lock:
            self.stopped = True
            if self.future is not None and self.worker is not None:
                self.worker.process.kill()

    def kill(self, future: Future[Any] | None) -> None:
        with self.lock:
            if future is not None and self.future is future and self.worker is not None:
                self.worker.process.kill()

    def memory_mb(self) -> float | None:
        worker = self.worker
        if worker is None:
            return None
        try:
            return float(psutil.Process(worker.process.pid).memory_info().rss) / 1e6
        except psutil.Error:
            return None

    def _end(self) -> None:
        if self.worker is not None:
            self.worker.end()
            self.worker = None
