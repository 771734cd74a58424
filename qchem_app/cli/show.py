"""`qchem show`: the table of a recorded run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qchem_app.cli.options import Debug


def show(
    record: Annotated[Path, typer.Argument(metavar="RECORD", help="What `qchem solve -o` wrote.")],
    debug: Debug = False,
) -> int:
    """Print the table of a recorded run again."""
    from qchem_app.io.record import read_record
    from qchem_app.report.layout import output_width
    from qchem_app.report.table import render

    print(render(read_record(record), output_width()))
    return 0
