"""Tasks on a real Dask cluster: a scheduler and two workers, each a process, over TCP."""

from __future__ import annotations

import builtins
import logging
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import wait
from pathlib import Path
from typing import Any

import cluster_work
import pytest

from qchem_app.errors import InputError, UsageError
from qchem_app.io.geometry import read_geometry
from qchem_app.result import Settings
from qchem_app.screening.executors.base import WorkerDied
from qchem_app.screening.executors.dask import DaskExecutor
from qchem_app.screening.task import Task
from qchem_app.screening.worker import compute

from .conftest import Cluster, until


@pytest.fixture
def said() -> list[str]:
    """Sentences about the cluster."""
    return []


@pytest.fixture
def executor(standing: Cluster, said: list[str]) -> Iterator[DaskExecutor]:
    with DaskExecutor.connect(standing.address, wait_seconds=60, tell=said.append) as executor:
        until(lambda: executor.slots == 2, "two workers")
        yield executor


def test_calls_come_back(executor: DaskExecutor, said: list[str]) -> None:
    futures = [executor.submit(cluster_work.square, i, plus=1) for i in range(40)]
    assert [future.result(60) for future in futures] == [i * i + 1 for i in range(40)]
    assert [sentence for sentence in said if "Waiting" not in sentence] == []


def test_one_task_at_a_time_in_each_process(executor: DaskExecutor) -> None:
    futures = [executor.submit(cluster_work.where) for _ in range(20)]
    answers = {future.result(60) for future in futures}
    assert len({process for process, _, _ in answers}) == 2
    # A thread of the worker, so that nothing in it may set a handler of signals.
    assert {(main, threads) for _, main, threads in answers} == {(False, "1")}


def test_both_workers_work_at_once(executor: DaskExecutor) -> None:
    first, second = (executor.submit(cluster_work.slowly, i, 0.5) for i in range(2))
    until(lambda: first.running() and second.running(), "two running tasks")
    assert (first.result(60), second.result(60)) == (0, 1)


@pytest.mark.parametrize(
    ("work", "arguments", "error", "message"),
    [
        (cluster_work.fail, ("no such thing",), ValueError, "no such thing"),
        (cluster_work.leave, (), RuntimeError, "SystemExit"),
        (cluster_work.strange, (), ValueError, "not to be unpickled"),
    ],
)
def test_errors_come_back_and_the_worker_stays(
    executor: DaskExecutor, work: Any, arguments: Any, error: Any, message: str
) -> None:
    future = executor.submit(work, *arguments)
    with pytest.raises(error, match=message):
        future.result(60)
    assert executor.slots == 2
    assert executor.submit(cluster_work.square, 3).result(60) == 9


def test_what_cannot_be_sent(executor: DaskExecutor) -> None:
    with socket.socket() as unsendable:
        future = executor.submit(cluster_work.square, unsendable)
        assert future.exception(60) is not None
    assert executor.submit(cluster_work.square, 3).result(60) == 9


def test_nothing_is_left_on_the_cluster(executor: DaskExecutor, standing: Cluster) -> None:
    from distributed import Client

    done = [executor.submit(cluster_work.square, i) for i in range(8)]
    wait(done, 60)
    with Client(standing.address, set_as_default=False) as other:
        until(lambda: not any(other.has_what().values()), "results to be released")


def test_a_waiting_task_can_be_cancelled(executor: DaskExecutor, tmp_path: Path) -> None:
    running = [executor.submit(cluster_work.slowly, i, 0.5) for i in range(2)]
    waiting = executor.submit(cluster_work.mark, str(tmp_path), "started")
    assert waiting.cancel()
    wait(running, 60)
    assert executor.submit(cluster_work.square, 2).result(60) == 4
    assert not (tmp_path / "started").exists()


def test_memory_of_a_task(executor: DaskExecutor) -> None:
    future = executor.submit(cluster_work.hoard, 300, 1.5)
    until(lambda: (executor.memory_mb(future) or 0.0) > 300, "the memory to be noticed")
    assert future.result(60) == 300_000_000
    assert executor.memory_mb(future) is None


@pytest.mark.slow
@pytest.mark.parametrize("name", ["h2", "h4_chain"])
def test_the_same_digits_as_in_this_process(
    executor: DaskExecutor, repository: Path, name: str
) -> None:
    task = Task.of(
        read_geometry(repository / "molecules" / f"{name}.xyz"),
        Settings(threads=1, memory_limit=2000.0, references=("hf", "mp2", "ccsd", "fci")),
    )
    there = executor.submit(compute, task.to_json(), None).result(120)
    here = compute(task.to_json(), None)
    assert (there.status, there.error) == ("done", "")
    assert there.worker != here.worker
    assert without_times(there.fields) == without_times(here.fields)
    assert there.fields["e_vqe"] is not None


def without_times(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if "seconds" not in name}


