"""The process pool: real processes, killed for real."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from pathlib import Path
from types import ModuleType

import psutil
import pytest

from qchem_app.errors import UsageError
from qchem_app.screening.executors.base import ExecutorLost, WorkerDied
from qchem_app.screening.executors.pool import PoolExecutor

HELPERS = Path(__file__).parent / "helpers"


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module of functions that workers run; they find it by the path of this process."""
    monkeypatch.syspath_prepend(str(HELPERS))
    import pool_functions

    return pool_functions


@pytest.fixture
def pool() -> Iterator[PoolExecutor]:
    with PoolExecutor(2) as executor:
        yield executor


def workers(pool: PoolExecutor) -> list[int]:
    """Processes that are there now."""
    return [worker.process.pid for slot in pool._slots if (worker := slot.worker) is not None]


def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)


def test_results_and_exceptions_come_back(pool: PoolExecutor, functions: ModuleType) -> None:
    futures = [pool.submit(functions.square, k) for k in range(20)]
    assert [f.result(30) for f in futures] == [k * k for k in range(20)]
    with pytest.raises(ValueError, match="what went wrong"):
        pool.submit(functions.fail, "what went wrong").result(30)
    assert len(workers(pool)) <= 2


def test_workers_start_when_they_are_needed() -> None:
    with PoolExecutor(3) as pool:
        assert workers(pool) == []
        assert pool.total_memory_mb() == 0


def test_a_death_is_the_matter_of_one_future(pool: PoolExecutor, functions: ModuleType) -> None:
    slow = pool.submit(functions.sleep, 1.0)
    dead = pool.submit(functions.kill_yourself, signal.SIGKILL)
    later = [pool.submit(functions.square, k) for k in range(5)]
    with pytest.raises(WorkerDied, match=r"killed by signal 9 \(SIGKILL\)") as caught:
        dead.result(30)
    assert caught.value.exit_code == -9
    assert slow.result(30) == 1.0
    assert [f.result(30) for f in later] == [0, 1, 4, 9, 16]


def test_how_a_worker_ended_is_said(pool: PoolExecutor, functions: ModuleType) -> None:
    with pytest.raises(WorkerDied, match="ended with exit code 3") as caught:
        pool.submit(functions.leave, 3).result(30)
    assert caught.value.exit_code == 3
    with pytest.raises(WorkerDied, match="code 7: no \\\\x1b\\[31mred"):
        pool.submit(functions.complain_and_leave, "first\nno \x1b[31mred").result(30)
    with pytest.raises(WorkerDied, match="SIGSEGV"):
        pool.submit(functions.kill_yourself, signal.SIGSEGV).result(30)


def test_killed_from_outside_while_idle(pool: PoolExecutor, functions: ModuleType) -> None:
    first = pool.submit(functions.pid).result(30)
    os.kill(first, signal.SIGKILL)
    until(lambda: not psutil.pid_exists(first) or psutil.Process(first).status() == "zombie")
    assert {pool.submit(functions.square, 3).result(30) for _ in range(4)} == {9}


def test_interrupt_reaches_the_task_once(
    pool: PoolExecutor, functions: ModuleType, tmp_path: Path
) -> None:
    marks = [tmp_path / "a", tmp_path / "b"]
    futures = [pool.submit(functions.wait_for_interrupt, str(mark)) for mark in marks]
    until(lambda: all(mark.exists() for mark in marks))
    pool.interrupt_running()
    pool.interrupt_running()
    assert [f.result(30) for f in futures] == ["state saved"] * 2
    assert pool.submit(functions.square, 4).result(30) == 16  # nothing is left of the interrupt


def test_interrupt_that_nobody_catches(
    pool: PoolExecutor, functions: ModuleType, tmp_path: Path
) -> None:
    future = pool.submit(functions.sleep_uncaught, str(tmp_path / "mark"))
    until((tmp_path / "mark").exists)
    pool.interrupt_running()
    assert isinstance(future.exception(30), KeyboardInterrupt)
    assert pool.submit(functions.square, 4).result(30) == 16


def test_sigint_of_the_terminal_is_for_the_driver(
    pool: PoolExecutor, functions: ModuleType
) -> None:
    future = pool.submit(functions.sleep, 1.0)
    until(lambda: workers(pool))
    for pid in workers(pool):
        os.kill(pid, signal.SIGINT)
    assert future.result(30) == 1.0


def test_kill_ends_one_task(pool: PoolExecutor, functions: ModuleType) -> None:
    futures = [pool.submit(functions.sleep, 60.0), pool.submit(functions.sleep, 1.0)]
    until(lambda: all(pool.memory_mb(future) for future in futures))
    pool.kill(futures[0])
    assert isinstance(futures[0].exception(30), WorkerDied)
    assert futures[1].result(30) == 1.0


def test_memory_of_a_task(pool: PoolExecutor, functions: ModuleType) -> None:
    future = pool.submit(functions.grow, 20.0)
    until(lambda: (pool.memory_mb(future) or 0.0) > 200.0)
    assert pool.total_memory_mb() > 200.0
    pool.kill(future)
    assert isinstance(future.exception(30), WorkerDied)
    assert pool.memory_mb(future) is None


def test_a_worker_that_holds_on_to_memory_is_replaced(functions: ModuleType) -> None:
    with PoolExecutor(1, recycle_mb=300.0) as pool:
        first = pool.submit(functions.pid).result(30)
        assert pool.submit(functions.pid).result(30) == first
        assert pool.submit(functions.keep, 400).result(30) == first
        assert pool.submit(functions.pid).result(30) != first


