"""Overhead of a screening: H2 at many distances on the process pool, time and memory per task.

    python benchmarks/screening_perf.py --count 10000 --workers 2

Prints Markdown. The overhead of a task is what the run took of all workers' time, less what the
tasks themselves took: handing out, sending back, storing. Starting the workers is in it.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from qchem_app.io.geometry import geometry_of
from qchem_app.molecule import Molecule
from qchem_app.result import Settings
from qchem_app.screening.candidate import Candidate
from qchem_app.screening.event import ScreeningEvent
from qchem_app.screening.executors.base import TaskExecutor
from qchem_app.screening.executors.inline import InlineExecutor
from qchem_app.screening.executors.pool import PoolExecutor
from qchem_app.screening.run import run_screening
from qchem_app.screening.store import Store


def candidates(count: int) -> Iterator[Candidate]:
    """H2 from 0.8 to 5 Bohr."""
    for k in range(count):
        distance = 0.8 + 4.2 * k / max(1, count - 1)
        molecule = Molecule(("H", "H"), [[0.0, 0.0, 0.0], [0.0, 0.0, distance]])
        yield Candidate(f"h2-{k}", f"h2.xyz#{k}", geometry_of(molecule))


class Watch:
    """Adds up the tasks' own time, and notes memory on the way."""

    def __init__(self, executor: TaskExecutor) -> None:
        self.executor = executor
        self.task_seconds = 0.0
        self.first = 0.0
        self.rows: list[tuple[int, float, float, float]] = []

    def __call__(self, event: ScreeningEvent) -> None:
        if event.task_seconds is not None:
            self.task_seconds += event.task_seconds
            self.first = self.first or event.seconds
        share = 10 * event.done // max(1, event.total)
        if event.kind == "finished" and share > (self.rows[-1][0] if self.rows else 0):
            workers = self.executor.total_memory_mb()
            self.rows.append((share, event.seconds, event.memory_mb - workers, workers))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2, help="0: in the calling process")
    parser.add_argument("--references", default="hf,fci")
    arguments = parser.parse_args()
    settings = Settings(references=tuple(arguments.references.split(",")))
    executor: TaskExecutor = (
        PoolExecutor(arguments.workers) if arguments.workers else InlineExecutor()
    )
    with tempfile.TemporaryDirectory() as folder, executor:
        path = Path(folder) / "h2.db"
        watch = Watch(executor)
        with Store.open_for_writing(path) as store:
            begin = time.perf_counter()
            summary = run_screening(
                candidates(arguments.count), settings, store, executor, on_event=watch
            )
            wall = time.perf_counter() - begin
        size = path.stat().st_size
        with Store.open_for_writing(path) as store:
            begin = time.perf_counter()
            again = run_screening(candidates(arguments.count), settings, store, executor)
            second = time.perf_counter() - begin
    slots = executor.slots
    overhead = (wall * slots - watch.task_seconds) / arguments.count
    print("| tasks | workers | wall | of which before the first result | a task's own time |")
    print("|---|---|---|---|---|")
    own = watch.task_seconds / arguments.count
    print(
        f"| {summary.done} | {slots} | {wall:.1f} s | {watch.first:.1f} s | {1e3 * own:.1f} ms |\n"
    )
    print("| overhead a task | store | bytes a task | second run | computed then |")
    print("|---|---|---|---|---|")
    print(
        f"| {1e3 * overhead:.1f} ms | {size / 1e6:.1f} MB | {size / arguments.count:.0f} | "
        f"{second:.1f} s | {again.done - again.reused} |\n"
    )
    print("| done | at | driver | workers |")
    print("|---|---|---|---|")
    for share, seconds, driver, workers in watch.rows:
        print(f"| {10 * share} % | {seconds:.1f} s | {driver:.0f} MB | {workers:.0f} MB |")


if __name__ == "__main__":
    main()
