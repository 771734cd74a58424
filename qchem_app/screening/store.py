"""Store: the results of screenings in one SQLite file, written by one process."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal, Self

from qchem_app.errors import InputError
from qchem_app.screening.candidate import Candidate
from qchem_app.screening.database import open_readable, open_writable, resolve, tidy
from qchem_app.screening.lock import StoreLock
from qchem_app.screening.outcome import Outcome
from qchem_app.screening.store_error import StoreError, translated
from qchem_app.screening.store_reader import StoreReader
from qchem_app.screening.store_rows import ResultRow, RunRow, storable, to_json
from qchem_app.screening.task import Task

__all__ = ["ResultRow", "RunRow", "Store", "StoreError"]

#: Seconds that commits may wait for the disk; a later one waits for it at once.
_SYNC_INTERVAL = 1.0


class Store(StoreReader):
    """Runs, candidates, tasks and results.

    What `put` returned from is in the hands of the operating system, so that no kill of any
    process loses it. Commits that come at least a second after the one before are also on the
    disk; of those that come faster, a power cut may lose the last second's. It never damages the
    file. Times are in seconds, memory in megabytes.

    Use it as a context manager, in one thread.
    """

    def __init__(self, connection: sqlite3.Connection, path: str, label: str) -> None:
        """See `open_for_writing` and `open_for_reading`."""
        super().__init__(connection, path, label)
        self._lock: StoreLock | None = None
        self._tidy = False
        self._synced = -_SYNC_INTERVAL
        self._log: os.stat_result | None = None  # of our write-ahead log

    @classmethod
    def open_for_writing(cls, path: str | os.PathLike[str]) -> Self:
        """Open or create a store, locked against other drivers, in the present version.

        Raises:
            InputError: another process writes it, it is something else than a store, or its place
                cannot be written to; it is then untouched.
            StoreError: it is damaged, or the disk is full.
        """
        real, label = resolve(path)
        if not os.path.isdir(os.path.dirname(real)):
            raise InputError(f"{label}: the folder of this store does not exist: create it first")
        lock = StoreLock(real, label)
        try:
            store = cls(open_writable(real, label, lock), real, label)
        except BaseException:
            lock.release()
            raise
        store._lock = lock
        return store

    @classmethod
    def open_for_reading(cls, path: str | os.PathLike[str]) -> Self:
        """Open a store read-only; a driver may write it meanwhile.

        Raises:
            InputError: there is none, or it is something else or of another version.
            StoreError: it is damaged, or cannot be read from here.
        """
        real, label = resolve(path)
        logged = os.path.exists(f"{real}-wal")
        store = cls(open_readable(real, label), real, label)
        store._tidy = not logged
        return store

    def close(self) -> None:
        """Close the file and let go of the lock; what was put is kept."""
        lost = self._lock is not None and self._lock.held and not self._lock.holds_store()
        with contextlib.suppress(sqlite3.DatabaseError):  # a full disk: the log simply stays
            for cursor in list(self._cursors):
                cursor.close()
            if lost:  # SQLite would leave a file that was renamed without what is in the log
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._db.close()
        if lost:
            self._remove_log()
        if self._tidy:
            tidy(self.path)
            self._tidy = False
        if self._lock is not None:
            self._lock.release()

    def _remove_log(self) -> None:
        """So that it is not taken for that of a file which came in the store's place."""
        with contextlib.suppress(OSError):
            if self._log and os.path.samestat(self._log, os.stat(f"{self.path}-wal")):
                os.unlink(f"{self.path}-wal")
                os.unlink(f"{self.path}-shm")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _transaction(self, *, sync: bool = False) -> Iterator[sqlite3.Connection]:
        """All or nothing; waits for the disk where the last wait is long ago.

        Raises:
            StoreError: see `put`.
        """
        if self._lock is not None and not self._lock.holds_store():
            # SQLite would go on writing to a file that has no name any more.
            raise StoreError(
                f"{self.label}: the store was removed, renamed or replaced while it was written: "
                "put it back and run the same command again, or what is not there is computed anew"
            )
        with translated(self.label):
            now = time.monotonic()
            wait = sync or now - self._synced >= _SYNC_INTERVAL
            self._db.execute(f"PRAGMA synchronous = {'FULL' if wait else 'NORMAL'}")
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    with contextlib.suppress(sqlite3.DatabaseError):
                        self._db.execute("ROLLBACK")
                raise
            if wait:
                self._synced = now
            if self._log is None:
                with contextlib.suppress(OSError):
                    self._log = os.stat(f"{self.path}-wal")

    def start_run(self, manifest: Mapping[str, Any]) -> int:
        """Begin a run and return its number. Runs that were killed are marked interrupted.

        Raises:
            StoreError: see `put`.
        """
        with self._transaction(sync=True) as db:
            db.execute("UPDATE run SET status = 'interrupted' WHERE status = 'running'")
            cursor = db.execute(
                "INSERT INTO run (started, status, manifest) VALUES (?, 'running', ?)",
                (_now(), to_json(dict(manifest))),
            )
            return int(cursor.lastrowid or 0)

    def end_run(self, run_id: int, status: Literal["finished", "interrupted", "failed"]) -> None:
        """Say how a run ended.

        Raises:
            StoreError: see `put`.
        """
        with self._transaction(sync=True) as db:
            db.execute(
                "UPDATE run SET status = ?, ended = ? WHERE id = ?", (status, _now(), run_id)
            )

    def add_candidates(self, run_id: int, pairs: Iterable[tuple[Candidate, Task | None]]) -> None:
        """Append candidates to a run, and the tasks that are new; one transaction.

        Raises:
            StoreError: see `put`.
        """
        with self._transaction(sync=True) as db:
            query = "SELECT coalesce(max(position) + 1, 0) FROM candidate WHERE run_id = ?"
            start = db.execute(query, (run_id,)).fetchone()[0]
            for position, (candidate, task) in enumerate(pairs, start):
                if task is not None:
                    db.execute(
                        "INSERT OR IGNORE INTO task (id, text, json) VALUES (?, ?, ?)",
                        (task.id, task.text, task.to_json()),
                    )
                db.execute(
                    "INSERT INTO candidate VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        run_id,
                        position,
                        storable(candidate.name),
                        storable(candidate.source),
                        None if task is None else task.id,
                        storable(candidate.error),
                        to_json(dict(candidate.variables)),
                        to_json(list(candidate.notes)),
                    ),
                )

    def mark_started(self, task_id: str) -> None:
        """Note the time at which a task began.

        Raises:
            StoreError: see `put`.
        """
        with self._transaction() as db:
            db.execute(
                "INSERT INTO attempt (task_id, status, started) VALUES (?, 'waiting', ?) "
                "ON CONFLICT (task_id) DO UPDATE SET started = excluded.started",
                (task_id, _now()),
            )

    def charge_attempt(self, task_id: str) -> int:
        """Count a worker that died of a task; how many did so far, in all runs.

        Raises:
            StoreError: see `put`.
        """
        with self._transaction() as db:
            db.execute(
                "INSERT INTO attempt (task_id, status, deaths) VALUES (?, 'waiting', 1) "
                "ON CONFLICT (task_id) DO UPDATE SET deaths = deaths + 1",
                (task_id,),
            )
            query = "SELECT deaths FROM attempt WHERE task_id = ?"
            return int(db.execute(query, (task_id,)).fetchone()[0])

    def put(self, outcome: Outcome) -> None:
        """Keep what became of a task. One that is done stays as it is, whatever comes later.

        An interrupted task goes on waiting. Values of fields that are not finite are kept as None.

        Raises:
            StoreError: the disk is full or fails, or the file is not there any more; nothing of
                this outcome is stored, everything before it is.
            ValueError: the outcome is done without a record, or of a task that was never added.
        """
        if outcome.status == "interrupted":
            return
        if outcome.status == "done" and outcome.record is None:
            raise ValueError(f"the outcome of task {outcome.task_id} is done but has no record")
        with self._transaction() as db:
            known = "SELECT count(*) FROM task WHERE id = ?"
            if not db.execute(known, (outcome.task_id,)).fetchone()[0]:
                raise ValueError(f"task {outcome.task_id} was never added to the store")
            changed = db.execute(
                "INSERT INTO attempt (task_id, status, ended, fields, error, traceback, seconds, "
                "worker) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (task_id) DO UPDATE SET status = excluded.status, "
                "ended = excluded.ended, fields = excluded.fields, error = excluded.error, "
                "traceback = excluded.traceback, seconds = excluded.seconds, "
                "worker = excluded.worker "
                "WHERE status <> 'done'",
                (
                    outcome.task_id,
                    outcome.status,
                    _now(),
                    to_json(outcome.fields),
                    storable(outcome.error),
                    storable(outcome.traceback),
                    outcome.seconds,
                    storable(outcome.worker),
                ),
            ).rowcount
            if not changed:
                return
            for table, column, content in (
                ("record", "json", outcome.record and storable(outcome.record)),
                ("carry", "data", outcome.carry),
            ):
                if content is not None:
                    db.execute(
                        f"INSERT OR REPLACE INTO {table} (task_id, {column}) VALUES (?, ?)",
                        (outcome.task_id, content),
                    )

    def reset_failed(self, task_ids: Iterable[str]) -> None:
        """Forget the failures and dead workers of these tasks, so that they are tried again.

        Raises:
            StoreError: see `put`.
        """
        with self._transaction() as db:
            db.executemany(
                "DELETE FROM attempt WHERE task_id = ? AND status <> 'done'",
                ((task_id,) for task_id in task_ids),
            )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
