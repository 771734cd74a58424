"""Progress lines."""

from __future__ import annotations

import io

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


def test_terminal_keeps_stages_and_shows_iterations_live() -> None:
    events = [Event("mean field", "converged"), Event("vqe", "", 3, -1.0, 0.1, 0.1)]
    text = shown(events, force_terminal=True, force_interactive=True)
    assert "mean field  converged" in text
    assert "\x1b[2K" in text  # the live line is erased at the end
    assert text.rstrip().endswith("\x1b[2K") or "\x1b[?25h" in text
