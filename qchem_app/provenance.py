"""Where a result came from: versions, machine, commit, seed, time."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import qchem_app
from qchem_app.result import SCHEMA_VERSION, InputRecord, Provenance, Settings

#: Installed packages whose version can change a digit.
_PACKAGES = ("numba", "numpy", "pyscf", "scipy")
#: The same where qubits are simulated.
_QUBIT_PACKAGES = ("openfermion", "pennylane", "pennylane-lightning", "qiskit-aer")
#: Environment variables that set how many threads the linear algebra uses.
_THREAD_VARIABLES = ("MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def collect(settings: Settings, command: Sequence[str] | None = None) -> Provenance:
    """Describe the program and the machine, without importing any of the packages.

    Args:
        settings: gives the seed and, where asked for, the number of threads.
        command: the command line, program name first; None for a library call.
    """
    return Provenance(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        versions=dict(_versions(uses_qubits(settings))),
        git_commit=_own_commit(),
        machine=machine(),
        threads=settings.threads or usable_threads(),
        seed=settings.seed,
        command=None if command is None else tuple(command),
    )


@cache
def _own_commit() -> str | None:
    """Commit of the running program: what was loaded stays, whatever is checked out later."""
    return git_commit(Path(qchem_app.__file__).parent)


@cache
def _versions(qubits: bool) -> dict[str, str]:
    return versions(qubits=qubits)


def uses_qubits(settings: Settings) -> bool:
    """Whether a qubit operator or a circuit takes part in a run."""
    wanted = settings.mapping is not None or settings.taper or settings.device is not None
    return wanted or settings.ansatz.startswith("hea")


def versions(*, qubits: bool = False) -> dict[str, str]:
    """Version of Python, of this package and of those that compute; absent ones are left out."""
    found = {"python": platform.python_version(), "qchem_app": qchem_app.__version__}
    for package in _PACKAGES + (_QUBIT_PACKAGES if qubits else ()):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, str | int]:
    """Platform, processor, cores this process may use, memory in MB, thread variables if set."""
    facts: dict[str, str | int] = {
        "platform": platform.platform(),
        "cpu": _cpu_model(),
        "cores": available_cores(),
    }
    if (memory := _memory_mb()) is not None:
        facts["memory_mb"] = memory
    facts |= {name: os.environ[name] for name in _THREAD_VARIABLES if name in os.environ}
    return facts


def available_cores() -> int:
    """Cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def usable_threads() -> int:
    """Threads that the numerical libraries start: the cores, or fewer by OMP_NUM_THREADS."""
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    cores = available_cores()
    return min(int(wanted), cores) if wanted.isdecimal() and int(wanted) > 0 else cores


def git_commit(folder: Path) -> str | None:
    """Commit of the checkout that the package's folder belongs to, "-dirty" where it differs.

    None where the package is installed, even into an environment that lies in a checkout.
    """
    if _git(folder, "ls-files", "--error-unmatch", "__init__.py") is None:
        return None
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    return f"{commit}-dirty" if _git(folder, "status", "--porcelain", "--", ".") else commit


def _git(folder: Path, *arguments: str) -> str | None:
    """Output of a git command in the folder; None where it fails or there is no git."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    try:
        finished = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
            stdin=subprocess.DEVNULL,
            env=environment,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return finished.stdout.strip()


@cache
def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    for line in lines:
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()


def _memory_mb() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    except (AttributeError, OSError, ValueError):
        return None


#: Settings that change how a run gets to its answer, not the answer.
_NOT_IN_FINGERPRINT = {
    "energy_tolerance",
    "guess",
    "max_iterations",
    "memory_limit",
    "references",
    "threads",
    "time_limit",
}


def fingerprint(molecule: InputRecord, settings: Settings) -> str:
    """SHA-256 of all that a saved state must share with the run that goes on from it.

    How the energy is measured at the end belongs to it only where it is what is optimised.
    """
    left_out = set(_NOT_IN_FINGERPRINT)
    if settings.device is None or settings.device.optimize_on == "exact":
        left_out |= {"compact", "device"}
        if settings.ansatz in ("uccsd", "qeb-uccsd"):  # others change with the qubits
            left_out |= {"mapping", "taper"}
    parts = {
        "schema": SCHEMA_VERSION,
        "molecule": molecule.model_dump(
            mode="json", include={"symbols", "coordinates_bohr", "charge", "multiplicity"}
        ),
        "settings": settings.model_dump(mode="json", exclude=left_out),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
