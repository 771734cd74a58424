"""A table with a line a row, whose long texts wrap inside their columns; no science."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qchem_app.printable import printable
from qchem_app.report.layout import paragraph

#: Characters that a text column keeps at least; and without need, before the table is cut in two.
_NARROWEST, _COMFORTABLE = 8, 16
#: Longer headings wrap, where no cell is as long.
_LONGEST_HEAD = 24
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


def natural_width(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> int:
    """Characters of a table of these columns where nothing wraps but headings."""
    widths = _natural(columns, [[printable(cell) for cell in row] for row in cells])
    return sum(widths) + _GAP * (len(widths) - 1)


def columns_table(
    columns: Sequence[Column],
    rows: Iterable[tuple[Sequence[str], str | Sequence[str]]],
    width: int,
) -> list[str]:
    """Set rows of cells under their headings, each with a remark below it where it has one.

    Columns that do not fit beside each other are set as further tables below, each with the first
    column again. Nothing is cut off.

    Args:
        columns: headings.
        rows: cells and remark: a text that is wrapped, or lines that are not.
        width: of the lines, at most.
    """
    rows = list(rows)
    body = [[printable(cell) for cell in cells] for cells, _ in rows]
    parts = _parts(columns, _natural(columns, body), width)
    lines: list[str] = []
    for part in parts:
        remarks = [remark if part is parts[-1] else "" for _, remark in rows]
        cells = [[row[i] for i in part] for row in body]
        lines += _part([columns[i] for i in part], cells, remarks, width)
    return lines


def _parts(columns: Sequence[Column], widths: Sequence[int], width: int) -> list[list[int]]:
    """Columns by their numbers, as many beside each other as fit."""
    floor = [
        min(size, _floor(column, _COMFORTABLE)) if column.text else size
        for column, size in zip(columns, widths, strict=True)
    ]
    parts, used = [[0]], floor[0]
    for i in range(1, len(columns)):
        used += _GAP + floor[i]
        if used > width and len(parts[-1]) > 1:
            parts.append([0])
            used = floor[0] + _GAP + floor[i]
        parts[-1].append(i)
    return parts


def _part(
    columns: Sequence[Column],
    body: Sequence[Sequence[str]],
    remarks: Sequence[str | Sequence[str]],
    width: int,
) -> list[str]:
    """One table of columns that fit."""
    widths = _natural(columns, body)
    _shrink(widths, columns, width)
    rule = "-" * (sum(widths) + _GAP * (len(widths) - 1))
    lines = [rule, *_heading(columns, widths), rule]
    for cells, remark in zip(body, remarks, strict=True):
        lines += _wrapped(cells, columns, widths)
        if isinstance(remark, str):
            indent = "    "
            lines += paragraph(remark, width, first=indent, rest=indent) if remark else []
        else:
            lines += [printable(line) for line in remark]
    return [*lines, rule]


def _natural(columns: Sequence[Column], body: Sequence[Sequence[str]]) -> list[int]:
    """Characters of each column, where long headings wrap and nothing else."""
    return [
        max([_floor(column, 1), *(len(row[i]) for row in body)]) for i, column in enumerate(columns)
    ]


def _floor(column: Column, least: int) -> int:
    """Characters that a column keeps for its heading."""
    heads = max(len(printable(column.head)), len(printable(column.unit)))
    return max(least, min(_LONGEST_HEAD, heads))


def _shrink(widths: list[int], columns: Sequence[Column], width: int) -> None:
    """Take from the widest text column, one character at a time, until the table fits."""
    floor = [_floor(column, _NARROWEST) for column in columns]
    while sum(widths) + _GAP * (len(widths) - 1) > width:
        able = [i for i, c in enumerate(columns) if c.text and widths[i] > floor[i]]
        if not able:
            return
        widths[max(able, key=lambda i: widths[i])] -= 1


def _heading(columns: Sequence[Column], widths: Sequence[int]) -> list[str]:
    """Lines of the headings, the last of each column right above its unit."""
    heads = [_fold(printable(c.head), width) for c, width in zip(columns, widths, strict=True)]
    units = [_fold(printable(c.unit), width) for c, width in zip(columns, widths, strict=True)]
    lines = []
    for stack in (heads, units):
        height = max(map(len, stack))
        for i in range(height):
            cells = [
                part[i - height + len(part)] if i >= height - len(part) else "" for part in stack
            ]
            lines.append(_line(cells, columns, widths))
    return [line for line in lines if line]


def _wrapped(cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> list[str]:
    """The lines that a row takes."""
    parts = [_fold(cell, width) for cell, width in zip(cells, widths, strict=True)]
    return [
        _line([part[i] if i < len(part) else "" for part in parts], columns, widths)
        for i in range(max(map(len, parts)))
    ]


def _fold(cell: str, width: int) -> list[str]:
    if len(cell) <= width:
        return [cell]
    return textwrap.wrap(cell, width, break_on_hyphens=False) or [""]


def _line(cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> str:
    return (
        (" " * _GAP)
        .join(
            cell.ljust(width) if column.text else cell.rjust(width)
            for cell, column, width in zip(cells, columns, widths, strict=True)
        )
        .rstrip()
    )
