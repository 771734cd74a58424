"""Ctrl-C and SIGTERM as exceptions that pass through solve(), which saves its state."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Terminated(KeyboardInterrupt):
    """SIGTERM, which is to be handled just like Ctrl-C."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise KeyboardInterrupt at the first SIGINT and Terminated at the first SIGTERM.

    The second signal does nothing but say so, because the first one's state is being written; a
    third gives up waiting. The former handlers are put back at the end.
    """
    received = 0

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal received
        received += 1
        if received == 2:
            # os.write, because the signal may have come in the middle of a print
            os.write(2, b"Stopping; a third interrupt stops at once.\n")
            return
        raise Terminated if number == signal.SIGTERM else KeyboardInterrupt

    former = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
