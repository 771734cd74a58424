"""Kills and full disks: what was stored stays, and the work goes on."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from qchem_app.errors import QchemError
from qchem_app.io.geometry import Geometry
from qchem_app.molecule import Molecule
from qchem_app.result import Settings
from qchem_app.screening.candidate import Candidate
from qchem_app.screening.outcome import Outcome
from qchem_app.screening.store import Store, StoreError
from qchem_app.screening.task import Task


def pair(i: int) -> tuple[Candidate, Task]:
    """H2 at a distance of its own."""
    molecule = Molecule(("H", "H"), np.array([[0.0, 0, 0], [0, 0, 1 + i / 1024]]), name=f"h{i}")
    geometry = Geometry(molecule, source=f"h{i}.xyz", sha256="0" * 64)
    settings = Settings(threads=1, memory_limit=2000.0)
    return Candidate(f"h{i}", f"h{i}.xyz", geometry), Task.of(geometry, settings)


def outcome(i: int, task: Task, size: int) -> Outcome:
    """The result of `pair(i)`, the same in every process."""
    return Outcome(task.id, "done", f'{{"i": {i}}}'.ljust(size), {"i": i, "e": -1 / (i + 1)})


def main(path: str, first: int, count: int, size: int = 5000) -> None:
    """A driver in a process of its own: says the number of each result that `put` took."""
    pairs = [pair(i) for i in range(count)]
    with Store.open_for_writing(path) as store:
        run = store.start_run({"first": first})
        store.add_candidates(run, pairs)
        done = store.finished(task.id for _, task in pairs)
        os.write(1, b"ready\n")
        for i in range(first, count):
            task = pairs[i][1]
            if task.id not in done:
                store.mark_started(task.id)
                store.put(outcome(i, task, size))
                os.write(1, f"{i}\n".encode())
        store.end_run(run, "finished")


def start(store: Path, environment: dict[str, str], *numbers: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, __file__, str(store), *map(str, numbers)],
        stdout=subprocess.PIPE,
        env=environment,
    )


def integrity(path: Path) -> str:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


def test_sigkill_at_random_moments_loses_nothing(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    rng = random.Random(4)
    path = tmp_path / "s.db"
    count = 1200
    acknowledged: set[int] = set()
    kills = 0
    while kills < 6 and len(acknowledged) < count:
        with start(path, environment, 0, count) as driver:
            assert driver.stdout is not None
            # the first one sometimes before there is a store at all
            if kills > 1:
                assert driver.stdout.readline() == b"ready\n"
                time.sleep(rng.uniform(0, 0.02))
            else:
                time.sleep(rng.uniform(0.1, 0.6))
            driver.send_signal(signal.SIGKILL)
            told = driver.stdout.read().split()
        kills += 1
        acknowledged |= {int(word) for word in told if word != b"ready"}
        if not path.exists():
            assert not acknowledged
            continue
        with Store.open_for_reading(path) as reader:
            assert reader.problems() == []
            rows = list(reader.rows("all"))
            stored = {row.fields["i"] for row in rows if row.status == "done"}
            assert acknowledged <= stored
            for row in rows:
                if row.status == "done":
                    i = int(row.name[1:])
                    expected = outcome(i, pair(i)[1], 5000)
                    assert row.task_id == expected.task_id
                    assert {k: row.fields[k] for k in expected.fields} == expected.fields
                    assert reader.record_json(row.task_id) == expected.record
    assert integrity(path) == "ok"
    with start(path, environment, 0, count) as driver:
        assert driver.stdout is not None
        told = driver.stdout.read().split()[1:]
    assert driver.returncode == 0
    assert not {int(word) for word in told} & acknowledged  # none is stored a second time
    with Store.open_for_reading(path) as reader:
        assert [row.fields["i"] for row in reader.rows()] == list(range(count))
        assert reader.runs()[-1].status == "finished"
        assert {run.status for run in reader.runs()[:-1]} == {"interrupted"}
    assert os.listdir(tmp_path) == ["s.db"]


def test_readers_while_a_driver_writes(tmp_path: Path, environment: dict[str, str]) -> None:
    path = tmp_path / "s.db"
    count = 800
    seen = [0]
    with start(path, environment, 0, count) as driver:
        assert driver.stdout is not None
        assert driver.stdout.readline() == b"ready\n"
        with Store.open_for_reading(path) as staying:
            while driver.poll() is None:
                for reader in (staying, Store.open_for_reading(path)):
                    rows = list(reader.rows())
                    assert [row.name for row in rows] == [f"h{i}" for i in range(count)]
                    found = [row.fields["i"] for row in rows if row.status == "done"]
                    assert found == list(range(len(found)))  # in the order in which they came
                    seen.append(len(found))
                    if reader is not staying:
                        reader.close()
                os.read(driver.stdout.fileno(), 1 << 16)
            assert sum(row.status == "done" for row in staying.rows()) == count
    assert driver.returncode == 0
    assert seen == sorted(seen)
    assert len(set(seen)) > 2
    assert integrity(path) == "ok"


def fill(store: Store, count: int) -> tuple[int, StoreError | None]:
    """Put results until one is refused; how many were not."""
    for i in range(count):
        try:
            store.put(outcome(i, pair(i)[1], 20_000))
        except StoreError as error:
            return i, error
    return count, None


def test_a_full_disk_as_sqlite_sees_it(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with Store.open_for_writing(path) as store:
        store.add_candidates(store.start_run({}), (pair(i) for i in range(40)))
        pages = store._db.execute("PRAGMA page_count").fetchone()[0]
        store._db.execute(f"PRAGMA max_page_count = {pages + 60}")
        stored, error = fill(store, 40)
        assert 5 < stored < 20
        assert str(error) == (
            f"{path}: the disk is full, so nothing more can be stored: make room and run the same "
            "command again, everything before is kept"
        )
        assert isinstance(error, QchemError)
        assert isinstance(error, OSError)
        assert sum(row.status == "done" for row in store.rows()) == stored
        assert store.problems() == []
        store._db.execute("PRAGMA max_page_count = 1000000")  # room again
        assert fill(store, 40) == (40, None)
    with Store.open_for_reading(path) as reader:
        assert {row.status for row in reader.rows()} == {"done"}
        assert reader.problems() == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("a small file system can only be mounted by root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_full(small_disk: Path) -> None:
    path = small_disk / "s.db"
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(1_000_000))
    with Store.open_for_writing(path) as store:
        store.add_candidates(store.start_run({}), (pair(i) for i in range(50)))
        stored, error = fill(store, 50)
        assert 0 < stored < 50
        assert error is not None
        assert "the disk" in str(error)
        assert "full" in str(error)
        with Store.open_for_reading(path) as reader:
            assert sum(row.status == "done" for row in reader.rows()) == stored
    assert integrity(path) == "ok"
    with Store.open_for_reading(path) as reader:
        assert sum(row.status == "done" for row in reader.rows()) == stored
        assert reader.problems() == []
    ballast.unlink()
    with Store.open_for_writing(path) as store:
        assert len(store.finished(pair(i)[1].id for i in range(50))) == stored
        again, error = fill(store, stored + 10)
        assert (again, error) == (stored + 10, None)
    assert integrity(path) == "ok"


def test_a_disk_without_room_for_a_store(small_disk: Path) -> None:
    with (small_disk / "ballast").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass
    with pytest.raises((StoreError, QchemError), match=r"s\.db: .*disk is full"):
        Store.open_for_writing(small_disk / "s.db")
    assert os.listdir(small_disk) == ["ballast"]


@pytest.mark.parametrize("what", ["removed", "renamed", "replaced"])
def test_a_store_that_loses_its_name_is_noticed_at_once(tmp_path: Path, what: str) -> None:
    path, other = tmp_path / "s.db", tmp_path / "other.db"
    with Store.open_for_writing(other) as store:
        store.start_run({"command": "other"})
    with Store.open_for_writing(path) as store:
        run = store.start_run({})
        store.add_candidates(run, [pair(i) for i in range(3)])
        assert fill(store, 1) == (1, None)
        if what == "removed":
            for suffix in ("", "-wal", "-shm"):
                Path(f"{path}{suffix}").unlink()
        elif what == "renamed":
            path.rename(tmp_path / "moved.db")
        else:
            other.replace(path)
        stored, error = fill(store, 3)
        assert stored == 0
        assert str(error).startswith(
            f"{path}: the store was removed, renamed or replaced while it was written: "
        )
        with pytest.raises(StoreError):
            store.end_run(run, "finished")
    if what == "renamed":
        assert integrity(tmp_path / "moved.db") == "ok"
        with Store.open_for_reading(tmp_path / "moved.db") as reader:
            assert [row.status for row in reader.rows()] == ["done", "waiting", "waiting"]
    assert len(os.listdir(tmp_path)) == {"removed": 1, "renamed": 2, "replaced": 1}[what]
    if what == "replaced":  # what came in its place is whole
        assert integrity(path) == "ok"
        with Store.open_for_reading(path) as reader:
            assert [row.manifest for row in reader.runs()] == [{"command": "other"}]


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
