"""Symmetry: a parity that every state of the electronic sector has, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.chemistry.point_group import irrep_label
from qchem_app.mapping.gf2 import Span, parity
from qchem_app.mapping.pauli import PauliSum


@dataclass(frozen=True)
class Symmetry:
    """The parity of some bits: popcount(mask & bits) % 2 == parity in every allowed state.

    As an operator: the string of Z on the mask has the eigenvalue (-1)**parity.

    Attributes:
        name: "N_alpha", "N_beta", "N", "N(B1u+B2u)": the number of electrons that is meant.
        mask: of spin orbitals (alpha, then beta) or of qubits: who holds it says which.
        parity: 0 or 1.
    """

    name: str
    mask: int
    parity: int


def reference_modes(hamiltonian: MolecularHamiltonian) -> int:
    """The determinant that fills the first orbitals, as a mask of spin orbitals."""
    n_alpha, n_beta = hamiltonian.nelec
    return ((1 << n_alpha) - 1) | ((1 << n_beta) - 1) << hamiltonian.norb


def electronic_symmetries(hamiltonian: MolecularHamiltonian) -> tuple[Symmetry, ...]:
    """Parities of N_alpha, N_beta and, for each bit of PySCF's irrep numbers, of the electrons
    in orbitals whose irrep has the bit; the independent ones, as masks of spin orbitals.

    The product of irreps is the exclusive or of their numbers, so these parities of the point
    group together are the irrep of the state. They are taken from the reference determinant.
    """
    norb, reference = hamiltonian.norb, reference_modes(hamiltonian)
    alpha = (1 << norb) - 1
    found = [("N_alpha", alpha), ("N_beta", alpha << norb)]
    for bit in range(3):
        having = np.flatnonzero(hamiltonian.orbsym >> bit & 1).tolist()
        irreps = sorted({int(hamiltonian.orbsym[p]) for p in having})
        labels = "+".join(irrep_label(hamiltonian.point_group, irrep) for irrep in irreps)
        mask = sum(1 << p for p in having)
        found.append((f"N({labels})", mask | mask << norb))
    span, out = Span(), []
    for name, mask in found:
        if span.add(mask):
            out.append(Symmetry(name, mask, parity(mask & reference)))
    return tuple(out)


def hidden_symmetries(
    hamiltonian: MolecularHamiltonian, operator: PauliSum
) -> tuple[Symmetry, ...]:
    """Strings of Z that commute with every term, beyond the electronic symmetries.

    They are the kernel of the symplectic check matrix (arXiv:1701.08213) within the strings of
    Z: masks that share an even number of bits with the x mask of every term. Integrals that
    vanish without the point group's doing bring them about, as between distant fragments.

    Args:
        operator: the Hamiltonian in the Jordan-Wigner encoding.
    """
    norb, reference = hamiltonian.norb, reference_modes(hamiltonian)
    flips = Span(int(x) for x in np.unique(operator.x))
    known = Span(symmetry.mask for symmetry in electronic_symmetries(hamiltonian))
    out = []
    for mask in sorted(flips.orthogonal(2 * norb), key=lambda m: (m.bit_count(), m)):
        if known.add(mask):
            out.append(Symmetry(_name(mask, norb), mask, parity(mask & reference)))
    return tuple(out)


def _name(mask: int, norb: int) -> str:
    """N(orbitals 0, 3), or with spins where they differ; orbitals count from 0."""
    spins = [[p for p in range(norb) if mask >> (p + shift) & 1] for shift in (0, norb)]
    alpha, beta = (", ".join(map(str, orbitals)) for orbitals in spins)
    if alpha == beta:
        return f"N(orbitals {alpha})"
    parts = [f"{spin} {text}" for spin, text in (("alpha", alpha), ("beta", beta)) if text]
    return f"N({'; '.join(parts)})"
