"""SlurmJobs: Dask workers as jobs of SLURM, described in a YAML file."""

from __future__ import annotations

import difflib
import os
import re
import shlex
import shutil
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from qchem_app.errors import InputError
from qchem_app.io.source import decode, excerpt, path_label, read_source
from qchem_app.io.yaml_text import parse_yaml
from qchem_app.screening.executors.thread_variables import thread_variables

#: Seconds without any of its workers after which a job counts as ended and is replaced.
_ENDED = 60.0
_LARGEST_FILE = 100_000
_MEMORY = re.compile(r"(\d+(?:\.\d+)?) ?([MGT])(i?)B", re.IGNORECASE)
_WALLTIME = re.compile(r"(?:\d+-\d{1,2}(?::\d\d){0,2}|\d+(?::\d\d){0,2})")
_NAME = re.compile(r"[\w.@+,:/%-]+")


@dataclass(frozen=True)
class SlurmSettings:
    """What `--slurm FILE.yaml` may say.

    Attributes:
        jobs: how many jobs are kept running.
        cores: of each job.
        memory: of each job, shared evenly by its workers, such as "64GB".
        walltime: of each job, as SLURM writes it; None takes the site's default.
        queue: partition.
        account: to be charged.
        workers: of each job, each with one task at a time; as many as cores unless given.
        directives: further lines of the job's head, without "#SBATCH".
        setup: shell commands before the workers start, such as "module load python".
        python: the interpreter there; the one that runs this unless given.
        interface: network between driver and workers, such as "ib0".
        local_directory: for scratch files of the workers.
        log_directory: for what jobs print.
        job_name: in the queue.
        death_timeout: seconds after which a worker leaves that finds no scheduler.
        wait: seconds without any worker after which the screening stops, resumable.
    """

    jobs: int
    cores: int
    memory: str
    walltime: str | None = None
    queue: str | None = None
    account: str | None = None
    workers: int | None = None
    directives: tuple[str, ...] = ()
    setup: tuple[str, ...] = ()
    python: str = sys.executable
    interface: str | None = None
    local_directory: str | None = None
    log_directory: str | None = None
    job_name: str = "qchem"
    death_timeout: int = 120
    wait: float = 86400.0

    @property
    def worker_memory_mb(self) -> float:
        """Memory of each worker, megabytes."""
        match = _MEMORY.fullmatch(self.memory)
        assert match is not None
        power = "MGT".index(match[2].upper()) + 2
        unit = (1024.0 if match[3] else 1000.0) ** power / 1e6
        return float(match[1]) * unit / (self.workers or self.cores)


def read_slurm_file(path: str | os.PathLike[str]) -> SlurmSettings:
    """Read a cluster description.

    Raises:
        InputError: the file cannot be read, or a key or value is not usable.
    """
    source = read_source(path)
    label = path_label(os.fspath(path))
    if len(source.data) > _LARGEST_FILE:
        raise InputError(f"{label}: a cluster file has at most {_LARGEST_FILE // 1000} kB")
    data = parse_yaml(decode(source), label)
    if not isinstance(data, dict):
        raise InputError(f"{label}: a cluster file holds keys with values, such as jobs: 4")
    values: dict[str, Any] = {}
    for key, value in data.items():
        if not isinstance(key, str) or key not in _READERS:
            near = difflib.get_close_matches(str(key), _READERS, n=1, cutoff=0.6)
            hint = f"did you mean {near[0]}?" if near else f"use {', '.join(_READERS)}"
            raise InputError(f"{label}: {excerpt(str(key))!r} is not a key of a cluster: {hint}")
        values[key] = _READERS[key](f"{label}: {key}", value)
    for key in ("jobs", "cores", "memory"):
        if key not in values:
            raise InputError(f"{label}: {key} is missing: give jobs, cores and memory")
    settings = SlurmSettings(**values)
    if settings.workers is not None and settings.workers > settings.cores:
        raise InputError(
            f"{label}: {settings.workers} workers do not fit {settings.cores} cores: each has one "
            "thread, so give at most as many"
        )
    if settings.worker_memory_mb < 500:
        raise InputError(
            f"{label}: {settings.memory} leave {settings.worker_memory_mb:.0f} MB for each of "
            f"{settings.workers or settings.cores} workers: give more memory or fewer workers"
        )
    return settings


