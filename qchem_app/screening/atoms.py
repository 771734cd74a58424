"""AtomCounts: orbitals and electrons of a molecule by symmetry, counted and not computed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace

import numpy as np

from qchem_app.chemistry.basis import load_basis
from qchem_app.chemistry.point_group import quick_point_group
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
#: How far from an axis or plane an atom may be to lie on it, Bohr.
_ON_ELEMENT = 5e-4


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
    group, local = "C1", np.array(molecule.coordinates_bohr)
    if settings.symmetry:
        group, local = _place(symbols, local, settings.symmetry_tolerance)
    return AtomCounts(
        tuple(sorted(formula.items())),
        _by_irrep(
            tuple(map(tuple, (np.abs(local) < _ON_ELEMENT).tolist())),
            tuple(shells[s][0] for s in symbols),
            group,
        ),
        (n_alpha, electrons - n_alpha),
        min(core, electrons - n_alpha),
        group,
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


def _place(
    symbols: tuple[str, ...], coordinates: np.ndarray, tolerance: float
) -> tuple[str, np.ndarray]:
    """Name of the Abelian group, and (natom, 3) where the atoms are among its axes, Bohr."""
    if len(symbols) <= 2:  # scans have many of them
        alike = len(set(symbols)) == 1
        half = (len(symbols) - 1) * 0.5 * float(np.linalg.norm(coordinates[-1] - coordinates[0]))
        local = np.array([[0.0, 0.0, -half], [0.0, 0.0, half]])[: len(symbols)]
        return ("D2h" if alike else "C2v"), local
    mole = SimpleNamespace(
        _atom=[(s, list(xyz)) for s, xyz in zip(symbols, coordinates, strict=True)],
        _basis={symbol: [] for symbol in symbols},
        elements=list(symbols),
        atom_coords=lambda: coordinates,
    )
    group = quick_point_group(mole, tolerance)
    if group is None or group.abelian not in _GENERATORS:
        return "C1", coordinates
    return group.abelian, (coordinates - group.origin) @ group.axes.T


@lru_cache(maxsize=4096)
def _by_irrep(
    zero: tuple[tuple[bool, ...], ...], momenta: tuple[tuple[int, ...], ...], group: str
) -> tuple[int, ...]:
    """Multiplicity of every irrep in the basis, from the characters of the operations.

    Irreps are numbered by which generators change their sign, so that products are exclusive ors.

    Args:
        zero: for every atom, which of its coordinates among the group's axes are zero.
        momenta: angular momenta of its shells.
        group: name of the Abelian group.
    """
    generators = np.array(_GENERATORS[group], dtype=int).reshape(-1, 3)
    order = 1 << len(generators)
    # (order, 3): which axes each operation turns round
    turned = np.array(
        [
            (generators[[bit for bit in range(len(generators)) if g >> bit & 1]] < 0).sum(axis=0)
            % 2
            for g in range(order)
        ],
        dtype=bool,
    )
    # an atom stays in its place where it lies at zero on every axis that is turned round
    stays = np.array(zero)[None] | ~turned[:, None]
    own = np.array([_characters(m) for m in momenta])  # (natom, 4)
    characters = (stays.all(axis=2) * own[:, turned.sum(axis=1)].T).sum(axis=1)
    return tuple(
        sum((-1) ** (g & irrep).bit_count() * int(characters[g]) for g in range(order)) // order
        for irrep in range(order)
    )


@lru_cache(maxsize=1024)
def _characters(momenta: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Trace in an atom's functions of operations that turn 0, 1, 2 or 3 axes round.

    Identity, reflection, half a turn and inversion.
    """
    return (
        sum(2 * m + 1 for m in momenta),
        len(momenta),
        sum((-1) ** m for m in momenta),
        sum((-1) ** m * (2 * m + 1) for m in momenta),
    )


def _spread(functions: tuple[int, ...]) -> list[int]:
    """An irrep for each orbital, such that every stretch has them in about their shares."""
    places = [
        ((k + 0.5) / count, irrep) for irrep, count in enumerate(functions) for k in range(count)
    ]
    return [irrep for _, irrep in sorted(places)]
