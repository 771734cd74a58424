"""What goes into a store comes out of it."""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qchem_app.errors import InputError
from qchem_app.io.geometry import Geometry
from qchem_app.io.record import to_json
from qchem_app.molecule import Molecule
from qchem_app.result import Settings, SolveResult
from qchem_app.screening.candidate import Candidate
from qchem_app.screening.outcome import Outcome, Scalar
from qchem_app.screening.store import Store, StoreError
from qchem_app.screening.task import Task

SETTINGS = Settings(threads=1, memory_limit=2000.0)


def pair(i: int, **more: Any) -> tuple[Candidate, Task]:
    """H2 at a distance of its own."""
    molecule = Molecule(("H", "H"), np.array([[0.0, 0, 0], [0, 0, 1 + i / 16]]), name=f"h{i}")
    geometry = Geometry(molecule, source=f"h{i}.xyz", sha256="0" * 64)
    return Candidate(f"h{i}", f"h{i}.xyz", geometry, **more), Task.of(geometry, SETTINGS)


def done(task: Task, **fields: Scalar) -> Outcome:
    return Outcome(task.id, "done", '{"a": 1}', fields, seconds=2.5, worker="host:1")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open_for_writing(tmp_path / "s.db") as opened:
        yield opened


@pytest.fixture
def pairs(store: Store) -> list[tuple[Candidate, Task]]:
    """Five candidates of run 1."""
    made = [pair(i) for i in range(5)]
    store.add_candidates(store.start_run({}), made)
    return made


def test_rows_come_in_the_order_of_the_input(store: Store, tmp_path: Path) -> None:
    pairs = [pair(i) for i in (3, 1, 4, 0, 2)]
    tasks = [task for _, task in pairs]
    run = store.start_run({"command": ["qchem"], "settings": {"basis": "sto-3g"}})
    broken = Candidate("bad", "bad.xyz", None, error="bad.xyz: the file is empty")
    store.add_candidates(run, [*pairs, (broken, None)])
    store.add_candidates(run, [pair(5, variables={"r / Å": 0.74}, notes=("charge 0 assumed",))])
    store.mark_started(tasks[0].id)
    store.put(done(tasks[0], e_vqe=-1.137, converged=True, space="full (2e,2o)", t1=None))
    store.put(Outcome(tasks[1].id, "failed", error="it did not fit", traceback="Trace"))
    store.put(Outcome(tasks[2].id, "interrupted", seconds=3.0))
    with Store.open_for_reading(tmp_path / "s.db") as reader:
        rows = list(reader.rows())
        assert [(row.name, row.status, row.position) for row in rows] == [
            ("h3", "done", 0),
            ("h1", "failed", 1),
            ("h4", "waiting", 2),
            ("h0", "waiting", 3),
            ("h2", "waiting", 4),
            ("bad", "broken", 5),
            ("h5", "waiting", 6),
        ]
        assert rows[0].fields == {
            "name": "h3",
            "source": "h3.xyz",
            "status": "done",
            "e_vqe": -1.137,
            "converged": True,
            "space": "full (2e,2o)",
            "t1": None,
            "seconds": 2.5,
            "error": None,
        }
        assert rows[0].fields["converged"] is True
        assert rows[1].error == rows[1].fields["error"] == "it did not fit"
        assert rows[5].error == rows[5].fields["error"] == "bad.xyz: the file is empty"
        assert rows[5].task_id is None
        assert rows[6].variables == {"r / Å": 0.74}
        assert rows[6].notes == ("charge 0 assumed",)
        assert reader.finished(task.id for task in tasks) == {tasks[0].id}
        assert reader.failed(task.id for task in tasks) == {tasks[1].id: "it did not fit"}
        assert reader.traceback(tasks[1].id) == "Trace"
        assert reader.task_text(tasks[3].id) == tasks[3].text
        assert reader.task(tasks[3].id) == tasks[3]
        assert reader.runs()[0].manifest["settings"] == {"basis": "sto-3g"}
        assert (reader.runs()[0].status, reader.runs()[0].candidates) == ("running", 7)
        assert reader.problems() == []


