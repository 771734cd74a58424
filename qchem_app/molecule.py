"""Molecule: what the rest of the program means by a molecule."""

from __future__ import annotations

import dataclasses
import operator
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from qchem_app.elements import ATOMIC_NUMBERS, normalise_symbol
from qchem_app.errors import InputError
from qchem_app.units import ANGSTROM_PER_BOHR, BOHR_PER_ANGSTROM

#: Atoms nearer than this (Ångström) are a broken file, not a molecule.
CLOSEST_DISTANCE_ANGSTROM = 0.2
#: A coordinate beyond this (Bohr) is a broken file, and its square would soon overflow.
LARGEST_COORDINATE_BOHR = 1e6


@dataclass(frozen=True, eq=False, repr=False)
class Molecule:
    """Atoms at fixed positions with a charge and a spin multiplicity.

    Two molecules are equal when all but their names is equal, to the last digit.

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
    coordinates: NDArray[np.float64]
    charge: int = 0
    multiplicity: int = 0  # 0: not given; __post_init__ resolves it
    name: str = "molecule"

    def __post_init__(self) -> None:
        symbols = _canonical_symbols(self.symbols)
        coordinates = _canonical_coordinates(self.coordinates, len(symbols))
        pair = closest_pair(coordinates, CLOSEST_DISTANCE_ANGSTROM * BOHR_PER_ANGSTROM)
        if pair is not None:
            i, j, distance = pair
            raise InputError(
                f"atoms {i + 1} ({symbols[i]}) and {j + 1} ({symbols[j]}) are "
                f"{distance * ANGSTROM_PER_BOHR:.3f} Å apart, nearer than "
                f"{CLOSEST_DISTANCE_ANGSTROM} Å: check the coordinates and their unit"
            )
        charge = _whole_number("charge", self.charge)
        n_electrons = sum(ATOMIC_NUMBERS[symbol] for symbol in symbols) - charge
        multiplicity = resolve_multiplicity(
            n_electrons, charge, _whole_number("multiplicity", self.multiplicity)
        )
        for field, value in (
            ("symbols", symbols),
            ("coordinates", coordinates),
            ("charge", charge),
            ("multiplicity", multiplicity),
            ("name", " ".join(str(self.name).split()) or "molecule"),
        ):
            object.__setattr__(self, field, value)

    @classmethod
    def from_file(
        cls,
        path: str | os.PathLike[str],
        *,
        frame: int | None = None,
        charge: int | None = None,
        multiplicity: int | None = None,
    ) -> Molecule:
        """Read an XYZ or QCSchema file; see `qchem_app.io.geometry.read_geometry`.

        Raises:
            InputError: the file cannot be read or is not a usable molecule.
        """
        from qchem_app.io.geometry import read_geometry

        geometry = read_geometry(path, frame=frame, charge=charge, multiplicity=multiplicity)
        return geometry.molecule

    @classmethod
    def from_xyz(
        cls,
        text: str,
        *,
        frame: int | None = None,
        charge: int | None = None,
        multiplicity: int | None = None,
    ) -> Molecule:
        """Read XYZ text, in Ångström unless its first line says otherwise.

        Raises:
            InputError: the text is not a usable molecule; lines are counted from 1.
        """
        from qchem_app.io.geometry import molecule_from_xyz

        return molecule_from_xyz(
            text, "<text>", frame=frame, charge=charge, multiplicity=multiplicity
        )[0]

    @property
    def atomic_numbers(self) -> tuple[int, ...]:
        """Nuclear charges, one an atom."""
        return tuple(ATOMIC_NUMBERS[symbol] for symbol in self.symbols)

    @property
    def n_electrons(self) -> int:
        """Number of electrons; 0 for a bare proton."""
        return sum(self.atomic_numbers) - self.charge

    @property
    def nelec(self) -> tuple[int, int]:
        """Numbers of alpha and beta electrons at M_S = S."""
        unpaired = self.multiplicity - 1
        n_beta = (self.n_electrons - unpaired) // 2
        return n_beta + unpaired, n_beta

    @property
    def formula(self) -> str:
        """Hill formula without the charge: carbon, hydrogen, then the alphabet."""
        counts = Counter(self.symbols)
        first = ["C", "H"] if "C" in counts else []
        order = [s for s in first if s in counts] + sorted(set(counts) - set(first))
        return "".join(s + (str(counts[s]) if counts[s] > 1 else "") for s in order)

    def nuclear_repulsion(self) -> float:
        """Coulomb energy of the bare nuclei, sum over pairs of Z_i Z_j / r_ij, Hartree."""
        charges = np.array(self.atomic_numbers, dtype=float)
        energy = 0.0
        for i in range(1, len(charges)):
            distances = np.linalg.norm(self.coordinates[:i] - self.coordinates[i], axis=1)
            energy += charges[i] * float(np.sum(charges[:i] / distances))
        return energy

    def replace(self, **changes: Any) -> Molecule:
        """A copy with some fields changed, validated like any other molecule.

        A new charge or new symbols without a multiplicity give the lowest multiplicity that fits:
        the old one described another electron count.

        Raises:
            InputError: an unknown field, or a combination that no molecule can have.
        """
        fields = tuple(field.name for field in dataclasses.fields(self))
        for key in changes:
            if key not in fields:
                raise InputError(f'a Molecule has no field "{key}": it has {", ".join(fields)}')
        if changes.get("charge", self.charge) != self.charge or "symbols" in changes:
            changes.setdefault("multiplicity", 0)
        return dataclasses.replace(self, **changes)

    def to_xyz(self) -> str:
        """Extended XYZ text in Ångström, with charge, multiplicity and name in the comment."""
        name = self.name.replace("\\", "\\\\").replace('"', '\\"')
        lines = [
            str(len(self.symbols)),
            f'charge={self.charge} multiplicity={self.multiplicity} name="{name}"',
        ]
        for symbol, row in zip(self.symbols, self.coordinates * ANGSTROM_PER_BOHR, strict=True):
            lines.append(f"{symbol:<2} " + " ".join(f"{x:17.12f}" for x in row))
        return "\n".join(lines) + "\n"

    def _content(self) -> tuple[tuple[str, ...], bytes, int, int]:
        return self.symbols, self.coordinates.tobytes(), self.charge, self.multiplicity

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Molecule):
            return NotImplemented
        return self._content() == other._content()

    def __hash__(self) -> int:
        return hash(self._content())

    def __reduce__(self) -> tuple[type[Molecule], tuple[Any, ...]]:
        # Through the constructor, because NumPy forgets on the way that an array is read-only.
        values = tuple(getattr(self, field.name) for field in dataclasses.fields(self))
        return Molecule, values

    def __repr__(self) -> str:
        natom = len(self.symbols)
        return (
            f"<Molecule {self.name!r}: {self.formula}, {natom} atom{'s' * (natom != 1)}, "
            f"charge {self.charge}, multiplicity {self.multiplicity}, "
            f"{self.n_electrons} electron{'s' * (self.n_electrons != 1)}>"
        )


def resolve_multiplicity(n_electrons: int, charge: int, multiplicity: int = 0) -> int:
    """The multiplicity to use: the given one where it fits, or for 0 the lowest that does.

    Raises:
        InputError: there are fewer than no electrons, or the multiplicity does not fit them.
    """
    if n_electrons < 0:
        total = n_electrons + charge
        raise InputError(
            f"a charge of {charge:+d} takes away more electrons than the {total} that the nuclei "
            f"balance: use {total:+d} or less"
        )
    lowest = 1 + n_electrons % 2
    if multiplicity == 0:
        return lowest
    highest = n_electrons + 1
    if multiplicity < 1 or multiplicity > highest or (multiplicity - lowest) % 2:
        fitting = [str(m) for m in range(lowest, min(highest, lowest + 4) + 1, 2)]
        if lowest + 4 < highest:
            fitting.append(f"... {highest}")
        plural = "" if n_electrons == 1 else "s"
        raise InputError(
            f"multiplicity {multiplicity} does not fit {n_electrons} electron{plural} "
            f"(charge {charge}): use {' or '.join(fitting)}, or change the charge"
        )
    return multiplicity


def closest_pair(coordinates: NDArray[np.float64], within: float) -> tuple[int, int, float] | None:
    """The two nearest atoms (i < j) and their distance, if that is less than `within`.

    Both in the unit of the coordinates. The atoms are sorted along one direction, in which only
    neighbours can be near, so that ten thousand atoms take milliseconds.
    """
    # A direction that no lattice plane or molecular axis is perpendicular to.
    direction = np.array([1.0, np.sqrt(2.0), np.pi])
    along = coordinates @ (direction / np.linalg.norm(direction))
    order = np.argsort(along)
    along, points = along[order], coordinates[order]
    best = None
    for step in range(1, len(points)):
        near = np.flatnonzero(along[step:] - along[:-step] < within)
        if not len(near):
            break
        distances = np.linalg.norm(points[near + step] - points[near], axis=1)
        k = int(np.argmin(distances))
        if distances[k] < within:
            within = float(distances[k])
            i, j = sorted((int(order[near[k]]), int(order[near[k] + step])))
            best = (i, j, within)
    return best


def _canonical_symbols(symbols: Iterable[object]) -> tuple[str, ...]:
    if isinstance(symbols, str):
        raise InputError(
            f'symbols must be one entry an atom, such as ("O", "H", "H"), found {symbols[:40]!r}'
        )
    canonical = []
    for index, entry in enumerate(symbols, start=1):
        is_number = isinstance(entry, int | np.integer) and not isinstance(entry, bool)
        try:
            canonical.append(normalise_symbol(str(entry) if is_number else _text(entry)))
        except InputError as error:
            raise InputError(f"atom {index}: {error}") from None
    if not canonical:
        raise InputError("a molecule needs at least one atom, found none")
    return tuple(canonical)


def _text(entry: object) -> str:
    if not isinstance(entry, str):
        raise InputError(f"an element symbol is text, found {type(entry).__name__}")
    return entry


def _canonical_coordinates(values: object, natom: int) -> NDArray[np.float64]:
    try:
        array = np.asarray(values)
    except ValueError:
        raise InputError(
            f"coordinates must have the shape ({natom}, 3), found ragged rows"
        ) from None
    if array.dtype.kind not in "iuf":
        # Text would be parsed, and complex numbers cut: both hide a mistake.
        raise InputError(f"coordinates must be real numbers in Bohr, found {array.dtype}")
    if array.shape != (natom, 3):
        raise InputError(
            f"coordinates must have the shape ({natom}, 3), one row an atom, found {array.shape}"
        )
    # Adding 0.0 turns -0.0 into 0.0, so that equal molecules are equal byte by byte.
    coordinates: NDArray[np.float64] = array.astype(np.float64, order="C") + 0.0
    if not np.isfinite(coordinates).all():
        atom = int(np.argwhere(~np.isfinite(coordinates))[0, 0])
        raise InputError(f"atom {atom + 1} has a coordinate that is not a finite number")
    if np.abs(coordinates).max() > LARGEST_COORDINATE_BOHR:
        atom = int(np.abs(coordinates).max(axis=1).argmax())
        raise InputError(
            f"atom {atom + 1} has a coordinate beyond {LARGEST_COORDINATE_BOHR:.0e} Bohr: "
            "check the coordinates and their unit"
        )
    coordinates.flags.writeable = False
    return coordinates


def _whole_number(what: str, value: SupportsIndex) -> int:
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        return operator.index(value)
    except TypeError:
        raise InputError(f"the {what} must be a whole number, found {str(value)[:40]!r}") from None
