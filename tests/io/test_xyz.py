"""XYZ: every dialect that is read, and every refusal with its exact message."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.errors import InputError, UsageError
from qchem_app.io.comment import parse_comment
from qchem_app.io.geometry import molecule_from_xyz, read_geometry
from qchem_app.io.source import ATOM_LIMIT
from qchem_app.io.xyz import read_frame
from qchem_app.units import ANGSTROM_PER_BOHR, BOHR_PER_ANGSTROM

ATOMS = "O 0 0 0.1173\nH 0 0.7572 -0.4692\nH 0 -0.7572 -0.4692\n"
ANGSTROM = np.array([[0, 0, 0.1173], [0, 0.7572, -0.4692], [0, -0.7572, -0.4692]])


@pytest.mark.parametrize(
    "text",
    [
        "3\n\n" + ATOMS,
        "3\nwater\n" + ATOMS,
        "  3  \n\n" + ATOMS + "\n \n\t\n",
        "\n\n3\n\n" + ATOMS,
        ATOMS,
        "\n" + ATOMS + "\n",
        "3\n\n" + ATOMS.rstrip("\n"),
        ("3\n\n" + ATOMS).replace("\n", "\r\n"),
        ("3\n\n" + ATOMS).replace("\n", "\r"),
        ("3\n\n" + ATOMS).replace(" ", "\t"),
        "3\n\n" + ATOMS.lower(),
        "3\n\n" + ATOMS.replace("O ", "8 ").replace("H ", "1 "),
        "3\n\n" + ATOMS.replace("O ", "O1 ").replace("H ", "H12 "),
        "3\n\n" + ATOMS.replace("0.7572", "7.572D-01"),
        "3\n\n" + ATOMS.replace("0.7572", ".7572d+0").replace("0 0", "+0. 0E0"),
        "3\n\n" + ATOMS.replace("\n", " -0.8 1.0 label\n"),
        "3 angstrom\n\n" + ATOMS,
        "3 Ang\n\n" + ATOMS,
    ],
)
def test_dialects_of_one_molecule(text: str) -> None:
    frame = read_frame(text, "w.xyz")
    assert frame.symbols == ("O", "H", "H")
    np.testing.assert_allclose(frame.coordinates, ANGSTROM * BOHR_PER_ANGSTROM, atol=1e-14)


@pytest.mark.parametrize("unit", ["bohr", "Bohr", "au", "A.U."])
def test_bohr(unit: str) -> None:
    frame = read_frame(f"1 {unit}\n\nH 1.0 2.0 -3.0\n", "h.xyz")
    np.testing.assert_array_equal(frame.coordinates, [[1.0, 2.0, -3.0]])


@pytest.mark.parametrize(
    ("comment", "charge", "multiplicity"),
    [
        ("0 1", 0, 1),
        ("  -1\t2 ", -1, 2),
        ("+1 1", 1, 1),
        ("water 2 3", None, None),
        ("0 1 water", None, None),
        ("1", None, None),
        ("0.0 1", 0, 1),
        ("0, 3", 0, 3),
        ("0 , 3.0", 0, 3),
        ("0 1.5", None, None),
        ("0,,3", None, None),
        ("", None, None),
        ("charge=1 multiplicity=2", 1, 2),
        ("Charge=-1, Multiplicity=2; text", -1, 2),
        ("total_charge=\"1\" spin_multiplicity='2'", 1, 2),
        ("CHARGE = 0.0 mult = 3", 0, 3),
        ("charge: 1 mult: 2", 1, 2),
        ("charge=1 total_charge=1", 1, None),
        ("spin=2 multiplicity=3", None, 3),
        ('name="charge=3" charge=1', 1, None),
        ("i = 5, time = 2.5, E = -17.2", None, None),
        ("recharge=1 xmult=2", None, None),
        ('Properties=species:S:1:pos:R:3 pbc="F F F" charge=2', 2, None),
    ],
)
def test_comment(comment: str, charge: int | None, multiplicity: int | None) -> None:
    parsed = parse_comment(comment)
    assert (parsed.charge, parsed.multiplicity) == (charge, multiplicity)


def test_name_in_the_comment() -> None:
    assert parse_comment(r'name="a \"b\" c\\"').name == r'a "b" c\\'.replace("\\\\", "\\")
    assert parse_comment("name=water,").name == "water"


def test_properties_choose_the_columns() -> None:
    text = (
        "2\nProperties=id:I:1:forces:R:3:pos:R:3:species:S:1:q:R:1 charge=1\n"
        "1 9 9 9 0 0 0 He 0.5\n2 9 9 9 0 0 1 H 0.5\n"
    )
    frame = read_frame(text, "x.xyz")
    assert frame.symbols == ("He", "H")
    np.testing.assert_allclose(frame.coordinates[1], [0, 0, BOHR_PER_ANGSTROM])
    by_number = "1\nProperties=pos:R:3:Z:I:1\n0 0 0 26\n"
    assert read_frame(by_number, "x.xyz").symbols == ("Fe",)


def test_lattice_without_period_is_noted() -> None:
    text = '1\nLattice="9 0 0 0 9 0 0 0 9" pbc="F F F"\nHe 0 0 0\n'
    molecule, notes = molecule_from_xyz(text, "x.xyz")
    assert molecule.symbols == ("He",)
    assert notes == (
        "the Lattice in the comment line is ignored: the atoms are taken as a molecule",
    )


FRAMES = "1\n1 1\nH 0 0 0\n\n2\n0 1\nH 0 0 0\nH 0 0 0.7\n1\n0 2\nLi 0 0 0\n"


def test_frames_have_their_own_charge() -> None:
    found = [molecule_from_xyz(FRAMES, "f.xyz", frame=i)[0] for i in range(3)]
    assert [m.symbols for m in found] == [("H",), ("H", "H"), ("Li",)]
    assert [m.charge for m in found] == [1, 0, 0]
    assert [m.multiplicity for m in found] == [1, 1, 2]
    assert read_frame(FRAMES, "f.xyz", 1).n_frames == 3


def test_single_frame_may_be_named() -> None:
    assert read_frame("3\n\n" + ATOMS, "w.xyz", 0).symbols == ("O", "H", "H")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n \n", "w.xyz: the file is empty: it must hold a geometry"),
        (
            "4\n\n" + ATOMS,
            "w.xyz:1: the count says 4 atoms, but only 3 follow: correct the count or add the "
            "missing atoms",
        ),
        (
            "2\n\nH 0 0 0\n\n\n",
            "w.xyz:1: the count says 2 atoms, but only 1 follows: correct the count or add the "
            "missing atoms",
        ),
        (
            "1",
            "w.xyz:1: the count says 1 atom, but only 0 follow: correct the count or add the "
            "missing atoms",
        ),
        (
            "2\n\n" + ATOMS,
            "w.xyz:5: the count in line 1 says 2 atoms, but another one follows: correct the "
            "count or remove the extra atoms",
        ),
        (
            "3\n\n" + ATOMS + "VECTORS follow\n",
            "w.xyz:6: after 3 atoms the file must end or a new frame begin with its count, found "
            '"VECTORS follow": correct the count in line 1 or remove the line',
        ),
        (
            "2\n\nH 0 0 0\n2\n\nH 0 0 0\nH 0 0 1\n",
            'w.xyz:4: atom 2 of 2 must be "symbol x y z", found "2": correct the line or the '
            "count in line 1",
        ),
        (
            "3\n\nO 0 0 0\n\nH 0 0 1\n",
            'w.xyz:4: atom 2 of 3 must be "symbol x y z", found a blank line: correct the '
            "line or the count in line 1",
        ),
        (
            "1\n\nH 0 0\n",
            'w.xyz:3: atom 1 of 1 must be "symbol x y z", found "H 0 0": correct the line or the '
            "count in line 1",
        ),
        (
            "three\n\n" + ATOMS,
            'w.xyz:1: the first line must be the number of atoms, found "three": write it there',
        ),
        (
            "-3\n\n" + ATOMS,
            'w.xyz:1: the first line must be the number of atoms, found "-3": write it there',
        ),
        ("0\n\n", "w.xyz:1: the count says 0 atoms: a molecule needs at least one"),
        (
            "99999\n\n" + ATOMS,
            "w.xyz:1: the count says 99999 atoms, more than 10000: a molecule that large cannot "
            "be computed",
        ),
        (
            "3 nm\n\n" + ATOMS,
            'w.xyz:1: "nm" is not a unit: use angstrom, bohr or au, or leave it out for angstrom',
        ),
        ("1\n\nCx 0 0 0\n", 'w.xyz:3: "Cx" is not an element: did you mean C or Cl or Ca?'),
        (
            "1\n\nD 0 0 0\n",
            'w.xyz:3: "D" (deuterium) is an isotope, and nuclear mass does not change the '
            'electronic energy: write "H"',
        ),
        (
            "2\n\nHe 0 0 0\nGh 0 0 1\n",
            'w.xyz:4: "Gh" is a ghost or dummy atom, which carries no nucleus here: remove it',
        ),
        ("1\n\nH 0 nan 0\n", 'w.xyz:3: the y coordinate is "nan": it must be a finite number'),
        ("1\n\nH 0 0 -INF\n", 'w.xyz:3: the z coordinate is "-INF": it must be a finite number'),
        (
            "1\n\nH 1e999 0 0\n",
            'w.xyz:3: the x coordinate "1e999" is too large: check it and its unit',
        ),
        (
            "1\n\nH 0 0 zero\n",
            'w.xyz:3: the z coordinate "zero" is not a number: write it as a decimal such as -1.25',
        ),
        (
            "1\n\nH 0 1+1 0\n",
            'w.xyz:3: the y coordinate "1+1" is not a number: write it as a decimal such as -1.25',
        ),
        (
            "1\n\nH 1_000 0 0\n",
            'w.xyz:3: the x coordinate "1_000" is not a number: write it as a decimal such as '
            "-1.25",
        ),
        (
            "1\n\nH 0x10 0 0\n",
            'w.xyz:3: the x coordinate "0x10" is not a number: write it as a decimal such as -1.25',
        ),
        (
            "1\n\nH \N{ARABIC-INDIC DIGIT ONE} 0 0\n",
            'w.xyz:3: the x coordinate "\N{ARABIC-INDIC DIGIT ONE}" is not a number: write it as '
            "a decimal such as -1.25",
        ),
        (
            "1\n\nH \x1b[2J 0 0\n",
            'w.xyz:3: the x coordinate "\\x1b[2J" is not a number: write it as a decimal such as '
            "-1.25",
        ),
        (
            "H 0 0 0\nH 0 0 oops\n",
            'w.xyz:2: the z coordinate "oops" is not a number: write it as a decimal such as -1.25',
        ),
        (
            "H 0 0 0\n\nH 0 0 1\n",
            'w.xyz:2: an atom line must be "symbol x y z", found a blank line: complete '
            "or remove it",
        ),
        (
            "3\n\nO 0 0 0\nH 0 0 1\nH 0 0.1 1.1\n",
            "w.xyz:5: H is 0.141 Å from H in line 4, nearer than 0.2 Å: check the coordinates and "
            "their unit",
        ),
        (
            "3\n0 2\n" + ATOMS,
            "w.xyz:2: multiplicity 2 does not fit 10 electrons (charge 0): use 1 or 3 or 5 or ... "
            "11, or change the charge",
        ),
        ("3\n0 0\n" + ATOMS, "w.xyz:2: the multiplicity must be 1 or more, found 0"),
        (
            "1\ncharge=3\nHe 0 0 0\n",
            "w.xyz:2: a charge of +3 takes away more electrons than the 2 that the nuclei "
            "balance: use +2 or less",
        ),
        ("1\ncharge=two\nHe 0 0 0\n", 'w.xyz:2: "charge=two" is not a whole number'),
        ("1\nmult=1.5\nHe 0 0 0\n", 'w.xyz:2: "mult=1.5" is not a whole number'),
        (
            "1\ncharge=0 total_charge=1\nHe 0 0 0\n",
            "w.xyz:2: the comment line disagrees with itself: charge=0 and total_charge=1",
        ),
        (
            "1\nspin=1\nHe 0 0 0\n",
            'w.xyz:2: "spin=1" can mean S, 2S or 2S + 1: write multiplicity= instead',
        ),
        (
            '1\nLattice="9 0 0 0 9 0 0 0 9" pbc="F T F"\nHe 0 0 0\n',
            'w.xyz:2: the structure is periodic (pbc="F T F"), and only molecules can be '
            'computed: cut one out and write pbc="F F F"',
        ),
        (
            "1\nProperties=species:S:1\nHe 0 0 0\n",
            'w.xyz:2: "Properties=species:S:1" does not give element and position: it must '
            "contain species:S:1 and pos:R:3",
        ),
        (
            "1\nProperties=species:S:1:q:R:1:pos:R:3\nHe 0 0 0\n",
            "w.xyz:3: the Properties need 5 columns, found 4: complete the line",
        ),
        (
            FRAMES,
            "w.xyz: the file holds 3 frames: choose one with --frame N, N from 0 to 2",
        ),
    ],
)
def test_message(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        molecule_from_xyz(text, "w.xyz")
    assert str(caught.value) == message


def test_ambiguous_spin_is_settled_by_an_option() -> None:
    text = "1\nspin=1\nLi 0 0 0\n"
    assert molecule_from_xyz(text, "w.xyz", multiplicity=2)[0].multiplicity == 2


def test_frame_out_of_range() -> None:
    with pytest.raises(InputError) as caught:
        read_frame(FRAMES, "f.xyz", 3)
    assert str(caught.value) == "f.xyz: there is no frame 3: the file holds 3 frames, 0 to 2"
    with pytest.raises(InputError) as caught:
        read_frame("3\n\n" + ATOMS, "w.xyz", 1)
    assert str(caught.value) == "w.xyz: there is no frame 1: the file holds one frame: use 0"
    with pytest.raises(UsageError) as usage:
        read_frame(FRAMES, "f.xyz", -1)
    assert str(usage.value) == "frames are counted from 0, found -1: use 0 for the first one"


def test_too_many_bare_atoms() -> None:
    with pytest.raises(InputError) as caught:
        read_frame("He 0 0 0\n" * (ATOM_LIMIT + 1), "w.xyz")
    assert str(caught.value) == (
        "w.xyz:1: more than 10000 atoms: a molecule that large cannot be computed"
    )


@pytest.mark.parametrize("place", ["x", "y", "z", "symbol", "comment", "count", "bare"])
def test_nothing_in_a_file_is_evaluated(place: str, tmp_path: Path) -> None:
    """PySCF evaluates coordinate fields as Python; a geometry file must never get that far."""
    marker = tmp_path / "marker"
    attack = f"__import__('pathlib').Path({str(marker)!r}).touch()"
    assert " " not in attack
    fields = {"count": "1", "comment": "", "symbol": "H", "x": "0", "y": "0", "z": "0"}
    if place in fields:
        fields[place] = attack if place != "comment" else f"charge={attack}"
    text = "{count}\n{comment}\n{symbol} {x} {y} {z}\n".format(**fields)
    path = tmp_path / "evil.xyz"
    path.write_text(text if place != "bare" else f"H {attack} 0 0\n")
    with pytest.raises(InputError, match=r"^\S*evil\.xyz:\d+: "):
        read_geometry(path)
    assert not marker.exists()


def test_attack_message_is_exact(tmp_path: Path) -> None:
    path = tmp_path / "evil.xyz"
    path.write_text("1\n\nH 0 0 __import__('os').system('true')\n")
    with pytest.raises(InputError) as caught:
        read_geometry(path)
    assert str(caught.value) == (
        f"{path}:3: the z coordinate \"__import__('os').system('true')\" is not a number: write "
        "it as a decimal such as -1.25"
    )


@pytest.mark.parametrize("token", ["1" * 1_000_000, "1" * 1_000_000 + "x", "." * 1_000_000])
def test_endless_numbers_are_refused_at_once(token: str) -> None:
    with pytest.raises(InputError, match=r"is not a number: write it as a decimal") as caught:
        read_frame(f"1\n\nH {token} 0 0\n", "w.xyz")
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("piece", ['a="', "a=", "{", "a = ", "\\", "a:", " ", "'", "[", 'a="\\'])
def test_long_comments_are_read_in_linear_time(piece: str) -> None:
    # A regular expression that backtracks would take hours over this.
    assert parse_comment(piece * 100_000).charge is None


def refusal(text: str, frame: int) -> str:
    """The message a text is refused with, "" where it is read; any other exception escapes."""
    try:
        molecule_from_xyz(text, "w.xyz", frame=frame)
    except InputError as error:
        return str(error)
    return ""


@given(st.binary(max_size=300))
def test_random_bytes_never_raise_anything_else(data: bytes) -> None:
    message = refusal(data.decode("latin-1"), 0)
    assert message.startswith("w.xyz:") or not message
    assert "\n" not in message


PIECES = (
    "1|2|\n|\n\n| |H|O|0 0 0|0.5 1 2|nan|bohr|charge=1|X|-1|1\n\nH 0 0 0\n|mult=2|pbc=T|"
    'Properties=|species:S:1|:|pos:R:3|"|=|é'
)


@given(st.lists(st.sampled_from(PIECES.split("|")), max_size=25).map("".join), st.integers(0, 2))
def test_broken_files_never_raise_anything_else(text: str, frame: int) -> None:
    message = refusal(text, frame)
    assert message.startswith("w.xyz:") or not message


NUMBERS = st.floats(-999, 999).map(lambda x: f"{x:.8f}")


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=8))
def test_coordinates_are_exactly_those_written(rows: list[tuple[str, str]]) -> None:
    lines = [f"He {2.0 * i:.8f} {y} {z}" for i, (y, z) in enumerate(rows)]
    frame = read_frame(f"{len(rows)}\n\n" + "\n".join(lines), "w.xyz")
    expected = [[2.0 * i, float(y), float(z)] for i, (y, z) in enumerate(rows)]
    np.testing.assert_array_equal(frame.coordinates, np.array(expected) * BOHR_PER_ANGSTROM)


def test_same_reading_as_ase(tmp_path: Path) -> None:
    io = pytest.importorskip("ase.io")
    path = tmp_path / "x.xyz"
    path.write_text(
        '2\nProperties=pos:R:3:species:S:1:f:R:3 name="a b"\n'
        "0 0.25 -1e-3 N 1 2 3\n1 1 1.5 Cl 4 5 6\n"
    )
    atoms = io.read(path, format="extxyz")
    ours = read_geometry(path).molecule
    assert tuple(atoms.get_chemical_symbols()) == ours.symbols
    np.testing.assert_allclose(atoms.positions, ours.coordinates * ANGSTROM_PER_BOHR, atol=1e-12)
