"""The command as a whole: help, version, completion, pipes that close."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import qchem_app
from qchem_app.cli import main
from qchem_app.io.record import write_record
from qchem_app.result import SolveResult

RunQchem = Callable[..., subprocess.CompletedProcess[str]]


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"qchem {qchem_app.__version__}\n"


@pytest.mark.parametrize("arguments", [["--help"], ["solve", "--help"], ["reproduce", "--help"]])
def test_help(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert out.startswith("Usage: qchem")
    assert max(map(len, out.splitlines())) <= 80


def test_without_a_command_there_is_help_and_a_usage_status(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([]) == 2
    assert capsys.readouterr().out.startswith("Usage: qchem")


def test_unknown_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slove"]) == 2
    err = capsys.readouterr().err
    assert "slove" in err
    assert "'solve'" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion(shell: str, run_qchem: RunQchem, environment: dict[str, str]) -> None:
    finished = run_qchem(env={**environment, "_QCHEM_COMPLETE": f"source_{shell}"})
    assert "qchem" in finished.stdout
    assert "_QCHEM_COMPLETE" in finished.stdout


def test_completion_offers_the_commands(run_qchem: RunQchem, environment: dict[str, str]) -> None:
    asked = {"_QCHEM_COMPLETE": "complete_bash", "COMP_WORDS": "qchem s", "COMP_CWORD": "1"}
    finished = run_qchem(env={**environment, **asked})
    assert sorted(finished.stdout.split()) == ["scan", "screen", "show", "solve"]


def test_show(water: SolveResult, tmp_path: Path, run_qchem: RunQchem) -> None:
    write_record(water, tmp_path / "water.json")
    finished = run_qchem("show", "water.json")
    assert finished.returncode == 0
    assert finished.stdout.startswith("h2o: H2O, charge 0")
    assert "\x1b" not in finished.stdout
    assert finished.stderr == ""


def test_show_follows_columns(
    water: SolveResult, tmp_path: Path, run_qchem: RunQchem, environment: dict[str, str]
) -> None:
    write_record(water, tmp_path / "water.json")
    narrow = run_qchem("show", "water.json").stdout
    wide = run_qchem("show", "water.json", env={**environment, "COLUMNS": "120"}).stdout
    assert max(map(len, narrow.splitlines())) == 80
    assert max(map(len, wide.splitlines())) == 120


def test_show_in_a_locale_without_the_letters(
    water: SolveResult, tmp_path: Path, run_qchem: RunQchem, environment: dict[str, str]
) -> None:
    molecule = water.input.model_copy(update={"name": "wässer"})
    write_record(water.model_copy(update={"input": molecule}), tmp_path / "water.json")
    ascii_only = {**environment, "PYTHONIOENCODING": "ascii"}
    finished = run_qchem("show", "water.json", env=ascii_only)
    assert finished.returncode == 0
    assert finished.stdout.startswith(r"w\xe4sser: H2O")


@pytest.mark.parametrize("name", ["none.json", ".", "bad.json"])
def test_show_of_no_record_is_one_sentence(name: str, tmp_path: Path, run_qchem: RunQchem) -> None:
    (tmp_path / "bad.json").write_text("{")
    finished = run_qchem("show", name)
    assert finished.returncode == 1
    assert finished.stdout == ""
    assert finished.stderr.startswith(f"Error: {name}: ")
    assert finished.stderr.count("\n") == 1


def test_a_closed_pipe_is_no_error(
    water: SolveResult, tmp_path: Path, environment: dict[str, str]
) -> None:
    write_record(water.model_copy(update={"notes": ("long " * 99,) * 999}), tmp_path / "w.json")
    finished = subprocess.run(
        f"{sys.executable} -m qchem_app show w.json | head -1",
        shell=True,
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
    )
    assert finished.stdout.startswith("h2o: H2O")
    assert finished.stderr == ""
