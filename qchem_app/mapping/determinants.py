"""The determinants of a sector of the exact engine, as masks of spin orbitals."""

from __future__ import annotations

import numpy as np

from qchem_app.civector.sector import Sector
from qchem_app.planning.cost import N_IRREPS


def mode_masks(sector: Sector) -> np.ndarray:
    """(size,) uint64: alpha | beta << norb of each determinant, in the order of CI vectors."""
    alpha = sector.alpha.strings.astype(np.uint64)
    beta = sector.beta.strings.astype(np.uint64) << np.uint64(sector.norb)
    blocks = []
    for g in range(N_IRREPS):
        h = g ^ sector.irrep
        rows = alpha[sector.alpha.start[g] : sector.alpha.start[g + 1]]
        columns = beta[sector.beta.start[h] : sector.beta.start[h + 1]]
        blocks.append((rows[:, None] | columns).ravel())
    return np.concatenate(blocks)
