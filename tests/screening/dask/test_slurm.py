"""Workers through SLURM: the file, the job script, and jobs run by a stand-in for `sbatch`.

There is no SLURM on the machines where these tests run. The stand-in runs the job script that
dask-jobqueue hands to it, without a queue, as a process of this machine.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import cluster_work
import psutil
import pytest

from qchem_app.errors import InputError
from qchem_app.screening.executors.dask import DaskExecutor
from qchem_app.screening.executors.slurm import SlurmSettings, make_cluster, read_slurm_file

from .conftest import WORK, until

COMPLETE = """\
jobs: 4
cores: 16
memory: 64GB
walltime: "12:00:00"
queue: compute
account: chem-2026
workers: 8
directives:
  - --constraint=haswell
  - --mail-type=FAIL
setup:
  - module load python/3.12
  - source ~/qchem/bin/activate
python: /opt/python/bin/python3
local_directory: /scratch/$USER
job_name: night
death_timeout: 90
wait: 3600
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    monkeypatch.chdir(tmp_path)  # where dask-jobqueue makes folders

    def write(text: str) -> str:
        path = tmp_path / "cluster.yaml"
        path.write_text(text)
        return str(path)

    return write


def script(path: str) -> str:
    cluster = make_cluster(read_slurm_file(path))
    try:
        return str(cluster.job_script())
    finally:
        cluster.close()


def test_job_script(file: Callable[[str], str]) -> None:
    lines = script(file(COMPLETE)).splitlines()
    head = [line for line in lines if line.startswith("#SBATCH")]
    assert head == [
        "#SBATCH -J night",
        "#SBATCH -p compute",
        "#SBATCH -A chem-2026",
        "#SBATCH -n 1",
        "#SBATCH --cpus-per-task=16",
        "#SBATCH --mem=60G",
        "#SBATCH -t 12:00:00",
        "#SBATCH --constraint=haswell",
        "#SBATCH --mail-type=FAIL",
    ]
    setup = lines.index("module load python/3.12")
    command = lines[-1].split()
    assert setup < lines.index("export OMP_NUM_THREADS=1") < len(lines) - 1
    assert "export DASK_DISTRIBUTED__WORKER__MEMORY__PAUSE=False" in lines
    assert command[:3] == ["/opt/python/bin/python3", "-m", "distributed.cli.dask_worker"]
    options = dict(pairwise(command))
    assert options["--nworkers"] == "8"
    assert options["--memory-limit"] == "7.45GiB"
    assert options["--death-timeout"] == "90"
    assert options["--local-directory"] == "/scratch/$USER"
    assert options["--nthreads"] == "1"  # of those given the last one, which is what counts
    assert "--nanny" in command


