"""Does a determinant fill the degenerate orbitals of a non-Abelian point group unequally?"""

from __future__ import annotations

from typing import Any

import numpy as np

_EQUAL_AXES = 1e-3  # relative; nuclear second moments this near belong to equivalent axes
_ROUND = 1e-2  # e a0^2; anisotropy of the electrons among equivalent axes that counts as none


def anisotropy(mol: Any, density: np.ndarray) -> float:
    """How far the electrons are from the roundness of the nuclear frame, e a0^2.

    Where the nuclei do not tell two axes apart (x and y of a linear molecule, all axes of an atom
    or a tetrahedron), the electrons of a determinant with the full symmetry do not, either. Zero
    where the point group is Abelian.

    Args:
        mol: ``pyscf.gto.Mole`` with symmetry.
        density: (nao, nao) spin-summed density matrix.
    """
    if not mol.symmetry or mol.topgroup == mol.groupname:
        return 0.0
    nuclei = mol.atom_coords() - mol._symm_orig
    moments, axes = np.linalg.eigh(np.einsum("k,kx,ky->xy", mol.atom_charges(), nuclei, nuclei))
    with mol.with_common_orig(tuple(mol._symm_orig)):
        integrals = mol.intor("int1e_rr").reshape(3, 3, mol.nao, mol.nao)
    electrons = axes.T @ np.einsum("xypq,pq->xy", integrals, density) @ axes
    largest = 0.0
    for moment in moments:
        scale = max(abs(moment), 1.0)
        equal = np.flatnonzero(np.abs(moments - moment) < _EQUAL_AXES * scale)
        block = electrons[np.ix_(equal, equal)]
        round_part = np.trace(block) / equal.size * np.eye(equal.size)
        largest = max(largest, float(np.abs(block - round_part).max()))
    return largest


def breaks_full_symmetry(mol: Any, before: np.ndarray, after: np.ndarray) -> bool:
    """Whether a closed-shell determinant loses the full symmetry that another one has.

    A closed shell that fills, say, pi_x and not pi_y can be lower in energy when bonds are
    stretched, but it is a mixture of states of different symmetry, and a worse reference for
    correlation. Open shells often have no other choice: False for them.

    Args:
        mol: ``pyscf.gto.Mole``.
        before: (nao, nao) density matrix of the one.
        after: (nao, nao) density matrix of the other.
    """
    if mol.spin != 0 or anisotropy(mol, before) > _ROUND:
        return False
    return anisotropy(mol, after) > _ROUND
