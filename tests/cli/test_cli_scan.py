"""`qchem scan`: what goes in, what comes out on which stream, with which exit status."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from qchem_app.cli import main
from qchem_app.screening.store import Store

MOLECULES = Path(__file__).parent.parent.parent / "molecules"
H2 = str(MOLECULES / "h2.xyz")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def call(*arguments: str) -> tuple[int, str, str]:
        status = main(["scan", *arguments])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


def test_a_bond(run: Run, tmp_path: Path) -> None:
    status, out, err = run(
        H2, "--bond", "0,1", "0.6:1.0:0.1", "-r", "fci", "--threads", "1", "--plot", "h2.svg"
    )
    assert status == 0, err
    assert "H1 moves, the others stay" in err
    assert "1 of 5  hydrogen r(H0-H1)=0.7" in err  # the point nearest to the file
    assert "-1.13618945" in out
    assert "5 points with" in out
    assert (tmp_path / "h2.db").exists()
    assert "E − E(FCI) / mHa" in (tmp_path / "h2.svg").read_text()
    status, again, err = run(H2, "--bond", "0,1", "0.6:1.0:0.1", "-r", "fci", "--threads", "1")
    assert (status, again) == (0, out)
    assert "5 points found in the store" in err


def test_json_is_all_there_is(run: Run) -> None:
    status, out, err = run(
        H2, "--bond", "0,1", "0.7,0.8,0.9", "-r", "fci", "--threads", "1", "--json", "-q"
    )
    assert (status, err) == (0, "")
    data = json.loads(out)
    assert data["values"] == [0.7, 0.8, 0.9]
    assert data["variable"] == "r(H0-H1) / Å"
    assert data["energies"]["vqe"][0] == pytest.approx(-1.13618945, abs=1e-8)
    assert data["methods"]["fci"]["minimum"] is None


def test_what_the_points_say_is_printed_and_reported(run: Run, tmp_path: Path) -> None:
    """CN stretched: the state that is followed is not the lowest one any more."""
    (tmp_path / "cn.xyz").write_text("2\nmultiplicity=2\nC 0 0 0\nN 0 0 1.2\n")
    grid = (
        "--bond",
        "0,1",
        "1.2,1.6,1.8",
        "-r",
        "fci",
        "-a",
        "frozen-core",
        "--threads",
        "1",
        "-q",
    )
    status, out, err = run("cn.xyz", *grid, "-m", "2")
    assert status == 0, err
    text = " ".join(out.split())
    assert "FCI found one of another irrep lower, by mHa at Å: " in text
    assert "mean field:" in text
    assert "kcal/mol" in text
    assert main(["report", "cn.db", "-o", "cn.html", "-q"]) == 0
    page = (tmp_path / "cn.html").read_text()
    assert "FCI found one of another irrep lower" in page
    assert '"kcal/mol"' in page


def test_a_path_of_frames(run: Run, tmp_path: Path) -> None:
    frames = "".join(f"2\n\nH 0 0 0\nH 0 0 {r}\n" for r in (0.6, 0.7, 0.8, 0.9))
    (tmp_path / "path.xyz").write_text(frames)
    status, out, _ = run("path.xyz", "-r", "fci", "--threads", "1", "--json", "-q")
    assert status == 0
    assert json.loads(out)["values"] == pytest.approx([0, 0.0707107, 0.1414214, 0.2121320])
    (tmp_path / "path.db").unlink()
    grid = ("--bond", "0,1", "0.7:0.8:2x")
    assert run("path.xyz", "--frame", "2", *grid, "-r", "none", "-q")[0] == 0
    assert "choose one with --frame" in run("path.xyz", *grid)[2]


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        ((H2,), 1, "nothing to scan"),
        ((H2, "--bond", "0,1", "0.5:3.0:0"), 2, "step of 0"),
        ((H2, "--bond", "0,1", "3:1:0.1"), 2, "is empty"),
        ((H2, "--bond", "0,5", "0.5:3.0:0.1"), 2, "no atom 5"),
        ((H2, "--bond", "1,1", "0.5:3.0:0.1"), 2, "an atom twice"),
        ((H2, "--bond", "0,1", "0.05:3.0:0.1"), 1, "collide"),
        ((H2, "--bond", "0,1", "0.5:3.0:1e-9"), 2, "more than 10,000"),
        ((H2, "--angle", "0,1,2", "90:100:5"), 2, "no atom 2"),
        ((H2, "--frame", "0"), 2, "--frame chooses"),
        ((H2, "--bond", "0,1", "1,2", "--angle", "0,1,2", "1,2"), 2, "one coordinate"),
        ((H2, "--bond", "0,1", "1,2", "--plot", "x.txt"), 2, "--plot writes"),
        ((H2, "--bond", "0,1", "1,2", "--plot", "x.svg", "-o", "x.svg"), 2, "would overwrite"),
        ((H2, "--bond", "0,1", "1,2", "-b", "nonsense"), 2, "nonsense"),
        ((H2, "--bond", "0,1", "1,2", "-a", "huge"), 2, "huge"),
        (("nothing.xyz", "--bond", "0,1", "1,2"), 1, "no such file"),
    ],
)
def test_bad_input_is_one_sentence(
    arguments: tuple[str, ...], status: int, says: str, run: Run, tmp_path: Path
) -> None:
    found, out, err = run(*arguments)
    assert (found, out) == (status, "")
    assert says in err
    assert err.startswith("Error: ")
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_failed_point_is_status_3(run: Run) -> None:
    status, out, err = run(H2, "--bond", "0,1", "0.7,0.8,0.9", "-a", "4,30", "-r", "fci")
    assert status == 3
    assert "3 points failed" in out
    assert "failed: active space" in err


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_keeps_every_point(
    number: int, status: int, tmp_path: Path, environment: dict[str, str]
) -> None:
    command = [sys.executable, "-m", "qchem_app", "scan", H2, "--bond", "0,1", "0.5:3.0:400x"]
    command += ["-r", "fci", "--threads", "1"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        lines = [process.stderr.readline() for _ in range(10)]
        process.send_signal(number)
        rest = process.stderr.read()
        assert process.wait(timeout=60) == status
    assert "9 of 400" in lines[-1]
    assert "every point that was finished is kept" in rest
    assert "Go on: " in rest
    with Store.open_for_reading(tmp_path / "h2.db") as store:
        done = [row for row in store.rows() if row.status == "done"]
        assert len(done) >= 9
        assert store.runs()[-1].status == "interrupted"
    short = [*command[:6], "0.5:3.0:400x", *command[7:], "-q", "--json"]
    begin = time.monotonic()
    with subprocess.Popen(short, cwd=tmp_path, env=environment) as process:
        time.sleep(5)
        process.kill()
    assert time.monotonic() > begin
    with Store.open_for_reading(tmp_path / "h2.db") as store:
        assert len([row for row in store.rows() if row.status == "done"]) >= len(done)


def test_help_loads_no_science(environment: dict[str, str], tmp_path: Path) -> None:
    code = (
        "import sys\nfrom qchem_app.cli import main\nassert main(['scan', '--help']) == 0\n"
        "heavy = {'numpy', 'scipy', 'pyscf', 'rich'} & set(sys.modules)\n"
        "assert not heavy, heavy"
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
    assert "--dihedral" in finished.stdout
