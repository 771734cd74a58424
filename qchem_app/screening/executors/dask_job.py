"""Job and Worker: who does what on a Dask cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any


@dataclass(eq=False)
class Job:
    """One submitted call and the future that waits for it."""

    future: Future[Any]
    work: Callable[..., Any]
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    runner: asyncio.Task[None] | None = None


@dataclass(eq=False)
class Worker:
    """A worker process that takes tasks.

    Attributes:
        address: as the scheduler knows it.
        process: names the process behind the address.
        name: "host:pid".
        nanny: whether somebody starts it anew when it dies.
        paused: since when Dask lets it start nothing (`time.monotonic`); None when it may.
        executing: how many tasks run in it, by its last heartbeat.
        memory_mb: resident memory by its last heartbeat, megabytes.
        job: what it was given.
    """

    address: str
    process: str
    name: str
    nanny: bool
    paused: float | None = None
    executing: int = 0
    memory_mb: float = 0.0
    job: Job | None = None
