"""UCCSD in product form: singles and doubles out of the reference determinant."""

from __future__ import annotations

from collections.abc import Sequence

from qchem_app.ansatz.product import ProductAnsatz
from qchem_app.ansatz.singles_doubles import (
    GIVEN_ORDERING,
    ORDERING,
    assemble,
    singles_and_doubles,
)
from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.civector.excitations import Excitation
from qchem_app.references.amplitudes import SpinAmplitudes


def uccsd(
    hamiltonian: MolecularHamiltonian,
    order_by: SpinAmplitudes,
    guess: SpinAmplitudes | None = None,
    order: Sequence[Excitation] | None = None,
) -> ProductAnsatz:
    """Unitary coupled cluster with singles and doubles, first-order Trotter form.

    Reviewed in doi:10.1039/D1CS00932J; the dependence of the product form on the order in
    doi:10.1021/acs.jctc.9b01083. Written as operators, doubles stand before singles and the
    largest double next to them, so that singles act on the reference first: of the orders that
    were tried this gives the lowest energies (docs/decisions.md). Excitations that change the
    irrep of the state are left out: their amplitudes vanish.

    Args:
        hamiltonian: integrals over orbitals of which the lowest are occupied.
        order_by: MP2 amplitudes, which fix the order of the doubles.
        guess: amplitudes for the first guess; `order_by` when None.
        order: excitations whose order beats that of the amplitudes, such as another geometry's.
    """
    entries = singles_and_doubles(hamiltonian, order_by, guess or order_by, order)
    return assemble("uccsd", hamiltonian, entries, ORDERING if order is None else GIVEN_ORDERING)
