"""Reading and writing the record of a run, the JSON that `qchem solve -o` writes."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from qchem_app.errors import InputError
from qchem_app.result import SCHEMA_VERSION, InputRecord, SolveResult

if TYPE_CHECKING:
    from qchem_app.io.geometry import Geometry

#: A record of the largest run that fits a machine is far below this.
LARGEST_RECORD_BYTES = 1 << 30


def to_json(result: SolveResult) -> str:
    """The record as indented JSON; floats keep every digit."""
    return result.model_dump_json(indent=2) + "\n"


def write_record(result: SolveResult, path: str | Path) -> None:
    """Write the record atomically: the file is the old one or the whole new one, never a part.

    A path that exists and is no regular file (a pipe, /dev/stdout) is written to as it is.

    Raises:
        InputError: the file cannot be written.
    """
    target = Path(path)
    try:
        if target.exists() and not target.is_file():
            target.write_text(to_json(result), encoding="utf-8")
        else:
            _replace(target.resolve(), to_json(result))
    except OSError as error:
        raise InputError(
            f"{target}: the record cannot be written ({error.strerror or error})."
        ) from error


def _replace(target: Path, text: str) -> None:
    """Write beside the target, then rename over it."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, _mode(target))
        os.replace(name, target)
    except BaseException:  # also Ctrl-C must not leave the half-written file behind
        os.unlink(name)
        raise


def _mode(target: Path) -> int:
    """Permissions of the file to be replaced, or those of a new file (mkstemp gives 0600)."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def read_record(path: str | Path) -> SolveResult:
    """Read a record that `write_record` or `qchem solve --json` wrote.

    Raises:
        InputError: there is no such file, it is not JSON, it ends early, it has another
            schema_version, or a field is missing or wrong (its path is named).
    """
    source = Path(path)
    try:
        if source.is_dir():
            raise InputError(f"{source}: is a folder; give the JSON file that `-o` wrote.")
        if source.stat().st_size > LARGEST_RECORD_BYTES:
            raise InputError(f"{source}: is larger than 1 GiB, which no record is.")
        data = source.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{source}: there is no such file.") from None
    except OSError as error:
        raise InputError(f"{source}: cannot be read ({error.strerror or error}).") from error
    return parse_record(data, str(source))


def parse_record(data: bytes, source: str) -> SolveResult:
    """Validate the bytes of a record; `source` names them in errors.

    Raises:
        InputError: as read_record.
    """
    if not data.strip():
        raise InputError(f"{source}: is empty; give the JSON file that `qchem solve -o` wrote.")
    try:
        return SolveResult.model_validate_json(data)
    except ValidationError as error:
        raise InputError(f"{source}: {_sentence(error)}") from None


def _sentence(error: ValidationError) -> str:
    """The first thing wrong with a record, in words."""
    problems = error.errors(include_url=False, include_context=True)
    first = problems[0]
    if first["type"] == "json_invalid":
        reason = str(first["ctx"]["error"])
        if reason.startswith("EOF"):
            return f"ends early ({reason}); write it again with `qchem solve -o`."
        return f"is not JSON ({reason}); give the file that `qchem solve -o` wrote."
    for problem in problems:
        if problem["loc"] == ("schema_version",):
            return (
                f"has schema_version {problem['input']!r}, but this program reads "
                f"{SCHEMA_VERSION!r}; write the record again with `qchem solve -o`."
            )
    if first["type"] == "missing":
        return f"is no complete record: the field {_where(first['loc'])} is missing."
    if not first["loc"]:
        return "holds JSON, but no record; give the file that `qchem solve -o` wrote."
    message = first["msg"][:1].lower() + first["msg"][1:]
    return f"the field {_where(first['loc'])} is wrong: {message}."


def _where(location: Sequence[str | int]) -> str:
    """Path of a field as people write it: methods[0].energy."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


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
