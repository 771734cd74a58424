"""write_atomic: all or nothing, and a sentence when the system refuses."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from qchem_app.errors import InputError
from qchem_app.io.atomic_file import write_atomic


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def umask() -> Iterator[int]:
    old = os.umask(0o027)
    yield 0o027
    os.umask(old)


def message(path: str | Path, data: bytes = b"new") -> str:
    with pytest.raises(InputError) as caught:
        write_atomic(path, data)
    return str(caught.value)


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_new_file_obeys_the_umask(folder: Path, umask: int) -> None:
    write_atomic("r.json", b"\x00data")
    assert Path("r.json").read_bytes() == b"\x00data"
    assert stat.S_IMODE(os.stat("r.json").st_mode) == 0o666 & ~umask
    assert names(folder) == ["r.json"]


def test_replaced_file_keeps_its_rights(folder: Path) -> None:
    Path("r.json").write_text("a much longer old content")
    os.chmod("r.json", 0o604)
    write_atomic(Path("r.json"), b"new")
    assert Path("r.json").read_bytes() == b"new"
    assert stat.S_IMODE(os.stat("r.json").st_mode) == 0o604
    assert names(folder) == ["r.json"]


def test_symbolic_link_stays_a_link(folder: Path) -> None:
    (folder / "sub").mkdir()
    Path("link").symlink_to("sub/target")
    write_atomic("link", b"new")
    assert Path("link").is_symlink()
    assert Path("sub/target").read_bytes() == b"new"


def test_long_name(folder: Path) -> None:
    write_atomic("x" * 255, b"new")
    assert names(folder) == ["x" * 255]


def test_pipe_is_written_to_and_not_replaced(folder: Path) -> None:
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_atomic("pipe", b"new")
        assert os.read(reader, 10) == b"new"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(os.stat("pipe").st_mode)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk quota is used up"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_failed_write_leaves_the_old_file_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch, code: int, reason: str
) -> None:
    Path("r.json").write_text("old")

    def fail(_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    assert message("r.json") == f"r.json: cannot be written ({reason}): choose another place"
    assert Path("r.json").read_text() == "old"
    assert names(folder) == ["r.json"]


def test_interruption_leaves_nothing_behind(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomic("r.json", b"new")
    assert names(folder) == []


def test_no_permission(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    assert message("r.json") == (
        "r.json: cannot be written (no permission to write there): choose another place"
    )


def test_wrong_places(folder: Path) -> None:
    assert message("sub/r.json") == ("sub/r.json: the folder sub does not exist: create it first")
    assert message(folder) == f"{folder}: this is a directory: give the name of a file in it"
    Path("plain").touch()
    assert message("plain/r.json") == (
        "plain/r.json: a part of this path is a file, not a folder: choose another place"
    )
    assert message("y" * 256).endswith("(the name is too long): choose another place")
    assert message("") == '"" is not a file name: give the file to write'
    assert message("a\0b") == '"a\\x00b" is not a file name: give the file to write'
    assert message("no\x1b[1m/r") == (
        "no\\x1b[1m/r: the folder no\\x1b[1m does not exist: create it first"
    )
