"""Reading a geometry of any supported format: the one way from a file to a Molecule."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qchem_app.errors import InputError, UsageError
from qchem_app.io.qcschema import SchemaMolecule, read_molecule
from qchem_app.io.source import MANY_LIMIT, Source, decode, excerpt, read_source
from qchem_app.io.xyz import Frame, XYZText, read_frame
from qchem_app.molecule import Molecule

#: Formats that people try and that would only give a puzzling message about a first line.
_OTHER_FORMATS = """
    .pdb .mol .mol2 .sdf .cif .mmcif .gjf .com .inp .out .log .zmat .fchk .molden .vasp .xsf
    .gz .bz2 .xz .zip .zst
"""


@dataclass(frozen=True)
class Geometry:
    """A molecule and where it came from.

    Attributes:
        molecule: the molecule, charge and multiplicity settled.
        source: the file name as given, "<stdin>" for standard input.
        sha256: of the file's bytes.
        frame: the frame that was asked for, from 0; None where none was.
        notes: what the file says and the molecule cannot hold.
    """

    molecule: Molecule
    source: str
    sha256: str
    frame: int | None = None
    notes: tuple[str, ...] = ()


def read_geometry(
    path: str | os.PathLike[str],
    *,
    frame: int | None = None,
    charge: int | None = None,
    multiplicity: int | None = None,
) -> Geometry:
    """Read a molecule from an XYZ or QCSchema JSON file.

    Args:
        path: the file; "-" for standard input.
        frame: which frame of an XYZ file, from 0; required where there are several.
        charge: beats the file's charge; 0 where neither says.
        multiplicity: beats the file's; the lowest that fits where neither says.

    Raises:
        InputError: the file cannot be read or is not a usable molecule; the message begins with
            the file and, where there is one, the line.
        UsageError: an argument that no file could make right.
    """
    if frame is not None and frame < 0:
        raise UsageError(f"frames are counted from 0, found {frame}: use 0 for the first one")
    if multiplicity is not None and multiplicity < 1:
        raise UsageError(f"the multiplicity must be 1 or more, found {multiplicity}")
    return GeometryFile(read_source(path)).geometry(
        frame, charge=charge, multiplicity=multiplicity, strict=True
    )


@dataclass(frozen=True, eq=False)
class GeometryFile:
    """A file with one geometry or many, cut into frames once.

    Attributes:
        source: its bytes and what to call it.
    """

    source: Source

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> GeometryFile:
        """A file that may hold many frames.

        Raises:
            InputError: it cannot be read, or is larger than `MANY_LIMIT`.
        """
        return cls(read_source(path, MANY_LIMIT))

    @cached_property
    def _content(self) -> SchemaMolecule | XYZText:
        label = self.source.label
        extension = os.path.splitext(self.source.name)[1].lower()
        if extension in _OTHER_FORMATS.split():
            raise InputError(
                f'{label}: "{extension}" files are not read: convert it to XYZ, for example with '
                "Open Babel"
            )
        text = decode(self.source)
        if extension == ".json" or text.lstrip().startswith("{"):
            return read_molecule(text, label)
        return XYZText.cut(text, label)

    @cached_property
    def _sha256(self) -> str:
        return self.source.sha256

    @property
    def n_frames(self) -> int:
        """How many frames it has, faulty ones included; 1 for QCSchema.

        Raises:
            InputError: the whole file is unusable.
        """
        return len(self._content) if isinstance(self._content, XYZText) else 1

    def geometry(
        self,
        frame: int | None = None,
        *,
        charge: int | None = None,
        multiplicity: int | None = None,
        name: str = "",
        renamed: bool = False,
        strict: bool = False,
    ) -> Geometry:
        """One frame as a molecule; see `read_geometry`.

        Args:
            name: of a molecule that the file gives none; the stem unless given.
            renamed: let `name` beat the file's, too.
            strict: refuse the file where any of its frames does not add up.

        Raises:
            InputError: the frame is not a usable molecule, or there is no such frame.
        """
        content, label = self._content, self.source.label
        if isinstance(content, SchemaMolecule):
            if frame:
                raise InputError(
                    f"{label}: a QCSchema file has one frame, found frame {frame}: use 0"
                )
            molecule = self._schema_molecule(content, charge, multiplicity, name or self.stem)
            notes: tuple[str, ...] = ()
        else:
            if strict:
                content.check()
            molecule, notes = _frame_molecule(
                content.choose(frame), label, charge, multiplicity, name or self.stem
            )
        if renamed:
            molecule = molecule.replace(name=name)
        return Geometry(molecule, self.source.name, self._sha256, frame, notes)

    def says_multiplicity(self, frame: int) -> bool:
        """Whether the file itself gives the multiplicity of a frame."""
        content = self._content
        said = content if isinstance(content, SchemaMolecule) else content.comment(frame)
        return said.multiplicity is not None

    @property
    def stem(self) -> str:
        """The file's name without folder and extension; "molecule" for standard input."""
        return _stem(self.source.name)

    def _schema_molecule(
        self, schema: SchemaMolecule, charge: int | None, multiplicity: int | None, name: str
    ) -> Molecule:
        return _settle(
            f"{self.source.label}: {schema.path}:",
            f"{self.source.label}:",
            schema.symbols,
            schema.coordinates,
            (schema.charge, schema.multiplicity),
            (charge, multiplicity),
            schema.name or name,
        )


