"""StoreReader: what a store can be asked."""

from __future__ import annotations

import hashlib
import sqlite3
import weakref
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from qchem_app.errors import InputError
from qchem_app.result import SolveResult
from qchem_app.screening.lock import writer
from qchem_app.screening.store_error import WHOLE, StoreError, translated
from qchem_app.screening.store_rows import ROW_COLUMNS, ResultRow, RunRow, parse, result_row
from qchem_app.screening.task import Task

_ADVICE = f"compute it again into another store, or {WHOLE}"


class StoreReader:
    """The questions of a `Store`, which inherits them.

    All raise StoreError where the file is damaged.

    Attributes:
        path: the real path of the file.
        label: its name for messages.
    """

    def __init__(self, connection: sqlite3.Connection, path: str, label: str) -> None:
        """Over a connection to a file of the present version."""
        self.path = path
        self.label = label
        self._db = connection
        self._cursors: weakref.WeakSet[sqlite3.Cursor] = weakref.WeakSet()

    def _one(self, query: str, *values: object) -> Any:
        """First row of a query, or None."""
        with translated(self.label):
            return self._db.execute(query, values).fetchone()

    def finished(self, task_ids: Iterable[str]) -> set[str]:
        """Those of the tasks whose result is here."""
        query = "SELECT 1 FROM attempt WHERE task_id = ? AND status = 'done'"
        return {task_id for task_id in task_ids if self._one(query, task_id)}

    def failed(self, task_ids: Iterable[str]) -> dict[str, str]:
        """Those of the tasks that failed, and the sentence of each."""
        query = "SELECT error FROM attempt WHERE task_id = ? AND status = 'failed'"
        found = ((task_id, self._one(query, task_id)) for task_id in task_ids)
        return {task_id: row[0] for task_id, row in found if row is not None}

    def carry(self, task_id: str) -> bytes | None:
        """What a finished task left for those after it."""
        row = self._one("SELECT data FROM carry WHERE task_id = ?", task_id)
        return None if row is None else bytes(row[0])

    def runs(self) -> list[RunRow]:
        """All runs, the oldest first."""
        query = (
            "SELECT id, started, ended, status, manifest, "
            "(SELECT count(*) FROM candidate WHERE run_id = run.id) FROM run ORDER BY id"
        )
        with translated(self.label):
            return [
                RunRow(id_, started, ended, status, parse(text, dict, self.label), candidates)
                for id_, started, ended, status, text, candidates in self._db.execute(query)
            ]

    def rows(self, run: int | Literal["last", "all"] = "last") -> Iterator[ResultRow]:
        """Candidates of a run in the order of the input, one at a time.

        "all" gives those of every run; the same candidate with the same task only once. Until the
        last one is taken, this reader sees the store as it was at the first.

        What is damaged in a row is left out of it, and the row says so.

        Raises:
            InputError: there is no run of that number.
            StoreError: the store is damaged.
        """
        where, values = "TRUE", []
        if run == "all":
            where = (
                "NOT EXISTS (SELECT 1 FROM candidate e WHERE e.name = c.name AND "
                "e.task_id IS c.task_id AND e.source = c.source AND e.error = c.error "
                "AND e.run_id < c.run_id)"
            )
        else:
            last = self._one("SELECT max(id) FROM run")[0]
            if run != "last" and not self._one("SELECT 1 FROM run WHERE id = ?", run):
                found = f"its runs are 1 to {last}" if last else "it has no runs"
                raise InputError(f"{self.label}: there is no run {run}, {found}: name another")
            where, values = "c.run_id = ?", [last if run == "last" else run]
        query = (
            f"SELECT {ROW_COLUMNS} FROM candidate c LEFT JOIN attempt a ON a.task_id = c.task_id "
            f"WHERE {where} ORDER BY c.run_id, c.position"
        )
        with translated(self.label):
            cursor = self._db.execute(query, values)
            self._cursors.add(cursor)  # an open one would keep the file open
            for row in cursor:
                yield result_row(row)

    def record_json(self, task_id: str) -> str:
        """The whole SolveResult of a task, as it was stored.

        Raises:
            InputError: the task has no result.
        """
        row = self._one("SELECT json FROM record WHERE task_id = ?", task_id)
        if row is None:
            raise InputError(f"{self.label}: there is no result of task {task_id[:12]}")
        return str(row[0])

    def record(self, task_id: str) -> SolveResult:
        """The result of a task.

        Raises:
            InputError: the task has none, or it is of a version that is not read any more.
        """
        from qchem_app.io.record import parse_record

        where = f"{self.label}: the record of task {task_id[:12]}"
        return parse_record(self.record_json(task_id).encode(), where, _ADVICE)

    def task_text(self, task_id: str) -> str:
        """What was hashed to name a task.

        Raises:
            InputError: there is no such task.
        """
        return self._task("text", task_id)

    def task(self, task_id: str) -> Task:
        """A task with its molecule and settings.

        Raises:
            InputError: there is no such task.
        """
        return Task.from_json(self._task("json", task_id))

    def _task(self, column: Literal["text", "json"], task_id: str) -> str:
        row = self._one(f"SELECT {column} FROM task WHERE id = ?", task_id)
        if row is None:
            raise InputError(f"{self.label}: there is no task {task_id[:12]}")
        return str(row[0])

    def traceback(self, task_id: str) -> str:
        """Where an unforeseen failure of a task happened, or an empty text."""
        row = self._one("SELECT traceback FROM attempt WHERE task_id = ?", task_id)
        return "" if row is None else str(row[0])

    def writer(self) -> str | None:
        """Which other process writes the store now, or None."""
        return writer(self.path)

    def problems(self) -> list[str]:
        """What is wrong with the store, one sentence each: empty where it is whole.

        Reads everything: pages and indices, references between tables, the hash of every task,
        a record for every task that is done.
        """
        found = []
        try:
            with translated(self.label):
                for (text,) in self._db.execute("PRAGMA integrity_check"):
                    if text != "ok":
                        found.append(text)
                for table, row, parent, _ in self._db.execute("PRAGMA foreign_key_check"):
                    found.append(f"row {row} of table {table} points to no {parent}")
                query = "SELECT id, text FROM task"
                for task_id, text in self._db.execute(query):
                    if hashlib.sha256(text.encode()).hexdigest() != task_id:
                        found.append(f"the text of task {task_id[:12]} is not the one it was")
                query = (
                    "SELECT task_id FROM attempt WHERE status = 'done' AND task_id NOT IN "
                    "(SELECT task_id FROM record)"
                )
                for (task_id,) in self._db.execute(query):
                    found.append(f"task {task_id[:12]} is done but has no record")
                for row in self.rows("all"):
                    if row.damage:
                        found.append(f"row {row.position} of run {row.run}: {row.damage}")
        except StoreError as error:
            found.append(str(error))
        return found
