"""Breaks of a curve: steps between points that fit to no smooth curve through the others."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

#: A step breaks the curve from this height, Hartree ...
_BREAK = 5e-3
#: ... where it is so many times that of the steps around it.
_PROMINENT = 5.0


def step_heights(values: Sequence[float], errors: Sequence[float | None]) -> list[float | None]:
    """How far each step between two points is off the steps beside it.

    A step is expected to have the mean slope of its two neighbours. The first and the last step
    have one neighbour: they are judged, by it and by the line through the two next to them, where
    these two agree better with each other than with the step. A smooth curve has next to nothing,
    a change of branch has its height.

    Args:
        values: of the coordinate, ascending.
        errors: Hartree; differences from a curve that is taken for smooth.

    Returns:
        Hartree, one less than points; None where that cannot be told.
    """
    slopes = [
        None if a is None or b is None else (b - a) / (right - left)
        for (left, right), (a, b) in zip(
            itertools.pairwise(values), itertools.pairwise(errors), strict=True
        )
    ]
    heights: list[float | None] = []
    for k, here in enumerate(slopes):
        before = slopes[k - 1] if k > 0 else None
        after = slopes[k + 1] if k + 1 < len(slopes) else None
        width = values[k + 1] - values[k]
        off: float | None = None
        if here is None:
            pass
        elif before is not None and after is not None:
            off = abs(here - (before + after) / 2)
        elif after is not None and k + 2 < len(slopes):
            off = _at_end(here, after, slopes[k + 2])
        elif before is not None and k > 1:
            off = _at_end(here, before, slopes[k - 2])
        heights.append(None if off is None else off * width)
    return heights


def _at_end(here: float, next_to: float, beyond: float | None) -> float | None:
    """How far an end's slope is off, by the slopes of the two steps next to it."""
    if beyond is None:
        return None
    off = abs(here - next_to)
    if abs(next_to - beyond) > off / 2:
        return 0.0  # the curve bends there, or the break is in the next step
    return min(off, abs(here - (2 * next_to - beyond)))


def largest_jump(
    values: Sequence[float], errors: Sequence[float | None]
) -> tuple[float | None, float | None]:
    """The step that fits worst to those beside it; see `step_heights`.

    Returns:
        (height, Hartree; coordinate in the middle of the step); None where no four points in a
        row are known.
    """
    known = [(h, k) for k, h in enumerate(step_heights(values, errors)) if h is not None]
    if not known:
        return None, None
    height, k = max(known, key=lambda each: each[0])
    return height, (values[k] + values[k + 1]) / 2


def breaks(values: Sequence[float], errors: Sequence[float | None]) -> list[int]:
    """Steps at which the curve breaks: by more than 5 mHa, and by much more than elsewhere."""
    heights = [h or 0.0 for h in step_heights(values, errors)]
    usual = sorted(heights)[(len(heights) - 1) // 2] if heights else 0.0
    limit = max(_BREAK, _PROMINENT * usual)
    # a break shows with half of its height in the steps beside it, a bend further away as well
    beside = [max(heights[max(k - 1, 0) : k + 2]) for k in range(len(heights))]
    further = [
        max(*heights[max(k - 2, 0) : max(k - 1, 0)], *heights[k + 2 : k + 3], 0.0, 0.0)
        for k in range(len(heights))
    ]
    return [
        k for k, h in enumerate(heights) if h > limit and h > 0.6 * beside[k] and h > 2 * further[k]
    ]
