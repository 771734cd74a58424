"""Signals as counts."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from qchem_app.screening.interrupts import Interrupts


def send(number: int = signal.SIGINT) -> None:
    os.kill(os.getpid(), number)


def test_two_are_counted_and_the_third_raises() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with Interrupts() as interrupts:
        assert (interrupts.count, interrupts.number) == (0, None)
        send(signal.SIGTERM)
        assert (interrupts.count, interrupts.number) == (1, signal.SIGTERM)
        send()
        assert (interrupts.count, interrupts.number) == (2, signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            send()
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_raised_once_for_a_task_of_this_process() -> None:
    with Interrupts() as interrupts:
        with pytest.raises(KeyboardInterrupt), interrupts.raised():
            send()
        assert interrupts.count == 1
        with interrupts.raised():
            pass
        send()  # not raised any more
        assert interrupts.count == 2


def test_state_that_is_being_saved_is_not_disturbed() -> None:
    saved = False
    with Interrupts() as interrupts, interrupts.raised():
        try:
            send()
        except KeyboardInterrupt:
            send()
            saved = True
    assert saved
    assert interrupts.count == 2


def test_stop_by_another_thread() -> None:
    stop = threading.Event()
    with Interrupts(stop) as interrupts:
        assert interrupts.count == 0
        stop.set()
        assert (interrupts.count, interrupts.number) == (1, None)


def test_exception_of_a_callback_counts() -> None:
    with Interrupts() as interrupts:
        interrupts.note()
        interrupts.note()
        assert (interrupts.count, interrupts.number) == (1, signal.SIGINT)


def test_other_threads_leave_handlers_alone() -> None:
    found = []

    def look() -> None:
        with Interrupts():
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == [signal.getsignal(signal.SIGINT)]
