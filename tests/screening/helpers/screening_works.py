"""What workers of the fault tests run in the place of `compute`, and a log of what they did.

The log is the file in QCHEM_TEST_LOG, one line an event, appended in one write each.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import time
from pathlib import Path
from typing import Any

from qchem_app.screening.outcome import Outcome
from qchem_app.screening.task import Task
from qchem_app.screening.worker import compute

LOG = "QCHEM_TEST_LOG"


def log(*words: object) -> None:
    descriptor = os.open(os.environ[LOG], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(descriptor, (" ".join(map(str, words)) + "\n").encode())
    os.close(descriptor)


def _pretended(task: Task) -> Outcome:
    """An answer that costs nothing and depends on the task alone."""
    energy = -int(hashlib.sha256(task.text.encode()).hexdigest()[:8], 16) / 2**32
    return Outcome(task.id, "done", record="{}", fields={"e_vqe": energy}, seconds=0.05)


def pretend(task_json: str, checkpoint: str | None) -> Outcome:
    task = Task.from_json(task_json)
    log("start", task.id, os.getpid())
    time.sleep(0.05)
    outcome = _pretended(task)
    log("end", task.id, os.getpid())
    return outcome


def logged(task_json: str, checkpoint: str | None) -> Outcome:
    """The real thing, a bit slower, so that something can happen meanwhile."""
    task = Task.from_json(task_json)
    log("start", task.id, os.getpid())
    time.sleep(0.2)
    outcome = compute(task_json, checkpoint)
    log("end", task.id, os.getpid())
    return outcome


def poison(task_json: str, checkpoint: str | None) -> Outcome:
    """Helium kills its worker, every time."""
    task = Task.from_json(task_json)
    log("start", task.id, os.getpid())
    if task.molecule.symbols == ("He",):
        os.kill(os.getpid(), 9)
        time.sleep(10)
    time.sleep(0.05)
    return _pretended(task)


def poison_once(task_json: str, checkpoint: str | None) -> Outcome:
    """Helium kills its worker the first time."""
    task = Task.from_json(task_json)
    mark = Path(os.environ[LOG] + ".mark")
    if task.molecule.symbols == ("He",) and not mark.exists():
        mark.write_text("")
        os.kill(os.getpid(), 9)
        time.sleep(10)
    return _pretended(task)


def sleeps(task_json: str, checkpoint: str | None) -> Outcome:
    """Helium never ends."""
    task = Task.from_json(task_json)
    if task.molecule.symbols == ("He",):
        time.sleep(600)
    return _pretended(task)


def leaks(task_json: str, checkpoint: str | None) -> Outcome:
    """Helium takes 400 MB a second."""
    task = Task.from_json(task_json)
    kept = []
    while task.molecule.symbols == ("He",):
        kept.append(b"x" * 20_000_000)
        time.sleep(0.05)
    return _pretended(task)


def interrupts_itself(task_json: str, checkpoint: str | None) -> Outcome:
    """Helium raises what an interrupt raises, every time."""
    task = Task.from_json(task_json)
    log("start", task.id, os.getpid())
    if task.molecule.symbols == ("He",):
        raise KeyboardInterrupt
    return _pretended(task)


def large(task_json: str, checkpoint: str | None) -> Outcome:
    """Takes 700 MB for a second, which nobody forecast."""
    kept = b"x" * 700_000_000
    time.sleep(1.0)
    assert len(kept) == 700_000_000
    return _pretended(Task.from_json(task_json))


def unforeseen(task_json: str, checkpoint: str | None) -> Outcome:
    """Helium raises what nobody expects."""
    task = Task.from_json(task_json)
    if task.molecule.symbols == ("He",):
        raise LookupError("a bug\nin two lines")
    return _pretended(task)


def stoppable(task_json: str, checkpoint: str | None) -> Outcome:
    """Waits for an interrupt; the second time it is done at once."""
    task = Task.from_json(task_json)
    assert checkpoint is not None
    path = Path(checkpoint)
    if path.exists():
        path.unlink()
        return _pretended(task)
    try:
        log("start", task.id, os.getpid())
        time.sleep(60)
    except KeyboardInterrupt:
        path.write_text("state")
        return Outcome(task.id, "interrupted")
    return Outcome(task.id, "failed", error="nobody came")


def deaf(task_json: str, checkpoint: str | None) -> Outcome:
    """Swallows interrupts."""
    task = Task.from_json(task_json)
    log("start", task.id, os.getpid())
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            time.sleep(1)
        except KeyboardInterrupt:
            log("swallowed", task.id)
    log("end", task.id, os.getpid())
    return _pretended(task)


def slow_vqe(task_json: str, checkpoint: str | None) -> Outcome:
    """The real thing, whose VQE logs every step and takes its time over it."""
    module = importlib.import_module("qchem_app.solve")
    original = module._Run.on_step

    def on_step(run: Any, state: Any) -> None:
        original(run, state)
        log("step", state.trace[-1].iteration if state.trace else -1)
        time.sleep(0.1)

    module._Run.on_step = on_step
    try:
        return compute(task_json, checkpoint)
    finally:
        module._Run.on_step = original
