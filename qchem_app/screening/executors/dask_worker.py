"""What runs inside a Dask worker: a word about itself, and one task at a time."""

from __future__ import annotations

import os
import platform
import socket
import uuid
from collections.abc import Callable
from importlib import metadata
from typing import Any

#: Names this process for as long as it lives; an address may be inherited by the next one.
_PROCESS = uuid.uuid4().hex

#: Libraries whose versions may change the digits of a result, by the names they install under.
_LIBRARIES = ("numpy", "scipy", "pyscf", "numba")


class NotHere:
    """The answer of a process that a task was not meant for."""


def versions() -> dict[str, str]:
    """Versions of Python, of this package and of what computes, "" where not installed."""
    from qchem_app import __version__

    found = {"qchem_app": __version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = ""
    return found


def describe(dask_worker: Any = None) -> dict[str, Any]:
    """What the driver has to know about this worker before it gives it a task.

    Args:
        dask_worker: the worker, filled in by Dask.
    """
    return {
        "process": _PROCESS,
        "name": f"{socket.gethostname()}:{os.getpid()}",
        "versions": versions(),
        "omp_num_threads": os.environ.get("OMP_NUM_THREADS", ""),
        "busy": bool(dask_worker.active_threads),
    }


def attempt(
    process: str,
    work: Callable[..., Any],
    arguments: tuple[Any, ...],
    keywords: dict[str, Any],
) -> Any:
    """Run `work`, unless Dask has moved the task to another process than it was meant for.

    Dask sends a task whose worker died to the next worker, which a poison task then kills too.
    Whether a task is tried again is the driver's decision, so the other process refuses.
    """
    if process != _PROCESS:
        return NotHere()
    try:
        return work(*arguments, **keywords)
    except (SystemExit, KeyboardInterrupt) as error:  # Dask would take the worker down with it
        raise RuntimeError(f"the task left with {type(error).__name__}") from error


def leave() -> None:
    """End this worker, whatever its threads do: for a task over its limits without a nanny."""
    os._exit(1)
