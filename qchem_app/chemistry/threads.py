"""How many threads PySCF uses on a molecule."""

from __future__ import annotations

from contextlib import AbstractContextManager

# Below this many basis functions a second thread gains next to nothing.
_THREADS_FROM = 100


def steady_threads(n_basis_functions: int) -> AbstractContextManager[object]:
    """One thread for small molecules, where PySCF's Fock matrices are built.

    Its threads add up their parts in the order in which they finish, so the last digits, and with
    them the signs of orbitals, would change from run to run.
    """
    from pyscf import lib

    context: AbstractContextManager[object] = lib.with_omp_threads(
        1 if n_basis_functions < _THREADS_FROM else None
    )
    return context