def test_leaving_without_waiting(standing: Cluster) -> None:
    executor = DaskExecutor.connect(standing.address)
    running = executor.submit(cluster_work.slowly, 1, 600.0)
    until(running.running, "the task to run")
    others = [executor.submit(cluster_work.square, i) for i in range(5)]
    executor.shutdown(wait=False)
    assert running.done()
    assert all(future.done() for future in others)
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.submit(cluster_work.square, 1)
    # The thread was not left to sleep on: its worker was started anew.
    with DaskExecutor.connect(standing.address) as again:
        until(lambda: again.slots == 2, "two free workers")
        assert again.submit(cluster_work.square, 5).result(60) == 25


@pytest.mark.slow
def test_an_exception_does_not_wait_for_tasks(standing: Cluster) -> None:
    executor = DaskExecutor.connect(standing.address)
    future = executor.submit(cluster_work.slowly, 1, 600.0)
    until(future.running, "the task to run")
    executor.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert future.done()


@pytest.mark.slow
def test_a_busy_worker_is_left_alone_until_it_is_free(standing: Cluster, tmp_path: Path) -> None:
    """What another driver, or one that was killed, left running is not disturbed or blamed."""
    from distributed import Client

    with Client(standing.address, set_as_default=False) as other:
        until(lambda: len(other.nthreads()) == 2, "two workers")
        begin = time.monotonic()
        busy = [
            other.submit(cluster_work.slowly, i, 2.0, pure=False, workers=[address])
            for i, address in enumerate(other.nthreads())
        ]
        until(lambda: all(other.processing().values()), "both workers to be busy")
        with DaskExecutor.connect(standing.address) as executor:
            assert executor.submit(cluster_work.square, 3).result(60) == 9
        assert time.monotonic() - begin > 1.5
        assert sorted(other.gather(busy)) == [0, 1]


def test_a_cancelled_task_of_dask_is_one_that_died(
    executor: DaskExecutor, standing: Cluster
) -> None:
    from distributed import Client

    future = executor.submit(cluster_work.slowly, 1, 1.0)
    until(future.running, "the task to run")
    with Client(standing.address, set_as_default=False) as other:

        def cancel(dask_scheduler: Any = None) -> None:
            for client in list(dask_scheduler.clients):
                keys = [task.key for task in dask_scheduler.clients[client].wants_what]
                dask_scheduler.client_releases_keys(keys=[], client=client, stimulus_id="test")
                dask_scheduler.report({"op": "cancelled-keys", "keys": keys}, client=client)

        until(lambda: any(other.processing().values()), "the task to be known")
        other.run_on_scheduler(cancel)
    with pytest.raises(WorkerDied, match="cancelled on the cluster"):
        future.result(60)


def test_the_terminal_stays_clean(
    standing: Cluster, capfd: pytest.CaptureFixture[str], said: list[str]
) -> None:
    levels = [logging.getLogger(name).level for name in ("distributed", "distributed.client")]
    with DaskExecutor.connect(standing.address, tell=said.append) as executor:
        executor.submit(cluster_work.square, 3).result(60)
        logging.getLogger("distributed.core").error("a chatty library")
    assert capfd.readouterr() == ("", "")
    assert levels == [
        logging.getLogger(name).level for name in ("distributed", "distributed.client")
    ]


@pytest.mark.parametrize(
    "address", ["", "host", "tcp://host", "tcp://host:port", "host:8786; rm", "\x1b[31m:8786"]
)
def test_what_is_not_an_address(address: str) -> None:
    with pytest.raises(UsageError, match="is not an address of a Dask scheduler") as caught:
        DaskExecutor.connect(address)
    assert str(caught.value).isprintable()


def test_an_unknown_protocol() -> None:
    with pytest.raises(InputError, match="is not an address of a Dask scheduler"):
        DaskExecutor.connect("carrier-pigeon://host:8786")


def test_no_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setattr("qchem_app.screening.executors.dask_client._CONNECT", 1.0)
    with pytest.raises(InputError, match=f"no Dask scheduler answers at {address}"):
        DaskExecutor.connect(address)


def test_without_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.partition(".")[0] == "distributed":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match=r"pip install 'qchem-app\[dask\]'"):
        DaskExecutor.connect("tcp://127.0.0.1:8786")


@pytest.mark.slow
def test_no_worker(cluster: Cluster, said: list[str]) -> None:
    cluster.start_scheduler()
    with pytest.raises(InputError, match=r"had no worker for 1\.5 s: start workers"):
        DaskExecutor.connect(cluster.address, wait_seconds=1.5, tell=said.append)
    assert said == [f"Waiting for {cluster.address}, where there is no worker yet, up to 1.5 s."]


def test_nobody_is_left_behind(standing: Cluster) -> None:
    DaskExecutor.connect(standing.address).shutdown()
    assert "qchem-dask" not in {thread.name for thread in threading.enumerate()}
