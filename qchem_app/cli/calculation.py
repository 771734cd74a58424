"""One call of solve() with its progress shown and its interruption explained."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import typer

from qchem_app.cli import exit_codes
from qchem_app.cli.progress import ProgressDisplay
from qchem_app.cli.signals import Terminated, interruptible
from qchem_app.io.geometry import Geometry
from qchem_app.printable import printable
from qchem_app.result import Settings, SolveResult


def calculate(
    geometry: Geometry,
    settings: Settings,
    *,
    command: Sequence[str],
    quiet: bool,
    checkpoint: Path | None = None,
    resume: bool = False,
) -> SolveResult:
    """Run solve(); the command line goes into the result's provenance.

    Raises:
        typer.Exit: after Ctrl-C or SIGTERM, with how to go on said on standard error.
    """
    from qchem_app.solve import solve

    before = _modified(checkpoint)
    try:
        with interruptible(), ProgressDisplay(quiet=quiet) as progress:
            result = solve(
                geometry, settings, progress=progress, checkpoint=checkpoint, resume=resume
            )
    except KeyboardInterrupt as interrupt:
        saved = _modified(checkpoint) != before
        print(_how_to_go_on(command, checkpoint if saved else None), file=sys.stderr)
        terminated = isinstance(interrupt, Terminated)
        raise typer.Exit(exit_codes.TERMINATED if terminated else exit_codes.INTERRUPTED) from None
    provenance = result.provenance.model_copy(update={"command": tuple(command)})
    return result.model_copy(update={"provenance": provenance})


def _modified(path: Path | None) -> int | None:
    return path.stat().st_mtime_ns if path is not None and path.exists() else None


def _how_to_go_on(command: Sequence[str], checkpoint: Path | None) -> str:
    if checkpoint is None:
        return "Interrupted; there was no state to save yet."
    again = command if "--resume" in command else (*command, "--resume")
    return printable(f"Interrupted; the state is in {checkpoint}. Go on: {shlex.join(again)}")
