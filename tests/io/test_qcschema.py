"""QCSchema JSON: what is read, and every refusal with its JSON path."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.errors import InputError
from qchem_app.io.qcschema import read_molecule

HYDROGEN: dict[str, Any] = {
    "schema_name": "qcschema_molecule",
    "schema_version": 2,
    "symbols": ["H", "h"],
    "geometry": [0, 0, 0, 0, 0, 1.4],
}


def text(**changes: Any) -> str:
    return json.dumps({**HYDROGEN, **changes})


def test_plain_molecule() -> None:
    molecule = read_molecule(text(), "m.json")
    assert molecule.symbols == ("H", "H")
    np.testing.assert_array_equal(molecule.coordinates, [[0, 0, 0], [0, 0, 1.4]])
    assert (molecule.charge, molecule.multiplicity, molecule.name) == (None, None, None)
    assert molecule.path == "$"


def test_all_fields() -> None:
    molecule = read_molecule(
        text(
            molecular_charge=1.0,
            molecular_multiplicity=2,
            name="cation",
            real=[True, True],
            atomic_numbers=[1, 1],
            mass_numbers=[2, 1],
            geometry=[[0, 0, 0], [0, 0, 1.4]],
        ),
        "m.json",
    )
    assert (molecule.charge, molecule.multiplicity, molecule.name) == (1, 2, "cation")
    assert molecule.coordinates.shape == (2, 3)


@pytest.mark.parametrize("name", ["qcschema_input", "qc_schema_input", "qcschema_output"])
def test_molecule_inside_a_record(name: str) -> None:
    record = {"schema_name": name, "molecule": HYDROGEN, "driver": "energy", "model": {}}
    molecule = read_molecule(json.dumps(record), "m.json")
    assert molecule.symbols == ("H", "H")
    assert molecule.path == "$.molecule"


def test_molecule_written_by_qcelemental() -> None:
    models = pytest.importorskip("qcelemental.models")
    theirs = models.Molecule(
        symbols=["O", "H", "H"],
        geometry=[[0, 0, 0.2], [0, 1.4, -0.9], [0, -1.4, -0.9]],
        molecular_charge=1,
        molecular_multiplicity=2,
        fix_com=True,
        fix_orientation=True,
    )
    ours = read_molecule(theirs.json(), "m.json")
    assert ours.symbols == ("O", "H", "H")
    np.testing.assert_array_equal(ours.coordinates, theirs.geometry)
    assert (ours.charge, ours.multiplicity) == (1, 2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            '{"symbols": ["H"],\n "geometry": [0, 0 0]}',
            "m.json:2: not valid JSON (Expecting ',' delimiter, column 20): correct the file",
        ),
        ("[1]", "m.json: $ must be a QCSchema object, found a list"),
        ("null", "m.json: $ must be a QCSchema object, found null"),
        (
            '{"molecule": 3}',
            "m.json: $.molecule must be a QCSchema molecule, found 3",
        ),
        (
            '{"geometry": []}',
            'm.json: $ has no "symbols": a QCSchema molecule needs symbols and geometry',
        ),
        (
            '{"molecule": {"symbols": ["H"]}}',
            'm.json: $.molecule has no "geometry": a QCSchema molecule needs symbols and geometry',
        ),
        (
            text(symbols=[]),
            "m.json: $.symbols must be a list of at least one element symbol, found a list",
        ),
        (
            text(symbols="HH"),
            'm.json: $.symbols must be a list of at least one element symbol, found "HH"',
        ),
        (text(symbols=["H", 1]), "m.json: $.symbols[1] must be an element symbol, found 1"),
        (
            text(symbols=["H", "Hw"]),
            'm.json: $.symbols[1] is wrong: "Hw" is not an element: did you mean H or He or Ho?',
        ),
        (
            text(real=[True, False]),
            "m.json: $.real[1] marks a ghost atom, which carries no nucleus here: remove the atom",
        ),
        (
            text(symbols=["H"] * 10_001),
            "m.json: $.symbols has 10001 atoms, more than 10000: a molecule that large cannot be "
            "computed",
        ),
        (text(real=[True, 1]), "m.json: $.real[1] must be true, found 1"),
        (text(real=[True]), "m.json: $.real must be a list of 2 booleans, found 1"),
        (text(atomic_numbers=[1, 2]), "m.json: $.atomic_numbers[1] is 2, but H has 1"),
        (text(atomic_numbers=1), "m.json: $.atomic_numbers must be a list of 2 numbers, found 1"),
        (
            text(geometry=[0, 0, 0, 0, 0]),
            "m.json: $.geometry must hold 6 numbers for 2 atoms, found 5",
        ),
        (
            text(geometry=[[0, 0, 0], [0, 0]]),
            "m.json: $.geometry must hold 6 numbers for 2 atoms, found 5",
        ),
        (text(geometry="0 0 0"), 'm.json: $.geometry must be a list of 6 numbers, found "0 0 0"'),
        (
            text(geometry=[0, 0, 0, 0, "1+1", 0]),
            'm.json: $.geometry[4] must be a number, found "1+1"',
        ),
        (
            text(geometry=[[0, 0, 0], [0, True, 0]]),
            "m.json: $.geometry[1][1] must be a number, found true",
        ),
        (
            text().replace("1.4", "1e999"),
            "m.json: $.geometry[5] is too large: coordinates are in Bohr",
        ),
        (
            text().replace("1.4", "1" + "0" * 400),
            "m.json: $.geometry[5] is too large: coordinates are in Bohr",
        ),
        (
            text().replace("1.4", "NaN"),
            "m.json: the file contains NaN, which JSON does not have: remove it",
        ),
        (
            text().replace("1.4", "-Infinity"),
            "m.json: the file contains -Infinity, which JSON does not have: remove it",
        ),
        (
            text().replace("1.4", "1" * 5000),
            "m.json: the JSON has an absurdly long number: correct the file",
        ),
        (
            text(molecular_charge=0.5),
            "m.json: $.molecular_charge must be a whole number, found 0.5",
        ),
        (
            text(molecular_charge="1"),
            'm.json: $.molecular_charge must be a whole number, found "1"',
        ),
        (
            text(molecular_charge=True),
            "m.json: $.molecular_charge must be a whole number, found true",
        ),
        (
            text(molecular_charge=0).replace('_charge": 0', '_charge": 1e999'),
            "m.json: $.molecular_charge must be a whole number, found Infinity",
        ),
        (
            text(molecular_multiplicity=0),
            "m.json: $.molecular_multiplicity must be 1 or more, found 0",
        ),
        (
            '{"symbols": ["H"], "symbols": ["He"], "geometry": [0, 0, 0]}',
            'm.json: the key "symbols" occurs twice in one object: keep one',
        ),
        (
            '{"a":' * 100_000,
            "m.json: the JSON is nested too deeply for a molecule: correct the file",
        ),
        (
            "[" * 100_000,
            "m.json: the JSON is nested too deeply for a molecule: correct the file",
        ),
    ],
    ids=lambda value: value[:40],
)
def test_message(content: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_molecule(content, "m.json")
    assert str(caught.value) == message


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=6,
)
FIELDS = (
    "symbols geometry real atomic_numbers molecular_charge molecular_multiplicity name molecule"
)


@given(st.dictionaries(st.sampled_from(FIELDS.split()), VALUES, max_size=4))
def test_broken_records_never_raise_anything_else(changes: dict[str, Any]) -> None:
    message = ""
    try:
        read_molecule(text(**changes), "m.json")
    except InputError as error:
        message = str(error)
    assert message.startswith("m.json: ") or not message
    assert "\n" not in message
