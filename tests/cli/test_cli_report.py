"""`qchem report`: records and stores in, a page and plots out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qchem_app.cli import main
from qchem_app.io.geometry import Geometry
from qchem_app.io.record import recorded_geometry, to_json, write_record
from qchem_app.result import Settings, SolveResult
from qchem_app.screening.candidate import Candidate
from qchem_app.screening.fields import fields_of
from qchem_app.screening.outcome import Outcome
from qchem_app.screening.store import Store
from qchem_app.screening.task import Task
from qchem_app.units import ANGSTROM_PER_BOHR, KJ_PER_MOL_PER_HARTREE

SETTINGS = Settings(threads=1, memory_limit=2000.0)
DISTANCES = (0.5, 1.0, 1.5, 2.0, 2.5)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, an empty one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def record(folder: Path, water: SolveResult) -> Path:
    write_record(water, folder / "water.json")
    return Path("water.json")


def moved(result: SolveResult, z: float) -> SolveResult:
    """The record of a geometry that is another task."""
    atoms = ((0.0, 0.0, z), *result.input.coordinates_bohr[1:])
    return result.model_copy(
        update={"input": result.input.model_copy(update={"coordinates_bohr": atoms})}
    )


@pytest.fixture
def store(folder: Path, water: SolveResult) -> Path:
    """A run with a candidate of each status, after a run of one."""
    path = folder / "screening.db"
    results = [moved(water, 0.2), moved(water, 0.3), moved(water, 0.4)]
    geometries = [recorded_geometry(result.input) for result in results]
    tasks = [Task.of(geometry, SETTINGS) for geometry in geometries]
    pairs: list[tuple[Candidate, Task | None]] = [
        (Candidate(f"w{k}", f"set/w{k}.xyz", geometries[k]), tasks[k]) for k in range(3)
    ]
    pairs.append((Candidate("torn", "set/torn.xyz", None, error="set/torn.xyz: it is torn"), None))
    with Store.open_for_writing(path) as opened:
        first = opened.start_run({"command": ["qchem", "screen", "one"], "settings": {}})
        opened.add_candidates(first, pairs[:1])
        opened.put(done(tasks[0], results[0]))
        opened.end_run(first, "finished")
        run = opened.start_run(
            {
                "command": ["qchem", "screen", "set"],
                "settings": SETTINGS.model_dump(mode="json"),
                "inputs": ["set"],
                "provenance": {"versions": {"pyscf": "2.14.0"}, "machine": {"cores": 2}},
                "rank_by": "error_mha",
            }
        )
        opened.add_candidates(run, pairs)
        opened.put(Outcome(tasks[1].id, "failed", error="The SCF ran away: use another guess."))
        opened.end_run(run, "interrupted")
    return Path("screening.db")


def done(task: Task, result: SolveResult, **fields: Any) -> Outcome:
    return Outcome(
        task.id,
        "done",
        record=to_json(result),
        fields={**fields_of(result), **fields},
        seconds=1.5,
    )


@pytest.fixture
def scanned(folder: Path, water: SolveResult) -> Path:
    """A scan of five points."""
    variable = "r(O0-H1) / Å"
    path = folder / "scan.db"
    with Store.open_for_writing(path) as opened:
        run = opened.start_run(
            {"scan": {"name": "water", "variable": variable, "values": list(DISTANCES)}}
        )
        for k, distance in enumerate(DISTANCES):
            result = moved(water, distance)
            geometry: Geometry = recorded_geometry(result.input)
            task = Task.of(geometry, SETTINGS)
            candidate = Candidate(f"w{k}", "scan", geometry, variables={variable: distance})
            opened.add_candidates(run, [(candidate, task)])
            depth = (distance - 1.2) ** 2
            energies = {"e_hf": -74.9 + depth, "e_fci": -75.0 + depth, "e_vqe": -75.0 + depth}
            opened.put(done(task, result, **energies))
        opened.end_run(run, "finished")
    return Path("scan.db")


def data_of(page: Path) -> Iterator[Any]:
    """Embedded data, in order."""
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r'<script type="application/json" id="[^"]*">(.*?)</script>', text):
        yield json.loads(block)


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = main(["report", *map(str, arguments)])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_report_of_a_record(
    record: Path, water: SolveResult, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(capsys, record, "-o", "water.html")
    assert (status, out) == (0, "")
    assert re.fullmatch(r"Wrote water\.html \(0\.\d MB\)\.\n", err)
    overview, detail = data_of(Path("water.html"))
    assert (overview["kind"], overview["count"]) == ("records", 1)
    assert detail["verdict"] == water.verdict
    assert "<title>h2o</title>" in Path("water.html").read_text(encoding="utf-8")


def test_report_of_several_records(record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, record, record, "-o", "two.htm", "-q", "--title", "A <b> pair")
    assert (status, err) == (0, "")
    overview, *details = data_of(Path("two.htm"))
    assert overview["rows"]["name"] == ["h2o", "h2o"]
    assert len(details) == 2
    assert "<title>A &lt;b&gt; pair</title>" in Path("two.htm").read_text(encoding="utf-8")


def test_report_of_a_store(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, store, "-o", "s.html")[0] == 0
    overview, detail = data_of(Path("s.html"))
    rows = overview["rows"]
    assert rows["name"] == ["w0", "w1", "w2", "torn"]
    assert rows["status"] == ["done", "failed", "waiting", "broken"]
    assert rows["error"][1] == "The SCF ran away: use another guess."
    assert rows["error"][3] == "set/torn.xyz: it is torn"
    assert rows["has"] == [True, True, False, True]
    assert detail["formula"] == "H2O"
    manifest = {heading: dict(facts) for heading, facts in overview["manifest"]}
    assert manifest["Run"]["command"] == "qchem screen set"
    assert manifest["Run"]["rank by"] == "error_mha"
    assert manifest["Settings"]["basis"] == "sto-3g"
    assert manifest["Versions"]["pyscf"] == "2.14.0"
    assert "interrupted" in Path("s.html").read_text(encoding="utf-8").split("<script")[0]


def test_another_run_and_all_runs(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, store, "-o", "s.html", "--run", "1")[0] == 0
    assert next(data_of(Path("s.html")))["count"] == 1
    assert run(capsys, store, "-o", "s.html", "--run", "all")[0] == 0
    assert next(data_of(Path("s.html")))["rows"]["name"] == ["w0", "w1", "w2", "torn"]


def test_details_can_be_left_out(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, store, "-o", "s.html", "--details", "0")[0] == 0
    (overview,) = data_of(Path("s.html"))
    assert "first 0 candidates only; the other 1" in overview["remarks"][0]


def test_curves_of_a_scan(scanned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, scanned, "-o", "s.html", "--plots", "plots", "--format", "svg")[0] == 0
    (curve,) = next(data_of(Path("s.html")))["curves"]
    assert curve["points"] == list(DISTANCES)
    series = {each["label"]: each for each in curve["series"]}
    assert series["HF"]["errors"] == pytest.approx([100.0] * 5)
    assert series["FCI"]["errors"] is None
    head = [column["label"] for column in curve["table"]["columns"]]
    line = dict(zip(head, curve["table"]["rows"][0], strict=True))
    assert line["Method"] == "HF"
    minimum = str(line["r(O0-H1) at the minimum"]).partition("(")[0]  # without its uncertainty
    assert float(minimum) == pytest.approx(1.2, abs=0.01)
    assert line["Non-parallelity"] == pytest.approx(0.0, abs=1e-6)
    files = sorted(path.name for path in Path("plots").iterdir())
    assert files[0] == "curve_water_along_r_O0-H1.svg"
    assert "w0-methods.svg" in files


@pytest.mark.parametrize(
    ("rank_by", "descending", "names", "label"),
    [
        ("error_mha", True, ["w1", "w2", "w0", "w3"], "VQE error"),
        ("error_mha", False, ["w0", "w2", "w1", "w3"], "VQE error"),
        ("0 - error_mha", True, ["w0", "w2", "w1", "w3"], "0 - error_mha"),
        ("turn_hf", True, ["w0", "w1", "w2", "w3"], ""),
    ],
)
def test_candidates_in_the_order_of_the_ranking(
    rank_by: str,
    descending: bool,
    names: list[str],
    label: str,
    folder: Path,
    water: SolveResult,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with Store.open_for_writing("r.db") as opened:
        number = opened.start_run({"rank_by": rank_by, "descending": descending})
        for k, error in enumerate((1.0, 3.0, 2.0, None)):
            result = moved(water, 0.1 * k)
            task = Task.of(recorded_geometry(result.input), SETTINGS)
            opened.add_candidates(number, [(Candidate(f"w{k}", "", task.geometry), task)])
            opened.put(done(task, result, error_mha=error))
        opened.end_run(number, "finished")
    assert run(capsys, "r.db", "-o", "s.html", "--details", "1")[0] == 0
    overview, detail = data_of(Path("s.html"))
    assert overview["rows"]["name"] == names
    assert overview["rows"]["has"] == [True, False, False, False]
    z = 0.1 * int(names[0][1]) * ANGSTROM_PER_BOHR
    assert detail["atoms"][0][3] == pytest.approx(z, abs=1e-6)
    if label:
        assert overview["rows"]["rank"] == [1, 2, 3, None]
        assert label in [column["label"] for column in overview["columns"] if column["shown"]]
        assert overview["order"].startswith(f"ranked by {rank_by}, ")
    else:
        assert overview["order"] == ""
        assert "turn_hf" in overview["remarks"][0]


def test_a_column_of_the_user_s_table_is_no_coordinate(
    folder: Path, water: SolveResult, capsys: pytest.CaptureFixture[str]
) -> None:
    with Store.open_for_writing("table.db") as opened:
        number = opened.start_run({"rank_by": "missed_mha"})
        for k in range(4):
            result = moved(water, 0.1 * k)
            task = Task.of(recorded_geometry(result.input), SETTINGS)
            candidate = Candidate(f"w{k}", "", task.geometry, variables={"IC50": float(k * k)})
            opened.add_candidates(number, [(candidate, task)])
            opened.put(done(task, result))
        opened.end_run(number, "finished")
    assert run(capsys, "table.db", "-o", "s.html")[0] == 0
    overview = next(data_of(Path("s.html")))
    assert overview["curves"] == []
    assert overview["errors"]["table"]["title"] == "Errors of the methods"


def test_reactions(scanned: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("r.yaml").write_text(
        "reactions:\n"
        "  turn: {reactants: [w2], products: [w1], experimental: {value: 1, unit: kJ/mol}}\n"
        "  lost: {reactants: [w0], products: [w9]}\n"
    )
    assert run(capsys, scanned, "-o", "s.html", "--reactions", "r.yaml")[0] == 0
    energies, deviations = next(data_of(Path("s.html")))["tables"]
    head = [column["label"] for column in energies["columns"]]
    turn, lost = (dict(zip(head, row, strict=True)) for row in energies["rows"])
    expected = (0.2**2 - 0.3**2) * KJ_PER_MOL_PER_HARTREE
    assert turn["HF"] == pytest.approx(expected)
    assert turn["Experiment"] == 1.0
    assert turn["Equation"] == "w2 → w1"
    assert lost["HF"] is None
    assert "w9" in lost["Remarks"]
    assert deviations["rows"][0][:3] == ["HF", 1, pytest.approx(1 - expected)]


def test_reactions_that_the_screening_kept(
    folder: Path, water: SolveResult, capsys: pytest.CaptureFixture[str]
) -> None:
    tasks = [Task.of(recorded_geometry(moved(water, z).input), SETTINGS) for z in (0.1, 0.2)]
    kept = "reactions:\n  turn: {reactants: [w0], products: [w1]}\n"
    with Store.open_for_writing("kept.db") as opened:
        number = opened.start_run({"reactions": kept, "reactions_file": "r.yaml"})
        for k, task in enumerate(tasks):
            opened.add_candidates(number, [(Candidate(f"w{k}", "", task.geometry), task)])
            opened.put(done(task, moved(water, 0.1 + k / 10)))
        opened.end_run(number, "finished")
    assert run(capsys, "kept.db", "-o", "s.html")[0] == 0
    (table,) = next(data_of(Path("s.html")))["tables"]
    assert table["rows"][0][:3] == ["turn", "w0 → w1", 0.0]


def test_a_record_that_cannot_be_read_leaves_its_line(
    folder: Path, water: SolveResult, capsys: pytest.CaptureFixture[str]
) -> None:
    task = Task.of(recorded_geometry(water.input), SETTINGS)
    with Store.open_for_writing("old.db") as opened:
        number = opened.start_run({})
        opened.add_candidates(number, [(Candidate("w", "", task.geometry), task)])
        old = Outcome(task.id, "done", record='{"schema_version": "9"}', fields={"qubits": 14})
        opened.put(old)
    assert run(capsys, "old.db", "-o", "s.html")[0] == 0
    (overview,) = data_of(Path("s.html"))
    assert overview["rows"]["qubits"] == [14]
    assert overview["rows"]["has"] == [False]
    assert "schema_version is '9'" in overview["remarks"][0]


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_plots_alone(kind: str, record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, record, record, "--plots", "out", "--format", kind)
    assert (status, err) == (0, "Wrote 2 plots into out.\n")
    assert {p.name for p in Path("out").iterdir()} == {
        f"h2o-methods.{kind}",
        f"h2o-2-methods.{kind}",
    }


def test_names_of_plots_stay_in_their_folder(
    water: SolveResult, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("../../evil", "a/b\\c:d", ".", "x" * 300, "\0", "日本", "-rf")
    for k, name in enumerate(names):
        molecule = water.input.model_copy(update={"name": name})
        write_record(water.model_copy(update={"input": molecule}), f"{k}.json")
    before = set(Path.cwd().iterdir())
    status, _, _ = run(capsys, *(f"{k}.json" for k in range(len(names))), "--plots", "out")
    assert status == 0
    assert set(Path.cwd().iterdir()) - before == {Path.cwd() / "out"}
    written = [path.name for path in Path("out").iterdir()]
    assert len(written) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,110}\.png", name) for name in written)


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["water.json"], 2, "Nothing to write: give --output report.html, or --plots FOLDER."),
        (["missing.json", "-o", "x.html"], 1, "missing.json: no such file"),
        (["water.json", "-o", "x.pdf"], 2, "let the name end in .html"),
        (["water.json", "-o", "no/x.html"], 2, "the folder no does not exist"),
        (["water.json", "-o", "water.json"], 2, "let the name end in .html"),
        (["water.json", "--plots", "no/out"], 2, "the folder no does not exist"),
        (["water.json", "--plots", "water.json"], 2, "is a file; give a folder"),
        (["water.json", "--plots", "out", "--format", "gif"], 2, "--format is png, svg or pdf"),
        (["screening.db", "water.json", "-o", "x.html"], 2, "give it alone"),
        (["screening.db", "-o", "x.html", "--run", "7"], 1, "there is no run 7"),
        (["screening.db", "-o", "x.html", "--run", "first"], 2, '--run is a number, "last"'),
        (["screening.db", "-o", "x.html", "--details", "-1"], 2, "--details"),
        (["screening.db", "-o", "x.html", "--reactions", "no.yaml"], 1, "no.yaml: no such file"),
        (["water.json", "-o", "x.html", "--reactions", "r.yaml"], 2, "needs the store"),
        (["broken.json", "-o", "x.html"], 1, "broken.json: "),
        (["other.db", "-o", "x.html"], 1, "other.db"),
        ([".", "-o", "x.html"], 1, "directory"),
        ([], 2, "INPUT"),
    ],
)
def test_errors_are_a_sentence_and_nothing_is_written(
    arguments: list[str],
    status: int,
    message: str,
    record: Path,
    store: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import sqlite3

    Path("broken.json").write_text("{}")
    connection = sqlite3.connect("other.db")
    connection.execute("CREATE TABLE t (x)")
    connection.close()
    before = sorted(Path.cwd().rglob("*"))
    found, out, err = run(capsys, *arguments)
    assert (found, out) == (status, "")
    assert message in err
    assert "Traceback" not in err
    assert [p for p in sorted(Path.cwd().rglob("*")) if ".db-" not in p.name] == before


def test_help_loads_no_science(environment: dict[str, str], tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys\nfrom qchem_app.cli import main\nassert main(['report', '--help']) == 0\n"
        "assert not {'numpy', 'pyscf', 'rich', 'matplotlib', 'sqlite3'} & set(sys.modules)"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
    )
    assert finished.returncode == 0, finished.stderr
