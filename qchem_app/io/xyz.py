"""XYZ files in all the dialects that people have, read strictly.

    3 [bohr|au|angstrom]                       <- number of atoms and, rarely, the unit
    0 1 | charge=0 multiplicity=1 ... | text   <- comment
    O  0.0  0.0  0.117                         <- element x y z, more columns are ignored
    ...                                        <- possibly more frames of the same form

or the bare atom lines alone. Nothing in a file is ever evaluated: a coordinate is a decimal number
or an error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qchem_app.elements import normalise_symbol
from qchem_app.errors import InputError, UsageError
from qchem_app.io.comment import Columns, Comment, parse_comment
from qchem_app.io.source import ATOM_LIMIT, TOO_LARGE, excerpt
from qchem_app.molecule import CLOSEST_DISTANCE_ANGSTROM, LARGEST_COORDINATE_BOHR, closest_pair
from qchem_app.units import ANGSTROM_PER_BOHR, BOHR_PER_ANGSTROM

_UNITS = {
    "angstrom": BOHR_PER_ANGSTROM,
    "angstroms": BOHR_PER_ANGSTROM,
    "ang": BOHR_PER_ANGSTROM,
    "bohr": 1.0,
    "bohrs": 1.0,
    "au": 1.0,
    "a.u.": 1.0,
}
_COUNT = re.compile(r"\s*([0-9]{1,12})(?:\s+(\S+))?\s*", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eEdD][+-]?[0-9]{1,4})?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE)
_ELEMENT_LIKE = re.compile(r"[A-Za-z]{1,3}[0-9]*|[0-9]{1,3}", re.ASCII)


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame of an XYZ file, before charge and multiplicity are settled.

    Attributes:
        symbols: element symbols.
        coordinates: (natom, 3) array, Bohr.
        comment: what the comment line says.
        line: where to point for what is said about the whole frame, counted from 1.
        n_frames: how many frames the file holds.
    """

    symbols: tuple[str, ...]
    coordinates: NDArray[np.float64]
    comment: Comment
    line: int
    n_frames: int


@dataclass(frozen=True)
class _Block:
    """Line indices (from 0) of one frame; count and comment are None for bare atom lines."""

    count: int | None
    comment: int | None
    first: int
    stop: int
    scale: float  # Bohr per unit of the file


def read_frame(text: str, label: str, frame: int | None = None) -> Frame:
    """Parse one frame of XYZ text.

    Args:
        text: the whole file.
        label: what messages call the file.
        frame: which one, from 0; may be left out where there is only one.

    Raises:
        UsageError: `frame` is negative.
        InputError: anything else, with the line where it is wrong.
    """
    if frame is not None and frame < 0:
        raise UsageError(f"frames are counted from 0, found {frame}: use 0 for the first one")
    # Not str.splitlines, which also breaks at characters that no editor counts as a line end.
    lines = re.split(r"\r\n|\n|\r", text)
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise InputError(f"{label}: the file is empty: it must hold a geometry")
    blocks = _split(lines, label)
    if frame is None and len(blocks) > 1:
        raise InputError(
            f"{label}: the file holds {len(blocks)} frames: choose one with --frame N, "
            f"N from 0 to {len(blocks) - 1}"
        )
    chosen = frame or 0
    if chosen >= len(blocks):
        only = (
            "one frame: use 0"
            if len(blocks) == 1
            else f"{len(blocks)} frames, 0 to {len(blocks) - 1}"
        )
        raise InputError(f"{label}: there is no frame {chosen}: the file holds {only}")
    return _parse(lines, blocks[chosen], label, len(blocks))


def _split(lines: list[str], label: str) -> list[_Block]:
    start = 0
    while not lines[start].strip():
        start += 1
    if _is_atom_line(lines[start]):
        if len(lines) - start > ATOM_LIMIT:
            raise InputError(f"{label}:{start + 1}: more than {ATOM_LIMIT} atoms: {TOO_LARGE}")
        return [_Block(None, None, start, len(lines), BOHR_PER_ANGSTROM)]
    blocks: list[_Block] = []
    while start < len(lines):
        if not lines[start].strip():
            start += 1
            continue
        natom, scale = _header(lines, start, label, blocks)
        first, stop = start + 2, start + 2 + natom
        if stop > len(lines):
            have = max(len(lines) - first, 0)
            raise InputError(
                f"{label}:{start + 1}: the count says {_atoms(natom)}, but only {have} "
                f"follow{'s' * (have == 1)}: correct the count or add the missing atoms"
            )
        for index in range(first, stop):
            if len(lines[index].split(None, 4)) < 4:
                raise InputError(
                    f'{label}:{index + 1}: atom {index - first + 1} of {natom} must be "symbol x y '
                    f'z", found {_shown(lines[index])}: correct the line or the count in line '
                    f"{start + 1}"
                )
        blocks.append(_Block(start, start + 1, first, stop, scale))
        start = stop
    return blocks


