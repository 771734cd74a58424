"""Text from outside is safe to print."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("h2 [bold]", "h2 [bold]"),
        ("naïve Å 水", "naïve Å 水"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\nb\rc\td", r"a\nb\rc\td"),
        ("\u202eexe.zyx", r"\u202eexe.zyx"),
        ("\udcff", r"\udcff"),
    ],
)
def test_control_characters_become_escapes(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(st.characters()))
def test_all_text_is_printable_and_encodable(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    shown.encode()
    assert printable(shown) == shown
