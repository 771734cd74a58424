"""run_screening(): what is computed, what is not, and in which words it fails."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from qchem_app.result import Settings
from qchem_app.screening.candidate import Candidate
from qchem_app.screening.event import ScreeningEvent
from qchem_app.screening.executors.base import ExecutorLost, TaskExecutor, WorkerDied
from qchem_app.screening.executors.inline import InlineExecutor
from qchem_app.screening.executors.pool import PoolExecutor
from qchem_app.screening.outcome import Outcome
from qchem_app.screening.run import RunLimits, Summary, run_screening
from qchem_app.screening.store import Store
from qchem_app.screening.store_error import StoreError
from qchem_app.screening.worker import compute

HELPERS = Path(__file__).parent / "helpers"
HF = Settings(references=("hf",))


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    monkeypatch.syspath_prepend(str(HELPERS))
    monkeypatch.setenv("QCHEM_TEST_LOG", str(tmp_path / "log"))
    import screening_works

    return screening_works


@pytest.fixture
def molecules(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Candidate]]:
    monkeypatch.syspath_prepend(str(HELPERS))
    from molecules_by_word import candidate

    return lambda *words: [candidate(word) for word in words]


class Screen:
    """run_screening() on one store, with the events kept."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.events: list[ScreeningEvent] = []

    def __call__(
        self,
        candidates: list[Candidate],
        executor: TaskExecutor | None = None,
        settings: Settings = HF,
        **more: Any,
    ) -> Summary:
        self.events = []
        with Store.open_for_writing(self.path) as store:
            return run_screening(
                candidates,
                settings,
                store,
                executor or InlineExecutor(),
                **{"on_event": self.events.append, **more},
            )

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]

    def rows(self) -> dict[str, tuple[str, str]]:
        with Store.open_for_reading(self.path) as store:
            return {row.name: (row.status, row.error or "") for row in store.rows()}

    def energies(self) -> dict[str, Any]:
        with Store.open_for_reading(self.path) as store:
            return {row.name: row.fields.get("e_vqe") for row in store.rows()}


@pytest.fixture
def screen(tmp_path: Path) -> Screen:
    return Screen(tmp_path / "set.db")


def when(condition: Callable[[], object], action: Callable[[], object]) -> threading.Thread:
    """Do something as soon as something else is true, in a thread."""

    def watch() -> None:
        end = time.monotonic() + 60
        while not condition() and time.monotonic() < end:
            time.sleep(0.02)
        action()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


@pytest.fixture
def starts(tmp_path: Path) -> Callable[[], int]:
    """How many tasks have begun so far."""
    path = tmp_path / "log"
    return lambda: path.read_text().count("start") if path.exists() else 0


def pids(pool: PoolExecutor) -> list[int]:
    return [slot.worker.process.pid for slot in pool._slots if slot.worker is not None]


def stop_yourself(number: int = signal.SIGINT) -> None:
    os.kill(os.getpid(), number)


def test_candidates_with_threads_of_their_own_get_as_many_cores(
    screen: Screen, molecules: Callable[..., list[Candidate]], works: ModuleType, tmp_path: Path
) -> None:
    narrow = molecules(*(f"h2:{1 + k / 10}" for k in range(4)))
    wide = [
        replace(candidate, overrides={"threads": 8})
        for candidate in molecules(*(f"heh:{1 + k / 10}" for k in range(3)))
    ]
    with PoolExecutor(2) as pool:
        assert screen(narrow + wide, pool, work=works.pretend).done == 7
    with Store.open_for_reading(screen.path) as store:
        threads = {
            row.task_id: store.task(row.task_id).settings.threads
            for row in store.rows()
            if row.task_id
        }
    running: set[str] = set()
    together = 0
    for line in (tmp_path / "log").read_text().splitlines():
        _, task, _ = line.split()
        running ^= {task}
        together = max(together, len(running))
        assert sum(threads[other] or 0 for other in running) <= 2 or len(running) == 1
    assert (running, together) == (set(), 2)


def test_nothing_to_do(screen: Screen) -> None:
    summary = screen([])
    assert (summary.total, summary.done, summary.failed) == (0, 0, 0)
    assert not summary.interrupted
    assert screen.kinds() == ["planned", "ended"]


