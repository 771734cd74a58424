"""`qchem results` on stores of made-up results."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qchem_app.cli import main
from qchem_app.io.geometry import Geometry
from qchem_app.io.record import to_json
from qchem_app.molecule import Molecule
from qchem_app.result import Settings, SolveResult
from qchem_app.screening.candidate import Candidate
from qchem_app.screening.fields import FIELDS, fields_of
from qchem_app.screening.outcome import Outcome, Scalar
from qchem_app.screening.store import Store
from qchem_app.screening.task import Task

RunQchem = Callable[..., subprocess.CompletedProcess[str]]
Capture = pytest.CaptureFixture[str]

HOSTILE = "<script>\x1b[31m=cmd"
MADE_UP: dict[str, dict[str, Scalar]] = {
    "lih": {"qubits": 12, "e_vqe": -7.88239276, "error_mha": 0.0107, "best": "fci"},
    "n2": {
        "qubits": 20,
        "e_vqe": -107.65,
        "error_mha": -2.5,
        "best": "fci",
        "triage": "quantum-relevant but too large today",
        "formula": "N2",
        "charge": 2,
        "basis": "6-31g",
        "space_kind": "natural",
        "space": "natural (10e,8o)",
    },
    "c2": {
        "qubits": 20,
        "e_vqe": -74.69,
        "error_mha": 7.25,
        "best": "fci",
        "e_pbe": -75.5,
        "formula": "C2",
        "charge": -1,
    },
}


def pair(name: str, i: int) -> tuple[Candidate, Task]:
    molecule = Molecule(("H", "H"), np.array([[0.0, 0, 0], [0, 0, 1 + i / 16]]), name=name)
    geometry = Geometry(molecule, source=f"{i}.xyz", sha256="0" * 64)
    settings = Settings(threads=1, memory_limit=2000.0)
    candidate = Candidate(name, f"{i}.xyz", geometry, variables={"r / Å": i / 4})
    return candidate, Task.of(geometry, settings)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, water: SolveResult) -> str:
    """Six candidates: four done, one failed, one broken; one more that waits."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    with Store.open_for_writing("s.db") as made:
        run = made.start_run({"command": ["qchem", "screen", "set"]})
        pairs = [pair(name, i) for i, name in enumerate(["water", *MADE_UP, HOSTILE, "waits"])]
        broken = Candidate("bad", "list.csv:7", None, error="list.csv:7: the charge is no number")
        made.add_candidates(run, [*pairs, (broken, None)])
        record = water.model_dump_json()
        bare = water.model_copy(update={"engine": None})  # its excitations are made up
        made.put(Outcome(pairs[0][1].id, "done", record, fields_of(bare), seconds=2.5))
        for (_, task), fields in zip(pairs[1:], MADE_UP.values(), strict=False):
            made.put(Outcome(task.id, "done", record, fields, seconds=1.0))
        made.put(
            Outcome(pairs[4][1].id, "failed", error="it \x1b[2J died", traceback="Trace\n  \x1bx")
        )
        made.end_run(run, "finished")
    return "s.db"


def names(out: str) -> list[str]:
    return [line["name"] for line in map(json.loads, out.splitlines())]


def listed(capsys: Capture, *arguments: str) -> list[str]:
    assert main(["results", "s.db", "--format", "jsonl", *arguments]) == 0
    return names(capsys.readouterr().out)


