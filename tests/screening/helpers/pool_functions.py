"""Functions that a pool's workers can import, harmless and harmful."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path


def square(x: int) -> int:
    return x * x


def fail(text: str) -> None:
    raise ValueError(text)


def pid() -> int:
    return os.getpid()


def environment(name: str) -> str | None:
    return os.environ.get(name)


def sleep(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def kill_yourself(number: int) -> None:
    os.kill(os.getpid(), number)
    time.sleep(10)


def leave(code: int) -> None:
    os._exit(code)


def complain_and_leave(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
    os._exit(7)


def chatter(text: str) -> str:
    print(text, flush=True)
    print(text, file=sys.stderr, flush=True)
    return text


def unpicklable() -> object:
    return lambda: None


def wait_for_interrupt(mark: str) -> str:
    """Say in a file that it runs; answer when it is interrupted."""
    try:
        Path(mark).write_text(str(os.getpid()))
        time.sleep(30)
    except KeyboardInterrupt:
        os.kill(os.getpid(), signal.SIGTERM)  # another one must not disturb what is saved now
        return "state saved"
    return "nobody came"


def sleep_uncaught(mark: str) -> None:
    Path(mark).write_text(str(os.getpid()))
    time.sleep(30)


_kept: list[bytes] = []


def keep(megabytes: int) -> int:
    """Hold on to memory, as a leak does."""
    _kept.append(os.urandom(1) * (megabytes * 1_000_000))
    return os.getpid()


def grow(seconds: float) -> None:
    """Take 50 MB every 50 ms."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        _kept.append(b"x" * 50_000_000)
        time.sleep(0.05)