def _header(lines: list[str], index: int, label: str, blocks: list[_Block]) -> tuple[int, float]:
    """Number of atoms and Bohr per unit, from the first line of a frame."""
    where = f"{label}:{index + 1}"
    match = _COUNT.fullmatch(lines[index])
    if match is None:
        shown = excerpt(lines[index].strip())
        if blocks:
            previous = blocks[-1]
            natom = previous.stop - previous.first
            if _is_atom_line(lines[index]):
                raise InputError(
                    f"{where}: the count in line {previous.first - 1} says {_atoms(natom)}, but "
                    f"another one follows: correct the count or remove the extra atoms"
                )
            raise InputError(
                f"{where}: after {_atoms(natom)} the file must end or a new frame begin with its "
                f'count, found "{shown}": correct the count in line {previous.first - 1} or remove '
                "the line"
            )
        raise InputError(
            f'{where}: the first line must be the number of atoms, found "{shown}": write it there'
        )
    natom, unit = int(match[1]), (match[2] or "angstrom").lower()
    if unit not in _UNITS:
        raise InputError(
            f'{where}: "{excerpt(match[2], 20)}" is not a unit: use angstrom, bohr or au, or '
            "leave it out for angstrom"
        )
    if natom == 0:
        raise InputError(f"{where}: the count says 0 atoms: a molecule needs at least one")
    if natom > ATOM_LIMIT:
        raise InputError(
            f"{where}: the count says {natom} atoms, more than {ATOM_LIMIT}: {TOO_LARGE}"
        )
    return natom, _UNITS[unit]


def _is_atom_line(line: str) -> bool:
    tokens = line.split(None, 4)
    return len(tokens) >= 4 and _ELEMENT_LIKE.fullmatch(tokens[0]) is not None


def _parse(lines: list[str], block: _Block, label: str, n_frames: int) -> Frame:
    comment = Comment()
    if block.comment is not None:
        try:
            comment = parse_comment(lines[block.comment])
        except InputError as error:
            raise InputError(f"{label}:{block.comment + 1}: {error}") from None
    symbols = []
    rows = []
    for index in range(block.first, block.stop):
        try:
            symbol, row = _atom(lines[index], comment.columns, block.scale)
        except InputError as error:
            raise InputError(f"{label}:{index + 1}: {error}") from None
        symbols.append(symbol)
        rows.append(row)
    coordinates = np.array(rows, dtype=np.float64)
    pair = closest_pair(coordinates, CLOSEST_DISTANCE_ANGSTROM * BOHR_PER_ANGSTROM)
    if pair is not None:
        i, j, distance = pair
        raise InputError(
            f"{label}:{block.first + j + 1}: {symbols[j]} is {distance * ANGSTROM_PER_BOHR:.3f} Å "
            f"from {symbols[i]} in line {block.first + i + 1}, nearer than "
            f"{CLOSEST_DISTANCE_ANGSTROM} Å: check the coordinates and their unit"
        )
    line = (block.first if block.comment is None else block.comment) + 1
    return Frame(tuple(symbols), coordinates, comment, line, n_frames)


def _atom(line: str, columns: Columns, scale: float) -> tuple[str, list[float]]:
    """Element and position in Bohr from one line."""
    last = max(columns.element, columns.position + 2)
    tokens = line.split(None, last + 1)
    if len(tokens) <= last:
        raise InputError(
            f'an atom line must be "symbol x y z", found {_shown(line)}: complete or remove it'
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


def _shown(line: str) -> str:
    return f'"{excerpt(line.strip())}"' if line.strip() else "a blank line"


def _atoms(count: int) -> str:
    return f"{count} atom{'s' * (count != 1)}"
