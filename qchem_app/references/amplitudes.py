"""SpinAmplitudes: single and double excitation amplitudes over spin orbitals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class SpinAmplitudes:
    """Amplitudes of T1 and T2 on the determinant that fills the lowest orbitals.

    Sign and index conventions are those of PySCF's UCCSD: occupied indices first, the same-spin
    blocks antisymmetric in (i, j) and in (a, b), virtual indices counted from the first empty
    orbital of their spin. All dimensionless.

    Attributes:
        t1a: (n_alpha, norb - n_alpha), alpha i -> a.
        t1b: (n_beta, norb - n_beta), beta i -> a.
        t2aa: (n_alpha, n_alpha, norb - n_alpha, norb - n_alpha).
        t2ab: (n_alpha, n_beta, norb - n_alpha, norb - n_beta); i and a alpha, j and b beta.
        t2bb: (n_beta, n_beta, norb - n_beta, norb - n_beta).
    """

    t1a: np.ndarray
    t1b: np.ndarray
    t2aa: np.ndarray
    t2ab: np.ndarray
    t2bb: np.ndarray

    @classmethod
    def from_closed_shell(cls, t1: np.ndarray, t2: np.ndarray) -> SpinAmplitudes:
        """From spin-adapted t1 (nocc, nvir) and t2 (nocc, nocc, nvir, nvir)."""
        same = t2 - t2.transpose(0, 1, 3, 2)
        return cls(t1a=t1, t1b=t1, t2aa=same, t2ab=t2, t2bb=same)

    def in_basis(self, alpha: np.ndarray, beta: np.ndarray) -> SpinAmplitudes:
        """The same operator over other orbitals.

        Args:
            alpha: (norb, norb) orthogonal, block diagonal in occupied and virtual; column k is
                the alpha orbital k that the amplitudes refer to, expanded in the new orbitals.
            beta: the same for beta.
        """
        n_alpha, n_beta = self.t1a.shape[0], self.t1b.shape[0]
        oa, va = alpha[:n_alpha, :n_alpha], alpha[n_alpha:, n_alpha:]
        ob, vb = beta[:n_beta, :n_beta], beta[n_beta:, n_beta:]
        return SpinAmplitudes(
            t1a=oa @ self.t1a @ va.T,
            t1b=ob @ self.t1b @ vb.T,
            t2aa=_rotate(self.t2aa, oa, oa, va, va),
            t2ab=_rotate(self.t2ab, oa, ob, va, vb),
            t2bb=_rotate(self.t2bb, ob, ob, vb, vb),
        )


def _rotate(
    t2: np.ndarray, oi: np.ndarray, oj: np.ndarray, va: np.ndarray, vb: np.ndarray
) -> np.ndarray:
    out: np.ndarray = np.einsum("Ii,Jj,Aa,Bb,ijab->IJAB", oi, oj, va, vb, t2, optimize=True)
    return out
