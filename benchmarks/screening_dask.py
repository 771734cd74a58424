"""Dask beside one worker and beside this process: speed-up, overhead of a task, the same digits.

    python benchmarks/screening_dask.py [--tasks N] [--length N] [--overhead N]

A scheduler and the workers are processes of this machine that talk over TCP, each worker with one
thread. N chains of hydrogen atoms (`--length` of them, at slightly different distances, so that
no two tasks are the same and all take the same time) are solved in STO-3G by `run_screening`, by
one worker and by two, warm; then the first eighth of them again in this process, where every
energy must be the same, bit for bit. The overhead is measured with a function that does nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from operator import neg
from pathlib import Path

from qchem_app.io.geometry import geometry_of
from qchem_app.molecule import Molecule
from qchem_app.result import Settings
from qchem_app.screening.candidate import Candidate
from qchem_app.screening.executors.base import TaskExecutor
from qchem_app.screening.executors.dask import DaskExecutor
from qchem_app.screening.executors.inline import InlineExecutor
from qchem_app.screening.run import run_screening
from qchem_app.screening.store import Store

SETTINGS = Settings(references=("hf", "mp2", "ccsd", "fci"), active_space="full")


def chain(length: int, number: int) -> Candidate:
    distance = 1.7 + 1e-4 * number  # Bohr
    coordinates = [[0.0, 0.0, distance * k] for k in range(length)]
    molecule = Molecule(("H",) * length, coordinates)
    return Candidate(f"h{length}-{number}", f"{number}", geometry_of(molecule))


@contextmanager
def cluster(workers: int, folder: Path) -> Iterator[str]:
    """Address of a scheduler with so many workers."""
    contact = folder / "scheduler.json"
    contact.unlink(missing_ok=True)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    common = ["--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(contact)]
    commands = [["scheduler", "--port", "0", *common]]
    commands += [
        ["worker", "--nthreads", "1", "--local-directory", str(folder), *common]
    ] * workers  # fmt: skip
    processes = []
    try:
        for program, *arguments in commands:
            processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", f"distributed.cli.dask_{program}", *arguments],
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=environment,
                )
            )
            while not contact.exists() or not contact.read_text():
                time.sleep(0.05)
        yield str(json.loads(contact.read_text())["address"])
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait()


def screen(candidates: list[Candidate], executor: TaskExecutor, path: Path) -> float:
    """Seconds of a screening without failures."""
    with Store.open_for_writing(path) as store:
        summary = run_screening(candidates, SETTINGS, store, executor)
    assert summary.done == len(candidates), summary
    return summary.seconds


def energies(path: Path) -> dict[str, object]:
    with Store.open_for_reading(path) as store:
        return {row.name: row.fields["e_vqe"] for row in store.rows()}


def overhead(executor: TaskExecutor, count: int) -> tuple[float, float]:
    """Milliseconds a task of nothing: one after the other, and as many at once as fit."""
    begin = time.perf_counter()
    for number in range(count):
        executor.submit(neg, number).result()
    middle = time.perf_counter()
    wait([executor.submit(neg, number) for number in range(count)])
    end = time.perf_counter()
    return 1e3 * (middle - begin) / count, 1e3 * (end - middle) / count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=64)
    parser.add_argument("--length", type=int, default=10)
    parser.add_argument("--overhead", type=int, default=300)
    arguments = parser.parse_args()
    candidates = [chain(arguments.length, n) for n in range(arguments.tasks)]
    warm = [chain(arguments.length, -1 - n) for n in range(4)]
    seconds: dict[int, float] = {}
    print("| workers | tasks | s | s a task | speed-up | overhead in turn, ms | at once, ms |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for workers in (1, 2):
            with cluster(workers, folder) as address, DaskExecutor.connect(address) as executor:
                while executor.workers < workers:
                    time.sleep(0.05)
                screen(warm, executor, folder / f"warm{workers}.db")
                seconds[workers] = screen(candidates, executor, folder / f"{workers}.db")
                in_turn, at_once = overhead(executor, arguments.overhead)
            print(
                f"| {workers} | {len(candidates)} | {seconds[workers]:.1f} | "
                f"{workers * seconds[workers] / len(candidates):.3f} | "
                f"{seconds[1] / seconds[workers]:.2f} | {in_turn:.1f} | {at_once:.1f} |",
                flush=True,
            )
        some = candidates[: max(1, len(candidates) // 8)]
        screen(some, InlineExecutor(), folder / "here.db")
        here, there = energies(folder / "here.db"), energies(folder / "2.db")
        assert there == energies(folder / "1.db")
        assert all(there[name] == energy for name, energy in here.items())
    print(f"\n{len(there)} energies are the same with one and two workers, and")
    print(f"{len(here)} of them in this process, bit for bit.")


if __name__ == "__main__":
    main()
