"""read_geometry: dispatch, overrides, and every way that a file cannot be read."""

from __future__ import annotations

import hashlib
import io
import json
import os
import socket
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qchem_app.errors import InputError, UsageError
from qchem_app.io.geometry import read_geometry
from qchem_app.io.source import SIZE_LIMIT, excerpt, path_label

WATER = "O 0 0 0.1173\nH 0 0.7572 -0.4692\nH 0 -0.7572 -0.4692\n"
SCHEMA = {"symbols": ["He"], "geometry": [0, 0, 1], "molecular_multiplicity": 3}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, so that messages hold names instead of long paths."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def message(path: str | Path, **options: int) -> str:
    with pytest.raises(InputError) as caught:
        read_geometry(path, **options)
    return str(caught.value)


def test_xyz(folder: Path) -> None:
    content = ("3\n1 2\n" + WATER).encode()
    Path("w.xyz").write_bytes(content)
    geometry = read_geometry("w.xyz")
    assert (geometry.source, geometry.frame, geometry.notes) == ("w.xyz", None, ())
    assert geometry.sha256 == hashlib.sha256(content).hexdigest()
    molecule = geometry.molecule
    assert (molecule.name, molecule.charge, molecule.multiplicity) == ("w", 1, 2)


def test_path_object_and_any_extension(folder: Path) -> None:
    Path("w.dat").write_text(WATER)
    assert read_geometry(Path("w.dat")).molecule.formula == "H2O"


@pytest.mark.parametrize("name", ["m.json", "m.xyz", "m"])
def test_qcschema_by_name_or_content(folder: Path, name: str) -> None:
    Path(name).write_text(json.dumps(SCHEMA))
    geometry = read_geometry(name)
    assert geometry.molecule.multiplicity == 3
    np.testing.assert_array_equal(geometry.molecule.coordinates, [[0, 0, 1]])


def test_byte_order_mark_and_latin_1(folder: Path) -> None:
    Path("bom.xyz").write_bytes(b"\xef\xbb\xbf3\r\n\r\n" + WATER.encode())
    assert read_geometry("bom.xyz").molecule.formula == "H2O"
    Path("bom.json").write_bytes(b"\xef\xbb\xbf" + json.dumps(SCHEMA).encode())
    assert read_geometry("bom.json").molecule.formula == "He"
    Path("old.xyz").write_bytes("3\nin Å\n".encode("latin-1") + WATER.encode())
    assert read_geometry("old.xyz").molecule.formula == "H2O"


def test_options_beat_the_file_before_it_is_validated(folder: Path) -> None:
    Path("w.xyz").write_text("3\n0 2\n" + WATER)  # 10 electrons cannot be a doublet
    assert read_geometry("w.xyz", multiplicity=1).molecule.multiplicity == 1
    cation = read_geometry("w.xyz", charge=1).molecule
    assert (cation.charge, cation.multiplicity) == (1, 2)
    assert read_geometry("w.xyz", charge=2, multiplicity=3).molecule.nelec == (5, 3)
    Path("m.json").write_text(json.dumps(SCHEMA))
    assert read_geometry("m.json", multiplicity=1).molecule.multiplicity == 1
    assert read_geometry("m.json", charge=1, multiplicity=2).molecule.n_electrons == 1


def test_options_that_do_not_fit(folder: Path) -> None:
    Path("w.xyz").write_text("3\n0 1\n" + WATER)
    assert message("w.xyz", charge=1) == (
        "w.xyz: multiplicity 1 does not fit 9 electrons (charge 1): use 2 or 4 or 6 or ... 10, or "
        "change the charge"
    )
    assert message("w.xyz", multiplicity=2) == (
        "w.xyz: multiplicity 2 does not fit 10 electrons (charge 0): use 1 or 3 or 5 or ... 11, or "
        "change the charge"
    )
    with pytest.raises(UsageError) as caught:
        read_geometry("w.xyz", multiplicity=0)
    assert str(caught.value) == "the multiplicity must be 1 or more, found 0"
    with pytest.raises(UsageError) as caught:
        read_geometry("absent.xyz", frame=-1)
    assert str(caught.value) == "frames are counted from 0, found -1: use 0 for the first one"


def test_schema_molecule_that_does_not_fit(folder: Path) -> None:
    Path("m.json").write_text(json.dumps({"molecule": SCHEMA | {"molecular_charge": 1}}))
    assert message("m.json") == (
        "m.json: $.molecule: multiplicity 3 does not fit 1 electron (charge 1): use 2, or change "
        "the charge"
    )
    assert message("m.json", frame=2) == (
        "m.json: a QCSchema file has one frame, found frame 2: use 0"
    )
    close = {"symbols": ["H", "H"], "geometry": [0, 0, 0, 0, 0, 0.1]}
    Path("close.json").write_text(json.dumps(close))
    assert message("close.json") == (
        "close.json: $: atoms 1 (H) and 2 (H) are 0.053 Å apart, nearer than 0.2 Å: check the "
        "coordinates and their unit"
    )


def test_frames(folder: Path) -> None:
    Path("f.xyz").write_text("1\n0 2\nH 0 0 0\n1\n1 1\nH 0 0 0\n")
    assert message("f.xyz") == (
        "f.xyz: the file holds 2 frames: choose one with --frame N, N from 0 to 1"
    )
    last = read_geometry("f.xyz", frame=1)
    assert (last.frame, last.molecule.n_electrons) == (1, 0)


