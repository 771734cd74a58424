"""`qchem screen`, run as a user does."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from qchem_app.cli import main

RunQchem = Callable[..., subprocess.CompletedProcess[str]]

CHEAP = ("--reference", "hf,fci", "--executor", "inline")


@pytest.fixture
def candidates(tmp_path: Path, repository: Path) -> Path:
    """Two molecules, one of them twice, and one that is broken."""
    folder = tmp_path / "set"
    folder.mkdir()
    for name in ("h2", "heh_plus"):
        shutil.copy(repository / "molecules" / f"{name}.xyz", folder)
    shutil.copy(folder / "h2.xyz", folder / "same.xyz")
    (folder / "broken.xyz").write_text("2\n\nQq 0 0 0\nH 0 0 1\n")
    return folder


def test_screen_and_again(candidates: Path, run_qchem: RunQchem) -> None:
    first = run_qchem("screen", "set", *CHEAP)
    assert first.returncode == 3, first.stderr  # one is broken
    table = [line.split() for line in first.stdout.splitlines()]
    ranked = {row[1]: row for row in table if len(row) > 6 and row[2] in ("H2", "HHe")}
    assert set(ranked) == {"h2", "heh_plus", "same"}
    assert float(ranked["h2"][4]) == pytest.approx(-1.1373, abs=1e-4)
    assert 'broken: set/broken.xyz:3: "Qq" is not an element' in " ".join(first.stdout.split())
    assert "3 of 4 done" not in first.stderr  # h2 and its copy are one task
    assert "2 of 3 done, 1 failed" in first.stderr

    again = run_qchem("screen", "set", *CHEAP)
    assert again.stdout == first.stdout
    assert "2 of 3 done (2 before), 1 failed" in again.stderr
    with closing(sqlite3.connect(candidates.parent / "set.db")) as store:
        assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_pool_gives_the_same_energies(candidates: Path, run_qchem: RunQchem) -> None:
    energies = []
    for number, where in enumerate((("--executor", "inline"), ("--workers", "2"))):
        name = f"{number}.db"
        run_qchem("screen", "set", "-r", "hf,fci", "-o", name, "-q", *where)
        listed = run_qchem("results", name, "--format", "jsonl").stdout.splitlines()
        rows = [json.loads(line) for line in listed]
        energies.append({row["name"]: (row["e_vqe"], row["e_fci"]) for row in rows})
    assert energies[0] == energies[1]
    assert energies[0]["h2"][0] is not None


def test_changed_setting_is_another_task(candidates: Path, run_qchem: RunQchem) -> None:
    run_qchem("screen", "set/h2.xyz", *CHEAP, "-o", "x.db")
    other = run_qchem("screen", "set/h2.xyz", *CHEAP, "-o", "x.db", "--basis", "6-31g")
    assert other.returncode == 0
    assert "1 of 1 done, " in other.stderr
    everything = run_qchem("results", "x.db", "--run", "all", "--format", "jsonl").stdout
    assert {json.loads(line)["basis"] for line in everything.splitlines()} == {"sto-3g", "6-31g"}


def test_dry_run_computes_nothing(candidates: Path, run_qchem: RunQchem, tmp_path: Path) -> None:
    planned = run_qchem("screen", "set", "--dry-run")
    assert planned.returncode == 0, planned.stderr
    text = " ".join(planned.stdout.split())
    assert "4 candidates, 1 broken, 2 different tasks" in text
    assert "same as another" in text
    assert "is not an element" in text
    assert not list(tmp_path.glob("*.db*"))
    lines = run_qchem("screen", "set", "--dry-run", "--json").stdout.splitlines()
    plain = {entry["name"]: entry for entry in map(json.loads, lines)}
    assert plain["h2"]["task"] == plain["same"]["task"]
    assert plain["h2"]["qubits"] == 4
    assert json.loads(plain["h2"]["text"])["molecule"]["symbols"] == ["H", "H"]
    assert "not an element" in plain["broken"]["error"]


def test_measured_energies_are_shown(candidates: Path, run_qchem: RunQchem) -> None:
    finished = run_qchem(
        "screen", "set/h2.xyz", *CHEAP, "--noise", "p1=1e-3,p2=1e-2", "--shots", "4000", "-q"
    )
    assert "Measured on qubits, mHa from the best energy" in finished.stdout
    line = next(
        words for text in finished.stdout.splitlines() if (words := text.split())[:1] == ["h2"]
    )
    assert float(line[2]) > 5.0  # what that noise does
    assert "Basis sto-3g; active spaces: full" in finished.stdout


def test_own_columns_are_told_and_can_rank(candidates: Path, run_qchem: RunQchem) -> None:
    (candidates.parent / "t.csv").write_text(
        "name,file,IC50 (nM)\na,set/h2.xyz,3\nb,set/heh_plus.xyz,7\n"
    )
    finished = run_qchem("screen", "t.csv", *CHEAP, "--rank-by", "`IC50 (nM)`")
    assert "t.csv: column" in finished.stderr
    names = [line.split()[1] for line in finished.stdout.splitlines() if line[:2] in ("1 ", "2 ")]
    assert names[:2] == ["b", "a"]


def test_json_prints_events_and_nothing_else(candidates: Path, run_qchem: RunQchem) -> None:
    finished = run_qchem("screen", "set/h2.xyz", *CHEAP, "--json")
    events = [json.loads(line) for line in finished.stdout.splitlines()]
    assert [event["kind"] for event in events] == ["planned", "started", "finished", "ended"]
    assert events[2]["energy"] == pytest.approx(-1.1373, abs=1e-4)
    assert finished.stderr == ""


def test_reactions(candidates: Path, run_qchem: RunQchem, tmp_path: Path) -> None:
    (candidates / "h.xyz").write_text("1\ncharge=0 multiplicity=2\nH 0 0 0\n")
    (tmp_path / "r.yaml").write_text(
        "reactions:\n  bond:\n    reactants: {h2: 1}\n    products: {h: 2}\n"
        "  wrong:\n    reactants: {h2: 1}\n    products: {h: 3}\n"
    )
    finished = run_qchem(
        "screen", "set", *CHEAP, "--reactions", "r.yaml", "--rank-by", "bond_fci + natoms"
    )
    text = " ".join(finished.stdout.split())
    # H2/STO-3G at 0.7414 Å: 2 x -0.4665819 - -1.1372702 Ha
    assert "537" in text
    assert "not balanced: 1 more H in the products" in text
    assert "ranked by bond_fci + natoms" in text.lower()
    assert "Warning: reaction wrong: not balanced: 1 more H in the products" in finished.stderr
    planned = run_qchem("screen", "set", "--reactions", "r.yaml", "--dry-run")
    assert "Warning: reaction wrong: not balanced" in planned.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere"], "nowhere: no such file"),
        (["set", "--basis", "sto-33g"], "there is no basis set"),
        (["set", "--rank-by", "mised_mha"], "missed_mha"),
        (["set", "--rank-by", "__import__('os')"], "__import__"),
        (["set", "--attempts", "0"], "--attempts must be more than 0"),
        (["set", "--threads", "0"], "--threads"),
        (["set", "--workers", "-1"], "--workers must be 1 to"),
        (["set", "--executor", "inline", "--scheduler", "tcp://x:1"], "exclude each other"),
        (["set", "--workers", "5000", "--dry-run"], "--workers must be 1 to"),
        (["set", "--scheduler", "tcp://x:1", "--workers", "2"], "leave it out"),
        (["set", "--reactions", "nowhere.yaml"], "nowhere.yaml: no such file"),
        (["set/h2.xyz", "-o", "set/h2.xyz"], "would overwrite set/h2.xyz"),
        (["set", "-o", "nowhere/x.db"], "the folder nowhere does not exist"),
    ],
)
def test_bad_input(
    arguments: list[str],
    sentence: str,
    candidates: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["screen", *arguments]) in (1, 2)
    printed = capsys.readouterr()
    assert sentence in printed.err
    assert len(printed.err.splitlines()) == 1
    assert printed.out == ""
    assert not list(tmp_path.glob("*.db*"))


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stop_and_go_on(
    number: signal.Signals,
    status: int,
    environment: dict[str, str],
    run_qchem: RunQchem,
    repository: Path,
    tmp_path: Path,
) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    for name in ("h10_chain", "h2", "heh_plus", "lih"):
        shutil.copy(repository / "molecules" / f"{name}.xyz", folder)
    arguments = ["screen", "set", "-r", "hf", "--workers", "1", "-o", "s.db"]
    with subprocess.Popen(
        [sys.executable, "-m", "qchem_app", *arguments, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=tmp_path,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            if json.loads(line)["kind"] == "started":
                break
        process.send_signal(number)
        process.stdout.read()
        rest = process.stderr.read()
    assert process.returncode == status
    assert "Go on: qchem screen set" in rest

    resumed = run_qchem(*arguments)
    assert resumed.returncode == 0, resumed.stderr
    listed = run_qchem("results", "s.db", "--format", "jsonl").stdout.splitlines()
    rows = {row["name"]: row for row in map(json.loads, listed)}
    assert {row["status"] for row in rows.values()} == {"done"}
    assert rows["h10_chain"]["e_vqe"] == pytest.approx(-5.37731, abs=5e-4)
    assert sorted(path.name for path in tmp_path.iterdir() if "lock" not in path.name) == [
        "s.db",
        "set",
    ]
