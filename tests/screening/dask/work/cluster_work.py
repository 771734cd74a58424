"""What the workers of these tests are given to do; importable there through PYTHONPATH."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path


def square(number: int, *, plus: int = 0) -> int:
    return number * number + plus


def where() -> tuple[int, bool, str]:
    """(process, whether in its main thread, its OpenMP threads)."""
    main = threading.current_thread() is threading.main_thread()
    return os.getpid(), main, os.environ.get("OMP_NUM_THREADS", "")


def slowly(number: int, seconds: float) -> int:
    time.sleep(seconds)
    return number


def mark(folder: str, name: str, seconds: float = 0.0) -> str:
    """Leave a file for every attempt, then take as long."""
    with open(Path(folder) / name, "a") as file:
        file.write(f"{os.getpid()}\n")
    time.sleep(seconds)
    return name


def die(folder: str, name: str) -> None:
    """Kill the worker, the way the system does when memory runs out."""
    mark(folder, name)
    os.kill(os.getpid(), signal.SIGKILL)


def fail(message: str) -> None:
    raise ValueError(message)


def leave() -> None:
    raise SystemExit(3)


def hoard(megabytes: int, seconds: float) -> int:
    """Fill memory and stay."""
    held = bytearray(megabytes * 1_000_000)
    held[:: 1 << 12] = b"x" * len(held[:: 1 << 12])
    time.sleep(seconds)
    return len(held)


class Strange:
    """A result that can be sent and not received."""

    def __reduce__(self) -> tuple[object, ...]:
        return (_refuse, ())


def _refuse() -> None:
    raise ValueError("not to be unpickled")


def strange() -> Strange:
    return Strange()


_kept: list[bytearray] = []


def keep(megabytes: int) -> int:
    """Fill memory and never let it go."""
    held = bytearray(megabytes * 1_000_000)
    held[:: 1 << 12] = b"x" * len(held[:: 1 << 12])
    _kept.append(held)
    return megabytes
