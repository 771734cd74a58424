"""TaskExecutor: what a screening asks of whatever runs its tasks."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any


class WorkerDied(Exception):
    """The process that ran a task ended without an answer: set on that task's future.

    Attributes:
        message: how it ended, a phrase such as "killed by signal 9 (SIGKILL)".
        exit_code: of the process; minus the signal's number where one ended it, None if unknown.
    """

    def __init__(self, message: str, exit_code: int | None = None) -> None:
        super().__init__(message, exit_code)  # both, so that it can be pickled
        self.message = message
        self.exit_code = exit_code

    def __str__(self) -> str:
        return self.message


class ExecutorLost(Exception):
    """Nothing can be run any more, and no task is to blame: one sentence that says why."""


class TaskExecutor(Executor):
    """An executor of the standard library that can also stop, measure and blame.

    No more than `slots` futures are ever under way; each is done soon after its task ended, with
    what the function returned, with `WorkerDied` or with `ExecutorLost`.

    Attributes:
        slots: how many tasks run at once.
        threads: cores that each of them may use.
        shares_files: workers see the driver's files, so that they can leave checkpoints there.
        shares_memory: the tasks share this machine's memory.
        precise_blame: `WorkerDied` means that this very task's process died. Where it may have
            been a neighbour's doing, the driver tries suspects alone.
        interruptible: `interrupt_running` ends tasks soon; those that do not end are killed.
        in_process: `submit` returns when the task is done, in the calling thread.
    """

    slots: int = 1
    threads: int = 1
    shares_files: bool = True
    shares_memory: bool = True
    precise_blame: bool = True
    interruptible: bool = False
    in_process: bool = False

    @abstractmethod
    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run `fn(*args, **kwargs)`, a function that can be pickled.

        The future is running from when a worker has it; its time limit begins then.

        Raises:
            ExecutorLost: there is nothing left to run it.
        """

    def interrupt_running(self) -> None:
        """Ask every running task to save its state and end; called again until all have ended.

        Where that cannot be, it does nothing, and they are waited for.
        """

    def kill(self, future: Future[Any]) -> None:
        """End a task at once; its future gets `WorkerDied` soon after, where that is possible."""

    def memory_mb(self, future: Future[Any]) -> float | None:
        """Resident memory of the process that runs a task, megabytes; None if unknown."""
        return None

    def left_mb(self, future: Future[Any]) -> float:
        """What that process held before the task began, megabytes; 0 if unknown."""
        return 0.0

    def total_memory_mb(self) -> float:
        """Resident memory of all workers on this machine but the driver itself, megabytes."""
        return 0.0
