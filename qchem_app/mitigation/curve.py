"""Extrapolation: the limit of no noise, and the curve that leads there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Extrapolation:
    """The limit of no noise.

    Attributes:
        value, standard_error: Hartree; the error is statistical only: that the curve is the right
            one is assumed.
        curve: energies, Hartree, at an array of noise scales: what a plot draws.
    """

    value: float
    standard_error: float
    curve: Callable[[np.ndarray], np.ndarray]


def listed(numbers: np.ndarray) -> str:
    """Numbers as text for a message."""
    return ", ".join(f"{x:.6g}" for x in numbers)
