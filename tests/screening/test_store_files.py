"""Files that are no store, no longer one, or not to be opened that way."""

from __future__ import annotations

import hashlib
import os
import random
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from qchem_app.errors import InputError
from qchem_app.screening import schema
from qchem_app.screening.candidate import Candidate
from qchem_app.screening.store import Store, StoreError

OPENERS = [Store.open_for_writing, Store.open_for_reading]
opened = pytest.mark.parametrize("opener", OPENERS, ids=["write", "read"])


def small_store(path: Path) -> Path:
    with Store.open_for_writing(path) as store:
        run = store.start_run({})
        broken = (Candidate(f"bad {i}", "x", None, error="why " * 50) for i in range(200))
        store.add_candidates(run, ((candidate, None) for candidate in broken))
        store.end_run(run, "finished")
    return path


def snapshot(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.is_file()
    }


def foreign_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")


def foreign_log(path: Path) -> None:
    """Another program's database, with a log that opening it would write back."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
        connection.commit()
        copies = [(Path(f"{path}{end}"), Path(f"{path}{end}").read_bytes()) for end in ("", "-wal")]
    for copy, data in copies:
        copy.write_bytes(data)


@opened
@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda p: p.write_text("2\n\nH 0 0 0\nH 0 0 0.74\n"), "not the store of a screening"),
        (lambda p: p.write_bytes(b"\0" * 5000), "not the store of a screening"),
        (lambda p: p.write_bytes(b"S"), "not the store of a screening"),
        (lambda p: p.write_bytes(b"SQLite format 3\0"), "the store is cut off after 16 bytes"),
        (foreign_database, "an SQLite file of another program"),
        (foreign_log, "an SQLite file of another program"),
        (lambda p: p.mkdir(), "this is a directory"),
        (os.mkfifo, "not a regular file"),
    ],
    ids=["text", "zeros", "letter", "header", "sqlite", "sqlite with log", "folder", "pipe"],
)
def test_another_file_is_refused_and_left_alone(
    opener: type[Store], make: object, sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / "s.db"
    make(path)  # type: ignore[operator]
    before = snapshot(tmp_path)
    with pytest.raises(InputError, match=rf"s\.db: .*{sentence}") as caught:
        opener(path)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    assert snapshot(tmp_path) == before
    assert not list(tmp_path.glob("*.lock"))


@opened
@pytest.mark.parametrize("name", ["", "nul\0byte", "none/s.db", "file/s.db"])
def test_names_that_cannot_be(opener: type[Store], name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    path = str(tmp_path / name) if "/" in name else name
    with pytest.raises(InputError, match=r"not a file name|no such file|does not exist"):
        opener(path)  # type: ignore[arg-type]


def test_reading_creates_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"s\.db: no such file: check the path"):
        Store.open_for_reading(tmp_path / "s.db")
    (tmp_path / "s.db").touch()
    with pytest.raises(InputError, match=r"s\.db: the file is empty"):
        Store.open_for_reading(tmp_path / "s.db")
    assert os.listdir(tmp_path) == ["s.db"]


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    (tmp_path / "s.db").touch()
    with Store.open_for_reading(small_store(tmp_path / "s.db")) as reader:
        assert sum(1 for _ in reader.rows()) == 200


def test_the_log_of_a_store_that_is_gone_does_not_come_back(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with Store.open_for_writing(path) as store:
        store.start_run({})
        log = Path(f"{path}-wal").read_bytes()
    path.unlink()
    Path(f"{path}-wal").write_bytes(log)
    with Store.open_for_writing(path) as store:
        assert store.runs() == []


@pytest.mark.parametrize("name", ["a b?c#d%41&e=f.db", "Ångström 'quoted\".db", "-o", "\udcff.db"])
def test_odd_names(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    small_store(Path(name))
    assert os.listdir(tmp_path) == [name]
    with Store.open_for_reading(name) as reader:
        assert sum(1 for _ in reader.rows()) == 200
        reader.label.encode()
    assert os.listdir(tmp_path) == [name]  # readers leave nothing behind


def test_rows_that_were_not_read_to_the_end_do_not_keep_the_store_open(tmp_path: Path) -> None:
    path = small_store(tmp_path / "s.db")
    for opener in OPENERS:
        with opener(path) as store:
            rows = store.rows()
            next(rows)
        assert os.listdir(tmp_path) == ["s.db"]
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            next(rows)


def test_a_newer_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = small_store(tmp_path / "s.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = snapshot(tmp_path)
    for opener in OPENERS:
        with pytest.raises(
            InputError, match=r"a newer qchem_app wrote this store \(version 99, .* update"
        ):
            opener(path)
    assert snapshot(tmp_path).keys() >= before.keys()
    assert snapshot(tmp_path)["s.db"] == before["s.db"]


STEPS = (
    ("ALTER TABLE run ADD COLUMN note TEXT NOT NULL DEFAULT ''",),
    ("CREATE TABLE extra (a)", "UPDATE run SET note = 'migrated'"),
)


def test_an_older_store_is_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = small_store(tmp_path / "s.db")
    monkeypatch.setattr(schema, "MIGRATIONS", STEPS)
    with pytest.raises(InputError, match=r"an older qchem_app wrote this store \(version 1\)"):
        Store.open_for_reading(path)
    with Store.open_for_writing(path) as store:
        assert schema.version(store._db) == 3
        assert store._db.execute("SELECT note FROM run").fetchall() == [("migrated",)]
    with Store.open_for_reading(path) as reader:
        assert sum(1 for _ in reader.rows()) == 200
        assert reader.problems() == []
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        assert schema.migrate(connection, "s.db") == 0


def test_a_step_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = small_store(tmp_path / "s.db")
    broken = (STEPS[0], (*STEPS[1], "INSERT INTO nowhere VALUES (1)"))
    monkeypatch.setattr(schema, "MIGRATIONS", broken)
    with pytest.raises(StoreError, match="nowhere"):
        Store.open_for_writing(path)
    monkeypatch.setattr(schema, "MIGRATIONS", ())
    with Store.open_for_reading(path) as reader:
        assert schema.version(reader._db) == 1
        assert sum(1 for _ in reader.rows()) == 200


def read_everything(path: Path) -> list[str]:
    """Whatever can be asked, and the sentences that damage led to; nothing else may happen."""
    try:
        with Store.open_for_reading(path) as reader:
            found = reader.problems()
            reader.runs()
            for row in reader.rows():
                if row.task_id is not None:
                    reader.task_text(row.task_id)
            list(reader.rows("all"))
    except (StoreError, InputError) as error:
        found = [str(error)]
    assert not any("\n" in sentence for sentence in found)
    return found


def test_a_store_that_was_cut_off(tmp_path: Path) -> None:
    data = small_store(tmp_path / "whole.db").read_bytes()
    for keep in (100, 512, 4096, 5000, len(data) // 2, len(data) - 1):
        path = tmp_path / f"{keep}.db"
        path.write_bytes(data[:keep])
        for opener in OPENERS:
            with pytest.raises(StoreError, match=rf"{keep}\.db: the store is damaged"):
                opener(path)
        assert path.read_bytes() == data[:keep]


def test_damage_anywhere_is_told_in_a_sentence(tmp_path: Path) -> None:
    data = small_store(tmp_path / "whole.db").read_bytes()
    path = tmp_path / "s.db"
    rng = random.Random(2)
    told = 0
    for _ in range(150):
        start = rng.randrange(100, len(data))
        length = rng.choice((1, 4, 64, 2000))
        path.write_bytes(
            data[:start] + rng.randbytes(min(length, len(data) - start)) + data[start + length :]
        )
        told += bool(read_everything(path))
    assert told > 20


def test_a_changed_task_is_a_problem(tmp_path: Path) -> None:
    path = small_store(tmp_path / "s.db")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO task VALUES ('0123456789abcdef', 'text', '{}')")
        connection.execute(
            "INSERT INTO attempt (task_id, status) VALUES ('0123456789abcdef', 'done')"
        )
        connection.execute("UPDATE candidate SET task_id = 'nowhere' WHERE position = 3")
    with Store.open_for_reading(path) as reader:
        assert reader.problems() == [
            "row 4 of table candidate points to no task",
            "the text of task 0123456789ab is not the one it was",
            "task 0123456789ab is done but has no record",
        ]


AS_SOMEBODY = """
import os, sys
from qchem_app.errors import QchemError
from qchem_app.screening.store import Store
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    with getattr(Store, sys.argv[2])(sys.argv[1]) as store:
        print(sum(1 for _ in store.rows()), 'rows')
