"""A running screening on standard error: a live view, plain lines, or JSON lines on output."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.text import Text

from qchem_app.printable import printable
from qchem_app.screening.event import ScreeningEvent

#: Without a terminal a finished task prints only this many seconds after the line before.
_PATIENCE_SECONDS = 5.0
_REFRESH_PER_SECOND = 4
#: What always prints: nobody should have to look for a failure.
_IMPORTANT = frozenset({"planned", "failed", "retried", "interrupted", "stopping", "ended"})
#: Names of running tasks in the live view.
_SHOWN_RUNNING = 6


class ScreeningDisplay:
    """Shows events until it is closed; use it as a context manager and call it with each event.

    Args:
        quiet: print nothing.
        as_json: print each event as one line of JSON on standard output, and nothing else.
        console: where to print; standard error unless given.
    """

    def __init__(
        self, *, quiet: bool = False, as_json: bool = False, console: Console | None = None
    ) -> None:
        self._console = console or Console(stderr=True, highlight=False, quiet=quiet)
        self._as_json = as_json
        self._latest = ScreeningEvent("planned")
        self._latest_at = time.monotonic()
        self._printed_at = float("-inf")
        self._running: dict[str, str] = {}
        self._live: Live | None = None
        live = self._console.is_terminal and not self._console.is_dumb_terminal
        if live and not quiet and not as_json:
            self._live = Live(
                get_renderable=self._view,
                console=self._console,
                refresh_per_second=_REFRESH_PER_SECOND,
                transient=True,
            )

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

    def __call__(self, event: ScreeningEvent) -> None:
        self._latest, self._latest_at = event, time.monotonic()
        if event.kind == "started":
            self._running[event.task_id] = event.name
        else:
            self._running.pop(event.task_id, None)
        if self._as_json:
            sys.stdout.write(json.dumps(asdict(event)) + "\n")
            sys.stdout.flush()
        elif event.kind in _IMPORTANT or (self._live is None and self._is_due(event)):
            self._printed_at = self._latest_at
            self._console.print(Text(describe(event)), soft_wrap=True)

    def tell(self, sentence: str) -> None:
        """Print a sentence about the executor, from any thread."""
        self._console.print(Text(printable(sentence)), soft_wrap=True)

    def _is_due(self, event: ScreeningEvent) -> bool:
        if event.kind != "finished":
            return False
        return self._latest_at - self._printed_at >= _PATIENCE_SECONDS

    def _view(self) -> Group:
        event = self._latest
        elapsed = event.seconds + time.monotonic() - self._latest_at
        names = list(self._running.values())
        shown = ", ".join(printable(name)[:30] for name in names[:_SHOWN_RUNNING])
        more = f" and {len(names) - _SHOWN_RUNNING} more" if len(names) > _SHOWN_RUNNING else ""
        done = event.done + event.failed
        return Group(
            ProgressBar(total=max(1, event.total), completed=done, width=40),
            Text(_counts(event, elapsed), overflow="fold"),
            Text(f"now: {shown}{more}" if names else "", overflow="ellipsis", no_wrap=True),
        )


def describe(event: ScreeningEvent) -> str:
    """One line about what happened, and where the screening stands."""
    about = printable(event.name)
    if event.kind == "finished":
        energy = "" if event.energy is None else f"  E {event.energy:.8f} Ha"
        took = "" if event.task_seconds is None else f" in {duration(event.task_seconds)}"
        about = f"{about}{energy}{took}"
    elif event.name:
        message = printable(event.message)
        about = f"{about}: {event.kind}{f': {message}' if message else ''}"
    elif event.message:
        about = printable(event.message)
    counts = _counts(event, event.seconds)
    if event.kind in ("failed", "retried", "interrupted", "stopping"):
        return about
    return f"{counts}  {about}".rstrip()


def _counts(event: ScreeningEvent, elapsed: float) -> str:
    parts = [f"{event.done} of {event.total} done"]
    if event.reused:
        parts[0] += f" ({event.reused} before)"
    if event.failed:
        parts.append(f"{event.failed} failed")
    parts.append(f"{event.running} running")
    fresh = event.done - event.reused
    if fresh > 0 and elapsed > 0:
        rate = fresh / elapsed
        parts.append(f"{rate:.1f} tasks/s" if rate >= 1 else f"{rate * 60:.1f} tasks/min")
    parts.append(duration(elapsed))
    if event.seconds_left is not None and event.kind != "ended":
        parts.append(f"about {duration(event.seconds_left)} left")
    if event.memory_mb:
        parts.append(f"{event.memory_mb:,.0f} MB")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """Seconds as people say them: 0.4 s, 35 s, 12 min, 3 h 20 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
