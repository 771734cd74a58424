"""InlineExecutor: tasks one after the other in the calling process."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from qchem_app.screening.executors.base import TaskExecutor


class InlineExecutor(TaskExecutor):
    """Runs each task within `submit`, for debugging and where processes are not wanted.

    A task that dies takes the caller with it, and limits of time and memory are not enforced. The
    last digits are those of the pool where BLAS was told to use as many threads before NumPy was
    loaded, as `qchem` does.
    """

    in_process = True

    def __init__(self, threads: int = 1) -> None:
        self.threads = threads

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        try:
            result = fn(*args, **kwargs)
        except Exception as error:
            future.set_exception(error)
        else:
            future.set_result(result)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """There is nothing to end."""
