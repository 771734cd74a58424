"""DepolarizedSampler: a cheap picture of a noisy device that is too large to simulate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qchem_app.backends.noise_model import NoiseModel
from qchem_app.backends.outcomes import draw, misread
from qchem_app.backends.simulator import IdealSampler
from qchem_app.circuits.circuit import Circuit
from qchem_app.measurement.counts import Counts


class DepolarizedSampler:
    r"""Outcomes as if all gate errors together took the state to the maximally mixed one.

    .. math:: \rho = f |\psi\rangle\langle\psi| + (1 - f) 2^{-n}

    f is the product over the gates of what each one's error leaves: 1 - p 4^k / (4^k - 1) for a
    Pauli error of probability p on k qubits. For random circuits this is what local errors
    become; for others it is an estimate, and it flatters techniques that are exact for such noise:
    exponential extrapolation and Clifford data regression. Readout errors are exact. Needs a state
    vector where the noise itself needs a density matrix. Noise while qubits wait is left out.

    Args:
        noise: of the gates and the readout; errors that are not Pauli are twirled.
        simulator: gives noiseless states.
    """

    def __init__(self, noise: NoiseModel, simulator: IdealSampler | None = None) -> None:
        self.name = "global depolarizing approximation"
        self.noise: NoiseModel | None = noise
        self._pauli = noise if noise.is_pauli else noise.twirled()
        self._simulator = simulator or IdealSampler()

    def fidelity(self, circuit: Circuit) -> float:
        """f of a bound circuit."""
        left = 1.0
        for gate in circuit.gates:
            p = self._pauli.pauli_probabilities(gate)
            if p is not None:
                left *= max(1.0 - (1.0 - float(p[0])) * p.size / (p.size - 1), 0.0)
        return left

    def sample(
        self,
        circuits: Sequence[Circuit],
        settings: Sequence[Circuit],
        shots: np.ndarray | None,
        rng: np.random.Generator | None,
    ) -> list[list[Counts]]:
        """Counts of each circuit in each setting: see `base.Sampler`."""
        out = []
        exact = self._simulator.sample(circuits, settings, None, None)
        basis = [self.fidelity(setting) for setting in settings]
        for c, (circuit, row) in enumerate(zip(circuits, exact, strict=True)):
            own = self.fidelity(circuit)
            size = 1 << circuit.n_qubits
            table = np.empty((len(settings), size))
            for s, counts in enumerate(row):
                left = own * basis[s]
                table[s] = (1.0 - left) / size
                table[s, counts.outcomes.astype(np.int64)] += left * counts.weights
            numbers = None if shots is None else np.asarray(shots)[c]
            out.append(draw(misread(table, self.noise), numbers, rng))
        return out
