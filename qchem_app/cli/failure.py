"""An error as one sentence on standard error, and the exit status that goes with it."""

from __future__ import annotations

import sys
import traceback

import typer

from qchem_app.cli import exit_codes
from qchem_app.errors import QchemError, UsageError
from qchem_app.printable import printable


def report_failure(error: Exception, *, debug: bool) -> int:
    """Print what went wrong (with `debug` the traceback first) and return the exit status."""
    if debug:
        traceback.print_exception(error, file=sys.stderr)
    print(f"Error: {printable(_sentence(error))}", file=sys.stderr)
    if isinstance(error, typer.TyperException):
        return error.exit_code
    return exit_codes.USAGE if isinstance(error, UsageError) else exit_codes.ERROR


def _sentence(error: Exception) -> str:
    if isinstance(error, typer.TyperException):
        message = error.format_message().replace("Value error, ", "").replace("\n", " ")
        context = getattr(error, "ctx", None)  # of the command, where it is known
        command = "qchem" if context is None else context.command_path
        return f"{message.rstrip('.?')}. See `{command} --help`."
    if isinstance(error, QchemError):
        return str(error)
    if isinstance(error, MemoryError):
        return "the machine ran out of memory; choose a smaller --active-space or --basis."
    if isinstance(error, OSError):
        return f"the operating system refused: {error}."
    return (
        f"this is a bug in qchem_app ({type(error).__name__}: {error}); please report it with "
        "the input and the traceback that --debug prints."
    )
