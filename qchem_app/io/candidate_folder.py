"""Folders of candidates: which of the files in them are geometries, and in which order.

Taken are .xyz, .extxyz, .json that holds a QCSchema molecule, .smi and .smiles, in all folders
below as well, sorted as people sort (h2 before h10). Left alone are hidden files and folders,
links to folders, and everything else: sidecars, tables, notes. A geometry in a format that is not
read is an entry with its error, unless one that is read stands beside it under the same name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

from qchem_app.errors import InputError
from qchem_app.io.candidate_words import MOST_CANDIDATES
from qchem_app.io.qcschema import may_hold_molecule
from qchem_app.io.source import decode, path_label, read_source

GEOMETRIES = (".xyz", ".extxyz", ".json")
SMILES = (".smi", ".smiles")
TABLES = (".csv", ".tsv", ".tab")
#: Geometries that are not read. Inputs and outputs of programs (.inp, .log, .out) are no such
#: thing: they stand beside the geometries that went in.
_UNREAD = (
    *(".pdb", ".mol", ".mol2", ".sdf", ".cif", ".mmcif", ".mmtf", ".gjf", ".com", ".zmat"),
    *(".xsf", ".vasp", ".poscar", ".molden", ".cml", ".cjson"),
)
_PACKED = (".gz", ".bz2", ".xz", ".zip", ".zst")


@dataclass(frozen=True)
class FolderEntry:
    """A file that is, or ought to be, a candidate.

    Attributes:
        path: of the file, beginning with the folder as given.
        name: its path inside the folder without its ending, with "/" between the parts.
        error: one sentence where it is not read.
    """

    path: str
    name: str
    error: str = ""


def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts numbers inside names by their value: h2 before h10."""
    return tuple(
        (0, int(part), part) if part.isascii() and part.isdigit() else (1, 0, part.casefold())
        for part in re.split(r"([0-9]{1,18})", text)
    )


def _order(path: str) -> tuple[list[tuple[tuple[int, int, str], ...]], str]:
    # Without the ending, whose dot would put co.xyz behind co2.xyz.
    return [natural_key(part) for part in _stem(path).split(os.sep)], path


def list_folder(folder: str, *, recursive: bool = True) -> list[FolderEntry]:
    """The candidates' files in a folder, in natural order of their paths.

    Raises:
        InputError: the folder or one in it cannot be listed, or there is nothing to take, or too
            much.
    """
    files = sorted(_walk(folder, recursive), key=_order)
    readable = {_stem(path) for path in files if _ending(path) in GEOMETRIES}
    entries = []
    for path in files:
        entry = _entry(folder, path, readable)
        if entry is not None:
            entries.append(entry)
            if len(entries) > MOST_CANDIDATES:
                raise InputError(
                    f"{path_label(folder)}: more than {MOST_CANDIDATES} geometries: split the "
                    "folder"
                )
    if not entries:
        raise InputError(_nothing(folder, files, recursive))
    return entries


def _walk(folder: str, recursive: bool) -> Iterator[str]:
    """Paths of all files below, hidden ones left out; never through a link to a folder."""
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        try:
            with os.scandir(current) as found:
                for item in found:
                    if item.name.startswith("."):
                        continue
                    if not item.is_dir():
                        yield item.path
                    elif recursive and not item.is_symlink():
                        waiting.append(item.path)
        except OSError as error:
            raise InputError(
                f"{path_label(current)}: this folder cannot be listed ({error.strerror}): check "
                "its access rights"
            ) from None


def _ending(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def _stem(path: str) -> str:
    return os.path.splitext(path)[0]


def _entry(folder: str, path: str, readable: set[str]) -> FolderEntry | None:
    ending, stem = _ending(path), _stem(path)
    name = os.path.relpath(stem, folder).replace(os.sep, "/")
    if ending == ".json" and not _may_be_molecule(path):
        return None
    if ending in (*GEOMETRIES, *SMILES):
        return FolderEntry(path, name)
    label = path_label(path)
    if ending in _PACKED and _ending(stem) in (*GEOMETRIES, *SMILES, *_UNREAD):
        if os.path.splitext(stem)[0] in readable or stem in readable:
            return None
        return FolderEntry(
            path, name, f'{label}: packed files ("{ending}") are not read: unpack it'
        )
    if ending in _UNREAD and stem not in readable:
        return FolderEntry(
            path,
            name,
            f'{label}: "{ending}" files are not read: convert it to XYZ, for example with Open '
            "Babel",
        )
    return None


def _may_be_molecule(path: str) -> bool:
    try:
        return may_hold_molecule(decode(read_source(path)))
    except InputError:  # which the candidate will say
        return True


def _nothing(folder: str, files: list[str], recursive: bool) -> str:
    label = path_label(folder)
    tables = [path for path in files if _ending(path) in TABLES]
    if tables:
        return (
            f"{label}: there is no geometry in this folder: did you mean the table "
            f"{path_label(tables[0])}?"
        )
    below = "" if recursive else " itself (folders in it are not looked at)"
    return (
        f"{label}: there is no geometry in this folder{below}: it must hold .xyz, QCSchema .json "
        "or .smi files"
    )
