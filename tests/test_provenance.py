"""Provenance: versions, machine, commit."""

from __future__ import annotations

import platform
import subprocess
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import pytest

import qchem_app
from qchem_app.provenance import collect, git_commit
from qchem_app.result import Settings


def test_versions_and_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    found = collect(Settings(seed=7, threads=5), ("qchem", "solve", "h2.xyz"))
    assert found.versions["python"] == platform.python_version()
    assert found.versions["qchem_app"] == qchem_app.__version__
    for package in ("numpy", "scipy", "pyscf", "numba"):
        assert found.versions[package] == version(package)
    assert found.seed == 7
    assert found.threads == 5
    assert found.command == ("qchem", "solve", "h2.xyz")
    assert found.machine["OMP_NUM_THREADS"] == "3"
    assert int(found.machine["cores"]) >= 1
    assert found.machine["cpu"]


def test_time_is_utc() -> None:
    created = datetime.fromisoformat(collect(Settings()).created)
    assert created.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - created) < timedelta(minutes=1)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A git checkout with one committed package."""
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
    for arguments in (["init", "-q"], ["add", "package"], [*identity, "commit", "-qm", "one"]):
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True)
    return package


def test_commit_of_a_clean_checkout(checkout: Path) -> None:
    head = subprocess.run(
        ["git", "-C", str(checkout), "rev-parse", "HEAD"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    assert git_commit(checkout) == head


def test_changed_checkout_is_dirty(checkout: Path) -> None:
    (checkout / "__init__.py").write_text("changed = True\n")
    assert str(git_commit(checkout)).endswith("-dirty")


def test_new_module_is_dirty(checkout: Path) -> None:
    (checkout / "new.py").write_text("")
    assert str(git_commit(checkout)).endswith("-dirty")


def test_package_installed_inside_a_checkout_has_no_commit(checkout: Path) -> None:
    installed = checkout.parent / ".venv" / "package"
    installed.mkdir(parents=True)
    (installed / "__init__.py").write_text("")
    assert git_commit(installed) is None


def test_no_git_at_all(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert git_commit(checkout) is None
