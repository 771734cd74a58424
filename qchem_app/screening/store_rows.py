"""RunRow and ResultRow: what a store says about its runs and their candidates."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from qchem_app.screening.outcome import Scalar
from qchem_app.screening.store_error import DAMAGED, StoreError

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
    try:
        value = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        value = ...
    if not isinstance(value, kind):
        raise StoreError(f"{label}: {DAMAGED} (a text in it is not as it was written)")
    return value


def _values(text: str, allowed: type | tuple[type, ...], label: str) -> dict[str, Any]:
    values: dict[str, Any] = parse(text, dict, label)
    if not all(value is None or isinstance(value, allowed) for value in values.values()):
        raise StoreError(f"{label}: {DAMAGED} (a value in it is not a scalar)")
    return values


def result_row(row: sqlite3.Row | tuple[Any, ...], label: str) -> ResultRow:
    """The row of `ROW_COLUMNS`.

    Raises:
        StoreError: a text in it is not as it was written.
    """
    run, position, name, source, task_id, broken, variables, notes, status, fields, error, spent = (
        row
    )
    if not (
        all(isinstance(text, str) for text in (name, source, broken))
        and all(text is None or isinstance(text, str) for text in (task_id, error))
        and status in (None, "waiting", "done", "failed")
        and (spent is None or isinstance(spent, float | int))
    ):
        raise StoreError(f"{label}: {DAMAGED} (a row in it is not as it was written)")
    known: RowStatus = "broken" if task_id is None else status or "waiting"
    error = broken or error or ""
    told: dict[str, Scalar] = {
        "name": name,
        "source": source,
        "status": known,
        "error": error or None,
        "seconds": spent,
    }
    fields = _values(fields or "{}", (float, int, str, bool), label)
    return ResultRow(
        name,
        source,
        task_id,
        known,
        error,
        told | {key: value for key, value in fields.items() if key not in told},
        {key: float(value) for key, value in _values(variables, (float, int), label).items()},
        tuple(map(str, parse(notes, list, label))),
        position,
        run,
    )
