"""StoreLock: one writer a store, and a lock that a killed writer cannot leave behind."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import socket
import struct
import time
import weakref
from datetime import UTC, datetime
from typing import Self

from qchem_app.errors import InputError
from qchem_app.io.source import excerpt, path_label

#: Seconds that a lock is tried for: a reader that asks who writes holds it for a moment.
_PATIENCE = 0.3
#: A byte of the store that is never there and that SQLite's own locks leave alone.
_BYTE = 2**62
#: A lock file longer than this is not ours (bytes).
_LONGEST = 4096

_held: weakref.WeakSet[StoreLock] = weakref.WeakSet()


class StoreLock:
    """An flock on `<store>.lock`, which says who holds it, and a lock in the store itself.

    The second one, taken by `hold_store`, keeps out who comes by a hard link or after the lock
    file was removed, and tells whether the store still has its name.

    The kernel drops the locks with the process, however that ends, so no lock is ever stale. They
    belong to open files, which a forked child would share and could keep after its parent's
    death: children close them (`exec` does that, `fork` is hooked).
    """

    def __init__(self, store: str, label: str = "") -> None:
        """Take the lock of the store at this real path, which messages call `label`.

        Raises:
            InputError: another process has it, or the file cannot be made.
        """
        self.path = f"{store}.lock"
        self._store = store
        self._label = label or path_label(store)
        self._descriptor = self._inside = -1
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

    def hold_store(self) -> None:
        """Take the lock in the store, which is there by now and that no connection has open.

        It must stay so long as a connection is open: when a process closes a file, POSIX ends all
        locks that it has on the file, SQLite's too.

        Raises:
            InputError: another process has it, or the store cannot be opened.
        """
        try:
            self._inside = os.open(self._store, os.O_RDWR)
            _lock_byte(self._inside)
        except BlockingIOError:
            raise InputError(
                f"{self._label}: the store is being written by another process, under another "
                "name perhaps: wait for it or stop it, or name another store"
            ) from None
        except OSError as error:
            raise self._refused(error) from None

    @property
    def held(self) -> bool:
        """Whether it was not released."""
        return self._descriptor >= 0

    def holds_store(self) -> bool:
        """Whether what has the store's name now is the file that is locked."""
        try:
            return os.path.samestat(os.fstat(self._inside), os.stat(self._store))
        except OSError:
            return False

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
            if os.path.samestat(os.fstat(self._descriptor), os.stat(self.path)):
                os.unlink(self.path)  # unless it was removed, and is another driver's now
        self.forget()

    def forget(self) -> None:
        """Close the files without letting go, where another process shares them."""
        descriptors = self._inside, self._descriptor
        self._inside = self._descriptor = -1
        _held.discard(self)
        for descriptor in descriptors:
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


def _lock_byte(descriptor: int) -> None:
    """Lock the byte for as long as this open file lives.

    Not by flock, which some file systems and kernels do not tell from SQLite's own locks. Where
    there are no such locks, the lock file alone has to do.

    Raises:
        BlockingIOError: another open file has it.
    """
    if not hasattr(fcntl, "F_OFD_SETLK"):
        return
    request = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, _BYTE, 1, 0)
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, request)
    except PermissionError as error:  # POSIX lets systems say it so
        raise BlockingIOError(errno.EAGAIN, "locked") from error
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOLCK, errno.ENOTSUP):
            raise


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