class SlurmJobs:
    """A scheduler in this process and the jobs that work for it.

    Raises:
        InputError: no dask-jobqueue, no SLURM here, or it refuses the jobs.
    """

    def __init__(self, settings: SlurmSettings) -> None:
        self.settings = settings
        if shutil.which("sbatch") is None:
            raise InputError(
                "there is no sbatch on this machine: start the screening on a login node of a "
                "cluster with SLURM, or join a running scheduler with --scheduler"
            )
        self._cluster = make_cluster(settings)
        self._since: dict[Any, float] = {}  # job -> when one of its workers was last seen
        try:
            for _ in range(settings.jobs):  # scale() would swallow what sbatch says
                self._cluster.worker_spec.update(self._cluster.new_worker_spec())
            self._cluster.sync(self._submitted)
        except (RuntimeError, OSError) as error:
            self.close()
            said = excerpt(" ".join(str(error).split()), 300)
            raise InputError(f"SLURM refuses the jobs ({said}): correct the file") from None

    @property
    def address(self) -> str:
        """Of the scheduler."""
        return str(self._cluster.scheduler_address)

    def keep(self, present: Iterable[str]) -> None:
        """Replace jobs that have ended, at their walltime or because a node died.

        A job that never had a worker is not replaced: it waits in the queue, or fails at once
        each time.

        Args:
            present: names of the workers that are there.
        """
        now, names = time.monotonic(), set(present)
        for job, options in self._cluster.worker_spec.items():
            members = {f"{job}{suffix}" for suffix in options.get("group", ("",))}
            if members & names:
                self._since[job] = now
            elif now - self._since.get(job, now) > _ENDED:
                del self._since[job]
                self._cluster.loop.add_callback(self._replace, job)

    def close(self) -> None:
        """End the jobs and the scheduler."""
        self._mark_refused()
        self._cluster.close()

    async def _replace(self, name: Any) -> None:
        from distributed import Status

        job = self._cluster.workers.pop(name, None)
        if job is not None:
            await job.close()  # it may have died in part, or hang
            job.status = Status.closed
        await self._cluster._correct_state()

    def _mark_refused(self) -> None:
        """Jobs that sbatch refused count as failed, without which the cluster does not close."""
        from distributed import Status

        for job in self._cluster.workers.values():
            if job.status == Status.created:
                job.status = Status.failed

    async def _submitted(self) -> None:
        await self._cluster


def make_cluster(settings: SlurmSettings) -> Any:
    """The `dask_jobqueue.SLURMCluster` of the settings, without jobs yet.

    Raises:
        InputError: dask-jobqueue is not installed.
    """
    try:
        from dask_jobqueue import SLURMCluster
    except ImportError:
        raise InputError("SLURM jobs need dask-jobqueue: pip install 'qchem-app[dask]'") from None

    optional = {
        "queue": settings.queue,
        "account": settings.account,
        "walltime": settings.walltime,
        "interface": settings.interface,
        "local_directory": settings.local_directory,
        "log_directory": settings.log_directory,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about keys of the site's own configuration
        return SLURMCluster(
            cores=settings.cores,
            processes=settings.workers or settings.cores,
            memory=settings.memory,
            job_name=settings.job_name,
            python=shlex.quote(settings.python),
            death_timeout=settings.death_timeout,
            nanny=True,
            # The last --nthreads counts: one task at a time, whatever cores are left over.
            worker_extra_args=["--nthreads", "1", "--no-dashboard"],
            job_extra_directives=list(settings.directives),
            job_script_prologue=[
                *settings.setup,
                *(f"export {name}={value}" for name, value in thread_variables(1).items()),
                # A paused worker would hold a task that it never starts; it is ended at the
                # limit all the same.
                "export DASK_DISTRIBUTED__WORKER__MEMORY__PAUSE=False",
            ],
            scheduler_options={"dashboard_address": ":0"},
            **{key: value for key, value in optional.items() if value is not None},
        )


def _fail(where: str, expected: str, value: Any) -> NoReturn:
    if isinstance(value, list | dict):
        raise InputError(f"{where} must be {expected}, found several values")
    # YAML takes 12:00:00 for a number, and 007.
    hint = "" if isinstance(value, str) else ": write it in quotes"
    raise InputError(f"{where} must be {expected}, found {excerpt(str(value))!r}{hint}")


def _text(pattern: re.Pattern[str] | None, expected: str) -> Callable[[str, Any], str]:
    def read(where: str, value: Any) -> str:
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            _fail(where, expected, value)
        if pattern is not None and not pattern.fullmatch(value):
            _fail(where, expected, value)
        return value

    return read


def _count(most: int) -> Callable[[str, Any], int]:
    def read(where: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            found = "several values" if isinstance(value, list | dict) else excerpt(str(value))
            raise InputError(
                f"{where} must be a whole number from 1 to {most:,}, found {found}: correct it"
            )
        return value

    return read


def _lines(pattern: str, expected: str) -> Callable[[str, Any], tuple[str, ...]]:
    def read(where: str, value: Any) -> tuple[str, ...]:
        if not isinstance(value, list):
            _fail(where, f"a list, each {expected}", value)
        one = _text(re.compile(pattern), expected)
        return tuple(one(f"{where}: each", line) for line in value)

    return read


_one_word = _text(_NAME, "one word")
_path = _text(None, "a path")
_READERS: dict[str, Callable[[str, Any], Any]] = {
    "jobs": _count(10_000),
    "cores": _count(1_000),
    "memory": _text(_MEMORY, 'an amount such as "64GB"'),
    "walltime": _text(_WALLTIME, 'a time of SLURM such as "12:00:00"'),
    "queue": _one_word,
    "account": _one_word,
    "workers": _count(1_000),
    "directives": _lines(r"-.+", 'an option of sbatch such as "--constraint=haswell"'),
    "setup": _lines(r".+", "a shell command on one line"),
    "python": _path,
    "interface": _one_word,
    "local_directory": _path,
    "log_directory": _path,
    "job_name": _one_word,
    "death_timeout": _count(1_000_000),
    "wait": _count(10_000_000),
}