def test_the_table(store: str, capsys: Capture) -> None:
    assert main(["results", store]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert err == ""
    assert max(map(len, lines)) <= 80
    assert lines[1].split() == [
        "name", "formula", "status", "e_vqe", "error_mha", "triage",
    ]  # fmt: skip
    assert lines[2].split() == ["Ha", "mHa"]
    assert lines[4].startswith("water")
    assert "-75.01232000" in lines[4]
    assert "+0.120" in lines[4]
    assert "    it \\x1b[2J died" in lines
    assert "    list.csv:7: the charge is no number" in lines
    assert lines[-2] == "7 candidates (4 done, 1 failed, 1 waiting, 1 broken)."
    assert lines[-1].startswith("Run 1 of 1: begun 20")
    assert "finished" in lines[-1]
    assert "\x1b" not in out
    rows = [line.split() for line in lines]
    assert ["n2", "N2^2+", "done", "-107.65000000", "-2.500", "too", "large"] in rows
    assert ["c2", "C2-", "done", "-74.69000000", "+7.250", "-"] in rows
    assert "sto-3g, full space; n2: 6-31g, natural (10e,8o)." in out.splitlines()


def test_a_wider_table_has_more_columns(
    store: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert main(["results", store]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert 80 < max(map(len, lines)) <= 120
    assert "Å" in lines[2]
    assert {"r", "missed_mha", "seconds"} <= set(lines[1].split())


@pytest.mark.parametrize("columns", [80, 120])
def test_no_line_is_wider_than_the_terminal(
    columns: int, store: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    every = ",".join(FIELDS)
    for arguments in (
        [],
        ["--columns", every],
        ["--columns", "name,triage,e_fci,e_hf,source,e_vqe"],
    ):
        assert main(["results", store, *arguments]) == 0
        assert max(map(len, capsys.readouterr().out.splitlines())) <= columns


def test_what_was_measured_is_shown(store: str, capsys: Capture) -> None:
    with Store.open_for_writing(store) as opened:
        run = opened.start_run({"command": ["qchem"]})
        candidate, task = pair("h2", 9)
        opened.add_candidates(run, [(candidate, task)])
        fields: dict[str, Scalar] = {
            "e_vqe": -1.137,
            "error_mha": 0.0,
            "e_raw": -1.08,
            "error_raw_mha": 54.754,
            "se_raw_mha": 1.0,
            "e_mitigated": -1.12,
            "error_mitigated_mha": 14.444,
            "se_mitigated_mha": 2.0,
        }
        opened.put(Outcome(task.id, "done", "{}", fields, seconds=1.0))
    assert main(["results", store]) == 0
    out = capsys.readouterr().out
    assert "+54.754 ± 1.960" in out
    assert "+14.444 ± 3.920" in out
    assert "exact VQE, raw and mitigated are measured" in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 80
    assert main(["results", store, "--columns", "name,error_raw_mha"]) == 0
    assert "±" not in capsys.readouterr().out


def test_points_of_a_scan_fit(store: str, capsys: Capture) -> None:
    with Store.open_for_writing(store) as opened:
        run = opened.start_run({"scan": {"variable": "d(H2-O0-O1-H3) / °"}})
        for i in range(3):
            candidate, task = pair(f"hooh d(H2-O0-O1-H3)={i}", 20 + i)
            candidate = replace(candidate, variables={"d(H2-O0-O1-H3) / °": float(i)})
            opened.add_candidates(run, [(candidate, task)])
            opened.put(Outcome(task.id, "done", "{}", dict(MADE_UP["n2"]), seconds=1.0))
    assert main(["results", store]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1].split()[:3] == ["name", "d(H2-O0-O1-H3)", "e_vqe"]
    assert [line.split()[2] for line in lines[4:7]] == ["0", "1", "2"]  # a line each
    assert len(listed(capsys, "--where", "coordinate > 0.5")) == 2
    assert len(listed(capsys, "--where", "coordinate > 0.5", "--run", "all")) == 2
    assert len(listed(capsys, "--where", "`d(H2-O0-O1-H3) / °` < 0.5")) == 1
    assert main(["results", store, "--fields"]) == 0
    out = capsys.readouterr().out
    assert "the one value that the scan varied" in out
    assert "what was varied" in out
    assert main(["results", store, "--where", "coordinate > 1", "--run", "1"]) == 2
    assert '"coordinate" is not a field' in capsys.readouterr().err


REACTIONS = """
reactions:
  to n2:
    kind: isomerisation
    reactants: {lih: 1}
    products: {n2: 1}
  to c2:
    reactants: ["{candidate}"]
    products: [c2]
    candidate: [lih, n2]
"""


def test_reaction_energies_are_fields(store: str, capsys: Capture) -> None:
    common: dict[str, Scalar] = {
        "formula": "H2",
        "natoms": 2,
        "charge": 0,
        "basis": "sto-3g",
        "space_kind": "full",
        "space": "full (2e,2o)",
        "n_core": 0,
        "multiplicity": 1,
    }
    with Store.open_for_writing(store) as opened:
        run = opened.start_run({"command": ["qchem"], "reactions": REACTIONS})
        for i, (name, energy) in enumerate((("lih", -1.0), ("n2", -1.5), ("c2", -1.25))):
            candidate, task = pair(name, 30 + i)
            opened.add_candidates(run, [(candidate, task)])
            opened.put(Outcome(task.id, "done", "{}", {**common, "e_hf": energy}, seconds=1.0))
    export = ["results", store, "--format", "csv"]
    assert main([*export, "--columns", "name,to_n2_hf,to_c2_hf"]) == 0
    hartree = 2625.4996394799
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows[0] == ["name", "to_n2_hf", "to_c2_hf"]
    assert [row[0] for row in rows[1:]] == ["lih", "n2", "c2"]
    assert [float(row[1]) for row in rows[1:]] == pytest.approx([-0.5 * hartree] * 3)
    assert [float(row[2]) for row in rows[1:3]] == pytest.approx([-0.25 * hartree, 0.25 * hartree])
    assert rows[3][2] == ""
    assert main(export) == 0
    assert "to_c2_hf" in capsys.readouterr().out.splitlines()[0].split(",")
    assert listed(capsys, "--where", "to_c2_hf > 0") == ["n2"]
    assert listed(capsys, "--sort-by", "to_c2_hf") == ["lih", "n2", "c2"]
    assert main(["results", store, "--columns", "name,to_c2_hf"]) == 0
    out = capsys.readouterr().out
    assert "kJ/mol" in out
    assert "-656.37" in out
    assert main(["results", store, "--fields"]) == 0
    assert "reaction energy, products minus reactants" in capsys.readouterr().out
    # The first run has none.
    assert main(["results", store, "--run", "1", "--columns", "to_c2_hf"]) == 2


def test_the_rule_of_triage(store: str, capsys: Capture) -> None:
    for arguments in (["--triage"], [store, "--triage"]):
        assert main(["results", *arguments]) == 0
        out = capsys.readouterr().out
        assert out.startswith("Triage")
        assert "mHa of FCI" in " ".join(out.split())
        assert max(map(len, out.splitlines())) <= 80


def test_commands_of_runs_can_be_pasted(store: str, capsys: Capture) -> None:
    words = [
        "qchem",
        "screen",
        "my set",
        "--where",
        "a > 1",
        "it's",
        *(f"molecule{i}" for i in range(30)),
    ]
    with Store.open_for_writing(store) as opened:
        opened.start_run({"command": words})
    assert main(["results", store, "--runs"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert "killed" in out  # the process that wrote it is gone
    assert "running" not in out
    pasted = out[out.index("qchem screen 'my set'") :]
    pasted = pasted[: pasted.index("molecule29") + len("molecule29")]
    told = subprocess.run(
        ["sh", "-c", f"printf '%s\\n' {pasted}"], capture_output=True, text=True, check=True
    )
    assert told.stdout.splitlines() == words


def test_filter_sort_and_limit(store: str, capsys: Capture) -> None:
    done = ["water", "lih", "n2", "c2"]
    broken = [json.loads(json.dumps(HOSTILE)), "bad"]
    assert listed(capsys) == [*done, broken[0], "waits", "bad"]
    assert listed(capsys, "--where", "error_mha > 1") == ["c2"]
    assert listed(capsys, "--where", "abs(error_mha) > 1 and qubits == 20") == ["n2", "c2"]
    assert listed(capsys, "--where", 'name in ("lih", "n2")') == ["lih", "n2"]
    assert listed(capsys, "--where", 'status == "waiting"') == ["waits"]
    assert listed(capsys, "--sort-by", "error_mha", "--limit", "2") == ["n2", "lih"]
    assert listed(capsys, "--sort-by", "error_mha", "--descending")[:2] == ["c2", "water"]
    assert listed(capsys, "--sort-by", "abs(error_mha)", "--descending")[:2] == ["c2", "n2"]
    assert listed(capsys, "--sort-by", "r / Å", "--descending")[:2] == ["waits", broken[0]]
    assert listed(capsys, "--sort-by", "e_pbe")[0] == "c2"
    assert listed(capsys, "--where", "`r / Å` > 0.4 and qubits == 20") == ["n2", "c2"]
    assert listed(capsys, "--sort-by", "abs(`r / Å` - 0.5)")[0] == "n2"
    assert listed(capsys, "--failed") == broken
    assert listed(capsys, "--limit", "0") == []


@pytest.mark.parametrize(
    "where",
    [
        "__import__('os').system('touch hacked')",
        "name.__class__",
        "1; DROP TABLE run",
        "error_mha > 1) OR (1=1",
        "(lambda: 1)()",
        "[x for x in (1,)]",
        "open('hacked', 'w')",
        "eror_mha > 1",
        "error_mha > 'text'",
        "9**9**9 > 1 == name",
        "",
    ],
)
def test_where_computes_nothing_but_the_expression(
    where: str, store: str, capsys: Capture, tmp_path: Path
) -> None:
    before = hashlib.sha256(Path(store).read_bytes()).hexdigest()
    assert main(["results", store, "--where", where]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert os.listdir(tmp_path) == [store]
    assert hashlib.sha256(Path(store).read_bytes()).hexdigest() == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["s.db", "--sort-by", "eror_mha"], "did you mean error_mha"),
        (["s.db", "--columns", "name,eror_mha"], 'no field "eror_mha"; did you mean error_mha'),
        (["s.db", "--columns", ""], 'no field ""'),
        (["s.db", "--limit", "-1"], "--limit must be 0 or more, but -1 was given"),
        (["s.db", "--run", "first"], '--run is last, all or a number, but "first"'),
        (["s.db", "--run", "-1"], "--run is last, all or a number"),
        (["s.db", "--format", "parquet"], "give --output FILE too"),
        (["s.db", "-o", "x.xlsx"], 'the ending ".xlsx" says no format'),
        (["s.db", "-o", "s.db", "--format", "csv"], "would overwrite s.db"),
        (["s.db", "-o", "s.db-wal", "--format", "csv"], "would overwrite s.db-wal"),
        (["s.db", "-o", "none/x.csv"], "the folder none does not exist"),
        (["s.db", "--check", "--fields"], "--fields and --check exclude each other"),
        (["s.db", "--record", "lih", "--format", "csv"], "--record prints a table or JSON"),
        ([], "the STORE is missing"),
    ],
)
def test_usage_errors(
    arguments: list[str], sentence: str, store: str, capsys: Capture, tmp_path: Path
) -> None:
    assert main(["results", *arguments]) == 2
    out, err = capsys.readouterr()
    assert sentence in err
    assert (out, err.count("\n")) == ("", 1)
    assert os.listdir(tmp_path) == [store]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["none.db"], "none.db: no such file: check the path"),
        (["text.xyz"], "text.xyz: this is not the store of a screening"),
        (["."], ".: this is a directory"),
        (["s.db", "--run", "7"], "s.db: there is no run 7, its runs are 1 to 1"),
        (
            ["s.db", "--record", "watr"],
            'there is no candidate "watr"; did you mean water or waits?',
        ),
        (["s.db", "--record", "waits"], "waits has no result (waiting): it is not computed yet"),
        (["s.db", "--record", "bad"], "bad has no result (broken): list.csv:7: the charge"),
        (["s.db", "--task", "bad"], "bad has no task: list.csv:7: the charge is no number"),
    ],
)
def test_errors(arguments: list[str], sentence: str, store: str, capsys: Capture) -> None:
    Path("text.xyz").write_text("2\n\nH 0 0 0\nH 0 0 1\n")
    assert main(["results", *arguments]) == 1
    out, err = capsys.readouterr()
    assert err.startswith(f"Error: {sentence}")
    assert (out, err.count("\n")) == ("", 1)


def test_csv(store: str, capsys: Capture) -> None:
    assert main(["results", store, "--format", "csv"]) == 0
    out = capsys.readouterr().out
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(out))}
    assert float(rows["lih"]["e_vqe"]) == -7.88239276
    assert rows["lih"]["e_fci"] == ""
    assert rows["c2"]["e_pbe"] == "-75.5"
    assert rows["n2"]["r / Å"] == "0.5"
    assert rows["bad"]["error"] == "list.csv:7: the charge is no number"
    assert rows["water"]["converged"] == "true"
    assert len(rows["water"]["task_id"]) == 64
    assert "<script>\\x1b[31m=cmd" in rows
    assert set(FIELDS) <= set(rows["water"])
    assert main(["results", store, "-o", "out.csv"]) == 0
    assert Path("out.csv").read_text() == out


