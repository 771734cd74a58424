"""WorkerProcess: a process of the pool, seen from the driver's side."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any

from qchem_app.printable import printable
from qchem_app.screening.executors.base import ExecutorLost, WorkerDied
from qchem_app.screening.executors.thread_variables import thread_variables

# The path comes first, because the package itself may only be found through it.
_START = (
    "import sys; from multiprocessing.connection import Connection; "
    "connection = Connection(int(sys.argv[1])); sys.path[:] = connection.recv(); "
    "from qchem_app.screening.executors.pool_worker import serve; "
    "connection.send('ready'); serve(connection)"
)
_SECONDS_TO_LEAVE = 5.0
_SECONDS_BETWEEN_LOOKS = 1.0  # at a process whose end of the socket something else may hold open


def start_worker(threads: int) -> WorkerProcess:
    """A new process. One that is killed while it starts, where memory is short, is not the last."""
    for pause in (1.0, 5.0):
        try:
            return WorkerProcess(threads)
        except WorkerDied as error:
            if (error.exit_code or 0) >= 0:
                raise _no_start(str(error)) from None
            time.sleep(pause)
        except OSError as error:
            raise _no_start(str(error.strerror)) from None
    try:
        return WorkerProcess(threads)
    except (WorkerDied, OSError) as error:
        raise _no_start(str(error)) from None


def _no_start(reason: str) -> ExecutorLost:
    return ExecutorLost(f"a worker process cannot be started ({reason}): try without processes")


class WorkerProcess:
    """One process and the socket to it.

    Raises:
        OSError: it cannot be started.
        WorkerDied: it ended at once.
    """

    def __init__(self, threads: int) -> None:
        # What a dying process says last; not the terminal, where a live view may be.
        self.output = tempfile.TemporaryFile(mode="a+b")  # noqa: SIM115
        self.connection: Connection
        self.connection, theirs = Pipe()
        try:
            self.process = subprocess.Popen(
                # -P: a random.py in the user's folder is not the library's.
                [sys.executable, "-P", "-c", _START, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=self.output,
                stderr=self.output,
                pass_fds=(theirs.fileno(),),
                env={**os.environ, **thread_variables(threads)},
            )
        except OSError:
            self.connection.close()
            self.output.close()
            raise
        finally:
            theirs.close()
        try:
            self.connection.send(sys.path)
            self.receive()
        except (EOFError, OSError):
            message, code = self.ending()
            self.end()
            raise WorkerDied(message, code) from None

    def receive(self) -> Any:
        """The next message; EOFError when the process is gone."""
        while True:
            if wait([self.connection], _SECONDS_BETWEEN_LOOKS):
                try:
                    return self.connection.recv()
                except OSError:
                    raise EOFError from None
            if self.process.poll() is not None and not self.connection.poll():
                raise EOFError

    def ending(self) -> tuple[str, int]:
        """How the process ended, in a phrase, and its exit code."""
        try:
            code = self.process.wait(_SECONDS_TO_LEAVE)
        except subprocess.TimeoutExpired:  # it closed the socket and lives on
            self.process.kill()
            code = self.process.wait()
        if code < 0:
            try:
                name = f" ({signal.Signals(-code).name})"
            except ValueError:
                name = ""
            phrase = f"killed by signal {-code}{name}"
        else:
            phrase = f"ended with exit code {code}"
        self.output.seek(0)
        said = self.output.read()[-2000:].decode(errors="replace").strip().splitlines()
        return (f"{phrase}: {printable(said[-1])[:200]}" if said else phrase), code

    def forget_output(self) -> None:
        """Keep what is printed during one task only; the file is in append mode at both ends."""
        self.output.truncate(0)

    def end(self) -> None:
        """Hang up; a process that does not leave by itself is killed."""
        self.connection.close()
        try:
            self.process.wait(_SECONDS_TO_LEAVE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.output.close()
