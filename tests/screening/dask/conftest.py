"""A Dask scheduler and workers as processes of their own, talking over TCP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import psutil
import pytest

WORK = Path(__file__).parent / "work"
HELPERS = Path(__file__).parent.parent / "helpers"
for folder in (WORK, HELPERS):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

#: Starting processes takes a while on a busy machine.
PATIENCE = 90.0


def until(condition: Callable[[], object], what: str) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"waited for {what} for {PATIENCE:g} s"
        time.sleep(0.02)


class Cluster:
    """A scheduler and its workers; all of them are gone when the test is over."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        paths = os.pathsep.join([environment["PYTHONPATH"], str(WORK), str(HELPERS)])
        self.log = folder / "log"  # of what tasks say through screening_works.log
        self.environment = {**environment, "PYTHONPATH": paths, "QCHEM_TEST_LOG": str(self.log)}
        self.processes: list[subprocess.Popen[bytes]] = []
        self.logs: list[IO[bytes]] = []
        self.address = ""

    def _start(self, program: str, *arguments: str, **variables: str) -> subprocess.Popen[bytes]:
        log = open(self.folder / f"{program}-{len(self.logs)}.log", "wb")  # noqa: SIM115
        self.logs.append(log)
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{program}", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**self.environment, **variables},
            cwd=self.folder,
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def start_scheduler(self, port: int = 0) -> subprocess.Popen[bytes]:
        contact = self.folder / "scheduler.json"
        contact.unlink(missing_ok=True)
        process = self._start(
            "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard",
            "--scheduler-file", str(contact),
        )  # fmt: skip
        until(lambda: contact.exists() and contact.read_text().strip(), "the scheduler")
        self.address = json.loads(contact.read_text())["address"]
        return process

    def start_workers(
        self, count: int = 1, *arguments: str, memory: str = "2GB", **variables: str
    ) -> subprocess.Popen[bytes]:
        """A nanny for each, unless told otherwise."""
        return self._start(
            "worker", self.address, "--nthreads", "1", "--nworkers", str(count),
            "--host", "127.0.0.1", "--memory-limit", memory, "--death-timeout", "60",
            "--local-directory", str(self.folder / "scratch"), "--no-dashboard", *arguments,
            **variables,
        )  # fmt: skip

    def end(self) -> None:
        for process in self.processes:
            stop(process)
        for log in self.logs:
            log.close()


def stop(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and those that it started."""
    family = []
    if process.poll() is None:
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
    process.wait()
    for child in family:
        try:
            child.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(family, timeout=10)


@pytest.fixture(scope="module")
def standing(
    tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]
) -> Iterator[Cluster]:
    """A scheduler and two workers that tests of a file share and do not harm."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), environment)
    try:
        cluster.start_scheduler()
        cluster.start_workers(2)
        yield cluster
    finally:
        cluster.end()


@pytest.fixture
def cluster(tmp_path: Path, environment: dict[str, str]) -> Iterator[Cluster]:
    """Nothing yet; what the test starts is ended after it."""
    folder = tmp_path / "cluster"
    folder.mkdir()
    cluster = Cluster(folder, environment)
    try:
        yield cluster
    finally:
        cluster.end()
