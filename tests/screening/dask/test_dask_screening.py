"""Whole screenings on a real Dask cluster, undisturbed and with what dies in the night."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import psutil
import pytest
import screening_works
from molecules_by_word import candidate

from qchem_app.result import Settings
from qchem_app.screening.event import ScreeningEvent
from qchem_app.screening.executors.base import TaskExecutor
from qchem_app.screening.executors.dask import DaskExecutor
from qchem_app.screening.executors.inline import InlineExecutor
from qchem_app.screening.outcome import Outcome
from qchem_app.screening.run import RunLimits, Summary, run_screening
from qchem_app.screening.store import Store
from qchem_app.screening.worker import compute

from .conftest import Cluster, stop, until

Work = Callable[[str, str | None], Outcome]
DISTANCES = [f"h2:{1.2 + 0.05 * i:.2f}" for i in range(16)]


def screen(
    path: Path, executor: TaskExecutor, words: list[str], work: Work = compute, **options: Any
) -> Summary:
    with Store.open_for_writing(path) as store:
        return run_screening(
            [candidate(word) for word in words],
            Settings(references=("hf",)),
            store,
            executor,
            work=work,
            **options,
        )


def rows(path: Path) -> dict[str, tuple[str, Any]]:
    with Store.open_for_reading(path) as store:
        return {row.name: (row.status, row.fields.get("e_vqe")) for row in store.rows()}


def check(path: Path) -> None:
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        connection.close()


def started(cluster: Cluster) -> list[tuple[str, int]]:
    """(task, process) of every attempt, in order."""
    if not cluster.log.exists():
        return []
    lines = [line.split() for line in cluster.log.read_text().splitlines()]
    return [(task, int(process)) for kind, task, process in lines if kind == "start"]


def test_the_same_store_as_in_this_process(standing: Cluster, tmp_path: Path) -> None:
    words = ["h2:1.4", "heh:1.5", "h4:1.8", "h3:1.7"]
    with DaskExecutor.connect(standing.address) as executor:
        there = screen(tmp_path / "there.db", executor, words)
        again = screen(tmp_path / "there.db", executor, words)
    here = screen(tmp_path / "here.db", InlineExecutor(), words)
    assert (there.done, there.failed, there.interrupted) == (len(words), 0, False)
    assert (again.done, again.reused) == (len(words), len(words))
    assert (here.done, here.failed) == (there.done, there.failed)
    assert rows(tmp_path / "there.db") == rows(tmp_path / "here.db")  # bit for bit
    check(tmp_path / "there.db")


def test_a_poison_task_is_one_failed_row(cluster: Cluster, tmp_path: Path) -> None:
    cluster.start_scheduler()
    cluster.start_workers(2)
    with DaskExecutor.connect(cluster.address) as executor:
        summary = screen(
            tmp_path / "set.db",
            executor,
            [*DISTANCES[:6], "he", *DISTANCES[6:]],
            screening_works.poison,
            limits=RunLimits(attempts=2),
        )
    assert (summary.done, summary.failed, summary.interrupted) == (len(DISTANCES), 1, False)
    found = rows(tmp_path / "set.db")
    assert [name for name, (status, _) in found.items() if status == "failed"] == ["he"]
    tries = Counter(task for task, _ in started(cluster))
    assert sorted(tries.values()) == [1] * len(DISTANCES) + [2]


def test_the_scheduler_dies_and_another_goes_on(cluster: Cluster, tmp_path: Path) -> None:
    scheduler = cluster.start_scheduler()
    cluster.start_workers(2)
    stored: list[str] = []
    reasons: list[str] = []

    def on_event(event: ScreeningEvent) -> None:
        if event.kind == "finished":
            stored.append(event.task_id)
            if len(stored) == 5:
                stop(scheduler)
        if event.kind == "stopping":
            reasons.append(event.message)

    path = tmp_path / "set.db"
    with DaskExecutor.connect(cluster.address) as executor:
        first = screen(path, executor, DISTANCES, screening_works.pretend, on_event=on_event)
    assert first.interrupted
    assert 5 <= first.done < len(DISTANCES)
    assert first.failed == 0
    assert first.reason.startswith(f"the Dask scheduler at {cluster.address} is gone")
    assert reasons == [first.reason]
    check(path)
    before = Counter(task for task, _ in started(cluster))
    cluster.start_scheduler()
    cluster.start_workers(2)
    with DaskExecutor.connect(cluster.address) as executor:
        second = screen(path, executor, DISTANCES, screening_works.pretend)
    assert (second.done, second.failed) == (len(DISTANCES), 0)
    assert second.reused == first.done
    after = Counter(task for task, _ in started(cluster))
    assert all(after[task] == before[task] for task in stored)
    with Store.open_for_reading(path) as store:
        assert {row.status for row in store.rows()} == {"done"}


def test_a_signal_lets_running_tasks_finish(standing: Cluster, tmp_path: Path) -> None:
    """They are in threads of other machines, where no signal reaches them."""
    asked = Event()

    def on_event(event: ScreeningEvent) -> None:
        if event.kind == "started":
            asked.set()

    path = tmp_path / "set.db"
    with DaskExecutor.connect(standing.address) as executor:
        summary = screen(
            path, executor, DISTANCES, screening_works.pretend, on_event=on_event, stop=asked
        )
    assert summary.interrupted
    assert 1 <= summary.done <= 4
    assert sum(status == "done" for status, _ in rows(path).values()) == summary.done


@pytest.mark.slow
def test_workers_killed_at_any_moment(cluster: Cluster, tmp_path: Path) -> None:
    cluster.start_scheduler()
    cluster.start_workers(2)
    words = [f"h2:{1.2 + 0.01 * i:.2f}" for i in range(32)]
    undisturbed = screen(tmp_path / "here.db", InlineExecutor(), words)
    killed: list[int] = []

    def on_event(event: ScreeningEvent) -> None:
        """Every seventh result costs a worker its life, in the middle of the next task."""
        if event.kind == "finished" and event.done % 7 == 0:
            process = started(cluster)[-1][1]
            if psutil.pid_exists(process):
                psutil.Process(process).send_signal(signal.SIGKILL)
                killed.append(process)

    with DaskExecutor.connect(cluster.address) as executor:
        summary = screen(
            tmp_path / "there.db", executor, words, screening_works.logged, on_event=on_event
        )
    assert len(set(killed)) >= 4
    assert (summary.done, summary.failed) == (undisturbed.done, 0)
    assert rows(tmp_path / "there.db") == rows(tmp_path / "here.db")
    check(tmp_path / "there.db")


@pytest.mark.slow
def test_the_driver_is_killed_and_goes_on(
    cluster: Cluster, tmp_path: Path, repository: Path
) -> None:
    """What its workers still do does not disturb the next driver."""
    cluster.start_scheduler()
    cluster.start_workers(2)
    text = (
        "from pathlib import Path\nimport sys\nimport screening_works\n"
        "from molecules_by_word import candidate\n"
        "from qchem_app.result import Settings\n"
        "from qchem_app.screening.executors.dask import DaskExecutor\n"
        "from qchem_app.screening.run import run_screening\n"
        "from qchem_app.screening.store import Store\n"
        "with DaskExecutor.connect(sys.argv[1]) as e, Store.open_for_writing(sys.argv[2]) as s:\n"
        "    run_screening([candidate(w) for w in sys.argv[3:]], Settings(references=('hf',)), s,"
        " e, work=screening_works.logged)\n"
    )
    path = tmp_path / "set.db"
    command = [sys.executable, "-c", text, cluster.address, str(path), *DISTANCES]
    for _ in range(2):
        count = len(started(cluster))
        with subprocess.Popen(command, env=cluster.environment) as driver:
            until(lambda count=count: len(started(cluster)) > count + 4, "tasks to begin")
            driver.kill()
        check(path)
    assert subprocess.run(command, env=cluster.environment, check=False).returncode == 0
    assert {status for status, _ in rows(path).values()} == {"done"}
    assert max(Counter(task for task, _ in started(cluster)).values()) <= 3


@pytest.mark.slow
def test_from_the_command_line(
    standing: Cluster, tmp_path: Path, repository: Path, run_qchem: Any
) -> None:
    found = run_qchem(
        "screen", str(repository / "molecules" / "h2.xyz"), "--scheduler", standing.address,
        "-o", "set.db", "--json",
    )  # fmt: skip
    assert (found.returncode, "Traceback" in found.stderr) == (0, False), found.stderr
    assert rows(tmp_path / "set.db")["h2"][0] == "done"
    for line in found.stdout.splitlines():
        json.loads(line)
