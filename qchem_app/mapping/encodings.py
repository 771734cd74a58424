"""Encoding: how determinants become basis states of qubits, and operators strings of Pauli."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.civector.sector import Sector
from qchem_app.errors import InputError, ResourceError, UsageError
from qchem_app.mapping import gf2
from qchem_app.mapping.determinants import mode_masks
from qchem_app.mapping.gf2 import Matrix
from qchem_app.mapping.jordan_wigner import jordan_wigner
from qchem_app.mapping.matrices import MATRICES
from qchem_app.mapping.pauli import MAX_QUBITS, PauliSum
from qchem_app.mapping.symmetries import (
    Symmetry,
    electronic_symmetries,
    hidden_symmetries,
    reference_modes,
)
from qchem_app.mapping.tapering import taper as tapered_matrix

#: Names that `make_encoding` takes.
ENCODINGS = tuple(MATRICES)

# A state vector beyond this is 16 GB.
_MOST_STATE_QUBITS = 31
# CI coefficients below this are rounding.
_NEGLIGIBLE = 1e-8


@dataclass(frozen=True)
class Encoding:
    r"""A linear encoding of spin orbitals in qubits, with some qubits removed by symmetry.

    Over GF(2), qubits are b = M f, where f are the occupations of the spin orbitals (alpha
    orbitals 0 to norb - 1, then beta). As an operation on Jordan-Wigner's qubits this is a
    network of CNOT gates, and so maps :math:`X^x Z^z` to :math:`X^{Mx} Z^{M^{-T}z}` without a
    phase: amplitudes carry over without relative signs. Qubits that hold a conserved parity are
    dropped, and their value is a number in the operator.

    Masks on qubits count the kept ones: bit k is the k-th of them, in ascending order.

    Attributes:
        name: one of ENCODINGS.
        norb: number of spatial orbitals.
        nelec: (n_alpha, n_beta) of the reference.
        tapered: whether all Z2 symmetries are removed, not only the encoding's own.
        matrix: M, 2 norb rows.
        removed: symmetries whose parity is fixed; masks of spin orbitals.
        removed_qubits: the row of M that holds each.
        sector: parities of N_alpha, N_beta and the point group in the reference determinant;
            masks of spin orbitals.
    """

    name: str
    norb: int
    nelec: tuple[int, int]
    tapered: bool
    matrix: Matrix
    removed: tuple[Symmetry, ...]
    removed_qubits: tuple[int, ...]
    sector: tuple[Symmetry, ...]

    @property
    def n_qubits(self) -> int:
        """Number of qubits after the removal."""
        return 2 * self.norb - len(self.removed)

    @cached_property
    def _kept(self) -> tuple[int, ...]:
        return tuple(q for q in range(2 * self.norb) if q not in self.removed_qubits)

    @cached_property
    def _kept_rows(self) -> Matrix:
        return tuple(self.matrix[q] for q in self._kept)

    @cached_property
    def _dual(self) -> Matrix:
        """M to the power of minus T."""
        return gf2.transpose(gf2.inverse(self.matrix))

    @cached_property
    def _fixed(self) -> int:
        """Values of the removed qubits, as a mask of rows of M."""
        pairs = zip(self.removed_qubits, self.removed, strict=True)
        return sum(symmetry.parity << qubit for qubit, symmetry in pairs)

    def operator(self, hamiltonian: MolecularHamiltonian) -> PauliSum:
        """The Hamiltonian on n_qubits qubits, Hartree.

        Raises:
            InputError: the Hamiltonian has other orbitals or electrons than the encoding, or not
                the symmetries that were removed.
        """
        if (hamiltonian.norb, hamiltonian.nelec) != (self.norb, self.nelec):
            raise InputError(
                f"the encoding is for {self.nelec} electrons (alpha, beta) in {self.norb} "
                f"orbitals, the Hamiltonian has {hamiltonian.nelec} in {hamiltonian.norb}; make "
                "an encoding for it"
            )
        return self.map(jordan_wigner(hamiltonian))

    def map(self, operator: PauliSum) -> PauliSum:
        """An operator in Jordan-Wigner form (2 norb qubits), in this encoding.

        Raises:
            InputError: it has other qubits, or does not respect the removed symmetries.
        """
        n = 2 * self.norb
        if operator.n_qubits != n:
            raise InputError(
                f"the encoding maps operators on {n} Jordan-Wigner qubits, found "
                f"{operator.n_qubits}"
            )
        for symmetry in self.removed:
            odd = np.bitwise_count(operator.x & np.uint64(symmetry.mask)) & 1
            if np.any(odd):
                raise InputError(
                    f"the operator changes the parity of {symmetry.name}, which the encoding "
                    "fixes; use an encoding that does not remove it"
                )
        x = gf2.times_each(self._kept_rows, operator.x)
        z_all = gf2.times_each(self._dual, operator.z)
        z = gf2.times_each([1 << q for q in self._kept], z_all)
        # Y-phases: i^|x & z| X^x Z^z on both sides, and the signs of the removed qubits
        quarter = np.bitwise_count(operator.x & operator.z).astype(np.int64)
        quarter -= np.bitwise_count(x & z).astype(np.int64)
        quarter += 2 * np.bitwise_count(z_all & np.uint64(self._fixed)).astype(np.int64)
        values = np.where(quarter % 4 == 2, -operator.coefficients, operator.coefficients)
        return PauliSum(self.n_qubits, x, z, values).simplified()

    def allows(self, modes: int) -> bool:
        """Whether flipping the occupation of these spin orbitals keeps the removed symmetries."""
        return not any(gf2.parity(symmetry.mask & modes) for symmetry in self.removed)

    def flip(self, modes: int) -> int:
        """Mask of the qubits that flip when the occupation of these spin orbitals does.

        Linear, so that parts can be combined by exclusive or; see `allows` for the whole.
        """
        return gf2.times(self._kept_rows, modes)

    def parity(self, modes: int) -> tuple[int, int]:
        """(z, bit): the number of electrons in these spin orbitals is even or odd as
        popcount(z & qubits) + bit is."""
        z_all = gf2.times(self._dual, modes)
        z = sum((z_all >> q & 1) << k for k, q in enumerate(self._kept))
        return z, gf2.parity(z_all & self._fixed)

    def basis_state(self, alpha: int, beta: int) -> int:
        """The basis state of a determinant, from its occupation strings.

        Raises:
            InputError: it is not in the sector of the removed symmetries.
        """
        modes = alpha | beta << self.norb
        for symmetry in self.removed:
            if gf2.parity(symmetry.mask & modes) != symmetry.parity:
                even, odd = ("even", "odd") if symmetry.parity == 0 else ("odd", "even")
                raise InputError(
                    f"{symmetry.name} is {odd} in the determinant {alpha:b}|{beta:b}, but the "
                    f"encoding holds only states where it is {even}; use the sector of the "
                    "reference determinant"
                )
        return self.flip(modes)

    @property
    def reference(self) -> int:
        """The basis state of the determinant that fills the first orbitals."""
        return self.basis_state((1 << self.nelec[0]) - 1, (1 << self.nelec[1]) - 1)

    def state(self, sector: Sector, civector: np.ndarray) -> np.ndarray:
        """(2**n_qubits,) amplitudes of a CI vector of the exact engine.

        Raises:
            InputError: the vector has weight outside the sector of the removed symmetries.
            ResourceError: too many qubits for a state vector.
        """
        if self.n_qubits > _MOST_STATE_QUBITS:
            raise ResourceError(
                f"a state of {self.n_qubits} qubits does not fit into memory; at most "
                f"{_MOST_STATE_QUBITS} qubits are possible: choose a smaller active space"
            )
        vector = np.asarray(civector, dtype=float)
        inside, states = self.basis_states(sector)
        outside = float(np.linalg.norm(vector[~inside]))
        if outside > _NEGLIGIBLE:
            raise InputError(
                f"the state has a weight of {outside**2:.1e} outside the sector that the encoding "
                f"fixes ({', '.join(symmetry.name for symmetry in self.removed)}); use an "
                "encoding that removes less"
            )
        out = np.zeros(1 << self.n_qubits)
        out[states.astype(np.int64)] = vector[inside]
        return out

    def basis_states(self, sector: Sector) -> tuple[np.ndarray, np.ndarray]:
        """Which determinants of a sector the encoding holds, and as what.

        Returns:
            (size,) bool, in the order of CI vectors, and the uint64 basis states of the True ones.
        """
        modes = mode_masks(sector)
        inside = np.ones(modes.size, dtype=bool)
        for symmetry in self.removed:
            odd = np.bitwise_count(modes & np.uint64(symmetry.mask)) & 1
            inside &= odd == symmetry.parity
        return inside, gf2.times_each(self._kept_rows, modes[inside])

    @cached_property
    def symmetries(self) -> tuple[Symmetry, ...]:
        """What is left of N_alpha, N_beta and the point group: masks on the kept qubits."""
        span, out = gf2.Span(), []
        for symmetry in self.sector:
            mask, bit = self.parity(symmetry.mask)
            if span.add(mask):
                out.append(Symmetry(symmetry.name, mask, symmetry.parity ^ bit))
        return tuple(out)

    def with_sector(self, parities: Sequence[int]) -> Self:
        """The same encoding with other values for the removed symmetries.

        Args:
            parities: 0 or 1 for each of `removed`.
        """
        if len(parities) != len(self.removed) or set(parities) - {0, 1}:
            raise UsageError(
                f"the sector takes {len(self.removed)} parities of 0 or 1, one for each removed "
                f"symmetry, found {list(parities)}"
            )
        pairs = zip(self.removed, parities, strict=True)
        return replace(self, removed=tuple(replace(s, parity=int(bit)) for s, bit in pairs))


def make_encoding(
    hamiltonian: MolecularHamiltonian,
    name: str = "jordan-wigner",
    *,
    taper: bool = False,
    sector: Sequence[int] | None = None,
) -> Encoding:
    """An encoding for a Hamiltonian, in the symmetry sector of its reference determinant.

    - jordan-wigner: a qubit is the occupation of a spin orbital.
    - parity: a qubit is the parity of all spin orbitals up to its own; the two that hold the
      parities of N_alpha and N are removed (arXiv:1208.5986, arXiv:1701.08213).
    - bravyi-kitaev: partial sums by Fenwick's tree, as in arXiv:1208.5986; no qubit is removed.
    - symmetry-conserving: Bravyi-Kitaev on the tree that halves alpha and beta orbitals first
      (arXiv:1701.07072), so that N_alpha and N are single qubits for any number of orbitals;
      both are removed.

    Args:
        name: one of ENCODINGS.
        taper: also remove a qubit for every other string of Z that commutes with the
            Hamiltonian: the point group, N_alpha and N_beta, and what vanishing integrals bring.
        sector: values of the removed symmetries, in place of the reference determinant's.

    Raises:
        UsageError: no such encoding.
        InputError: too many orbitals.
    """
    if name not in ENCODINGS:
        raise UsageError(f"no encoding {name!r}; choose one of {', '.join(ENCODINGS)}")
    norb, nelec = hamiltonian.norb, hamiltonian.nelec
    if 2 * norb > MAX_QUBITS:
        raise InputError(
            f"{norb} orbitals need {2 * norb} qubits, and at most {MAX_QUBITS} are possible; "
            "choose a smaller active space"
        )
    electronic = electronic_symmetries(hamiltonian)
    matrix = MATRICES[name](2 * norb)
    removed: tuple[Symmetry, ...] = ()
    if name in ("parity", "symmetry-conserving"):
        reference = reference_modes(hamiltonian)
        masks = {"N_alpha": matrix[norb - 1], "N": matrix[2 * norb - 1]}
        removed = tuple(Symmetry(n, m, gf2.parity(m & reference)) for n, m in masks.items())
    if taper:
        removed += electronic + hidden_symmetries(hamiltonian, jordan_wigner(hamiltonian))
    # an excitation flips as many occupied as virtual orbitals: drop qubits of the fewer ones
    fewer_electrons = sum(nelec) < norb
    matrix, removed, qubits = tapered_matrix(matrix, removed, lowest=fewer_electrons)
    encoding = Encoding(name, norb, nelec, taper, matrix, removed, qubits, electronic)
    return encoding if sector is None else encoding.with_sector(sector)
