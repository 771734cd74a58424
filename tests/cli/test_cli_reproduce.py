"""`qchem reproduce`: the record's own input and settings again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from qchem_app.cli import main
from qchem_app.io.record import write_record
from qchem_app.result import SolveResult

FakeSolve = Any


@pytest.fixture
def record(water: SolveResult, h2: str) -> str:
    """A record in the current folder, without the geometry file it names."""
    write_record(water, "water.json")
    return "water.json"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["reproduce", *arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_runs_the_embedded_input_and_settings(
    fake_solve: FakeSolve, record: str, water: SolveResult, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = run(capsys, record, "-q")
    assert status == 0
    assert out.startswith("h2o: H2O, charge 0, multiplicity 1, 10 electrons")
    assert "reproduced: every energy is within 1e-06 Ha of the record" in out
    call = fake_solve.calls[0]
    assert call["geometry"].molecule.symbols == water.input.symbols
    assert call["geometry"].sha256 == water.input.sha256
    assert call["settings"] == water.settings
    assert call["checkpoint"] is None


def test_references_and_space_are_those_of_the_record(
    fake_solve: FakeSolve, record: str, water: SolveResult, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = water.settings.model_copy(update={"references": ("fci",)})
    space = water.active_space.model_copy(update={"specification": "natural:0.0123"})
    write_record(water.model_copy(update={"settings": settings, "active_space": space}), record)
    run(capsys, record, "-q")
    assert fake_solve.calls[0]["settings"].references == ("fci",)
    assert fake_solve.calls[0]["settings"].active_space == "natural:0.0123"


def test_a_difference_is_a_failure(
    fake_solve: FakeSolve, record: str, water: SolveResult, capsys: pytest.CaptureFixture[str]
) -> None:
    *others, vqe = water.methods
    worse = vqe.model_copy(update={"energy": vqe.energy + 2e-6})
    fake_solve.result = water.model_copy(update={"methods": (*others, worse)})
    status, out, _ = run(capsys, record, "-q")
    assert status == 1
    assert "+2.0e-06  outside the tolerance" in out
    assert "NOT reproduced within 1e-06 Ha: VQE." in out
    assert run(capsys, record, "-q", "--tolerance", "1e-5")[0] == 0


def test_json(fake_solve: FakeSolve, record: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, record, "--json")
    assert status == 0
    assert json.loads(out)["reproduced"] is True
    assert err.startswith("h2o: H2O")


@pytest.mark.parametrize("tolerance", ["nan", "inf", "-1"])
def test_senseless_tolerance(
    fake_solve: FakeSolve, record: str, capsys: pytest.CaptureFixture[str], tolerance: str
) -> None:
    status, _, err = run(capsys, record, f"--tolerance={tolerance}")
    assert status == 2
    assert err.startswith("Error: --tolerance must be a number from 0 up")
    assert fake_solve.calls == []


def test_interrupt(fake_solve: FakeSolve, record: str, capsys: pytest.CaptureFixture[str]) -> None:
    fake_solve.error = KeyboardInterrupt()
    status, _, err = run(capsys, record, "-q")
    assert status == 130
    assert err == "Interrupted; there was no state to save yet.\n"


def test_record_whose_molecule_cannot_be(
    fake_solve: FakeSolve, record: str, water: SolveResult, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = water.input.model_copy(update={"multiplicity": 2})
    write_record(water.model_copy(update={"input": broken}), record)
    status, _, err = run(capsys, record, "-q")
    assert status == 1
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    assert fake_solve.calls == []
