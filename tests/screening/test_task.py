"""What names a task."""

from __future__ import annotations

import json

import pytest

import qchem_app
from qchem_app.io.geometry import geometry_of
from qchem_app.molecule import Molecule
from qchem_app.result import Settings
from qchem_app.screening.task import Task

SETTINGS = Settings(threads=1, memory_limit=2000.0)


def h2(distance: float = 1.4, *, name: str = "", context: str = "", **changes: object) -> Task:
    molecule = Molecule(("H", "H"), [[0.0, 0.0, 0.0], [0.0, 0.0, distance]], name=name)
    return Task.of(geometry_of(molecule), SETTINGS.model_copy(update=changes), context)


def test_names_do_not_matter_and_all_else_does() -> None:
    assert h2(name="a") == h2(name="b")
    assert len({h2(name="a"), h2(name="b")}) == 1
    assert h2() != "h2"
    others = [h2(1.4 + 1e-15), h2(basis="6-31g"), h2(threads=2), h2(context="after x")]
    assert len({h2(), *others, h2(context="after y")}) == 6


def test_it_survives_a_journey() -> None:
    for task in (h2(), h2(context="after x")):
        back = Task.from_json(task.to_json())
        assert (back, back.text, back.context) == (task, task.text, task.context)


@pytest.mark.parametrize(
    ("version", "same"), [("3.1.0", True), ("3.1.7", True), ("3.2.0", False), ("4.1.0", False)]
)
def test_another_minor_version_computes_anew(
    version: str, same: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(qchem_app, "__version__", "3.1.2")
    before = h2().id
    monkeypatch.setattr(qchem_app, "__version__", version)
    assert (h2().id == before) is same
    assert json.loads(h2().text)["version"] == version[:3]


def test_it_does_not_leave_anything_to_the_machine() -> None:
    with pytest.raises(ValueError, match="threads and memory_limit"):
        h2(threads=None)
