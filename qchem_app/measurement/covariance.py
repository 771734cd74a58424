"""Covariances of Pauli terms that are measured in the same shot."""

from __future__ import annotations

import numpy as np

from qchem_app.errors import InputError
from qchem_app.mapping.pauli import PauliSum, signs

# Amplitudes of the state that are looked at in one go.
_CHUNK = 1 << 12
# Multiplications, about twenty seconds of one core.
_AFFORDABLE = 2e11


def covariance(terms: PauliSum, state: np.ndarray | int, fidelity: float = 1.0) -> np.ndarray:
    r"""(n_terms, n_terms) covariances of the terms, coefficients included, Hartree squared.

    .. math:: C_{kl} = c_k c_l \left( \mathrm{Re} \langle P_k P_l \rangle
                       - \langle P_k \rangle \langle P_l \rangle \right)

    Of terms that do not commute it is the symmetrised covariance, which no measurement shows.

    Args:
        terms: the operators, without the identity.
        state: normalised (2**n_qubits,) vector, or the index of a basis state. Where a vector
            would take minutes, its largest amplitude stands for it.
        fidelity: share of the state in a mixture with the maximally mixed state.

    Raises:
        InputError: a state of the wrong size.
    """
    return mixed_covariance(terms, overlaps(terms, state), fidelity)


def mixed_covariance(
    terms: PauliSum, of_state: tuple[np.ndarray, np.ndarray], fidelity: float
) -> np.ndarray:
    """`covariance` from what `overlaps` gives."""
    overlap, mean = of_state
    out = fidelity * overlap - fidelity**2 * mean[:, None] * mean
    out[np.diag_indices_from(out)] = 1 - fidelity**2 * mean**2
    return np.asarray(out * terms.coefficients[:, None] * terms.coefficients)


def overlaps(terms: PauliSum, state: np.ndarray | int) -> tuple[np.ndarray, np.ndarray]:
    """(n_terms, n_terms) real parts of <P_k P_l>, and (n_terms,) <P_k>.

    Args:
        terms, state: as for `covariance`.

    Raises:
        InputError: a state of the wrong size.
    """
    if not isinstance(state, np.ndarray):
        return _of_basis_state(terms, state)
    if state.shape != (1 << terms.n_qubits,):
        raise InputError(
            f"a state of {terms.n_qubits} qubits has {1 << terms.n_qubits:,} amplitudes, found "
            f"{state.shape}"
        )
    reached = min(state.size, int(np.count_nonzero(state)) * np.unique(terms.x).size)
    if float(len(terms)) ** 2 * reached > _AFFORDABLE:
        return _of_basis_state(terms, int(np.argmax(np.abs(state))))
    return _of_vector(terms, state)


def _phases(terms: PauliSum) -> np.ndarray:
    return 1j ** np.bitwise_count(terms.x & terms.z).astype(int)


def _of_basis_state(terms: PauliSum, state: int) -> tuple[np.ndarray, np.ndarray]:
    amplitude = _phases(terms) * signs(terms.z, state)
    overlap = (amplitude.conj()[:, None] * amplitude).real * (terms.x[:, None] == terms.x)
    return overlap, np.where(terms.x == 0, amplitude.real, 0.0)


def _of_vector(terms: PauliSum, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Re <P_k P_l> and <P_k>, from the vectors P_k |state>."""
    phases = _phases(terms)
    real = not np.iscomplexobj(state) and not np.any(phases.imag)
    n = len(terms)
    overlap, mean = np.zeros((n, n)), np.zeros(n)
    occupied = np.flatnonzero(state).astype(np.uint64)
    reached = np.zeros(state.size, dtype=bool)
    for x in np.unique(terms.x):
        reached[(occupied ^ x).astype(np.int64)] = True
    rows = np.flatnonzero(reached).astype(np.uint64)
    for begin in range(0, rows.size, _CHUNK):
        index = rows[begin : begin + _CHUNK]
        vectors = np.empty((n, index.size), dtype=float if real else complex)
        for k in range(n):
            source = index ^ terms.x[k]
            phase = phases[k].real if real else phases[k]
            vectors[k] = phase * signs(source, terms.z[k]) * state[source.astype(np.int64)]
        here = state[index.astype(np.int64)]
        mean += (vectors @ here.conj()).real
        overlap += vectors.real @ vectors.real.T
        if not real:
            overlap += vectors.imag @ vectors.imag.T
    return overlap, mean
