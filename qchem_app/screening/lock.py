"""StoreLock: one writer a store, and a lock that a killed writer cannot leave behind."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import socket
import time
import weakref
from datetime import UTC, datetime
from typing import Self

from qchem_app.errors import InputError
from qchem_app.io.source import excerpt, path_label

#: Seconds that a lock is tried for: a reader that asks who writes holds it for a moment.
_PATIENCE = 0.3
#: A lock file longer than this is not ours (bytes).
_LONGEST = 4096

_held: weakref.WeakSet[StoreLock] = weakref.WeakSet()


class StoreLock:
    """An flock on `<store>.lock`, which says who holds it.

    The kernel drops the lock with the process, however that ends, so no lock is ever stale. It
    belongs to the open file, which a forked child would share and could keep after its parent's
    death: children close it (`exec` does that, `fork` is hooked).
    """

    def __init__(self, store: str, label: str = "") -> None:
        """Take the lock of the store at this real path, which messages call `label`.

        Raises:
            InputError: another process has it, or the file cannot be made.
        """
        self.path = f"{store}.lock"
        self._label = label or path_label(store)
        self._descriptor = -1
        deadline = time.monotonic() + _PATIENCE
        while not self._try():
            if time.monotonic() > deadline:
                raise InputError(
                    f"{self._label}: the store is being written by {_holder(self.path)}: wait "
                    "for it or stop it, or name another store"
                )
            time.sleep(0.02)
        _held.add(self)

    def _try(self) -> bool:
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        except OSError as error:
            raise self._refused(error) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The one who let go has removed the file: this lock must be on the one of that name.
            if not os.path.samestat(os.fstat(descriptor), os.stat(self.path)):
                raise FileNotFoundError
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, _description(), 0)
        except (BlockingIOError, FileNotFoundError):
            os.close(descriptor)
            return False
        except OSError as error:
            if error.errno == errno.ENOSPC:
                os.unlink(self.path)  # ours, and empty
            os.close(descriptor)
            raise self._refused(error) from None
        self._descriptor = descriptor
        return True

    def _refused(self, error: OSError) -> InputError:
        why = {
            errno.ENOSPC: "the disk is full: make room",
            errno.EROFS: "the file system is read-only: choose another place",
            errno.EACCES: "no permission to write in its folder: choose another place",
            errno.ENOLCK: "this file system has no locks: keep the store on a local disk",
        }.get(error.errno or 0, f"{error.strerror}: choose another place")
        return InputError(f"{self._label}: the store cannot be locked for writing, {why}")

    def release(self) -> None:
        """Let go and remove the file; once is enough, twice does no harm."""
        if self._descriptor < 0:
            return
        with contextlib.suppress(OSError):
            os.unlink(self.path)
        self.forget()

    def forget(self) -> None:
        """Close the file without letting go, where another process shares it."""
        descriptor, self._descriptor = self._descriptor, -1
        _held.discard(self)
        if descriptor >= 0:
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def writer(store: str) -> str | None:
    """Who writes the store at this path now, "process 12 on host since time", or None."""
    try:
        descriptor = os.open(f"{store}.lock", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _holder(f"{store}.lock")
    else:
        return None
    finally:
        os.close(descriptor)


def _description() -> bytes:
    return json.dumps(
        {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
        }
    ).encode()


def _holder(path: str) -> str:
    try:
        with open(path, "rb") as file:
            told = json.loads(file.read(_LONGEST))
        return excerpt(f"process {told['pid']} on {told['host']} since {told['started']}", 200)
    except (OSError, ValueError, TypeError, KeyError):
        return "another process"


def _close_in_child() -> None:
    for lock in list(_held):
        lock.forget()


os.register_at_fork(after_in_child=_close_in_child)
