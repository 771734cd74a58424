"""Rows as CSV, JSON, JSON lines and Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

from qchem_app.errors import UsageError
from qchem_app.printable import printable
from qchem_app.screening.fields import FIELDS
from qchem_app.screening.outcome import Scalar
from qchem_app.screening.query import EXTRA, row_values
from qchem_app.screening.store_rows import ResultRow, storable

# What makes a spreadsheet take a cell for a formula.
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_INT64 = 1 << 63


def to_csv(rows: Iterable[ResultRow], columns: Sequence[str]) -> str:
    """A header and one line a row.

    Floats have every digit, what is None is empty, true and false are words. A text that a
    spreadsheet would compute as a formula gets an apostrophe before it; numbers never do.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([_cell(name) for name in columns])
    for row in rows:
        values = row_values(row)
        writer.writerow([_cell(values.get(name)) for name in columns])
    return text.getvalue()


def _cell(value: Scalar) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | int):
        return repr(value)
    # Looked at before and after, because a tab is no longer one when it is made printable.
    safe = printable(value)
    return f"'{safe}" if value.lstrip(" ").startswith(_FORMULA) else safe


def to_json_lines(rows: Iterable[ResultRow], columns: Sequence[str]) -> str:
    """One JSON object a row, every column in it; ASCII, so that it is safe to print."""
    return "".join(f"{_object(row, columns)}\n" for row in rows)


def to_json(rows: Iterable[ResultRow], columns: Sequence[str]) -> str:
    """One JSON list of the same objects."""
    return "[" + ",".join(f"\n {_object(row, columns)}" for row in rows) + "\n]\n"


def _object(row: ResultRow, columns: Sequence[str]) -> str:
    values = row_values(row)
    return json.dumps({name: values.get(name) for name in columns}, allow_nan=False)


def to_parquet(rows: Iterable[ResultRow], columns: Sequence[str]) -> bytes:
    """An Apache Parquet file of typed columns, with unit and meaning in each one's metadata.

    A column is of booleans, 64-bit integers, doubles or texts, as its values are; of texts where
    they are mixed.

    Raises:
        UsageError: PyArrow is not installed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise UsageError(
            "writing Parquet needs PyArrow: pip install 'qchem-app[parquet]'"
        ) from None
    table: list[list[Scalar]] = [[] for _ in columns]
    for row in rows:
        values = row_values(row)
        for column, name in zip(table, columns, strict=True):
            column.append(values.get(name))
    fields, arrays = [], []
    for name, column in zip(columns, table, strict=True):
        unit, meaning = (FIELDS | EXTRA).get(name, ("", ""))
        kind, converted = _typed(column, unit)
        arrays.append(pyarrow.array(converted, getattr(pyarrow, kind)()))
        metadata = {"unit": unit, "description": meaning}
        fields.append(pyarrow.field(storable(name), arrays[-1].type, metadata=metadata))
    sink = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_arrays(arrays, schema=pyarrow.schema(fields)), sink)
    return sink.getvalue()


def _typed(column: Sequence[Scalar], unit: str) -> tuple[str, list[Any]]:
    """Name of PyArrow's type for the values, and the values as it takes them."""
    kinds = {type(value) for value in column if value is not None}
    if not kinds:
        return ("float64" if unit else "null"), list(column)
    if kinds == {bool}:
        return "bool_", list(column)
    if kinds == {int} and all(-_INT64 <= int(v) < _INT64 for v in column if v is not None):
        return "int64", list(column)
    if kinds <= {int, float}:
        try:
            return "float64", [None if v is None else float(v) for v in column]
        except OverflowError:
            pass
    return "string", [
        None if v is None else storable(v) if isinstance(v, str) else _cell(v) for v in column
    ]
