"""Bytes of an input file, with every way that reading one can fail told in a sentence."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import stat
import sys
from dataclasses import dataclass

from qchem_app.errors import InputError
from qchem_app.printable import printable

#: Largest input that is read (bytes): a geometry of 10,000 atoms needs about one.
SIZE_LIMIT = 16 * 1024 * 1024
#: Largest input that holds many molecules (bytes): a million lines of a table, or frames of a path.
MANY_LIMIT = 128 * 1024 * 1024
#: More atoms than any calculation here could have; a larger count is a mistake.
ATOM_LIMIT = 10_000
TOO_LARGE = "a molecule that large cannot be computed"

_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


@dataclass(frozen=True)
class Source:
    """What was read, and what to call it.

    Attributes:
        name: the path as given, printable; "<stdin>" for standard input.
        label: `name` as it may stand in an error message.
        data: the bytes.
    """

    name: str
    label: str
    data: bytes

    @property
    def sha256(self) -> str:
        """Hexadecimal SHA-256 of the bytes."""
        return hashlib.sha256(self.data).hexdigest()


def excerpt(text: str, limit: int = 60) -> str:
    """`text` on one line, safe to print and cut short where it is longer than `limit`."""
    return printable(text if len(text) <= limit else text[: limit - 3] + "...")


def path_label(path: str) -> str:
    """`path` as it may stand in a message, which may end up in a terminal."""
    return excerpt(path, 200)


def read_source(
    path: str | os.PathLike[str], limit: int = SIZE_LIMIT, *, holds: str = "a geometry"
) -> Source:
    """Read a whole input file, or standard input for "-"; `holds` says what is looked for in it.

    Raises:
        InputError: missing (with the nearest names in the folder), not a regular file, not
            readable, larger than `limit` bytes, or empty.
    """
    given = os.fspath(path)
    if given == "-":
        return _checked(
            Source("<stdin>", "<stdin>", sys.stdin.buffer.read(limit + 1)), limit, holds
        )
    label = path_label(given)
    if "\0" in given:
        raise InputError(f"{label}: a file name cannot contain a null character")
    try:
        # Looked at before it is opened, because opening a device can do something; looked at
        # again after, without blocking, because it can be swapped for a pipe in between.
        _require_regular(label, os.stat(given).st_mode)
        descriptor = os.open(given, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            _require_regular(label, status.st_mode)
            _require_size(label, status.st_size, limit)
            data = file.read(limit + 1)
    except FileNotFoundError:
        raise InputError(_missing(given, label)) from None
    except PermissionError:
        raise InputError(
            f"{label}: no permission to read this file: check its access rights"
        ) from None
    except OSError as error:
        raise InputError(f"{label}: cannot be read ({error.strerror}): check the path") from None
    return _checked(Source(excerpt(given, 4096), label, data), limit, holds)


def decode(source: Source) -> str:
    """The text of a source: UTF-8, or Latin-1 where a comment has an old "Å".

    Raises:
        InputError: the bytes are not text.
    """
    data = source.data
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{source.label}: the file is UTF-16 text: save it as UTF-8")
    if match := _CONTROL.search(data):
        raise InputError(
            f"{source.label}: the file is binary (byte 0x{match[0][0]:02x} at offset "
            f"{match.start()}): give a text file"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _checked(source: Source, limit: int, holds: str) -> Source:
    _require_size(source.label, len(source.data), limit)
    if not source.data.removeprefix(b"\xef\xbb\xbf").strip():
        raise InputError(f"{source.label}: the file is empty: it must hold {holds}")
    return source


def _require_size(label: str, size: int, limit: int) -> None:
    if size > limit:
        advice = "which no geometry for this program is: give a smaller one"
        if limit != SIZE_LIMIT:
            advice = "the most that is read: give a smaller one"
        raise InputError(f"{label}: the file is larger than {limit // 2**20} MB, {advice}")


def _require_regular(label: str, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise InputError(f"{label}: this is a directory: name a geometry file in it")
    for test, kind in _KINDS:
        if test(mode):
            raise InputError(
                f'{label}: this is {kind}, not a file: use "-" to read from standard input'
            )


def _missing(given: str, label: str) -> str:
    folder, name = os.path.split(given)
    try:
        names = os.listdir(folder or ".")
    except OSError:
        return f"{label}: no such file, and no folder {path_label(folder)}: check the path"
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    # "h2o" for "h2o.xyz" is the commonest slip, and too short to count as alike.
    stems = [n for n in sorted(names) if os.path.splitext(n)[0].lower() == name.lower()]
    near = list(dict.fromkeys(stems + near))[:3]
    if not near:
        return f"{label}: no such file: check the path"
    found = " or ".join(path_label(os.path.join(folder, n)) for n in near)
    return f"{label}: no such file: did you mean {found}?"
