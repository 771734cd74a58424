"""Projector on the symmetry sector, as a sum of Z strings, and its product with an observable."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qchem_app.mapping.pauli import PauliSum
from qchem_app.mapping.symmetries import Symmetry


def projector(n_qubits: int, symmetries: Sequence[Symmetry]) -> PauliSum:
    r"""The projector on the states that have all the parities.

    .. math:: P = \prod_k \frac{1 + (-1)^{p_k} Z^{m_k}}{2}
    """
    z, coefficients = np.zeros(1, dtype=np.uint64), np.ones(1)
    for symmetry in symmetries:
        sign = -1.0 if symmetry.parity else 1.0
        z = np.concatenate([z, z ^ np.uint64(symmetry.mask)])
        coefficients = np.concatenate([coefficients, sign * coefficients]) / 2
    return PauliSum(n_qubits, np.zeros_like(z), z, coefficients)


def projected(observable: PauliSum, symmetries: Sequence[Symmetry]) -> PauliSum:
    """Observable times projector, for an observable that commutes with the symmetries."""
    p = projector(observable.n_qubits, symmetries)
    x = np.repeat(observable.x, len(p))
    old = np.repeat(observable.z, len(p))
    z = old ^ np.tile(p.z, len(observable))
    c = np.outer(observable.coefficients, p.coefficients).ravel()
    # i^|x z| X^x Z^z times Z^m; the string shares an even number of bits x with m
    quarter = np.bitwise_count(x & old).astype(np.int64) - np.bitwise_count(x & z)
    c = np.where(quarter % 4 == 2, -c, c)
    return PauliSum(observable.n_qubits, x, z, c).simplified()
