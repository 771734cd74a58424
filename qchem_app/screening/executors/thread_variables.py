"""The environment of a worker: how many threads BLAS and OpenMP start when they load."""

from __future__ import annotations


def thread_variables(threads: int) -> dict[str, str]:
    """Environment variables that limit a process to be started to so many threads."""
    return {
        # OpenMP's threads wait by spinning, which takes the core from whom they wait for.
        "OMP_WAIT_POLICY": "PASSIVE",
        **dict.fromkeys(
            ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads)
        ),
    }
