"""PoolWorker: the process at the other end of a pool's slot."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from types import FrameType
from typing import Any, NoReturn

#: What the driver sends to ask the running task to save its state and end.
INTERRUPT = "interrupt"

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>

_Call = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class PoolWorker:
    """Runs what comes through a connection, one task at a time, until the other end is gone.

    A thread listens, so that the process ends at once when the driver does, however it ends, and
    so that a task can be interrupted without a signal from outside.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.calls: SimpleQueue[_Call] = SimpleQueue()
        self.lock = threading.Lock()  # for the three below
        self.waiting = 0  # calls that have arrived and have no answer yet
        self.running = False  # inside a task, where SIGTERM is an exception
        self.stopped = False  # an interrupt came for a call that had not begun

    def serve(self) -> NoReturn:
        """Answer every call with (True, result) or (False, exception)."""
        signal.signal(signal.SIGTERM, self._on_sigterm)
        threading.Thread(target=self._listen, daemon=True).start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})  # the pool blocked it
        while True:
            answer = self._answer(*self.calls.get())
            with self.lock:
                self.waiting -= 1
                self.stopped = False
            self._send(answer)

    def _answer(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[bool, Any]:
        try:
            try:
                with self.lock:
                    if self.stopped:
                        raise KeyboardInterrupt
                    self.running = True
                result = function(*args, **kwargs)
            finally:
                self.running = False
        except KeyboardInterrupt as error:
            return False, KeyboardInterrupt(*error.args)
        except Exception as error:  # it belongs to the caller, who has the future
            return False, error
        return True, result

    def _send(self, answer: tuple[bool, Any]) -> None:
        try:
            self.connection.send(answer)
        except OSError:
            os._exit(1)  # nobody is there any more
        except Exception as error:  # what cannot be pickled may raise anything
            self.connection.send((False, TypeError(f"the answer cannot be sent: {error}")))

    def _listen(self) -> None:
        while True:
            try:
                message = self.connection.recv()
            except (EOFError, OSError):
                os._exit(1)  # the driver is gone: nobody wants the rest of the task
            except Exception as error:  # the function cannot be found here
                message = (_raise, (error,), {})
            with self.lock:
                if message == INTERRUPT:
                    if self.running:
                        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
                    elif self.waiting:
                        self.stopped = True
                    continue
                self.waiting += 1
            self.calls.put(message)

    def _on_sigterm(self, number: int, frame: FrameType | None) -> None:
        # Only once: what follows is the state being saved.
        if self.running:
            self.running = False
            raise KeyboardInterrupt


def _raise(error: BaseException) -> None:
    raise error


def _end_with_parent() -> None:
    """Let Linux kill this process with the thread that started it, which lives as long as the pool.

    A process that is stopped does not see that the other end of its connection is gone.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def serve(connection: Connection) -> NoReturn:
    """The main function of a worker process."""
    # Where memory runs out, Linux had better end a worker than the driver.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")
    _end_with_parent()
    PoolWorker(connection).serve()
