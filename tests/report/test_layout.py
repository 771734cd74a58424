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


@pytest.mark.parametrize("width", [64, 80])
def test_labels_that_leave_no_room_are_wrapped(width: int) -> None:
    header = ("Method", "E / Ha", "+- / mHa", "vs FCI / mHa", "Time / s", "Notes")
    header = header if width >= 76 else (*header[:2], *header[3:])
    numbers = ("-38.42915577", "12.834", "+14.049", "123.45")[-len(header) + 2 :]
    rows = [
        Row(("HEA-EXCHANGE-BRICK-VQE", *numbers), ("NOT CONVERGED", "<S^2> 2.0000")),
        Row(("RHF", *numbers)),
    ]
    lines = ruled_table(header, rows, width)
    assert max(map(len, lines)) <= width
    first = "".join(line.split("  ")[0] for line in lines[3:6])
    assert first.startswith("HEA-EXCHANGE-BRICK-VQE")
    assert any(line.startswith("RHF") and line.endswith("123.45") for line in lines)


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
