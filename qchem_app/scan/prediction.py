"""Parameters at the next point from those at the points around it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

#: Neighbours that a prediction looks at.
MOST_NEIGHBOURS = 6


def interpolate(positions: Sequence[float], values: Sequence[np.ndarray], at: float) -> np.ndarray:
    """The polynomial through all points, by Lagrange's formula.

    Args:
        positions: (k,) different ones.
        values: k arrays of one shape.
        at: where.
    """
    total = np.zeros_like(values[0])
    for i, value in enumerate(values):
        others = [x for j, x in enumerate(positions) if j != i]
        weight = float(np.prod([(at - x) / (positions[i] - x) for x in others]))
        total = total + weight * value
    return total


def predict(
    positions: Sequence[float], values: Sequence[np.ndarray], at: float
) -> tuple[np.ndarray, int]:
    """Extrapolate with the degree that would have served best at the point before.

    Every degree that the other neighbours allow predicts the nearest one; the best does the next
    point, too. With one or two neighbours there is nothing to compare: constant, then linear.

    Args:
        positions: of the neighbours, the nearest to `at` first.
        values: (n,) parameters there, in units in which errors weigh alike.
        at: the next point.

    Returns:
        (n,) predicted parameters, and the degree of the polynomial.
    """
    count = len(positions)
    if count <= 2:
        degree = count - 1
    else:
        errors = [
            np.linalg.norm(interpolate(positions[1:k], values[1:k], positions[0]) - values[0])
            for k in range(2, count + 1)
        ]
        degree = int(np.argmin(errors))
    used = slice(0, degree + 1)
    return interpolate(positions[used], values[used], at), degree
