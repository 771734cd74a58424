"""Sweep: a fixed sequence of excitations, ready to rotate CI vectors."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from qchem_app.civector import kernels
from qchem_app.civector.excitations import Excitation, ExcitationTables
from qchem_app.civector.sector import Sector

# Below this many determinants, starting threads at each excitation costs more than it gains.
_THREADS_FROM = 400_000


class Sweep:
    """Applies and differentiates products of exp(theta_k (tau_k - tau_k^dagger)).

    Args:
        sector: the determinants.
        excitations: in the order of application.
        threads: for large sectors; None takes all the cores that this process may use.

    Raises:
        InputError: an excitation leaves the sector.
    """

    def __init__(
        self, sector: Sector, excitations: Sequence[Excitation], threads: int | None = None
    ) -> None:
        self.tables = ExcitationTables.build(sector, excitations)
        self._arrays = self.tables.arrays
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        self.threads = (threads or cores or 1) if sector.size >= _THREADS_FROM else 1

    def forward(self, vector: np.ndarray, angles: np.ndarray) -> None:
        """Rotate (size,) `vector` in place by (n,) `angles`, first excitation first."""
        if self.threads > 1:
            kernels.forward_threads(self.threads, vector, angles, *self._arrays)
        else:
            kernels.forward(vector, angles, *self._arrays)

    def backward(self, vector: np.ndarray, dual: np.ndarray, angles: np.ndarray) -> np.ndarray:
        """Undo the rotations of both vectors in place, last excitation first.

        Returns:
            (n,) <dual_k|tau_k - tau_k^dagger|vector_k>, with both vectors as they stand after
            excitation k: half of dE/d(angle_k) when dual = H vector.
        """
        gradient = np.empty(len(self.tables))
        if self.threads > 1:
            kernels.backward_threads(self.threads, vector, dual, angles, gradient, *self._arrays)
        else:
            kernels.backward(vector, dual, angles, gradient, *self._arrays)
        return gradient
