"""Z2 tapering: qubits whose value a symmetry fixes are removed."""

from __future__ import annotations

from collections.abc import Iterable

from qchem_app.mapping import gf2
from qchem_app.mapping.gf2 import Matrix, Span
from qchem_app.mapping.symmetries import Symmetry


def taper(
    matrix: Matrix, symmetries: Iterable[Symmetry], *, lowest: bool = False
) -> tuple[Matrix, tuple[Symmetry, ...], tuple[int, ...]]:
    r"""Make symmetry parities single qubits of a linear encoding, so that they can be dropped.

    Every symmetry of a molecular Hamiltonian over real orbitals that single Pauli strings express
    is a string of Z, the parity of some spin orbitals. In the encoding b = M f it is the parity
    of some qubits; one of them, the pivot, is made to hold the parity itself, which is a network
    of CNOT gates with that target. It then appears in the Hamiltonian only as Z, with a known
    eigenvalue (arXiv:1701.08213; point groups in arXiv:1910.14644). The other qubits stay what
    they were.

    Args:
        matrix: M, square and invertible.
        symmetries: masks of spin orbitals; those that depend on earlier ones are passed over.
        lowest: take the lowest qubits as pivots, not the highest.

    Returns:
        The new M, the independent symmetries, and the qubit that each one is now.
    """
    to_qubits = gf2.transpose(gf2.inverse(matrix))
    span, used = Span(lowest=lowest), []
    for symmetry in symmetries:
        if span.add(gf2.times(to_qubits, symmetry.mask)):
            used.append(symmetry)
    rows = list(matrix)
    for symmetry, pivot in zip(used, span.pivots, strict=True):
        rows[pivot] = symmetry.mask
    return tuple(rows), tuple(used), span.pivots
