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


def test_columns_that_do_not_fit_are_set_below() -> None:
    columns = (Column("name", text=True), *(Column(f"number_{i}") for i in range(10)))
    cells = ("water", *(f"{i}.123456789" for i in range(10)))
    lines = columns_table(columns, [(cells, "it failed")], 80)
    assert max(map(len, lines)) <= 80
    tables = [line for line in lines if line.startswith("name")]
    assert len(tables) == 2
    assert " ".join(tables).split() == [
        *("name", *(f"number_{i}" for i in range(5))),
        *("name", *(f"number_{i}" for i in range(5, 10))),
    ]
    assert sum(line.startswith("water") for line in lines) == 2
    assert lines.count("    it failed") == 1


def test_long_headings_wrap_above_their_unit() -> None:
    column = Column("the half maximal inhibitory concentration", "nM")
    assert columns_table((Column("name", text=True), column), [(("h2", "1.5"), "")], 80) == [
        "------------------------------",
        "              the half maximal",
        "name  inhibitory concentration",
        "                            nM",
        "------------------------------",
        "h2                         1.5",
        "------------------------------",
    ]


def test_lines_of_a_remark_stay_as_they_are() -> None:
    rows = [(("1",), ["  x " * 30, "\x1b"])]
    assert columns_table((Column("n"),), rows, 40)[-3:-1] == ["  x " * 30, "\\x1b"]


@given(
    st.lists(
        st.tuples(st.text(max_size=60), st.text(max_size=9), st.booleans()), min_size=1, max_size=9
    ),
    st.integers(64, 120),
)
def test_no_line_is_wider_than_asked(heads: list[tuple[str, str, bool]], width: int) -> None:
    columns = [Column(head, unit, text) for head, unit, text in heads]
    cells = tuple("words and more words" if text else "-107.12345678" for _, _, text in heads)
    lines = columns_table(columns, [(cells, "why " * 40)], width)
    assert max(map(len, lines)) <= width