def test_what_the_task_before_left_is_known(functions: ModuleType) -> None:
    with PoolExecutor(1, recycle_mb=1e9) as pool:
        pool.submit(functions.keep, 300).result(30)
        future = pool.submit(functions.sleep, 1.0)
        until(lambda: pool.memory_mb(future))
        assert pool.left_mb(future) > 300
        future.result(30)
        assert pool.left_mb(future) == 0


def test_nothing_idles_for_long(
    pool: PoolExecutor, functions: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qchem_app.screening.executors.pool._SECONDS_IDLE", 0.1)
    assert pool.submit(functions.square, 3).result(30) == 9
    until(lambda: pool.total_memory_mb() == 0)
    assert pool.submit(functions.square, 3).result(30) == 9


def test_threads_are_set_before_anything_loads(functions: ModuleType) -> None:
    with PoolExecutor(1, threads=3) as pool:
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            assert pool.submit(functions.environment, name).result(30) == "3"


def test_what_workers_print_stays_with_them(
    functions: ModuleType, capfd: pytest.CaptureFixture[str]
) -> None:
    with PoolExecutor(1) as pool:
        assert pool.submit(functions.chatter, "noise").result(30) == "noise"
    assert capfd.readouterr() == ("", "")


def test_what_cannot_be_sent(pool: PoolExecutor, functions: ModuleType) -> None:
    with pytest.raises(TypeError, match="the answer cannot be sent"):
        pool.submit(functions.unpicklable).result(30)
    with pytest.raises(Exception, match="pickle"):
        pool.submit(functions.square, threading.Lock()).result(30)
    assert pool.submit(functions.square, 2).result(30) == 4


def test_function_of_the_main_script_is_refused(
    pool: PoolExecutor, monkeypatch: pytest.MonkeyPatch, functions: ModuleType
) -> None:
    monkeypatch.setattr(functions.square, "__module__", "__main__")
    with pytest.raises(UsageError, match="cannot import square from the main script"):
        pool.submit(functions.square, 2)


def test_interpreter_that_does_not_start(
    monkeypatch: pytest.MonkeyPatch, functions: ModuleType
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with PoolExecutor(1) as pool, pytest.raises(ExecutorLost, match="ended with exit code 1"):
        pool.submit(functions.square, 2).result(30)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with PoolExecutor(1) as pool, pytest.raises(ExecutorLost, match="cannot be started"):
        pool.submit(functions.square, 2).result(30)


def test_worker_killed_while_it_starts(
    functions: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "python"
    script.write_text(
        f'#!/bin/sh\n[ -e {tmp_path}/mark ] && exec {sys.executable} "$@"\n'
        f"touch {tmp_path}/mark\nkill -9 $$\n"
    )
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    with PoolExecutor(1) as pool:
        assert pool.submit(functions.square, 3).result(60) == 9


def test_exception_in_the_block_ends_what_runs(functions: ModuleType) -> None:
    with contextlib.suppress(KeyError), PoolExecutor(1) as pool:
        future = pool.submit(functions.sleep, 60.0)
        until(lambda: pool.memory_mb(future))
        raise KeyError
    assert isinstance(future.exception(1), WorkerDied)


def test_files_of_the_folder_are_not_imported(
    functions: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("random", "socket", "multiprocessing"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    with PoolExecutor(1) as pool:
        assert pool.submit(functions.square, 3).result(60) == 9


def test_no_slots() -> None:
    with pytest.raises(UsageError, match="found 0 and 1"):
        PoolExecutor(0)


def test_shutdown_without_waiting(functions: ModuleType) -> None:
    pool = PoolExecutor(1)
    running = pool.submit(functions.sleep, 60.0)
    waiting = pool.submit(functions.square, 2)
    until(lambda: pool.memory_mb(running))
    begin = time.monotonic()
    pool.shutdown(wait=False)
    assert time.monotonic() - begin < 30
    assert isinstance(running.exception(1), WorkerDied)
    assert waiting.cancelled()
    assert workers(pool) == []
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(functions.square, 2)


def test_shutdown_waits(functions: ModuleType) -> None:
    with PoolExecutor(2) as pool:
        futures = [pool.submit(functions.sleep, 0.2) for _ in range(4)]
    assert all(f.result(0) == 0.2 for f in futures)
    assert not wait(futures, timeout=0).not_done


SCRIPT = """
import sys
from pool_functions import sleep
from qchem_app.screening.executors.pool import PoolExecutor

pool = PoolExecutor(2)  # and no `if __name__ == "__main__"`
futures = [pool.submit(sleep, 60.0) for _ in range(2)]
while not all(pool.memory_mb(f) for f in futures):
    pass
print(*(slot.worker.process.pid for slot in pool._slots), flush=True)
futures[0].result()
"""


@pytest.mark.parametrize(
    ("number", "stopped"),
    [
        (signal.SIGKILL, False),
        (signal.SIGTERM, False),
        pytest.param(
            signal.SIGKILL,
            True,
            marks=pytest.mark.skipif(sys.platform != "linux", reason="only Linux can kill it"),
        ),
    ],
)
def test_no_orphans(
    number: int, stopped: bool, environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    path = os.pathsep.join([environment["PYTHONPATH"], str(HELPERS)])
    with subprocess.Popen(
        [sys.executable, "script.py"],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
    ) as driver:
        assert driver.stdout is not None
        workers = [int(word) for word in driver.stdout.readline().split()]
        assert len(workers) == 2
        assert all(psutil.pid_exists(pid) for pid in workers)
        if stopped:
            os.kill(workers[0], signal.SIGSTOP)
        driver.send_signal(number)
        driver.wait(30)
    try:
        until(lambda: not any(psutil.pid_exists(pid) for pid in workers), 10.0)
    finally:
        for pid in filter(psutil.pid_exists, workers):
            os.kill(pid, signal.SIGKILL)
