"""QEB-UCCSD: the excitations of UCCSD without their fermionic signs, which saves CNOTs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qchem_app.ansatz.product import ProductAnsatz
from qchem_app.ansatz.singles_doubles import (
    GIVEN_ORDERING,
    ORDERING,
    Entry,
    assemble,
    singles_and_doubles,
)
from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.civector.excitations import Excitation
from qchem_app.references.amplitudes import SpinAmplitudes


def qeb_uccsd(
    hamiltonian: MolecularHamiltonian,
    order_by: SpinAmplitudes,
    guess: SpinAmplitudes | None = None,
    order: Sequence[Excitation] | None = None,
) -> ProductAnsatz:
    """Unitary singles and doubles of qubit excitations (doi:10.1103/PhysRevA.102.062612).

    The excitations, their order and what shares a parameter are those of `uccsd`. Qubit
    excitations conserve electron numbers and irrep as fermionic ones do, and need no
    Jordan-Wigner strings: 13 CNOTs for a double, however far apart its orbitals are
    (doi:10.1038/s42005-021-00730-0).

    Args:
        hamiltonian: integrals over orbitals of which the lowest are occupied.
        order_by: MP2 amplitudes, which fix the order of the doubles.
        guess: amplitudes for the first guess; `order_by` when None.
        order: fermionic excitations whose order beats that of the amplitudes.
    """
    occupied = tuple((1 << n) - 1 for n in hamiltonian.nelec)
    entries = []
    for entry in singles_and_doubles(hamiltonian, order_by, guess or order_by, order):
        # Without signs every excitation takes the reference to +1 times a determinant: the guess
        # must carry the sign that the amplitude's own excitation had there. Spin partners agree.
        first = entry.group[0]
        sign = _sign(first.alpha, occupied[0]) * _sign(first.beta, occupied[1])
        group = tuple(replace(excitation, fermionic=False) for excitation in entry.group)
        entries.append(Entry(group, entry.rank, sign * entry.guess))
    ordering = ORDERING if order is None else GIVEN_ORDERING
    return assemble("qeb-uccsd", hamiltonian, entries, ordering)


def _sign(pairs: tuple[tuple[int, int], ...], string: int) -> int:
    """Fermionic sign of moving electrons of one spin in an occupation string."""
    parity = 0
    for p, q in reversed(pairs):
        string ^= 1 << q
        low, high = min(p, q), max(p, q)
        parity += (string >> low & ((1 << (high - low)) - 1)).bit_count()
        string ^= 1 << p
    return -1 if parity % 2 else 1
