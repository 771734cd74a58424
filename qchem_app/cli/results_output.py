"""What `qchem results` prints and writes."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from qchem_app.cli import exit_codes
from qchem_app.cli.files import check_writable
from qchem_app.cli.results_table import results_table, summary
from qchem_app.errors import InputError, UsageError
from qchem_app.io.atomic_file import write_atomic
from qchem_app.io.source import excerpt
from qchem_app.printable import printable
from qchem_app.report.layout import output_width
from qchem_app.report.numbers import count
from qchem_app.screening import export
from qchem_app.screening.expression import Expression, parse_expression
from qchem_app.screening.extended_rows import ExtendedRows
from qchem_app.screening.query import check_names, find, known_names, select
from qchem_app.screening.store import ResultRow, Store

Run = int | Literal["last", "all"]

_BY_ENDING = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".txt": "table",
}


def choose_format(given: str | None, output: Path | None, one_record: bool) -> str:
    """The format to write, from --format or the ending of --output.

    Raises:
        UsageError: neither says one that is possible.
    """
    if given is None and output is not None:
        given = _BY_ENDING.get(output.suffix.lower())
        if given is None:
            raise UsageError(
                f'--output: the ending "{excerpt(output.suffix)}" says no format; give --format '
                f"or one of {' '.join(_BY_ENDING)}."
            )
    if one_record and given not in (None, "table", "json"):
        raise UsageError("--record prints a table or JSON; leave out the other format.")
    if given == "parquet" and output is None:
        raise UsageError("--format parquet is not for the terminal; give --output FILE too.")
    return given or "table"


def parse_run(text: str) -> Run:
    """What --run says.

    Raises:
        UsageError: neither last, all nor a number.
    """
    if text == "last":
        return "last"
    if text == "all":
        return "all"
    if text.isascii() and text.isdigit() and len(text) < 18:
        return int(text)
    raise UsageError(f'--run is last, all or a number, but "{excerpt(text)}" was given.')


def check_output(output: Path | None, store: Path) -> None:
    """Refuse to write over the store.

    Raises:
        UsageError: or the file cannot be written.
    """
    if output is not None:
        beside = [Path(f"{store}{end}") for end in ("", "-wal", "-shm", ".lock")]
        check_writable("--output", output, keep=tuple(beside))


@dataclass(frozen=True)
class Selection:
    """Rows that were asked for.

    Attributes:
        rows: in their order.
        names: the columns that were asked for; None for a choice of ours.
        known: all columns that there are.
        notes: sentences about the whole, for people.
        extended: where they are from.
    """

    rows: list[ResultRow]
    names: list[str] | None
    known: list[str]
    notes: list[str]
    extended: ExtendedRows

    @classmethod
    def of(
        cls,
        store: Store,
        run: Run,
        *,
        where: str | None,
        sort_by: str | None,
        descending: bool,
        columns: str | None,
        limit: int | None,
        failed: bool,
    ) -> Selection:
        """Read them.

        Raises:
            UsageError: an expression or a name cannot be right.
            InputError: there is no such run.
        """
        extended = ExtendedRows.of(store, run)
        known = known_names(extended)
        names = (
            None if columns is None else [name.strip().strip("`") for name in columns.split(",")]
        )
        check_names("--columns", names or (), known)
        by: str | Expression | None = sort_by
        if sort_by is not None and sort_by not in known:
            by = parse_expression(sort_by, known)
        rows = list(
            select(
                extended,
                where=None if where is None else parse_expression(where, known),
                failed=failed,
                sort_by=by,
                descending=descending,
                limit=limit,
            )
        )
        return cls(rows, names, known, summary(store, run, len(rows)), extended)

    def render(self, chosen: str) -> str | bytes:
        """As text of a format, or as the bytes of a Parquet file.

        Raises:
            UsageError: Parquet needs an extra that is not installed.
        """
        columns = self.names or self.known
        match chosen:
            case "csv":
                return export.to_csv(self.rows, columns)
            case "jsonl":
                return export.to_json_lines(self.rows, columns)
            case "json":
                return export.to_json(self.rows, columns)
            case "parquet":
                return export.to_parquet(self.rows, columns)
        lines = results_table(
            self.rows,
            self.names,
            self.notes,
            output_width(),
            varied=self.extended.varied,
            kj_mol=self.extended.reactions,
        )
        return "\n".join(lines) + "\n"


def task_text(store: Store, run: Run, name: str) -> str:
    """The id of a candidate's task and the text that was hashed.

    Raises:
        InputError: there is no such candidate, or it is broken.
    """
    row = find(store.rows(run), name)
    if row.task_id is None:
        raise InputError(f"{excerpt(row.name)} has no task: {printable(row.error)}")
    # The text is ASCII, so it is safe as it is and its hash can be taken by anybody.
    return f"{row.task_id}\n{store.task_text(row.task_id)}\n"


def record_text(store: Store, run: Run, name: str, *, as_json: bool, debug: bool) -> str:
    """The whole result of a candidate; with `debug` the traceback of a failure that had one.

    Raises:
        InputError: there is none, for the reason that is told.
    """
    from qchem_app.io.record import to_json
    from qchem_app.report.table import render

    row = find(store.rows(run), name)
    if row.task_id is None or row.status != "done":
        why = printable(row.error) or "it is not computed yet"
        if debug and row.task_id is not None:
            for line in store.traceback(row.task_id).splitlines():
                print(printable(line), file=sys.stderr)
        raise InputError(f"{excerpt(row.name)} has no result ({row.status}): {why}")
    record = store.record(row.task_id)
    return to_json(record) if as_json else render(record, output_width()) + "\n"


def report_check(store: Store) -> int:
    """Say whether the store is whole; the exit status."""
    problems = store.problems()
    for problem in problems:
        print(printable(problem))
    if problems:
        print(
            f"Error: {printable(store.label)}: the store is damaged; take a copy that is whole.",
            file=sys.stderr,
        )
        return exit_codes.ERROR
    runs = store.runs()
    print(f"{printable(store.label)}: the store is whole ({count(len(runs), 'run')}).")
    return exit_codes.CONVERGED


def deliver(text: str | bytes, output: Path | None) -> int:
    """Print, or write in one step.

    Raises:
        InputError: the file cannot be written.
    """
    if output is not None:
        write_atomic(output, text.encode() if isinstance(text, str) else text)
    elif isinstance(text, str):
        print(text, end="")
    return exit_codes.CONVERGED