def test_real_molecules_alike_in_this_process_and_in_a_pool(
    screen: Screen, molecules: Callable[..., list[Candidate]], tmp_path: Path
) -> None:
    candidates = molecules("h2:1.4", "heh:1.5", "h4:1.8", "lih:3.0", "hf:1.7")
    inline = screen(candidates, settings=Settings(references=("hf", "fci")))
    assert (inline.total, inline.done, inline.reused) == (5, 5, 0)
    pooled = Screen(tmp_path / "pool.db")
    with PoolExecutor(2) as pool:
        assert pooled(candidates, pool, Settings(references=("hf", "fci"))).done == 5
    assert pooled.energies() == screen.energies()  # bit for bit
    assert screen.energies()["h2:1.4"] == pytest.approx(-1.1372759, abs=1e-6)
    with Store.open_for_reading(screen.path) as store:
        for row in store.rows():
            assert row.task_id is not None
            record = store.record(row.task_id)
            assert record.converged
            assert record.settings.threads == 1
    assert not Path(f"{screen.path}.checkpoints").exists()

    again = screen(candidates, settings=Settings(references=("hf", "fci")))
    assert (again.done, again.reused) == (5, 5)
    assert screen.kinds() == ["planned", "ended"]


def test_events_count(
    screen: Screen, works: ModuleType, molecules: Callable[..., list[Candidate]]
) -> None:
    broken = Candidate("x", "x.xyz", None, error="x.xyz: this is not a geometry")
    with PoolExecutor(2) as pool:
        summary = screen([broken, *molecules(*(f"h2:{k}" for k in range(1, 9)))], pool,
                         work=works.pretend)  # fmt: skip
    assert (summary.total, summary.done, summary.failed) == (9, 8, 1)
    assert screen.kinds().count("started") == screen.kinds().count("finished") == 8
    assert screen.kinds()[0] == "planned"
    assert screen.kinds()[-1] == "ended"
    for event in screen.events:
        assert event.total == 9
        assert event.done + event.failed + event.running + event.waiting <= 9
        assert 0 <= event.running <= 2
        assert event.memory_mb > 10
    finished = [event for event in screen.events if event.kind == "finished"]
    assert [event.done for event in finished] == list(range(1, 9))
    assert all(event.seconds_left is not None and event.seconds_left >= 0 for event in finished)
    assert finished[-1].energy == pytest.approx(finished[-1].energy)
    assert screen.rows()["x"] == ("broken", "x.xyz: this is not a geometry")


def test_the_same_task_under_two_names_is_computed_once(
    screen: Screen, works: ModuleType, molecules: Callable[..., list[Candidate]], tmp_path: Path
) -> None:
    one, two = molecules("h2:1.4", "h2:1.4")
    summary = screen([one, Candidate("twin", "b", two.geometry)], work=works.pretend)
    assert (summary.total, summary.done) == (1, 1)
    assert (tmp_path / "log").read_text().count("start") == 1
    assert set(screen.rows()) == {"h2:1.4", "twin"}
    assert len(set(screen.energies().values())) == 1


def test_another_setting_is_another_task(
    screen: Screen, works: ModuleType, molecules: Callable[..., list[Candidate]]
) -> None:
    screen(molecules("h2:1.4"), work=works.pretend)
    other = screen(molecules("h2:1.4"), settings=Settings(basis="6-31g"), work=works.pretend)
    assert (other.done, other.reused) == (1, 0)


def test_more_candidates_later(
    screen: Screen, works: ModuleType, molecules: Callable[..., list[Candidate]]
) -> None:
    screen(molecules("h2:1.4"), work=works.pretend)
    summary = screen(molecules("h2:1.4", "h2:1.5"), work=works.pretend)
    assert (summary.total, summary.done, summary.reused) == (2, 2, 1)


def test_failures_are_kept_until_told_to_try_again(
    screen: Screen, works: ModuleType, molecules: Callable[..., list[Candidate]]
) -> None:
    candidates = molecules("he", "h2:1.4")
    summary = screen(candidates, work=works.unforeseen)
    assert (summary.done, summary.failed) == (1, 1)
    assert screen.rows()["he"] == ("failed", "unforeseen LookupError: a bug in two lines")
    summary = screen(candidates, work=works.pretend)
    assert (summary.done, summary.failed, summary.reused) == (1, 1, 1)
    summary = screen(candidates, work=works.pretend, retry_failed=True)
    assert (summary.done, summary.failed, summary.reused) == (2, 0, 1)
    assert screen.rows()["he"] == ("done", "")


