"""The table of a screening's rows for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from qchem_app.printable import printable
from qchem_app.report import numbers
from qchem_app.report.columns import Column, columns_table
from qchem_app.report.layout import paragraph
from qchem_app.screening.fields import FIELDS
from qchem_app.screening.outcome import Scalar
from qchem_app.screening.query import EXTRA, row_values
from qchem_app.screening.store import ResultRow, Store
from qchem_app.screening.store_rows import RowStatus

_NARROW = ("name", "status", "qubits", "e_vqe", "error_mha", "triage", "seconds")
_WIDE = (
    "name",
    "status",
    "space",
    "qubits",
    "best",
    "e_best",
    "e_vqe",
    "error_mha",
    "triage",
    "seconds",
)
#: Width from which on `_WIDE` is shown.
_ROOM = 110


def results_table(
    rows: Sequence[ResultRow], names: Sequence[str] | None, notes: Sequence[str], width: int
) -> list[str]:
    """Lines of a table, the sentence of a failed row below it, and notes at the end."""
    shown = list(names or (_WIDE if width >= _ROOM else _NARROW))
    if names is None:
        varied = {name: None for row in rows for name in row.variables}
        shown[1:1] = list(varied)
    values = [row_values(row) for row in rows]
    columns = [
        Column(
            name,
            (FIELDS | EXTRA).get(name, ("Ha" if name.startswith("e_") else "", ""))[0],
            text=any(isinstance(each.get(name), str) for each in values),
        )
        for name in shown
    ]
    body = [
        (
            [_cell(column, each.get(column.head)) for column in columns],
            "" if "error" in shown else row.error,
        )
        for row, each in zip(rows, values, strict=True)
    ]
    lines = columns_table(columns, body, width) if rows else []
    for note in notes:
        lines += paragraph(note, width)
    return lines


def _cell(column: Column, value: Scalar) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int):
        return str(value)
    match column.unit:
        case "Ha":
            return numbers.energy(value)
        case "mHa":
            return numbers.error(value)
        case "s":
            return numbers.seconds(value)
    return f"{value:.5g}"


def summary(store: Store, run: int | Literal["last", "all"], shown: int) -> list[str]:
    """How many rows there are of each kind, and how the run goes."""
    runs = store.runs()
    if not runs:
        return [f"{store.label}: the store is empty, no run was begun yet."]
    counts = Counter(row.status for row in store.rows(run))
    kinds: tuple[RowStatus, ...] = ("done", "failed", "waiting", "broken")
    told = ", ".join(f"{counts[kind]:,} {kind}" for kind in kinds if counts[kind])
    total = numbers.count(counts.total(), "candidate")
    some = f"; {shown:,} shown" if shown < counts.total() else ""
    notes = [f"{total}{f' ({told})' if told else ''}{some}."]
    writer = store.writer()
    if run != "all":
        row = runs[-1] if run == "last" else next(each for each in runs if each.id == run)
        state = row.status
        if state == "running" and writer is None:
            state = "killed"
        ended = f" at {row.ended[:19]} UTC" if row.ended else ""
        notes.append(f"Run {row.id} of {len(runs)}: begun {row.started[:19]} UTC, {state}{ended}.")
    if writer is not None:
        notes.append(f"Being written by {writer}.")
    return [printable(note) for note in notes]