def test_the_example_of_the_documentation(file: Callable[[str], str], repository: Path) -> None:
    page = (repository / "docs" / "cluster.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (shown,) = re.findall(r"^```bash\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    made = re.sub(
        r"tcp://\S+ --name \S+", "tcp://login1:34567 --name qchem-0", script(file(example))
    )
    assert made.split() == shown.split()
    keys = [field.name for field in fields(SlurmSettings)]
    assert [key for key in keys if f"`{key}`" not in page] == []


def test_what_may_be_left_out(file: Callable[[str], str]) -> None:
    settings = read_slurm_file(file("jobs: 2\ncores: 4\nmemory: 16GiB\n"))
    assert (settings.workers, settings.walltime, settings.python) == (None, None, sys.executable)
    assert settings.worker_memory_mb == pytest.approx(4295, abs=1)
    lines = script(file("jobs: 2\ncores: 4\nmemory: 16GiB\n")).splitlines()
    assert "--nworkers 4" in lines[-1]
    assert lines[-1].startswith(f"{sys.executable} -m ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("- 1", "a cluster file holds keys with values"),
        ("jobs: [", "not valid YAML in line"),
        ("jobs: 1\ncores: 2", "memory is missing"),
        ("job: 1", "'job' is not a key of a cluster: did you mean jobs?"),
        ("wall-time: 1", "'wall-time' is not a key of a cluster: did you mean walltime?"),
        ("xyzzy: 1", "'xyzzy' is not a key of a cluster: use jobs, cores"),
        ("? [1, 2]\n: 1", "not valid YAML in line 1"),
        ("jobs: 0", "jobs must be a whole number from 1 to 10,000, found 0"),
        ("jobs: yes", "jobs must be a whole number from 1 to 10,000, found True"),
        ("jobs: 1\njobs: 2", "'jobs' is there twice"),
        ("walltime: 12:00:00", 'walltime must be a time of SLURM such as "12:00:00", found '),
        ("walltime: 12:00:00", ": write it in quotes"),
        ("account: 007", "account must be one word, found '7': write it in quotes"),
        ("jobs: 1.5", "jobs must be a whole number"),
        ("jobs: ١", "jobs must be a whole number"),
        ("jobs: [1]", "jobs must be a whole number from 1 to 10,000, found several values"),
        ("memory: much", "memory must be an amount such as \"64GB\", found 'much'"),
        ("walltime: noon", "walltime must be a time of SLURM"),
        ("queue: a b", "queue must be one word"),
        ("account: 'x\n\n  #SBATCH'", "account must be one word"),
        ("directives: --qos=low", "directives must be a list"),
        ("directives: [qos]", "directives: each must be an option of sbatch"),
        ('directives: ["--a\\nrm -rf"]', "directives: each must be an option of sbatch"),
        ("python: ''", "python must be a path"),
        ("jobs: 1\ncores: 2\nmemory: 8GB\nworkers: 3", "3 workers do not fit 2 cores"),
        ("jobs: 1\ncores: 64\nmemory: 8GB", "8GB leave 125 MB for each of 64 workers"),
        ("jobs: &x 1\ncores: *x", "aliases (*name) are not read"),
        ("jobs: !!python/object/apply:os.system ['exit 1']", "not valid YAML in line 1"),
    ],
)
def test_what_is_wrong_in_the_file(file: Callable[[str], str], text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_slurm_file(file(text))
    assert message in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        DaskExecutor.slurm(str(tmp_path / "cluster.yaml"))


def test_a_file_that_is_too_large(file: Callable[[str], str]) -> None:
    with pytest.raises(InputError, match="at most 100 kB"):
        read_slurm_file(file("# comment\n" * 20_000))


def test_no_slurm(file: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="there is no sbatch on this machine"):
        DaskExecutor.slurm(file(COMPLETE))


@pytest.fixture
def slurm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> Iterator[Path]:
    """Stand-ins for sbatch and scancel; the folder where jobs leave their process ids."""
    folder = tmp_path / "slurm"
    folder.mkdir()
    programs = {
        "sbatch": 'id=$$; cp "$1" script-$id; setsid bash script-$id > log-$id 2>&1 & '
        'echo $! > pid-$id; echo "Submitted batch job $id"',
        "scancel": 'kill -9 -- -$(cat "pid-$1")',
    }
    for name, text in programs.items():
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/bash\ncd {folder}\n{text}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", f"{environment['PYTHONPATH']}{os.pathsep}{WORK}")
    yield folder
    for pid in folder.glob("pid-*"):
        end_group(int(pid.read_text()))


def end_group(leader: int) -> None:
    members = [p for p in psutil.process_iter() if _group(p) == leader]
    for member in members:
        member.kill()
    psutil.wait_procs(members, timeout=10)


def _group(process: psutil.Process) -> int:
    try:
        return os.getpgid(process.pid)
    except ProcessLookupError:
        return -1


SMALL = "jobs: 2\ncores: 1\nmemory: 2GB\nlocal_directory: scratch\ninterface: lo\n"


@pytest.mark.slow
def test_jobs_work_and_are_ended(slurm: Path, file: Callable[[str], str]) -> None:
    said: list[str] = []
    with DaskExecutor.slurm(file(SMALL), tell=said.append) as executor:
        until(lambda: executor.slots == 2, "two workers")
        assert executor.submit(cluster_work.square, 3).result(60) == 9
        leaders = [int(pid.read_text()) for pid in slurm.glob("pid-*")]
        assert len(leaders) == 2
        assert [sentence for sentence in said if "Waiting" not in sentence] == []
    until(lambda: not any(_group(p) in leaders for p in psutil.process_iter()), "the jobs' end")


def test_jobs_that_slurm_refuses(slurm: Path, file: Callable[[str], str]) -> None:
    sbatch = slurm.parent / "bin" / "sbatch"
    sbatch.write_text("#!/bin/bash\necho 'sbatch: error: invalid account' >&2\nexit 1\n")
    with pytest.raises(InputError, match=r"SLURM refuses the jobs .*invalid account"):
        DaskExecutor.slurm(file(SMALL))


@pytest.mark.slow
def test_a_job_that_ends_is_replaced(
    slurm: Path, file: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qchem_app.screening.executors.slurm._ENDED", 1.0)
    text = SMALL.replace("jobs: 2\ncores: 1\nmemory: 2GB", "jobs: 1\ncores: 2\nmemory: 4GB")
    with DaskExecutor.slurm(file(text)) as executor:
        until(lambda: executor.slots == 2, "the workers of the first job")
        first = {executor.submit(cluster_work.where).result(60)[0] for _ in range(4)}
        (leader,) = (int(pid.read_text()) for pid in slurm.glob("pid-*"))
        end_group(leader)
        until(lambda: len(list(slurm.glob("pid-*"))) == 2, "the second job")
        second = {executor.submit(cluster_work.where).result(60)[0] for _ in range(4)}
        assert not first & second
