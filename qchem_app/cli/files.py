"""Files that a command will write, checked before any work is done."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from qchem_app.errors import UsageError
from qchem_app.vqe.checkpoint import load_checkpoint


def check_writable(option: str, path: Path, *, keep: tuple[Path, ...] = ()) -> None:
    """Refuse a path that could not be written, or that would replace one of the files to keep.

    Raises:
        UsageError: "-", a folder, a file in a folder that does not exist or is read-only, a link
            that leads to itself, or a file to keep.
    """
    if str(path) == "-":
        raise UsageError(f"{option} needs a file name; --json prints the record.")
    if path.is_dir():
        raise UsageError(f"{option}: {path} is a folder; give a file name.")
    if not path.parent.is_dir():
        raise UsageError(f"{option}: the folder {path.parent} does not exist; create it first.")
    if path.is_symlink():
        try:
            path.stat()
        except FileNotFoundError:
            pass  # the link names a file that is to be made
        except OSError as error:
            raise UsageError(
                f"{option}: {path} leads nowhere ({error.strerror}); give another file name."
            ) from None
    if not os.access(path.parent, os.W_OK):
        raise UsageError(f"{option}: the folder {path.parent} cannot be written to.")
    for other in keep:
        if os.path.realpath(path) == os.path.realpath(other):
            raise UsageError(f"{option} would overwrite {other}; give another file name.")


def checkpoint_path(given: Path | None, file: str, *, resume: bool) -> Path | None:
    """Where the state goes: as given, else into the current folder, named after the geometry.

    None where nothing was given and the current folder cannot be written to.

    Raises:
        UsageError: as check_writable.
        InputError: the file exists and is something else, which a finished run would remove.
    """
    path = given or Path(f"{'stdin' if file == '-' else Path(file).stem}.checkpoint.npz")
    if given is None and not os.access(path.parent, os.W_OK):
        print("This folder cannot be written to: there is no checkpoint.", file=sys.stderr)
        return None
    check_writable("--checkpoint", path, keep=(Path(file),))
    if path.exists() and not resume:
        load_checkpoint(path)
    return path
