"""The bonds of a molecule, guessed from distances, and what hangs on each side of one."""

from __future__ import annotations

import numpy as np

from qchem_app.molecule import Molecule
from qchem_app.units import BOHR_PER_ANGSTROM

#: Covalent radii (Å) from H on, doi:10.1039/B801115J; heavier elements count as the last one.
_RADII = (
    0.31, 0.28,
    1.28, 0.96, 0.84, 0.76, 0.71, 0.66, 0.57, 0.58,
    1.66, 1.41, 1.21, 1.11, 1.07, 1.05, 1.02, 1.06,
    2.03, 1.76, 1.70, 1.60, 1.53, 1.39, 1.39, 1.32, 1.26, 1.24, 1.32, 1.22,
    1.22, 1.20, 1.19, 1.20, 1.20, 1.16,
    2.20, 1.95, 1.90, 1.75, 1.64, 1.54, 1.47, 1.46, 1.42, 1.39, 1.45, 1.44,
    1.42, 1.39, 1.39, 1.38, 1.39, 1.40,
)  # fmt: skip
#: Atoms nearer than this many times the sum of their radii are bonded.
_STRETCH = 1.3


def bonds(molecule: Molecule) -> list[set[int]]:
    """For each atom, those that are bonded to it."""
    radii = np.array([_RADII[min(z, len(_RADII)) - 1] for z in molecule.atomic_numbers])
    x = molecule.coordinates / BOHR_PER_ANGSTROM
    neighbours: list[set[int]] = []
    for i, position in enumerate(x):
        near = np.linalg.norm(x - position, axis=1) < _STRETCH * (radii + radii[i])
        near[i] = False
        neighbours.append(set(np.flatnonzero(near).tolist()))
    return neighbours


def side(neighbours: list[set[int]], kept: int, moved: int) -> set[int] | None:
    """The atoms that hang on `moved` when its bond to `kept` is cut.

    Returns:
        Their indices, `moved` among them; None where they hold `kept`: the two are in one ring.
    """
    reached, edge = {moved}, [moved]
    while edge:
        atom = edge.pop()
        for other in neighbours[atom]:
            if (atom, other) == (moved, kept):
                continue
            if other == kept:
                return None
            if other not in reached:
                reached.add(other)
                edge.append(other)
    return reached
