"""The rows of a table as candidates."""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import replace

from qchem_app.errors import InputError
from qchem_app.io.candidate_table import CandidateTable, TableRow, read_table
from qchem_app.io.candidate_words import whole_number
from qchem_app.io.geometry import GeometryFile
from qchem_app.io.smiles import require_rdkit
from qchem_app.io.source import path_label
from qchem_app.screening.candidate import Candidate
from qchem_app.screening.candidate_sources import from_frame, from_smiles
from qchem_app.screening.overrides import Said, understand
from qchem_app.screening.sidecars import Sidecars

#: Endings of files that are quoted in sentences about them.
_GEOMETRIES = (".xyz", ".extxyz", ".json")
_QUOTED = re.compile(r"""["'].*["']""")  # a quotation may itself hold quotes
#: Files of frames that rows come back to: so many, and of so many bytes together, are kept.
_KEPT_FILES, _KEPT_BYTES = 32, 64 * 1024 * 1024


class CandidateRows:
    """A table whose rows name files beside it, or hold SMILES.

    Args:
        path: of the table.
        said: about all of its rows.
        sidecars: of the files that it names.
        seed: of structures built from SMILES.
        tell: takes a sentence about columns that are no settings, once, where there are some.
    """

    def __init__(
        self,
        path: str,
        said: Said,
        sidecars: Sidecars,
        seed: int,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        self._tell = tell
        self._path, self._said, self._sidecars, self._seed = path, said, sidecars, seed
        self._files: OrderedDict[str, GeometryFile] = OrderedDict()

    def read(self) -> Iterator[Candidate]:
        """A candidate for every row.

        Raises:
            InputError: the table has no usable header, or SMILES and there is no RDKit.
        """
        table = read_table(self._path)
        if self._tell is not None and (told := table.own_columns()):
            self._tell(told)
        if any("smiles" in row.values for row in table.rows):
            require_rdkit()
        for row in table.rows:
            where = f"{table.source.name}:{row.line}"
            try:
                candidate = self._row(table, row, where)
            except InputError as error:
                candidate = Candidate(_name_of(row), where, None, error=_located(error, where))
            yield replace(
                candidate,
                source=where,
                variables=row.variables,
                error=candidate.error and _located(candidate.error, where),
            )

    def _row(self, table: CandidateTable, row: TableRow, where: str) -> Candidate:
        if row.error:
            raise InputError(row.error)
        columns = understand(row.values, where)
        file, smiles = row.values.get("file"), row.values.get("smiles")
        if file is not None and smiles is None:
            return self._from_file(file, row.values.get("frame"), columns, where)
        if smiles is not None and file is None:
            said = self._said.under(columns)
            return from_smiles(smiles, said, table.source, where, self._seed)
        found = "both" if file else "neither"
        raise InputError(f"the row must have either a file or a SMILES, found {found}")

    def _from_file(self, cell: str, frame: str | None, columns: Said, where: str) -> Candidate:
        number = None if frame is None else whole_number("frame", frame)
        path = _beside(self._path, cell)
        try:
            said = self._said_of(path).under(columns)
            file = self._open(path)
            count = file.n_frames
        except InputError as error:
            raise InputError(self._discreet(str(error), path)) from None
        if number is None and count > 1:
            raise InputError(
                f"{file.source.label} holds {count} frames: give one in a column "
                f'"frame", 0 to {count - 1}'
            )
        default = file.stem if number is None else f"{file.stem}#{number}"
        found = from_frame(file, number, said, default, where)
        return replace(found, error=self._discreet(found.error, path))

    def _said_of(self, path: str) -> Said:
        folder = os.path.dirname(path) or "."
        said = self._said
        if os.path.abspath(folder) != os.path.abspath(os.path.dirname(self._path) or "."):
            said = said.under(self._sidecars.of_folder(folder))
        return said.under(self._sidecars.of_file(path))

    def _discreet(self, error: str, path: str) -> str:
        """The sentence without what it quotes from a file that a table should not show.

        A table that somebody else wrote can name any file, and sentences go into the store and
        the report: only what is named like a geometry, and lies with the table, is quoted.
        """
        real = os.path.realpath(path)
        folder = os.path.realpath(os.path.dirname(self._path) or ".")
        near = os.path.commonpath([real, folder]) == folder
        if near and os.path.splitext(real)[1].lower() in _GEOMETRIES:
            return error
        start = len(path_label(path)) if error.startswith(path_label(path)) else 0
        return error[:start] + _QUOTED.sub("(not shown)", error[start:])

    def _open(self, path: str) -> GeometryFile:
        """The file, cut into frames once for all the rows that want one of them."""
        if path not in self._files:
            self._files[path] = GeometryFile.read(path)
            while len(self._files) > 1 and (
                len(self._files) > _KEPT_FILES
                or sum(len(file.source.data) for file in self._files.values()) > _KEPT_BYTES
            ):
                self._files.popitem(last=False)
        self._files.move_to_end(path)
        return self._files[path]


def _beside(table: str, cell: str) -> str:
    """The path that a cell means, relative to its table."""
    folder = os.path.dirname(table)
    path = os.path.join(folder, cell)
    if "\\" in cell and os.sep == "/" and not os.path.lexists(path):  # written on Windows
        path = os.path.join(folder, cell.replace("\\", "/"))
    return "./-" if path == "-" else path  # "-" alone would be standard input


def _located(error: InputError | str, where: str) -> str:
    text = str(error)
    return text if text.startswith(f"{where}:") else f"{where}: {text}"


def _name_of(row: TableRow) -> str:
    """What to call a row that is broken."""
    values = row.values
    frame = f"#{values['frame']}" if "frame" in values else ""
    stem = os.path.splitext(os.path.basename(values.get("file", "").replace("\\", "/")))[0]
    return (
        values.get("name") or (stem and stem + frame) or values.get("smiles") or f"row {row.line}"
    )
