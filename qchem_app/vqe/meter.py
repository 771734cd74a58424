"""Meter: counts what an optimiser asks of an estimator, and keeps the estimator's randomness."""

from __future__ import annotations

from typing import Any

import numpy as np

from qchem_app.backends.base import Estimate, Estimator, Ledger


class Meter:
    """An estimator and what has been spent on it.

    An estimator that draws outcomes keeps a generator of its own in `rng`. A run that is to go on
    as if it had not been interrupted needs that generator's state too.

    Args:
        estimator: gives energies.
        evaluations, ledger: spent before.
        random_state: of the estimator's generator, set where it is not None.
    """

    def __init__(
        self,
        estimator: Estimator,
        evaluations: int = 0,
        ledger: Ledger | None = None,
        random_state: dict[str, Any] | None = None,
    ) -> None:
        self.estimator = estimator
        self.evaluations = evaluations
        self.ledger = ledger or Ledger()
        if random_state is not None and (rng := self._rng()) is not None:
            rng.bit_generator.state = random_state

    def __call__(self, theta: np.ndarray) -> Estimate:
        """Energy at (n_parameters,) theta, Hartree."""
        estimate = self.estimator.estimate(theta)
        self.evaluations += 1
        self.ledger += estimate.ledger
        return estimate

    @property
    def random_state(self) -> dict[str, Any] | None:
        """State of the estimator's generator; None where it has none."""
        rng = self._rng()
        return None if rng is None else dict(rng.bit_generator.state)

    def _rng(self) -> np.random.Generator | None:
        rng = getattr(self.estimator, "rng", None)
        return rng if isinstance(rng, np.random.Generator) else None
