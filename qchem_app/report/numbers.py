"""Numbers as a paper's supplement prints them."""

from __future__ import annotations

from collections.abc import Sequence

from qchem_app.result import TWO_SIDED_95
from qchem_app.units import MILLIHARTREE_PER_HARTREE


def energy(value: float | None) -> str:
    """Hartree, eight decimals."""
    return "-" if value is None else f"{value:.8f}"


def error(value: float | None) -> str:
    """Millihartree, three decimals and a sign; no sign where it rounds to zero."""
    if value is None:
        return "-"
    text = f"{value:+.3f}"
    return "0.000" if float(text) == 0 else text


def half_interval(standard_error: float | None) -> str:
    """Half of a 95 % interval, millihartree, from a standard error in Hartree."""
    if not standard_error:
        return "-"
    return f"{TWO_SIDED_95 * standard_error * MILLIHARTREE_PER_HARTREE:.3f}"


def seconds(value: float) -> str:
    """Hundredths below a hundred seconds, whole seconds above."""
    if value < 0.005:
        return "< 0.01"
    return f"{value:.2f}" if value < 100 else f"{value:.0f}"


def expectation(value: float) -> str:
    """Four decimals, without the sign of a zero."""
    text = f"{value:.4f}"
    return "0.0000" if float(text) == 0 else text


def count(number: int, noun: str) -> str:
    """A number with its noun in the right form: 1 orbital, 2 orbitals."""
    if number == 1:
        return f"{number:,} {noun}"
    return f"{number:,} {noun[:-1]}ies" if noun.endswith("gy") else f"{number:,} {noun}s"


def occupations(values: Sequence[float], *, fold: float = 0.01) -> str:
    """Natural occupations, largest first; those within `fold` of 2 or 0 are only counted.

    Nothing is folded where there are eight or fewer.
    """
    ordered = sorted(values, reverse=True)
    if len(ordered) <= 8:
        return ", ".join(expectation(v) for v in ordered)
    full = sum(v > 2 - fold for v in ordered)
    empty = sum(v < fold for v in ordered)
    between = ordered[full : len(ordered) - empty]
    parts = [f"{full}x>{2 - fold:.2f}"] if full else []
    parts += [expectation(v) for v in between]
    parts += [f"{empty}x<{fold:.2f}"] if empty else []
    return ", ".join(parts)