TEXT = st.text(alphabet=st.characters(exclude_categories=[])) | st.text()  # lone surrogates too
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
RESERVED = {"name", "source", "status", "seconds", "error"}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fields=st.dictionaries(TEXT.filter(lambda key: key not in RESERVED), SCALARS, max_size=8),
    error=TEXT,
    name=TEXT,
    carry=st.none() | st.binary(),
)
def test_any_field_survives(
    store: Store, fields: dict[str, Scalar], error: str, name: str, carry: bytes | None
) -> None:
    _, task = pair(0)
    store.reset_failed([task.id])
    store.add_candidates(store.start_run({"name": name}), [(Candidate(name, name, None), task)])
    store.put(Outcome(task.id, "failed", None, fields, error=error, carry=carry))
    (row,) = store.rows()
    expected = {
        key: None if isinstance(value, float) and not math.isfinite(value) else value
        for key, value in fields.items()
    }
    assert {key: row.fields[key] for key in expected} == expected
    assert {key: type(row.fields[key]) for key in expected} == {
        key: type(value) for key, value in expected.items()
    }
    assert row.fields.keys() == expected.keys() | RESERVED
    assert row.name == name.encode("utf-8", "backslashreplace").decode()
    assert row.error == error.encode("utf-8", "backslashreplace").decode()
    if carry is not None:
        assert store.carry(task.id) == carry
    assert store.runs()[-1].manifest == {"name": name}


def test_every_digit_of_a_float_survives(store: Store) -> None:
    value = -1.1372838344885023
    task = pair(0)[1]
    store.add_candidates(store.start_run({}), [pair(0)])
    store.put(done(task, e_vqe=value, tiny=5e-324))
    (row,) = store.rows()
    assert (row.fields["e_vqe"], row.fields["tiny"]) == (value, 5e-324)


def test_the_whole_record_comes_back(store: Store, water: SolveResult) -> None:
    task = pair(0)[1]
    store.add_candidates(store.start_run({}), [pair(0)])
    store.put(Outcome(task.id, "done", water.model_dump_json()))
    assert store.record(task.id) == water
    assert to_json(store.record(task.id)) == to_json(water)


def test_what_is_done_stays_as_it_is(store: Store, pairs: list[tuple[Candidate, Task]]) -> None:
    task = pairs[0][1]
    store.put(Outcome(task.id, "done", "{}", {"e": 1.0}, carry=b"first"))
    store.put(Outcome(task.id, "done", "[]", {"e": 2.0}, carry=b"second"))
    store.put(Outcome(task.id, "failed", error="too late"))
    store.mark_started(task.id)
    store.reset_failed([task.id])
    row = next(store.rows())
    assert (row.status, row.error, row.fields["e"]) == ("done", "", 1.0)
    assert (store.record_json(task.id), store.carry(task.id)) == ("{}", b"first")


def test_a_failure_is_forgotten_when_asked(
    store: Store, pairs: list[tuple[Candidate, Task]]
) -> None:
    task = pairs[0][1]
    assert [store.charge_attempt(task.id) for _ in range(3)] == [1, 2, 3]
    store.put(Outcome(task.id, "failed", error="it kills its worker"))
    assert store.charge_attempt(task.id) == 4
    assert list(store.failed([task.id])) == [task.id]
    store.reset_failed([task.id])
    assert store.failed([task.id]) == {}
    assert next(store.rows()).status == "waiting"
    assert store.charge_attempt(task.id) == 1


def test_a_failed_task_can_become_done(store: Store, pairs: list[tuple[Candidate, Task]]) -> None:
    task = pairs[0][1]
    store.put(Outcome(task.id, "failed", error="no", traceback="Trace"))
    store.put(done(task, e=1.0))
    assert store.failed([task.id]) == {}
    assert store.traceback(task.id) == ""
    assert next(store.rows()).status == "done"


