"""`qchem solve`: what goes in, what comes out on which stream, with which exit status."""

from __future__ import annotations

import inspect
import json
import os
from pathlib import Path
from typing import Any

import pytest

from qchem_app.cli import main
from qchem_app.cli.signals import Terminated
from qchem_app.cli.solve import solve as command
from qchem_app.errors import ConvergenceError, InputError, ResourceError, UsageError
from qchem_app.io.record import read_record, to_json
from qchem_app.progress import Event
from qchem_app.report.table import render
from qchem_app.result import Settings
from qchem_app.vqe.checkpoint import Checkpoint, save_checkpoint

FakeSolve = Any


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["solve", *arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_title_first_then_the_table(
    fake_solve: FakeSolve, h2: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(capsys, h2, "-q")
    assert status == 0
    assert out.splitlines()[0] == "h2: H2, charge 0, multiplicity 1, 2 electrons (1 alpha, 1 beta)"
    assert out.splitlines()[1:] == render(fake_solve.result, 80).splitlines()[1:]
    assert err == ""


def test_title_is_printed_before_the_work(
    fake_solve: FakeSolve, h2: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_solve.error = ConvergenceError("the SCF did not converge: stretch less")
    status, out, err = run(capsys, h2, "-q")
    assert status == 1
    assert out == "h2: H2, charge 0, multiplicity 1, 2 electrons (1 alpha, 1 beta)\n"
    assert err == "Error: the SCF did not converge: stretch less\n"


def test_json_is_all_of_standard_output(
    fake_solve: FakeSolve, h2: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(capsys, h2, "--json")
    assert status == 0
    record = json.loads(out)
    assert [m["name"] for m in record["methods"]][-1] == "vqe"
    assert record["provenance"]["command"] == ["qchem", "solve", "h2.xyz", "--json"]
    assert err.startswith("h2: H2, charge 0, multiplicity 1, 2 electrons")


def test_record_is_written_also_when_not_converged(
    fake_solve: FakeSolve, h2: str, capsys: pytest.CaptureFixture[str]
) -> None:
    mean_field = fake_solve.result.mean_field.model_copy(update={"converged": False})
    fake_solve.result = fake_solve.result.model_copy(update={"mean_field": mean_field})
    status, out, _ = run(capsys, h2, "-o", "out.json", "--json")
    assert status == 3
    assert to_json(read_record("out.json")) == out


def test_options_become_settings(
    fake_solve: FakeSolve,
    h2: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "2")
    given = (
        "--basis 6-31g --active-space frozen-core --reference fci,b3lyp --no-symmetry "
        "--symmetry-tolerance 1e-3 --guess ccsd --tolerance 1e-6 --max-iterations 7 "
        "--time-limit 5 --memory 100 --threads 1 --seed 4"
    )
    status, _, err = run(capsys, h2, *given.split())
    assert status == 0, err
    assert fake_solve.calls[0]["settings"] == Settings(
        basis="6-31g",
        active_space="frozen-core",
        references=("fci", "b3lyp"),
        symmetry=False,
        symmetry_tolerance=1e-3,
        guess="ccsd",
        energy_tolerance=1e-6,
        max_iterations=7,
        time_limit=5.0,
        memory_limit=100.0,
        threads=1,
        seed=4,
    )
    assert os.environ["OMP_NUM_THREADS"] == "1"  # read by libraries that load later


def test_defaults_are_those_of_the_library(
    fake_solve: FakeSolve, h2: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, h2)
    assert fake_solve.calls[0]["settings"] == Settings()
    assert fake_solve.calls[0]["checkpoint"] == Path("h2.checkpoint.npz")
    assert fake_solve.calls[0]["resume"] is False


@pytest.mark.parametrize("given", [("-c", "-1"), ("--charge", "-1"), ("--charge=-1",), ("-c-1",)])
def test_negative_charge(
    fake_solve: FakeSolve, h2: str, capsys: pytest.CaptureFixture[str], given: tuple[str, ...]
) -> None:
    status, out, _ = run(capsys, h2, *given, "-m", "2")
    assert status == 0
    assert out.startswith("h2: H2, charge -1, multiplicity 2, 3 electrons (2 alpha, 1 beta)")
    assert fake_solve.calls[0]["geometry"].molecule.charge == -1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("--reference", "ccsdt"), ["ccsdt"]),
        (("--active-space", "4;4"), ["4;4"]),
        (("--basis", "sto-3gg"), ["sto-3gg", "sto-3g"]),
        (("--output", "nowhere/out.json"), ["--output", "nowhere", "does not exist"]),
        (("--output", "."), ["--output", "is a folder"]),
        (("--output", "-"), ["--output", "--json prints the record"]),
        (("--output", "h2.xyz"), ["--output would overwrite h2.xyz"]),
        (("--output", "h2.checkpoint.npz"), ["--output would overwrite h2.checkpoint.npz"]),
        (("--checkpoint", "nowhere/c.npz"), ["--checkpoint", "nowhere"]),
        (("--tolerance", "nan"), ["--tolerance should be", "nan was given"]),
        (("--tolerance", "inf"), ["--tolerance should be", "inf was given"]),
        (("--tolerance", "0"), ["--tolerance should be greater than 0, but 0.0 was given"]),
        (("--symmetry-tolerance", "nan"), ["--symmetry-tolerance should be"]),
        (("--time-limit", "-5"), ["--time-limit should be greater than 0, but -5.0 was given"]),
        (("--memory", "0"), ["--memory should be greater than 0"]),
        (("--threads", "0"), ["--threads should be greater than or equal to 1"]),
        (("--max-iterations", "-1"), ["--max-iterations should be"]),
        (("--guess", "hf"), ["--guess", "mp2", "ccsd"]),
        (("--charge", "one"), ["--charge"]),
        (("--multiplicity", "0"), ["multiplicity"]),
        (("--frame", "-1"), ["frame"]),
        (("--nonsense",), ["--nonsense"]),
        (("another.xyz",), ["another.xyz"]),
    ],
)
def test_senseless_options_are_refused_before_any_work(
    fake_solve: FakeSolve,
    h2: str,
    capsys: pytest.CaptureFixture[str],
    given: tuple[str, ...],
    words: list[str],
) -> None:
    status, out, err = run(capsys, h2, *given)
    assert status == 2
    assert out == ""
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    for word in words:
        assert word in err
    assert fake_solve.calls == []


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (InputError("h2.xyz:3: bad"), 1, "Error: h2.xyz:3: bad\n"),
        (UsageError("no such thing"), 2, "Error: no such thing\n"),
        (ResourceError("too large: ask for less"), 1, "Error: too large: ask for less\n"),
        (MemoryError(), 1, "Error: the machine ran out of memory"),
        (OSError(28, "No space left on device"), 1, "Error: the operating system refused: "),
        (InputError("a\x1b[2Jb"), 1, "Error: a\\x1b[2Jb\n"),
        (
            ZeroDivisionError("division by zero"),
            1,
            "Error: this is a bug in qchem_app (ZeroDivisionError: division by zero); please "
            "report it with the input and the traceback that --debug prints.\n",
        ),
    ],
)
def test_errors_are_one_sentence(
    fake_solve: FakeSolve,
    h2: str,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    status: int,
    message: str,
) -> None:
    fake_solve.error = error
    got, _, err = run(capsys, h2, "-q")
    assert got == status
    assert err.startswith(message)
    assert err.count("\n") == 1


