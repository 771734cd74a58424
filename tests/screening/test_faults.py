"""Drivers in processes of their own, killed at any moment: what is stored stays, what is not is
computed again."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from qchem_app.screening.store import Store

HELPERS = Path(__file__).parent / "helpers"


class DriverProcess:
    """screening_driver.py on one store and one list of molecules."""

    def __init__(self, folder: Path, environment: dict[str, str], *arguments: str) -> None:
        self.folder, self.arguments = folder, arguments
        folder.mkdir(exist_ok=True)
        self.store, self.log = folder / "set.db", folder / "log"
        path = os.pathsep.join([environment["PYTHONPATH"], str(HELPERS)])
        self.environment = {**environment, "PYTHONPATH": path, "QCHEM_TEST_LOG": str(self.log)}

    def start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(HELPERS / "screening_driver.py"), "set.db", *self.arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )

    def finish(self) -> dict[str, Any]:
        with self.start() as process:
            out, err = process.communicate(timeout=200)
        assert (process.returncode, err) == (0, "")
        return dict(json.loads(out))

    def lines(self) -> list[list[str]]:
        return [line.split() for line in self.log.read_text().splitlines()]

    def until(self, condition: Callable[[], object], process: subprocess.Popen[str]) -> None:
        end = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < end, "it never came true"
            assert process.poll() is None, process.communicate()
            time.sleep(0.005)

    def progress(self) -> int:
        """Lines in the log, of all runs."""
        return self.log.read_text().count("\n") if self.log.exists() else 0

    def rows(self) -> dict[str, tuple[str, Any]]:
        with Store.open_for_reading(self.store) as store:
            return {row.name: (row.status, row.fields.get("e_vqe")) for row in store.rows()}


def check_store(driver: DriverProcess) -> None:
    """Whole, and nothing was computed after it had been stored."""
    connection = sqlite3.connect(driver.store)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        connection.close()
    stored = set()
    for kind, *rest in driver.lines():
        if kind == "stored":
            stored.add(rest[0])
        elif kind == "start":
            assert rest[0] not in stored, "computed again after its result was stored"


def kill_and_resume(
    driver: DriverProcess, kills: int, most_lines: int, seed: int
) -> tuple[dict[str, Any], int]:
    """SIGKILL at random moments, then an undisturbed run; how many kills came before the end.

    A moment is a random number of lines of the log after the start, at most `most_lines`, and a
    fraction of a second; every fourth is somewhere in the start of the driver and its workers.
    """
    moments = random.Random(seed)
    hit = 0
    workers: set[int] = set()
    for k in range(kills):
        before = driver.progress()
        lines = 0 if k % 4 == 0 else moments.randint(1, most_lines)
        with driver.start() as process:
            while driver.progress() < before + lines and process.poll() is None:
                time.sleep(0.002)
            time.sleep(moments.uniform(0.0, 0.25 if lines else 1.5))
            hit += process.poll() is None
            process.kill()
            process.communicate()
        if driver.log.exists():
            workers |= {int(line[2]) for line in driver.lines() if line[0] == "start"}
    summary = driver.finish()
    assert not any(psutil.pid_exists(pid) for pid in workers), "orphans"
    return summary, hit


def test_driver_killed_a_few_times(environment: dict[str, str], tmp_path: Path) -> None:
    words = ["pretend", *(f"h2:{1 + k / 50}" for k in range(60))]
    undisturbed = DriverProcess(tmp_path / "calm", environment, *words)
    assert undisturbed.finish()["done"] == 60
    driver = DriverProcess(tmp_path / "stormy", environment, *words)
    summary, hit = kill_and_resume(driver, kills=4, most_lines=35, seed=1)
    assert hit >= 3
    assert (summary["done"], summary["failed"]) == (60, 0)
    assert driver.rows() == undisturbed.rows()
    check_store(driver)


@pytest.mark.slow
@pytest.mark.parametrize("slots", [2, 0])
def test_driver_killed_at_twenty_moments(
    slots: int, environment: dict[str, str], tmp_path: Path
) -> None:
    words = [f"{name}:{d}" for name, d in _SOME]
    arguments = ["logged", *words, "--slots", str(slots), "--references", "hf,fci"]
    undisturbed = DriverProcess(tmp_path / "calm", environment, *arguments)
    assert undisturbed.finish()["done"] == len(words)
    driver = DriverProcess(tmp_path / "stormy", environment, *arguments)
    summary, hit = kill_and_resume(driver, kills=20, most_lines=14, seed=7 + slots)
    assert hit >= 18
    assert summary["reused"] > 0
    assert (summary["done"], summary["failed"]) == (len(words), 0)
    assert driver.rows() == undisturbed.rows()  # energies bit for bit
    check_store(driver)


_SOME = [
    (name, f"{1.2 + k / 20:.2f}") for name in ("h2", "heh", "h4", "lih", "hf") for k in range(20)
]


def test_worker_killed_in_the_middle(environment: dict[str, str], tmp_path: Path) -> None:
    words = ["pretend", *(f"h2:{1 + k / 20}" for k in range(20))]
    driver = DriverProcess(tmp_path / "set", environment, *words)
    with driver.start() as process:
        killed: set[int] = set()
        for count in (2, 8):
            driver.until(lambda n=count: driver.log.exists() and len(driver.lines()) >= n, process)
            pid = int([line for line in driver.lines() if line[0] == "start"][-1][2])
            os.kill(pid, signal.SIGKILL)
            killed.add(pid)
        out, err = process.communicate(timeout=60)
    summary = json.loads(out)
    assert err == ""
    assert (summary["done"], summary["failed"], summary["interrupted"]) == (20, 0, False)
    assert len({line[2] for line in driver.lines() if line[0] == "start"} - killed) >= 2


@pytest.mark.slow
def test_workers_killed_all_the_time(environment: dict[str, str], tmp_path: Path) -> None:
    words = ["pretend", *(f"h2:{1 + k / 100}" for k in range(150)), "--attempts", "1000"]
    driver = DriverProcess(tmp_path / "set", environment, *words)
    moments = random.Random(3)
    kills = 0
    with driver.start() as process:
        while process.poll() is None:
            time.sleep(moments.uniform(0.0, 0.4))
            working = set()
            if driver.log.exists():
                working = {int(line[2]) for line in driver.lines() if line[0] == "start"}
            with contextlib.suppress(psutil.NoSuchProcess):
                children = psutil.Process(process.pid).children()
                if workers := [child for child in children if child.pid in working]:
                    moments.choice(workers).kill()
                    kills += 1
            if kills == 60:
                break
        out, err = process.communicate(timeout=120)
    summary = json.loads(out)
    assert err == ""
    assert kills >= 5
    assert (summary["done"], summary["failed"], summary["interrupted"]) == (150, 0, False)
    check_store(driver)


@pytest.mark.slow
@pytest.mark.parametrize("slots", [1, 0])
def test_terminated_in_the_middle_of_a_vqe(
    slots: int, environment: dict[str, str], tmp_path: Path
) -> None:
    arguments = ["slow_vqe", "h8:1.8", "--slots", str(slots)]
    undisturbed = DriverProcess(tmp_path / "calm", environment, *arguments)
    assert undisturbed.finish()["done"] == 1
    steps = len([line for line in undisturbed.lines() if line[0] == "step"])
    assert steps > 6

    driver = DriverProcess(tmp_path / "stormy", environment, *arguments)
    with driver.start() as process:
        driver.until(lambda: driver.log.exists() and ["step", "3"] in driver.lines(), process)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    summary = json.loads(out)
    assert (process.returncode, err) == (0, "")
    assert (summary["interrupted"], summary["done"]) == (True, 0)
    assert summary["signal"] == signal.SIGTERM
    assert len(list((driver.folder / "set.db.checkpoints").glob("*.npz"))) == 1

    assert driver.finish()["done"] == 1
    again = [int(line[1]) for line in driver.lines() if line[0] == "step"]
    assert sorted(set(again)) == list(range(again[0], max(again) + 1))
    assert again.count(again[0]) == 1  # it did not begin at the beginning
    assert len(again) <= steps + 1
    assert driver.rows() == undisturbed.rows()  # bit for bit
    assert not (driver.folder / "set.db.checkpoints").exists()


def test_ctrl_c_goes_to_the_whole_group(environment: dict[str, str], tmp_path: Path) -> None:
    driver = DriverProcess(tmp_path / "set", environment, "stoppable", "h2:1.4", "h2:1.5")
    with driver.start() as process:
        driver.until(lambda: driver.log.exists() and len(driver.lines()) == 2, process)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        out, err = process.communicate(timeout=60)
    summary = json.loads(out)
    assert (process.returncode, err) == (0, "")
    assert (summary["interrupted"], summary["signal"]) == (True, signal.SIGINT)
    assert len(list((driver.folder / "set.db.checkpoints").glob("*.npz"))) == 2
    assert driver.finish()["done"] == 2


def test_two_drivers(environment: dict[str, str], tmp_path: Path) -> None:
    driver = DriverProcess(tmp_path / "set", environment, "stoppable", "h2:1.4")
    with driver.start() as first:
        driver.until(lambda: driver.log.exists(), first)
        with driver.start() as second:
            _, err = second.communicate(timeout=60)
        assert second.returncode != 0
        last = err.strip().splitlines()[-1]
        assert str(first.pid) in last
        assert "InputError" in last
        first.send_signal(signal.SIGINT)
        out, _ = first.communicate(timeout=60)
    assert json.loads(out)["interrupted"]
    assert driver.finish()["done"] == 1


def test_store_can_be_read_meanwhile(environment: dict[str, str], tmp_path: Path) -> None:
    words = ["pretend", *(f"h2:{1 + k / 40}" for k in range(40))]
    driver = DriverProcess(tmp_path / "set", environment, *words)
    seen = []
    with driver.start() as process:
        driver.until(driver.log.exists, process)
        while process.poll() is None:
            seen.append(sum(status == "done" for status, _ in driver.rows().values()))
            time.sleep(0.05)
        process.communicate()
    assert seen == sorted(seen)
    assert any(0 < count < 40 for count in seen)
