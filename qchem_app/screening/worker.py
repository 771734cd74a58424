"""compute(): one task, in whatever process an executor runs it."""

from __future__ import annotations

import os
import socket
import time
import traceback
from dataclasses import replace
from pathlib import Path

from qchem_app.errors import InputError, QchemError
from qchem_app.printable import printable
from qchem_app.screening.outcome import Outcome
from qchem_app.screening.task import Task


def compute(task_json: str, checkpoint: str | None = None) -> Outcome:
    """Solve a task; nothing but the end of the process keeps it from answering.

    Args:
        task_json: what `Task.to_json` wrote.
        checkpoint: where an interruption leaves the state, and where an earlier one may have left
            it; None saves nothing.

    Returns:
        "done" with the record, also where something did not converge; "failed" with a sentence;
        "interrupted" after a KeyboardInterrupt.
    """
    begin = time.perf_counter()
    task = Task.from_json(task_json)
    outcome = Outcome(task.id, "failed", worker=f"{socket.gethostname()}:{os.getpid()}")
    try:
        outcome = _solved(task, outcome, None if checkpoint is None else Path(checkpoint))
    except KeyboardInterrupt:
        outcome = replace(outcome, status="interrupted")
    except QchemError as error:
        outcome = replace(outcome, error=one_line(str(error)))
    except MemoryError:
        sentence = "the task ran out of memory: give a smaller active space, or more memory"
        outcome = replace(outcome, error=sentence)
    except Exception as error:  # one broken task must not stop the others
        outcome = replace(
            outcome,
            error=one_line(f"unforeseen {type(error).__name__}: {error}"),
            traceback=traceback.format_exc(),
        )
    return replace(outcome, seconds=time.perf_counter() - begin)


def one_line(text: str) -> str:
    """Text that may hold anything, as one printable line of bearable length."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= 500 else line[:497] + "..."


def _solved(task: Task, outcome: Outcome, path: Path | None) -> Outcome:
    from qchem_app.screening.fields import fields_of
    from qchem_app.solve import solve

    resume = path is not None and _usable(path, task)
    result = solve(task.geometry, task.settings, checkpoint=path, resume=resume)
    if path is not None:
        path.unlink(missing_ok=True)  # the record is final, converged or not
    return replace(
        outcome, status="done", record=result.model_dump_json(), fields=fields_of(result)
    )


def _usable(path: Path, task: Task) -> bool:
    """Whether there is a checkpoint to go on from; one that is not of this task is removed."""
    from qchem_app.provenance import fingerprint
    from qchem_app.vqe.checkpoint import load_checkpoint

    if not path.exists():
        return False
    try:
        if load_checkpoint(path).fingerprint == fingerprint(task.molecule, task.settings):
            return True
    except InputError:
        pass  # cut off, or of another version
    path.unlink(missing_ok=True)
    return False
