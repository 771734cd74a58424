"""What cells and sidecars say: one meaning for text and for YAML."""

from __future__ import annotations

from typing import Any

import pytest

from qchem_app.errors import InputError
from qchem_app.screening.overrides import Said, setting, understand


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("basis", "6-31g", "6-31g"),
        ("active_space", "6,6", "6,6"),
        ("active_space", [6, 6], "6,6"),
        ("active_space", "auto", "auto"),
        ("active_space", 'avas:"N 2p"', 'avas:"N 2p"'),
        ("references", "mp2, FCI", ("mp2", "fci")),
        ("references", ["mp2", "ccsd(t)"], ("mp2", "ccsd(t)")),
        ("references", "none", ()),
        ("references", "auto", None),
        ("references", None, None),
        ("layers", "3", 3),
        ("layers", 3, 3),
        ("layers", "None", None),
        ("mapping", "auto", None),
        ("mapping", "parity", "parity"),
        ("taper", "yes", True),
        ("taper", False, False),
        ("starts", "2.0", 2),
        ("energy_tolerance", "1e-6", 1e-6),
        ("seed", "7", 7),
    ],
)
def test_settings(name: str, value: object, expected: Any) -> None:
    found = setting(name, value)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("basis", 631, 'basis should be a valid string, found "631"'),
        ("basis", None, 'basis should be a valid string, found "None"'),
        ("active_space", "6/6", "active space '6/6' is not understood"),
        ("active_space", {"a": 1}, "active_space must be text or a list, found \"{'a': 1}\""),
        ("active_space", [True, 6], "active_space must be text or a list"),
        ("references", "ccsdd", "ccsdd"),
        ("references", 5, 'references must be text or a list, found "5"'),
        ("layers", "0", 'layers should be greater than or equal to 1, found "0"'),
        ("layers", True, "layers cannot be true: put a text in quotes"),
        ("taper", "maybe", "taper should be a valid boolean"),
        ("time_limit", "nan", 'time_limit should be a finite number, found "nan"'),
        ("ansatz", "__import__('os')", "ansatz should be 'uccsd'"),
        ("seed", "\x1b[2J", r'found "\x1b[2J"'),
    ],
)
def test_settings_that_cannot_be(name: str, value: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        setting(name, value)
    assert message in str(caught.value)


def test_what_is_said() -> None:
    assert understand({"charge": "-1.0", "multiplicity": 2, "name": 7, "file": "x"}, "t") == Said(
        "7", -1, 2
    )
    assert understand({"charge": "\N{MINUS SIGN}2"}, "t").charge == -2
    assert understand({"charge": "-1,0", "multiplicity": "2,0"}, "t") == Said("", -1, 2)
    assert understand({"multiplicity": " Doublet"}, "t").multiplicity == 2
    assert understand({"multiplicity": "triplet"}, "t").multiplicity == 3
    assert understand({}, "t") == Said()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"charge": "1+"}, 't: charge must be a whole number, found "1+"'),
        ({"charge": 0.5}, 't: charge must be a whole number, found "0.5"'),
        ({"charge": True}, 't: charge must be a whole number, found "True"'),
        ({"charge": "9" * 5000}, "t: charge must be a whole number"),
        ({"multiplicity": 0}, "t: the multiplicity must be 1 or more, found 0"),
        ({"name": ["a"]}, "t: name must be text, found \"['a']\""),
        ({"basis": 1}, 't: basis should be a valid string, found "1"'),
    ],
)
def test_what_cannot_be_meant(values: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        understand(values, "t")
    assert str(caught.value).startswith(message)


def test_the_stronger_one_is_right_where_both_speak() -> None:
    weak = Said("a", 1, None, {"basis": "sto-3g", "seed": 1})
    strong = Said("", None, 3, {"basis": "6-31g"})
    assert weak.under(strong) == Said("a", 1, 3, {"basis": "6-31g", "seed": 1})
    assert Said("a", 1).under(Said("b", 0)) == Said("b", 0)
