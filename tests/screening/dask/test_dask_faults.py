"""Workers, nannies and schedulers that die, come late or do not fit, as real processes."""

from __future__ import annotations

import signal
import time
from concurrent.futures import Future, wait
from pathlib import Path
from typing import Any

import cluster_work
import psutil
import pytest

from qchem_app.errors import InputError
from qchem_app.screening.executors.base import ExecutorLost, WorkerDied
from qchem_app.screening.executors.dask import DaskExecutor

from .conftest import WORK, Cluster, stop, until


def attempts(folder: Path, name: str) -> int:
    """How often a task that leaves a mark was begun."""
    file = folder / name
    return len(file.read_text().splitlines()) if file.exists() else 0


def process_of(folder: Path, name: str) -> int:
    until(lambda: attempts(folder, name), f"{name} to begin")
    return int((folder / name).read_text().split()[-1])


@pytest.mark.slow
def test_a_poison_task_kills_one_worker_and_no_other_task(cluster: Cluster, tmp_path: Path) -> None:
    cluster.start_scheduler()
    cluster.start_workers(2)
    with DaskExecutor.connect(cluster.address) as executor:
        until(lambda: executor.slots == 2, "two workers")
        futures: list[Future[Any]] = []
        for i in range(12):
            work = cluster_work.die if i == 3 else cluster_work.mark
            futures.append(executor.submit(work, str(tmp_path), f"task{i}"))
        errors = [future.exception(60) for future in futures]
        assert [i for i, error in enumerate(errors) if error is not None] == [3]
        assert isinstance(errors[3], WorkerDied)
        # The nanny's next worker was not given the task again, and neither was the other one.
        until(lambda: executor.slots == 2, "the second worker to be started anew")
        assert executor.submit(cluster_work.square, 3).result(60) == 9
        assert [attempts(tmp_path, f"task{i}") for i in range(12)] == [1] * 12


@pytest.mark.slow
def test_a_task_over_its_limits(cluster: Cluster) -> None:
    """With a nanny there is a new worker in its place, without there is one less."""
    cluster.start_scheduler()
    cluster.start_workers(1, "--no-nanny")
    with DaskExecutor.connect(cluster.address) as executor:
        cluster.start_workers(1)
        until(lambda: executor.slots == 2, "two workers")
        endless = [executor.submit(cluster_work.slowly, i, 600.0) for i in range(2)]
        waiting, unwanted = (executor.submit(cluster_work.square, 3) for _ in range(2))
        until(lambda: all(future.running() for future in endless), "both to run")
        executor.kill(unwanted)
        assert wait([unwanted], 60).done == {unwanted}
        assert unwanted.cancelled()
        for future in endless:
            executor.kill(future)
        assert all(isinstance(future.exception(60), WorkerDied) for future in endless)
        assert waiting.result(60) == 9
        assert executor.workers == 1


@pytest.mark.slow
def test_scheduler_dies(cluster: Cluster, tmp_path: Path) -> None:
    scheduler = cluster.start_scheduler()
    cluster.start_workers(1)
    with DaskExecutor.connect(cluster.address) as executor:
        futures = [executor.submit(cluster_work.slowly, i, 600.0) for i in range(3)]
        until(futures[0].running, "a task to run")
        begin = time.monotonic()
        stop(scheduler)
        for future in futures:
            assert isinstance(future.exception(20), ExecutorLost)
        assert time.monotonic() - begin < 20
        with pytest.raises(ExecutorLost, match=r"is gone .*: start it again and repeat"):
            until(lambda: executor.submit(cluster_work.square, 3) is None, "the end")


@pytest.mark.slow
def test_a_worker_that_comes_late(cluster: Cluster, said: list[str]) -> None:
    cluster.start_scheduler()
    cluster.start_workers(1, "--nthreads", "3", OMP_NUM_THREADS="2")
    with DaskExecutor.connect(cluster.address, tell=said.append) as executor:
        slow = executor.submit(cluster_work.slowly, 1, 600.0)
        until(slow.running, "the first task to run")
        second = executor.submit(cluster_work.where)
        assert (executor.slots, second.running()) == (1, False)
        cluster.start_workers(1, "--no-nanny")
        assert second.result(60) != slow
        assert executor.slots == 2
        executor.kill(slow)
    told = " ".join(said)
    assert "a worker has 3 threads and gets one task at a time" in told
    assert "OMP_NUM_THREADS is 2 on a worker" in told


@pytest.fixture
def said() -> list[str]:
    """Sentences about the cluster."""
    return []


@pytest.mark.slow
def test_workers_of_another_version(cluster: Cluster, tmp_path: Path, said: list[str]) -> None:
    """Another version of this program gets no task; other libraries are named."""
    from distributed import Client

    patch = tmp_path / "patched" / "sitecustomize.py"
    patch.parent.mkdir()
    patch.write_text("import qchem_app\nqchem_app.__version__ = '0.0.1'\n")
    paths = f"{patch.parent}:{cluster.environment['PYTHONPATH']}"
    cluster.start_scheduler()
    cluster.start_workers(1, "--no-nanny", PYTHONPATH=paths)
    with pytest.raises(InputError, match=r"has qchem_app 0\.0\.1, not .*: it gets no task"):
        DaskExecutor.connect(cluster.address, tell=said.append)
    patch.write_text(
        "import importlib.metadata as m\nreal = m.version\n"
        "m.version = lambda name: '1.0' if name == 'pyscf' else real(name)\n"
    )
    cluster.start_workers(1, "--no-nanny", PYTHONPATH=paths)
    with Client(cluster.address, set_as_default=False) as other:
        other.wait_for_workers(2, timeout=60)
    with DaskExecutor.connect(cluster.address, tell=said.append) as executor:
        assert executor.submit(cluster_work.square, 3).result(60) == 9
        assert executor.workers == 1
    assert any("workers have pyscf 1.0, not " in sentence for sentence in said)
    assert any("a worker has qchem_app 0.0.1, not " in sentence for sentence in said)


