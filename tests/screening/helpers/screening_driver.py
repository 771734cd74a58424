"""A driver in a process of its own, to be killed: screening_driver.py STORE WORK MOLECULES.

MOLECULES are words such as h2:1.4 (H2 at 1.4 Bohr), he, lih, h4:1.8. Prints the summary.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

import screening_works
from molecules_by_word import candidate

from qchem_app.result import Settings
from qchem_app.screening.event import ScreeningEvent
from qchem_app.screening.executors.base import TaskExecutor
from qchem_app.screening.executors.inline import InlineExecutor
from qchem_app.screening.executors.pool import PoolExecutor
from qchem_app.screening.run import RunLimits, run_screening
from qchem_app.screening.store import Store


def on_event(event: ScreeningEvent) -> None:
    if event.kind in ("finished", "failed"):  # told right after it was stored
        screening_works.log("stored", event.task_id)
    elif event.kind in ("stopping", "interrupted"):
        screening_works.log(event.kind)


parser = argparse.ArgumentParser()
parser.add_argument("store")
parser.add_argument("work")
parser.add_argument("molecules", nargs="+")
parser.add_argument("--slots", type=int, default=2)
parser.add_argument("--grace", type=float, default=60.0)
parser.add_argument("--attempts", type=int, default=3)
parser.add_argument("--references", default="hf")
arguments = parser.parse_args()

executor: TaskExecutor = PoolExecutor(arguments.slots) if arguments.slots else InlineExecutor()
with executor, Store.open_for_writing(arguments.store) as store:
    summary = run_screening(
        [candidate(word) for word in arguments.molecules],
        Settings(references=tuple(arguments.references.split(","))),
        store,
        executor,
        work=getattr(screening_works, arguments.work),
        limits=RunLimits(attempts=arguments.attempts, grace_seconds=arguments.grace),
        on_event=on_event,
    )
print(json.dumps(asdict(summary)))
