"""Molecular formula in the Hill system."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable


def hill_formula(symbols: Iterable[str]) -> str:
    """Carbon, hydrogen, then the alphabet; the plain alphabet where there is no carbon."""
    counts = Counter(symbols)
    first = [s for s in ("C", "H") if s in counts] if "C" in counts else []
    order = [*first, *sorted(set(counts) - set(first))]
    return "".join(s if counts[s] == 1 else f"{s}{counts[s]}" for s in order)
