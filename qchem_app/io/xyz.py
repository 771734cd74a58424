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

from qchem_app.errors import InputError, UsageError
from qchem_app.io.atom_line import has_atom, is_atom_line, parse_atom, shown
from qchem_app.io.comment import Comment, parse_comment
from qchem_app.io.source import ATOM_LIMIT, TOO_LARGE, excerpt
from qchem_app.molecule import CLOSEST_DISTANCE_ANGSTROM, closest_pair
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
    fault: InputError | None = None  # why the lines are no frame


@dataclass(frozen=True, eq=False)
class XYZText:
    """XYZ text cut into frames once; each is parsed only when it is asked for.

    A frame whose lines do not add up keeps its number, and the frames behind it are found again at
    the next count with a complete frame below it.
    """

    label: str
    _lines: list[str]
    _blocks: list[_Block]

    @classmethod
    def cut(cls, text: str, label: str) -> XYZText:
        """Find the frames of a whole file.

        Raises:
            InputError: there is nothing in it, or too many atoms without a count.
        """
        # Not str.splitlines, which also breaks at characters that no editor counts as a line end.
        lines = re.split(r"\r\n|\n|\r", text)
        while lines and not lines[-1].strip():
            lines.pop()
        if not lines:
            raise InputError(f"{label}: the file is empty: it must hold a geometry")
        return cls(label, lines, _split(lines, label))

    def __len__(self) -> int:
        """How many frames there are, the faulty ones included."""
        return len(self._blocks)

    def check(self) -> None:
        """Raise what is wrong with the first frame whose lines do not add up."""
        for block in self._blocks:
            if block.fault is not None:
                raise block.fault

    def comment(self, index: int) -> Comment:
        """What the comment line of a frame says.

        Raises:
            InputError: it says what it cannot.
        """
        line = self._blocks[index].comment
        return Comment() if line is None else parse_comment(self._lines[line])

    def choose(self, frame: int | None) -> Frame:
        """Parse one frame, counted from 0; None for the only one.

        Raises:
            InputError: it is not a usable one (with the line where it is wrong), or there is no
                such frame, or more than one and none is named.
        """
        count = len(self)
        if frame is None and count > 1:
            raise InputError(
                f"{self.label}: the file holds {count} frames: choose one with --frame N, "
                f"N from 0 to {count - 1}"
            )
        index = frame or 0
        if not 0 <= index < count:
            only = "one frame: use 0" if count == 1 else f"{count} frames, 0 to {count - 1}"
            raise InputError(f"{self.label}: there is no frame {index}: the file holds {only}")
        block = self._blocks[index]
        if block.fault is not None:
            raise block.fault
        return _parse(self._lines, block, self.label, count)


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
    cut = XYZText.cut(text, label)
    cut.check()
    return cut.choose(frame)


def _split(lines: list[str], label: str) -> list[_Block]:
    start = 0
    while not lines[start].strip():
        start += 1
    if is_atom_line(lines[start]):
        if len(lines) - start > ATOM_LIMIT:
            raise InputError(f"{label}:{start + 1}: more than {ATOM_LIMIT} atoms: {TOO_LARGE}")
        return [_Block(None, None, start, len(lines), BOHR_PER_ANGSTROM)]
    blocks: list[_Block] = []
    while start < len(lines):
        if not lines[start].strip():
            start += 1
            continue
        try:
            block = _block(lines, start, label, blocks)
        except InputError as error:
            # Lines that belong to no frame mean that the count before them may be wrong, and the
            # molecule with it: the frame before is the faulty one.
            orphans = bool(blocks) and _COUNT.fullmatch(lines[start]) is None
            first = blocks.pop().first if orphans else start
            block = _Block(start, None, first, _next_frame(lines, start), 1.0, error)
        blocks.append(block)
        start = block.stop
    return blocks


def _block(lines: list[str], start: int, label: str, blocks: list[_Block]) -> _Block:
    """The frame whose count is in line `start`; InputError where its lines do not add up."""
    natom, scale = _header(lines, start, label, blocks)
    first, stop = start + 2, start + 2 + natom
    if stop > len(lines):
        have = max(len(lines) - first, 0)
        raise InputError(
            f"{label}:{start + 1}: the count says {_atoms(natom)}, but only {have} "
            f"follow{'s' * (have == 1)}: correct the count or add the missing atoms"
        )
    for index in range(first, stop):
        if not has_atom(lines[index]):
            raise InputError(
                f'{label}:{index + 1}: atom {index - first + 1} of {natom} must be "symbol x y '
                f'z", found {shown(lines[index])}: correct the line or the count in line '
                f"{start + 1}"
            )
    return _Block(start, start + 1, first, stop, scale)


def _next_frame(lines: list[str], start: int) -> int:
    """Where to go on behind the faulty frame in line `start`: a count, or the end.

    That is where the frame should end, if a count is there, or else the next count with a complete
    frame below it.
    """
    stop = start + 2 + _count(lines, start)
    while start + 2 < stop < len(lines) and not lines[stop].strip():
        stop += 1
    if start + 2 < stop <= len(lines) and (stop == len(lines) or _count(lines, stop)):
        return stop
    for index in range(start + 1, len(lines)):
        natom = _count(lines, index)
        first, stop = index + 2, index + 2 + natom
        if natom and stop <= len(lines) and all(has_atom(lines[k]) for k in range(first, stop)):
            return index
    return len(lines)


def _count(lines: list[str], index: int) -> int:
    """The number of atoms that a line gives as a count, 0 where it is none.

    A comment line that happens to look like a count must not begin a frame of other atoms: the
    line below a count must not be an atom's.
    """
    match = _COUNT.fullmatch(lines[index])
    if match is None or (match[2] or "angstrom").lower() not in _UNITS:
        return 0
    if int(match[1]) > ATOM_LIMIT or (index + 1 < len(lines) and is_atom_line(lines[index + 1])):
        return 0
    return int(match[1])


def _header(lines: list[str], index: int, label: str, blocks: list[_Block]) -> tuple[int, float]:
    """Number of atoms and Bohr per unit, from the first line of a frame."""
    where = f"{label}:{index + 1}"
    match = _COUNT.fullmatch(lines[index])
    if match is None:
        shown = excerpt(lines[index].strip())
        if blocks:
            previous = blocks[-1]
            natom = previous.stop - previous.first
            if is_atom_line(lines[index]):
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
            symbol, row = parse_atom(lines[index], comment.columns, block.scale)
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


def _atoms(count: int) -> str:
    return f"{count} atom{'s' * (count != 1)}"
