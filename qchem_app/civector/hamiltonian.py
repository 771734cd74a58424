"""SectorHamiltonian: the product of the Hamiltonian with a CI vector of one symmetry sector."""

from __future__ import annotations

import ctypes

import numpy as np

from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.civector import kernels
from qchem_app.civector.sector import Sector
from qchem_app.errors import ResourceError

# Below this many determinants a second core gains little, and loses a lot where it is busy.
_THREADS_FROM = 100_000


class SectorHamiltonian:
    """H|c> by PySCF's symmetry-adapted contraction, with its tables prepared once.

    The string-driven algorithm is that of Knowles and Handy (doi:10.1016/0009-2614(84)85513-X);
    the C kernel is PySCF's, which takes exactly the layout of `Sector`.

    Args:
        hamiltonian: integrals whose orbsym and nelec are those of `sector`.
        sector: the determinants.
        threads: OpenMP threads for large sectors; None leaves PySCF's own number.
    """

    def __init__(
        self, hamiltonian: MolecularHamiltonian, sector: Sector, threads: int | None = None
    ) -> None:
        from pyscf import ao2mo, lib
        from pyscf.fci import cistring, direct_spin1, direct_spin1_symm

        norb, nelec = sector.norb, sector.nelec
        largest = int(np.diff(sector.offset).max())
        if largest > np.iinfo(np.int32).max:
            raise ResourceError(
                f"a symmetry block of {largest:,} determinants is more than PySCF's contraction "
                "can count (2,147,483,647); choose a smaller active space"
            )
        self.sector = sector
        self.ecore = float(hamiltonian.ecore)
        self._num_threads = lib.num_threads
        self.threads = int(threads or lib.num_threads()) if sector.size >= _THREADS_FROM else 1
        one_in_two = direct_spin1.absorb_h1e(hamiltonian.h1, hamiltonian.eri, norb, nelec, 0.5)
        packed = ao2mo.restore(4, one_in_two, norb)
        blocks, rank, pair_irrep = direct_spin1_symm.reorder_eri(packed, norb, sector.orbsym)

        def links(nocc: int) -> tuple[np.ndarray, np.ndarray]:
            strings = cistring.make_strings(range(norb), nocc)
            table = cistring.gen_linkstr_index_trilidx(range(norb), nocc)
            places, table = direct_spin1_symm.gen_str_irrep(
                strings, sector.orbsym, table, rank, pair_irrep
            )
            sizes = np.array([place.size for place in places], dtype=np.int32)
            return sizes, np.ascontiguousarray(table, dtype=np.int32)

        n_alpha, link_alpha = links(nelec[0])
        n_beta, link_beta = (n_alpha, link_alpha) if nelec[0] == nelec[1] else links(nelec[1])
        highest = int(sector.orbsym.max())
        n_irreps = 8 if highest >= 4 else 4 if highest >= 2 else 2 if highest == 1 else 1
        # kept alive here: the C code sees only their addresses
        self._arrays = (
            np.hstack([block.ravel() for block in blocks]),
            np.array([block.shape[0] for block in blocks], dtype=np.int32),
            np.diff(sector.offset)[:n_irreps].astype(np.int32),
            n_alpha,
            n_beta,
            link_alpha,
            link_beta,
        )
        eri, dims, sizes, *rest = (a.ctypes.data_as(ctypes.c_void_p) for a in self._arrays)
        scalars = (
            ctypes.c_int(norb),
            ctypes.c_int(link_alpha.shape[1]),
            ctypes.c_int(link_beta.shape[1]),
            ctypes.c_int(n_irreps),
            ctypes.c_int(sector.irrep),
        )
        self._arguments = (eri, dims, sizes, *rest, *scalars)
        self._contract = direct_spin1.libfci.FCIcontract_2e_symm1

    def apply(self, vector: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """H|vector>, Hartree, core energy included; `out` must not be `vector`.

        Args:
            vector: (size,) contiguous float64.
            out: (size,) contiguous float64, overwritten; allocated when None.
        """
        if out is None:
            out = np.empty(self.sector.size)
        out[:] = 0.0
        eri, *tail = self._arguments
        before = self._num_threads()
        if before != self.threads:
            self._num_threads(self.threads)
        try:
            self._contract(
                eri,
                vector.ctypes.data_as(ctypes.c_void_p),
                out.ctypes.data_as(ctypes.c_void_p),
                *tail,
            )
        finally:
            if before != self.threads:
                self._num_threads(before)
        if self.ecore:
            kernels.add_scaled(out, vector, self.ecore)
        return out

    def energy(self, vector: np.ndarray) -> float:
        """<vector|H|vector> for a normalised vector, Hartree."""
        return float(kernels.dot(vector, self.apply(vector)))
