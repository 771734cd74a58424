"""Tables of candidates: CSV with commas, semicolons or tabs, as people and spreadsheets write it.

    name;file;smiles;charge;multiplicity;basis;active space;r / Å
    cation;h2o.xyz;;1;2;;;
    methane;;C;;;6-31g;"4,4";
    half way;path.xyz;;;;;;0,74

The first line names the columns, in any order, case and spelling ("Active Space" is
active_space). Each row has a `file` (relative to the table; with a `frame` where it has several) or
a `smiles`; the other columns are optional, an empty cell says nothing. Columns of other names are
kept as the candidate's variables where they hold numbers, and left alone where they hold text;
one whose name may mean the charge or the multiplicity ("q", "Ladung") is refused.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from qchem_app.errors import InputError
from qchem_app.io.candidate_words import (
    MOST_CANDIDATES,
    TABLE_WORDS,
    find_word,
    spellings,
    squeeze,
)
from qchem_app.io.source import MANY_LIMIT, Source, decode, excerpt, read_source
from qchem_app.printable import printable

_DELIMITERS = ",;\t"
#: Lines that one quoted cell may run over; more means a quote that was never closed.
_LINES_OF_A_CELL = 100
#: Columns that a sentence names.
_MOST_NAMED = 8
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+", re.ASCII)
#: A first line that some spreadsheets write and read.
_SEPARATOR = re.compile(r"\"?sep=([,;\t])\"?[,;\t]*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class TableRow:
    """One row, before anything in it is looked up.

    Attributes:
        line: where it begins, counted from 1.
        values: the cells that are not empty, by the words of `TABLE_WORDS`.
        variables: numbers in columns of other names.
        error: one sentence where the row cannot be read.
    """

    line: int
    values: dict[str, str] = field(default_factory=dict)
    variables: dict[str, float] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True)
class CandidateTable:
    """A table and where it came from.

    Attributes:
        source: the file.
        rows: below the header.
        own: names of the columns that are no settings.
    """

    source: Source
    rows: tuple[TableRow, ...]
    own: tuple[str, ...] = ()

    def own_columns(self) -> str:
        """A sentence about the columns that are no settings, or nothing where there are none."""
        numeric = {name for row in self.rows for name in row.variables}
        kept = [name for name in self.own if name in numeric]
        texts = [name for name in self.own if name not in numeric]
        parts = []
        if kept:
            parts.append(f"{_columns(kept, 'is no setting', 'are not settings')}; kept as your own")
        if texts:
            no_setting = _columns(texts, "is no setting", "are not settings")
            parts.append(f"{no_setting} and {'hold' if texts[1:] else 'holds'} no number; left out")
        return f"{self.source.label}: {'; '.join(parts)}" if parts else ""


@dataclass(frozen=True)
class _Header:
    words: list[str | None]  # of each column: what it says, None for a column of the user's own
    titles: list[str]
    delimiter: str


def read_table(path: str | os.PathLike[str]) -> CandidateTable:
    """Read a table of candidates.

    Raises:
        InputError: it cannot be read, has no header that can be used, no rows, or too many. What
            is wrong with a row is said in the row.
    """
    source = read_source(path, MANY_LIMIT, holds="a table with a header line")
    lines = re.split(r"\r\n|\n|\r", decode(source))
    start, header = _find_header(lines, source.label)
    rows = []
    for index, cells in _records(lines, start + 1, header.delimiter):
        row = _row(index + 1, cells, header, source.label)
        if row is not None:
            rows.append(row)
            if len(rows) > MOST_CANDIDATES:
                raise InputError(
                    f"{source.label}: more than {MOST_CANDIDATES} rows: split the table"
                )
    if not rows:
        raise InputError(f"{source.label}: there is no row below the header: add candidates")
    titles = zip(header.titles, header.words, strict=True)
    own = [_variable(title) for title, word in titles if title and word is None]
    return CandidateTable(source, tuple(rows), tuple(own))


def _columns(names: list[str], one: str, several: str) -> str:
    shown = [excerpt(name, 40) for name in names[:_MOST_NAMED]]
    more = [f"{len(names) - len(shown)} more"] if len(names) > len(shown) else []
    if len(names) == 1:
        return f"column {shown[0]} {one}"
    return f"columns {', '.join([*shown, *more])} {several}"


def _variable(title: str) -> str:
    """What a column of the user's own is called."""
    return printable(title)[:100]


def is_table(text: str) -> bool:
    """Whether text of an unknown kind begins with the header of a table of candidates."""
    first = next((line for line in text.splitlines()[:20] if line.strip()), "")
    known = spellings(("file", "smiles"))
    return any(
        squeeze(cell.strip('" ')) in known
        for delimiter in _DELIMITERS
        for cell in first.split(delimiter)
    )


