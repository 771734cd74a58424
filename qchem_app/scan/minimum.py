"""Minimum: where a curve is lowest, and how well its points tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

#: Points to the left and to the right of the lowest one, the best choice first.
_WINDOWS = ((2, 2), (1, 3), (3, 1), (1, 2), (2, 1), (1, 1))


@dataclass(frozen=True)
class Minimum:
    """Where a curve is lowest, between points.

    The errors are the differences from the polynomial without the point that is furthest from the
    minimum: they tell of the grid, not of the method.

    Attributes:
        value: of the coordinate, in its unit.
        energy: Hartree.
        curvature: second derivative, Hartree per squared unit of the coordinate.
        third: third derivative there.
        points: through how many the polynomial goes.
        window: indices of the first and the last of them.
        value_error, energy_error, curvature_error: in the same units; None where no smaller
            number of points has a minimum.
    """

    value: float
    energy: float
    curvature: float
    third: float
    points: int
    window: tuple[int, int]
    value_error: float | None = None
    energy_error: float | None = None
    curvature_error: float | None = None


def find_minimum(
    values: Sequence[float],
    energies: Sequence[float | None],
    *,
    mirrors: tuple[bool, bool] = (False, False),
) -> Minimum | None:
    """The minimum of the polynomial through the four nearest points, fewer at ends and gaps.

    Args:
        values: of the coordinate, ascending.
        energies: Hartree.
        mirrors: whether the curve goes on symmetrically beyond its first and its last point. Then
            these may be minima.

    Returns:
        None where the lowest point has no neighbour with an energy on one of its sides.
    """
    x, y, n = list(values), list(energies), len(values)
    index = list(range(n))
    if mirrors[0]:
        x = [2 * values[0] - v for v in values[:0:-1]] + x
        y, index = [*energies[:0:-1], *y], [*index[:0:-1], *index]
    if mirrors[1]:
        x += [2 * values[-1] - v for v in values[-2::-1]]
        y, index = [*y, *energies[-2::-1]], [*index, *range(n - 2, -1, -1)]
    begin = n - 1 if mirrors[0] else 0
    known = [(e, k) for k, e in enumerate(y) if e is not None and begin <= k < begin + n]
    if not known:
        return None
    lowest = min(known)[1]
    for left, right in _WINDOWS:
        best = _through(x, y, lowest, left, right)
        if best is not None:
            used = index[best.window[0] : best.window[1] + 1]
            found = replace(best, window=(min(used), max(used)))
            sides = [(left - 1, right)] * (left > 1) + [(left, right - 1)] * (right > 1)
            if best.value < x[lowest]:
                sides.reverse()  # rather drop the end that is further from the minimum
            rough = [_through(x, y, lowest, *each) for each in sides]
            return _with_error(found, next((each for each in rough if each), None))
    return None


def _with_error(best: Minimum, rough: Minimum | None) -> Minimum:
    """A minimum with its differences from another one."""
    if rough is None:
        return best
    away = abs(best.value - rough.value)
    return replace(
        best,
        value_error=away,
        # what the curve and its curvature change over that way, even where the two agree
        energy_error=abs(best.energy - rough.energy) + best.curvature * away**2 / 2,
        curvature_error=abs(best.curvature - rough.curvature) + abs(best.third) * away,
    )


def _through(
    values: Sequence[float], energies: Sequence[float | None], lowest: int, left: int, right: int
) -> Minimum | None:
    """The minimum of the polynomial through the points around the lowest one."""
    window = range(lowest - left, lowest + right + 1)
    if window.start < 0 or window.stop > len(values):
        return None
    found = [energies[k] for k in window]
    if any(e is None for e in found):
        return None
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
    if not inside:
        return None
    best = min(inside, key=polynomial)
    return Minimum(
        value=float(centre + best * scale),
        energy=float(offset + polynomial(best)),
        curvature=float(curvature(best) / scale**2),
        third=float(polynomial.deriv(3)(best) / scale**3),
        points=len(window),
        window=(window.start, window.stop - 1),
    )


def with_error(value: float, error: float | None, decimals: int, *, unknown: int = 0) -> str:
    """A number with the error of its last digit in brackets: "0.7343(6)".

    Args:
        value: the number.
        error: its error, rounded up; None: not known.
        decimals: at most.
        unknown: decimals of a number whose error is not known.
    """
    if error is None:
        return f"{value:.{unknown}f}"
    places = decimals if error <= 10.0**-decimals else int(np.ceil(-np.log10(error) - 1e-9))
    unit = 10.0 ** -min(places, decimals)
    last = int(np.ceil(error / unit - 1e-9))
    if last > 9:
        places, unit, last = places - 1, unit * 10, 1
    if places >= 0:
        return f"{value:.{places}f}({max(last, 1)})"
    return f"{round(value / unit) * unit:.0f}({max(last, 1) * unit:.0f})"
