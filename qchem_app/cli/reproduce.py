"""`qchem reproduce`: a recorded run again, and what differs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from qchem_app.cli.options import Debug, Quiet


def reproduce(
    context: typer.Context,
    record: Annotated[Path, typer.Argument(metavar="RECORD", help="What `qchem solve -o` wrote.")],
    tolerance: Annotated[
        float, typer.Option(metavar="HA", help="Largest difference that counts as reproduced.")
    ] = 1e-6,
    json: Annotated[
        bool, typer.Option("--json", help="Print the comparison as JSON and nothing else.")
    ] = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> int:
    """Run a record's molecule and settings again and say what differs.

    The references are those that the record holds. Exit status: 0 reproduced, 1 not.
    """
    from qchem_app.cli import exit_codes
    from qchem_app.cli.threads import limit_threads
    from qchem_app.errors import UsageError
    from qchem_app.io.record import read_record, recorded_geometry

    if not 0 <= tolerance < float("inf"):
        raise UsageError(f"--tolerance must be a number from 0 up, but {tolerance} was given.")
    old = read_record(record)
    limit_threads(old.settings.threads)  # before anything imports NumPy

    from qchem_app.cli.calculation import calculate
    from qchem_app.report.comparison import compare, render_comparison
    from qchem_app.report.layout import output_width
    from qchem_app.report.table import render_title

    width = output_width()
    print(render_title(old.input, width), file=sys.stderr if json else sys.stdout, flush=True)
    settings = old.settings.model_copy(
        update={
            # the space itself: what would be chosen here may be other than there
            "active_space": old.active_space.specification or old.settings.active_space,
            "memory_limit": None,
        }
    )
    new = calculate(
        recorded_geometry(old.input),
        settings,
        command=context.obj,
        quiet=quiet,
    )
    comparison = compare(old, new, tolerance=tolerance)
    print(comparison.to_json() if json else render_comparison(comparison, width))
    return exit_codes.CONVERGED if comparison.reproduced else exit_codes.ERROR
