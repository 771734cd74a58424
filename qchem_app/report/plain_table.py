"""A table of plain cells between rules, and the numbers in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def ruled(
    header: Sequence[str], body: Sequence[Sequence[str]], texts: int, split: int | None = None
) -> list[str]:
    """Header and rows between rules; all but the first and last text columns to the right."""
    sizes = [max(len(h), *(len(row[i]) for row in body)) for i, h in enumerate(header)]
    left = set(range(1, texts)) | ({0} if texts == 1 else {len(header) - 1})

    def line(cells: Sequence[str]) -> str:
        parts = [
            cell.ljust(size) if i in left else cell.rjust(size)
            for i, (cell, size) in enumerate(zip(cells, sizes, strict=True))
        ]
        return "  ".join(parts).rstrip()

    rule = "-" * (sum(sizes) + 2 * (len(sizes) - 1))
    lines = [rule, line(header), rule, *(line(row) for row in body), rule]
    if split is not None and split < len(body):
        lines.insert(3 + split, rule)
    return lines


def cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: max(1, room - 2)]}.."


def number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def integer(value: Any) -> str:
    parsed = number(value)
    return "-" if parsed is None else f"{parsed:.0f}"


def decimals(value: Any, digits: int, factor: float = 1.0) -> str:
    parsed = number(value)
    if parsed is None:
        return "-"
    text = f"{parsed * factor:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def signed(value: Any, digits: int, factor: float = 1.0) -> str:
    text = decimals(value, digits, factor)
    return text if text == "-" or text.startswith("-") or float(text) == 0 else f"+{text}"
