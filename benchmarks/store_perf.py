"""What a store costs: seconds and memory for many results, beside the time of computing one.

    python benchmarks/store_perf.py [--count N] [--record BYTES] [--folder DIR]

Every figure is of one process; put() is timed with its commit, one transaction a result. Prints
Markdown.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil

from qchem_app.cli import main as qchem
from qchem_app.io.geometry import Geometry
from qchem_app.molecule import Molecule
from qchem_app.result import Settings
from qchem_app.screening.candidate import Candidate
from qchem_app.screening.fields import FIELDS
from qchem_app.screening.outcome import Outcome
from qchem_app.screening.store import Store
from qchem_app.screening.task import Task


def pairs(count: int) -> Iterator[tuple[Candidate, Task]]:
    """H2 at many distances."""
    settings = Settings(threads=1, memory_limit=2000.0)
    for i in range(count):
        atoms = np.array([[0.0, 0, 0], [0, 0, 0.8 + i * 1e-4]])
        geometry = Geometry(Molecule(("H", "H"), atoms, name=f"h2_{i}"), source="h2", sha256="0")
        yield Candidate(f"h2_{i}", "h2", geometry), Task.of(geometry, settings)


def megabytes() -> float:
    return float(psutil.Process().memory_info().rss / 1e6)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--record", type=int, default=8_000, help="bytes of one record")
    parser.add_argument("--folder", help="where the store is made; default: the temporary one")
    options = parser.parse_args()
    numbers = [name for name, (unit, _) in FIELDS.items() if unit]
    record = "x" * options.record
    ids = [task.id for _, task in pairs(options.count)]
    print(f"{options.count:,} results with records of {options.record:,} bytes\n")
    print("| step | seconds | ms each |\n|---|---|---|")

    def row(step: str, seconds: float) -> None:
        print(f"| {step} | {seconds:.2f} | {1e3 * seconds / options.count:.3f} |", flush=True)

    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = Path(folder) / "store.db"
        with Store.open_for_writing(path) as store:
            run = store.start_run({})
            begin = time.perf_counter()
            store.add_candidates(run, pairs(options.count))
            row("making the tasks and adding them", time.perf_counter() - begin)
            begin = time.perf_counter()
            store.finished(ids)
            row("asking which are finished", time.perf_counter() - begin)
            memory = [megabytes()]
            times = []
            for i, task_id in enumerate(ids):
                fields = {name: i / 7 + k for k, name in enumerate(numbers)}
                begin = time.perf_counter()
                store.mark_started(task_id)
                store.put(Outcome(task_id, "done", record, dict(fields), seconds=0.1))
                times.append(time.perf_counter() - begin)
                if i % max(1, options.count // 10) == 0:
                    memory.append(megabytes())
            row("mark_started() and put()", sum(times))
            with Store.open_for_reading(path) as reader:
                begin = time.perf_counter()
                assert sum(1 for _ in reader.rows()) == options.count
                row("rows() of another process's reader", time.perf_counter() - begin)
                memory.append(megabytes())
                begin = time.perf_counter()
                assert reader.problems() == []
                row("problems(): the whole file checked", time.perf_counter() - begin)
        size = path.stat().st_size / 1e6
        begin = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()) as out:
            sort = ["--where", "error_mha > 1", "--sort-by", "error_mha", "--format", "csv"]
            assert qchem(["results", str(path), *sort]) == 0
        row(f"qchem results, {out.getvalue().count(chr(10)) - 1:,} sorted rows of CSV",
            time.perf_counter() - begin)  # fmt: skip
    low, high = np.percentile(times, [50, 99])
    print(
        f"\nput() with its commit and mark_started(): median {1e3 * low:.2f} ms, 99 % under "
        f"{1e3 * high:.2f} ms, longest {1e3 * max(times):.1f} ms. Resident memory before the "
        f"first {memory[1]:.0f} MB, after the last {memory[-2]:.0f} MB, after reading all "
        f"{memory[-1]:.0f} MB. The file: {size:.0f} MB."
    )


if __name__ == "__main__":
    main()
