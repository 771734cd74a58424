"""The matrices of linear encodings: row i tells which occupations qubit i adds up."""

from __future__ import annotations

from collections.abc import Callable

from qchem_app.mapping.gf2 import Matrix, identity


def prefix_sums(n: int) -> Matrix:
    """Qubit i holds the parity of modes 0 to i (arXiv:1208.5986)."""
    return tuple((1 << (i + 1)) - 1 for i in range(n))


def fenwick(n: int) -> Matrix:
    """Qubit i - 1 holds the parity of the lowbit(i) modes that end with its own.

    Bravyi and Kitaev's encoding in the form of Fenwick's cumulative tables
    (doi:10.1002/spe.4380240306, arXiv:1208.5986).
    """
    return tuple((1 << i) - (1 << (i - (i & -i))) for i in range(1, n + 1))


def halving_tree(n: int) -> Matrix:
    """The last qubit holds the parity of all modes, the middle one that of the first half, and so
    on in both halves (arXiv:1701.07072).

    The halves of an even n are equal whatever n is, so that with alpha modes before beta modes
    the parities of N_alpha and N are single qubits.
    """
    rows = [0] * n
    rows[-1] = (1 << n) - 1

    def halve(first: int, last: int) -> None:
        if first < last:
            middle = (first + last) // 2
            rows[middle] = (1 << (middle + 1)) - (1 << first)
            halve(first, middle)
            halve(middle + 1, last)

    halve(0, n - 1)
    return tuple(rows)


#: By the name of the encoding.
MATRICES: dict[str, Callable[[int], Matrix]] = {
    "jordan-wigner": identity,
    "parity": prefix_sums,
    "bravyi-kitaev": fenwick,
    "symmetry-conserving": halving_tree,
}
