"""What an FCI calculation would cost, before anything is allocated for it."""

from __future__ import annotations

import os
from math import comb

import numpy as np

from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.planning.cost import N_IRREPS, count_determinants
from qchem_app.references.fci_solver import DENSE_SIZE

#: Occupation strings are bits of a signed 64-bit integer.
MAX_ORBITALS = 62
#: Davidson vectors, each kept twice: with comfort, and at least.
MAX_SPACE, MIN_SPACE = 12, 4

# Seconds a determinant costs per Davidson step on one core, measured by
# benchmarks/fci_symmetry_perf.py: gathering coefficients, and the matrix product per operation.
_SECONDS_PER_DETERMINANT = 4e-7
_SECONDS_PER_FLOP = 8e-11
_STEPS = 18
#: Rough time of a sector that is diagonalised as a whole, seconds.
DENSE_SECONDS = 0.05


def estimate_seconds(
    norb: int,
    nelec: tuple[int, int],
    orbsym: np.ndarray,
    *,
    wfnsym: int | None = None,
    threads: int | None = None,
) -> float:
    """Rough time of one irrep's FCI, seconds; right within a factor of three or so."""
    orbsym = np.asarray(orbsym)
    size = count_determinants(norb, nelec, orbsym, wfnsym)
    if size <= DENSE_SIZE:
        return DENSE_SECONDS
    return 0.1 + _STEPS * step_seconds(norb, orbsym, size, threads=threads)


def step_seconds(
    norb: int, orbsym: np.ndarray, determinants: int, *, threads: int | None = None
) -> float:
    """Rough time of one Davidson step in a sector, seconds."""
    irreps = len(set(np.asarray(orbsym).tolist()))
    flops = 2 * (norb * (norb + 1) / 2) ** 2 / irreps
    step = determinants * (_SECONDS_PER_DETERMINANT + flops * _SECONDS_PER_FLOP)
    return step / min(threads or os.cpu_count() or 1, 16)


def memory_mb(
    norb: int, nelec: tuple[int, int], determinants: int, max_space: int = MAX_SPACE
) -> float:
    """Memory that FCI in one sector takes on top of the process, megabytes."""
    if determinants <= DENSE_SIZE:
        return 20.0
    vectors = 2 * max_space + 8
    links = sum(comb(norb, n) * n * (norb - n + 1) for n in nelec)
    spin_tables = sum(comb(norb, n) * norb for n in nelec)
    return (8 * vectors * determinants + 3 * 16 * links + 24 * spin_tables) / 1e6 + 50


def sector_sizes(ham: MolecularHamiltonian) -> dict[int, int]:
    """Determinants of every irrep that holds a state with S = S_z."""
    n_alpha, n_beta = ham.nelec
    sizes = {}
    for g in range(N_IRREPS):
        size = count_determinants(ham.norb, ham.nelec, ham.orbsym, g)
        higher = 0  # every state of higher spin also shows at S_z + 1
        if n_beta > 0 and n_alpha < ham.norb:
            higher = count_determinants(ham.norb, (n_alpha + 1, n_beta - 1), ham.orbsym, g)
        if size > higher:
            sizes[g] = size
    return sizes


def refusal(
    ham: MolecularHamiltonian,
    irrep: int,
    *,
    memory_limit: float,
    time_limit: float | None,
    threads: int | None,
) -> str | None:
    """Why FCI in this irrep cannot be done within the limits (megabytes, seconds), if so."""
    if ham.norb > MAX_ORBITALS:
        return f"not run: {ham.norb} orbitals, at most {MAX_ORBITALS} possible"
    determinants = count_determinants(ham.norb, ham.nelec, ham.orbsym, irrep)
    needed = memory_mb(ham.norb, ham.nelec, determinants, MIN_SPACE)
    if needed > memory_limit:
        return (
            f"not run: {determinants:,} determinants need {needed:,.0f} MB of memory, "
            f"{memory_limit:,.0f} MB allowed"
        )
    seconds = estimate_seconds(ham.norb, ham.nelec, ham.orbsym, wfnsym=irrep, threads=threads)
    if time_limit is not None and seconds > time_limit:
        return (
            f"not run: {determinants:,} determinants would take about {seconds:,.0f} s, "
            f"{time_limit:,.0f} s allowed"
        )
    return None


def affordable_space(ham: MolecularHamiltonian, determinants: int, memory_limit: float) -> int:
    """Davidson vectors that fit in memory, between MIN_SPACE and MAX_SPACE."""
    space = MAX_SPACE
    while space > MIN_SPACE and memory_mb(ham.norb, ham.nelec, determinants, space) > memory_limit:
        space -= 1
    return space