def test_foreseen_failures_have_a_sentence(
    screen: Screen, molecules: Callable[..., list[Candidate]]
) -> None:
    (helium,) = molecules("he")
    candidates = [
        Candidate("odd", "a", helium.geometry, overrides={"active_space": "3,3"}),
        Candidate("basis", "b", helium.geometry, overrides={"basis": "sto-3"}),
        Candidate("space", "c", helium.geometry, overrides={"active_space": "all"}),
        Candidate("layers", "d", helium.geometry, overrides={"layers": -1}),
        Candidate("what", "e", helium.geometry, overrides={"colour": "red"}),
    ]
    summary = screen(candidates)
    assert (summary.total, summary.failed) == (5, 5)
    rows = screen.rows()
    assert rows["odd"] == (
        "failed",
        "active space '3,3' asks for 3 electrons, and there are 2: ask for 2 or fewer",
    )
    assert rows["basis"][0] == "broken"
    assert "did you mean sto-3g" in rows["basis"][1]
    assert "is not understood" in rows["space"][1]
    assert "layers should be greater than or equal to 1, found -1" in rows["layers"][1]
    assert "colour" in rows["what"][1]
    assert all(error.count("\n") == 0 for _, error in rows.values())


def test_a_task_that_kills_every_worker(
    screen: Screen, works: ModuleType, molecules: Callable[..., list[Candidate]], tmp_path: Path
) -> None:
    words = ["he", *(f"h2:{k}" for k in range(1, 11))]
    with PoolExecutor(2) as pool:
        summary = screen(molecules(*words), pool, work=works.poison)
    assert (summary.done, summary.failed, summary.interrupted) == (10, 1, False)
    status, error = screen.rows()["he"]
    assert status == "failed"
    assert error == "given up after 3 times: its worker died (killed by signal 9 (SIGKILL))"
    starts = [line.split()[1] for line in (tmp_path / "log").read_text().splitlines()]
    assert sorted(starts.count(task) for task in set(starts)) == [1] * 10 + [3]
    assert screen.kinds().count("retried") == 2


def test_a_worker_that_is_killed_once(
    screen: Screen, works: ModuleType, molecules: Callable[..., list[Candidate]]
) -> None:
    with PoolExecutor(2) as pool:
        summary = screen(molecules("he", "h2:1.4"), pool, work=works.poison_once)
    assert (summary.done, summary.failed) == (2, 0)
    assert screen.kinds().count("retried") == 1


@pytest.mark.parametrize(
    ("work", "limits", "words"),
    [
        ("sleeps", RunLimits(task_seconds=4.0), "exceeded the limit of 4 s"),
        ("leaks", RunLimits(task_memory_mb=400.0), "exceeded the limit of 400 MB of memory"),
    ],
)
def test_limits_of_a_task(
    work: str,
    limits: RunLimits,
    words: str,
    screen: Screen,
    works: ModuleType,
    molecules: Callable[..., list[Candidate]],
) -> None:
    with PoolExecutor(2) as pool:
        candidates = molecules("he", "h2:1.4", "h2:1.5", "h2:1.6")
        summary = screen(candidates, pool, work=getattr(works, work), limits=limits)
    assert (summary.done, summary.failed, summary.interrupted) == (3, 1, False)
    assert words in screen.rows()["he"][1]
    assert "retried" not in screen.kinds()


def test_tasks_that_are_too_large_together_run_one_after_the_other(
    screen: Screen, works: ModuleType, molecules: Callable[..., list[Candidate]]
) -> None:
    with PoolExecutor(2) as pool:
        summary = screen(
            molecules("he", "h2:1.4", "heh:1.4"),
            pool,
            work=works.large,
            limits=RunLimits(total_memory_mb=1000.0),
        )
    assert (summary.done, summary.failed) == (3, 0)
    assert "it took more memory than was forecast" in " ".join(e.message for e in screen.events)


def test_a_task_larger_than_the_machine(
    screen: Screen, works: ModuleType, molecules: Callable[..., list[Candidate]]
) -> None:
    summary = screen(
        molecules("h2:1.4"), work=works.pretend, limits=RunLimits(total_memory_mb=100.0)
    )
    assert (summary.done, summary.failed) == (0, 1)
    assert "of memory, and all tasks together may use 100 MB" in screen.rows()["h2:1.4"][1]


