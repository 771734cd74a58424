"""MolecularHamiltonian: the integrals of an active space, the thing every solver takes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, eq=False)
class MolecularHamiltonian:
    r"""Second-quantised electronic Hamiltonian over real, symmetry-adapted spatial orbitals.

    .. math::
        H = E_\mathrm{core} + \sum_{pq\sigma} h_{pq} a^\dagger_{p\sigma} a_{q\sigma}
          + \tfrac12 \sum_{pqrs\sigma\tau} (pq|rs)
            a^\dagger_{p\sigma} a^\dagger_{r\tau} a_{s\tau} a_{q\sigma}

    Attributes:
        h1: (norb, norb) one-electron integrals, Hartree; includes the field of frozen orbitals.
        eri: (norb, norb, norb, norb) two-electron integrals (pq|rs), chemists' order, Hartree.
        ecore: nuclear repulsion plus the energy of frozen orbitals, Hartree.
        nelec: (n_alpha, n_beta), with n_alpha >= n_beta.
        orbsym: (norb,) int, irrep of each orbital as PySCF numbers them in D2h or a subgroup
            (0 is totally symmetric; the product of two irreps is their bitwise xor).
        point_group: the Abelian group that orbsym refers to, "C1" without symmetry.
    """

    h1: np.ndarray
    eri: np.ndarray
    ecore: float
    nelec: tuple[int, int]
    orbsym: np.ndarray
    point_group: str = "C1"

    @property
    def norb(self) -> int:
        """Number of spatial orbitals."""
        return int(self.h1.shape[0])