@pytest.mark.slow
def test_workers_without_the_package(cluster: Cluster, tmp_path: Path) -> None:
    broken = tmp_path / "broken" / "qchem_app" / "__init__.py"
    broken.parent.mkdir(parents=True)
    broken.write_text("raise ModuleNotFoundError(\"No module named 'qchem_app'\")\n")
    cluster.start_scheduler()
    cluster.start_workers(1, "--no-nanny", PYTHONPATH=f"{broken.parent.parent}:{WORK}")
    with pytest.raises(InputError, match=r"cannot run tasks .*: install the same qchem-app there"):
        DaskExecutor.connect(cluster.address, tell=print)


@pytest.mark.slow
def test_a_result_that_dies_with_its_worker(cluster: Cluster, tmp_path: Path) -> None:
    """Finished or not, every task ends, and those that are lost are known by their future."""
    cluster.start_scheduler()
    cluster.start_workers(2)
    names = [f"task{i}" for i in range(60)]
    with DaskExecutor.connect(cluster.address) as executor:
        until(lambda: executor.slots == 2, "two workers")
        futures = [executor.submit(cluster_work.mark, str(tmp_path), n, 0.05) for n in names]
        for name in ("task5", "task20", "task35"):
            psutil.Process(process_of(tmp_path, name)).send_signal(signal.SIGKILL)
        errors = [future.exception(120) for future in futures]
        lost = [name for name, error in zip(names, errors, strict=True) if error is not None]
        assert len(lost) <= 3
        assert {type(error) for error in errors} <= {type(None), WorkerDied}
        again = [executor.submit(cluster_work.mark, str(tmp_path), name) for name in lost]
        assert [future.result(60) for future in again] == lost
    assert {n for n in names if attempts(tmp_path, n) != 1} == set(lost)


@pytest.mark.slow
def test_a_new_worker_at_the_old_address_refuses_the_task(cluster: Cluster, tmp_path: Path) -> None:
    """With a fixed port Dask hands the task that killed a worker to the next process there."""
    cluster.start_scheduler()
    port = free_port()
    cluster.start_workers(1, "--worker-port", str(port))
    with DaskExecutor.connect(cluster.address) as executor:
        for _ in range(3):
            poison = executor.submit(cluster_work.die, str(tmp_path), "poison")
            innocent = executor.submit(cluster_work.square, 3)
            assert isinstance(poison.exception(60), WorkerDied)
            assert innocent.result(60) == 9
    assert attempts(tmp_path, "poison") == 3


def free_port() -> int:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.mark.slow
def test_memory_limit_of_a_nanny(cluster: Cluster, tmp_path: Path) -> None:
    cluster.start_scheduler()
    cluster.start_workers(1, memory="400MB")
    with DaskExecutor.connect(cluster.address) as executor:
        greedy = executor.submit(cluster_work.hoard, 600, 60.0)
        modest = executor.submit(cluster_work.hoard, 1, 0.0)
        assert isinstance(greedy.exception(120), WorkerDied)
        assert modest.result(120) == 1_000_000


@pytest.mark.slow
def test_a_worker_that_dask_has_paused_is_started_anew(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory that an earlier task left behind would hold up the next one for ever."""
    monkeypatch.setattr("qchem_app.screening.executors.dask_cluster._PAUSED", 1.0)
    cluster.start_scheduler()
    cluster.start_workers(1, memory="500MB")
    with DaskExecutor.connect(cluster.address) as executor:
        first, _, _ = executor.submit(cluster_work.where).result(60)
        assert executor.submit(cluster_work.keep, 340).result(60) == 340
        until(lambda: executor.workers == 0, "the worker to be paused")
        second, _, _ = executor.submit(cluster_work.where).result(60)
        assert second != first


@pytest.mark.slow
def test_all_workers_gone(cluster: Cluster) -> None:
    cluster.start_scheduler()
    workers = cluster.start_workers(1)
    with DaskExecutor.connect(cluster.address, wait_seconds=3.0) as executor:
        future = executor.submit(cluster_work.slowly, 1, 600.0)
        until(future.running, "the task to run")
        stop(workers)
        assert isinstance(future.exception(60), WorkerDied)
        waiting = executor.submit(cluster_work.square, 3)
        assert isinstance(waiting.exception(60), ExecutorLost)
        assert "had no worker for 3 s" in str(waiting.exception())


@pytest.mark.slow
def test_a_scheduler_that_hangs(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qchem_app.screening.executors.dask_cluster._FROZEN", 2.0)
    scheduler = cluster.start_scheduler()
    cluster.start_workers(1)
    with DaskExecutor.connect(cluster.address) as executor:
        future = executor.submit(cluster_work.slowly, 1, 600.0)
        until(future.running, "the task to run")
        scheduler.send_signal(signal.SIGSTOP)
        assert isinstance(future.exception(30), ExecutorLost)
    scheduler.send_signal(signal.SIGCONT)
