"""Plain-text layout: wrapped paragraphs, facts with a label, a ruled table. No science."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from qchem_app.printable import printable

#: Narrower than this the table of energies cannot be set, wider it is hard to read.
NARROWEST, WIDEST = 64, 120
#: Characters of the label column of `fact`.
LABEL_WIDTH = 16
# The notes of a table have at least so many columns, and its first cells are not narrowed further.
_NOTES_WIDTH, _NARROWEST_LABEL = 12, 10


def output_width() -> int:
    """Columns for text on standard output: COLUMNS, else the terminal's, else 80."""
    try:
        columns = int(os.environ.get("COLUMNS", ""))
    except ValueError:
        try:
            columns = os.get_terminal_size(sys.stdout.fileno()).columns
        except (AttributeError, OSError, ValueError):
            columns = 0
    return max(NARROWEST, min(WIDEST, columns or 80))


def paragraph(text: str, width: int, *, first: str = "", rest: str = "") -> list[str]:
    """Wrap a text; `first` and `rest` lead its first and its other lines."""
    return textwrap.wrap(
        printable(text),
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
    ) or [first.rstrip()]


def fact(label: str, text: str, width: int) -> list[str]:
    """A label and a text beside it, wrapped in its own column."""
    return paragraph(text, width, first=label.ljust(LABEL_WIDTH), rest=" " * LABEL_WIDTH)


@dataclass(frozen=True)
class Row:
    """One line of the table: right-aligned cells after the first, then flags and notes.

    Flags are a few words each and always stand in the line, unless the notes beside them say the
    same; notes are sentences, which move below the table where they do not fit.
    """

    cells: tuple[str, ...]
    flags: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())


def ruled_table(header: Sequence[str], rows: Sequence[Row], width: int) -> list[str]:
    """Set rows under a header (its last word heads the notes), numbered notes below.

    A note that several rows share gets one number. Nothing is cut off; first cells that leave no
    room for the notes are wrapped.
    """
    *heads, notes_head = header
    widths = [max(len(head), *(len(row.cells[i]) for row in rows)) for i, head in enumerate(heads)]
    lead = sum(widths) + 2 * len(widths)
    excess = max(0, lead + _NOTES_WIDTH - width)
    narrowed = max(min(widths[0], _NARROWEST_LABEL), widths[0] - excess)
    lead, widths[0] = lead - widths[0] + narrowed, narrowed
    room = max(_NOTES_WIDTH, width - lead)
    footnotes: dict[str, int] = {}
    body: list[str] = []
    for row in rows:
        labels = textwrap.wrap(printable(row.cells[0]), widths[0])
        notes = _wrapped_notes(row, room, footnotes)
        for i, (label, text) in enumerate(zip_longest(labels, notes, fillvalue="")):
            cells = row.cells[1:] if i == 0 else ("",) * len(row.cells[1:])
            body.append(f"{_aligned((label, *cells), widths)}  {text}".rstrip())
    rule = "-" * max(width, lead + room)
    lines = [rule, f"{_aligned(heads, widths)}  {notes_head}".rstrip(), rule, *body, rule]
    for note, number in footnotes.items():
        mark = f"[{number}] "
        lines += paragraph(note, width, first=mark, rest=" " * len(mark))
    return lines


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """First cell to the left, numbers to the right."""
    first, *others = (printable(cell) for cell in cells)
    return "  ".join(
        [first.ljust(widths[0]), *(c.rjust(w) for c, w in zip(others, widths[1:], strict=True))]
    )


def _wrapped_notes(row: Row, room: int, footnotes: dict[str, int]) -> list[str]:
    """Lines of the notes column; notes too long for one line become footnotes."""
    notes = "; ".join(map(printable, row.notes))
    fresh = [flag for flag in row.flags if flag.lower() not in notes.lower()]
    whole = "; ".join(filter(None, (*fresh, notes)))
    if len(whole) <= room:
        return [whole]
    marks = [f"{footnotes.setdefault(note, len(footnotes) + 1)}" for note in row.notes]
    pointer = f"[{', '.join(marks)}]" if marks else ""
    return paragraph(" ".join(filter(None, ("; ".join(row.flags), pointer))), room)
