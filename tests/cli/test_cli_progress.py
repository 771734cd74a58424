"""Progress lines."""

from __future__ import annotations

import io
import re
import time

from rich.console import Console

from qchem_app.cli.progress import ProgressDisplay, describe
from qchem_app.progress import Event


def shown(events: list[Event], **console: object) -> str:
    stream = io.StringIO()
    settings = {"width": 80, "highlight": False, "color_system": None, **console}
    with ProgressDisplay(Console(file=stream, **settings)) as display:  # type: ignore[arg-type]
        for event in events:
            display(event)
    return stream.getvalue()


def test_line() -> None:
    event = Event("vqe", "restarted", 3, -1.137270174, 1.2e-4, 12.5)
    assert describe(event) == (
        "   12.50 s  vqe  iteration 3  E -1.13727017 Ha  gradient 1.2e-04  restarted"
    )


def test_sparse_without_a_terminal() -> None:
    events = [Event("vqe", "", i, -1.0, 0.1, 0.01 * i) for i in range(101)]
    lines = shown(events).splitlines()
    iterations = [int(line.split("iteration ")[1].split()[0]) for line in lines]
    assert iterations == [1, 2, 5, 10, 20, 50, 100]
    assert "\x1b" not in "".join(lines)


def test_slow_iterations_all_print() -> None:
    events = [Event("vqe", "", i, -1.0, 0.1, 11.0 * i) for i in range(11, 15)]
    assert len(shown(events).splitlines()) == 4


def test_stages_always_print_and_markup_is_text() -> None:
    text = shown([Event("mean field", "RHF [red]x[/red] \x1b[2J")])
    assert text == "    0.00 s  mean field  RHF [red]x[/red] \\x1b[2J\n"


def test_terminal_keeps_what_each_stage_said_last() -> None:
    events = [
        Event("mean field", "begins"),
        Event("mean field", "converged", energy=-1.0),
        *[Event("vqe", "", i, -1.0 - i, 0.1) for i in range(4)],
    ]
    text = shown(events, force_terminal=True, force_interactive=True)
    kept = [line for line in re.sub(r"\x1b\[[?0-9;]*[A-Za-z]|\r", "\n", text).splitlines() if line]
    assert kept[-1].split("  ", 4)[-1].strip() == "iteration 3  E -4.00000000 Ha  gradient 1.0e-01"
    assert [line for line in kept if "converged" in line]
    assert not [line for line in kept if "begins" in line and not line.startswith("⠋")]


def test_live_line_counts_the_time_since_the_event() -> None:
    display = ProgressDisplay(Console(file=io.StringIO()))
    assert display.__rich__().plain == "starting"
    display(Event("fci", "running", seconds=100.0))
    before = float(display.__rich__().plain.split()[0])
    time.sleep(0.02)
    assert 100.0 <= before < float(display.__rich__().plain.split()[0])