def test_interrupt_and_go_on(
    screen: Screen,
    works: ModuleType,
    molecules: Callable[..., list[Candidate]],
    starts: Callable[[], int],
) -> None:
    candidates = molecules("h2:1.4", "h2:1.5", "h2:1.6")
    folder = Path(f"{screen.path}.checkpoints")
    stop = threading.Event()
    with PoolExecutor(2) as pool:
        thread = when(lambda: starts() == 2, stop.set)
        summary = screen(candidates, pool, work=works.stoppable, stop=stop)
        thread.join()
        assert summary.interrupted
        assert summary.signal is None
        assert (summary.done, summary.failed) == (0, 0)
        assert screen.kinds().count("interrupted") == 2
        assert screen.kinds().count("stopping") == 1
        assert len(list(folder.iterdir())) == 2
        assert {status for status, _ in screen.rows().values()} == {"waiting"}
        stop.clear()
        thread = when(lambda: starts() == 3, stop.set)  # the third molecule waits for it
        summary = screen(candidates, pool, work=works.stoppable, stop=stop)
        thread.join()
        assert (summary.done, summary.interrupted) == (2, True)
        stop.clear()
        summary = screen(candidates, pool, work=works.stoppable, stop=stop)
    assert (summary.done, summary.reused, summary.interrupted) == (3, 2, False)
    assert not folder.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_stop_in_order(
    number: signal.Signals,
    screen: Screen,
    works: ModuleType,
    molecules: Callable[..., list[Candidate]],
    starts: Callable[[], int],
) -> None:
    before = signal.getsignal(number)
    thread = when(lambda: starts() == 2, lambda: stop_yourself(number))
    with PoolExecutor(2) as pool:
        summary = screen(molecules("h2:1.4", "h2:1.5"), pool, work=works.stoppable)
    thread.join()
    assert summary.interrupted
    assert summary.signal == number
    assert signal.getsignal(number) == before
    assert screen.events[-1].kind == "ended"


def test_second_signal_does_not_wait(
    screen: Screen,
    works: ModuleType,
    molecules: Callable[..., list[Candidate]],
    starts: Callable[[], int],
    tmp_path: Path,
) -> None:
    log = tmp_path / "log"
    first = when(lambda: starts() == 2, stop_yourself)
    second = when(lambda: log.exists() and "swallowed" in log.read_text(), stop_yourself)
    with PoolExecutor(2) as pool:
        assert screen(molecules("h2:1.4", "h2:1.5"), pool, work=works.deaf).interrupted
    first.join()
    second.join()
    assert "end" not in log.read_text().split()


def test_task_that_does_not_listen_is_killed_after_a_while(
    screen: Screen,
    works: ModuleType,
    molecules: Callable[..., list[Candidate]],
    starts: Callable[[], int],
    tmp_path: Path,
) -> None:
    thread = when(starts, stop_yourself)
    with PoolExecutor(1) as pool:
        summary = screen(
            molecules("h2:1.4"), pool, work=works.deaf, limits=RunLimits(grace_seconds=0.5)
        )
    thread.join()
    assert summary.interrupted
    assert (tmp_path / "log").read_text().split().count("swallowed") == 1
    assert "end" not in (tmp_path / "log").read_text().split()


def test_interrupt_of_a_task_in_this_process(
    screen: Screen,
    works: ModuleType,
    molecules: Callable[..., list[Candidate]],
    starts: Callable[[], int],
) -> None:
    thread = when(starts, stop_yourself)
    summary = screen(molecules("h2:1.4", "h2:1.5"), work=works.stoppable)
    thread.join()
    assert summary.interrupted
    assert summary.signal == signal.SIGINT
    assert len(list(Path(f"{screen.path}.checkpoints").iterdir())) == 1


def test_keyboard_interrupt_of_a_callback(
    screen: Screen, works: ModuleType, molecules: Callable[..., list[Candidate]]
) -> None:
    def on_event(event: ScreeningEvent) -> None:
        if event.kind == "finished" and event.done == 2:
            raise KeyboardInterrupt

    candidates = molecules(*(f"h2:{k}" for k in range(1, 6)))
    summary = screen(candidates, work=works.pretend, on_event=on_event)
    assert summary.interrupted
    assert summary.done == 2
    assert screen(candidates, work=works.pretend).reused == 2


def test_a_task_that_others_interrupt_is_tried_again(
    screen: Screen,
    works: ModuleType,
    molecules: Callable[..., list[Candidate]],
    starts: Callable[[], int],
) -> None:
    with PoolExecutor(1) as pool:
        thread = when(starts, lambda: os.kill(*pids(pool), signal.SIGTERM))
        summary = screen(molecules("h2:1.4"), pool, work=works.stoppable)
        thread.join()
    assert (summary.done, summary.interrupted) == (1, False)
    assert "retried" in screen.kinds()


def test_a_task_that_is_always_interrupted_is_given_up(
    screen: Screen,
    works: ModuleType,
    molecules: Callable[..., list[Candidate]],
    starts: Callable[[], int],
) -> None:
    with PoolExecutor(2) as pool:
        summary = screen(molecules("he", "h2:1.4"), pool, work=works.interrupts_itself)
    assert (summary.done, summary.failed, summary.interrupted) == (1, 1, False)
    assert screen.rows()["he"][1] == "given up after 3 times: it was interrupted from outside"
    assert starts() == 4


