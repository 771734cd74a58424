"""collect(): folders, files, tables, SMILES and their mix, and everything wrong with them."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import qchem_app.io.geometry as geometry_module
import qchem_app.io.xyz as xyz_module
import qchem_app.screening.candidates as candidates_module
import qchem_app.screening.sidecars as sidecars_module
from qchem_app.errors import InputError, UsageError
from qchem_app.io.geometry import read_geometry
from qchem_app.screening.candidate import Candidate
from qchem_app.screening.candidates import collect

H2 = "2\n\nH 0 0 0\nH 0 0 0.74\n"
WATER = "3\n\nO 0 0 0.1173\nH 0 0.7572 -0.4692\nH 0 -0.7572 -0.4692\n"
HELIUM = json.dumps({"symbols": ["He"], "geometry": [0, 0, 1], "molecular_multiplicity": 3})
ASSUMED = "no multiplicity is given: 1, the lowest that fits, was taken"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, so that messages hold names instead of long paths."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(files: dict[str, str]) -> None:
    for name, content in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(content)


def brief(found: list[Candidate]) -> list[tuple[str, str, str]]:
    """(name, source, formula or error) of each."""
    return [
        (c.name, c.source, c.geometry.molecule.formula if c.geometry else c.error) for c in found
    ]


def spin(candidate: Candidate) -> tuple[int, int]:
    assert candidate.geometry is not None, candidate.error
    return candidate.geometry.molecule.charge, candidate.geometry.molecule.multiplicity


def test_folder() -> None:
    put({"set/h10.xyz": H2, "set/h2.xyz": H2, "set/sub/he.json": HELIUM, "set/README.md": "x"})
    put(
        {"set/broken.xyz": "2\n\nH 0 0 0\n", "set/a.pdb": "ATOM", "set/m.smi": "O water\nC(C bad\n"}
    )
    found = collect(["set"])
    assert brief(found) == [
        (
            "a",
            "set/a.pdb",
            'set/a.pdb: ".pdb" files are not read: convert it to XYZ, for example with Open Babel',
        ),
        (
            "broken",
            "set/broken.xyz",
            "set/broken.xyz:1: the count says 2 atoms, but only 1 follows: correct the count or "
            "add the missing atoms",
        ),
        ("h2", "set/h2.xyz", "H2"),
        ("h10", "set/h10.xyz", "H2"),
        ("water", "set/m.smi:1", "H2O"),
        ("bad", "set/m.smi:2", 'set/m.smi:2: "C(C" is not a SMILES: correct it'),
        ("sub/he", "set/sub/he.json", "He"),
    ]
    assert spin(found[-1]) == (0, 3)
    assert found[-1].notes == ()
    assert found[2].notes == (ASSUMED,)
    assert collect(["set/"])[2].source == "set/h2.xyz"
    assert len(collect(["set"], recursive=False)) == 6


def test_single_files_are_what_solve_reads() -> None:
    put({"w.xyz": WATER, "he.json": HELIUM})
    for candidate, path in zip(
        collect(["w.xyz", Path("he.json")]), ("w.xyz", "he.json"), strict=True
    ):
        assert candidate.geometry is not None
        expected = read_geometry(path)
        assert candidate.geometry.molecule == expected.molecule
        assert candidate.geometry.molecule.name == expected.molecule.name == candidate.name
        assert candidate.geometry.sha256 == expected.sha256


def test_frames() -> None:
    named = "1\nname=atom\nHe 0 0 0\n"
    put({"p.xyz": H2 + named + "2\n\nH 0 0 0\nH 0 0 x\n" + named + WATER})
    found = collect(["p.xyz"])
    assert brief(found) == [
        ("p#0", "p.xyz#0", "H2"),
        ("atom", "p.xyz#1", "He"),
        (
            "p#2",
            "p.xyz#2",
            'p.xyz:11: the z coordinate "x" is not a number: write it as a decimal such as -1.25',
        ),
        ("atom (2)", "p.xyz#3", "He"),
        ("p#4", "p.xyz#4", "H2O"),
    ]
    assert [c.geometry.frame if c.geometry else None for c in found] == [0, 1, None, 3, 4]
    assert found[0].geometry is not None
    assert found[0].geometry.molecule.name == "p#0"


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO((H2 + WATER).encode())

    monkeypatch.setattr(sys, "stdin", Stdin)
    assert brief(collect(["-"])) == [
        ("stdin#0", "<stdin>#0", "H2"),
        ("stdin#1", "<stdin>#1", "H2O"),
    ]
    with pytest.raises(UsageError, match="can be read only once"):
        collect(["-", "-"])
    Stdin.buffer = io.BytesIO(b"nothing")
    assert brief(collect(["-"]))[0][1:] == (
        "<stdin>",
        '<stdin>:1: the first line must be the number of atoms, found "nothing": write it there',
    )


def test_table() -> None:
    put(
        {
            "lists/t.csv": "Name;File;SMILES;Frame;Charge;Multiplicity;Basis;Active Space;r;x\r\n"
            "a;../w.xyz;;;1;2;6-31g;6,6;0,74;text\r\n"
            ";../p.xyz;;1;;;;;;\r\n"
            ";../p.xyz;;;;;;;;\r\n"
            "\r\n"
            "c;;[CH2];;;1;;;1e-3;\r\n"
            ";;C;;;;;;;\r\n"
            "d;x.xyz;;;;;;;;\r\n"
            "e;x.xyz;C;;;;;;;\r\n"
            "f;;;;1;;;;;\r\n"
            "g;..\\w.xyz;;;one;;;;;\r\n"
            "h;..\\w.xyz;;;;;;6/6;;\r\n"
            "i;..\\w.xyz;;;;2;;;;\r\n"
            "j;..\\w.xyz;;;;;;;;\r\n"
            "a;;C;;;;;;;\r\n",
            "w.xyz": WATER,
            "p.xyz": H2 + "1\n\nHe 0 0 0\n",
        }
    )
    found = collect(["lists/t.csv"])
    assert brief(found) == [
        ("a", "lists/t.csv:2", "H2O"),
        ("p#1", "lists/t.csv:3", "He"),
        (
            "p",
            "lists/t.csv:4",
            'lists/t.csv:4: lists/../p.xyz holds 2 frames: give one in a column "frame", 0 to 1',
        ),
        ("c", "lists/t.csv:6", "CH2"),
        ("C", "lists/t.csv:7", "CH4"),
        ("d", "lists/t.csv:8", "lists/t.csv:8: lists/x.xyz: no such file: check the path"),
        (
            "e",
            "lists/t.csv:9",
            "lists/t.csv:9: the row must have either a file or a SMILES, found both",
        ),
        (
            "f",
            "lists/t.csv:10",
            "lists/t.csv:10: the row must have either a file or a SMILES, found neither",
        ),
        ("g", "lists/t.csv:11", 'lists/t.csv:11: charge must be a whole number, found "one"'),
        (
            "h",
            "lists/t.csv:12",
            "lists/t.csv:12: active space '6/6' is not understood: use auto, full, frozen-core, "
            'NE,NO (such as 6,6), avas:"N 2p" or natural:THRESHOLD (such as natural:0.01)',
        ),
        (
            "i",
            "lists/t.csv:13",
            "lists/t.csv:13: lists/../w.xyz: multiplicity 2 does not fit 10 electrons (charge 0): "
            "use 1 or 3 or 5 or ... 11, or change the charge",
        ),
        ("j", "lists/t.csv:14", "H2O"),
        ("a (2)", "lists/t.csv:15", "CH4"),
    ]
    first = found[0]
    assert spin(first) == (1, 2)
    assert first.overrides == {"basis": "6-31g", "active_space": "6,6"}
    assert first.variables == {"r": 0.74}
    assert first.notes == ()
    assert spin(found[3]) == (0, 1)
    assert found[3].variables == {"r": 0.001}
    assert first.geometry is not None
    assert first.geometry.molecule.name == "a"


def test_a_row_is_never_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    put({"t.csv": "file\n-\n/dev/stdin\n"})
    assert brief(collect(["t.csv"]))[0][2] == "t.csv:2: ./-: no such file: check the path"


def test_text_that_is_a_table() -> None:
    put({"t.txt": "name\tsmiles\nwater\tO\n", "w.txt": WATER})
    assert brief(collect(["t.txt", "w.txt"])) == [
        ("water", "t.txt:2", "H2O"),
        ("w", "w.txt", "H2O"),
    ]


def test_mix_keeps_the_order_and_tells_names_apart() -> None:
    put(
        {
            "w.xyz": WATER,
            "set/w.xyz": WATER,
            "m.smi": "O w\nO w (2)\nO\nO\n",
            "t.csv": "smiles\nO\n",
        }
    )
    assert [(c.name, c.source) for c in collect(["w.xyz", "set", "m.smi", "t.csv", "w.xyz"])] == [
        ("w", "w.xyz"),
        ("w (3)", "set/w.xyz"),
        ("w (4)", "m.smi:1"),
        ("w (2)", "m.smi:2"),
        ("O", "m.smi:3"),
        ("O (2)", "m.smi:4"),
        ("O (3)", "t.csv:2"),
        ("w (5)", "w.xyz"),
    ]


@given(st.lists(st.sampled_from(["a", "a (2)", "a (3)", "b", "a (2) (2)"]), max_size=12))
def test_names_are_unique_and_the_first_keeps_its_own(names: list[str]) -> None:
    found = candidates_module._named_apart([Candidate(n, "s", None, error="e") for n in names])
    unique = [c.name for c in found]
    assert len(set(unique)) == len(names)
    for name in set(names):
        assert unique[names.index(name)] == name
    assert all(new.startswith(old) for new, old in zip(unique, names, strict=True))


def test_alike_names_cost_work_in_proportion() -> None:
    # With a search from 2 for each of them this would take minutes.
    found = candidates_module._named_apart([Candidate("a", "s", None, error="e")] * 50_000)
    assert found[-1].name == "a (50000)"


def test_who_is_right() -> None:
    """Comment line, option, folders from the outer to the inner one, file, column."""
    comment = "1\ncharge=1 multiplicity=2\nHe 0 0 0\n"
    put({"set/sub/he.xyz": comment, "set/other.xyz": comment})

    def charge() -> int:
        return spin(collect(["set/sub"])[0])[0]

    assert charge() == 1
    assert spin(collect(["set"], charge=2, multiplicity=1)[0]) == (2, 1)
    put({"set/settings.yaml": "charge: -1\nbasis: 6-31g\nseed: 3\n"})
    found = collect(["set"], charge=2)
    assert [spin(c)[0] for c in found] == [-1, -1]
    assert found[0].overrides == {"basis": "6-31g", "seed": 3}
    assert charge() == 1  # the folder above is not part of this input
    put({"set/sub/settings.yml": "{basis: sto-3g, charge: -3}"})
    by_name = {c.name: c for c in collect(["set"])}
    assert spin(by_name["other"])[0] == -1
    assert spin(by_name["sub/he"])[0] == -3
    assert by_name["sub/he"].overrides == {"basis": "sto-3g", "seed": 3}
    put({"set/sub/he.yaml": "charge: -5\nname: helium\nactive_space: [1, 1]\n"})
    (helium,) = collect(["set/sub/he.xyz"])
    assert (helium.name, spin(helium)[0]) == ("helium", -5)
    assert helium.overrides == {"basis": "sto-3g", "active_space": "1,1"}
    assert helium.geometry is not None
    assert helium.geometry.molecule.name == "helium"
    put(
        {
            "t.csv": "file,charge\nset/sub/he.xyz,-7\nset/sub/he.xyz,\n",
            "t.yaml": "ansatz: upccgsd\n",
        }
    )
    put({"settings.yaml": "charge: 1\nlayers: 2\n"})
    first, second = collect(["t.csv"])
    assert (spin(first)[0], spin(second)[0]) == (-7, -5)
    assert first.overrides == {
        "layers": 2,
        "ansatz": "upccgsd",
        "basis": "sto-3g",
        "active_space": "1,1",
    }


def test_sidecar_of_a_path_and_of_smiles() -> None:
    put({"p.xyz": H2 * 2, "p.yaml": "name: path\nbasis: 6-31g\n"})
    put({"m.smi": "O water\nC\n", "m.yaml": "charge: 1\n"})
    found = collect(["p.xyz", "m.smi"])
    assert [c.name for c in found] == ["path#0", "path#1", "water", "C"]
    assert found[1].overrides == {"basis": "6-31g"}
    assert spin(found[2]) == (1, 2)


def test_a_broken_sidecar_of_a_file_breaks_its_candidate() -> None:
    put({"set/a.xyz": H2, "set/a.yaml": "chrage: 1", "set/b.xyz": H2, "set/c.xyz": H2})
    put({"set/c.yaml": "charge: 9", "t.csv": "file\nset/a.xyz\nset/b.xyz\n"})
    expected = 'set/a.yaml: "chrage" is not known: did you mean charge?'
    assert [c.error for c in collect(["set"])] == [
        expected,
        "",
        "set/c.xyz: a charge of +9 takes away more electrons than the 2 that the nuclei balance: "
        "use +2 or less",
    ]
    assert [c.error for c in collect(["t.csv"])] == [f"t.csv:2: {expected}", ""]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chrage: 1", 'set/settings.yaml: "chrage" is not known: did you mean charge?'),
        (
            "name: x",
            "set/settings.yaml: a name cannot be that of everything in a folder: remove it",
        ),
        ("charge: many", 'set/settings.yaml: charge must be a whole number, found "many"'),
        ("basis: 5", 'set/settings.yaml: basis should be a valid string, found "5"'),
    ],
)
def test_a_broken_sidecar_of_the_folder_stops_before_anything_runs(text: str, message: str) -> None:
    put({"set/a.xyz": H2, "set/settings.yaml": text, "t.csv": "file\nset/a.xyz\n"})
    with pytest.raises(InputError) as caught:
        collect(["set"])
    assert str(caught.value) == message
    assert [c.error for c in collect(["t.csv"])] == [f"t.csv:2: {message}"]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([], "there is nothing to screen: give a folder, a table or geometry files"),
        (["absent"], "absent: no such file: check the path"),
        (["h2o.xzy"], "h2o.xzy: no such file: did you mean h2o.xyz?"),
        (
            ["empty"],
            "empty: there is no geometry in this folder: it must hold .xyz, QCSchema .json",
        ),
        (["t.csv"], 't.csv:1: the header must name a column "file" or "smiles", found "a,b"'),
        (["h2o.xyz", "absent.csv"], "absent.csv: no such file: did you mean t.csv?"),
        (["a\0b"], "a\\x00b: a file name cannot contain a null character"),
    ],
)
def test_inputs_that_are_none(inputs: list[str], message: str) -> None:
    put({"h2o.xyz": WATER, "t.csv": "a,b\n1,2\n"})
    Path("empty").mkdir()
    with pytest.raises(InputError) as caught:
        collect(inputs)
    assert str(caught.value).startswith(message)


def test_columns_of_the_users_own_are_told_once_a_table() -> None:
    put({"a.csv": "smiles,IC50\nO,1\nC,2\n", "b.csv": "smiles\nO\n"})
    told: list[str] = []
    collect(["a.csv", "b.csv"], tell=told.append)
    assert told == ["a.csv: column IC50 is no setting; kept as your own"]


def test_a_row_whose_charge_contradicts_its_smiles_is_broken() -> None:
    put({"t.csv": "smiles;name;charge\n[OH-];oh;0\n[OH-];fine;-1\nO;cation;1\n"})
    broken, fine, cation = collect(["t.csv"])
    assert broken.geometry is None
    assert broken.error == (
        't.csv:2: the SMILES "[OH-]" has the charge -1, but 0 is given beside it: correct one of '
        "them"
    )
    assert spin(fine) == (-1, 1)
    assert spin(cation) == (1, 2)
    assert "that of the neutral molecule, the charge +1 given" in cation.notes[-1]


@pytest.mark.parametrize("name", ["book.xlsx", "BOOK.XLS", "book.ods"])
def test_spreadsheets_are_to_be_saved_as_csv(name: str) -> None:
    Path(name).write_bytes(b"PK\x03\x04\x00")
    with pytest.raises(InputError, match=f"^{name}: spreadsheets are not read: save it as CSV"):
        collect([name])


def test_multiplicity_that_no_molecule_has() -> None:
    with pytest.raises(UsageError, match="the multiplicity must be 1 or more, found 0"):
        collect(["x"], multiplicity=0)


def test_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    put({"p.xyz": H2 * 4})
    monkeypatch.setattr(candidates_module, "MOST_CANDIDATES", 3)
    with pytest.raises(InputError, match="more than 3 candidates: screen them in parts"):
        collect(["p.xyz"])


def test_files_that_are_none() -> None:
    put({"w.xyz.gz": "x", "bin.xyz": "\0", "empty.xyz": "", "attack.xyz": "", "real.pdb": "ATOM"})
    os.mkfifo("pipe.xyz")
    attack = "1\n\nH 0 0 __import__('os').system('touch hacked')\n"
    put({"attack.xyz": attack})
    found = collect(
        ["w.xyz.gz", "bin.xyz", "empty.xyz", "attack.xyz", "pipe.xyz", "/dev/zero", "real.pdb"]
    )
    assert [c.error for c in found] == [
        'w.xyz.gz: ".gz" files are not read: convert it to XYZ, for example with Open Babel',
        "bin.xyz: the file is binary (byte 0x00 at offset 0): give a text file",
        "empty.xyz: the file is empty: it must hold a geometry",
        "attack.xyz:3: the z coordinate \"__import__('os').system('touch\" is not a number: write "
        "it as a decimal such as -1.25",
        'pipe.xyz: this is a named pipe, not a file: use "-" to read from standard input',
        '/dev/zero: this is a device, not a file: use "-" to read from standard input',
        'real.pdb: ".pdb" files are not read: convert it to XYZ, for example with Open Babel',
    ]
    assert not Path("hacked").exists()


def test_rows_that_point_anywhere() -> None:
    os.symlink("/dev/zero", "zero.xyz")
    put({"t.csv": "file\n/dev/zero\nzero.xyz\n/etc\n/proc/self/mem\n..\n" + "x" * 5000 + "\n"})
    found = collect(["t.csv"])
    assert all(c.geometry is None and c.error.startswith(c.source) for c in found)
    assert all("\n" not in c.error and len(c.error) < 600 for c in found)


def test_a_row_does_not_show_what_is_in_files_that_are_no_geometries(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    secrets = {
        "words": 'root:"x":0\n',
        "unit": "2 s3cret\n\nH 0 0 0\n",
        "after": '1\n\nH 0 0 0\nH "s3cret" root:x:0\n',
        "atom.txt": "s3cret 0 0 0\nroot:x:0 1 2 3\n",
        "number": "H 0 0 s3cret\n",
        "comment": '1\nProperties="root:x:0"\nH 0 0 0\n',
        "outside.xyz": "root:x:0\n",
        "schema.json": '{"symbols": ["root:x:0"], "geometry": [0, 0, 0]}',
    }
    for name, text in secrets.items():
        (tmp_path / name).write_text(text)
        (folder / f"link-{name}.xyz").symlink_to(tmp_path / name)
    (folder / "beside").write_text("root:x:0\n")
    (tmp_path / "h2.xyz").write_text("1\n\nHe 0 0 0\n")
    (tmp_path / "h2.yaml").write_text("s3cret: 1\n")
    names = [*(f"../{name}" for name in secrets), *(f"link-{name}.xyz" for name in secrets)]
    names += ["beside", "../h2.xyz", str(tmp_path / "words")]
    (folder / "t.csv").write_text("\n".join(["file", *names]))
    (folder / "shown.xyz").write_text("mistake\n")
    found = collect([str(folder / "t.csv")])
    assert len(found) == len(names)
    for candidate in found:
        assert candidate.geometry is None
        assert candidate.error.startswith(str(folder / "t.csv"))
        assert "root:" not in candidate.error
        assert "s3cret" not in candidate.error
        assert "(not shown)" in candidate.error or "Properties" in candidate.error
    (folder / "t.csv").write_text("file\nshown.xyz\n")
    (shown,) = collect([str(folder / "t.csv")])
    assert 'found "mistake"' in shown.error


def test_hostile_names_are_data() -> None:
    names = [
        "<script>alert(1)</script>",
        "=cmd|' /C calc'!A0",
        "a\tb",
        "\u202egnp",
        "'; DROP",
        "x" * 999,
    ]
    put({"m.smi": "".join(f"[He] {name}\n" for name in names)})
    Path(os.fsdecode(b"set\xff")).mkdir()
    put({os.fsdecode(b"set\xff/h\xfe\n.xyz"): H2})
    found = [c.name for c in collect(["m.smi", os.fsdecode(b"set\xff")])]
    assert found == [
        "<script>alert(1)</script>",
        "=cmd|' /C calc'!A0",
        "a b",
        "\\u202egnp",
        "'; DROP",
        "x" * 197 + "...",
        "h\\udcfe",
    ]
    assert all(c.source.isprintable() for c in collect([os.fsdecode(b"set\xff")]))


def test_a_smiles_of_ten_megabytes() -> None:
    put(
        {"m.smi": "C" * 10_000_000 + " long\nO\n", "t.csv": "smiles\n" + "C" * 10_000_000 + "\nO\n"}
    )
    for long, water in (collect(["m.smi"]), collect(["t.csv"])):
        assert "has 10000000 characters, more than 2000" in long.error
        assert len(long.error) < 300
        assert len(long.name) <= 200
        assert water.geometry is not None


def test_structures_from_smiles_are_recorded_and_seeded() -> None:
    put({"m.smi": "CCO\n", "t.csv": "smiles,seed\nCCO,5\n"})
    (first,), (again,), (other,) = (collect(["m.smi"], seed=s) for s in (1, 1, 2))
    assert first.geometry is not None
    assert again.geometry is not None
    assert other.geometry is not None
    assert first.geometry.molecule == again.geometry.molecule != other.geometry.molecule
    assert first.notes == first.geometry.notes
    assert first.notes[0] == 'built from the SMILES "CCO"'
    assert "ETKDGv3 (seed 1, RDKit" in first.notes[1]
    assert first.geometry.source == "m.smi"
    assert "(seed 5, " in collect(["t.csv"], seed=1)[0].notes[1]


def test_without_rdkit_nothing_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("rdkit", "rdkit.Chem"):
        monkeypatch.setitem(sys.modules, name, None)
    put({"m.smi": "O\n", "t.csv": "smiles\nO\n", "h2.xyz": H2, "f.csv": "file\nh2.xyz\n"})
    for path in ("m.smi", "t.csv"):
        with pytest.raises(InputError, match="reading SMILES needs RDKit: pip install"):
            collect([path])
    assert len(collect(["f.csv"])) == 1


def test_every_file_is_cut_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = {"cut": 0, "read": 0, "sidecar": 0}

    def counting(what: str, module: object, name: str) -> None:
        real = getattr(module, name)

        def counted(*given: object, **options: object) -> object:
            counts[what] += 1
            return real(*given, **options)

        monkeypatch.setattr(module, name, counted)

    counting("cut", xyz_module, "_split")
    counting("read", geometry_module, "read_source")
    counting("sidecar", sidecars_module, "read_sidecar")
    put({"p.xyz": H2 * 300, "p.yaml": "basis: 6-31g\n", "settings.yaml": "seed: 1\n"})
    put({"t.csv": "file,frame\n" + "".join(f"p.xyz,{k}\n" for k in range(300))})
    assert len(collect(["p.xyz"])) == 300
    assert counts == {"cut": 1, "read": 1, "sidecar": 2}
    assert len(collect(["t.csv"])) == 300
    assert counts == {"cut": 2, "read": 2, "sidecar": 4}


def test_files_of_rows_are_kept_within_bounds() -> None:
    put({f"p{k}.xyz": H2 * 2 for k in range(100)})
    put({"t.csv": "file,frame\n" + "".join(f"p{k}.xyz,1\n" for k in range(100)) + "p0.xyz,0\n"})
    found = collect(["t.csv"])
    assert [c.error for c in found] == [""] * 101
    assert found[-1].name == "p0#0"


@given(
    st.lists(
        st.sampled_from(
            [H2, WATER, "2\n\nH 0 0 0\n", "", "\0", "x", HELIUM, "{", "1\n0 9\nH 0 0 0\n"]
        ),
        min_size=1,
        max_size=6,
    )
)
def test_any_folder_gives_one_candidate_a_file(contents: list[str]) -> None:
    for old in Path(".").glob("set/*"):
        old.unlink()
    put({f"set/{k}.xyz": content for k, content in enumerate(contents)})
    found = collect(["set"])
    assert [c.name for c in found] == [str(k) for k in range(len(contents))]
    assert all((c.geometry is None) == bool(c.error) for c in found)


def test_the_molecules_of_the_project(repository: Path) -> None:
    found = collect([repository / "molecules"])
    assert len(found) > 30
    assert [c.error for c in found if c.error] == []
    assert [c.notes for c in found if c.notes] == []