def test_a_later_run_finds_the_results_of_an_earlier_one(
    store: Store, pairs: list[tuple[Candidate, Task]]
) -> None:
    store.put(done(pairs[1][1], e=1.0))
    store.end_run(1, "finished")
    again = Candidate("another name", "b.xyz", pairs[1][0].geometry)
    store.add_candidates(store.start_run({}), [(again, pairs[1][1]), pair(9)])
    assert [row.name for row in store.rows()] == ["another name", "h9"]
    assert [row.status for row in store.rows()] == ["done", "waiting"]
    assert [row.name for row in store.rows(1)] == ["h0", "h1", "h2", "h3", "h4"]
    everything = [*(f"h{i}" for i in range(5)), "another name", "h9"]
    assert [row.name for row in store.rows("all")] == everything
    store.add_candidates(store.start_run({}), pairs)  # the first command again
    assert [row.name for row in store.rows("all")] == everything
    assert [run.status for run in store.runs()] == ["finished", "interrupted", "running"]


def test_a_candidate_that_was_mended_is_another_row(store: Store) -> None:
    broken = Candidate("h0", "h0.xyz", None, error="h0.xyz: the file is empty")
    for given_pair in [(broken, None), (broken, None), pair(0)]:
        store.add_candidates(store.start_run({}), [given_pair])
    assert [row.status for row in store.rows("all")] == ["broken", "waiting"]


@pytest.mark.parametrize("run", ["last", "all"])
def test_a_new_store_has_no_rows(store: Store, run: Any) -> None:
    assert list(store.rows(run)) == []
    assert store.runs() == []
    with pytest.raises(InputError, match=r"there is no run 1, it has no runs: name another"):
        next(store.rows(1))


def test_an_unknown_run(store: Store, pairs: list[tuple[Candidate, Task]]) -> None:
    with pytest.raises(InputError, match="there is no run 7, its runs are 1 to 1"):
        next(store.rows(7))


@pytest.mark.parametrize("ask", [Store.record_json, Store.record, Store.task_text, Store.task])
def test_what_is_not_there_is_a_sentence(store: Store, ask: Callable[[Store, str], Any]) -> None:
    with pytest.raises(InputError, match=r"s\.db: there is no \w+.* ffffffffffff$"):
        ask(store, "f" * 64)


def test_bugs_of_the_driver_are_told(store: Store, pairs: list[tuple[Candidate, Task]]) -> None:
    with pytest.raises(ValueError, match="never added"):
        store.put(Outcome("f" * 64, "done", "{}"))
    with pytest.raises(ValueError, match="no record"):
        store.put(Outcome(pairs[0][1].id, "done"))
    assert store.finished([pairs[0][1].id]) == set()


def test_candidates_are_added_all_or_none(store: Store) -> None:
    def some() -> Iterator[tuple[Candidate, Task]]:
        yield pair(0)
        raise KeyboardInterrupt

    run = store.start_run({})
    with pytest.raises(KeyboardInterrupt):
        store.add_candidates(run, some())
    assert list(store.rows()) == []
    store.add_candidates(run, [pair(1)])
    assert [(row.name, row.position) for row in store.rows()] == [("h1", 0)]


def test_a_reader_sees_each_result_at_once_and_a_scan_of_rows_one_moment(
    store: Store, pairs: list[tuple[Candidate, Task]], tmp_path: Path
) -> None:
    with Store.open_for_reading(tmp_path / "s.db") as reader:
        begun = reader.rows()
        assert next(begun).status == "waiting"
        for _, task in pairs:
            store.put(done(task))
        assert [row.status for row in begun] == ["waiting"] * 4
        assert [row.status for row in reader.rows()] == ["done"] * 5


