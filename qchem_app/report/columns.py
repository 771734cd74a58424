"""A table with a line a row, whose long texts wrap inside their columns. No science."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qchem_app.printable import printable
from qchem_app.report.layout import paragraph

#: Characters that a text column keeps at least.
_NARROWEST = 8
_GAP = 2


@dataclass(frozen=True)
class Column:
    """Heading of a column.

    Attributes:
        head: first line of the heading.
        unit: second line.
        text: left-aligned, and wraps where the table is too wide; else numbers, to the right.
    """

    head: str
    unit: str = ""
    text: bool = False


def columns_table(
    columns: Sequence[Column],
    rows: Iterable[tuple[Sequence[str], str]],
    width: int,
) -> list[str]:
    """Set rows of cells under their headings, each with a remark below it where it has one.

    Nothing is cut off: a table of many numbers is wider than `width`.
    """
    body = [([printable(cell) for cell in cells], printable(remark)) for cells, remark in rows]
    heads = [(printable(column.head), printable(column.unit)) for column in columns]
    widths = [
        max(len(head), len(unit), *(len(cells[i]) for cells, _ in body), 1)
        for i, (head, unit) in enumerate(heads)
    ]
    _shrink(widths, columns, heads, width)
    rule = "-" * (sum(widths) + _GAP * (len(widths) - 1))
    lines = [rule, _line([head for head, _ in heads], columns, widths)]
    if any(unit for _, unit in heads):
        lines.append(_line([unit for _, unit in heads], columns, widths))
    lines.append(rule)
    for cells, remark in body:
        lines += _wrapped(cells, columns, widths)
        if remark:
            lines += paragraph(remark, max(width, 40), first="    ", rest="    ")
    return [*lines, rule]


def _shrink(
    widths: list[int], columns: Sequence[Column], heads: Sequence[tuple[str, str]], width: int
) -> None:
    """Take from the widest text column, one character at a time, until the table fits."""
    floor = [max(_NARROWEST, len(head), len(unit)) for head, unit in heads]
    while sum(widths) + _GAP * (len(widths) - 1) > width:
        able = [i for i, c in enumerate(columns) if c.text and widths[i] > floor[i]]
        if not able:
            return
        widths[max(able, key=lambda i: widths[i])] -= 1


def _wrapped(cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> list[str]:
    """The lines that a row takes."""
    parts = [
        textwrap.wrap(cell, width) or [""] if len(cell) > width else [cell]
        for cell, width in zip(cells, widths, strict=True)
    ]
    return [
        _line([part[i] if i < len(part) else "" for part in parts], columns, widths)
        for i in range(max(map(len, parts)))
    ]


def _line(cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> str:
    return (
        (" " * _GAP)
        .join(
            cell.ljust(width) if column.text else cell.rjust(width)
            for cell, column, width in zip(cells, columns, widths, strict=True)
        )
        .rstrip()
    )
