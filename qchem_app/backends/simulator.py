"""IdealSampler: circuits without noise, on a state vector."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from qchem_app.backends import statevector_kernels as kernels
from qchem_app.backends.noise_model import NoiseModel
from qchem_app.backends.outcomes import check_request, common_width, draw
from qchem_app.circuits.circuit import Circuit
from qchem_app.errors import ResourceError
from qchem_app.mapping.pauli import PauliSum
from qchem_app.measurement.counts import Counts
from qchem_app.planning.cost import available_memory_mb

# From this many amplitudes on, threads pay.
_THREADS_FROM = 1 << 17
# State vectors, or real vectors of half their size, alive at the same time.
_VECTORS = 4
_LITTLE_MB = 20.0


class IdealSampler:
    """A perfect device: each circuit is simulated once, and each setting on a copy of its state.

    Args:
        threads: None takes all the cores that this process may use.
        max_memory_mb: None takes what is free.
    """

    name = "state vector"
    noise: NoiseModel | None = None

    def __init__(self, *, threads: int | None = None, max_memory_mb: float | None = None) -> None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        self.threads = threads or cores or 1
        self.max_memory_mb = max_memory_mb

    def sample(
        self,
        circuits: Sequence[Circuit],
        settings: Sequence[Circuit],
        shots: np.ndarray | None,
        rng: np.random.Generator | None,
    ) -> list[list[Counts]]:
        """Counts of each circuit in each setting: see `base.Sampler`.

        Raises:
            InputError: free parameters, or fewer than one shot.
            ResourceError: the state does not fit into memory.
        """
        check_request(circuits, settings, shots)
        out = []
        for i, circuit in enumerate(circuits):
            number = None if shots is None else np.asarray(shots)[i]
            out.append(self.sample_state(self.state(circuit), settings, number, rng))
        return out

    def sample_state(
        self,
        state: np.ndarray,
        settings: Sequence[Circuit],
        shots: np.ndarray | None,
        rng: np.random.Generator | None,
    ) -> list[Counts]:
        """Counts of a (2**n_qubits,) complex128 state in each setting; `shots` (n_settings,)."""
        counts = []
        for s, setting in enumerate(settings):
            turned = self._run(state.copy(), _encoded(setting)) if len(setting) else state
            probabilities = (turned.real**2 + turned.imag**2)[None]
            counts += draw(probabilities, None if shots is None else shots[s : s + 1], rng)
        return counts

    def state(self, circuit: Circuit) -> np.ndarray:
        """(2**n_qubits,) complex128 amplitudes after a bound circuit; bit q is qubit q.

        Raises:
            ResourceError: the state does not fit into memory.
        """
        self.require_memory(circuit.n_qubits)
        state = np.zeros(2**circuit.n_qubits, dtype=np.complex128)
        state[0] = 1.0
        return self._run(state, _encoded(circuit))

    def expectations(self, circuits: Sequence[Circuit], observable: PauliSum) -> np.ndarray:
        """(n_circuits,) <O> without sampling, in the unit of the observable."""
        common_width(circuits)
        return np.array([observable.expectation(self.state(circuit)) for circuit in circuits])

    def _run(self, state: np.ndarray, gates: tuple[np.ndarray, ...]) -> np.ndarray:
        if self.threads > 1 and state.size >= _THREADS_FROM:
            kernels.run_threads(self.threads, state, *gates)
        else:
            kernels.run(state, *gates)
        return state

    def require_memory(self, n_qubits: int) -> None:
        """Check that a state of so many qubits can be simulated.

        Raises:
            ResourceError: it does not fit into memory.
        """
        needed = _VECTORS * 16.0 * 2.0**n_qubits / 1e6
        if self.max_memory_mb is None and needed < _LITTLE_MB:
            return  # asking the system takes longer than a small circuit
        limit = available_memory_mb() if self.max_memory_mb is None else self.max_memory_mb
        if needed > limit:
            raise ResourceError(
                f"simulating {n_qubits} qubits takes {needed:,.0f} MB of memory and {limit:,.0f} "
                "MB are available: use a smaller active space or remove qubits by symmetry"
            )


def _encoded(circuit: Circuit) -> tuple[np.ndarray, ...]:
    """Arrays code, first, second and angle of the kernels."""
    gates = circuit.gates
    return (
        np.array([kernels.CODES[gate.name] for gate in gates], dtype=np.int64),
        np.array([gate.qubits[0] for gate in gates], dtype=np.int64),
        np.array([gate.qubits[-1] for gate in gates], dtype=np.int64),
        np.array([gate.angle for gate in gates], dtype=np.float64),
    )
