"""Forecast: what a task will take, from its atoms alone, in about a millisecond.

Nothing is solved. The point group is detected and the basis functions are counted by irrep, which
is exact; which irreps the occupied orbitals have is not known before a mean field, and they are
taken to be spread like the functions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from qchem_app.chemistry.preflight import Limits, forecast
from qchem_app.chemistry.space_request import SpaceRequest, parse_active_space
from qchem_app.planning.cost import Cost
from qchem_app.references import coupled_cluster, fci_cost
from qchem_app.references.catalogue import (
    cheap_enough,
    coupled_cluster_seconds,
    functional_seconds,
)
from qchem_app.references.fci_solver import DENSE_SIZE
from qchem_app.result import Settings
from qchem_app.screening.atoms import AtomCounts, count_atoms
from qchem_app.screening.task import Task

#: A worker with all its libraries before it computes anything, megabytes.
WORKER_MB = 300.0

# Seconds on one core, fitted by benchmarks/screening_forecast.py.
_START = 0.06  # records, symmetry, a small mean field and VQE
_MEAN_FIELD_STEP = 2.5e-8  # per basis function to the fourth
_MP2_FLOPS = 2e9
_SMALL_CCSD = 0.06  # of which catalogue.py, which has to be careful, makes half a second
_SMALL_FUNCTIONAL = 0.08, 0.05  # likewise; once, and for each atom
_CAREFUL = 0.5
_SMALL_FCI = 0.005
_OTHER_IRREP = 0.6  # of the FCI's own time: looking for lower states of another symmetry
_OTHER_IRREPS_SHARE = 0.25  # of the time limit, for all of them


@dataclass(frozen=True)
class Forecast:
    """What a task will take: times within a factor of three or so, one core's.

    Attributes:
        qubits: two for each active orbital, or fewer where the mapping saves some.
        determinants: size of the symmetry sector.
        parameters: of the UCCSD ansatz.
        seconds: the whole task.
        memory_mb: peak resident memory of the worker, megabytes.
        space: the active space, such as "full (10e,7o)".
        point_group: the Abelian group that was found.
        note: what had to be assumed, or that the task will be refused; empty where nothing.
    """

    qubits: int
    determinants: int
    parameters: int
    seconds: float
    memory_mb: float
    space: str = ""
    point_group: str = "C1"
    note: str = ""


def forecast_task(task: Task) -> Forecast:
    """What a task will take.

    Raises:
        InputError: the basis set lacks an element, or the active space is not understood.
    """
    settings = task.settings
    atoms = count_atoms(task.molecule, settings)
    return _forecast(atoms, len(task.molecule.symbols), settings.model_dump_json())


@lru_cache(maxsize=4096)
def _forecast(atoms: AtomCounts, n_atoms: int, settings_json: str) -> Forecast:
    """The same for all geometries of a molecule with one symmetry."""
    settings = Settings.model_validate_json(settings_json)
    limits = Limits.make(
        settings.time_limit, settings.memory_limit, settings.references, settings.threads
    )
    nao = atoms.nao
    begin = _START + _MEAN_FIELD_STEP * nao**4
    space = _choose(atoms, parse_active_space(settings.active_space), limits)
    if not limits.allow(space.cost):
        return Forecast(
            2 * space.norb,
            space.cost.determinants,
            space.cost.parameters,
            begin,
            WORKER_MB + 40 * nao**2 * 8e-6,
            space.text,
            atoms.group,
            "it will be refused, because it does not fit the limits",
        )
    if space.correlated_orbitals:
        n, m = max(atoms.nelec), nao - min(atoms.nelec)
        begin += 4 * n**2 * m**2 * (4 * nao if nao > 120 else 2 * m + n) / _MP2_FLOPS
    seconds, memory = _references(space, atoms, n_atoms, settings)
    threads = 1 if settings.threads is None else settings.threads
    vqe = forecast(space.norb, space.nelec, space.orbsym, Limits(math.inf, math.inf, threads))
    memory = max(memory, vqe.memory_mb, WORKER_MB + min(nao**4 / 8, 40 * nao**2) * 8e-6)
    return Forecast(
        qubits=_qubits(space, settings),
        determinants=space.cost.determinants,
        parameters=space.cost.parameters,
        seconds=begin + seconds + vqe.seconds * _factor(space, settings),
        memory_mb=min(memory, WORKER_MB + limits.memory_mb),
        space=space.text,
        point_group=atoms.group,
        note=space.note,
    )


@dataclass(frozen=True, eq=False)
class _Space:
    """An active space as it will probably be."""

    kind: str
    norb: int
    nelec: tuple[int, int]
    orbsym: np.ndarray
    cost: Cost
    note: str = ""
    correlated_orbitals: bool = False  # made from an MP2

    @property
    def text(self) -> str:
        return f"{self.kind} ({sum(self.nelec)}e,{self.norb}o)"


def _space(
    atoms: AtomCounts,
    kind: str,
    core: int,
    n: int,
    m: int,
    limits: Limits,
    *,
    note: str = "",
    correlated_orbitals: bool = False,
) -> _Space:
    """With `n` doubly occupied orbitals above `core` others, and `m` empty ones."""
    n_alpha, n_beta = atoms.nelec
    unpaired = n_alpha - n_beta
    orbsym = atoms.irreps(core, n + unpaired, m)
    nelec = (n + unpaired, n)
    cost = forecast(orbsym.size, nelec, orbsym, limits)
    return _Space(kind, orbsym.size, nelec, orbsym, cost, note, correlated_orbitals)


def _choose(atoms: AtomCounts, request: SpaceRequest, limits: Limits) -> _Space:
    n_alpha, n_beta = atoms.nelec
    empty = atoms.nao - n_alpha
    core = min(atoms.n_core, n_beta) if atoms.n_core < n_alpha else 0
    if request.kind == "full":
        return _space(atoms, "full", 0, n_beta, empty, limits)
    if request.kind == "frozen-core":
        return _space(atoms, "frozen-core", core, n_beta - core, empty, limits)
    if request.kind == "cas":
        inactive = max(0, (n_alpha + n_beta - request.n_electrons) // 2)
        n = max(0, n_beta - inactive)
        m = min(empty, request.n_orbitals - n - (n_alpha - n_beta))
        return _space(atoms, "cas", inactive, n, max(0, m), limits)
    if request.kind == "auto":
        for kind, frozen in (("full", 0), ("frozen-core", core)):
            space = _space(atoms, kind, frozen, n_beta - frozen, empty, limits)
            if limits.allow(space.cost):
                return space
        return _largest(atoms, core, limits)
    if request.kind == "avas":
        wanted = sum(
            atoms.count(symbol) * (2 * "spdfgh".index(shell[-1]) + 1)
            for symbol, shell in request.labels
        )
        n = min(n_beta - core, -(-wanted // 2))
        note = f"assumed that {wanted} orbitals overlap with those asked for"
        return _space(atoms, "avas", n_beta - n, n, min(empty, wanted - n), limits, note=note)
    n = n_beta - core
    note = "assumed that as many empty as occupied orbitals are above the threshold"
    return _space(
        atoms, "natural", core, n, min(empty, n + 1), limits, note=note, correlated_orbitals=True
    )


def _largest(atoms: AtomCounts, core: int, limits: Limits) -> _Space:
    """The most orbitals that fit, where occupied and empty ones come in by turns."""
    n_alpha, n_beta = atoms.nelec
    most, empty = n_beta - core, atoms.nao - n_alpha
    note = "assumed which natural orbitals will fit the limits"

    def size(k: int) -> _Space:
        n = min(most, k)
        return _space(
            atoms,
            "natural",
            n_beta - n,
            n,
            min(empty, k),
            limits,
            note=note,
            correlated_orbitals=True,
        )

    low, high = 1, max(most, empty)
    while low < high:
        middle = (low + high + 1) // 2
        if limits.allow(size(middle).cost):
            low = middle
        else:
            high = middle - 1
    return size(low)


def _references(
    space: _Space, atoms: AtomCounts, n_atoms: int, settings: Settings
) -> tuple[float, float]:
    """Seconds and peak memory of the references that will run."""
    norb, nelec, limit = space.norb, space.nelec, settings.memory_limit or math.inf
    ccsd, triples = coupled_cluster_seconds(norb, nelec)
    functional = functional_seconds(n_atoms, atoms.nao)
    fci = fci_cost.estimate_seconds(
        norb,
        nelec,
        space.orbsym,
        threads=settings.threads,
    )
    if space.cost.determinants <= DENSE_SIZE:
        fci = _SMALL_FCI
    fci_memory = fci_cost.memory_mb(norb, nelec, space.cost.determinants, fci_cost.MIN_SPACE)
    cc_memory = coupled_cluster.memory_mb(norb, nelec)
    names = settings.references
    if names is None:
        names = tuple(
            name
            for name, wanted in (
                ("ccsd", cheap_enough(ccsd, settings.time_limit)),
                ("ccsd(t)", cheap_enough(ccsd + triples, settings.time_limit)),
                ("b3lyp", cheap_enough(functional, settings.time_limit)),
                ("fci", fci <= settings.time_limit),
            )
            if wanted
        )
    seconds, memory = 0.0, 0.0
    if {"ccsd", "ccsd(t)"} & set(names) and cc_memory < limit:
        seconds += _SMALL_CCSD + ccsd - _CAREFUL + triples * ("ccsd(t)" in names)
        memory = cc_memory
    if "fci" in names and fci_memory < limit and norb <= fci_cost.MAX_ORBITALS:
        irreps = sum(n > 0 for n in atoms.functions)
        others = min(_OTHER_IRREP * fci * (irreps - 1), _OTHER_IRREPS_SHARE * settings.time_limit)
        seconds += min(fci, settings.time_limit) + others
        memory = max(memory, fci_memory)
    functionals = set(names) - {"hf", "mp2", "ccsd", "ccsd(t)", "fci"}
    once, an_atom = _SMALL_FUNCTIONAL
    functional += once + an_atom * n_atoms - _CAREFUL
    return seconds + functional * len(functionals), WORKER_MB + memory


def _qubits(space: _Space, settings: Settings) -> int:
    saved = 2 if settings.taper or settings.mapping == "symmetry-conserving" else 0
    return max(0, 2 * space.norb - saved)


def _factor(space: _Space, settings: Settings) -> float:
    """How much longer than one exact UCCSD the settings make a VQE; a rough guess."""
    factor = 1.0
    if settings.ansatz == "upccgsd":
        factor *= settings.starts * 2.0
    elif settings.ansatz.startswith("hea-"):
        factor *= settings.starts * 10.0 * 4.0**space.norb / max(1, space.cost.determinants)
    if settings.device is not None and settings.device.optimize_on == "backend":
        factor *= settings.device.optimizer_iterations
    return factor
