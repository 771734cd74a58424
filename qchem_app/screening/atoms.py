"""AtomCounts: orbitals and electrons of a molecule by symmetry, counted and not computed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace

import numpy as np

from qchem_app.chemistry.basis import load_basis
from qchem_app.chemistry.point_group import PointGroup, quick_point_group
from qchem_app.elements import ATOMIC_NUMBERS
from qchem_app.result import InputRecord, Settings

#: Which reflections x -> -x, y -> -y, z -> -z generate each Abelian group, as sign vectors.
_GENERATORS: dict[str, tuple[tuple[int, int, int], ...]] = {
    "C1": (),
    "Ci": ((-1, -1, -1),),
    "Cs": ((1, 1, -1),),
    "C2": ((-1, -1, 1),),
    "C2h": ((-1, -1, 1), (-1, -1, -1)),
    "C2v": ((-1, -1, 1), (1, -1, 1)),
    "D2": ((-1, -1, 1), (-1, 1, -1)),
    "D2h": ((-1, -1, 1), (-1, 1, -1), (-1, -1, -1)),
}


@dataclass(frozen=True)
class AtomCounts:
    """What of a molecule decides the cost of a calculation.

    Attributes:
        formula: (element, how many) of every element.
        functions: number of basis functions in each irrep of `group`.
        nelec: (n_alpha, n_beta), without those in core potentials.
        n_core: orbitals of the chemical core.
        group: the Abelian point group, "C1" where symmetry is not used.
    """

    formula: tuple[tuple[str, int], ...]
    functions: tuple[int, ...]
    nelec: tuple[int, int]
    n_core: int
    group: str

    @property
    def nao(self) -> int:
        """Number of basis functions."""
        return sum(self.functions)

    def count(self, symbol: str) -> int:
        """Atoms of an element."""
        return dict(self.formula).get(symbol, 0)

    def irreps(self, core: int, occupied: int, empty: int) -> np.ndarray:
        """Probable irreps of orbitals: those above `core`, then those above all occupied ones."""
        n_alpha = self.nelec[0]
        order = _spread(self.functions)
        chosen = order[core : core + occupied] + order[n_alpha : n_alpha + empty]
        return np.array(chosen, dtype=int)


def count_atoms(molecule: InputRecord, settings: Settings) -> AtomCounts:
    """Count the orbitals and electrons of a molecule.

    Raises:
        UsageError: no such basis set.
        InputError: the basis set lacks an element.
    """
    symbols = molecule.symbols
    elements = tuple(sorted(set(symbols)))
    shells = {s: _shells(settings.basis, s) for s in elements}
    formula = Counter(symbols)
    in_potentials = sum(shells[s][1] * n for s, n in formula.items())
    electrons = molecule.n_electrons - in_potentials
    n_alpha = (electrons + molecule.multiplicity - 1) // 2
    core = sum(max(0, _core_orbitals(s) - shells[s][1] // 2) * n for s, n in formula.items())
    coordinates = np.array(molecule.coordinates_bohr)
    group = None
    if settings.symmetry:
        group = _group(symbols, coordinates, settings)
    momenta = [shells[s][0] for s in symbols]
    if group is None or group.abelian not in _GENERATORS:
        functions: tuple[int, ...] = (sum(2 * m + 1 for own in momenta for m in own),)
    else:
        functions = _by_irrep(symbols, coordinates, momenta, group)
    return AtomCounts(
        tuple(sorted(formula.items())),
        functions,
        (n_alpha, electrons - n_alpha),
        min(core, electrons - n_alpha),
        "C1" if group is None else group.abelian,
    )


@lru_cache(maxsize=1024)
def _shells(basis: str, symbol: str) -> tuple[tuple[int, ...], int]:
    """Angular momenta of an element's contracted shells, and electrons in its core potential."""
    shells, potentials = load_basis(basis, (symbol,))
    momenta: list[int] = []
    for shell in shells[symbol]:
        rows = [row for row in shell[1:] if not isinstance(row, int)]
        momenta += [shell[0]] * (len(rows[0]) - 1)
    return tuple(momenta), int(potentials[symbol][0]) if symbol in potentials else 0


def _core_orbitals(symbol: str) -> int:
    from pyscf.data.elements import chemcore_atm

    z = ATOMIC_NUMBERS[symbol]
    return max(int(chemcore_atm[z]), 1 if 3 <= z <= 10 else 5 if 11 <= z <= 18 else 0)


def _group(
    symbols: tuple[str, ...], coordinates: np.ndarray, settings: Settings
) -> PointGroup | None:
    mole = SimpleNamespace(
        _atom=[(s, list(xyz)) for s, xyz in zip(symbols, coordinates, strict=True)],
        _basis={symbol: [] for symbol in symbols},
        elements=list(symbols),
        atom_coords=lambda: coordinates,
    )
    return quick_point_group(mole, settings.symmetry_tolerance)


def _by_irrep(
    symbols: tuple[str, ...],
    coordinates: np.ndarray,
    momenta: list[tuple[int, ...]],
    group: PointGroup,
) -> tuple[int, ...]:
    """Multiplicity of every irrep in the basis, from the characters of the operations.

    Irreps are numbered by which generators change their sign, so that products are exclusive ors.
    """
    generators = _GENERATORS[group.abelian]
    local = (coordinates - group.origin) @ group.axes.T
    order = 1 << len(generators)
    characters = []
    for element in range(order):
        signs = np.ones(3)
        for bit, generator in enumerate(generators):
            if element >> bit & 1:
                signs = signs * generator
        distance = np.linalg.norm(local * signs - local, axis=1)
        character = 0
        for atom in np.flatnonzero(distance < 1e-3):
            character += sum(_character(m, signs) for m in momenta[atom])
        characters.append(character)
    return tuple(
        sum((-1) ** (element & irrep).bit_count() * characters[element] for element in range(order))
        // order
        for irrep in range(order)
    )


def _character(momentum: int, signs: np.ndarray) -> int:
    """Trace of an operation of D2h in the functions of one angular momentum."""
    changed = int(np.count_nonzero(signs < 0))
    if changed == 0:
        return 2 * momentum + 1
    rotation = (-1) ** momentum  # by half a turn
    if changed == 2:
        return rotation
    return 1 if changed == 1 else (-1) ** momentum * (2 * momentum + 1)


def _spread(functions: tuple[int, ...]) -> list[int]:
    """An irrep for each orbital, such that every stretch has them in about their shares."""
    places = [
        ((k + 0.5) / count, irrep) for irrep, count in enumerate(functions) for k in range(count)
    ]
    return [irrep for _, irrep in sorted(places)]
