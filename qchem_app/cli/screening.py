"""One screening from the command line: its store, its executor, how it ends."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qchem_app import provenance
from qchem_app.cli import exit_codes
from qchem_app.cli.executor_options import MakeExecutor
from qchem_app.cli.files import check_writable
from qchem_app.cli.screening_display import ScreeningDisplay
from qchem_app.printable import printable
from qchem_app.result import Settings
from qchem_app.screening.candidate import Candidate
from qchem_app.screening.limits import RunLimits
from qchem_app.screening.run import Summary, run_screening
from qchem_app.screening.store import Store


def store_path(given: Path | None, inputs: Sequence[str]) -> Path:
    """Where results go: as given, else into this folder, named after the first input.

    Raises:
        UsageError: it cannot be written, or would replace an input.
    """
    first = "stdin" if inputs[0] == "-" else Path(os.path.realpath(inputs[0])).stem
    path = given or Path(f"{first or 'screening'}.db")
    check_writable("--output", path, keep=tuple(Path(name) for name in inputs if name != "-"))
    return path


def warn(sentence: str) -> None:
    """Say something about the input on standard error."""
    print(printable(sentence), file=sys.stderr)


def manifest(
    command: Sequence[str], inputs: Sequence[str], settings: Settings, **more: Any
) -> dict[str, Any]:
    """What the store remembers of a run."""
    return {
        "command": list(command),
        "inputs": list(inputs),
        "settings": settings.model_dump(mode="json"),
        "provenance": provenance.collect(settings, command).model_dump(mode="json"),
        **more,
    }


def run(
    candidates: Sequence[Candidate],
    settings: Settings,
    path: Path,
    make_executor: MakeExecutor,
    *,
    limits: RunLimits,
    retry_failed: bool,
    manifest: dict[str, Any],
    quiet: bool,
    as_json: bool,
) -> Summary:
    """Compute what the store does not have yet, and show how it goes."""
    with (
        Store.open_for_writing(path) as store,
        ScreeningDisplay(quiet=quiet, as_json=as_json) as display,
        make_executor(display.tell) as executor,
    ):
        return run_screening(
            candidates,
            settings,
            store,
            executor,
            limits=limits,
            on_event=display,
            retry_failed=retry_failed,
            manifest=manifest,
        )


def exit_status(summary: Summary, *, all_converged: bool) -> int:
    """Of a screening that came to its end."""
    fine = all_converged and not summary.failed
    return exit_codes.CONVERGED if fine else exit_codes.NOT_CONVERGED


def go_on(summary: Summary, path: Path, *, command: Sequence[str]) -> int:
    """Say what is kept and how to go on after an interruption; the exit status."""
    if summary.signal is None:  # the executor was lost
        print(f"Error: {printable(summary.reason)}.", file=sys.stderr)
    else:
        print(f"Interrupted; {summary.done} of {summary.total} are done and kept.", file=sys.stderr)
    print(printable(f"Go on: {shlex.join(command)}"), file=sys.stderr)
    print(printable(f"See what is there: {_results(path)}"), file=sys.stderr)
    if summary.signal is None:
        return exit_codes.ERROR
    terminated = summary.signal == signal.SIGTERM
    return exit_codes.TERMINATED if terminated else exit_codes.INTERRUPTED


def _results(path: Path) -> str:
    return shlex.join(["qchem", "results", str(path)])