def test_a_reader_cannot_write(
    store: Store, pairs: list[tuple[Candidate, Task]], tmp_path: Path
) -> None:
    with (
        Store.open_for_reading(tmp_path / "s.db") as reader,
        pytest.raises(StoreError, match="read-only"),
    ):
        reader.put(done(pairs[0][1]))
    assert next(store.rows()).status == "waiting"


def test_commits_wait_for_the_disk_once_a_second(
    store: Store, pairs: list[tuple[Candidate, Task]], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.monotonic() + 10
    monkeypatch.setattr("qchem_app.screening.store.time.monotonic", lambda: now)
    full, normal, waited = 2, 1, []
    for later, (_, task) in zip((0.0, 0.4, 0.4, 0.4, 5.0), pairs, strict=True):
        now += later
        store.put(done(task))
        waited.append(store._db.execute("PRAGMA synchronous").fetchone()[0])
    assert waited == [full, normal, normal, full, full]
    store.end_run(1, "finished")
    assert store._db.execute("PRAGMA synchronous").fetchone()[0] == full


def test_the_file_is_what_others_rely_on(store: Store) -> None:
    asked = {
        name: store._db.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "foreign_keys", "user_version", "trusted_schema")
    }
    assert asked == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "user_version": 1,
        "trusted_schema": 0,
    }


def done_twice(path: Path) -> Path:
    with Store.open_for_writing(path) as store:
        pairs = [pair(i, variables={"r": 1.0}) for i in range(2)]
        store.add_candidates(store.start_run({}), pairs)
        for _, task in pairs:
            store.put(done(task, e_vqe=-1.5))
    return path


def test_texts_of_another_kind_are_damage(tmp_path: Path) -> None:
    """One row of them does not keep the others from being read."""
    for table, column, value, left_out in [
        ("candidate", "variables", "[1]", "variables"),
        ("candidate", "variables", '{"r": "text", "x": 2}', "r"),
        ("candidate", "notes", "{", "notes"),
        ("candidate", "notes", "[" * 100_000, "notes"),
        ("candidate", "name", b"\xff", "name"),
        ("attempt", "fields", '{"e_vqe": -1.5, "e_fci": [1], "s\\n": {}}', "e_fci, s\\n"),
        ("attempt", "fields", "\xff", "fields"),
        ("attempt", "seconds", "long", "seconds"),
        ("candidate", "error", 3.5, ""),  # SQLite itself makes a text of it
    ]:
        path = done_twice(tmp_path / "s.db")
        with closing(sqlite3.connect(path)) as connection, connection:
            first = (
                "WHERE run_id = 1 AND position = 0"
                if table == "candidate"
                else "WHERE task_id = (SELECT task_id FROM candidate WHERE position = 0)"
            )
            connection.execute(f"UPDATE {table} SET {column} = ? {first}", (value,))
        with Store.open_for_reading(path) as reader:
            row, *others = reader.rows()
            assert len(others) == 1
            assert not any(other.damage for other in others)
            if left_out:
                assert f"the store is damaged in this row and {left_out} left out: " in row.damage
                assert row.fields["error"] == row.error == row.damage
                assert reader.problems() == [f"row 0 of run 1: {row.damage}"]
            else:
                assert (row.error, row.damage) == ("3.5", "")
            if "e_vqe" in str(value):
                assert row.fields["e_vqe"] == -1.5
                assert "e_fci" not in row.fields
        path.unlink()


def test_a_record_that_is_damaged_has_advice_for_a_store(tmp_path: Path) -> None:
    path = done_twice(tmp_path / "s.db")
    for text in ("", "{", "[]", "{}", '{"schema_version": "9"}'):
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE record SET json = ?", (text,))
        with Store.open_for_reading(path) as reader:
            task_id = next(row.task_id for row in reader.rows() if row.status == "done")
            assert task_id is not None
            with pytest.raises(InputError, match=rf"s\.db: .*{task_id[:12]}: ") as caught:
                reader.record(task_id)
            assert str(caught.value).endswith(
                ": compute it again into another store, or take a copy that is whole"
            )
