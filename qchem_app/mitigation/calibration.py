"""Calibration: how often each qubit is misread, and how well that is known."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from qchem_app.backends.base import Ledger, Sampler
from qchem_app.backends.noise_model import NoiseModel
from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.errors import InputError
from qchem_app.measurement.counts import Counts
from qchem_app.measurement.moments import Evaluate
from qchem_app.measurement.plan import ParityPolynomial

# Step of the numerical derivatives, in standard errors of the calibration.
_STEP = 1e-2


@dataclass(frozen=True, eq=False)
class Calibration:
    """Probabilities of misreading single qubits.

    Attributes:
        flips: (n_qubits, 2) float64, P(1|0) and P(0|1) of each qubit.
        spread: (k, n_qubits, 2) change of `flips` with each of k independent errors of unit
            variance; k is 0 where the probabilities are known.
        ledger: what finding them out cost.
    """

    flips: np.ndarray
    spread: np.ndarray
    ledger: Ledger

    @classmethod
    def known(cls, noise: NoiseModel, n_qubits: int) -> Calibration:
        """What a noise model says."""
        flips = np.array([noise.readout(q) for q in range(n_qubits)]).reshape(n_qubits, 2)
        return cls(_checked(flips), np.zeros((0, n_qubits, 2)), Ledger())

    @classmethod
    def measured(
        cls, sampler: Sampler, n_qubits: int, shots: int | None, rng: np.random.Generator | None
    ) -> Calibration:
        """From two circuits that prepare 0...0 and 1...1.

        An error in preparing 1 cannot be told from an error in reading it, and counts as one.

        Args:
            shots: for both circuits together, at least 2; None for infinitely many.
            rng: draws the outcomes; None gives expected counts.
        """
        begin = time.perf_counter()
        ones = Circuit(n_qubits, tuple(Gate("x", (q,)) for q in range(n_qubits)))
        table = None if shots is None else np.array([[shots - shots // 2], [shots // 2]])
        zero, one = sampler.sample([Circuit(n_qubits), ones], [Circuit(n_qubits)], table, rng)
        flips = np.zeros((n_qubits, 2))
        spread: list[np.ndarray] = []
        for true, counts in enumerate((zero[0], one[0])):
            bits = counts.outcomes[:, None] >> np.arange(n_qubits, dtype=np.uint64)
            wrong = (bits & np.uint64(1)).astype(float) != true
            flips[:, true] = counts.weights @ wrong
            if np.isfinite(counts.shots):
                centred = wrong - flips[:, true]
                covariance = (centred * counts.weights[:, None]).T @ centred
                values, vectors = np.linalg.eigh(covariance / max(counts.shots - 1, 1))
                scale = np.sqrt(np.clip(values, 0.0, None))
                for change in (scale * vectors).T:
                    spread.append(np.zeros((n_qubits, 2)))
                    spread[-1][:, true] = change
        ledger = Ledger(circuits=2, shots=shots or 0, wall_seconds=time.perf_counter() - begin)
        return cls(_checked(flips), np.array(spread).reshape(-1, n_qubits, 2), ledger)


class CalibratedReading:
    """An Evaluate that stands on a calibration, and knows what the calibration's error does.

    Args:
        make: an Evaluate for (n_qubits, 2) probabilities of misreading.
        calibration: the probabilities and their errors.
    """

    def __init__(self, make: Callable[[np.ndarray], Evaluate], calibration: Calibration) -> None:
        self._reading = make(calibration.flips)
        step = _STEP * calibration.spread
        self._moved: Sequence[tuple[Evaluate, Evaluate]] = [
            (make(calibration.flips + change), make(calibration.flips - change)) for change in step
        ]

    def __call__(self, polynomial: ParityPolynomial, counts: Counts) -> np.ndarray:
        """(k,) values of the polynomial at the (k,) outcomes of the counts."""
        return self._reading(polynomial, counts)

    def loadings(self, polynomial: ParityPolynomial, counts: Counts) -> np.ndarray:
        """(k,) change of the mean value with each independent error of the calibration."""
        changes = [
            (up(polynomial, counts) - down(polynomial, counts)) @ counts.weights / (2 * _STEP)
            for up, down in self._moved
        ]
        return np.array(changes)


def _checked(flips: np.ndarray) -> np.ndarray:
    """The probabilities, if every qubit's reading says something about its state."""
    sums = flips.sum(axis=1)
    if flips.size and sums.max() >= 1.0:
        q = int(np.argmax(sums))
        raise InputError(
            f"readout inversion is impossible: qubit {q} is misread with probabilities "
            f"{flips[q, 0]:.3g} in 0 and {flips[q, 1]:.3g} in 1, so its outcome says nothing; "
            "leave the qubit or readout out"
        )
    return flips
