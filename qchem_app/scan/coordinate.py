"""Coordinate: a bond length, an angle or a dihedral, and the fragment that moves with it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from qchem_app.errors import InputError, UsageError
from qchem_app.io.source import excerpt
from qchem_app.molecule import CLOSEST_DISTANCE_ANGSTROM, Molecule, closest_pair
from qchem_app.scan.bond_graph import bonds, side
from qchem_app.units import ANGSTROM_PER_BOHR, BOHR_PER_ANGSTROM

Kind = Literal["bond", "angle", "dihedral"]
_ATOMS: dict[Kind, int] = {"bond": 2, "angle": 3, "dihedral": 4}
_LETTERS = {"bond": "r", "angle": "a", "dihedral": "d"}
# Sine of the angle at which three atoms count as collinear.
_COLLINEAR = 1e-4


@dataclass(frozen=True)
class Coordinate:
    """What is varied. The last atom moves, and with it all that hangs on its side.

    Attributes:
        kind: bond, angle or dihedral.
        atoms: 2, 3 or 4 indices, from 0.
    """

    kind: Kind
    atoms: tuple[int, ...]

    @property
    def unit(self) -> str:
        """Å or degrees."""
        return "Å" if self.kind == "bond" else "°"

    def label(self, molecule: Molecule) -> str:
        """Name with the atoms, counted from 0 as on the command line: "r(H0-H1)"."""
        names = "-".join(f"{molecule.symbols[k]}{k}" for k in self.atoms)
        return f"{_LETTERS[self.kind]}({names})"

    @classmethod
    def parse(cls, kind: Kind, text: str) -> Coordinate:
        """Read indices such as "0,1".

        Raises:
            UsageError: they are not that many different whole numbers.
        """
        words = [word.strip() for word in text.split(",")]
        count = _ATOMS[kind]
        if len(words) != count or not all(re.fullmatch("[0-9]{1,6}", w, re.ASCII) for w in words):
            example = ",".join("0123"[:count])
            raise UsageError(
                f'--{kind} needs {count} atoms, found "{excerpt(text, 40)}": write their places '
                f"in the file, counted from 0, such as {example}"
            )
        atoms = tuple(int(word) for word in words)
        if len(set(atoms)) < count:
            raise UsageError(
                f"--{kind} {text.strip()} names an atom twice: give {count} different ones"
            )
        return cls(kind, atoms)

    def check(self, molecule: Molecule) -> None:
        """Raise UsageError unless the molecule has the atoms."""
        natom = len(molecule.symbols)
        for atom in self.atoms:
            if atom >= natom:
                raise UsageError(
                    f"--{self.kind}: there is no atom {atom}, the molecule has {natom}, counted "
                    f"from 0 to {natom - 1}: name others"
                )

    def value(self, molecule: Molecule) -> float:
        """The coordinate, Å or degrees; dihedrals from -180 (excluded) to 180.

        Raises:
            InputError: a dihedral of atoms on a line.
        """
        x = molecule.coordinates[list(self.atoms)]
        if self.kind == "bond":
            return float(np.linalg.norm(x[1] - x[0])) * ANGSTROM_PER_BOHR
        if self.kind == "angle":
            return float(np.degrees(_angle(x[0] - x[1], x[2] - x[1])))
        return float(np.degrees(self._dihedral(x)))

    def moving(self, molecule: Molecule) -> tuple[list[int], bool]:
        """Indices of the atoms that move, and whether a ring keeps the last one alone.

        Those on the last atom's side of the bond to the one before it; where both are in one
        ring the last atom moves alone. Of a dihedral all atoms on that side of the middle bond
        turn, so that what hangs there stays in shape.

        Raises:
            InputError: a dihedral about a bond in a ring, or about no bond at all where the sides
                are one.
        """
        neighbours = bonds(molecule)
        *_, kept, moved = self.atoms
        if self.kind != "dihedral":
            found = side(neighbours, kept, moved)
            if found is None:
                return [moved], True
            return sorted(self._without_others(found, moved)), False
        axis = side(neighbours, self.atoms[1], kept)
        if axis is None:
            raise InputError(
                f"--dihedral: the bond of atoms {self.atoms[1]} and {kept} is part of a ring, so "
                "neither side can turn: choose a bond outside of rings"
            )
        turned = axis | (side(neighbours, kept, moved) or {moved})
        return sorted(self._without_others(turned, moved) - {kept}), False

    def _without_others(self, found: set[int], moved: int) -> set[int]:
        """The fragment, unless it holds atoms of the coordinate that must stay."""
        fixed = set(self.atoms[:-1]) & found
        if self.kind == "dihedral":
            fixed -= {self.atoms[2]}
        return {moved} if fixed else found

    def at(self, molecule: Molecule, value: float) -> Molecule:
        """The molecule with the coordinate at `value`, Å or degrees; all else stays rigid.

        Raises:
            InputError: a length that is not positive, an angle outside 0 to 180, an angle or
                dihedral that has no plane, or atoms that collide.
        """
        self._check_value(value)
        moving, _ = self.moving(molecule)
        x = np.array(molecule.coordinates)
        if self.kind == "bond":
            a, b = x[list(self.atoms)]
            axis = (b - a) / np.linalg.norm(b - a)
            x[moving] += axis * (value * BOHR_PER_ANGSTROM - np.linalg.norm(b - a))
        elif self.kind == "angle":
            i, j, k = x[list(self.atoms)]
            normal = np.cross(i - j, k - j)
            scale = np.linalg.norm(i - j) * np.linalg.norm(k - j)
            if np.linalg.norm(normal) < _COLLINEAR * scale:
                normal = self._any_plane(x, i - j)
            turn = np.radians(value) - _angle(i - j, k - j)
            x[moving] = _rotated(x[moving] - j, normal, turn) + j
        else:
            four = x[list(self.atoms)]
            turn = np.radians(value) - self._dihedral(four)
            x[moving] = _rotated(x[moving] - four[2], four[2] - four[1], turn) + four[2]
        pair = closest_pair(x, CLOSEST_DISTANCE_ANGSTROM * BOHR_PER_ANGSTROM)
        if pair is not None:
            raise InputError(
                f"at {self.label(molecule)} = {value:g} {self.unit} atoms {pair[0]} and {pair[1]} "
                f"collide ({pair[2] * ANGSTROM_PER_BOHR:.3f} Å apart): change the range"
            )
        return molecule.replace(coordinates=x)

    def _check_value(self, value: float) -> None:
        if self.kind == "bond" and not value > 0:
            raise UsageError(f"--bond: a length must be positive, found {value:g} Å: start higher")
        if self.kind == "angle" and not 0 < value <= 180:
            raise UsageError(
                f"--angle: an angle lies between 0 and 180 degrees, found {value:g}: change the "
                "range"
            )
        if self.kind == "dihedral" and not -360 <= value <= 360:
            raise UsageError(
                f"--dihedral: a dihedral lies between -360 and 360 degrees, found {value:g}: "
                "change the range"
            )

    def _any_plane(self, x: np.ndarray, line: np.ndarray) -> np.ndarray:
        """A normal to a line that all atoms lie on: then every plane is as good."""
        away = np.cross(x - x[self.atoms[1]], line / np.linalg.norm(line))
        if np.linalg.norm(away, axis=1).max() > _COLLINEAR:
            raise InputError(
                f"--angle: atoms {self.atoms[0]}, {self.atoms[1]} and {self.atoms[2]} lie on a "
                "line and others beside it, so the plane to bend in is not defined: bend them a "
                "little in the file"
            )
        return np.cross(line, np.eye(3)[np.argmin(np.abs(line))])

    def _dihedral(self, x: np.ndarray) -> float:
        """Radians, IUPAC sign."""
        b1, b2, b3 = x[1] - x[0], x[2] - x[1], x[3] - x[2]
        n1, n2 = np.cross(b1, b2), np.cross(b2, b3)
        for normal, u, v, atoms in ((n1, b1, b2, self.atoms[:3]), (n2, b2, b3, self.atoms[1:])):
            if np.linalg.norm(normal) < _COLLINEAR * np.linalg.norm(u) * np.linalg.norm(v):
                raise InputError(
                    f"--dihedral: atoms {atoms[0]}, {atoms[1]} and {atoms[2]} lie on a line, so "
                    "the dihedral is not defined: choose other atoms"
                )
        return float(np.arctan2(np.linalg.norm(b2) * (b1 @ n2), n1 @ n2))


def _angle(u: np.ndarray, v: np.ndarray) -> float:
    """Angle between two vectors, radians; exact near 0 and 180 degrees, too."""
    return float(np.arctan2(np.linalg.norm(np.cross(u, v)), u @ v))


def _rotated(x: np.ndarray, axis: np.ndarray, angle: float) -> np.ndarray:
    """(n, 3) vectors turned about an axis by Rodrigues' formula; radians."""
    k = axis / np.linalg.norm(axis)
    along = np.outer(x @ k, k)
    return np.asarray(along + (x - along) * np.cos(angle) + np.cross(k, x) * np.sin(angle))
