"""The schedule: longest first, memory never exceeded, nobody starved."""

from __future__ import annotations

import itertools
import random

import hypothesis.strategies as st
import pytest
from hypothesis import given

from qchem_app.io.geometry import geometry_of
from qchem_app.molecule import Molecule
from qchem_app.result import Settings
from qchem_app.screening.forecast import Forecast
from qchem_app.screening.schedule import Job, Schedule
from qchem_app.screening.task import Task

SETTINGS = Settings(threads=1, memory_limit=2000.0)
_numbers = itertools.count()
_tasks = [
    Task.of(
        geometry_of(Molecule(("H", "H"), [[0.0, 0.0, 0.0], [0.0, 0.0, 1.0 + k / 100]])), SETTINGS
    )
    for k in range(60)
]


def job(seconds: float, memory_mb: float, slots: int = 1) -> Job:
    number = next(_numbers)
    return Job(_tasks[number % 60], str(number), Forecast(4, 2, 1, seconds, memory_mb), slots)


JOBS = st.lists(st.builds(job, st.floats(0.01, 1e4), st.floats(1, 1000)), min_size=1, max_size=40)
WIDE = st.lists(
    st.builds(job, st.floats(0.01, 1e4), st.floats(1, 1000), st.integers(1, 9)),
    min_size=1,
    max_size=40,
)


@given(jobs=WIDE, slots=st.integers(1, 5))
def test_memory_is_never_exceeded_and_all_are_done(jobs: list[Job], slots: int) -> None:
    schedule = Schedule(jobs, 1000.0)
    assert schedule.impossible() == []
    running: list[tuple[float, Job]] = []
    now, done = 0.0, []
    while len(schedule) or running:
        while len(running) < slots and (taken := schedule.take(slots)) is not None:
            running.append((now + taken.forecast.seconds, taken))
        assert running, "nothing runs, and nothing fits"
        assert sum(j.forecast.memory_mb for _, j in running) <= 1000.0 + 1e-6
        assert sum(j.slots for _, j in running) <= slots or len(running) == 1
        running.sort(key=lambda pair: pair[0])
        now, ended = running.pop(0)
        schedule.give_back(ended)
        done.append(ended)
    assert sorted(j.name for j in done) == sorted(j.name for j in jobs)
    assert schedule.free_mb == 1000.0
    assert schedule.taken == 0
    assert schedule.seconds == pytest.approx(0.0, abs=1e-6)


@given(jobs=JOBS)
def test_longest_first_where_memory_is_plenty(jobs: list[Job]) -> None:
    schedule = Schedule(jobs, 1e9)
    order = [schedule.take() for _ in jobs]
    seconds = [j.forecast.seconds for j in order if j is not None]
    assert seconds == sorted((j.forecast.seconds for j in jobs), reverse=True)
    assert schedule.take() is None


def test_rounding_does_not_add_up() -> None:
    """After days of screening a job that needs all memory still fits."""
    rng = random.Random(1)
    schedule = Schedule([job(1, rng.uniform(1, 300)) for _ in range(3000)], 1000.0)
    while len(schedule):
        running = [j for _ in range(7) if (j := schedule.take()) is not None]
        for ended in running:
            schedule.give_back(ended)
        assert schedule.free_mb == 1000.0


def test_many_threads_are_many_slots() -> None:
    wide, narrow, monster = job(100, 10, slots=3), job(50, 10), job(25, 10, slots=9)
    schedule = Schedule([wide, narrow, monster], 1000.0)
    assert schedule.take(4) is wide
    assert schedule.take(4) is narrow
    assert schedule.take(4) is None
    schedule.give_back(wide)
    assert schedule.take(4) is None
    schedule.give_back(narrow)
    assert schedule.take(4) is monster  # it wants more than there are and gets all
    schedule.put_back(job(1, 10))
    assert schedule.take(4) is None


def test_small_ones_fill_the_gaps() -> None:
    long, large, small = job(100, 600), job(50, 600), job(1, 300)
    schedule = Schedule([small, large, long], 1000.0)
    assert schedule.take() is long
    assert schedule.take() is small
    assert schedule.take() is None
    schedule.give_back(long)
    assert schedule.take() is large


def test_the_large_one_gets_its_turn() -> None:
    large, first = job(100, 900), job(1000, 300)
    small = [job(1, 300) for _ in range(200)]
    schedule = Schedule([large, first, *small], 1000.0)
    assert schedule.take() is first
    running = [schedule.take(), schedule.take()]
    started = 0
    while large not in running:
        ended = running.pop(0)
        if ended is None:
            ended = first  # in the end nothing but the first is left
        schedule.give_back(ended)
        taken = schedule.take()
        started += taken is not None
        running.append(taken)
    assert started < 30


def test_more_than_there_is_comes_out_with_its_reason() -> None:
    ordinary, monster = job(1, 500), job(1, 1500)
    schedule = Schedule([ordinary, monster], 1000.0)
    assert schedule.impossible() == [monster]
    assert len(schedule) == 1
    assert schedule.seconds == pytest.approx(1.0)


def test_what_is_put_back_comes_first() -> None:
    one, two = job(10, 10), job(5, 10)
    schedule = Schedule([one, two], 100.0)
    assert schedule.take() is one
    assert schedule.take() is two
    schedule.give_back(two)
    schedule.put_back(two)
    assert schedule.take() is two
