"""The points of a scan: geometries along a coordinate, or the frames of a path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from qchem_app.errors import InputError
from qchem_app.io.geometry import Geometry, GeometryFile
from qchem_app.molecule import Molecule
from qchem_app.scan.coordinate import Coordinate
from qchem_app.scan.grid import MOST_POINTS
from qchem_app.screening.candidate import Candidate
from qchem_app.units import ANGSTROM_PER_BOHR

#: Name of the coordinate of a path.
PATH = "path / Å"


@dataclass(frozen=True)
class Path:
    """What is scanned.

    Attributes:
        name: of the molecule.
        variable: the coordinate with its unit, "r(H0-H1) / Å".
        points: in ascending order of the coordinate.
        values: the coordinate at each point.
        first: index of the point that the scan begins with.
        notes: what a careful reader should know, one sentence each.
    """

    name: str
    variable: str
    points: tuple[Candidate, ...]
    values: tuple[float, ...]
    first: int
    notes: tuple[str, ...] = ()


def along_coordinate(geometry: Geometry, coordinate: Coordinate, grid: Sequence[float]) -> Path:
    """Rigid displacements of a molecule.

    Args:
        geometry: where the scan begins nearest to.
        coordinate: what is varied.
        grid: its values, Å or degrees.

    Raises:
        InputError: the coordinate is not one of this molecule, or atoms collide at a value.
    """
    molecule = geometry.molecule
    coordinate.check(molecule)
    here = coordinate.value(molecule)
    moving, alone = coordinate.moving(molecule)
    label = coordinate.label(molecule)
    variable = f"{label} / {coordinate.unit}"
    values = tuple(sorted(grid))
    points = []
    for value in values:
        name = f"{molecule.name} {label}={value:g}"
        moved = coordinate.at(molecule, value).replace(name=name)
        points.append(
            Candidate(
                name=name,
                source=geometry.source,
                geometry=replace(geometry, molecule=moved),
                variables={variable: value},
                notes=geometry.notes,
            )
        )
    distances = [_apart(coordinate, value, here) for value in values]
    notes = [_moving_note(molecule, moving)]
    if alone:
        kept, moved_atom = coordinate.atoms[-2:]
        notes.append(
            f"atoms {kept} and {moved_atom} are joined by other bonds as well, as in a ring: "
            f"atom {moved_atom} moves alone"
        )
    return Path(
        molecule.name, variable, tuple(points), values, int(np.argmin(distances)), tuple(notes)
    )


def _apart(coordinate: Coordinate, value: float, here: float) -> float:
    difference = abs(value - here)
    return min(difference % 360, -difference % 360) if coordinate.kind == "dihedral" else difference


def _moving_note(molecule: Molecule, moving: list[int]) -> str:
    names = [f"{molecule.symbols[k]}{k}" for k in moving[:8]]
    more = f" and {len(moving) - 8} more" if len(moving) > 8 else ""
    return f"{', '.join(names)}{more} move{'s' * (len(moving) == 1)}, the others stay"


def along_frames(
    file: GeometryFile, *, charge: int | None = None, multiplicity: int | None = None
) -> Path:
    """The frames of an XYZ file in their order; the coordinate is the length of the way.

    Each frame is turned and shifted onto the one before it, which changes no energy. The length
    is the sum over the steps of the distance between the frames, all atoms together.

    Raises:
        InputError: a frame is not usable, they are not one molecule, two that follow each other
            are the same, or there are fewer than two or too many.
    """
    label = file.source.label
    count = file.n_frames
    if count < 2:
        raise InputError(
            f"{label}: the file has one frame, so there is nothing to scan: vary something with "
            "--bond, --angle or --dihedral, or give a file with several frames"
        )
    if count > MOST_POINTS:
        raise InputError(f"{label}: {count:,} frames are more than {MOST_POINTS:,}: give fewer")
    points, values = [], []
    before: Molecule | None = None
    for frame in range(count):
        geometry = file.geometry(frame, charge=charge, multiplicity=multiplicity, strict=True)
        molecule = geometry.molecule
        if before is None:
            values.append(0.0)
            name = molecule.name
        else:
            if _kind(molecule) != _kind(before):
                raise InputError(
                    f"{label}: frame {frame} is another molecule than the frames before it: all "
                    "need the same atoms in the same order, one charge and one multiplicity"
                )
            x = superposed(molecule.coordinates, before.coordinates)
            step = float(np.linalg.norm(x - before.coordinates)) * ANGSTROM_PER_BOHR
            if step < 1e-6:
                raise InputError(
                    f"{label}: frames {frame - 1} and {frame} are the same geometry: leave one out"
                )
            values.append(values[-1] + step)
            molecule = molecule.replace(coordinates=x)
        before = molecule
        title = f"{name} #{frame}"
        points.append(
            Candidate(
                name=title,
                source=f"{geometry.source}#{frame}",
                geometry=replace(geometry, molecule=molecule.replace(name=title)),
                variables={PATH: values[-1]},
                notes=geometry.notes,
            )
        )
    return Path(name, PATH, tuple(points), tuple(values), 0)


def _kind(molecule: Molecule) -> tuple[tuple[str, ...], int, int]:
    return molecule.symbols, molecule.charge, molecule.multiplicity


def superposed(moved: np.ndarray, fixed: np.ndarray) -> np.ndarray:
    """(natom, 3) coordinates turned and shifted onto others: doi:10.1107/S0567739476001873.

    Only proper rotations; those already in place are returned to the last digit.
    """
    centre, origin = moved.mean(axis=0), fixed.mean(axis=0)
    turned = (moved - centre) @ rotation(moved, fixed) + origin
    if np.linalg.norm(turned - fixed) > np.linalg.norm(moved - fixed) - 1e-9:
        return moved
    return np.asarray(turned)


def rotation(moved: np.ndarray, fixed: np.ndarray) -> np.ndarray:
    """(3, 3) proper rotation, to be multiplied from the right, that brings atoms nearest to others.

    Where it is not unique, as about the line of a linear molecule, the smallest one.
    """
    correlation = (moved - moved.mean(axis=0)).T @ (fixed - fixed.mean(axis=0))
    correlation += 1e-6 * np.linalg.norm(correlation) * np.eye(3)
    u, _, v = np.linalg.svd(correlation)
    handed = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ v)) or 1.0])
    return np.asarray(u @ handed @ v)
