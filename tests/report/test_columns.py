"""The table of many rows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qchem_app.report.columns import Column, columns_table

COLUMNS = (Column("name", text=True), Column("e_vqe", "Ha"), Column("triage", text=True))


def test_numbers_to_the_right_texts_to_the_left() -> None:
    rows = [(("h2", "-1.1", "fine"), ""), (("water", "-75.01", "-"), "it failed")]
    assert columns_table(COLUMNS, rows, 80) == [
        "---------------------",
        "name    e_vqe  triage",
        "           Ha",
        "---------------------",
        "h2       -1.1  fine",
        "water  -75.01  -",
        "    it failed",
        "---------------------",
    ]


def test_without_units_there_is_one_line_of_headings() -> None:
    assert columns_table((Column("n"),), [(("12",), "")], 80) == ["--", " n", "--", "12", "--"]


def test_long_texts_wrap_in_their_column() -> None:
    rows = [(("a" * 30, "-1.1", "quantum-relevant but too large today"), "why " * 20)]
    lines = columns_table(COLUMNS, rows, 50)
    assert max(map(len, lines)) == 50
    squeezed = "".join("".join(lines).split())
    assert squeezed.count("why") == 20
    assert sum(line.count("a") for line in lines[4:]) >= 30


@given(
    st.lists(
        st.tuples(
            st.tuples(st.text(max_size=90), st.text(max_size=9), st.text(max_size=90)), st.text()
        ),
        max_size=4,
    ),
    st.integers(40, 120),
)
def test_any_text_fits_and_none_is_lost(
    rows: list[tuple[tuple[str, str, str], str]], width: int
) -> None:
    lines = columns_table(COLUMNS, rows, width)
    assert all(line.isprintable() for line in lines)
    if all(len(cells[1].encode("unicode_escape")) < 10 for cells, _ in rows):
        assert max(map(len, lines)) <= width
