"""Real signals to a real process."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import sys, time
from qchem_app.cli.signals import Terminated, interruptible

try:
    with interruptible():
        try:
            print("ready", flush=True)
            time.sleep(60)
        except KeyboardInterrupt:
            print("saving", flush=True)
            time.sleep(float(sys.argv[1]))
            print("saved", flush=True)
            raise
except Terminated:
    sys.exit(143)
except KeyboardInterrupt:
    sys.exit(130)
"""


def start(environment: dict[str, str], saving: float, tmp_path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(saving)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=tmp_path,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_first_signal_raises(
    number: signal.Signals, status: int, environment: dict[str, str], tmp_path: Path
) -> None:
    process = start(environment, 0.0, tmp_path)
    process.send_signal(number)
    out, _ = process.communicate(timeout=30)
    assert out == "saving\nsaved\n"
    assert process.returncode == status


def test_second_signal_lets_the_state_be_written(
    environment: dict[str, str], tmp_path: Path
) -> None:
    process = start(environment, 2.0, tmp_path)
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    assert process.stdout.readline() == "saving\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert out == "saved\n"
    assert err == "Stopping; a third interrupt stops at once.\n"
    assert process.returncode == 130


def test_third_signal_stops_at_once(environment: dict[str, str], tmp_path: Path) -> None:
    process = start(environment, 60.0, tmp_path)
    assert process.stdout is not None
    assert process.stderr is not None
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "saving\n"
    process.send_signal(signal.SIGINT)
    assert process.stderr.readline() == "Stopping; a third interrupt stops at once.\n"
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert out == ""
    assert process.returncode == 130