def test_in_another_thread(
    screen: Screen,
    works: ModuleType,
    molecules: Callable[..., list[Candidate]],
    starts: Callable[[], int],
) -> None:
    stop = threading.Event()
    found: list[Summary] = []

    def run() -> None:
        with PoolExecutor(1) as pool:
            found.append(screen(molecules("h2:1.4"), pool, work=works.stoppable, stop=stop))

    thread = threading.Thread(target=run)
    thread.start()
    when(starts, stop.set).join()
    thread.join()
    assert [summary.interrupted for summary in found] == [True]


def test_disk_that_fails(
    screen: Screen,
    works: ModuleType,
    molecules: Callable[..., list[Candidate]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put = Store.put
    stored: list[str] = []

    def full(store: Store, outcome: Outcome) -> None:
        if len(stored) == 3:
            raise StoreError("set.db: the disk is full: make room and run the command again")
        stored.append(outcome.task_id)
        put(store, outcome)

    candidates = molecules(*(f"h2:{k}" for k in range(1, 9)))
    with PoolExecutor(2) as pool:
        with monkeypatch.context() as patch:
            patch.setattr(Store, "put", full)
            with pytest.raises(StoreError, match="the disk is full"):
                screen(candidates, pool, work=works.pretend)
        summary = screen(candidates, pool, work=works.pretend)
    assert (summary.done, summary.reused) == (8, 3)


class Imprecise(TaskExecutor):
    """Three slots in one process: a poisoned task takes its neighbours with it."""

    slots = 3
    precise_blame = False
    shares_files = False

    def __init__(self, poison: str) -> None:
        self.poison = poison
        self.together: list[int] = []
        self.open: dict[Future[Any], str] = {}

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.open[future] = args[0]
        threading.Timer(0.1, self.end, (future, fn, args)).start()
        return future

    def end(self, future: Future[Any], fn: Callable[..., Any], args: tuple[Any, ...]) -> None:
        if future not in self.open:
            return
        if self.poison in args[0]:
            if not self.together and len(self.open) < self.slots:  # neighbours are to come
                threading.Timer(0.05, self.end, (future, fn, args)).start()
                return
            self.together.append(len(self.open))
            for other in list(self.open):
                del self.open[other]
                other.set_exception(WorkerDied("killed by signal 9"))
            return
        del self.open[future]
        future.set_result(fn(*args))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        pass


def test_quarantine_where_blame_is_not_precise(
    screen: Screen, works: ModuleType, molecules: Callable[..., list[Candidate]]
) -> None:
    executor = Imprecise('"Li"')
    candidates = molecules("h2:1.0", "lih:3.0", *(f"h2:{k}" for k in range(2, 8)))
    summary = screen(candidates, executor, work=works.pretend, limits=RunLimits(attempts=2))
    assert (summary.done, summary.failed) == (7, 1)
    assert screen.rows()["lih:3.0"][0] == "failed"
    assert executor.together == [3, 1, 1]  # alone, until it is given up


class Lost(InlineExecutor):
    """Loses its cluster after two tasks."""

    in_process = False
    shares_files = False

    def __init__(self, at_submit: bool) -> None:
        super().__init__()
        self.left = 2
        self.at_submit = at_submit

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.left -= 1
        if self.left >= 0:
            return super().submit(fn, *args, **kwargs)
        error = ExecutorLost("the scheduler at tcp://host:8786 is gone: start it again")
        if self.at_submit:
            raise error
        future: Future[Any] = Future()
        future.set_exception(error)
        return future


@pytest.mark.parametrize("at_submit", [True, False])
def test_executor_that_is_lost(
    at_submit: bool,
    screen: Screen,
    works: ModuleType,
    molecules: Callable[..., list[Candidate]],
) -> None:
    candidates = molecules(*(f"h2:{k}" for k in range(1, 6)))
    summary = screen(candidates, Lost(at_submit), work=works.pretend)
    assert summary.interrupted
    assert summary.reason == "the scheduler at tcp://host:8786 is gone: start it again"
    assert (summary.done, summary.failed) == (2, 0)
    assert screen(candidates, work=works.pretend).reused == 2


def test_pool_whose_workers_do_not_start(
    screen: Screen,
    molecules: Callable[..., list[Candidate]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with PoolExecutor(2) as pool:
        summary = screen(molecules("h2:1.4", "h2:1.5", "h2:1.6"), pool)
    assert summary.interrupted
    assert "a worker process cannot be started" in summary.reason
    assert (summary.done, summary.failed) == (0, 0)


def test_compute_is_what_runs_unless_told(screen: Screen) -> None:
    assert run_screening.__kwdefaults__["work"] is compute