except QchemError as error:
    print(error)
"""


def as_somebody(path: Path, opener: str, environment: dict[str, str]) -> str:
    """What a user without rights to the folder gets."""
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", AS_SOMEBODY, str(path), opener],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder that others may read and only the owner may write."""
    for folder in (tmp_path, *list(tmp_path.parents)[:2]):
        folder.chmod(0o755)
    folder = tmp_path / "shared"
    folder.mkdir()
    return folder


def test_somebody_elses_store_can_be_read_and_not_written(
    shared: Path, environment: dict[str, str]
) -> None:
    path = small_store(shared / "s.db")
    shared.chmod(0o555)
    path.chmod(0o444)
    try:
        assert as_somebody(path, "open_for_reading", environment) == "200 rows\n"
        told = as_somebody(path, "open_for_writing", environment)
        assert told == (
            f"{path}: the store cannot be locked for writing, no permission to write in its "
            "folder: choose another place\n"
        )
        shared.chmod(0o777)
        told = as_somebody(path, "open_for_writing", environment)
        assert told == f"{path}: the store is read-only: change its access rights\n"
        assert os.listdir(shared) == ["s.db"]
    finally:
        shared.chmod(0o755)


def test_somebody_elses_store_while_it_is_written(
    shared: Path, environment: dict[str, str]
) -> None:
    path = shared / "s.db"
    with Store.open_for_writing(path) as store:
        store.add_candidates(store.start_run({}), [(Candidate("a", "a", None, error="e"), None)])
        shared.chmod(0o555)
        try:
            assert as_somebody(path, "open_for_reading", environment) == "1 rows\n"
        finally:
            shared.chmod(0o755)


def test_somebody_elses_store_that_a_kill_left(shared: Path, environment: dict[str, str]) -> None:
    path = shared / "s.db"
    with Store.open_for_writing(path) as store:
        store.start_run({})
        left = {end: Path(f"{path}{end}").read_bytes() for end in ("", "-wal")}
    for end, data in left.items():
        Path(f"{path}{end}").write_bytes(data)
    shared.chmod(0o555)
    try:
        told = as_somebody(path, "open_for_reading", environment)
    finally:
        shared.chmod(0o755)
    assert told.startswith(f"{path}: the file cannot be opened here, because its folder cannot")
    with Store.open_for_reading(path) as reader:  # the owner can
        assert len(reader.runs()) == 1


def test_a_store_without_the_right_to_read_it(shared: Path, environment: dict[str, str]) -> None:
    path = small_store(shared / "s.db")
    path.chmod(0o000)
    told = as_somebody(path, "open_for_reading", environment)
    assert told == f"{path}: no permission to read this file: check its rights\n"


def test_a_socket_is_no_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("s.db")
        with pytest.raises(InputError, match=r"s\.db: this is not a regular file"):
            Store.open_for_writing("s.db")
