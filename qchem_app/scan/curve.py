"""ScanCurve: energies along a path, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from qchem_app.elements import ATOMIC_NUMBERS
from qchem_app.scan.jumps import breaks, largest_jump
from qchem_app.scan.minimum import Minimum, find_minimum
from qchem_app.scan.states import states_along
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
class MethodSummary:
    """What follows from one method's curve; None where it cannot be told.

    Attributes:
        name: of the method.
        minimum: None unless the lowest point lies between two others, or symmetry makes the end
            that it is at a minimum; None where the curve breaks inside of its points.
        rise: Hartree above the minimum, or above the lowest point where there is none: of the last
            point of a bond, the dissociation energy without zero-point energy; of the highest
            point of any other coordinate, the barrier.
        flat: whether the curve changes by less than 1 mHa over its last step.
        last_step: by how much it rises there, Hartree.
        frequency: harmonic, cm^-1, of diatomic molecules.
        frequency_error: of the grid, cm^-1.
        largest_error: against FCI, the largest in size with its sign, Hartree; None for
            density functionals.
        non_parallelity: largest minus smallest error against FCI, Hartree.
        jump: largest break of the error from one point to the next, Hartree; see `largest_jump`.
        jump_at: coordinate between those points.
        broken: whether a break lies inside of the points that the minimum would stand on.
        broken_at: coordinates of the breaks between the minimum and what it rises to.
        gaps: points without an energy.
    """

    name: str
    minimum: Minimum | None
    rise: float | None
    flat: bool | None
    last_step: float | None
    frequency: float | None
    frequency_error: float | None
    largest_error: float | None
    non_parallelity: float | None
    jump: float | None
    jump_at: float | None
    broken: bool
    broken_at: tuple[float, ...]
    gaps: int


@dataclass(frozen=True)
class ScanCurve:
    """Energies along a path.

    Attributes:
        name: of the molecule.
        variable: the coordinate with its unit.
        symbols: of the atoms.
        values: the coordinate, ascending.
        energies: Hartree at each point by method, None where it has none, did not converge or is
            of another state than the first point.
        gradients: that the VQE of each point took; None where there is none.
        energies_only: energies without gradient that it took besides.
        starts: how the VQE of each point was begun.
        errors: sentence of each point that failed, else empty.
        notes: what the records say about the curve at each point.
        lower_states: mHa by which FCI found a state of another irrep lower at each point.
        states: irrep of each point's state where it is another than the first point's, else empty.
        state: irrep of the first point's.
        groups: point group of each geometry.
        level: basis set and active space of all points.
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
    notes: tuple[tuple[str, ...], ...] = ()
    lower_states: tuple[float | None, ...] = ()
    states: tuple[str, ...] = ()
    state: str = ""
    groups: tuple[str, ...] = ()
    level: str = ""

    @classmethod
    def of_rows(
        cls,
        name: str,
        variable: str,
        symbols: Sequence[str],
        methods: Iterable[str],
        rows: Iterable[ResultRow],
        first: float | None = None,
    ) -> ScanCurve:
        """From the rows of a store, in the order of the path.

        Args:
            name, variable, symbols, methods: see the attributes.
            rows: the points.
            first: coordinate of the point that the scan began with, whose state is meant; None, or
                where it failed: the state of most points.
        """
        rows = list(rows)
        state, states = states_along(rows, variable, first)
        energies = {}
        for method in (*methods, "vqe"):
            field = method_id(method)
            energies[method] = tuple(
                None if other else _energy(row, field)
                for row, other in zip(rows, states, strict=True)
            )
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
            notes=tuple(
                tuple(str(row.fields.get("scan_notes") or "").splitlines()) for row in rows
            ),
            lower_states=tuple(_number(row.fields.get("lower_state_mha")) for row in rows),
            states=states,
            state=state,
            groups=tuple(str(row.fields.get("point_group") or "") for row in rows),
            level=_level(rows),
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
        minimum = find_minimum(self.values, energies, mirrors=self._mirrors())
        errors = self.errors_of(method) if method != "fci" else None
        known = [e for e in errors or () if e is not None]
        compared = errors or self._above_hartree_fock(method)
        jump, jump_at = largest_jump(self.values, compared)
        broken = breaks(self.values, compared)
        inside = minimum is not None and any(
            minimum.window[0] <= k < minimum.window[1] for k in broken
        )
        lowest, end = self._low_and_high(energies)
        rise: float | None = None
        between: list[int] = []
        if inside:
            minimum = None
        elif lowest is not None and end is not None:
            low = energies[lowest] if minimum is None else minimum.energy
            high = energies[end]
            assert low is not None
            assert high is not None
            rise = high - low
            between = [k for k in broken if min(lowest, end) <= k < max(lowest, end)]
        last_step: float | None = None
        if len(energies) > 1 and energies[-1] is not None and energies[-2] is not None:
            last_step = energies[-1] - energies[-2]
        frequency = None if minimum is None else self._frequency(minimum)
        frequency_error: float | None = None
        if frequency is not None and minimum is not None and minimum.curvature_error is not None:
            frequency_error = frequency * minimum.curvature_error / (2 * minimum.curvature)
        return MethodSummary(
            name=method,
            minimum=minimum,
            rise=rise,
            flat=None if last_step is None else abs(last_step) < _FLAT,
            last_step=last_step,
            frequency=frequency,
            frequency_error=frequency_error,
            largest_error=max(known, key=abs) if known and method in _WAVEFUNCTION else None,
            non_parallelity=max(known) - min(known) if len(known) > 1 else None,
            jump=jump,
            jump_at=jump_at,
            broken=inside,
            broken_at=tuple((self.values[k] + self.values[k + 1]) / 2 for k in between),
            gaps=sum(e is None for e in energies),
        )

    def _low_and_high(self, energies: Sequence[float | None]) -> tuple[int | None, int | None]:
        """Index of the lowest point, and of the point that the curve rises to from there.

        Of a bond the last point: None where that is the lowest or has no energy. Else the highest.
        """
        known = [(e, k) for k, e in enumerate(energies) if e is not None]
        if not known:
            return None, None
        lowest, last = min(known)[1], len(energies) - 1
        if not self.is_bond:
            highest = max(known)[1]
            return lowest, highest if highest != lowest else None
        return lowest, last if energies[last] is not None and lowest != last else None

    def _mirrors(self) -> tuple[bool, bool]:
        """Whether the curve goes on symmetrically beyond its first and its last point.

        An end with another point group than the two points next to it, which have one, has more
        symmetry than they: the way away from it is not totally symmetric there, and both
        directions are the same.
        """
        groups = self.groups
        if len(groups) < 3 or not all(groups) or self.is_bond:
            return False, False
        first = groups[0] != groups[1] == groups[2]
        return first, groups[-1] != groups[-2] == groups[-3]

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


def _level(rows: Iterable[ResultRow]) -> str:
    """Basis set and space of the first point that is done; all points have the same."""
    for row in rows:
        if row.fields.get("basis"):
            return f"{row.fields['basis']}, {row.fields.get('space')}"
    return ""


def _energy(row: ResultRow, field: str) -> float | None:
    value = row.fields.get(f"e_{field}")
    failed = str(row.fields.get("unconverged") or "").split(",")
    if field in (name.strip() for name in failed) or isinstance(value, bool | str):
        return None
    return None if value is None else float(value)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) else None


def in_millihartree(value: float | None) -> float | None:
    """Hartree as mHa."""
    return None if value is None else value * MILLIHARTREE_PER_HARTREE
