"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on standard error.")]
# Read by cli.main, because an error can come from anywhere.
Debug = Annotated[bool, typer.Option("--debug", help="Print the traceback of an error.")]