class _Stdin:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", _Stdin(WATER.encode()))
    geometry = read_geometry("-")
    assert (geometry.source, geometry.molecule.name) == ("<stdin>", "molecule")
    monkeypatch.setattr("sys.stdin", _Stdin(b""))
    assert message("-") == "<stdin>: the file is empty: it must hold a geometry"
    monkeypatch.setattr("sys.stdin", _Stdin(b"1\n\nHe 0 0\n"))
    assert message("-") == (
        '<stdin>:3: atom 1 of 1 must be "symbol x y z", found "He 0 0": correct the line or the '
        "count in line 1"
    )
    monkeypatch.setattr("sys.stdin", _Stdin(b" " * (SIZE_LIMIT + 1)))
    assert message("-") == (
        "<stdin>: the file is larger than 16 MB, which no geometry for this program is: give a "
        "smaller one"
    )


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf\n"])
def test_empty(folder: Path, content: bytes) -> None:
    Path("e.xyz").write_bytes(content)
    assert message("e.xyz") == "e.xyz: the file is empty: it must hold a geometry"


def test_binary(folder: Path) -> None:
    Path("b.xyz").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert message("b.xyz") == (
        "b.xyz: the file is binary (byte 0x1a at offset 6): give a text file"
    )
    Path("n.xyz").write_bytes(b"1\n\nH 0 0 0\0\n")
    assert message("n.xyz") == (
        "n.xyz: the file is binary (byte 0x00 at offset 10): give a text file"
    )
    Path("u.xyz").write_bytes("1\n\nH 0 0 0\n".encode("utf-16"))
    assert message("u.xyz") == "u.xyz: the file is UTF-16 text: save it as UTF-8"


def test_huge_file_is_refused_before_it_is_read(folder: Path) -> None:
    with open("h.xyz", "wb") as file:
        file.truncate(2**40)  # sparse: takes no room, but no memory could hold it
    assert message("h.xyz") == (
        "h.xyz: the file is larger than 16 MB, which no geometry for this program is: give a "
        "smaller one"
    )


def test_missing(folder: Path) -> None:
    Path("water.xyz").touch()
    Path("h2.xyz").touch()
    assert message("watre.xyz") == "watre.xyz: no such file: did you mean water.xyz?"
    assert message("h2") == "h2: no such file: did you mean h2.xyz?"
    assert message("benzene.pdb") == "benzene.pdb: no such file: check the path"
    assert message("sub/water.xyz") == (
        "sub/water.xyz: no such file, and no folder sub: check the path"
    )
    (folder / "molecules").mkdir()
    Path("molecules/co2.xyz").touch()
    assert message("molecules/co.xyz") == (
        "molecules/co.xyz: no such file: did you mean molecules/co2.xyz?"
    )


def test_not_a_file(folder: Path) -> None:
    (folder / "dir.xyz").mkdir()
    assert message("dir.xyz") == "dir.xyz: this is a directory: name a geometry file in it"
    assert message(os.devnull) == (
        '/dev/null: this is a device, not a file: use "-" to read from standard input'
    )
    os.mkfifo("pipe.xyz")  # nobody writes to it: reading would hang
    assert message("pipe.xyz") == (
        'pipe.xyz: this is a named pipe, not a file: use "-" to read from standard input'
    )
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s.xyz")
        assert message("s.xyz") == (
            's.xyz: this is a socket, not a file: use "-" to read from standard input'
        )
    Path("plain").touch()
    assert message("plain/x.xyz") == (
        "plain/x.xyz: cannot be read (Not a directory): check the path"
    )
    Path("loop.xyz").symlink_to("loop.xyz")
    assert message("loop.xyz") == (
        "loop.xyz: cannot be read (Too many levels of symbolic links): check the path"
    )
    assert message("x\0.xyz") == "x\\x00.xyz: a file name cannot contain a null character"
    assert message("x" * 300).endswith("...: cannot be read (File name too long): check the path")


def test_no_permission(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("p.xyz").touch()

    def denied(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    assert message("p.xyz") == ("p.xyz: no permission to read this file: check its access rights")


def test_other_formats(folder: Path) -> None:
    Path("w.PDB").write_text("ATOM\n")
    assert message("w.PDB") == (
        'w.PDB: ".pdb" files are not read: convert it to XYZ, for example with Open Babel'
    )


def test_file_names_cannot_drive_the_terminal(folder: Path) -> None:
    name = "a\x1b[31m<b>&\u202e\n.xyz"
    Path(name).write_text("1\n\nH x 0 0\n")
    assert message(name) == (
        'a\\x1b[31m<b>&\\u202e\\n.xyz:3: the x coordinate "x" is not a number: write it '
        "as a decimal such as -1.25"
    )
    Path(name).write_text("He 0 0 0\n")
    assert read_geometry(name).source == "a\\x1b[31m<b>&\\u202e\\n.xyz"


def test_excerpt_and_path_label() -> None:
    assert excerpt("a\tb\x7f\ud800é") == "a\\tb\\x7f\\ud800é"
    assert excerpt("x" * 100) == "x" * 57 + "..."
    assert path_label("R&D/<1>.xyz") == "R&D/<1>.xyz"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.sampled_from(["r.xyz", "r.json"]))
def test_random_bytes_never_raise_anything_else(tmp_path: Path, data: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    found = ""
    try:
        read_geometry(path)
    except InputError as error:
        found = str(error)
    assert found.startswith(str(path)) or not found
    assert found.isprintable()
