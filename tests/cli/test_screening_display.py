"""What a running screening shows."""

from __future__ import annotations

import io
import json
import re

import pytest
from rich.console import Console

from qchem_app.cli.screening_display import ScreeningDisplay, describe, duration
from qchem_app.screening.event import ScreeningEvent


def shown(events: list[ScreeningEvent], **console: object) -> str:
    stream = io.StringIO()
    settings = {"width": 80, "highlight": False, "color_system": None, **console}
    with ScreeningDisplay(console=Console(file=stream, **settings)) as display:  # type: ignore[arg-type]
        for event in events:
            display(event)
    return stream.getvalue()


def finished(number: int, **values: object) -> ScreeningEvent:
    return ScreeningEvent(
        "finished", f"m{number}", f"{number:x}", energy=-1.5, task_seconds=0.25,
        total=100, done=number, running=2, seconds=0.1 * number, **values,  # type: ignore[arg-type]
    )  # fmt: skip


def test_finished_line() -> None:
    event = finished(10, reused=4, failed=2, seconds_left=300.0, memory_mb=1234.5)
    assert describe(event) == (
        "10 of 100 done (4 before), 2 failed, 2 running, 6.0 tasks/s, 1.0 s, about 5 min left, "
        "1,234 MB  m10  E -1.50000000 Ha in 0.2 s"
    )


@pytest.mark.parametrize("kind", ["failed", "retried", "interrupted"])
def test_what_went_wrong_has_name_and_sentence(kind: str) -> None:
    event = ScreeningEvent(kind, "bad", "1", "no such basis set")  # type: ignore[arg-type]
    assert describe(event) == f"bad: {kind}: no such basis set"


def test_interrupted_task_is_named() -> None:
    assert describe(ScreeningEvent("interrupted", "benzene", "1")) == "benzene: interrupted"


def test_quick_tasks_do_not_print_each() -> None:
    text = shown([finished(number) for number in range(1, 50)])
    assert len(text.splitlines()) == 1


def test_failures_always_print() -> None:
    events = [
        ScreeningEvent("failed", f"m{number}", str(number), "why", failed=number)
        for number in range(20)
    ]
    assert len(shown(events).splitlines()) == 20


def test_names_are_text() -> None:
    event = ScreeningEvent("failed", "[red]x[/red]\x1b[2J", "1", "a\x07b")
    assert shown([event]) == "[red]x[/red]\\x1b[2J: failed: a\\x07b\n"


def test_terminal_shows_what_runs_and_leaves_no_bar_behind() -> None:
    events = [
        ScreeningEvent("started", "benzene", "1", total=2, running=1),
        ScreeningEvent("started", "\x1bwater", "2", total=2, running=2),
        ScreeningEvent("ended", message="2 done", total=2, done=2),
    ]
    stream = io.StringIO()
    console = Console(
        file=stream, width=80, force_terminal=True, force_interactive=True, color_system=None
    )
    with ScreeningDisplay(console=console) as display:
        for event in events[:2]:
            display(event)
        display._live.refresh()  # type: ignore[union-attr]
        during = stream.getvalue()
        display(events[2])
    assert "now: benzene, \\x1bwater" in during
    after = re.split(r"\x1b\[2K", stream.getvalue())[-1]
    assert "now:" not in after


def test_json_lines_are_the_whole_events(capsys: pytest.CaptureFixture[str]) -> None:
    event = finished(3)
    with ScreeningDisplay(as_json=True) as display:
        display(event)
    printed = capsys.readouterr()
    assert ScreeningEvent(**json.loads(printed.out)) == event
    assert printed.err == ""


def test_quiet_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with ScreeningDisplay(quiet=True) as display:
        display(ScreeningEvent("failed", "m", "1", "why"))
    printed = capsys.readouterr()
    assert printed.out + printed.err == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (35.2, "35 s"), (300, "5 min"), (12000, "3 h 20 min")],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text
