"""A running scan on standard error: a line for each point, and a live one for what goes on."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.text import Text

from qchem_app.cli.progress import describe
from qchem_app.printable import printable
from qchem_app.progress import Event
from qchem_app.report import numbers
from qchem_app.scan.run import PointDone


class ScanDisplay:
    """Shows points and events until it is closed; use it as a context manager.

    Args:
        quiet: print nothing.
        console: where to print; standard error unless given.
    """

    def __init__(self, *, quiet: bool = False, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False, quiet=quiet)
        live = self._console.is_terminal and not self._console.is_dumb_terminal and not quiet
        self._status = self._console.status("starting") if live else None
        self._reused = 0

    def __enter__(self) -> Self:
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._status is not None:
            self._status.stop()
        self._tell_reused()

    def say(self, sentence: str) -> None:
        """Something about the whole scan."""
        self._console.print(Text(printable(sentence)), soft_wrap=True)

    def event(self, event: Event) -> None:
        """Something happened inside of a point."""
        if self._status is not None:
            self._status.update(Text(describe(event)))

    def point(self, point: PointDone) -> None:
        """A point is done; those that the store had are only counted."""
        if point.reused and not point.error:
            self._reused += 1
            return
        self._tell_reused()
        self._console.print(Text(line(point)), soft_wrap=True)

    def _tell_reused(self) -> None:
        if self._reused:
            plural = "s" * (self._reused != 1)
            self._console.print(Text(f"{self._reused} point{plural} found in the store"))
            self._reused = 0


def line(point: PointDone) -> str:
    """One line about a point."""
    parts = [f"{point.index} of {point.total}", printable(point.candidate.name)]
    if point.error:
        return "  ".join([*parts, f"failed: {printable(point.error)}"])
    fields = point.fields
    if isinstance(energy := fields.get("e_vqe"), float):
        parts.append(f"E {energy:.8f} Ha")
    if fields.get("best") == "fci" and isinstance(error := fields.get("error_mha"), float):
        parts.append(f"error {numbers.error(error)} mHa")
    parts.append(f"{fields.get('gradients')} gradients")
    if not fields.get("converged"):
        parts.append("not converged")
    return "  ".join(parts)
