"""StoreError: what SQLite or the disk refused, in a sentence."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from qchem_app.errors import QchemError
from qchem_app.io.source import excerpt

DAMAGED = "the store is damaged"
WHOLE = "take a copy that is whole"


class StoreError(QchemError, OSError):
    """A store could not be written or read; what it held before is untouched."""


@contextmanager
def translated(label: str) -> Iterator[None]:
    """Turn SQLite's errors inside into sentences about the store called `label`.

    What only a bug can cause, such as a broken constraint, passes as it is.

    Raises:
        StoreError: the disk is full, fails or is read-only, or the file is damaged or in use.
    """
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{label}: {reason(error)}") from error
    except UnicodeDecodeError as error:  # of SQLite's own message, which quotes the damage
        raise StoreError(f"{label}: {reason(sqlite3.DatabaseError('no text'))}") from error


def reason(error: sqlite3.DatabaseError) -> str:
    """What an error means and what to do about it, without the name of the file."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest is detail
    detail = excerpt(str(error), 100)
    match code:
        case sqlite3.SQLITE_FULL:
            return (
                "the disk is full, so nothing more can be stored: make room and run the same "
                "command again, everything before is kept"
            )
        case sqlite3.SQLITE_IOERR:
            return (
                f"the disk refuses ({detail}), perhaps because it is full: make room or repair "
                "it and run the same command again, what is stored is kept"
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return (
                f'{DAMAGED} ({detail}): {WHOLE}, or let the sqlite3 program\'s ".recover" save '
                "what it can"
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_AUTH:
            return "the file or its folder is read-only: change its access rights, or copy it"
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return "another program keeps the store locked: close it and try again"
        case sqlite3.SQLITE_CANTOPEN:
            return (
                "the file cannot be opened here, because its folder cannot be written to or "
                "reached: copy it, with the files of the same name and -wal at the end"
            )
    return f"{DAMAGED} or from another program ({detail}): {WHOLE}"
