"""Diagnostics: how far a molecule is from a single determinant, by the usual measures."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from qchem_app.references.amplitudes import SpinAmplitudes
from qchem_app.result import AmplitudeRecord, DiagnosticsRecord, MethodResult, VQERecord


def t1_diagnostic(amplitudes: SpinAmplitudes) -> float:
    """T1: norm of the single excitations per electron (Lee & Taylor, DOI 10.1002/qua.560360824).

    Of an open shell the same norm over spin orbitals, which is that of Lee and Taylor where the
    two spins share their amplitudes.
    """
    electrons = amplitudes.t1a.shape[0] + amplitudes.t1b.shape[0]
    squares = float(np.sum(amplitudes.t1a**2) + np.sum(amplitudes.t1b**2))
    return math.sqrt(squares / (2 * electrons)) if electrons else 0.0


def d1_diagnostic(amplitudes: SpinAmplitudes) -> float:
    """D1: matrix 2-norm of the single excitations.

    Janssen & Nielsen, DOI 10.1016/S0009-2614(98)00504-1. In an open shell the larger one of the
    two spins', which is the 2-norm over spin orbitals; the spin-adapted form of Leininger et al.
    (Chem. Phys. Lett. 328, 431 (2000)) has other values. Unlike T1, D1 does not fade where a small
    troubled part sits in a large molecule.
    """
    norms = [np.linalg.norm(t1, 2) for t1 in (amplitudes.t1a, amplitudes.t1b) if t1.size]
    return float(max(norms, default=0.0))


def largest_t2(amplitudes: SpinAmplitudes) -> float:
    """Largest double excitation amplitude, without sign, in the orbitals of `amplitudes`.

    Of a closed shell the largest of the spin-adapted amplitudes (those between unlike spins).
    """
    blocks = [amplitudes.t2ab]
    if amplitudes.t1a.shape != amplitudes.t1b.shape:
        blocks += [amplitudes.t2aa, amplitudes.t2bb]
    return float(max(np.abs(block).max(initial=0.0) for block in blocks))


def amplitude_record(amplitudes: SpinAmplitudes) -> AmplitudeRecord:
    """The three measures of converged CCSD amplitudes."""
    return AmplitudeRecord(
        t1=t1_diagnostic(amplitudes),
        d1=d1_diagnostic(amplitudes),
        largest_t2=largest_t2(amplitudes),
    )


def unpaired_electrons(occupations: Sequence[float]) -> float:
    r"""Effectively unpaired electrons, :math:`\sum_i \min(n_i, 2 - n_i)`.

    Head-Gordon's linear form (DOI 10.1016/S0009-2614(03)00422-6) of Takatsuka's density of
    effectively unpaired electrons. A singly occupied orbital counts as one, so that a triplet has
    two at least; dynamic correlation adds a little everywhere.

    Args:
        occupations: natural occupation numbers, spin-summed, 0 to 2.
    """
    return float(sum(min(n, 2.0 - n) for n in (min(max(n, 0.0), 2.0) for n in occupations)))


def m_diagnostic(occupations: Sequence[float], nelec: tuple[int, int]) -> float:
    r"""M: how far the frontier natural orbitals are from whole occupations.

    .. math:: M = \frac12 (2 - n_\mathrm{MCDONO} + \sum_\mathrm{SOMO} |n - 1| + n_\mathrm{MCUNO})

    (Tishchenko, Zheng & Truhlar, DOI 10.1021/ct800077r): the doubly occupied natural orbital with
    the lowest, the singly occupied ones, and the empty one with the highest occupation.

    Args:
        occupations: natural occupation numbers, spin-summed, 0 to 2.
        nelec: (n_alpha, n_beta).
    """
    ordered = sorted(occupations, reverse=True)
    n_alpha, n_beta = max(nelec), min(nelec)
    total = sum(abs(n - 1.0) for n in ordered[n_beta:n_alpha])
    if n_beta:
        total += 2.0 - ordered[n_beta - 1]
    if n_alpha < len(ordered):
        total += ordered[n_alpha]
    return 0.5 * float(total)


def diagnose(
    methods: Sequence[MethodResult],
    vqe: VQERecord | None,
    nelec: tuple[int, int],
    reference_weight: float | None,
) -> DiagnosticsRecord | None:
    """Everything that can be said of a run; None where that is nothing.

    Args:
        methods: the lines, of which CCSD's carries its amplitudes' measures.
        vqe: the state whose natural occupations are looked at.
        nelec: (n_alpha, n_beta) of the active space.
        reference_weight: squared coefficient of the Hartree-Fock determinant in that state.
    """
    sizes = next((m.amplitudes for m in methods if m.amplitudes is not None), None)
    occupations = vqe.natural_occupations if vqe is not None else ()
    if sizes is None and not occupations:
        return None
    return DiagnosticsRecord(
        t1=None if sizes is None else sizes.t1,
        d1=None if sizes is None else sizes.d1,
        largest_t2=None if sizes is None else sizes.largest_t2,
        reference_weight=reference_weight if occupations else None,
        unpaired_electrons=unpaired_electrons(occupations) if occupations else None,
        m=m_diagnostic(occupations, nelec) if occupations else None,
    )
