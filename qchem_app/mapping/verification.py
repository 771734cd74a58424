"""verify(): does a qubit operator hold the sector of the reference determinant, and its energy?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from qchem_app.chemistry.hamiltonian import (
    MolecularHamiltonian,
    hartree_fock_energy,
    reference_irrep,
)
from qchem_app.civector.hamiltonian import SectorHamiltonian
from qchem_app.civector.sector import Sector
from qchem_app.errors import InputError
from qchem_app.mapping.block import block, lowest_eigenvalues
from qchem_app.mapping.encodings import Encoding
from qchem_app.mapping.pauli import PauliSum, signs
from qchem_app.planning.cost import N_IRREPS

#: Sectors of at most this many determinants are diagonalised.
LARGEST_SECTOR = 5000
#: Up to here every basis state is looked at, and not only those of the sector's determinants.
_ALL_STATES = 16
# Determinants whose quantum numbers are compared where the sector is large.
_SAMPLE = 1000


@dataclass(frozen=True)
class Verification:
    """What `verify` found to agree.

    Attributes:
        reference_energy: of the reference determinant, from the qubit operator, Hartree.
        n_electrons, s_z, irrep: of the reference, from the mapped operators.
        determinants: how many were found to have the same electron numbers and irrep on qubits.
        leak: largest element of the operator between the sector and other basis states, Hartree;
            None where the sector is too large.
        ground_energy: lowest eigenvalue of the qubit operator in the sector, Hartree, or None.
        exact_energy: the same from the CI matrix (FCI), Hartree, or None.
    """

    reference_energy: float
    n_electrons: int
    s_z: float
    irrep: int
    determinants: int
    leak: float | None = None
    ground_energy: float | None = None
    exact_energy: float | None = None

    @property
    def summary(self) -> str:
        """One line for people."""
        text = (
            f"the reference's energy and N, S_z and irrep of {self.determinants:,} "
            f"{'determinant' if self.determinants == 1 else 'determinants'} "
            "agree"
        )
        if self.ground_energy is None:
            return text + "; the sector is too large to compare its ground state with FCI"
        return text + ", and so does the sector's ground state with FCI"


def verify(
    encoding: Encoding,
    hamiltonian: MolecularHamiltonian,
    *,
    tolerance: float = 1e-9,
    largest_sector: int = LARGEST_SECTOR,
) -> Verification:
    """Check an encoding, and above all the sector that it fixed, against the Hamiltonian.

    Always: the energy of the reference determinant, and the numbers of alpha and beta electrons
    and the irrep of the reference and of other determinants of its sector, all from mapped
    operators. Where the sector is small: those basis states that have the reference's quantum
    numbers are as many as the determinants, the operator does not lead out of them, and its lowest
    eigenvalue there is that of the CI matrix, whatever the spin.

    Args:
        encoding: what `make_encoding` made for `hamiltonian`, or a variant of it.
        tolerance: Hartree.
        largest_sector: determinants of a sector that is still diagonalised.

    Raises:
        InputError: something disagrees; says what.
    """
    operator = encoding.operator(hamiltonian)
    checks = _Quantum.mapped(encoding, hamiltonian)
    n_alpha, n_beta = hamiltonian.nelec
    modes = ((1 << n_alpha) - 1) | ((1 << n_beta) - 1) << hamiltonian.norb
    place = np.array([encoding.flip(modes)], dtype=np.uint64)

    numbers = tuple(int(array[0]) for array in checks.of(place))
    irrep = reference_irrep(hamiltonian)
    if numbers != (n_alpha, n_beta, irrep):
        raise InputError(
            f"the encoding is in the wrong symmetry sector: on its qubits the reference "
            f"determinant has {numbers[0]} alpha and {numbers[1]} beta electrons and irrep "
            f"{numbers[2]} instead of {n_alpha}, {n_beta} and {irrep}; take the sector of the "
            "reference determinant"
        )
    energy = float(_diagonal(operator, place)[0])
    expected = hartree_fock_energy(hamiltonian)
    if abs(energy - expected) > tolerance:
        raise InputError(
            f"the qubit operator gives the reference determinant {energy:.10f} Ha instead of "
            f"{expected:.10f} Ha: the encoding is for another Hamiltonian or sector; make it anew"
        )

    sector = Sector.build(hamiltonian.norb, hamiltonian.nelec, hamiltonian.orbsym)
    _, states = encoding.basis_states(sector)
    step = max(1, states.size // _SAMPLE) if sector.size > largest_sector else 1
    wanted = np.array(numbers)[:, None]
    if np.any(np.array(checks.of(states[::step])) != wanted):
        raise InputError(
            "determinants of the reference's sector have other electron numbers or another irrep "
            "on the qubits: the encoding is not the one of this Hamiltonian; make it anew"
        )
    found = Verification(
        energy, sum(numbers[:2]), (n_alpha - n_beta) / 2, irrep, states[::step].size
    )
    if sector.size > largest_sector:
        return found
    return _ground_state(found, encoding, operator, hamiltonian, checks, sector, states, tolerance)


def _ground_state(
    found: Verification,
    encoding: Encoding,
    operator: PauliSum,
    hamiltonian: MolecularHamiltonian,
    checks: _Quantum,
    sector: Sector,
    states: np.ndarray,
    tolerance: float,
) -> Verification:
    """The part of `verify` that needs a small sector."""
    from scipy.sparse.linalg import LinearOperator

    if encoding.n_qubits <= _ALL_STATES:
        everything = np.arange(1 << encoding.n_qubits, dtype=np.uint64)
        wanted = np.array([*hamiltonian.nelec, found.irrep])[:, None]
        same = everything[np.all(np.array(checks.of(everything)) == wanted, axis=0)]
        if not np.array_equal(same, np.sort(states)):
            raise InputError(
                f"{same.size} basis states have the electron numbers and irrep of the reference, "
                f"and {states.size} determinants; the encoding is not the one of this "
                "Hamiltonian: make it anew"
            )
    matrix, leak = block(operator, states)
    if leak > tolerance:
        raise InputError(
            f"the qubit operator couples the sector to other basis states by {leak:.1e} Ha; the "
            "encoding is not the one of this Hamiltonian: make it anew"
        )
    lowest = float(lowest_eigenvalues(matrix)[0])
    product = SectorHamiltonian(hamiltonian, sector)
    apply = LinearOperator(
        (sector.size, sector.size),
        matvec=lambda v: product.apply(np.ascontiguousarray(v.ravel())),
        dtype=float,
    )
    exact = float(lowest_eigenvalues(apply)[0])
    if abs(lowest - exact) > tolerance:
        fixed = ", ".join(symmetry.name for symmetry in encoding.removed)
        raise InputError(
            f"the lowest eigenvalue of the qubit operator in the sector is {lowest:.10f} Ha, that "
            f"of the CI matrix {exact:.10f} Ha: the ground state is not in the sector of the "
            f"reference determinant for {fixed or 'this encoding'}; do not taper"
        )
    return replace(found, leak=leak, ground_energy=lowest, exact_energy=exact)


@dataclass(frozen=True)
class _Quantum:
    """Operators that are diagonal on qubits: N_alpha, N_beta, and a parity an irrep bit."""

    n_alpha: PauliSum
    n_beta: PauliSum
    irrep_bits: tuple[PauliSum, ...]

    @classmethod
    def mapped(cls, encoding: Encoding, hamiltonian: MolecularHamiltonian) -> _Quantum:
        norb = hamiltonian.norb
        bits = []
        for bit in range(N_IRREPS.bit_length() - 1):
            orbitals = sum(1 << p for p in range(norb) if int(hamiltonian.orbsym[p]) >> bit & 1)
            string = _strings(2 * norb, [orbitals | orbitals << norb], [1.0])
            bits.append(encoding.map(string))
        alpha, beta = (
            encoding.map(_number([p + shift for p in range(norb)], 2 * norb)) for shift in (0, norb)
        )
        return cls(alpha, beta, tuple(bits))

    def of(self, states: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(n_alpha, n_beta, irrep) of basis states: three int64 arrays."""
        irrep = np.zeros(states.size, dtype=np.int64)
        for bit, operator in enumerate(self.irrep_bits):
            irrep |= (_diagonal(operator, states) < 0).astype(np.int64) << bit
        alpha, beta = (_diagonal(operator, states) for operator in (self.n_alpha, self.n_beta))
        return np.rint(alpha).astype(np.int64), np.rint(beta).astype(np.int64), irrep


def _strings(n: int, masks: list[int], values: list[float]) -> PauliSum:
    """A sum of strings of Z."""
    z = np.array(masks, dtype=np.uint64)
    return PauliSum(n, np.zeros_like(z), z, np.array(values))


def _number(modes: list[int], n: int) -> PauliSum:
    """The number of electrons in some spin orbitals: sum of (1 - Z) / 2."""
    masks = [0, *(1 << p for p in modes)]
    return _strings(n, masks, [len(modes) / 2, *([-0.5] * len(modes))])


def _diagonal(operator: PauliSum, states: np.ndarray) -> np.ndarray:
    """Diagonal elements of an operator at some basis states."""
    out = np.zeros(states.size)
    for k in np.flatnonzero(operator.x == 0):
        out += operator.coefficients[k] * signs(states, operator.z[k])
    return out
