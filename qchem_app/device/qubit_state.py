"""Expectation values of a state vector of qubits: electrons, spin, density matrix."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from qchem_app.mapping.encodings import Encoding
from qchem_app.mapping.pauli import PauliSum


@dataclass(frozen=True, eq=False)
class QubitState:
    """A normalised state on the qubits of an encoding.

    Attributes:
        encoding: what the qubits mean.
        amplitudes: (2**n_qubits,) complex128.
    """

    encoding: Encoding
    amplitudes: np.ndarray

    def electrons(self) -> tuple[float, float]:
        """<N_alpha>, <N_beta>."""
        norb = self.encoding.norb
        occupations = [self._expectation(_number(p, 2 * norb)) for p in range(2 * norb)]
        return sum(occupations[:norb]), sum(occupations[norb:])

    def rdm1(self, orbsym: np.ndarray) -> np.ndarray:
        """(norb, norb) spin-summed one-particle density matrix, <a+_p a_q> real part.

        Elements between orbitals of different irreps are left out: what a tapered register
        represents does not mix them.
        """
        norb = self.encoding.norb
        density = np.zeros((norb, norb))
        for p in range(norb):
            for shift in (0, norb):
                density[p, p] += self._expectation(_number(p + shift, 2 * norb))
        for p, q in combinations(range(norb), 2):
            if orbsym[p] == orbsym[q]:
                for shift in (0, norb):
                    density[p, q] += self._expectation(_hop(p + shift, q + shift, 2 * norb))
                density[q, p] = density[p, q]
        return density

    def spin_squared(self) -> float:
        """<S^2>."""
        from openfermion import jordan_wigner, reorder, s_squared_operator, up_then_down

        norb = self.encoding.norb
        operator = reorder(s_squared_operator(norb), up_then_down, num_modes=2 * norb)
        return self._expectation(PauliSum.from_openfermion(jordan_wigner(operator), 2 * norb))

    def _expectation(self, operator: PauliSum) -> float:
        return self.encoding.map(operator).expectation(self.amplitudes)


def _number(mode: int, n_modes: int) -> PauliSum:
    """a+ a of a mode, Jordan-Wigner."""
    return PauliSum(
        n_modes, np.zeros(2), np.array([0, 1 << mode], dtype=np.uint64), np.array([0.5, -0.5])
    )


def _hop(p: int, q: int, n_modes: int) -> PauliSum:
    """(a+_p a_q + a+_q a_p) / 2 for p < q, Jordan-Wigner."""
    ends = 1 << p | 1 << q
    between = ((1 << q) - 1) ^ ((1 << (p + 1)) - 1)
    x = np.array([ends, ends], dtype=np.uint64)
    z = np.array([between, between | ends], dtype=np.uint64)
    return PauliSum(n_modes, x, z, np.array([0.25, 0.25]))
