"""A stand-in for solve(), so that the command line is tested without computing anything."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from qchem_app.io.geometry import Geometry
from qchem_app.progress import Event, Progress
from qchem_app.result import Settings, SolveResult

H2 = "2\n\nH 0 0 0\nH 0 0 0.7414\n"


@dataclass
class FakeSolve:
    """Remembers how it was called; returns `result` or raises `error`."""

    result: SolveResult
    error: BaseException | None = None
    writes: bytes | None = None
    events: tuple[Event, ...] = ()
    calls: list[dict[str, Any]] = field(default_factory=list)

    def __call__(
        self,
        geometry: Geometry,
        settings: Settings,
        *,
        progress: Progress | None = None,
        checkpoint: Path | None = None,
        resume: bool = False,
    ) -> SolveResult:
        self.calls.append(
            {
                "geometry": geometry,
                "settings": settings,
                "checkpoint": checkpoint,
                "resume": resume,
            }
        )
        for event in self.events:
            assert progress is not None
            progress(event)
        if self.writes is not None:
            assert checkpoint is not None
            checkpoint.write_bytes(self.writes)
        if self.error is not None:
            raise self.error
        return self.result


@pytest.fixture
def fake_solve(water: SolveResult, monkeypatch: pytest.MonkeyPatch) -> FakeSolve:
    """Put in the place of qchem_app.solve.solve."""
    fake = FakeSolve(water)
    module = ModuleType("qchem_app.solve")
    module.solve = fake  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "qchem_app.solve", module)
    return fake


@pytest.fixture
def h2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An H2 geometry in the current folder, which is an empty one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    (tmp_path / "h2.xyz").write_text(H2)
    return "h2.xyz"
