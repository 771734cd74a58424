"""collect(): what a screening was pointed at, as candidates."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from qchem_app.errors import InputError, UsageError
from qchem_app.io.candidate_folder import SMILES, TABLES, FolderEntry, list_folder
from qchem_app.io.candidate_table import is_table
from qchem_app.io.candidate_words import MOST_CANDIDATES
from qchem_app.io.geometry import GeometryFile
from qchem_app.io.smiles import require_rdkit
from qchem_app.io.smiles_file import read_smiles_file
from qchem_app.io.source import decode, excerpt, path_label, read_source
from qchem_app.printable import printable
from qchem_app.screening.candidate import Candidate
from qchem_app.screening.candidate_rows import CandidateRows
from qchem_app.screening.candidate_sources import from_frame, from_smiles
from qchem_app.screening.overrides import Said
from qchem_app.screening.sidecars import Sidecars

_LONGEST_NAME = 200
_SPREADSHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".numbers")


def collect(
    inputs: Sequence[str | Path],
    *,
    charge: int | None = None,
    multiplicity: int | None = None,
    seed: int = 0,
    recursive: bool = True,
    tell: Callable[[str], None] | None = None,
) -> list[Candidate]:
    """Read everything that is to be screened, in the order in which it is given.

    An input is

    - a folder: its .xyz, .extxyz, QCSchema .json, .smi and .smiles files and those in folders
      below, in natural order (h2 before h10), named by their path without the ending ("sub/h2").
      Hidden files, links to folders and unrelated files are skipped; geometries in formats that
      are not read are broken candidates;
    - an XYZ or QCSchema file, named by its stem; one with several frames is as many candidates,
      each named by the `name=` of its comment line or else "stem#index", from 0;
    - a table (.csv, .tsv, .tab, or .txt with a header): see `qchem_app.io.candidate_table`;
    - a SMILES file (.smi, .smiles): see `qchem_app.io.smiles_file`;
    - "-": XYZ from standard input, once.

    Charge, multiplicity and settings of one candidate come, the later ones right where they
    disagree, from the comment line of its geometry (or the SMILES), the arguments here,
    `settings.yaml` of its folder (and, where a folder is the input, of the folders from that one
    down), the sidecar `h2o.yaml` of its file `h2o.xyz` or `list.yaml` of the table `list.csv`, and
    the columns of the table. A row's file brings its own sidecars, which beat the table's.

    A candidate that is broken says so in its `error` and costs no other one. Where a name comes
    again, the later ones are "h2 (2)", "h2 (3)", in the order of the input; rows that are alike
    stay, each of them a candidate (and one task).

    Args:
        inputs: paths.
        charge: beats the files' comment lines, like `qchem solve --charge`.
        multiplicity: as `charge`; the lowest that fits where nothing says one.
        seed: of the structures built from SMILES, unless the candidate has a seed of its own.
        recursive: look into folders inside folders.
        tell: takes a printable sentence for every table with columns that are no settings, such as
            "list.csv: columns IC50, price are not settings; kept as your own".

    Raises:
        InputError: an input does not exist, a folder without any geometry, a table without a
            usable header, a broken settings.yaml of a folder that is an input, SMILES without
            RDKit, or more than a million candidates.
        UsageError: no input, standard input twice, or a multiplicity below 1.
    """
    paths = [os.fspath(path) for path in inputs]
    if not paths:
        raise UsageError("there is nothing to screen: give a folder, a table or geometry files")
    if paths.count("-") > 1:
        raise UsageError('standard input ("-") can be read only once: give it once')
    if multiplicity is not None and multiplicity < 1:
        raise UsageError(f"the multiplicity must be 1 or more, found {multiplicity}")
    reader = _Reader(Said(charge=charge, multiplicity=multiplicity), seed, recursive, tell)
    found: list[Candidate] = []
    for path in paths:
        for candidate in reader.read(path):
            found.append(candidate)
            if len(found) > MOST_CANDIDATES:
                raise InputError(f"more than {MOST_CANDIDATES} candidates: screen them in parts")
    return _named_apart(found)


def _named_apart(candidates: list[Candidate]) -> list[Candidate]:
    """The same with unique names; a name that somebody chose stays with the first to have it."""
    names = [_clean(candidate.name) for candidate in candidates]
    taken, seen = set(names), Counter[str]()
    unique = []
    for candidate, name in zip(candidates, names, strict=True):
        seen[name] += 1
        new = name
        while seen[name] > 1 and new in taken:
            new = f"{name} ({seen[name]})"
            seen[name] += new in taken
        taken.add(new)
        unique.append(replace(candidate, name=new))
    return unique


def _clean(name: str) -> str:
    """On one line and printable, whatever somebody put into it; else as it is."""
    text = printable(" ".join(name.split())) or "molecule"
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 3] + "..."


@dataclass
class _Reader:
    """Inputs to candidates, whose names are not unique yet."""

    base: Said
    seed: int
    recursive: bool
    tell: Callable[[str], None] | None = None
    sidecars: Sidecars = field(default_factory=Sidecars)

    def read(self, path: str) -> Iterator[Candidate]:
        if path == "-":
            return self._frames(path, "stdin", self.base)
        if os.path.isdir(path):
            return self._folder(path)
        if not os.path.exists(path):
            read_source(path)  # says what is nearest to it
        if os.path.splitext(path)[1].lower() in _SPREADSHEETS:
            raise InputError(
                f"{path_label(path)}: spreadsheets are not read: save it as CSV (in Excel: File, "
                "Save As, CSV UTF-8)"
            )
        said = self.base.under(self.sidecars.of_folder(os.path.dirname(path) or "."))
        if _is_table(path):
            said = said.under(self.sidecars.of_file(path))
            return CandidateRows(path, said, self.sidecars, self.seed, self.tell).read()
        return self._file(path, os.path.splitext(os.path.basename(path))[0], said)

    def _folder(self, folder: str) -> Iterator[Candidate]:
        root = folder.rstrip(os.sep) or folder
        chain = {root: self.base.under(self.sidecars.of_folder(root))}

        def said(inside: str) -> Said:
            if inside not in chain:
                above = said(os.path.dirname(inside))
                chain[inside] = above.under(self.sidecars.of_folder(inside))
            return chain[inside]

        for entry in list_folder(root, recursive=self.recursive):
            yield from self._entry(entry, said(os.path.dirname(entry.path)))

    def _entry(self, entry: FolderEntry, said: Said) -> Iterator[Candidate]:
        if entry.error:
            return iter([_broken(entry.name, entry.path, entry.error)])
        return self._file(entry.path, entry.name, said)

    def _file(self, path: str, name: str, said: Said) -> Iterator[Candidate]:
        """The candidates of one file that is no table, under its own sidecar."""
        try:
            said = said.under(self.sidecars.of_file(path))
        except InputError as error:
            return iter([_broken(name, path, str(error))])
        if os.path.splitext(path)[1].lower() in SMILES:
            return self._smiles(path, name, said)
        return self._frames(path, name, said)

    def _frames(self, path: str, name: str, said: Said) -> Iterator[Candidate]:
        try:
            file = GeometryFile.read(path)
            count = file.n_frames
        except InputError as error:
            yield _broken(said.name or name, path, str(error))
            return
        source = file.source.name
        if count == 1:
            yield from_frame(file, None, said, name, source)
            return
        said, name = replace(said, name=""), said.name or name
        for frame in range(count):
            yield from_frame(file, frame, said, f"{name}#{frame}", f"{source}#{frame}")

    def _smiles(self, path: str, name: str, said: Said) -> Iterator[Candidate]:
        try:
            source, lines = read_smiles_file(path)
        except InputError as error:
            yield _broken(name, path, str(error))
            return
        require_rdkit()
        for line in lines:
            own = replace(said, name=line.name)
            yield from_smiles(line.smiles, own, source, f"{source.name}:{line.line}", self.seed)


def _broken(name: str, path: str, error: str) -> Candidate:
    return Candidate(name, "<stdin>" if path == "-" else excerpt(path, 4096), None, error=error)


def _is_table(path: str) -> bool:
    ending = os.path.splitext(path)[1].lower()
    if ending != ".txt":
        return ending in TABLES
    try:
        return is_table(decode(read_source(path)))
    except InputError:  # which the candidate will say
        return False
