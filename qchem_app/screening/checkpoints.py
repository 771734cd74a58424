"""Checkpoints: the folder beside a store where interrupted tasks leave their state."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from qchem_app.errors import InputError
from qchem_app.io.source import path_label


class Checkpoints:
    """The folder `<store>.checkpoints`, there only while something is in it."""

    def __init__(self, store: str) -> None:
        self.folder = Path(f"{os.path.realpath(store)}.checkpoints")

    def path(self, task_id: str) -> str:
        """Where a task leaves its state; the folder is made.

        Raises:
            InputError: it cannot be made.
        """
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            label = path_label(str(self.folder))
            raise InputError(
                f"{label}: cannot make this folder for checkpoints ({error.strerror}): choose "
                "another place for the store"
            ) from None
        return str(self.folder / f"{task_id}.npz")

    def forget(self, task_id: str) -> None:
        """The task's state is of no use any more."""
        with suppress(OSError):
            (self.folder / f"{task_id}.npz").unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove what killed writers left behind, and the folder if nothing is in it."""
        with suppress(OSError):
            for left in self.folder.glob(".*.tmp"):
                left.unlink(missing_ok=True)
            self.folder.rmdir()
