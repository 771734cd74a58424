"""Reading and writing the record of a run, the JSON that `qchem solve -o` writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from qchem_app.errors import InputError
from qchem_app.io.atomic_file import write_atomic
from qchem_app.io.source import path_label
from qchem_app.result import SCHEMA_VERSION, InputRecord, SolveResult

if TYPE_CHECKING:
    from qchem_app.io.geometry import Geometry

#: A record of the largest run that fits a machine is far below this.
LARGEST_RECORD_BYTES = 1 << 30

_ADVICE = "give the file that `qchem solve -o` wrote"
_AGAIN = "write it again with `qchem solve -o`"


def to_json(result: SolveResult) -> str:
    """The record as indented JSON; floats keep every digit."""
    return result.model_dump_json(indent=2) + "\n"


def write_record(result: SolveResult, path: str | Path) -> None:
    """Write the record atomically: the file is the old one or the whole new one, never a part.

    Raises:
        InputError: the file cannot be written.
    """
    write_atomic(path, to_json(result).encode())


def read_record(path: str | Path) -> SolveResult:
    """Read a record that `write_record` or `qchem solve --json` wrote.

    Raises:
        InputError: there is no such file, it is not JSON, it ends early, it has another
            schema_version, or a field is missing or wrong (its path is named).
    """
    source = Path(path)
    label = path_label(str(path))
    try:
        if source.is_dir():
            raise InputError(f"{label}: this is a directory: give the file that `-o` wrote")
        if source.stat().st_size > LARGEST_RECORD_BYTES:
            raise InputError(f"{label}: the file is larger than 1 GiB, which no record is")
        data = source.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{label}: no such file: check the path") from None
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{label}: cannot be read ({error}): check the path") from None
    return parse_record(data, label)


def parse_record(data: bytes, source: str, advice: str = "") -> SolveResult:
    """Validate the bytes of a record.

    Args:
        data: JSON.
        source: names them in errors.
        advice: what to do about errors; empty for a file's.

    Raises:
        InputError: as read_record.
    """
    if not data.strip():
        raise InputError(
            f"{source}: the {'record' if advice else 'file'} is empty: {advice or _ADVICE}"
        )
    try:
        return SolveResult.model_validate_json(data)
    except ValidationError as error:
        raise InputError(f"{source}: {_sentence(error, advice)}") from None


def _sentence(error: ValidationError, advice: str) -> str:
    """The first thing wrong with a record, in words."""
    again, advice = advice or _AGAIN, advice or _ADVICE
    problems = error.errors(include_url=False)
    first = problems[0]
    if first["type"] == "json_invalid":
        reason = str(first["ctx"]["error"])
        if reason.startswith("EOF"):
            return f"the file ends early ({reason}): {again}"
        return f"this is not JSON ({reason}): {advice}"
    for problem in problems:
        if problem["loc"] == ("schema_version",):
            return (
                f"schema_version is {problem['input']!r}, but this program reads "
                f'"{SCHEMA_VERSION}": {again}'
            )
    if not first["loc"]:
        return f"this is JSON, but not a record: {advice}"
    if first["type"] == "missing":
        return f"the record is not complete, {_where(first['loc'])} is missing: {advice}"
    message = first["msg"][:1].lower() + first["msg"][1:]
    return f"{_where(first['loc'])} is not as it should be ({message}): {advice}"


def _where(location: Sequence[str | int]) -> str:
    """Path of a field as people write it: methods[0].energy."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def input_record(geometry: Geometry) -> InputRecord:
    """The part of a record that says what was computed, enough to run it without the file."""
    molecule = geometry.molecule
    return InputRecord(
        source=geometry.source,
        sha256=geometry.sha256,
        frame=geometry.frame,
        name=molecule.name,
        symbols=molecule.symbols,
        coordinates_bohr=tuple((x, y, z) for x, y, z in molecule.coordinates.tolist()),
        charge=molecule.charge,
        multiplicity=molecule.multiplicity,
        n_electrons=molecule.n_electrons,
    )


def recorded_geometry(record: InputRecord) -> Geometry:
    """The geometry that a record was computed from, to run it again without the file.

    Raises:
        InputError: the record's atoms, charge and multiplicity do not fit together.
    """
    # Imported here so that showing a record does not load NumPy.
    import numpy as np

    from qchem_app.io.geometry import Geometry
    from qchem_app.molecule import Molecule

    molecule = Molecule(
        symbols=record.symbols,
        coordinates=np.array(record.coordinates_bohr, dtype=float).reshape(-1, 3),
        charge=record.charge,
        multiplicity=record.multiplicity,
        name=record.name,
    )
    return Geometry(molecule, source=record.source, sha256=record.sha256, frame=record.frame)
