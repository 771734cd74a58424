"""Files that a command will write, checked before any work is done."""

from __future__ import annotations

from pathlib import Path

from qchem_app.errors import UsageError


def check_writable(option: str, path: Path, *, keep: tuple[Path, ...] = ()) -> None:
    """Refuse a path that could not be written, or that would replace one of the files to keep.

    Raises:
        UsageError: "-", a folder, a file in a folder that does not exist, or a file to keep.
    """
    if str(path) == "-":
        raise UsageError(f"{option} needs a file name; --json prints the record.")
    if path.is_dir():
        raise UsageError(f"{option}: {path} is a folder; give a file name.")
    if not path.parent.is_dir():
        raise UsageError(f"{option}: the folder {path.parent} does not exist; create it first.")
    for other in keep:
        if path.resolve() == other.resolve():
            raise UsageError(f"{option} would overwrite {other}; give another file name.")


def default_checkpoint(file: str) -> Path:
    """Checkpoint in the current folder, named after the geometry file ("-": standard input)."""
    return Path(f"{'stdin' if file == '-' else Path(file).stem}.checkpoint.npz")
