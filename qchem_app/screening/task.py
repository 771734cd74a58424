"""Task: one calculation, named by the hash of everything that affects its answer."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import qchem_app
from qchem_app.io.geometry import Geometry
from qchem_app.io.record import input_record, recorded_geometry
from qchem_app.result import InputRecord, Settings

#: Raised when the program gives other answers to the same text: old results are then not reused.
#: Another minor version of it may do so without notice; those of other packages change the last
#: digits, and the record names them.
_FORMAT = 1


@dataclass(frozen=True, eq=False)
class Task:
    """A molecule and complete settings.

    Names, files and notes are not part of the identity: the same molecule under two names is one
    task. The limits of time and memory and the threads are, because the automatic active space is
    chosen by them. So is the version of this program, up to its minor number.

    Attributes:
        molecule: the molecule as it goes into the result's record.
        settings: with `threads` and `memory_limit` given, so that every machine does the same.
        context: what else the answer depends on, such as the points before this one in a scan.
    """

    molecule: InputRecord
    settings: Settings
    context: str = ""

    @classmethod
    def of(cls, geometry: Geometry, settings: Settings, context: str = "") -> Task:
        """The task of a geometry.

        Raises:
            ValueError: the settings leave threads or memory to the machine.
        """
        if settings.threads is None or settings.memory_limit is None:
            raise ValueError("a task needs settings with threads and memory_limit")
        return cls(input_record(geometry), settings, context)

    @cached_property
    def text(self) -> str:
        """What is hashed: canonical JSON, every digit of every coordinate in it."""
        parts: dict[str, Any] = {
            "format": _FORMAT,
            "version": ".".join(qchem_app.__version__.split(".")[:2]),
            "molecule": self.molecule.model_dump(
                mode="json", include={"symbols", "coordinates_bohr", "charge", "multiplicity"}
            ),
            "settings": self.settings.model_dump(mode="json"),
        }
        if self.context:
            parts["context"] = self.context
        return json.dumps(parts, sort_keys=True, separators=(",", ":"))

    @cached_property
    def id(self) -> str:
        """SHA-256 of `text`, hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Task) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def geometry(self) -> Geometry:
        """The molecule as solve() takes it."""
        return recorded_geometry(self.molecule)

    def to_json(self) -> str:
        """The whole task, for a worker or a store."""
        return json.dumps(
            {
                "molecule": self.molecule.model_dump(mode="json"),
                "settings": self.settings.model_dump(mode="json"),
                "context": self.context,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Task:
        """What `to_json` wrote."""
        parts = json.loads(text)
        return cls(
            InputRecord.model_validate(parts["molecule"]),
            Settings.model_validate(parts["settings"]),
            parts["context"],
        )
