"""The Hamiltonian as an explicit matrix over a few determinants: the Slater-Condon rules."""

from __future__ import annotations

import numpy as np

from qchem_app.chemistry.hamiltonian import MolecularHamiltonian


def occupations(strings: np.ndarray, norb: int) -> np.ndarray:
    """(n, norb) float 0/1 occupation numbers of bit strings (n,) int64."""
    bits: np.ndarray = (strings[:, None] >> np.arange(norb)) & 1
    return bits.astype(float)


def diagonal(ham: MolecularHamiltonian, alpha: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """<D|H|D> - ecore, Hartree, of every alpha string with every beta string: (na, nb)."""
    n_alpha, n_beta = occupations(alpha, ham.norb), occupations(beta, ham.norb)
    out: np.ndarray = n_alpha @ np.einsum("ppqq->pq", ham.eri) @ n_beta.T
    out += _same_spin(ham, n_alpha)[:, None]
    out += _same_spin(ham, n_beta)[None, :]
    return out


def _same_spin(ham: MolecularHamiltonian, occupied: np.ndarray) -> np.ndarray:
    """(n,) energy of the electrons of one spin by themselves, Hartree."""
    repulsion = np.einsum("ppqq->pq", ham.eri) - np.einsum("pqqp->pq", ham.eri)
    out: np.ndarray = occupied @ np.diagonal(ham.h1)
    out += 0.5 * np.einsum("ip,ip->i", occupied @ repulsion, occupied)
    return out


def hamiltonian_matrix(
    ham: MolecularHamiltonian, alpha: np.ndarray, beta: np.ndarray
) -> np.ndarray:
    """H - ecore over the determinants (alpha[k], beta[k]): (n, n), Hartree.

    Args:
        alpha: (n,) int64 alpha occupation strings, bit p for orbital p.
        beta: (n,) int64 beta occupation strings.
    """
    n = alpha.size
    eri = ham.eri
    coulomb = np.einsum("pqkk->pqk", eri)  # (pq|kk)
    exchange = np.einsum("pkkq->pqk", eri)  # (pk|kq)
    matrix = np.zeros((n, n))
    row, column = np.triu_indices(n, k=1)
    rank_alpha = np.bitwise_count(alpha[row] ^ alpha[column]) // 2
    rank_beta = np.bitwise_count(beta[row] ^ beta[column]) // 2

    for own, other, rank_own, rank_other in (
        (alpha, beta, rank_alpha, rank_beta),
        (beta, alpha, rank_beta, rank_alpha),
    ):
        single = (rank_own == 1) & (rank_other == 0)
        i, j = row[single], column[single]
        h, p, sign = _single(own[i], own[j])
        both = occupations(own[i], ham.norb) + occupations(other[i], ham.norb)
        field = ham.h1[p, h] + np.einsum("nk,nk->n", coulomb[p, h], both)
        field -= np.einsum("nk,nk->n", exchange[p, h], occupations(own[i], ham.norb))
        matrix[i, j] = sign * field

        double = (rank_own == 2) & (rank_other == 0)
        i, j = row[double], column[double]
        h1, h2, p1, p2, sign = _double(own[i], own[j])
        matrix[i, j] = sign * (eri[p1, h1, p2, h2] - eri[p1, h2, p2, h1])

    mixed = (rank_alpha == 1) & (rank_beta == 1)
    i, j = row[mixed], column[mixed]
    ha, pa, sign_a = _single(alpha[i], alpha[j])
    hb, pb, sign_b = _single(beta[i], beta[j])
    matrix[i, j] = sign_a * sign_b * eri[pa, ha, pb, hb]

    matrix += matrix.T
    n_alpha, n_beta = occupations(alpha, ham.norb), occupations(beta, ham.norb)
    matrix[np.diag_indices(n)] = (
        _same_spin(ham, n_alpha)
        + _same_spin(ham, n_beta)
        + np.einsum("ip,ip->i", n_alpha @ np.einsum("ppqq->pq", eri), n_beta)
    )
    return matrix


def _lowest_bit(strings: np.ndarray) -> np.ndarray:
    """Index of the lowest set bit."""
    index: np.ndarray = np.bitwise_count((strings & -strings) - 1).astype(np.int64)
    return index


def _single(source: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hole, particle and sign of the single excitation source -> target."""
    hole = _lowest_bit(source & ~target)
    particle = _lowest_bit(target & ~source)
    return hole, particle, _parity(source, hole, particle)


def _double(
    source: np.ndarray, target: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Holes, particles (lower, then higher) and sign of a same-spin double excitation."""
    holes, particles = source & ~target, target & ~source
    h1, p1 = _lowest_bit(holes), _lowest_bit(particles)
    h2, p2 = _lowest_bit(holes & (holes - 1)), _lowest_bit(particles & (particles - 1))
    one = np.int64(1)
    middle = source ^ (one << h1) ^ (one << p1)
    return h1, h2, p1, p2, _parity(source, h1, p1) * _parity(middle, h2, p2)


def _parity(string: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(-1)^(electrons strictly between two orbitals)."""
    one = np.int64(1)
    low, high = np.minimum(first, second), np.maximum(first, second)
    between = ((one << high) - 1) & ~((one << (low + 1)) - 1)
    sign: np.ndarray = 1.0 - 2.0 * (np.bitwise_count(string & between) & 1)
    return sign
