"""compute(): one task, answered whatever happens in it."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

import pytest

from qchem_app.errors import InputError
from qchem_app.io.geometry import geometry_of
from qchem_app.io.record import parse_record
from qchem_app.molecule import Molecule
from qchem_app.result import Settings
from qchem_app.screening.fields import fields_of
from qchem_app.screening.task import Task
from qchem_app.screening.worker import compute
from qchem_app.solve import solve

H2 = geometry_of(Molecule(("H", "H"), [[0.0, 0.0, 0.0], [0.0, 0.0, 1.4]]))
LIH = geometry_of(Molecule(("Li", "H"), [[0.0, 0.0, 0.0], [0.0, 0.0, 3.0]]))


def task(geometry: Any = H2, **settings: Any) -> Task:
    return Task.of(
        geometry,
        Settings(**{"threads": 1, "memory_limit": 2000.0, "references": ("hf",)} | settings),
    )


def replace_solve(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def broken(*arguments: Any, **options: Any) -> None:
        raise error

    monkeypatch.setattr(importlib.import_module("qchem_app.solve"), "solve", broken)


def test_done() -> None:
    mine = task()
    outcome = compute(mine.to_json(), None)
    assert (outcome.task_id, outcome.status, outcome.error) == (mine.id, "done", "")
    assert outcome.record is not None
    result = parse_record(outcome.record.encode(), "record")
    again = solve(mine.geometry, mine.settings)
    assert result.vqe is not None
    assert again.vqe is not None
    assert result.vqe.energy == again.vqe.energy
    assert outcome.fields == fields_of(result)
    assert outcome.fields["e_vqe"] == again.vqe.energy
    assert outcome.seconds > 0
    assert outcome.worker.endswith(f":{os.getpid()}")


def test_foreseen_failure() -> None:
    outcome = compute(task(active_space="3,3").to_json(), None)
    assert outcome.status == "failed"
    assert outcome.error.startswith("active space '3,3' asks for 3 electrons")
    assert (outcome.traceback, outcome.record) == ("", None)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (InputError("one\ntwo \x1b[0m"), "one two \\x1b[0m"),
        (MemoryError(), "the task ran out of memory"),
        (ZeroDivisionError("x" * 1000), "unforeseen ZeroDivisionError: xxx"),
    ],
)
def test_failures_become_one_line(
    error: Exception, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_solve(monkeypatch, error)
    outcome = compute(task().to_json(), None)
    assert outcome.status == "failed"
    assert outcome.error.startswith(sentence)
    assert len(outcome.error) <= 500
    assert ("Traceback" in outcome.traceback) == isinstance(error, ZeroDivisionError)


def test_interrupted_and_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = task(LIH)
    path = tmp_path / "state.npz"
    undisturbed = compute(mine.to_json(), None)
    module = importlib.import_module("qchem_app.solve")
    original = module._Run.on_step
    iterations: list[int] = []

    def on_step(run: Any, state: Any) -> None:
        original(run, state)
        iterations.append(state.trace[-1].iteration if state.trace else -1)
        if iterations[-1] == 3 and iterations.count(3) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(module._Run, "on_step", on_step)
    outcome = compute(mine.to_json(), str(path))
    assert (outcome.status, outcome.record, outcome.error) == ("interrupted", None, "")
    assert path.exists()
    before = len(iterations)
    outcome = compute(mine.to_json(), str(path))
    assert outcome.status == "done"
    assert not path.exists()
    assert min(iterations[before:]) >= 3
    assert outcome.fields["e_vqe"] == undisturbed.fields["e_vqe"]  # bit for bit


def test_checkpoint_of_something_else_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "state.npz"
    path.write_bytes(b"half a checkp")
    assert compute(task().to_json(), str(path)).status == "done"
    assert not path.exists()
    solve(LIH, task(LIH, max_iterations=1).settings, checkpoint=path)
    assert path.exists()
    outcome = compute(task().to_json(), str(path))
    assert outcome.status == "done"
    assert outcome.fields["formula"] == "H2"
    assert not path.exists()


def test_unconverged_is_done_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "state.npz"
    outcome = compute(task(LIH, max_iterations=1).to_json(), str(path))
    assert outcome.status == "done"
    assert outcome.fields["converged"] is False
    assert list(tmp_path.iterdir()) == []
