"""Reduced density matrices and spin of a CI vector."""

from __future__ import annotations

import numpy as np

from qchem_app.civector import kernels
from qchem_app.civector.excitations import Excitation, ExcitationTables, Spin
from qchem_app.civector.sector import Sector


def _occupations(sector: Sector, vector: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    a, b = sector.alpha, sector.beta
    return kernels.occupations(
        *(vector, sector.norb, a.strings, b.strings, a.start, b.start),
        *(sector.offset, sector.width, np.int64(sector.irrep)),
    )


def _expectation(sector: Sector, vector: np.ndarray, operators: list[Excitation]) -> np.ndarray:
    return kernels.expectation(vector, *ExcitationTables.build(sector, operators).arrays)


def rdm1(sector: Sector, vector: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One-particle density matrices of the two spins.

    Returns:
        alpha, beta: (norb, norb) with element [p, q] = <a+_p a_q>.
    """
    n_up, n_down, _ = _occupations(sector, vector)
    matrices = np.diag(n_up), np.diag(n_down)
    spins: tuple[Spin, Spin] = ("alpha", "beta")
    for spin, matrix in zip(spins, matrices, strict=True):
        places = [
            (p, q)
            for p in range(sector.norb)
            for q in range(p)
            if sector.orbsym[p] == sector.orbsym[q]
        ]
        moves = [Excitation.of_spin(spin, (place,)) for place in places]
        values = _expectation(sector, vector, moves)
        for (p, q), value in zip(places, values, strict=True):
            matrix[p, q] = matrix[q, p] = value
    return matrices


def spin_squared(sector: Sector, vector: np.ndarray) -> float:
    r"""<S^2>, dimensionless, for a normalised vector.

    .. math:: S^2 = S_z (S_z + 1) + N_\beta - \sum_{pq} a^\dagger_{p\alpha} a_{q\alpha}
                    a^\dagger_{q\beta} a_{p\beta}
    """
    n_alpha, n_beta = sector.nelec
    s_z = (n_alpha - n_beta) / 2
    _, _, both = _occupations(sector, vector)
    flips = [Excitation(((p, q),), ((q, p),)) for p in range(sector.norb) for q in range(p)]
    exchange = both.sum() + 2.0 * _expectation(sector, vector, flips).sum()
    return float(s_z * (s_z + 1) + n_beta - exchange)
