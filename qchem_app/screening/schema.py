"""The tables of a store, their version, and how an older version becomes the present one."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from qchem_app.errors import InputError

#: "qchm" in the header of the file says whose SQLite file it is.
APPLICATION_ID = 0x7163686D

#: A task is stored once, however many candidates and runs it belongs to. Texts that are long and
#: seldom read (records, carried orbitals) have tables of their own, so that a list does not page
#: through them. Mappings and lists are JSON. Times are UTC, ISO 8601.
TABLES = (
    """CREATE TABLE run (
        id INTEGER PRIMARY KEY,
        started TEXT NOT NULL,
        ended TEXT,
        status TEXT NOT NULL CHECK (status IN ('running', 'finished', 'interrupted', 'failed')),
        manifest TEXT NOT NULL
    )""",
    """CREATE TABLE task (
        id TEXT PRIMARY KEY,   -- SHA-256 of text
        text TEXT NOT NULL,    -- everything that affects the answer
        json TEXT NOT NULL     -- Task.to_json()
    )""",
    """CREATE TABLE candidate (
        run_id INTEGER NOT NULL REFERENCES run (id),
        position INTEGER NOT NULL,
        name TEXT NOT NULL,
        source TEXT NOT NULL,
        task_id TEXT REFERENCES task (id),  -- NULL where error says why there is none
        error TEXT NOT NULL,
        variables TEXT NOT NULL,
        notes TEXT NOT NULL,
        PRIMARY KEY (run_id, position)
    )""",
    "CREATE INDEX candidate_name ON candidate (name, task_id)",
    """CREATE TABLE attempt (
        task_id TEXT PRIMARY KEY REFERENCES task (id),
        status TEXT NOT NULL CHECK (status IN ('waiting', 'done', 'failed')),
        deaths INTEGER NOT NULL DEFAULT 0,  -- workers that died of it
        started TEXT,
        ended TEXT,
        fields TEXT NOT NULL DEFAULT '{}',
        error TEXT NOT NULL DEFAULT '',
        traceback TEXT NOT NULL DEFAULT '',
        seconds REAL,
        worker TEXT NOT NULL DEFAULT ''
    )""",
    """CREATE TABLE record (
        task_id TEXT PRIMARY KEY REFERENCES task (id),
        json TEXT NOT NULL     -- the whole SolveResult
    )""",
    """CREATE TABLE carry (
        task_id TEXT PRIMARY KEY REFERENCES task (id),
        data BLOB NOT NULL
    )""",
)

#: Statements that lead from version n to n + 1, for n from 1. A new version adds its step here
#: and changes TABLES to what the steps lead to.
MIGRATIONS: Sequence[Sequence[str]] = ()


def create(connection: sqlite3.Connection) -> None:
    """Make the tables in an empty database, in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    for statement in TABLES:
        connection.execute(statement)
    # a PRAGMA takes no parameters; these are numbers of ours
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.execute("COMMIT")


def version(connection: sqlite3.Connection) -> int:
    """The version that the database has."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def check_version(
    connection: sqlite3.Connection, label: str, migrations: Sequence[Sequence[str]] | None = None
) -> bool:
    """Whether the database has the present version; False where it is older.

    Raises:
        InputError: it is newer.
    """
    present = len(MIGRATIONS if migrations is None else migrations) + 1
    found = version(connection)
    if found > present:
        raise InputError(
            f"{label}: a newer qchem_app wrote this store (version {found}, and this one knows up "
            f"to {present}): update qchem_app"
        )
    return found == present


def migrate(
    connection: sqlite3.Connection, label: str, migrations: Sequence[Sequence[str]] | None = None
) -> int:
    """Bring the database to the present version, all steps or none; how many steps it took.

    Raises:
        InputError: the database is newer.
    """
    steps = MIGRATIONS if migrations is None else migrations
    if check_version(connection, label, steps):
        return 0
    connection.execute("BEGIN IMMEDIATE")
    try:
        found = version(connection)
        for statements in steps[found - 1 :]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(steps) + 1}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return len(steps) + 1 - found
