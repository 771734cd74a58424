"""The examples of README.md and docs/ run, from first to last, as they stand there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, *languages: str) -> list[tuple[str, str]]:
    """(language, text) of the page's fenced blocks in these languages."""
    found = _BLOCK.findall(page.read_text(encoding="utf-8"))
    return [(language, text) for language, text in found if language in languages]


@pytest.fixture
def folder(tmp_path: Path, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with molecules/ and with `qchem` on the PATH."""
    shutil.copytree(ROOT / "molecules", tmp_path / "molecules")
    script = tmp_path / "bin" / "qchem"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m qchem_app "$@"\n')
    script.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{script.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", environment["PYTHONPATH"])
    return tmp_path


@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.name
)
def test_python_examples(page: Path, folder: Path) -> None:
    names: dict[str, object] = {}
    for _, text in blocks(page, "python"):
        exec(compile(text, f"{page.name} example", "exec"), names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands(page: Path, folder: Path) -> None:
    printed = ""
    for language, text in blocks(page, "sh", "text"):
        if language == "text":
            assert energies(text) == energies(printed), "the page shows other energies"
            continue
        for line in text.splitlines():
            if line.startswith("qchem "):
                finished = subprocess.run(
                    shlex.split(line, comments=True), check=False, capture_output=True, text=True
                )
                assert finished.returncode == 0, f"{line}\n{finished.stderr}"
                printed = finished.stdout


def energies(table: str) -> list[tuple[str, str]]:
    """(method, energy to 6 decimals) of every line of a table of results."""
    rows = re.findall(r"^(\S+) +(-?\d+\.\d{6})\d\d ", table, re.MULTILINE)
    assert rows
    return rows


def test_readme_begins_with_the_two_commands_of_ci() -> None:
    first, second = (text for _, text in blocks(PAGES[0], "sh")[:2])
    assert first.endswith("qchem solve molecules/h2.xyz\n")
    assert first.count("\n") == 1
    assert second.endswith("pytest\n")
    assert second.count("\n") == 1


def test_links_lead_somewhere() -> None:
    for page in [*PAGES, ROOT / "CONTRIBUTING.md"]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"
