"""RunRow and ResultRow: what a store says about its runs and their candidates."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from qchem_app.io.source import excerpt
from qchem_app.screening.outcome import Scalar
from qchem_app.screening.store_error import DAMAGED, WHOLE, StoreError

RowStatus = Literal["done", "failed", "waiting", "broken"]

#: Columns that `result_row` needs, in its order.
ROW_COLUMNS = (
    "c.run_id, c.position, c.name, c.source, c.task_id, c.error, c.variables, c.notes, "
    "a.status, a.fields, a.error, a.seconds"
)


@dataclass(frozen=True)
class RunRow:
    """One run of a screening or scan.

    Attributes:
        id: from 1 up.
        started, ended: UTC, ISO 8601; ended is None where the run goes on or was killed.
        status: "running" (or killed), "finished", "interrupted" or "failed".
        manifest: what `start_run` was given: command, settings, inputs, provenance.
        candidates: how many belong to it.
    """

    id: int
    started: str
    ended: str | None
    status: str
    manifest: dict[str, Any]
    candidates: int


@dataclass(frozen=True)
class ResultRow:
    """One candidate of a run and what became of its task.

    Attributes:
        name, source: of the candidate.
        task_id: None where the candidate is broken.
        status: "broken" where there is no task, for the reason in `error`; "waiting" until the
            task is done or failed.
        error: one sentence, or empty.
        fields: name, source, status, error (or None) and seconds, then the scalars of the result.
        variables: what was varied, by name with its unit.
        notes: what was assumed in reading the candidate.
        position: in its run, from 0 up.
        run: the run's id.
        damage: what of it was left out because it is not as it was written, one sentence; an
            error too, where the row has no other.
    """

    name: str
    source: str
    task_id: str | None
    status: RowStatus
    error: str
    fields: dict[str, Scalar]
    variables: dict[str, float]
    notes: tuple[str, ...]
    position: int
    run: int
    damage: str = ""


def storable(text: str) -> str:
    """`text` as UTF-8 can hold it: lone surrogates, of odd file names, become escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def to_json(value: object) -> str:
    """Compact JSON; numbers that are not finite become null, which compares with nothing."""
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"))
    except ValueError:
        return json.dumps(_finite(value), allow_nan=False, separators=(",", ":"))


def _finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return value


def parse(text: str, kind: type, label: str) -> Any:
    """JSON out of a store, of one kind.

    Raises:
        StoreError: it is not JSON, or not of this kind.
    """
    if (value := _parsed(text, kind)) is None:
        raise StoreError(f"{label}: {DAMAGED} (a text in it is not as it was written): {WHOLE}")
    return value


def _parsed(text: object, kind: type) -> Any:
    try:
        value = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, kind) else None


class _Row:
    """What can be used of one row, and a note of what cannot."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    def text(self, what: str, value: object) -> str:
        if value is None or isinstance(value, str):
            return value or ""
        self.wrong.append(what)
        return "?"

    def values(self, what: str, text: object, allowed: tuple[type, ...]) -> dict[str, Any]:
        values = _parsed(text, dict)
        if values is None:
            self.wrong.append(what)
            return {}
        wrong = [k for k, v in values.items() if not (v is None or isinstance(v, allowed))]
        self.wrong += map(excerpt, wrong)
        return {key: value for key, value in values.items() if key not in wrong}

    def notes(self, text: object) -> tuple[str, ...]:
        notes = _parsed(text, list)
        if notes is None:
            self.wrong.append("notes")
        return tuple(map(str, notes or ()))

    @property
    def damage(self) -> str:
        """One sentence; empty where all is as it was written."""
        if not self.wrong:
            return ""
        more = f" and {len(self.wrong) - 3} more" if len(self.wrong) > 3 else ""
        return (
            f"{DAMAGED} in this row and {', '.join(self.wrong[:3])}{more} left out: compute it "
            f"again into another store, or {WHOLE}"
        )


def result_row(row: sqlite3.Row | tuple[Any, ...]) -> ResultRow:
    """The row of `ROW_COLUMNS`; what is not as it was written is left out."""
    run, position, name, source, task_id, broken, variables, notes, status, fields, error, spent = (
        row
    )
    found = _Row()
    if not isinstance(spent, float | int | None):
        found.wrong.append("seconds")
        spent = None
    name, source = found.text("name", name), found.text("source", source)
    varied = found.values("variables", variables, (float, int))
    values = found.values("fields", fields or "{}", (float, int, str, bool))
    told_before = found.notes(notes)
    known: RowStatus = "broken" if task_id is None else status or "waiting"
    error = found.text("error", broken) or found.text("error", error) or found.damage
    told: dict[str, Scalar] = {
        "name": name,
        "source": source,
        "status": known,
        "error": error or None,
        "seconds": spent,
    }
    return ResultRow(
        name,
        source,
        task_id,
        known,
        error,
        told | {key: value for key, value in values.items() if key not in told},
        {key: float(value) for key, value in varied.items() if value is not None},
        told_before,
        position,
        run,
        found.damage,
    )
