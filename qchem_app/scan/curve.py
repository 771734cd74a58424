"""ScanCurve: energies along a path, and what follows from them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from qchem_app.elements import ATOMIC_NUMBERS
from qchem_app.screening.fields import method_id
from qchem_app.screening.store import ResultRow
from qchem_app.units import (
    BOHR_PER_ANGSTROM,
    ELECTRON_MASS_PER_DALTON,
    MILLIHARTREE_PER_HARTREE,
    WAVENUMBER_PER_HARTREE,
)

#: Hartree over the last step, above which a curve is not flat yet.
_FLAT = 1e-3
#: Totals of these are upper bounds or approximations of the same number; others only compare in
#: differences.
_WAVEFUNCTION = ("hf", "mp2", "ccsd", "ccsd(t)", "fci", "vqe")


@dataclass(frozen=True)
class Minimum:
    """Where a curve is lowest, between points.

    Attributes:
        value: of the coordinate, in its unit.
        energy: Hartree.
        curvature: second derivative, Hartree per squared unit of the coordinate.
        points: through how many the polynomial goes.
    """

    value: float
    energy: float
    curvature: float
    points: int


@dataclass(frozen=True)
class MethodSummary:
    """What follows from one method's curve; None where it cannot be told.

    Attributes:
        name: of the method.
        minimum: None unless the lowest point lies between two others.
        rise: energy of the last point above the minimum, Hartree: of a bond the dissociation
            energy, without zero-point energy.
        flat: whether the curve changes by less than 1 mHa over its last step.
        frequency: harmonic, cm^-1, of diatomic molecules.
        largest_error: against FCI, the largest in size with its sign, Hartree; None for
            density functionals.
        non_parallelity: largest minus smallest error against FCI, Hartree.
        jump: largest break of the error from one point to the next, Hartree; see `largest_jump`.
        jump_at: coordinate between those points.
        gaps: points without an energy.
    """

    name: str
    minimum: Minimum | None
    rise: float | None
    flat: bool | None
    frequency: float | None
    largest_error: float | None
    non_parallelity: float | None
    jump: float | None
    jump_at: float | None
    gaps: int


@dataclass(frozen=True)
class ScanCurve:
    """Energies along a path.

    Attributes:
        name: of the molecule.
        variable: the coordinate with its unit.
        symbols: of the atoms.
        values: the coordinate, ascending.
        energies: Hartree at each point by method, None where it has none or did not converge.
        gradients: that the VQE of each point took; None where there is none.
        energies_only: energies without gradient that it took besides.
        starts: how the VQE of each point was begun.
        errors: sentence of each point that failed, else empty.
    """

    name: str
    variable: str
    symbols: tuple[str, ...]
    values: tuple[float, ...]
    energies: dict[str, tuple[float | None, ...]]
    gradients: tuple[int | None, ...]
    energies_only: tuple[int, ...]
    starts: tuple[str, ...]
    errors: tuple[str, ...]

    @classmethod
    def of_rows(
        cls,
        name: str,
        variable: str,
        symbols: Sequence[str],
        methods: Iterable[str],
        rows: Iterable[ResultRow],
    ) -> ScanCurve:
        """From the rows of a store, in the order of the path."""
        rows = list(rows)
        energies = {}
        for method in (*methods, "vqe"):
            field = method_id(method)
            energies[method] = tuple(_energy(row, field) for row in rows)
        return cls(
            name=name,
            variable=variable,
            symbols=tuple(symbols),
            values=tuple(row.variables[variable] for row in rows),
            energies=energies,
            gradients=tuple(_count(row.fields.get("gradients")) for row in rows),
            energies_only=tuple(_count(row.fields.get("scan_energies_only")) or 0 for row in rows),
            starts=tuple(str(row.fields.get("scan_start") or "") for row in rows),
            errors=tuple(row.error for row in rows),
        )

    @property
    def is_bond(self) -> bool:
        """Whether a bond was stretched."""
        return self.variable.startswith("r(")

    def errors_of(self, method: str) -> list[float | None] | None:
        """Energy minus FCI at each point, Hartree; None without FCI."""
        if "fci" not in self.energies or not any(self.energies["fci"]):
            return None
        return [
            None if e is None or exact is None else e - exact
            for e, exact in zip(self.energies[method], self.energies["fci"], strict=True)
        ]

    def summary(self, method: str) -> MethodSummary:
        """What follows from a method's curve."""
        energies = self.energies[method]
        minimum = find_minimum(self.values, energies)
        rise: float | None = None
        flat: bool | None = None
        if minimum is not None and energies[-1] is not None:
            rise = energies[-1] - minimum.energy
            flat = energies[-2] is not None and abs(energies[-1] - energies[-2]) < _FLAT
        errors = self.errors_of(method) if method != "fci" else None
        known = [e for e in errors or () if e is not None]
        compared = errors or self._above_hartree_fock(method)
        jump, jump_at = largest_jump(self.values, compared)
        return MethodSummary(
            name=method,
            minimum=minimum,
            rise=rise,
            flat=flat,
            frequency=None if minimum is None else self._frequency(minimum),
            largest_error=max(known, key=abs) if known and method in _WAVEFUNCTION else None,
            non_parallelity=max(known) - min(known) if len(known) > 1 else None,
            jump=jump,
            jump_at=jump_at,
            gaps=sum(e is None for e in energies),
        )

    def _above_hartree_fock(self, method: str) -> list[float | None]:
        """What breaks are looked for in where there is no FCI: the correlation energy."""
        if method in ("hf", "fci") or "hf" not in self.energies:
            return [None] * len(self.values)
        return [
            None if e is None or hf is None else e - hf
            for e, hf in zip(self.energies[method], self.energies["hf"], strict=True)
        ]

    def _frequency(self, minimum: Minimum) -> float | None:
        if len(self.symbols) != 2 or not self.is_bond or minimum.curvature <= 0:
            return None
        from pyscf.data.elements import MASSES

        first, second = (float(MASSES[ATOMIC_NUMBERS[s]]) for s in self.symbols)
        reduced = first * second / (first + second) * ELECTRON_MASS_PER_DALTON
        force = minimum.curvature / BOHR_PER_ANGSTROM**2
        return float(np.sqrt(force / reduced)) * WAVENUMBER_PER_HARTREE


