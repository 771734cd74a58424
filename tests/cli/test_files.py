"""Files that a command will write are looked at before it works."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qchem_app.cli import main
from qchem_app.cli.files import check_writable
from qchem_app.errors import UsageError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repository: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("h2.xyz").write_bytes((repository / "molecules" / "h2.xyz").read_bytes())
    Path("loop.db").symlink_to("loop.db")
    Path("dangling.db").symlink_to("not-yet.db")
    return tmp_path


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (("screen", "h2.xyz", "-o", "loop.db"), 2),
        (("screen", "loop.db", "-o", "x.db"), 1),
        (("solve", "h2.xyz", "-o", "loop.db"), 2),
        (("solve", "loop.db"), 1),
        (("results", "loop.db"), 1),
    ],
)
def test_a_link_to_itself_has_a_sentence(
    command: tuple[str, ...], status: int, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    before = sorted(os.listdir())
    assert main(command) == status
    error = capsys.readouterr().err
    assert "loop.db" in error
    assert "bug" not in error
    assert "symbolic link" in error
    assert sorted(os.listdir()) == before


def test_links_that_lead_somewhere() -> None:
    check_writable("--output", Path("dangling.db"), keep=(Path("h2.xyz"), Path("loop.db")))
    Path("link.xyz").symlink_to("h2.xyz")
    with pytest.raises(UsageError, match=r"would overwrite h2\.xyz"):
        check_writable("--output", Path("link.xyz"), keep=(Path("h2.xyz"),))
