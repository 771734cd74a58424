"""A real run, stopped by a real signal, and gone on with."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

RunQchem = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stop_and_resume(
    number: signal.Signals,
    status: int,
    environment: dict[str, str],
    run_qchem: RunQchem,
    repository: Path,
    tmp_path: Path,
) -> None:
    arguments = ["solve", str(repository / "molecules" / "h10_chain.xyz"), "-r", "hf"]
    with subprocess.Popen(
        [sys.executable, "-m", "qchem_app", *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=tmp_path,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "iteration 1 " in line:
                break
        process.send_signal(number)
        rest = process.stderr.read()
    assert process.returncode == status
    assert "the state is in h10_chain.checkpoint.npz. Go on: qchem solve" in rest
    assert [path.name for path in tmp_path.iterdir()] == ["h10_chain.checkpoint.npz"]

    other = run_qchem(*arguments, "--resume", "--basis", "6-31g", "--active-space", "4,4", "-q")
    assert other.returncode == 1
    assert "belongs to another molecule or other settings" in other.stderr
    assert (tmp_path / "h10_chain.checkpoint.npz").exists()

    resumed = run_qchem(*arguments, "--resume", "--json")
    assert resumed.returncode == 0
    vqe = json.loads(resumed.stdout)["vqe"]
    assert vqe["converged"]
    assert vqe["energy"] == pytest.approx(-5.37731, abs=5e-4)
    assert [step["iteration"] for step in vqe["trace"]] == list(range(len(vqe["trace"])))
    assert list(tmp_path.iterdir()) == []
