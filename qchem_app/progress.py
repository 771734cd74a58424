"""Event: what a running calculation says about itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Event:
    """One message from a stage of the calculation.

    Attributes:
        stage: which stage speaks, e.g. "mean field", "active space", "fci", "vqe".
        message: what it says, plain text on one line.
        iteration: number of the iteration, where the stage iterates.
        energy: current energy, Hartree.
        gradient_norm: Euclidean norm of the current gradient, Hartree.
        seconds: since the calculation began.
    """

    stage: str
    message: str
    iteration: int | None = None
    energy: float | None = None
    gradient_norm: float | None = None
    seconds: float = 0.0


#: What solve() calls with every event.
Progress = Callable[[Event], None]
