"""Ansatz: what an optimiser needs to know of a family of states."""

from __future__ import annotations

from typing import Protocol

import numpy as np


class Ansatz(Protocol):
    """Parameters: how many, where to begin, how the energy depends on them."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def n_parameters(self) -> int:
        """Number of independent parameters."""

    @property
    def initial(self) -> np.ndarray:
        """(n_parameters,) first guess, radians."""

    @property
    def scale(self) -> np.ndarray:
        """(n_parameters,) half the expected curvature of the energy, Hartree; positive."""

    @property
    def frequencies(self) -> np.ndarray:
        """(n_parameters,) int64, highest frequency of the energy along each parameter.

        Along one parameter the energy is a trigonometric polynomial with the frequencies
        0, 1, 2, ... up to this one.
        """

    @property
    def spread(self) -> float:
        """Standard deviation of random first guesses, radians; 0 where they are not random."""


def random_guess(n_parameters: int, spread: float, seed: int) -> np.ndarray:
    """(n_parameters,) normally distributed around zero, radians: the same for the same seed."""
    return np.random.default_rng(seed).normal(scale=spread, size=n_parameters)
