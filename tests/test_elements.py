"""The element table, and what a person may type for an element."""

from __future__ import annotations

import pytest

from qchem_app.elements import ATOMIC_NUMBERS, SYMBOLS, nearest_symbols, normalise_symbol
from qchem_app.errors import InputError


def test_table_has_118_distinct_elements() -> None:
    assert len(SYMBOLS) == 119
    assert len(set(SYMBOLS)) == 119
    assert list(ATOMIC_NUMBERS.values()) == list(range(1, 119))
    assert all(SYMBOLS[z] == symbol for symbol, z in ATOMIC_NUMBERS.items())


def test_table_agrees_with_pyscf() -> None:
    elements = pytest.importorskip("pyscf.data.elements")
    assert tuple(elements.ELEMENTS[1:119]) == SYMBOLS[1:]


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("H", "H"),
        ("he", "He"),
        ("CL", "Cl"),
        ("cL", "Cl"),
        ("C1", "C"),
        ("Fe12", "Fe"),
        ("8", "O"),
        ("08", "O"),
        ("118", "Og"),
    ],
)
def test_normalise(text: str, symbol: str) -> None:
    assert normalise_symbol(text) == symbol


@pytest.mark.parametrize("symbol", SYMBOLS[1:])
def test_every_symbol_survives_any_case(symbol: str) -> None:
    assert normalise_symbol(symbol.lower()) == symbol
    assert normalise_symbol(symbol.upper()) == symbol
    assert normalise_symbol(str(ATOMIC_NUMBERS[symbol])) == symbol


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Hx", '"Hx" is not an element: did you mean H or He or Ho?'),
        ("J", '"J" is not an element: use symbols such as C or atomic numbers such as 6'),
        ("Ox1", '"Ox1" is not an element: did you mean O or Os or Og?'),
        ("0", 'there is no element with atomic number 0: for oxygen write the letter "O"'),
        ("119", "there is no element with atomic number 119: use 1 (H) to 118 (Og)"),
        ("X", '"X" is a ghost or dummy atom, which carries no nucleus here: remove it'),
        ("Gh", '"Gh" is a ghost or dummy atom, which carries no nucleus here: remove it'),
        ("Gh(O)", '"Gh(O)" is a ghost or dummy atom, which carries no nucleus here: remove it'),
        ("@He", '"@He" is a ghost or dummy atom, which carries no nucleus here: remove it'),
        (
            "D",
            '"D" (deuterium) is an isotope, and nuclear mass does not change the electronic '
            'energy: write "H"',
        ),
        (
            "t2",
            '"t2" (tritium) is an isotope, and nuclear mass does not change the electronic '
            'energy: write "H"',
        ),
        ("H(2)", '"H(2)" is not an element: did you mean H?'),
        (
            "\x1b[31m",
            '"\\x1b[31m" is not an element: use symbols such as C or atomic numbers such as 6',
        ),
    ],
)
def test_message(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        normalise_symbol(text)
    assert str(caught.value) == message


def test_digits_of_other_scripts_are_not_atomic_numbers() -> None:
    with pytest.raises(InputError, match="is not an element"):
        normalise_symbol("\N{ARABIC-INDIC DIGIT EIGHT}")


def test_nearest_symbols() -> None:
    assert nearest_symbols("Clo")[0] == "Cl"
    assert nearest_symbols("JJJJ") == ()
