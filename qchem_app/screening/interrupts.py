"""Interrupts: Ctrl-C and SIGTERM as counts, so that nothing is cut off in the middle."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType

_AT_ONCE = 3


class Interrupts:
    """Counts SIGINT and SIGTERM while it is entered, instead of raising exceptions anywhere.

    A KeyboardInterrupt in the middle of storing a result could lose it. Only the third signal
    raises, whatever it cuts off. Outside the main thread nothing is counted, because Python lets
    only that one handle signals.

    Attributes:
        count: signals so far, and requests through `stop`.
        number: of the first signal; None before.
    """

    def __init__(self, stop: threading.Event | None = None) -> None:
        self._stop = stop
        self._signals = 0
        self._raising = False
        self._former: dict[int, object] = {}
        self.number: int | None = None

    @property
    def count(self) -> int:
        return self._signals or int(self._stop is not None and self._stop.is_set())

    def note(self) -> None:
        """Count a KeyboardInterrupt that came as an exception."""
        self._signals = max(1, self._signals)
        self.number = self.number or signal.SIGINT

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._former[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._former.items():
            if handler is not None:  # one that was not set by Python cannot be put back
                signal.signal(number, handler)  # type: ignore[arg-type]

    @contextmanager
    def raised(self) -> Iterator[None]:
        """Within it the next signal is also a KeyboardInterrupt, for tasks of this process."""
        self._raising = True
        try:
            yield
        finally:
            self._raising = False

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._signals += 1
        self.number = self.number or number
        if self._raising or self._signals >= _AT_ONCE:
            self._raising = False  # only once: what follows is the state being saved
            raise KeyboardInterrupt
