"""run_screening(): every candidate's task computed once, whatever happens to who computes it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Event
from typing import Any

from qchem_app.result import Settings
from qchem_app.screening.candidate import Candidate
from qchem_app.screening.driver import Driver
from qchem_app.screening.event import ScreeningProgress
from qchem_app.screening.executors.base import TaskExecutor
from qchem_app.screening.interrupts import Interrupts
from qchem_app.screening.limits import RunLimits as RunLimits
from qchem_app.screening.outcome import Outcome
from qchem_app.screening.plan import complete, plan_tasks
from qchem_app.screening.store import Store
from qchem_app.screening.store_error import StoreError
from qchem_app.screening.worker import compute


@dataclass(frozen=True)
class Summary:
    """How a screening ended.

    Attributes:
        total: different tasks, and the candidates that could not be one.
        done: tasks with a result, those of earlier runs included.
        failed: tasks and candidates without one, and with a sentence that says why.
        reused: of those done, how many an earlier run had computed.
        interrupted: whether something is left for the same command to go on with.
        seconds: wall time.
        run_id: of this run in the store.
        signal: number of the signal that interrupted it, None where none did.
        reason: why it stopped early, one sentence; empty where it did not.
    """

    total: int
    done: int
    failed: int
    reused: int
    interrupted: bool
    seconds: float
    run_id: int
    signal: int | None = None
    reason: str = ""


def run_screening(
    candidates: Iterable[Candidate],
    settings: Settings,
    store: Store,
    executor: TaskExecutor,
    *,
    limits: RunLimits | None = None,
    work: Callable[[str, str | None], Outcome] = compute,
    on_event: ScreeningProgress | None = None,
    retry_failed: bool = False,
    manifest: Mapping[str, Any] | None = None,
    stop: Event | None = None,
) -> Summary:
    """Compute every candidate that the store has no result of yet.

    Each result is stored as it arrives; what is stored is never computed again. A task whose
    worker dies is tried again; one that keeps dying, or goes beyond its limits, ends as a failed
    row and leaves the others alone.

    In the main thread SIGINT and SIGTERM do not raise while this runs. The first stops it: running
    tasks leave checkpoints, and the same call goes on from there. A second one kills them.

    Args:
        candidates: what to compute; broken ones become failed rows.
        settings: of all; see `plan_tasks`.
        store: opened for writing.
        executor: runs the tasks; it stays open.
        limits: of a task, and of all together.
        work: what is run for each task, a function that can be pickled.
        on_event: called with everything that happens, in this thread.
        retry_failed: try again what an earlier run gave up.
        manifest: what the store should remember of this run.
        stop: set by another thread to stop as a signal does.

    Raises:
        StoreError: a result could not be stored; what was stored before is whole.
    """
    begin = time.monotonic()
    settings = complete(settings)
    pairs = plan_tasks(candidates, settings)
    with Interrupts(stop) as interrupts:
        run_id = store.start_run({"settings": settings.model_dump(mode="json"), **(manifest or {})})
        store.add_candidates(run_id, pairs)
        driver = Driver(store, executor, limits or RunLimits(), work, on_event, interrupts, begin)
        try:
            driver.plan(pairs, retry_failed)
            driver.run()
        except BaseException:
            driver.abandon()
            with suppress(StoreError):
                store.end_run(run_id, "failed")
            raise
        store.end_run(run_id, "interrupted" if driver.left_over else "finished")
        driver.tell("ended", message=driver.reason)
    return Summary(
        total=driver.tally.total,
        done=driver.tally.done,
        failed=driver.tally.failed,
        reused=driver.tally.reused,
        interrupted=driver.left_over,
        seconds=time.monotonic() - begin,
        run_id=run_id,
        signal=interrupts.number,
        reason=driver.reason,
    )
