"""Folders of candidates: what is taken, in which order, and what is said of the rest."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.errors import InputError
from qchem_app.io.candidate_folder import list_folder, natural_key

HELIUM = json.dumps({"symbols": ["He"], "geometry": [0, 0, 0]})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder "set" in the current one."""
    monkeypatch.chdir(tmp_path)
    Path("set").mkdir()
    return tmp_path


def put(*names: str, content: str = HELIUM) -> None:
    for name in names:
        path = Path("set") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def names(**options: bool) -> list[str]:
    return [entry.name for entry in list_folder("set", **options)]


def test_order_is_that_of_people() -> None:
    put("h10.xyz", "h2.xyz", "H1.XYZ", "co2.xyz", "co.xyz", "b/a10.xyz", "b/a9.xyz", "a1b2.xyz")
    assert names() == ["a1b2", "b/a9", "b/a10", "co", "co2", "H1", "h2", "h10"]
    assert names(recursive=False) == ["a1b2", "co", "co2", "H1", "h2", "h10"]


def test_what_is_left_alone() -> None:
    put("a.xyz", "b.extxyz", "c.json", "d.smi", "e.smiles")
    put(".hidden.xyz", ".git/x.xyz", "README.md", "notes.txt", "a.yaml", "settings.yaml")
    put("list.csv", "run.log", "a.out", "a.inp", "results.db", "build.py", "Makefile", "a.xyz~")
    put("result.json", content='{"schema_version": "1.1", "input": {}}')
    put("list.json", content="[1, 2]")
    assert [(entry.name, entry.error) for entry in list_folder("set")] == [
        (name, "") for name in "abcde"
    ]


def test_json_that_may_be_a_molecule_is_taken() -> None:
    put("cut.json", content='{"symbols": ["He"], "geo')
    put("half.json", content='{"geometry": []}')
    put("record.json", content='{"molecule": {}}')
    assert names() == ["cut", "half", "record"]


def test_formats_that_are_not_read() -> None:
    put(
        "a.pdb", "b.MOL", "c.xyz.gz", "d.json.bz2", "archive.zip", "data.tar.gz", "h2.pdb", "h2.xyz"
    )
    put("h3.xyz", "h3.xyz.gz")
    found = {entry.name: entry.error for entry in list_folder("set")}
    assert found == {
        "a": 'set/a.pdb: ".pdb" files are not read: convert it to XYZ, for example with Open Babel',
        "b": 'set/b.MOL: ".mol" files are not read: convert it to XYZ, for example with Open Babel',
        "c.xyz": 'set/c.xyz.gz: packed files (".gz") are not read: unpack it',
        "d.json": 'set/d.json.bz2: packed files (".bz2") are not read: unpack it',
        "h2": "",
        "h3": "",
    }


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ((), "set: there is no geometry in this folder: it must hold .xyz, QCSchema .json or .smi"),
        (("README.md",), "set: there is no geometry in this folder: it must hold .xyz,"),
        (("a.csv",), "set: there is no geometry in this folder: did you mean the table set/a.csv?"),
    ],
)
def test_nothing_there(files: tuple[str, ...], message: str) -> None:
    put(*files)
    with pytest.raises(InputError) as caught:
        list_folder("set")
    assert str(caught.value).startswith(message)


def test_folders_inside_are_said_to_be_left_out() -> None:
    put("sub/a.xyz")
    with pytest.raises(InputError, match=r"\(folders in it are not looked at\)"):
        list_folder("set", recursive=False)


def test_links() -> None:
    put("a.xyz")
    os.symlink("../set", "set/round", target_is_directory=True)
    os.symlink("a.xyz", "set/b.xyz")
    os.symlink("absent.xyz", "set/c.xyz")
    assert names() == ["a", "b", "c"]


def test_names_with_anything_in_them() -> None:
    put("a\nb.xyz", "<script>.xyz", "a b;c.xyz", "é\u202e.xyz")
    assert set(names()) == {"a\nb", "<script>", "a b;c", "é\u202e"}


def test_folder_that_cannot_be_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    put("a.xyz", "sub/b.xyz")
    real = os.scandir

    def refuse(path: str) -> object:  # a mode of 0 would not stop root
        if path.endswith("sub"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InputError) as caught:
        list_folder("set")
    assert str(caught.value) == (
        "set/sub: this folder cannot be listed (Permission denied): check its access rights"
    )
    assert names(recursive=False) == ["a"]


@given(st.lists(st.text(max_size=8), max_size=6))
def test_any_names_can_be_sorted(texts: list[str]) -> None:
    ordered = sorted(texts, key=natural_key)
    assert sorted(ordered) == sorted(texts)


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_numbers_sort_by_value(a: int, b: int) -> None:
    assert (natural_key(f"h{a}") < natural_key(f"h{b}")) == (a < b)