def test_debug_prints_the_traceback(
    fake_solve: FakeSolve, h2: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_solve.error = ZeroDivisionError("division by zero")
    _, _, err = run(capsys, h2, "-q", "--debug")
    assert "Traceback (most recent call last)" in err
    assert err.splitlines()[-1].startswith("Error: this is a bug")


@pytest.mark.parametrize(("error", "status"), [(KeyboardInterrupt(), 130), (Terminated(), 143)])
def test_interrupt_tells_how_to_go_on(
    fake_solve: FakeSolve,
    h2: str,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    status: int,
) -> None:
    fake_solve.error = error
    fake_solve.writes = b"state"
    got, _, err = run(capsys, h2, "-q", "-a", 'avas:"H 1s"')
    assert got == status
    assert err == (
        "Interrupted; the state is in h2.checkpoint.npz. "
        "Go on: qchem solve h2.xyz -q -a 'avas:\"H 1s\"' --resume\n"
    )


def test_interrupt_before_there_is_a_state(
    fake_solve: FakeSolve, h2: str, capsys: pytest.CaptureFixture[str]
) -> None:
    save_checkpoint(Path("h2.checkpoint.npz"), Checkpoint("of an older run"))
    fake_solve.error = KeyboardInterrupt()
    got, _, err = run(capsys, h2, "-q")
    assert got == 130
    assert err == "Interrupted; there was no state to save yet.\n"


def test_resume_without_a_checkpoint_begins_anew(
    fake_solve: FakeSolve, h2: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = run(capsys, h2, "-q", "--resume")
    assert status == 0
    assert err == "There is no checkpoint to go on from: starting from the beginning.\n"
    assert fake_solve.calls[0]["resume"] is False


def test_another_file_is_not_taken_for_a_checkpoint(
    fake_solve: FakeSolve, h2: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("thesis.npz").write_bytes(b"years of work")
    status, out, err = run(capsys, h2, "--checkpoint", "thesis.npz")
    assert (status, out) == (1, "")
    assert err.startswith("Error: thesis.npz: not a checkpoint of this version of qchem")
    assert fake_solve.calls == []


def test_without_a_place_for_a_checkpoint(
    fake_solve: FakeSolve,
    h2: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    status, _, err = run(capsys, h2)
    assert (status, err) == (0, "This folder cannot be written to: there is no checkpoint.\n")
    assert fake_solve.calls[0]["checkpoint"] is None
    assert run(capsys, h2, "--checkpoint", "c.npz")[0] == 2


def test_an_unconverged_run_says_how_to_go_on(
    fake_solve: FakeSolve, h2: str, capsys: pytest.CaptureFixture[str]
) -> None:
    mean_field = fake_solve.result.mean_field.model_copy(update={"converged": False})
    fake_solve.result = fake_solve.result.model_copy(update={"mean_field": mean_field})
    fake_solve.writes = b"state"
    status, _, err = run(capsys, h2, "-q")
    assert status == 3
    assert err == "Not converged: --resume goes on from h2.checkpoint.npz.\n"


def test_resume_with_a_checkpoint(
    fake_solve: FakeSolve, h2: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("mine.npz").write_bytes(b"state")
    status, _, err = run(capsys, h2, "-q", "--resume", "--checkpoint", "mine.npz")
    assert (status, err) == (0, "")
    assert fake_solve.calls[0]["resume"] is True
    assert fake_solve.calls[0]["checkpoint"] == Path("mine.npz")


def test_progress_goes_to_standard_error(
    fake_solve: FakeSolve, h2: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_solve.events = (Event("vqe", "", iteration=1, energy=-1.1372, gradient_norm=1e-3),)
    _, out, err = run(capsys, h2)
    assert "E -1.13720000 Ha  gradient 1.0e-03" in err
    assert "gradient 1.0e-03" not in out
    _, _, err = run(capsys, h2, "--quiet")
    assert err == ""


def test_help_shows_the_defaults_in_force() -> None:
    parameters = inspect.signature(command).parameters
    settings = Settings()
    assert parameters["basis"].default == settings.basis
    assert parameters["tolerance"].default == settings.energy_tolerance
    assert parameters["time_limit"].default == settings.time_limit
    assert parameters["max_iterations"].default == settings.max_iterations
