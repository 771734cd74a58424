"""The number of threads, for the libraries that ask for it only when they load."""

from __future__ import annotations

import os


def limit_threads(threads: int | None) -> None:
    """Set what BLAS and OpenMP read; to be called before NumPy is imported.

    Args:
        threads: their number; None leaves it as it is.
    """
    # OpenMP's threads wait by spinning, which on a busy machine takes the core from the thread
    # that they wait for: the product with the Hamiltonian was twice as slow.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if threads is not None and threads > 0:  # anything else is refused later, with a sentence
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ[name] = str(threads)