def _find_header(lines: list[str], label: str) -> tuple[int, _Header]:
    """Index and meaning of the header line."""
    delimiters, index = _DELIMITERS, 0
    for line in lines:
        if match := _SEPARATOR.fullmatch(line):
            delimiters = match[1]
        elif line.strip(' \t,;"') and not line.startswith("#"):
            break
        index += 1
    else:
        raise InputError(f"{label}: there is no header line: name the columns in the first one")
    where = f"{label}:{index + 1}"
    # The one that makes most columns; people put commas into names, spreadsheets semicolons.
    best = max(
        delimiters, key=lambda delimiter: (_recognised(line, delimiter), line.count(delimiter))
    )
    titles = [cell.strip() for cell in _header_cells(line, best, where)]
    words: list[str | None] = []
    for title in titles:
        try:
            words.append(find_word(title, TABLE_WORDS) if title else None)
        except InputError as error:
            raise InputError(
                f"{where}: column {error}" + " (rename it if not)" * str(error).endswith("?")
            ) from None
    _keep_one_name(words, titles)
    for number, title in enumerate(titles):
        word = words[number]
        if title and any(
            (word is not None and word == words[k]) or title == titles[k] for k in range(number)
        ):
            raise InputError(
                f'{where}: two columns say the same, the second one is "{excerpt(title, 40)}": '
                "keep one of them"
            )
    if not {"file", "smiles"} & set(words):
        raise InputError(
            f'{where}: the header must name a column "file" or "smiles", found '
            f'"{excerpt(line.strip())}": name the columns in the first line'
        )
    return index, _Header(words, titles, best)


def _keep_one_name(words: list[str | None], titles: list[str]) -> None:
    """Beside a "name" (or the first of its kind) an "id" is a column of the user's own."""
    named = [k for k, word in enumerate(words) if word == "name"]
    exact = [k for k in named if squeeze(titles[k]) == "name"]
    for k in named:
        if not exact and k != named[0]:
            words[k] = None
        if exact and k not in exact:
            words[k] = None


def _recognised(line: str, delimiter: str) -> int:
    known = spellings(TABLE_WORDS)
    return sum(squeeze(cell.strip('" ')) in known for cell in line.split(delimiter))


def _header_cells(line: str, delimiter: str, where: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True, skipinitialspace=True))
    except csv.Error as error:
        raise InputError(f"{where}: the header is not CSV ({error}): correct its quotes") from None


def _records(
    lines: list[str], start: int, delimiter: str
) -> Iterator[tuple[int, list[str] | csv.Error]]:
    """(index of its first line, cells or what is wrong) for every record that is not blank.

    After a record that cannot be read the next line begins a new one, so that a quote that is
    never closed costs one row and not the rest of the table.
    """
    index = start
    while index < len(lines):
        line = lines[index]
        used = 1
        if '"' not in line:
            if line.strip():
                yield index, line.split(delimiter)
        else:
            following = range(index, min(index + _LINES_OF_A_CELL, len(lines)))
            reader = csv.reader(
                (lines[k] + "\n" for k in following),
                delimiter=delimiter,
                strict=True,
                skipinitialspace=True,
            )
            try:
                yield index, next(reader)
                used = reader.line_num
            except csv.Error as error:
                yield index, error
        index += used


def _row(line: int, cells: list[str] | csv.Error, header: _Header, label: str) -> TableRow | None:
    where = f"{label}:{line}"
    if isinstance(cells, csv.Error):
        return TableRow(line, error=f"{where}: the row is not CSV ({cells}): correct its quotes")
    cells = [cell.strip() for cell in cells]
    if not any(cells):
        return None
    if any(cells[len(header.titles) :]):
        return TableRow(
            line,
            error=f"{where}: the row has {len(cells)} cells, but the header {len(header.titles)}: "
            'put quotes around a cell with a delimiter in it, such as "6,6"',
        )
    values: dict[str, str] = {}
    variables: dict[str, float] = {}
    for cell, word, title in zip(cells, header.words, header.titles, strict=False):
        if not cell or not title:
            continue
        if word is not None:
            values[word] = cell
        elif (number := _number(cell, header.delimiter)) is not None:
            variables[_variable(title)] = number
    return TableRow(line, values, variables)


def _number(text: str, delimiter: str) -> float | None:
    """The finite number in a cell, with a decimal comma where commas separate nothing."""
    if delimiter != "," and _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    if len(text) > 64 or not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if abs(value) < float("inf") else None
