"""The molecular Hamiltonian as a sum of Pauli strings, in the Jordan-Wigner encoding."""

from __future__ import annotations

import numpy as np

from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.errors import InputError
from qchem_app.mapping.pauli import MAX_QUBITS, PauliSum


def jordan_wigner(hamiltonian: MolecularHamiltonian) -> PauliSum:
    r"""The Hamiltonian on 2 norb qubits, Hartree; qubit p is orbital p alpha, norb + p beta.

    With real orbitals everything is made of :math:`S_{pq} = \sum_\sigma (a^\dagger_{p\sigma}
    a_{q\sigma} + \text{h.c.})` for p < q and the number operators :math:`S_{pp}`:

    .. math::
        H = E_\mathrm{core} + \sum_{p \le q} \Big(h_{pq} - \tfrac12 \sum_r (pr|rq)\Big) S_{pq}
          + \tfrac12 \sum_{p \le q} \sum_{r \le s} (pq|rs) S_{pq} S_{rs}

    and each S is at most four strings, so the whole is one product of two short lists of masks.

    Raises:
        InputError: more orbitals than the masks hold.
    """
    norb = hamiltonian.norb
    if 2 * norb > MAX_QUBITS:
        raise InputError(
            f"{norb} orbitals are {2 * norb} qubits, and at most {MAX_QUBITS} are possible; "
            "choose a smaller active space"
        )
    p, q = np.triu_indices(norb)
    x, z, value, pair = _hopping_strings(norb, p, q)
    eri = np.asarray(hamiltonian.eri)
    one_body = hamiltonian.h1 - 0.5 * np.einsum("prrq->pq", eri)
    two_body = 0.5 * eri[p, q][:, p, q]

    i, k = np.nonzero(two_body[pair][:, pair])
    sign = 1.0 - 2.0 * (np.bitwise_count(z[i] & x[k]) & 1)  # X^x stands left of Z^z
    product = two_body[pair[i], pair[k]] * value[i] * value[k] * sign
    xs = np.concatenate([x, x[i] ^ x[k], np.zeros(1, dtype=np.uint64)])
    zs = np.concatenate([z, z[i] ^ z[k], np.zeros(1, dtype=np.uint64)])
    values = np.concatenate([one_body[p, q][pair] * value, product, [hamiltonian.ecore]])

    n_y = np.bitwise_count(xs & zs)
    hermitian = n_y % 2 == 0  # the others cancel between S_P S_R and S_R S_P
    values = np.where(n_y % 4 == 2, -values, values)  # X^x Z^z = i^-|x & z| P
    return PauliSum(2 * norb, xs[hermitian], zs[hermitian], values[hermitian]).simplified()


def _hopping_strings(
    norb: int, p: np.ndarray, q: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """S_pq = sum of value * X^x Z^z: the masks x and z, the values, and which (p, q) each is of."""
    x, z, value, pair = [], [], [], []
    for k, (low, high) in enumerate(zip(p.tolist(), q.tolist(), strict=True)):
        for shift in (0, norb):
            ends = 1 << (low + shift) | 1 << (high + shift)
            between = (1 << (high + shift)) - (1 << (low + shift + 1)) if low < high else 0
            # p < q: (X Z..Z X + Y Z..Z Y) / 2;  p = q: (1 - Z) / 2
            x += [ends if low < high else 0] * 2
            z += [between, between | ends]
            value += [0.5, -0.5]
            pair += [k, k]
    masks = np.array(x, dtype=np.uint64), np.array(z, dtype=np.uint64)
    return *masks, np.array(value), np.array(pair, dtype=np.intp)