def find_minimum(values: Sequence[float], energies: Sequence[float | None]) -> Minimum | None:
    """The minimum of the polynomial through the four nearest points, fewer at ends and gaps.

    Args:
        values: of the coordinate, ascending.
        energies: Hartree.

    Returns:
        None where the lowest point has no neighbour with an energy on one of its sides.
    """
    known = [(e, k) for k, e in enumerate(energies) if e is not None]
    if not known:
        return None
    lowest = min(known)[1]
    for left, right in ((2, 2), (1, 3), (3, 1), (1, 2), (2, 1), (1, 1)):
        window = range(lowest - left, lowest + right + 1)
        if window.start < 0 or window.stop > len(values):
            continue
        found = [energies[k] for k in window]
        if any(e is None for e in found):
            continue
        centre, scale = values[lowest], values[lowest + 1] - values[lowest - 1]
        x = (np.array([values[k] for k in window]) - centre) / scale
        offset = float(energies[lowest] or 0.0)
        y = np.array([e - offset for e in found if e is not None])
        polynomial = np.polynomial.Polynomial.fit(x, y, len(window) - 1).convert()
        slope, curvature = polynomial.deriv(), polynomial.deriv(2)
        roots = slope.roots()
        real = roots[np.abs(roots.imag) < 1e-9].real
        low, high = (values[lowest - 1] - centre) / scale, (values[lowest + 1] - centre) / scale
        inside = [r for r in real if low <= r <= high and curvature(r) > 0]
        if inside:
            best = min(inside, key=polynomial)
            return Minimum(
                value=float(centre + best * scale),
                energy=float(offset + polynomial(best)),
                curvature=float(curvature(best) / scale**2),
                points=len(window),
            )
    return None


def largest_jump(
    values: Sequence[float], errors: Sequence[float | None]
) -> tuple[float | None, float | None]:
    """The step between two points that fits worst to the steps before and after it.

    A step is expected to have the mean slope of its two neighbours; the jump is how far it is off.
    A smooth curve has next to none, a change of branch has its height. The first and the last step
    have a neighbour on one side only and are not judged.

    Args:
        values: of the coordinate, ascending.
        errors: Hartree; differences from a curve that is taken for smooth.

    Returns:
        (height, Hartree; coordinate in the middle of the step); None where no four points in a
        row are known.
    """
    slopes = [
        None if a is None or b is None else (b - a) / (right - left)
        for (left, right), (a, b) in zip(
            itertools.pairwise(values), itertools.pairwise(errors), strict=True
        )
    ]
    largest, place = None, None
    for k in range(1, len(slopes) - 1):
        before, here, after = slopes[k - 1 : k + 2]
        if before is None or here is None or after is None:
            continue
        height = abs(here - (before + after) / 2) * (values[k + 1] - values[k])
        if largest is None or height > largest:
            largest, place = height, (values[k] + values[k + 1]) / 2
    return largest, place


def _energy(row: ResultRow, field: str) -> float | None:
    value = row.fields.get(f"e_{field}")
    failed = str(row.fields.get("unconverged") or "").split(",")
    if field in (name.strip() for name in failed) or isinstance(value, bool | str):
        return None
    return None if value is None else float(value)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) else None


def in_millihartree(value: float | None) -> float | None:
    """Hartree as mHa."""
    return None if value is None else value * MILLIHARTREE_PER_HARTREE
