"""Opening the SQLite file of a store, with every way that it can be the wrong file."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import struct
from urllib.parse import quote

from qchem_app.errors import InputError
from qchem_app.io.source import path_label
from qchem_app.screening import schema
from qchem_app.screening.lock import StoreLock
from qchem_app.screening.store_error import DAMAGED, WHOLE, StoreError, translated

_MAGIC = b"SQLite format 3\0"
_ADVICE = "it was left as it is, name another file"
#: Seconds that SQLite waits where another connection is in the way.
_PATIENCE = 10.0


def resolve(path: str | os.PathLike[str]) -> tuple[str, str]:
    """The real path of a store and its name for messages.

    Raises:
        InputError: this cannot be the name of a file.
    """
    given = os.fspath(path)
    label = path_label(given)
    if not given or "\0" in given:
        raise InputError(f'"{label}" is not a file name: give the store\'s')
    real = os.path.realpath(given)
    if os.path.isdir(real):
        raise InputError(f"{label}: this is a directory: give the name of a store in it")
    return real, label


def open_writable(path: str, label: str, lock: StoreLock) -> sqlite3.Connection:
    """The store at a real path, made where it is missing or empty.

    Args:
        path: of the file.
        label: its name for messages.
        lock: of this path; the store itself is locked too before it is opened.

    Raises:
        InputError: the file is something else, newer than this program, or written by another
            process under another name.
        StoreError: it is damaged, or the disk refuses.
    """
    if _is_store(path, label):
        # A database left by a killed run is asked before anything about it is changed.
        if not os.access(path, os.W_OK):
            raise InputError(f"{label}: the store is read-only: change its access rights")
    else:
        _create(path, label)
    lock.hold_store()
    with translated(label):
        connection = _connect(path, "mode=rw")
        try:
            schema.migrate(connection, label)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute(f"PRAGMA journal_size_limit = {64 * 1024 * 1024}")
        except BaseException:
            connection.close()
            raise
    return connection


def open_readable(path: str, label: str) -> sqlite3.Connection:
    """The store at a real path, read-only, also while a driver writes it.

    Raises:
        InputError: there is no such file, it is something else, or of another version.
        StoreError: it is damaged, or cannot be read from here.
    """
    if not _is_store(path, label):
        if os.path.exists(path):
            raise InputError(f"{label}: the file is empty: give the store of a screening")
        raise InputError(f"{label}: no such file: check the path")
    with translated(label):
        try:
            return _first_read(_connect(path, "mode=ro"), label)
        except sqlite3.OperationalError as error:
            # Where the folder cannot be written to, SQLite cannot make its index of the log;
            # where there is no log either, nobody writes and the file alone is everything.
            shut = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in shut or _size(f"{path}-wal"):
                raise
            return _first_read(_connect(path, "mode=ro&immutable=1"), label)


def tidy(path: str) -> None:
    """Remove the empty log that a reader leaves, where nobody else has the store open.

    SQLite does that itself when the last connection that may write is closed.
    """
    if _size(f"{path}-wal") == 0 and os.path.exists(f"{path}-wal") and os.access(path, os.W_OK):
        with contextlib.suppress(sqlite3.DatabaseError):
            connection = _connect(path, "mode=rw")
            try:
                schema.version(connection)
            finally:
                connection.close()


def _connect(path: str, parameters: str) -> sqlite3.Connection:
    # As bytes, because a name need not be UTF-8; quoted, because it may hold ? # and %.
    uri = f"file://{quote(os.fsencode(path))}?{parameters}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_PATIENCE)
    connection.execute("PRAGMA trusted_schema = OFF")  # the file may come from anybody
    return connection


def _first_read(connection: sqlite3.Connection, label: str) -> sqlite3.Connection:
    try:
        if not schema.check_version(connection, label):
            raise InputError(
                f"{label}: an older qchem_app wrote this store (version "
                f"{schema.version(connection)}): run its screening again, which brings it up to "
                "date and computes nothing twice"
            )
        connection.execute("SELECT count(*) FROM run").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _is_store(path: str, label: str) -> bool:
    """Whether there is a store; False where there is nothing, or an empty file.

    Looks at the header alone, so that a file of somebody else's is not even opened as a database.

    Raises:
        InputError: there is something else.
        StoreError: the last page is not whole.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise InputError(f"{label}: this is not a regular file: name another one")
        with open(path, "rb") as file:
            header = file.read(100)
            size = os.fstat(file.fileno()).st_size
    except (FileNotFoundError, NotADirectoryError):
        return False
    except PermissionError:
        raise InputError(f"{label}: no permission to read this file: check its rights") from None
    except OSError as error:
        raise InputError(f"{label}: cannot be read ({error.strerror}): check the path") from None
    if not header:
        return False
    if not header.startswith(_MAGIC):
        raise InputError(f"{label}: this is not the store of a screening: {_ADVICE}")
    if len(header) < 100:
        raise InputError(f"{label}: the store is cut off after {size} bytes: {_ADVICE}")
    if struct.unpack_from(">I", header, 68)[0] != schema.APPLICATION_ID:
        raise InputError(f"{label}: this is an SQLite file of another program: {_ADVICE}")
    # SQLite takes what is missing of the last page for zeros; it may still be in the log.
    if size % (struct.unpack_from(">H", header, 16)[0] or 1) and not _size(f"{path}-wal"):
        raise StoreError(f"{label}: {DAMAGED} (cut off after {size} bytes): {WHOLE}")
    return True


def _create(path: str, label: str) -> None:
    """Put an empty store at the path in one step: a kill leaves none or a whole one."""
    fresh = f"{path}.new"
    folder = os.path.dirname(path)
    if not os.path.isdir(folder):
        raise InputError(f"{label}: the folder does not exist: create it first")
    try:
        # Logs of a store that is gone would be taken for the new one's.
        for leftover in (fresh, f"{fresh}-journal", f"{fresh}-wal", f"{path}-wal", f"{path}-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(leftover)
        with translated(label):
            connection = _connect(fresh, "mode=rwc")
            try:
                schema.create(connection)
                connection.execute("PRAGMA journal_mode = WAL")
            finally:
                connection.close()
        os.replace(fresh, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(fresh)
        if isinstance(error, OSError) and not isinstance(error, StoreError):
            raise InputError(
                f"{label}: cannot be created ({error.strerror}): choose another place"
            ) from None
        raise


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0
