"""MP2 natural orbitals: which orbitals correlation uses, at the price of second order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from qchem_app.chemistry.mean_field import MeanField
from qchem_app.chemistry.orbitals import diagonalise, orbital_irreps
from qchem_app.chemistry.scratch import scratch_folder

#: Basis functions up to which MP2 takes exact integrals; beyond, density-fitted ones.
_EXACT_NAO = 120
#: Denominators are kept below minus this (Hartree), so that near-degeneracy ranks an orbital
#: high but does not make its occupation infinite.
_SMALLEST_GAP = 0.05
_FLOPS = 4e9  # multiplications and additions a second, one core of today

#: (spin of i, spin of j, i) -> (virtual a, occupied j, virtual b) integrals (ia|jb), Hartree.
_Integrals = Callable[[int, int, int], np.ndarray]


@dataclass(frozen=True, eq=False)
class NaturalOrbitals:
    """Orbitals that diagonalise the MP2 density within the doubly occupied and the empty block.

    The Hartree-Fock determinant is unchanged, because no occupied orbital mixes with an empty one.

    Attributes:
        occupied: (nao, n) natural orbitals among the doubly occupied ones that were not frozen.
        occupied_irreps: (n,) their irreps.
        holes: (n,) 2 minus their occupation, descending.
        virtual: (nao, m) natural orbitals among the empty ones.
        virtual_irreps: (m,) their irreps.
        particles: (m,) their occupation, descending.
    """

    occupied: np.ndarray
    occupied_irreps: np.ndarray
    holes: np.ndarray
    virtual: np.ndarray
    virtual_irreps: np.ndarray
    particles: np.ndarray


def estimate_seconds(mean_field: MeanField) -> float:
    """Rough seconds of `mp2_natural_orbitals` on one core."""
    occ = mean_field.mf.mo_occ
    n, m = np.count_nonzero(occ), np.count_nonzero(occ < 2)
    auxiliary = 0 if occ.size <= _EXACT_NAO else 4 * occ.size
    kinds = 2 if mean_field.kind == "RHF" else 4
    return float(kinds * 2 * n**2 * m**2 * (auxiliary + 2 * m + n) / _FLOPS)


def estimate_memory_mb(mean_field: MeanField) -> float:
    """Rough megabytes that `mp2_natural_orbitals` takes."""
    occ = mean_field.mf.mo_occ
    n, m = np.count_nonzero(occ), np.count_nonzero(occ < 2)
    kinds = 1 if mean_field.kind == "RHF" else 3
    if occ.size <= _EXACT_NAO:
        return float((kinds * n**2 * m**2 + occ.size**4 / 8) * 8e-6)
    return float((2 * 4 * occ.size * n * m + 4 * n * m**2 + 2 * occ.size**3) * 8e-6)


def mp2_natural_orbitals(mean_field: MeanField, n_frozen: int = 0) -> NaturalOrbitals:
    """Unrelaxed MP2 density of an RHF or ROHF reference, diagonalised block by block.

    With ROHF orbitals it is open-shell MP2 on semicanonical orbitals, singles included. Above
    120 basis functions integrals are density-fitted, which moves occupations by about 1e-5.

    Args:
        mean_field: a converged mean field.
        n_frozen: lowest doubly occupied orbitals that are left out of the MP2.

    References:
        10.1103/PhysRev.97.1474 (natural orbitals), 10.1016/0009-2614(94)00183-X (semicanonical
        open-shell MP2).
    """
    mf = mean_field.mf
    occ = np.asarray(mf.mo_occ)
    coeff = np.asarray(mf.mo_coeff)
    doubly = np.flatnonzero(occ == 2)[n_frozen:]
    singly, empty = np.flatnonzero(occ == 1), np.flatnonzero(occ == 0)
    docc, virt = coeff[:, doubly], coeff[:, empty]
    open_shell = singly.size > 0
    fock = mf.get_fock(dm=mf.make_rdm1())
    focks = (fock.focka, fock.fockb) if open_shell else (np.asarray(fock),)
    spaces = [
        _semicanonical(f, coeff[:, o], coeff[:, v])
        for f, o, v in zip(
            focks,
            (np.append(doubly, singly), doubly),
            (empty, np.append(singly, empty)),
            strict=False,
        )
    ]
    density_oo, density_vv = _densities(
        spaces, _integrals(mean_field, spaces), open_shell=open_shell
    )
    # Back to AO operators D with C^T S D S C = density, so that any block can be taken.
    overlap = mf.get_ovlp()
    holes = sum(s.occupied @ d @ s.occupied.T for s, d in zip(spaces, density_oo, strict=True))
    filled = sum(s.virtual @ d @ s.virtual.T for s, d in zip(spaces, density_vv, strict=True))
    scale = 1.0 if open_shell else 2.0
    irreps = [orbital_irreps(mf.mol, block, overlap) for block in (docc, virt)]
    # Negative, because `diagonalise` puts the lowest eigenvalue first.
    minus_holes, occupied, occupied_irreps = diagonalise(
        -scale * overlap @ holes @ overlap, docc, irreps[0]
    )
    minus_filled, virtual, virtual_irreps = diagonalise(
        -scale * overlap @ filled @ overlap, virt, irreps[1]
    )
    return NaturalOrbitals(
        occupied, occupied_irreps, -minus_holes, virtual, virtual_irreps, -minus_filled
    )


@dataclass(frozen=True, eq=False)
class _Spin:
    """Semicanonical orbitals of one spin; energies in Hartree, fock_ov (nocc, nvir)."""

    occupied: np.ndarray
    virtual: np.ndarray
    e_occupied: np.ndarray
    e_virtual: np.ndarray
    fock_ov: np.ndarray


def _semicanonical(fock: np.ndarray, occupied: np.ndarray, virtual: np.ndarray) -> _Spin:
    e_o, u = np.linalg.eigh(occupied.T @ fock @ occupied)
    e_v, w = np.linalg.eigh(virtual.T @ fock @ virtual)
    occupied, virtual = occupied @ u, virtual @ w
    return _Spin(occupied, virtual, e_o, e_v, occupied.T @ fock @ virtual)


def _integrals(mean_field: MeanField, spaces: list[_Spin]) -> _Integrals:
    from pyscf import ao2mo, df, lib

    mol = mean_field.mf.mol
    if mol.nao <= _EXACT_NAO:
        source = mean_field.mf._eri
        if source is None:
            source = mol.intor("int2e", aosym="s8")
        blocks = {}
        for s, left in enumerate(spaces):
            for t, right in enumerate(spaces):
                if s <= t:
                    orbitals = (left.occupied, left.virtual, right.occupied, right.virtual)
                    block = ao2mo.general(source, orbitals, compact=False)
                    blocks[s, t] = block.reshape([c.shape[1] for c in orbitals])
                else:
                    blocks[s, t] = blocks[t, s].transpose(2, 3, 0, 1)
        return lambda s, t, i: blocks[s, t][i]

    factors = []
    with scratch_folder():
        fitted = df.DF(mol)
        fitted.verbose = 0
        fitted.max_memory = mean_field.mf.max_memory
        fitted.build()
        for spin in spaces:
            parts = []
            for packed in fitted.loop():
                full = lib.unpack_tril(packed)
                parts.append(
                    np.einsum("Lpq,pi,qa->Lia", full, spin.occupied, spin.virtual, optimize=True)
                )
            factors.append(np.concatenate(parts))

    def fitted_block(s: int, t: int, i: int) -> np.ndarray:
        return np.asarray(np.tensordot(factors[s][:, i], factors[t], axes=(0, 0)))

    return fitted_block


def _amplitudes(spaces: list[_Spin], s: int, t: int, i: int, integrals: np.ndarray) -> np.ndarray:
    """First-order amplitudes (a, j, b) of electron i of spin s with all of spin t."""
    gap = (
        spaces[s].e_occupied[i]
        + spaces[t].e_occupied[None, :, None]
        - spaces[s].e_virtual[:, None, None]
        - spaces[t].e_virtual[None, None, :]
    )
    return np.asarray(integrals / np.minimum(gap, -_SMALLEST_GAP))


def _densities(
    spaces: list[_Spin], integrals: _Integrals, *, open_shell: bool
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Per spin: holes -(D_oo - 1), positive, and particles D_vv. Spin 1 equals 0 in a singlet."""
    holes = [np.zeros((s.e_occupied.size,) * 2) for s in spaces]
    filled = [np.zeros((s.e_virtual.size,) * 2) for s in spaces]
    for s, spin in enumerate(spaces):
        gap = spin.e_occupied[:, None] - spin.e_virtual
        singles = spin.fock_ov / np.minimum(gap, -_SMALLEST_GAP)
        holes[s] += singles @ singles.T
        filled[s] += singles.T @ singles
        other = 1 - s if open_shell else s
        for i in range(spin.e_occupied.size):
            direct = integrals(s, s, i)
            same = _amplitudes(spaces, s, s, i, direct - direct.transpose(2, 1, 0))
            holes[s] += 0.5 * np.tensordot(same, same, axes=((0, 2), (0, 2)))
            filled[s] += 0.5 * np.tensordot(same, same, axes=((1, 2), (1, 2)))
            mixed = _amplitudes(spaces, s, other, i, integrals(s, other, i))
            holes[other] += np.tensordot(mixed, mixed, axes=((0, 2), (0, 2)))
            filled[s] += np.tensordot(mixed, mixed, axes=((1, 2), (1, 2)))
    return holes, filled
