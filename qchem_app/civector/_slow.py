"""The exact engine again, in a few readable lines on OpenFermion's sparse matrices: the oracle.

It works on the full space of 2**(2 norb) amplitudes, spin orbitals in the order alpha 0 ...
norb-1, beta 0 ... norb-1, and is meant for five orbitals at most.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import spmatrix
from scipy.sparse.linalg import expm_multiply

from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.chemistry.openfermion_order import to_openfermion
from qchem_app.civector.excitations import Excitation
from qchem_app.civector.sector import Sector


def ladder_matrix(ladder: Sequence[tuple[int, int]], norb: int) -> spmatrix:
    """A product of creation (mode, 1) and annihilation (mode, 0) operators on the full space."""
    from openfermion import FermionOperator, get_sparse_operator

    return get_sparse_operator(FermionOperator(tuple(ladder)), n_qubits=2 * norb).real


def hamiltonian_matrix(hamiltonian: MolecularHamiltonian) -> spmatrix:
    """The Hamiltonian, Hartree, on the full space."""
    from openfermion import get_fermion_operator, get_sparse_operator, reorder, up_then_down

    n_modes = 2 * hamiltonian.norb
    operator = get_fermion_operator(to_openfermion(hamiltonian))
    operator = reorder(operator, up_then_down, num_modes=n_modes)
    return get_sparse_operator(operator, n_qubits=n_modes).real


def excitation_matrix(excitation: Excitation, norb: int) -> spmatrix:
    """tau on the full space."""
    ladder = []
    for shift, pairs in ((0, excitation.alpha), (norb, excitation.beta)):
        for p, q in pairs:
            ladder += [(p + shift, 1), (q + shift, 0)]
    tau = ladder_matrix(ladder, norb)
    return tau if excitation.fermionic else abs(tau)


def sector_indices(sector: Sector) -> np.ndarray:
    """Place of each determinant of the sector in the full space."""
    n = sector.norb

    def place(alpha: int, beta: int) -> int:
        # OpenFermion's first mode is the leading bit
        return sum(
            1 << (2 * n - 1 - (p + shift))
            for shift, string in ((0, alpha), (n, beta))
            for p in range(n)
            if string >> p & 1
        )

    out = []
    for g in range(8):
        h = g ^ sector.irrep
        for alpha in sector.alpha.strings[sector.alpha.start[g] : sector.alpha.start[g + 1]]:
            for beta in sector.beta.strings[sector.beta.start[h] : sector.beta.start[h + 1]]:
                out.append(place(int(alpha), int(beta)))
    return np.array(out, dtype=int)


def state(sector: Sector, excitations: Sequence[Excitation], angles: np.ndarray) -> np.ndarray:
    """The product state on the full space."""
    vector = np.zeros(1 << (2 * sector.norb))
    vector[sector_indices(sector)[sector.reference_index]] = 1.0
    for excitation, angle in zip(excitations, angles, strict=True):
        tau = excitation_matrix(excitation, sector.norb)
        vector = expm_multiply(angle * (tau - tau.T), vector)
    return vector
