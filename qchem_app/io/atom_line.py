"""One atom of an XYZ file: element and position, read strictly and never evaluated."""

from __future__ import annotations

import re

from qchem_app.elements import normalise_symbol
from qchem_app.errors import InputError
from qchem_app.io.comment import Columns
from qchem_app.io.source import excerpt
from qchem_app.molecule import LARGEST_COORDINATE_BOHR

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eEdD][+-]?[0-9]{1,4})?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
_ELEMENT_LIKE = re.compile(r"[A-Za-z]{1,3}[0-9]*|[0-9]{1,3}", re.ASCII)


def is_atom_line(line: str) -> bool:
    """Whether it looks like "symbol x y z", well enough to tell it from a count."""
    tokens = line.split(None, 4)
    return len(tokens) >= 4 and _ELEMENT_LIKE.fullmatch(tokens[0]) is not None


def has_atom(line: str) -> bool:
    """Whether it has columns enough for an atom."""
    return len(line.split(None, 4)) >= 4


def parse_atom(line: str, columns: Columns, scale: float) -> tuple[str, list[float]]:
    """Element and position in Bohr from one line; `scale` is Bohr per unit of the file.

    Raises:
        InputError: a column is missing, no element, or no finite number.
    """
    last = max(columns.element, columns.position + 2)
    tokens = line.split(None, last + 1)
    if len(tokens) <= last:
        raise InputError(
            f'an atom line must be "symbol x y z", found {shown(line)}: complete or remove it'
            if columns == Columns()
            else f"the Properties need {last + 1} columns, found {len(tokens)}: complete the line"
        )
    symbol = normalise_symbol(tokens[columns.element])
    return symbol, [
        _coordinate(axis, token, scale)
        for axis, token in zip("xyz", tokens[columns.position : columns.position + 3], strict=True)
    ]


def _coordinate(axis: str, token: str, scale: float) -> float:
    if len(token) <= 64 and _NUMBER.fullmatch(token):
        value = float(token.replace("D", "e").replace("d", "e")) * scale
        if abs(value) <= LARGEST_COORDINATE_BOHR:
            return value
        raise InputError(f'the {axis} coordinate "{token}" is too large: check it and its unit')
    if _NOT_FINITE.fullmatch(token):
        raise InputError(f'the {axis} coordinate is "{token}": it must be a finite number')
    raise InputError(
        f'the {axis} coordinate "{excerpt(token)}" is not a number: write it as a decimal such '
        "as -1.25"
    )


def shown(line: str) -> str:
    """A line as messages show it."""
    return f'"{excerpt(line.strip())}"' if line.strip() else "a blank line"
