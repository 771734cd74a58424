"""The `qchem` command. This file only wires; each command has a file of its own."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from qchem_app import __version__
from qchem_app.cli import exit_codes
from qchem_app.cli.failure import report_failure
from qchem_app.cli.report import report
from qchem_app.cli.reproduce import reproduce
from qchem_app.cli.results import results
from qchem_app.cli.scan import scan
from qchem_app.cli.screen import screen
from qchem_app.cli.show import show
from qchem_app.cli.solve import solve

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
app.command(short_help="Compute a molecule's ground-state energy.")(solve)
app.command(short_help="Print the table of a recorded run again.")(show)
app.command(short_help="Run a record again; say what differs.")(reproduce)
app.command(short_help="Compute and rank many molecules.")(screen)
app.command(short_help="Compute energies along a bond, an angle or a path.")(scan)
app.command(short_help="List, filter, sort and export a screening's results.")(results)
app.command(short_help="Show results as one HTML page, or as plots.")(report)


def _print_version(asked: bool) -> None:
    if asked:
        print(f"qchem {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Print the version."
        ),
    ] = False,
) -> None:
    """Ground-state energies of molecules from a VQE, beside the classical references."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line (default: the process's own) and return the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal or locale without the molecule's letters
            stream.reconfigure(errors="backslashreplace")
    try:
        status = app(
            args=given or ["--help"],
            prog_name="qchem",
            standalone_mode=False,
            obj=("qchem", *given),
        )
        sys.stdout.flush()
    except Exception as error:  # the one place where a bug becomes a sentence
        return report_failure(error, debug="--debug" in given)
    return exit_codes.USAGE if not given else int(status or 0)
