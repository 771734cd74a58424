"""Molecule: canonical form, validation with exact messages, and the small physics it knows."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.elements import SYMBOLS
from qchem_app.errors import InputError
from qchem_app.molecule import Molecule, closest_pair, resolve_multiplicity
from qchem_app.units import BOHR_PER_ANGSTROM

WATER = [[0.0, 0.0, 0.2217], [0.0, 1.4309, -0.8867], [0.0, -1.4309, -0.8867]]


def water(**changes: Any) -> Molecule:
    return Molecule(**{"symbols": ("O", "H", "H"), "coordinates": WATER, **changes})


def test_canonical_form() -> None:
    molecule = Molecule(["o", "H1", 1], np.array(WATER, dtype=np.float32), name="  a\n water ")
    assert molecule.symbols == ("O", "H", "H")
    assert molecule.coordinates.dtype == np.float64
    assert molecule.multiplicity == 1
    assert molecule.name == "a water"


def test_coordinates_are_a_read_only_copy() -> None:
    values = np.array(WATER)
    molecule = water(coordinates=values)
    values[0, 0] = 9.0
    assert molecule.coordinates[0, 0] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        molecule.coordinates[0, 0] = 1.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        molecule.charge = 1  # type: ignore[misc]


def test_electrons() -> None:
    molecule = water()
    assert molecule.atomic_numbers == (8, 1, 1)
    assert molecule.n_electrons == 10
    assert molecule.nelec == (5, 5)
    assert water(charge=1).multiplicity == 2
    assert water(charge=1).nelec == (5, 4)
    assert water(multiplicity=3).nelec == (6, 4)
    assert water(multiplicity=11).nelec == (10, 0)


def test_bare_proton() -> None:
    proton = Molecule(("H",), [[0, 0, 0]], charge=1)
    assert (proton.n_electrons, proton.nelec, proton.multiplicity) == (0, (0, 0), 1)
    assert proton.nuclear_repulsion() == 0.0
    assert repr(proton) == (
        "<Molecule 'molecule': H, 1 atom, charge 1, multiplicity 1, 0 electrons>"
    )


def test_single_atom() -> None:
    nitrogen = Molecule(("N",), [[1, 2, 3]], multiplicity=4)
    assert nitrogen.nelec == (5, 2)
    assert nitrogen.nuclear_repulsion() == 0.0


def test_nuclear_repulsion_by_hand() -> None:
    assert Molecule(("He", "H"), [[0, 0, 0], [0, 0, 2.0]], charge=1).nuclear_repulsion() == 1.0
    triangle = Molecule(("H", "Li", "H"), [[0, 0, 0], [3, 0, 0], [0, 4, 0]], charge=1)
    assert triangle.nuclear_repulsion() == pytest.approx(3 / 3 + 1 / 4 + 3 / 5, rel=1e-15)


def test_equality_and_hash_by_content() -> None:
    assert water() == water(name="another name")
    assert hash(water()) == hash(water(name="another name"))
    assert water() == water(coordinates=-np.array(WATER) * -1.0)  # -0.0 is 0.0
    assert water() != water(charge=2)
    assert water() != water(multiplicity=3)
    moved = np.array(WATER)
    moved[0, 2] = np.nextafter(moved[0, 2], 1.0)
    assert water() != water(coordinates=moved)
    assert water() != "water"


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_stay_equal_and_read_only(duplicate: Any) -> None:
    twin = duplicate(water(charge=1, name="cation"))
    assert twin == water(charge=1)
    assert twin.name == "cation"
    assert not twin.coordinates.flags.writeable


def test_repr_and_formula() -> None:
    assert repr(water(name="w")) == (
        "<Molecule 'w': H2O, 3 atoms, charge 0, multiplicity 1, 10 electrons>"
    )
    ethanal = Molecule(("O", "C", "H", "C"), [[i, 0, 0] for i in range(4)], charge=1)
    assert ethanal.formula == "C2HO"


def test_replace() -> None:
    triplet = water(multiplicity=3)
    assert triplet.replace(name="t").multiplicity == 3
    assert triplet.replace(charge=0).multiplicity == 3
    assert triplet.replace(charge=1).multiplicity == 2
    assert triplet.replace(charge=2, multiplicity=3).nelec == (5, 3)
    with pytest.raises(InputError) as caught:
        triplet.replace(spin=1)
    assert str(caught.value) == (
        'a Molecule has no field "spin": it has symbols, coordinates, charge, multiplicity, name'
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"multiplicity": 2},
            "multiplicity 2 does not fit 10 electrons (charge 0): use 1 or 3 or 5 or ... 11, "
            "or change the charge",
        ),
        (
            {"multiplicity": 13},
            "multiplicity 13 does not fit 10 electrons (charge 0): use 1 or 3 or 5 or ... 11, "
            "or change the charge",
        ),
        (
            {"multiplicity": -1},
            "multiplicity -1 does not fit 10 electrons (charge 0): use 1 or 3 or 5 or ... 11, "
            "or change the charge",
        ),
        (
            {"charge": 9, "multiplicity": 1},
            "multiplicity 1 does not fit 1 electron (charge 9): use 2, or change the charge",
        ),
        (
            {"charge": 10, "multiplicity": 3},
            "multiplicity 3 does not fit 0 electrons (charge 10): use 1, or change the charge",
        ),
        (
            {"charge": 11},
            "a charge of +11 takes away more electrons than the 10 that the nuclei balance: "
            "use +10 or less",
        ),
        ({"charge": 0.5}, "the charge must be a whole number, found '0.5'"),
        ({"charge": True}, "the charge must be a whole number, found 'True'"),
        ({"multiplicity": "1"}, "the multiplicity must be a whole number, found '1'"),
        ({"symbols": ()}, "a molecule needs at least one atom, found none"),
        (
            {"symbols": "OHH"},
            'symbols must be one entry an atom, such as ("O", "H", "H"), found \'OHH\'',
        ),
        ({"symbols": ("O", "H", 1.0)}, "atom 3: an element symbol is text, found float"),
        (
            {"symbols": ("O", "H", "Hx")},
            'atom 3: "Hx" is not an element: did you mean H or He or Ho?',
        ),
        (
            {"symbols": ("O", "H", "X")},
            'atom 3: "X" is a ghost or dummy atom, which carries no nucleus here: remove it',
        ),
        (
            {"coordinates": WATER[:2]},
            "coordinates must have the shape (3, 3), one row an atom, found (2, 3)",
        ),
        (
            {"coordinates": [[0, 0, 0], [0, 0], [1, 1, 1]]},
            "coordinates must have the shape (3, 3), found ragged rows",
        ),
        (
            {"coordinates": [["0", "0", "0"], ["1", "1", "1"], ["2", "2", "2"]]},
            "coordinates must be real numbers in Bohr, found <U1",
        ),
        (
            {"coordinates": np.array(WATER) * 1j},
            "coordinates must be real numbers in Bohr, found complex128",
        ),
        (
            {"coordinates": [[0, 0, 0], [0, np.nan, 0], [1, 1, 1]]},
            "atom 2 has a coordinate that is not a finite number",
        ),
        (
            {"coordinates": [[0, 0, 0], [1, 1, 1], [0, -2e6, 0]]},
            "atom 3 has a coordinate beyond 1e+06 Bohr: check the coordinates and their unit",
        ),
        (
            {"coordinates": [[0, 0, 0], [0, 0, 1], [0, 0, 0.9]]},
            "atoms 2 (H) and 3 (H) are 0.053 Å apart, nearer than 0.2 Å: check the coordinates "
            "and their unit",
        ),
    ],
)
def test_message(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        water(**changes)
    assert str(caught.value) == message


def test_distance_limit_is_a_fifth_of_an_angstrom() -> None:
    for distance, fine in ((0.1999, False), (0.2001, True)):
        positions = [[0, 0, 0], [0, 0, distance * BOHR_PER_ANGSTROM]]
        if fine:
            Molecule(("H", "H"), positions)
        else:
            with pytest.raises(InputError, match="nearer than"):
                Molecule(("H", "H"), positions)


@given(st.integers(0, 60), st.integers(-5, 70))
def test_resolved_multiplicity_always_gives_whole_electrons(n: int, asked: int) -> None:
    fits = 1 <= asked <= n + 1 and (n - asked + 1) % 2 == 0
    if asked == 0:
        assert resolve_multiplicity(n, 0) == (2 if n % 2 else 1)
    elif fits:
        assert resolve_multiplicity(n, 0, asked) == asked
    else:
        with pytest.raises(InputError, match="does not fit"):
            resolve_multiplicity(n, 0, asked)


@given(
    st.lists(st.tuples(*[st.floats(-2, 2)] * 3), min_size=1, max_size=12),
    st.floats(0.01, 3),
)
def test_closest_pair_against_all_pairs(points: list[tuple[float, ...]], within: float) -> None:
    xyz = np.array(points)
    pairs = [
        (float(np.linalg.norm(xyz[i] - xyz[j])), i, j) for j in range(len(xyz)) for i in range(j)
    ]
    found = closest_pair(xyz, within)
    nearest = min(pairs, default=(9.0, 0, 0))[0]
    if nearest < within * (1 - 1e-9):
        assert found is not None
        i, j, distance = found
        assert i < j
        assert distance == pytest.approx(nearest, rel=1e-9, abs=1e-15)
        assert distance == pytest.approx(float(np.linalg.norm(xyz[i] - xyz[j])), abs=1e-15)
    elif nearest > within * (1 + 1e-9):
        assert found is None


@st.composite
def molecules(draw: st.DrawFn) -> Molecule:
    n = draw(st.integers(1, 6))
    symbols = draw(st.lists(st.sampled_from(SYMBOLS[1:]), min_size=n, max_size=n))
    offset = st.floats(-0.4, 0.4)
    # One cell of 2 Bohr an atom keeps the atoms apart.
    cells = [[2.0 * i + draw(offset), draw(offset) * 1e3, draw(offset)] for i in range(n)]
    charge = draw(st.integers(-2, 1))
    highest = sum(SYMBOLS.index(s) for s in symbols) - charge + 1
    lowest = 2 - highest % 2
    multiplicity = draw(st.sampled_from(range(lowest, min(highest, lowest + 6) + 1, 2)))
    name = draw(st.text(st.characters(exclude_categories=("C", "Z")), max_size=20))
    return Molecule(symbols, cells, charge, multiplicity, name)


@given(molecules())
def test_to_xyz_reads_back(molecule: Molecule) -> None:
    again = Molecule.from_xyz(molecule.to_xyz())
    assert again.symbols == molecule.symbols
    assert (again.charge, again.multiplicity) == (molecule.charge, molecule.multiplicity)
    assert again.name == molecule.name
    np.testing.assert_allclose(again.coordinates, molecule.coordinates, rtol=0, atol=2e-12)


def test_from_file(tmp_path: Path) -> None:
    path = tmp_path / "cation.xyz"
    path.write_text("2\ncharge=1\nHe 0 0 0\nH 0 0 0.774\n")
    molecule = Molecule.from_file(path)
    assert (molecule.charge, molecule.multiplicity, molecule.name) == (1, 1, "cation")
    assert Molecule.from_file(path, charge=0).multiplicity == 2


def test_from_xyz_counts_lines() -> None:
    with pytest.raises(InputError) as caught:
        Molecule.from_xyz("1\n\nQx 0 0 0\n")
    assert str(caught.value) == (
        '<text>:3: "Qx" is not an element: use symbols such as C or atomic numbers such as 6'
    )


def test_import_needs_no_chemistry_program() -> None:
    code = (
        "import sys; import qchem_app.molecule, qchem_app.io.geometry; "
        "heavy = {'pyscf', 'pydantic', 'ase', 'qcelemental', 'openfermion'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