def test_an_export_of_some_columns(store: str, capsys: Capture) -> None:
    assert main(["results", store, "--columns", "name,`r / Å`", "--format", "csv"]) == 0
    assert capsys.readouterr().out.splitlines()[2] == "lih,0.25"
    columns = ["results", store, "--columns", " name, qubits", "--limit", "2"]
    assert main([*columns, "--format", "csv"]) == 0
    assert capsys.readouterr().out == "name,qubits\nwater,14\nlih,12\n"
    assert main([*columns, "--format", "jsonl"]) == 0
    assert capsys.readouterr().out == (
        '{"name": "water", "qubits": 14}\n{"name": "lih", "qubits": 12}\n'
    )
    assert main([*columns, "-o", "out.json"]) == 0
    assert json.loads(Path("out.json").read_text())[1] == {"name": "lih", "qubits": 12}
    assert main([*columns]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()][1:4:2] == [
        ["name", "qubits"],
        ["water", "14"],
    ]


def test_parquet(store: str, capsys: Capture) -> None:
    from pyarrow import parquet

    assert main(["results", store, "-o", "out.parquet", "--where", "error_mha < 1"]) == 0
    table = parquet.read_table("out.parquet")
    assert table.column("name").to_pylist() == ["water", "lih", "n2"]
    assert str(table.schema.field("qubits").type) == "int64"
    assert str(table.schema.field("e_vqe").type) == "double"
    assert capsys.readouterr() == ("", "")


