"""Writing a file so that a reader, or a crash, never sees half of it."""

from __future__ import annotations

import errno
import os
import secrets
import stat

from qchem_app.errors import InputError
from qchem_app.io.source import path_label

_REASONS = {
    errno.EACCES: "no permission to write there",
    errno.EPERM: "no permission to write there",
    errno.EROFS: "the file system is read-only",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.ENAMETOOLONG: "the name is too long",
}


def write_atomic(path: str | os.PathLike[str], data: bytes) -> None:
    """Replace the file at `path` by `data`, whole or not at all.

    The bytes go to a temporary file in the same folder, to the disk, and then take the name in one
    step. A symbolic link keeps pointing where it did, an existing file keeps its access rights,
    and something that is no regular file (/dev/stdout, a pipe) is written to directly.

    Raises:
        InputError: the folder is missing, `path` is a directory, or the system refuses the write;
            the old file, if any, is then untouched and the temporary one gone.
    """
    given = os.fspath(path)
    label = path_label(given)
    if not given or "\0" in given:
        raise InputError(f'"{label}" is not a file name: give the file to write')
    try:
        mode = _mode(given)
        if mode is not None and stat.S_ISDIR(mode):
            raise InputError(f"{label}: this is a directory: give the name of a file in it")
        if mode is not None and not stat.S_ISREG(mode):
            with open(given, "wb") as stream:
                stream.write(data)
            return
        _replace(os.path.realpath(given), data, mode)
    except FileNotFoundError:
        folder = path_label(os.path.dirname(given) or ".")
        if os.path.isdir(os.path.dirname(given) or "."):
            raise InputError(f"{label}: cannot be written there: choose another place") from None
        raise InputError(f"{label}: the folder {folder} does not exist: create it first") from None
    except NotADirectoryError:
        raise InputError(
            f"{label}: a part of this path is a file, not a folder: choose another place"
        ) from None
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, error.strerror or "the system refuses")
        raise InputError(f"{label}: cannot be written ({reason}): choose another place") from None


def _mode(path: str) -> int | None:
    try:
        return os.stat(path).st_mode
    except FileNotFoundError:
        return None


def _replace(target: str, data: bytes, mode: int | None) -> None:
    folder, name = os.path.split(target)
    # The name is cut so that a long but legal target still has a legal temporary beside it.
    temporary = os.path.join(folder, f".{name[:40]}.{secrets.token_hex(6)}.tmp")
    # Created by os.open, not by tempfile, because the process's umask should hold.
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            if mode is not None:
                os.chmod(temporary, stat.S_IMODE(mode))
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, target)
    except BaseException:  # also Ctrl-C: nothing may stay behind
        os.unlink(temporary)
        raise
    _sync_folder(folder)


def _sync_folder(folder: str) -> None:
    """Make the new name survive a power cut, on systems where a folder can be opened."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