def geometry_of(molecule: Molecule) -> Geometry:
    """A Geometry for a molecule that came from no file; its hash is that of `to_xyz()`."""
    digest = hashlib.sha256(molecule.to_xyz().encode()).hexdigest()
    return Geometry(molecule, "<library>", digest)


def molecule_from_xyz(
    text: str,
    label: str,
    *,
    frame: int | None = None,
    charge: int | None = None,
    multiplicity: int | None = None,
    name: str = "molecule",
) -> tuple[Molecule, tuple[str, ...]]:
    """The molecule in XYZ text, and notes on what it left out.

    Raises:
        InputError: the text is not a usable molecule; the message begins with `label` and the line.
    """
    return _frame_molecule(read_frame(text, label, frame), label, charge, multiplicity, name)


def _frame_molecule(
    parsed: Frame, label: str, charge: int | None, multiplicity: int | None, name: str
) -> tuple[Molecule, tuple[str, ...]]:
    if parsed.comment.spin is not None and multiplicity is None:
        raise InputError(
            f'{label}:{parsed.line}: "spin={excerpt(parsed.comment.spin, 20)}" can mean S, 2S or '
            "2S + 1: write multiplicity= instead"
        )
    molecule = _settle(
        f"{label}:{parsed.line}:",
        f"{label}:",
        parsed.symbols,
        parsed.coordinates,
        (parsed.comment.charge, parsed.comment.multiplicity),
        (charge, multiplicity),
        parsed.comment.name or name,
    )
    return molecule, parsed.comment.notes


def _settle(
    in_file: str,
    file: str,
    symbols: tuple[str, ...],
    coordinates: NDArray[np.float64],
    found: tuple[int | None, int | None],
    asked: tuple[int | None, int | None],
    name: str,
) -> Molecule:
    """The molecule with its final (charge, multiplicity); what was asked beats what was found.

    `in_file` and `file` are where a message points: at the frame where the file alone is to
    blame, else at the file.
    """
    charge, multiplicity = (b if a is None else a for a, b in zip(asked, found, strict=True))
    try:
        return Molecule(symbols, coordinates, charge or 0, multiplicity or 0, name)
    except InputError as error:
        where = in_file if asked == (None, None) else file
        raise InputError(f"{where} {error}") from None


def _stem(source: str) -> str:
    if source == "<stdin>":
        return "molecule"
    return os.path.splitext(os.path.basename(source))[0] or "molecule"
