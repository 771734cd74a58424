"""Progress on standard error: a live line on a terminal, sparse plain lines elsewhere."""

from __future__ import annotations

import time
from dataclasses import replace
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status
from rich.text import Text

from qchem_app.printable import printable
from qchem_app.progress import Event

#: Without a terminal, these iterations print, and any that comes this many seconds after one.
_LANDMARKS = frozenset(digit * 10**power for digit in (1, 2, 5) for power in range(9))
_PATIENCE_SECONDS = 10.0


class ProgressDisplay:
    """Shows events until it is closed; use it as a context manager and call it with each event.

    On a terminal the latest event is a live line with a running clock, and what each stage said
    last stays above it. Elsewhere every event is a line, but for the iterations, which are many.
    """

    def __init__(self, console: Console | None = None, *, quiet: bool = False) -> None:
        self._console = console or Console(stderr=True, highlight=False, quiet=quiet)
        self._latest: Event | None = None
        self._latest_at = time.perf_counter()
        self._printed_at = 0.0
        self._live: Status | None = None
        if self._console.is_terminal and not self._console.is_dumb_terminal and not quiet:
            self._live = self._console.status(self)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._print(self._latest)

    def __call__(self, event: Event) -> None:
        if self._live is None:
            if self._is_landmark(event):
                self._printed_at = event.seconds
                self._print(event)
        elif self._latest is not None and self._latest.stage != event.stage:
            self._print(self._latest)
        self._latest, self._latest_at = event, time.perf_counter()

    def __rich__(self) -> Text:
        """The live line, with the time that has passed since the latest event added to it."""
        if self._latest is None:
            return Text("starting")
        waited = time.perf_counter() - self._latest_at
        return Text(describe(replace(self._latest, seconds=self._latest.seconds + waited)))

    def _print(self, event: Event | None) -> None:
        if event is not None:
            self._console.print(Text(describe(event)), soft_wrap=True)

    def _is_landmark(self, event: Event) -> bool:
        return (
            event.iteration is None
            or event.iteration in _LANDMARKS
            or event.seconds - self._printed_at >= _PATIENCE_SECONDS
        )


def describe(event: Event) -> str:
    """One line: elapsed time, stage, iteration, energy, gradient norm, message."""
    parts = [f"{event.seconds:8.2f} s  {event.stage}"]
    if event.iteration is not None:
        parts.append(f"iteration {event.iteration}")
    if event.energy is not None:
        parts.append(f"E {event.energy:.8f} Ha")
    if event.gradient_norm is not None:
        parts.append(f"gradient {event.gradient_norm:.1e}")
    if event.message:
        parts.append(printable(event.message))
    return "  ".join(parts)
