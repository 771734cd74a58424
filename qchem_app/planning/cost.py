"""What an exact UCCSD-VQE would cost, from the numbers of orbitals and electrons alone."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from pathlib import Path

import numpy as np

#: Abelian point groups have at most eight irreps (D2h); smaller groups use the first 4, 2 or 1.
N_IRREPS = 8

# Seconds on one core of a 2.5 GHz server processor, measured by benchmarks/engine_perf.py.
_SECONDS_PER_LINK = 1.2e-9  # gather or scatter of one coefficient in H|c>
_SECONDS_PER_FLOP = 6e-11  # the matrix product in H|c>
_SECONDS_PER_ROTATION = 1.6e-9  # plane rotation of one pair of determinants
_GRADIENTS = 16  # typical of the scaled quasi-Newton search
_VECTORS = 10  # sector vectors alive at the peak
_BASE_MB = 300.0  # interpreter, libraries, integrals


@dataclass(frozen=True)
class Cost:
    """A forecast. Times are rough: within a factor of three on a machine of today.

    Attributes:
        determinants: size of the symmetry sector.
        parameters: independent UCCSD amplitudes.
        memory_mb: peak memory, megabytes (1e6 bytes).
        seconds: one whole VQE on one core.
    """

    determinants: int
    parameters: int
    memory_mb: float
    seconds: float


def count_strings(norb: int, nocc: int, orbsym: Sequence[int] | np.ndarray) -> list[int]:
    """Number of occupation strings of `nocc` electrons in each irrep, without listing them."""
    table = [[0] * N_IRREPS for _ in range(nocc + 1)]
    table[0][0] = 1
    for irrep in orbsym[:norb]:
        for n in range(nocc, 0, -1):
            for g in range(N_IRREPS):
                table[n][g ^ int(irrep)] += table[n - 1][g]
    return table[nocc]


def determinant_irrep(nelec: tuple[int, int], orbsym: Sequence[int] | np.ndarray) -> int:
    """Irrep of the determinant that fills the first orbitals."""
    irrep = 0
    for orbital in range(min(nelec), max(nelec)):
        irrep ^= int(orbsym[orbital])
    return irrep


def count_determinants(
    norb: int,
    nelec: tuple[int, int],
    orbsym: Sequence[int] | np.ndarray,
    wfnsym: int | None = None,
) -> int:
    """Determinants with these electrons in irrep `wfnsym` (default: the reference's)."""
    if wfnsym is None:
        wfnsym = determinant_irrep(nelec, orbsym)
    alpha = count_strings(norb, nelec[0], orbsym)
    beta = count_strings(norb, nelec[1], orbsym)
    return sum(alpha[g] * beta[g ^ wfnsym] for g in range(N_IRREPS))


def _excitations(
    norb: int, nocc: int, orbsym: Sequence[int] | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of single and of double excitations of one spin, by irrep."""
    occ = np.bincount(np.asarray(orbsym[:nocc], dtype=int), minlength=N_IRREPS)
    vir = np.bincount(np.asarray(orbsym[nocc:norb], dtype=int), minlength=N_IRREPS)
    singles = _convolve(occ, vir)
    return singles, _convolve(_pairs(occ), _pairs(vir))


def _convolve(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    out = np.zeros(N_IRREPS, dtype=int)
    for g in range(N_IRREPS):
        for h in range(N_IRREPS):
            out[g ^ h] += a[g] * b[h]
    return out


def _pairs(count: np.ndarray) -> np.ndarray:
    """Unordered pairs of different orbitals, by the irrep of the pair."""
    out = _convolve(count, count)
    out[0] -= count.sum()
    return out // 2


def count_excitations(
    norb: int, nelec: tuple[int, int], orbsym: Sequence[int] | np.ndarray
) -> tuple[int, int, int]:
    """Symmetry-allowed spin-orbital excitations: (singles, same-spin doubles, alpha-beta)."""
    s_alpha, d_alpha = _excitations(norb, nelec[0], orbsym)
    s_beta, d_beta = _excitations(norb, nelec[1], orbsym)
    return (
        int(s_alpha[0] + s_beta[0]),
        int(d_alpha[0] + d_beta[0]),
        int((s_alpha * s_beta).sum()),
    )


def count_parameters(norb: int, nelec: tuple[int, int], orbsym: Sequence[int] | np.ndarray) -> int:
    """Independent UCCSD amplitudes, after spin-complementary ones share theirs (closed shell)."""
    singles, same, opposite = count_excitations(norb, nelec, orbsym)
    if nelec[0] != nelec[1]:
        return singles + same + opposite
    spin_symmetric = int(_excitations(norb, nelec[0], orbsym)[0].sum())  # i->a with itself
    return singles // 2 + same // 2 + (opposite + spin_symmetric) // 2


def estimate_cost(
    norb: int,
    nelec: tuple[int, int],
    orbsym: Sequence[int] | np.ndarray,
    wfnsym: int | None = None,
) -> Cost:
    """Forecast of one exact UCCSD-VQE to 1e-8 Hartree on one core."""
    determinants = count_determinants(norb, nelec, orbsym, wfnsym)
    singles, same, opposite = count_excitations(norb, nelec, orbsym)
    n_alpha, n_beta = nelec
    links = n_alpha * (norb - n_alpha + 1) + n_beta * (norb - n_beta + 1)
    used = len(set(int(g) for g in orbsym[:norb])) or 1
    pairs = norb * (norb + 1) / 2
    apply = determinants * (2 * links * _SECONDS_PER_LINK + 2 * pairs**2 / used * _SECONDS_PER_FLOP)
    share_opposite = _share(norb, n_alpha, 1) * _share(norb, n_beta, 1)
    share_same = max(_share(norb, n_alpha, 2), _share(norb, n_beta, 2))
    share_single = max(_share(norb, n_alpha, 1), _share(norb, n_beta, 1))
    rotations = determinants * (
        opposite * share_opposite + same * share_same + singles * share_single
    )
    seconds = _GRADIENTS * (apply + 3 * rotations * _SECONDS_PER_ROTATION)
    strings = comb(norb, n_alpha) + comb(norb, n_beta)
    tables = strings * (links * 16 + (singles + same) * 8)
    memory = _BASE_MB + (_VECTORS * 8 * determinants + tables) / 1e6
    return Cost(
        determinants=determinants,
        parameters=count_parameters(norb, nelec, orbsym),
        memory_mb=memory,
        seconds=seconds,
    )


def _share(norb: int, nocc: int, rank: int) -> float:
    """Fraction of strings that one excitation of `rank` electrons can act on."""
    total = comb(norb, nocc)
    return comb(norb - 2 * rank, nocc - rank) / total if nocc >= rank <= norb - nocc else 0.0


def available_memory_mb() -> float:
    """Memory that this process could still take, megabytes, respecting its control groups."""
    limits = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e6]
    for line in _lines(Path("/proc/meminfo")):
        if line.startswith("MemAvailable:"):
            limits.append(int(line.split()[1]) * 1024 / 1e6)
    return max(0.0, min(limits + _group_limits()))


def _group_limits() -> list[float]:
    """What containers and batch jobs leave free, megabytes; empty where nothing limits memory."""
    root = Path("/sys/fs/cgroup")
    limits = []
    for line in _lines(Path("/proc/self/cgroup")):
        _, controllers, path = line.split(":", 2)
        if controllers == "":  # version 2
            top, most, used = root, "memory.max", "memory.current"
        elif "memory" in controllers.split(","):
            top, most, used = root / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes"
        else:
            continue
        group = top / path.strip("/")
        for folder in (group, *group.parents):  # every group above limits it, too
            ceiling, current = _lines(folder / most), _lines(folder / used)
            if ceiling and current and ceiling[0].isdecimal():
                limits.append((int(ceiling[0]) - int(current[0])) / 1e6)
            if folder == top:
                break
    return limits


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []  # not Linux, or no such control group
