"""Exported rows read back as what they were."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from qchem_app.errors import UsageError
from qchem_app.screening.export import to_csv, to_json, to_json_lines, to_parquet
from qchem_app.screening.fields import FIELDS
from qchem_app.screening.outcome import Scalar
from qchem_app.screening.store import ResultRow


def row(fields: Mapping[str, Scalar]) -> ResultRow:
    return ResultRow("n", "s", "ab" * 32, "done", "", dict(fields), {"r / Å": 0.5}, (), 0, 1)


TEXT = st.text() | st.text(alphabet=st.characters(exclude_categories=[]))
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | st.integers() | FLOATS | TEXT
COLUMNS = ["a", "b"]


def cells(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


@given(st.lists(st.tuples(FLOATS, st.integers()), max_size=5))
def test_numbers_in_csv_keep_every_digit(values: list[tuple[float, int]]) -> None:
    head, *body = cells(to_csv((row(dict(zip(COLUMNS, v, strict=True))) for v in values), COLUMNS))
    assert head == COLUMNS
    assert [(float(a), int(b)) for a, b in body] == values


@given(TEXT)
def test_no_text_in_csv_is_a_formula_or_a_control_sequence(text: str) -> None:
    written = to_csv([row({"a": text, "b": 1})], COLUMNS)
    (cell, _) = cells(written)[1]
    assert not cell.lstrip(" ").startswith(("=", "+", "-", "@"))
    assert written.replace("\n", "").isprintable()
    assert written.count("\n") == 2


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-CH3", "'-CH3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1+1", "'  =1+1"),
        ("\t=1+1", "'\\t=1+1"),
        ("＝1+1", "'＝1+1"),
        ("CH3-", "CH3-"),
        ('say "a,b"', 'say "a,b"'),
        (-1.5, "-1.5"),
        (-1137, "-1137"),
        (5e-324, "5e-324"),
        (True, "true"),
        (False, "false"),
        (None, ""),
        ("", ""),
    ],
)
def test_cells_of_csv(value: Scalar, cell: str) -> None:
    assert cells(to_csv([row({"a": value})], COLUMNS))[1] == [cell, ""]


def test_a_heading_is_no_formula_either() -> None:
    assert cells(to_csv([], ["=cmd|' /C calc'!A0"])) == [["'=cmd|' /C calc'!A0"]]


@given(st.lists(st.tuples(SCALARS, SCALARS), max_size=5))
def test_json_reads_back(values: list[tuple[Scalar, Scalar]]) -> None:
    rows = [row(dict(zip(COLUMNS, v, strict=True))) for v in values]
    lines = to_json_lines(rows, COLUMNS)
    expected = [{"a": a, "b": b} for a, b in values]
    assert [json.loads(line) for line in lines.splitlines()] == expected
    assert json.loads(to_json(rows, COLUMNS)) == expected
    assert lines.replace("\n", "").isascii()
    assert lines.replace("\n", "").isprintable()


def read_back(rows: list[ResultRow], columns: list[str]) -> object:
    return parquet.read_table(io.BytesIO(to_parquet(rows, columns)))


@given(st.lists(st.tuples(SCALARS, SCALARS), max_size=5))
def test_any_values_make_a_parquet_file(values: list[tuple[Scalar, Scalar]]) -> None:
    table = read_back([row(dict(zip(COLUMNS, v, strict=True))) for v in values], COLUMNS)
    assert table.num_rows == len(values)  # type: ignore[attr-defined]
    for i, (name, original) in enumerate(zip(COLUMNS, zip(*values, strict=True), strict=False)):
        found = table.column(name).to_pylist()  # type: ignore[attr-defined]
        assert [value is None for value in found] == [value is None for value in original], i


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([1, None, -3], "int64", [1, None, -3]),
        ([1, 2.5], "double", [1.0, 2.5]),
        ([-1.137, None], "double", [-1.137, None]),
        ([True, None], "bool", [True, None]),
        (["H₂O", "=1"], "string", ["H₂O", "=1"]),
        ([True, 1], "string", ["true", "1"]),
        ([1, "a"], "string", ["1", "a"]),
        ([2**63], "double", [2.0**63]),
        ([10**400, 1], "string", [str(10**400), "1"]),
        (["\ud800"], "string", ["\\ud800"]),
    ],
)
def test_types_of_parquet(values: list[Scalar], kind: str, expected: list[Scalar]) -> None:
    column = read_back([row({"a": v}) for v in values], ["a"]).column("a")  # type: ignore[attr-defined]
    assert str(column.type) == kind
    assert column.to_pylist() == expected


def test_columns_of_parquet_say_what_they_mean() -> None:
    columns = [*FIELDS, "r / Å", "task_id"]
    table = read_back([row({"e_vqe": -1.0})], columns)
    schema = table.schema  # type: ignore[attr-defined]
    assert schema.names == columns
    assert schema.field("e_vqe").metadata == {
        b"unit": b"Ha",
        b"description": FIELDS["e_vqe"][1].encode(),
    }
    assert str(schema.field("e_fci").type) == "double"  # also where there is none
    assert table.column("r / Å").to_pylist() == [0.5]  # type: ignore[attr-defined]


def test_without_pyarrow_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"pip install 'qchem-app\[parquet\]'"):
        to_parquet([], ["name"])
