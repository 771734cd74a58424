"""`qchem screen --dry-run`: every task with what it would take, and the sum."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from qchem_app.chemistry.preflight import count
from qchem_app.cli.screening_display import duration
from qchem_app.printable import printable
from qchem_app.report import numbers
from qchem_app.report.layout import Row, output_width, paragraph, ruled_table
from qchem_app.screening.candidate import Candidate
from qchem_app.screening.forecast import forecast_task
from qchem_app.screening.task import Task

#: Digits of a task's id in the table; whole in the JSON lines.
_ID_DIGITS = 10


def print_plan(
    pairs: Sequence[tuple[Candidate, Task | None]], *, slots: int, as_json: bool
) -> None:
    """Print the plan on standard output.

    Args:
        pairs: what `plan_tasks` returns.
        slots: how many tasks would run at once.
        as_json: one line of JSON for each candidate, with the text that is hashed.
    """
    if as_json:
        for candidate, task in pairs:
            print(json.dumps(_plain(candidate, task)))
        return
    width = output_width()
    rows, total, longest, seen = [], 0.0, 0.0, set()
    for candidate, task in pairs:
        name = printable(candidate.name)[:28]
        if task is None:
            rows.append(Row((name, "-", "-", "-", "-", "-"), notes=(candidate.error,)))
            continue
        forecast = forecast_task(task)
        if task.id not in seen:
            total += forecast.seconds
            longest = max(longest, forecast.seconds)
        notes = tuple(filter(None, ("same as another" if task.id in seen else "", forecast.note)))
        seen.add(task.id)
        cells = (
            name,
            task.id[:_ID_DIGITS],
            str(forecast.qubits),
            count(forecast.determinants),
            duration(forecast.seconds),
            f"{forecast.memory_mb:.0f}",
        )
        rows.append(Row(cells, notes=notes))
    header = ("Candidate", "Task", "Qubits", "Determinants", "Time", "MB", "Notes")
    print("\n".join(ruled_table(header, rows, width)))
    broken = sum(task is None for _, task in pairs)
    wall = max(longest, total / slots)
    text = (
        f"{numbers.count(len(pairs), 'candidate')}, {broken} broken, "
        f"{numbers.count(len(seen), 'different task')}: "
        f"about {duration(total)} of computing, {duration(wall)} with {slots} at once. "
        "Times are forecasts, within a factor of three or so."
    )
    print("\n".join(paragraph(text, width)))
    sys.stdout.flush()


def _plain(candidate: Candidate, task: Task | None) -> dict[str, object]:
    common: dict[str, object] = {"name": candidate.name, "source": candidate.source}
    if task is None:
        return {**common, "error": candidate.error}
    return {**common, "task": task.id, **vars(forecast_task(task)), "text": task.text}
