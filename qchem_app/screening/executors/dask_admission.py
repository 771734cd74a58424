"""What a Dask worker must have in common with the driver, and what it had better have."""

from __future__ import annotations

from typing import Any

from qchem_app.io.source import excerpt
from qchem_app.screening.executors.dask_worker import versions


def objection(answer: dict[str, Any]) -> str:
    """Why a worker gets no task, a sentence about "a worker"; empty where it gets some.

    Args:
        answer: of `dask_worker.describe`.
    """
    here, there = versions()["qchem_app"], str(answer["versions"]["qchem_app"])
    if here == there:
        return ""
    return (
        f"a worker has qchem_app {there}, not {here}: it gets no task; install the same version "
        "there"
    )


def remarks(answer: dict[str, Any], threads: int) -> list[str]:
    """Sentences about a worker that gets tasks all the same.

    Args:
        answer: of `dask_worker.describe`.
        threads: of the worker, by the scheduler.
    """
    found = []
    here, there = versions(), answer["versions"]
    differing = [f"{k} {v or 'none'}, not {here[k]}" for k, v in there.items() if v != here[k]]
    if differing:
        found.append(
            f"workers have {'; '.join(differing)}: the last digits may differ from those of this "
            "machine"
        )
    if threads > 1:
        found.append(
            f"a worker has {threads} threads and gets one task at a time all the same: start "
            f"workers with --nthreads 1 --nworkers {threads}"
        )
    if answer["omp_num_threads"] != "1":
        value = excerpt(answer["omp_num_threads"], 20) or "not set"
        found.append(
            f"OMP_NUM_THREADS is {value} on a worker, so that its libraries may use more cores "
            "than it has: start workers with OMP_NUM_THREADS=1"
        )
    return found
