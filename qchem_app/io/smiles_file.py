"""Files of SMILES: "SMILES name" a line, blank lines and lines that begin with # left out."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from qchem_app.errors import InputError
from qchem_app.io.candidate_words import MOST_CANDIDATES, spellings, squeeze
from qchem_app.io.source import MANY_LIMIT, Source, decode, read_source


@dataclass(frozen=True)
class SmilesLine:
    """One molecule of the file.

    Attributes:
        line: counted from 1.
        smiles: as it stands there.
        name: the rest of the line; may be empty.
    """

    line: int
    smiles: str
    name: str


def read_smiles_file(path: str | os.PathLike[str]) -> tuple[Source, tuple[SmilesLine, ...]]:
    """The lines of a SMILES file; no SMILES is understood yet.

    Raises:
        InputError: the file cannot be read, holds no line, or too many.
    """
    source = read_source(path, MANY_LIMIT, holds='lines such as "O water"')
    found: list[SmilesLine] = []
    header = spellings(("smiles",))
    for number, line in enumerate(re.split(r"\r\n|\n|\r", decode(source)), start=1):
        words = line.split(None, 1)
        if not words or words[0].startswith("#"):  # no SMILES begins with a bond
            continue
        if not found and squeeze(words[0]) in header:
            continue
        found.append(SmilesLine(number, words[0], words[1].strip() if len(words) > 1 else ""))
        if len(found) > MOST_CANDIDATES:
            raise InputError(f"{source.label}: more than {MOST_CANDIDATES} lines: split the file")
    if not found:
        raise InputError(
            f'{source.label}: there is no SMILES in the file: write lines such as "O water"'
        )
    return source, tuple(found)
