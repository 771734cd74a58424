"""Ranges of a scanned coordinate: "0.5:3.0:0.1", "0.5:3.0:26x", "0.7,0.74,0.8"."""

from __future__ import annotations

import math
import re

from qchem_app.errors import UsageError
from qchem_app.io.source import excerpt

#: Points that a scan may have; more are a mistake in the step.
MOST_POINTS = 10_000
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_COUNT = re.compile(r"([0-9]{1,9})\s*[xX×]", re.ASCII)
_FORMS = 'write START:STOP:STEP, START:STOP:Nx or values with commas, such as "0.5:3.0:0.1"'
# Shares of a step by which the last point may miss the end: decimal steps are not exact in binary.
_SLACK = 1e-6


def parse_grid(text: str) -> tuple[float, ...]:
    """The values of a range, each to 12 decimals, in the order given.

    Args:
        text: START:STOP:STEP with both ends included, START:STOP:Nx for N even points, or values
            separated by commas.

    Raises:
        UsageError: another form, no or too many points, a step of zero or in the wrong direction,
            or a value twice.
    """
    shown = f'the range "{excerpt(text, 40)}"'
    parts = [part.strip() for part in text.split(":")]
    if len(parts) == 1:
        values = [_number(word, shown) for word in text.split(",")]
        if len(values) > MOST_POINTS:
            raise UsageError(_too_many(shown, len(values)))
    elif len(parts) == 3:
        start, stop = _number(parts[0], shown), _number(parts[1], shown)
        count = _COUNT.fullmatch(parts[2])
        if count is None:
            values = _by_step(start, stop, _number(parts[2], shown), shown)
        else:
            values = _by_count(start, stop, int(count[1]), shown)
    else:
        raise UsageError(f"{shown} has {len(parts)} parts between colons: {_FORMS}")
    values = [round(value, 12) + 0.0 for value in values]
    if len(set(values)) < len(values):
        twice = next(value for value in values if values.count(value) > 1)
        raise UsageError(f"{shown} holds {twice:g} twice: give every point once")
    return tuple(values)


def _by_step(start: float, stop: float, step: float, shown: str) -> list[float]:
    if step == 0:
        raise UsageError(f"{shown} has a step of 0: give the distance between two points")
    steps = (stop - start) / step
    if steps < -_SLACK:
        raise UsageError(
            f"{shown} is empty, because a step of {step:g} never leads from {start:g} to "
            f"{stop:g}: exchange the ends or the sign of the step"
        )
    if not steps < MOST_POINTS:
        raise UsageError(_too_many(shown, steps + 1))
    return [start + k * step for k in range(math.floor(steps + _SLACK) + 1)]


def _by_count(start: float, stop: float, count: int, shown: str) -> list[float]:
    if count > MOST_POINTS:
        raise UsageError(_too_many(shown, count))
    if count < 2:
        raise UsageError(f"{shown} has {count} points, and its two ends are two: give 2x or more")
    if start == stop:
        raise UsageError(f"{shown} begins where it ends: give two different ends")
    return [start + (stop - start) * k / (count - 1) for k in range(count)]


def _too_many(shown: str, count: float) -> str:
    return (
        f"{shown} has {count:.4g} points, more than {MOST_POINTS:,}: give a larger step or fewer "
        "points"
    )


def _number(text: str, shown: str) -> float:
    word = text.strip()
    value = float(word) if len(word) <= 40 and _NUMBER.fullmatch(word) else math.nan
    if not math.isfinite(value):
        raise UsageError(f'{shown} holds "{excerpt(word, 20)}", which is not a number: {_FORMS}')
    return value
