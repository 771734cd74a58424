"""Lists that `qchem results` prints beside the results: fields, runs, the rule of triage."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Sequence
from typing import Literal

from qchem_app.printable import printable
from qchem_app.report.columns import Column, columns_table
from qchem_app.report.layout import output_width, paragraph
from qchem_app.screening.extended_rows import COORDINATE, ExtendedRows
from qchem_app.screening.fields import FIELDS
from qchem_app.screening.query import EXTRA, known_names
from qchem_app.screening.store import Store
from qchem_app.screening.triage import rule_text


def fields_text(store: Store | None, run: int | Literal["last", "all"]) -> str:
    """Every field with its unit and meaning; with a store also those of its own."""
    known = list(FIELDS) + list(EXTRA)
    varied: Collection[str] = ()
    reactions: Collection[str] = ()
    if store is not None:
        extended = ExtendedRows.of(store, run)
        varied, reactions = extended.varied, extended.reactions
        known = known_names(extended)
    rows = []
    for name in known:
        unit, meaning = (FIELDS | EXTRA).get(name, ("", ""))
        if name == COORDINATE:
            meaning = "the one value that the scan varied"
        elif name in reactions:
            unit, meaning = "kJ/mol", "reaction energy, products minus reactants"
        elif not meaning and name.startswith("e_"):
            unit, meaning = "Ha", f"{name[2:].upper()} total energy, on a scale of its own"
        elif not meaning:
            meaning = "what was varied" if name in varied else "column of your table"
        rows.append(((name, unit, meaning), ""))
    columns = [Column("field", text=True), Column("unit", text=True), Column("meaning", text=True)]
    lines = columns_table(columns, rows, output_width())
    lines += paragraph(
        "In expressions, names with blanks or signs stand in backticks: --where '`r(H1-H2) / Å` > "
        "2'.",
        output_width(),
    )
    return "\n".join(lines) + "\n"


def triage_text() -> str:
    """The rule of triage with its thresholds."""
    return rule_text(width=output_width()) + "\n"


def runs_text(store: Store) -> str:
    """A line a run, and its command below, to be pasted into a shell."""
    width = output_width()
    writer = store.writer()
    rows = []
    for run in store.runs():
        command = run.manifest.get("command")
        words = list(map(str, command)) if isinstance(command, list) else []
        # A run that a dead process left says "running" until the next one begins.
        status = "killed" if run.status == "running" and writer is None else run.status
        cells = (str(run.id), run.started[:19], (run.ended or "-")[:19], status)
        rows.append(((*cells, str(run.candidates)), shell_lines(words, width)))
    if not rows:
        return f"{printable(store.label)}: the store is empty, no run was begun yet.\n"
    columns = [
        Column("run"),
        Column("started", "UTC", text=True),
        Column("ended", "UTC", text=True),
        Column("status", text=True),
        Column("candidates"),
    ]
    lines = columns_table(columns, rows, width)
    if writer is not None:
        lines.append(f"Being written by {writer}.")
    return "\n".join(lines) + "\n"


def shell_lines(words: Sequence[str], width: int) -> list[str]:
    """A command quoted for the shell; what does not fit goes on after a backslash."""
    lines: list[str] = []
    for word in map(shlex.quote, words):
        if lines and len(lines[-1]) + len(word) + 3 <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(f"{'      ' if lines else '    '}{word}")
    return [f"{line} \\" for line in lines[:-1]] + lines[-1:]
