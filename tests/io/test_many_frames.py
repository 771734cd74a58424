"""Files of many frames: cut once, each frame by itself, and one broken frame costs only itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import qchem_app.io.xyz as xyz
from qchem_app.errors import InputError
from qchem_app.io.geometry import GeometryFile, read_geometry
from qchem_app.io.xyz import XYZText, read_frame

H2 = "2\nname=h2\nH 0 0 0\nH 0 0 0.74\n"
WATER = "3\nname=water\nO 0 0 0.1173\nH 0 0.7572 -0.4692\nH 0 -0.7572 -0.4692\n"


def formulas(text: str) -> list[str]:
    """Symbols of each frame, or the message where it is broken."""
    cut = XYZText.cut(text, "p.xyz")
    found = []
    for index in range(len(cut)):
        try:
            found.append("".join(cut.choose(index).symbols))
        except InputError as error:
            found.append(str(error))
    return found


def test_sound_frames() -> None:
    assert formulas(H2 + WATER + "\n \n" + H2) == ["HH", "OHH", "HH"]


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (
            "3\n\nO 0 0 0\nH 0 0 1\n",
            'p.xyz:9: atom 3 of 3 must be "symbol x y z", found "3": correct the line or the '
            "count in line 5",
        ),
        (
            "2\n\nO 0 0 0\nH 0 0 1\nH 0 1 0\n",
            "p.xyz:9: the count in line 5 says 2 atoms, but another one follows: correct the count "
            "or remove the extra atoms",
        ),
        (
            "2\n\nO 0 0 0\nH 0 0 1\nEND OF FRAME\n",
            "p.xyz:9: after 2 atoms the file must end or a new frame begin with its count, found "
            '"END OF FRAME": correct the count in line 5 or remove the line',
        ),
        (
            "2\n\nO 0 0 0\nH 0 0\n",
            'p.xyz:8: atom 2 of 2 must be "symbol x y z", found "H 0 0": correct the line or the '
            "count in line 5",
        ),
        (
            "0\n\n",
            "p.xyz:5: the count says 0 atoms: a molecule needs at least one",
        ),
        (
            "2\n\nO 0 0 0\nH 0 0 one\n",
            'p.xyz:8: the z coordinate "one" is not a number: write it as a decimal such as -1.25',
        ),
        (
            "2\ncharge=x\nO 0 0 0\nH 0 0 1\n",
            'p.xyz:6: "charge=x" is not a whole number',
        ),
    ],
)
def test_one_broken_frame_costs_only_itself(broken: str, message: str) -> None:
    assert formulas(H2 + broken + WATER + H2) == ["HH", message, "OHH", "HH"]
    with pytest.raises(InputError):  # `qchem solve` refuses a file that does not add up
        read_frame(H2 + broken + WATER, "p.xyz", 1)


def test_a_file_cut_short_loses_its_last_frame_only() -> None:
    text = H2 + WATER + "3\nlast\nO 0 0 0\nH 0 0 1\n"
    assert formulas(text) == [
        "HH",
        "OHH",
        "p.xyz:10: the count says 3 atoms, but only 2 follow: correct the count or add the missing "
        "atoms",
    ]


def test_a_comment_that_looks_like_a_count_begins_no_frame() -> None:
    # "2" in line 6 is the comment of a frame whose count is no number; taken for a count it would
    # make a molecule of the last two of its three atoms.
    text = H2 + "three\n2\nO 0 0 0\nH 0 0 1\nH 0 1 0\n" + WATER
    found = formulas(text)
    assert found[-1] == "OHH"
    assert not {"HH", "OH"} & set(found[1:])


@given(st.lists(st.sampled_from([H2, WATER, "2\n\nO 0 0 0\nH 0 0\n"]), min_size=1, max_size=8))
def test_every_frame_keeps_its_number(frames: list[str]) -> None:
    expected = {H2: "HH", WATER: "OHH"}
    found = formulas("".join(frames))
    assert len(found) == len(frames)
    for frame, got in zip(frames, found, strict=True):
        assert expected.get(frame, got) == got


@given(
    st.lists(
        st.sampled_from(["2", "3", "H 0 0 0", "H 0 0 1", "O 0 1 0", "", "text", "1 bohr", "9"]),
        max_size=30,
    )
)
def test_any_lines_are_frames_or_sentences(lines: list[str]) -> None:
    text = "\n".join(lines)
    if text.strip():
        assert all(found for found in formulas(text))


def test_work_grows_with_the_length_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0
    real = xyz.has_atom

    def counted(line: str) -> bool:
        nonlocal calls
        calls += 1
        return real(line)

    monkeypatch.setattr(xyz, "has_atom", counted)

    def work(text: str) -> int:
        nonlocal calls
        calls = 0
        formulas(text)
        return calls

    # Sound, with a fault in each frame, and one fault followed by counts that lead nowhere.
    for frame in (H2, "2\n\nH 0 0 0\nH\n", "9\nc\nH 0 0 0\n"):
        assert work(frame * 400) <= 4.1 * work(frame * 100)


def test_a_file_is_read_and_cut_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "p.xyz").write_text(H2 * 50)
    cuts = []
    real = xyz._split
    monkeypatch.setattr(xyz, "_split", lambda *given: cuts.append(1) or real(*given))
    file = GeometryFile.read(tmp_path / "p.xyz")
    assert {file.geometry(k).frame for k in range(file.n_frames)} == set(range(50))
    assert len(cuts) == 1


def test_frames_are_those_of_read_geometry(tmp_path: Path) -> None:
    path = tmp_path / "p.xyz"
    path.write_text(H2 + WATER + "1\n1 1\nH 0 0 0\n")
    file = GeometryFile.read(path)
    for index in range(file.n_frames):
        one, other = file.geometry(index), read_geometry(path, frame=index)
        assert one == other or (one.molecule, one.notes) == (other.molecule, other.notes)
        assert (one.sha256, one.source, one.molecule.name) == (
            other.sha256,
            other.source,
            other.molecule.name,
        )


def test_names(tmp_path: Path) -> None:
    (tmp_path / "p.xyz").write_text("1\n\nHe 0 0 0\n")
    file = GeometryFile.read(tmp_path / "p.xyz")
    assert file.geometry().molecule.name == "p"
    assert file.geometry(name="x").molecule.name == "x"
    (tmp_path / "w.xyz").write_text(WATER)
    file = GeometryFile.read(tmp_path / "w.xyz")
    assert file.geometry(name="x").molecule.name == "water"
    assert file.geometry(name="x", renamed=True).molecule.name == "x"


def test_whether_a_file_gives_the_multiplicity(tmp_path: Path) -> None:
    (tmp_path / "p.xyz").write_text(H2 + "1\n0 2\nH 0 0 0\n")
    file = GeometryFile.read(tmp_path / "p.xyz")
    assert [file.says_multiplicity(k) for k in range(2)] == [False, True]
    schema = {"symbols": ["He"], "geometry": [0, 0, 1]}
    (tmp_path / "m.json").write_text(json.dumps(schema))
    assert not GeometryFile.read(tmp_path / "m.json").says_multiplicity(0)
    (tmp_path / "m.json").write_text(json.dumps(schema | {"molecular_multiplicity": 1}))
    assert GeometryFile.read(tmp_path / "m.json").says_multiplicity(0)
