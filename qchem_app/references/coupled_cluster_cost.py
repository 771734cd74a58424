"""What coupled cluster would cost, before anything is allocated for it."""

from __future__ import annotations

# One core, seconds: measured on water, N2, O2 and CH2 in cc-pVDZ and cc-pVTZ. Closed, open shell.
_START, _STEP = 0.5, (7e-9, 3e-8)  # per o^2 v^4, summed over the spins
_TRIPLES_STEP = (1e-9, 3e-9)  # per o^3 v^4
_CYCLES = 15  # that these times contain


def coupled_cluster_seconds(norb: int, nelec: tuple[int, int]) -> tuple[float, float]:
    """Rough times of CCSD and of the (T) correction on one core, seconds."""
    triples = sum(n**3 * (norb - n) ** 4 for n in nelec)
    ccsd = _START + _CYCLES * cycle_seconds(norb, nelec)
    return ccsd, _TRIPLES_STEP[nelec[0] != nelec[1]] * triples


def cycle_seconds(norb: int, nelec: tuple[int, int]) -> float:
    """Rough time of one CCSD iteration on one core, seconds."""
    doubles = sum(n**2 * (norb - n) ** 4 for n in nelec)
    return _STEP[nelec[0] != nelec[1]] * doubles / _CYCLES


def memory_mb(norb: int, nelec: tuple[int, int]) -> float:
    """Peak memory of CCSD, megabytes, within a factor of two."""
    closed_shell = nelec[0] == nelec[1]
    pairs = sum(n * (norb - n) for n in nelec) / 2
    integrals = (2 if closed_shell else 4) * norb**4
    amplitudes = (20 if closed_shell else 60) * pairs**2  # DIIS keeps 6 to 12 pairs of vectors
    return 8e-6 * (integrals + amplitudes)
