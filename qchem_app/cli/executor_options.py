"""Where the tasks of a screening run: options, and the executor they make."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from qchem_app.errors import UsageError

if TYPE_CHECKING:
    from qchem_app.screening.executors.base import TaskExecutor

#: Makes an executor; what happens to a cluster is told to the function.
MakeExecutor = Callable[[Callable[[str], None]], "AbstractContextManager[TaskExecutor]"]

Executor = Annotated[
    Literal["pool", "inline"] | None,
    typer.Option(
        help="pool: worker processes on this machine (the default); inline: this process, for "
        "debugging."
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(metavar="N", help="Processes of the pool. Default: cores divided by --threads."),
]
Scheduler = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="Join a Dask cluster, e.g. tcp://host:8786."),
]
Slurm = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Start Dask workers as SLURM jobs described in a YAML file."),
]

#: More workers than this a core are a slip.
_MOST_PER_CORE = 16


def slots(workers: int | None, threads: int) -> int:
    """How many tasks run at once in the pool: every core is used once.

    Raises:
        UsageError: no workers, or far more than cores.
    """
    from qchem_app.provenance import available_cores

    most = _MOST_PER_CORE * available_cores()
    if workers is not None and not 1 <= workers <= most:
        raise UsageError(f"--workers must be 1 to {most} on this machine, but {workers} was given.")
    return workers or max(1, available_cores() // threads)


def make_executor(
    *,
    executor: str | None,
    workers: int | None,
    threads: int,
    scheduler: str | None,
    slurm: Path | None,
) -> MakeExecutor:
    """What makes the executor that the options ask for, given whom to tell about clusters.

    Raises:
        UsageError: options that exclude each other, or a number out of range.
    """
    given = [
        name
        for name, value in (
            ("--executor", executor),
            ("--scheduler", scheduler),
            ("--slurm", slurm),
        )
        if value is not None
    ]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} exclude each other; give one of them.")
    if workers is not None and (given and executor != "pool"):
        raise UsageError(f"--workers is the size of the pool; leave it out with {given[0]}.")

    count = slots(workers, threads)

    def make(tell: Callable[[str], None]) -> AbstractContextManager[TaskExecutor]:
        if scheduler is not None or slurm is not None:
            from qchem_app.screening.executors.dask import DaskExecutor

            if slurm is not None:
                return DaskExecutor.slurm(str(slurm), tell=tell)
            assert scheduler is not None
            return DaskExecutor.connect(scheduler, tell=tell)
        if executor == "inline":
            from qchem_app.screening.executors.inline import InlineExecutor

            return InlineExecutor(threads)
        from qchem_app.screening.executors.pool import PoolExecutor

        return PoolExecutor(count, threads=threads)

    return make