def test_the_fields(store: str, capsys: Capture) -> None:
    assert main(["results", "--fields"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert {line.split()[0] for line in out.splitlines()} >= set(FIELDS)
    assert "mHa" in out
    assert main(["results", store, "--fields"]) == 0
    with_own = capsys.readouterr().out
    assert "PBE total energy" in with_own
    assert "column of your table" in with_own
    assert "what was varied" not in with_own


def test_the_task_can_be_printed_and_hashed(store: str, capsys: Capture) -> None:
    assert main(["results", store, "--task", "lih"]) == 0
    task_id, text = capsys.readouterr().out.splitlines()
    assert hashlib.sha256(text.encode()).hexdigest() == task_id == pair("lih", 1)[1].id
    assert json.loads(text)["settings"]["memory_limit"] == 2000.0
    assert main(["results", store, "--task", task_id[:12]]) == 0
    assert capsys.readouterr().out.splitlines()[1] == text


def test_the_record(store: str, capsys: Capture, water: SolveResult) -> None:
    assert main(["results", store, "--record", "water", "--format", "json"]) == 0
    out = capsys.readouterr().out
    assert out == to_json(water)
    assert main(["results", store, "--record", "water", "-o", "water.json"]) == 0
    assert Path("water.json").read_text() == out
    assert main(["results", store, "--record", "water"]) == 0
    table = capsys.readouterr().out
    assert main(["show", "water.json"]) == 0
    assert capsys.readouterr().out == table


def test_where_a_failure_happened_is_told_when_asked(store: str, capsys: Capture) -> None:
    ask = ["results", store, "--record", HOSTILE]
    assert main(ask) == 1
    err = capsys.readouterr().err
    assert "has no result (failed): it \\x1b[2J died" in err
    assert "Trace" not in err
    assert main([*ask, "--debug"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("Trace\n  \\x1bx\n")
    assert "\x1b" not in err


def test_the_runs(store: str, capsys: Capture) -> None:
    with Store.open_for_writing(store) as opened:
        run = opened.start_run({"command": ["qchem", "scan", "\x1b[2J"]})
        opened.add_candidates(run, [pair("lih", 1)])
        assert main(["results", store, "--runs"]) == 0
        out = capsys.readouterr().out
        assert "    qchem screen set\n" in out
        assert "    qchem scan '\\x1b[2J'\n" in out
        assert f"Being written by process {os.getpid()} on " in out
        assert listed(capsys) == ["lih"]
        assert listed(capsys, "--run", "1")[:2] == ["water", "lih"]
        assert len(listed(capsys, "--run", "all")) == 7
        assert main(["results", store]) == 0
        out = capsys.readouterr().out
        assert "Run 2 of 2: begun" in out
        assert "running" in out
        assert "Being written by process" in out
    assert main(["results", store]) == 0  # not ended, and nobody writes any more
    assert capsys.readouterr().out.splitlines()[-1].endswith("killed.")


def test_an_empty_store_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    Store.open_for_writing("s.db").close()
    for arguments in ([], ["--runs"], ["--failed"]):
        assert main(["results", "s.db", *arguments]) == 0
        out = capsys.readouterr().out
        assert out == "s.db: the store is empty, no run was begun yet.\n"
    assert listed(capsys) == []
    assert main(["results", "s.db", "-o", "out.parquet"]) == 0
    assert main(["results", "s.db", "--check"]) == 0
    assert os.listdir(tmp_path) in (["s.db", "out.parquet"], ["out.parquet", "s.db"])


def test_check(store: str, capsys: Capture) -> None:
    assert main(["results", store, "--check"]) == 0
    assert capsys.readouterr().out == "s.db: the store is whole (1 run).\n"
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("DELETE FROM record")
    assert main(["results", store, "--check"]) == 1
    out, err = capsys.readouterr()
    assert out.count("is done but has no record\n") == 4
    assert err == "Error: s.db: the store is damaged; take a copy that is whole.\n"


def test_a_closed_pipe_is_no_error(store: str, environment: dict[str, str]) -> None:
    with Store.open_for_writing(store) as opened:
        run = opened.start_run({})
        broken = (Candidate(f"b{i}", "s", None, error="why " * 30) for i in range(2000))
        opened.add_candidates(run, ((candidate, None) for candidate in broken))
    finished = subprocess.run(
        f"{sys.executable} -m qchem_app results s.db --format jsonl | head -1",
        shell=True,
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert names(finished.stdout) == ["b0"]
    assert finished.stderr == ""


def test_a_name_that_looks_like_an_option(
    store: str, environment: dict[str, str], run_qchem: RunQchem
) -> None:
    Path(store).rename("-s?.db")
    finished = run_qchem("results", "--format", "csv", "--columns", "name", "--", "-s?.db")
    assert finished.stdout.splitlines()[:2] == ["name", "water"]
    assert finished.stderr == ""


def test_help_loads_nothing(environment: dict[str, str], tmp_path: Path) -> None:
    code = (
        "import sys\nfrom qchem_app.cli import main\nassert main(['results', '--help']) == 0\n"
        "loaded = {name.split('.')[0] for name in sys.modules}\n"
        "assert not loaded & {'numpy', 'pyscf', 'rich', 'sqlite3', 'pyarrow'}, loaded"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
        check=False,
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    assert max(map(len, finished.stdout.splitlines())) <= 80
