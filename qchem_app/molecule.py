"""Molecule: what the rest of the program means by a molecule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qchem_app.elements import ATOMIC_NUMBERS
from qchem_app.errors import InputError
from qchem_app.units import ANGSTROM_PER_BOHR, BOHR_PER_ANGSTROM

#: Atoms nearer than this (Ångström) are a broken file, not a molecule.
CLOSEST_DISTANCE_ANGSTROM = 0.2


@dataclass(frozen=True, eq=False)
class Molecule:
    """Atoms at fixed positions with a charge and a spin multiplicity.

    Attributes:
        symbols: element symbols, properly capitalised, one an atom.
        coordinates: (natom, 3) float array, Bohr; read-only.
        charge: total charge in units of e.
        multiplicity: 2S + 1; when not given, the lowest that fits the electron count.
        name: a label for people; no effect on any number.

    Raises:
        InputError: unknown element, wrong shape, a coordinate that is not finite, atoms closer
            than 0.2 Å, or a charge and multiplicity that the electron count cannot have.
    """

    symbols: tuple[str, ...]
    coordinates: np.ndarray
    charge: int = 0
    multiplicity: int = 0  # 0: not given; __post_init__ resolves it
    name: str = "molecule"

    def __post_init__(self) -> None: ...
