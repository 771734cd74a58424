"""`qchem results`: what a screening found, listed, filtered, sorted, exported."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from qchem_app.cli.options import Debug

Format = Literal["table", "csv", "jsonl", "json", "parquet"]


def results(
    store: Annotated[
        Path | None,
        typer.Argument(metavar="STORE", help="What `qchem screen` or `qchem scan` wrote."),
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(
            metavar="EXPRESSION", help='Only candidates for which it holds: "error_mha > 1".'
        ),
    ] = None,
    sort_by: Annotated[
        str | None,
        typer.Option(
            metavar="FIELD", help="Or an expression: abs(error_mha). Default: as the input."
        ),
    ] = None,
    descending: Annotated[bool, typer.Option("--descending", help="Largest first.")] = False,
    columns: Annotated[
        str | None,
        typer.Option(metavar="LIST", help="Fields separated by commas. An export has all."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(metavar="N", help="At most so many candidates.")
    ] = None,
    run: Annotated[
        str, typer.Option(metavar="RUN", help="last, all, or the number of a run.")
    ] = "last",
    failed: Annotated[
        bool, typer.Option("--failed", help="Only what failed or is broken.")
    ] = False,
    output_format: Annotated[
        Format | None,
        typer.Option("--format", help="Default: by the ending of --output, else table."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Default: standard output."),
    ] = None,
    fields: Annotated[
        bool, typer.Option("--fields", help="List the fields with unit and meaning.")
    ] = False,
    triage: Annotated[
        bool, typer.Option("--triage", help="Print the rule of triage and its thresholds.")
    ] = False,
    runs: Annotated[bool, typer.Option("--runs", help="List the runs.")] = False,
    task: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Print a candidate's task: its id and the text that was hashed."
        ),
    ] = None,
    record: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Print a candidate's table; with --format json its whole record.",
        ),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Check that the store is whole.")] = False,
    debug: Debug = False,
) -> int:
    """List what a screening or scan found, also while it runs.

    Expressions: field names, numbers, + - * / **, parentheses, abs, min, max, sqrt, log, < <= > >=
    == !=, "text", in, and, or, not. A value that is not there makes a condition false. Names with
    blanks or signs stand in backticks: '`IC50 / nM` < 2'; what a scan varied is also called
    coordinate.

    Exit status: 0 done, 1 error (also a damaged store with --check), 2 usage.
    """
    from qchem_app.cli import results_lists as lists
    from qchem_app.cli import results_output as out
    from qchem_app.errors import UsageError
    from qchem_app.screening.store import Store

    asked = [
        option
        for option, value in (
            ("--fields", fields),
            ("--triage", triage),
            ("--runs", runs),
            ("--task", task),
            ("--record", record),
            ("--check", check),
        )
        if value
    ]
    if len(asked) > 1:
        raise UsageError(f"{' and '.join(asked)} exclude each other; give one of them.")
    if triage:
        return out.deliver(lists.triage_text(), output)
    chosen = out.choose_format(output_format, output, record is not None)
    if store is None:
        if fields:
            return out.deliver(lists.fields_text(None, "last"), output)
        raise UsageError("the STORE is missing: give the file that `qchem screen` wrote.")
    if limit is not None and limit < 0:
        raise UsageError(f"--limit must be 0 or more, but {limit} was given.")
    which = out.parse_run(run)
    out.check_output(output, store)
    with Store.open_for_reading(store) as opened:
        if check:
            return out.report_check(opened)
        if fields:
            text: str | bytes = lists.fields_text(opened, which)
        elif runs:
            text = lists.runs_text(opened)
        elif task is not None:
            text = out.task_text(opened, which, task)
        elif record is not None:
            text = out.record_text(opened, which, record, as_json=chosen == "json", debug=debug)
        else:
            selection = out.Selection.of(
                opened,
                which,
                where=where,
                sort_by=sort_by,
                descending=descending,
                columns=columns,
                limit=limit,
                failed=failed,
            )
            text = selection.render(chosen)
    return out.deliver(text, output)
