"""One driver a store, and a lock that dies with it."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qchem_app.errors import InputError
from qchem_app.screening.lock import StoreLock, writer
from qchem_app.screening.store import Store

HOLD = (
    "import sys, time\nfrom qchem_app.screening.lock import StoreLock\n"
    "lock = StoreLock(sys.argv[1])\nprint('held', flush=True)\n{then}\ntime.sleep(60)"
)


def holder(path: Path, environment: dict[str, str], then: str = "") -> subprocess.Popen[bytes]:
    """A process that has the lock once this returns."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD.format(then=then), str(path)],
        stdout=subprocess.PIPE,
        env=environment,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s.db"


@pytest.fixture
def other(path: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with holder(path, environment) as process:
        yield process
        process.kill()


def test_the_second_driver_gets_a_sentence(path: Path, other: subprocess.Popen[bytes]) -> None:
    with pytest.raises(
        InputError,
        match=rf"s\.db: the store is being written by process {other.pid} on \S+ since "
        r"20\d\d-\S+: wait for it or stop it, or name another store$",
    ):
        Store.open_for_writing(path)
    assert not path.exists()


def test_the_lock_of_a_killed_driver_is_free(path: Path, other: subprocess.Popen[bytes]) -> None:
    other.kill()
    other.wait()
    assert Path(f"{path}.lock").exists()  # nobody was left to remove it
    assert writer(str(path)) is None
    with Store.open_for_writing(path):
        assert str(os.getpid()) in str(writer(str(path)))
    assert os.listdir(path.parent) == ["s.db"]


def test_who_writes_is_known(path: Path, other: subprocess.Popen[bytes]) -> None:
    told = writer(str(path))
    assert told is not None
    assert told.startswith(f"process {other.pid} on ")
    other.kill()
    other.wait()
    assert writer(str(path)) is None
    assert writer(str(path.parent / "none.db")) is None


def test_two_stores_of_one_process_exclude_each_other(path: Path) -> None:
    with Store.open_for_writing(path), pytest.raises(InputError, match=f"process {os.getpid()}"):
        Store.open_for_writing(path)
    Store.open_for_writing(path).close()


def test_another_name_of_the_same_store_is_locked_too(path: Path) -> None:
    with Store.open_for_writing(path):
        link = path.with_name("link.db")
        link.symlink_to(path)
        with pytest.raises(InputError, match=r"link\.db: the store is being written"):
            Store.open_for_writing(link)


def test_a_hard_link_to_the_same_store_is_locked_too(
    path: Path, environment: dict[str, str]
) -> None:
    Store.open_for_writing(path).close()
    link = path.with_name("link.db")
    os.link(path, link)
    with holder(path, environment, "lock.hold_store()\nprint('both', flush=True)") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"both\n"
        with pytest.raises(InputError, match=r"link\.db: the store is being written by another"):
            Store.open_for_writing(link)
        assert sorted(os.listdir(path.parent)) == ["link.db", "s.db", "s.db.lock"]
        process.kill()
    Store.open_for_writing(link).close()


def test_a_lock_file_that_was_removed_lets_nobody_in(path: Path) -> None:
    with Store.open_for_writing(path) as store:
        Path(f"{path}.lock").unlink()
        with pytest.raises(InputError, match=r"s\.db: the store is being written by another"):
            Store.open_for_writing(path)
        store.start_run({})
    with Store.open_for_writing(path) as store:
        assert len(store.runs()) == 1


def test_the_lock_file_of_another_driver_is_left_to_it(path: Path) -> None:
    lock = Path(f"{path}.lock")
    with StoreLock(str(path)):
        lock.unlink()
        lock.write_text("of somebody else")
    assert lock.read_text() == "of somebody else"


def test_without_locks_in_files_the_lock_file_does(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(fcntl, "F_OFD_SETLK", raising=False)
    with Store.open_for_writing(path) as store:
        store.start_run({})
        with pytest.raises(InputError, match="being written"):
            Store.open_for_writing(path)


@pytest.mark.parametrize(
    "then",
    [
        "import multiprocessing as m\n"
        f"p = m.get_context('{method}').Process(target=time.sleep, args=(30,))\n"
        "p.start(); print(p.pid, flush=True)"
        for method in ("fork", "spawn")
    ]
    + [
        "import subprocess, sys\n"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(30)'],\n"
        "    stdout=subprocess.DEVNULL)\n"
        "print(p.pid, flush=True)"
    ],
    ids=["fork", "spawn", "exec"],
)
def test_children_do_not_keep_the_lock(then: str, path: Path, environment: dict[str, str]) -> None:
    guarded = "\n".join(f"    {line}" for line in then.splitlines())
    with holder(path, environment, f"if __name__ == '__main__':\n{guarded}") as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        try:
            assert writer(str(path)) is not None
            process.kill()
            process.wait()
            os.kill(child, 0)  # it lives on
            Store.open_for_writing(path).close()
        finally:
            os.kill(child, signal.SIGKILL)


def test_a_forked_child_that_ends_leaves_the_lock_to_its_parent(path: Path) -> None:
    with StoreLock(str(path)) as lock:
        child = os.fork()
        if child == 0:
            try:
                lock.release()
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        assert writer(str(path)) is not None
        assert Path(lock.path).exists()
    lock.release()  # twice does no harm
    assert os.listdir(path.parent) == []


def test_a_lock_file_of_nonsense_is_no_obstacle(path: Path) -> None:
    lock = Path(f"{path}.lock")
    lock.write_bytes(b"\xff\x00" * 10_000)
    with StoreLock(str(path)):
        assert len(lock.read_bytes()) < 1000
        lock.write_bytes(b"nonsense")
        with pytest.raises(InputError, match="written by another process: wait"):
            StoreLock(str(path))


def test_a_lock_file_that_is_removed_while_it_is_taken(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def flock(descriptor: int, operation: int) -> None:
        calls.append(operation)
        if len(calls) == 1:  # its holder lets go just now
            Path(f"{path}.lock").unlink()
        real(descriptor, operation)

    real = fcntl.flock
    monkeypatch.setattr(fcntl, "flock", flock)
    with StoreLock(str(path)):
        assert len(calls) == 2
        assert writer(str(path)) is not None  # what others look at is what is locked


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_a_lock_file_that_is_something_else(path: Path, kind: str) -> None:
    lock, precious = Path(f"{path}.lock"), path.with_name("precious")
    precious.write_text("precious")
    if kind == "link":
        lock.symlink_to(precious)
    elif kind == "folder":
        lock.mkdir()
    else:
        os.mkfifo(lock)
    with pytest.raises(InputError, match=r"s\.db: the store cannot be locked for writing"):
        StoreLock(str(path))
    assert precious.read_text() == "precious"
    assert writer(str(path)) is None
