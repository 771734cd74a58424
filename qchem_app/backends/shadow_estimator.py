"""ShadowEstimator: the energy of a circuit from shots in random bases."""

from __future__ import annotations

import time

import numpy as np

from qchem_app.backends.base import Estimate, Ledger, Sampler
from qchem_app.circuits.circuit import Circuit
from qchem_app.errors import InputError
from qchem_app.measurement.shadows import (
    PauliShadows,
    basis_change,
    mean_of,
    median_of_means,
)


class ShadowEstimator:
    """The energy of a circuit from classical shadows; see `PauliShadows`.

    Every basis that is drawn is a circuit of its own: with many qubits there are about as many
    circuits as shots.

    Args:
        circuit: the ansatz.
        shadows: the observable and the probabilities of the bases.
        sampler: runs the circuits.
        shots: for one energy.
        seed: of bases and outcomes.
        n_batches: of the median of means; 1 for the mean, which scatters least.

    Raises:
        InputError: fewer than two shots for each batch.
    """

    def __init__(
        self,
        circuit: Circuit,
        shadows: PauliShadows,
        sampler: Sampler,
        *,
        shots: int,
        seed: int | np.random.Generator = 0,
        n_batches: int = 1,
    ) -> None:
        if shots < 2 * n_batches:
            raise InputError(
                f"{shots} shots are too few for {n_batches} batches: give at least {2 * n_batches}"
            )
        self.circuit, self.shadows, self.sampler = circuit, shadows, sampler
        self.shots, self.n_batches = shots, n_batches
        self.rng = np.random.default_rng(seed)

    def estimate(self, theta: np.ndarray) -> Estimate:
        """Energy at (n_parameters,) theta, Hartree."""
        begin = time.perf_counter()
        circuit = self.circuit.bind(theta)
        bases, shots = self.shadows.bases(self.shots, self.rng)
        settings = [basis_change(basis) for basis in bases]
        counts = self.sampler.sample([circuit], settings, shots[None], self.rng)[0]
        values = np.concatenate(
            [
                np.repeat(
                    self.shadows.polynomial(basis).values(count.outcomes),
                    np.rint(count.weights * number).astype(np.int64),
                )
                for basis, count, number in zip(bases, counts, shots, strict=True)
            ]
        )
        self.rng.shuffle(values)  # batches must not share a basis more than by chance
        if self.n_batches == 1:
            energy, error = mean_of(values)
        else:
            energy, error = median_of_means(values, self.n_batches)
        ledger = Ledger(
            circuits=len(settings),
            shots=self.shots,
            two_qubit_gates=self.shots * circuit.two_qubit_gates,
            wall_seconds=time.perf_counter() - begin,
        )
        return Estimate(energy, error, ledger)
