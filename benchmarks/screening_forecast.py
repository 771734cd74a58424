"""Forecasts of a screening beside what its tasks really take.

    OMP_NUM_THREADS=1 python benchmarks/screening_forecast.py --fraction 0.5

Prints Markdown. Processor time is compared, not wall time, so that other programs do not disturb.
"""

from __future__ import annotations

import argparse
import math
import resource
import sys
import time
from concurrent.futures import Future
from pathlib import Path

from qchem_app.io.geometry import read_geometry
from qchem_app.result import Settings
from qchem_app.screening.candidate import Candidate
from qchem_app.screening.executors.pool import PoolExecutor
from qchem_app.screening.fields import fields_of
from qchem_app.screening.forecast import forecast_task
from qchem_app.screening.outcome import Scalar
from qchem_app.screening.plan import plan_tasks
from qchem_app.screening.task import Task

MOLECULES = Path(__file__).parent.parent / "molecules"
#: name, basis set, active space; cheap ones first
CASES = [
    ("h2", "sto-3g", "auto"), ("lih", "sto-3g", "auto"), ("h2o", "sto-3g", "auto"),
    ("oh", "sto-3g", "auto"), ("nh3", "sto-3g", "auto"), ("ch4", "sto-3g", "auto"),
    ("n2", "sto-3g", "auto"), ("o2", "sto-3g", "auto"), ("no", "sto-3g", "auto"),
    ("h8_chain", "sto-3g", "auto"), ("hcn", "sto-3g", "auto"), ("h10_chain", "sto-3g", "auto"),
    ("h2", "cc-pvdz", "auto"), ("h2o", "cc-pvdz", "6,6"), ("hf", "6-31g", "auto"),
    ("c2h2", "sto-3g", "auto"), ("h2co", "sto-3g", "auto"), ("co2", "sto-3g", "auto"),
    ("h2o", "6-31g", "auto"), ("pyrrole", "sto-3g", "auto"), ("c2h4", "sto-3g", "auto"),
    ("n2", "cc-pvdz", "auto"), ("formamide", "sto-3g", "auto"),
]  # fmt: skip


def measure(task_json: str) -> tuple[float, float, dict[str, Scalar]]:
    """Processor time in seconds, peak memory in megabytes, fields; in a worker of its own."""
    from qchem_app.screening.plan import complete
    from qchem_app.solve import solve

    solve(read_geometry(MOLECULES / "h2.xyz"), complete(Settings()))  # loads everything
    task = Task.from_json(task_json)
    begin = time.process_time()
    result = solve(task.geometry, task.settings)
    seconds = time.process_time() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    return seconds, peak, fields_of(result)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fraction", type=float, default=1.0, help="of the cases, the cheap ones")
    count = math.ceil(len(CASES) * parser.parse_args().fraction)
    from screening_forecast import measure as importable  # workers cannot see __main__

    print("| molecule | basis | space, forecast | found | determinants | parameters | time "
          "| forecast | ratio | peak memory | forecast |\n" + "|---" * 11 + "|")  # fmt: skip
    ratios = []
    for name, basis, space in CASES[:count]:
        candidate = Candidate(name, name, read_geometry(MOLECULES / f"{name}.xyz"))
        ((_, task),) = plan_tasks([candidate], Settings(basis=basis, active_space=space))
        assert task is not None
        forecast = forecast_task(task)
        with PoolExecutor(1) as pool:
            future: Future[tuple[float, float, dict[str, Scalar]]] = pool.submit(
                importable, task.to_json()
            )
            seconds, peak, fields = future.result()
        ratios.append(forecast.seconds / seconds)
        print(
            f"| {name} | {basis} | {forecast.space} | {fields['space']} | "
            f"{forecast.determinants:,} / {fields['determinants']:,} | "
            f"{forecast.parameters} / {fields['parameters']} | {seconds:.2f} s | "
            f"{forecast.seconds:.2f} s | {ratios[-1]:.2f} | {peak:.0f} MB | "
            f"{forecast.memory_mb:.0f} MB |",
            flush=True,
        )
    mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
    print(f"\nForecast over measured: {mean:.2f} in the geometric mean, "
          f"{min(ratios):.2f} to {max(ratios):.2f}.")  # fmt: skip


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main()
