"""Widths and the ruled table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.report.formula import hill_formula
from qchem_app.report.layout import Row, fact, output_width, ruled_table

HEADER = ("Method", "E / Ha", "Notes")


@pytest.mark.parametrize(
    ("columns", "width"),
    [("100", 100), ("20", 64), ("400", 120), ("", 80), ("wide", 80), ("0", 80)],
)
def test_width_follows_columns(monkeypatch: pytest.MonkeyPatch, columns: str, width: int) -> None:
    # pytest's captured standard output is no terminal, so nothing else gives a width
    monkeypatch.setenv("COLUMNS", columns)
    assert output_width() == width


@given(st.text(min_size=1, max_size=300), st.integers(64, 120))
def test_notes_are_never_cut(note: str, width: int) -> None:
    lines = ruled_table(HEADER, [Row(("hf", "-1.0"), notes=(note,))], width)
    from qchem_app.printable import printable

    assert "".join(printable(note).split()) in "".join("".join(lines).split())
    assert max(map(len, lines)) <= width


def test_facts_hang_under_their_label() -> None:
    lines = fact("Label", "word " * 20, 64)
    assert lines[0].startswith("Label           word")
    assert all(line.startswith(" " * 16 + "word") for line in lines[1:])


def test_empty_fact_is_its_label() -> None:
    assert fact("Label", "", 64) == ["Label"]


@pytest.mark.parametrize(
    ("symbols", "formula"),
    [
        (("H", "H"), "H2"),
        (("H", "O", "H"), "H2O"),
        (("O", "C", "H", "H"), "CH2O"),
        (("N", "H", "C", "H", "O", "H"), "CH3NO"),
        (("Cl", "Na"), "ClNa"),
        ((), ""),
    ],
)
def test_hill_order(symbols: tuple[str, ...], formula: str) -> None:
    assert hill_formula(symbols) == formula
