"""What the sidecars of files and folders say, each read once."""

from __future__ import annotations

from qchem_app.errors import InputError
from qchem_app.io.sidecar import read_sidecar, sidecar_of_file, sidecar_of_folder
from qchem_app.io.source import path_label
from qchem_app.screening.overrides import Said, understand


class Sidecars:
    """Remembers what was read, and what could not be."""

    def __init__(self) -> None:
        self._known: dict[str, Said | InputError] = {}

    def of_file(self, path: str) -> Said:
        """What `h2o.yaml` says of `h2o.xyz`; nothing where there is none.

        Raises:
            InputError: there is one, but it cannot be understood.
        """
        return self._read(sidecar_of_file(path))

    def of_folder(self, folder: str) -> Said:
        """What `settings.yaml` says of everything in its folder; nothing where there is none.

        Raises:
            InputError: there is one, but it cannot be understood, or gives everything one name.
        """
        sidecar = sidecar_of_folder(folder)
        said = self._read(sidecar)
        if said.name:
            raise InputError(
                f"{path_label(str(sidecar))}: a name cannot be that of everything in a folder: "
                "remove it"
            )
        return said

    def _read(self, sidecar: str | None) -> Said:
        if sidecar is None:
            return Said()
        if sidecar not in self._known:
            try:
                self._known[sidecar] = understand(read_sidecar(sidecar), path_label(sidecar))
            except InputError as error:
                self._known[sidecar] = error
        known = self._known[sidecar]
        if isinstance(known, InputError):
            raise known
        return known
