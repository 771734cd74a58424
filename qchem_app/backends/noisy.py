"""NoisySampler: circuits on a simulated device with noise, whatever simulates it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Literal, Protocol, get_args

import numpy as np

from qchem_app.backends.density_matrix import DensityMatrixEngine
from qchem_app.backends.noise_model import NoiseModel
from qchem_app.backends.outcomes import check_request, common_width, draw, misread
from qchem_app.circuits.circuit import Circuit
from qchem_app.errors import ResourceError, UsageError
from qchem_app.mapping.pauli import PauliSum
from qchem_app.measurement.counts import Counts
from qchem_app.planning.cost import available_memory_mb

EngineName = Literal["auto", "native", "pennylane", "aer"]
# Numbers in one array of probabilities.
_BATCH = 1 << 22
_LITTLE_MB = 20.0
# A state vector of more qubits takes minutes for each trajectory.
_MOST_TRAJECTORY_QUBITS = 26


class Engine(Protocol):
    """Simulates noisy circuits exactly.

    Attributes:
        name: as in `NoisySampler`.
    """

    name: str

    def probabilities(self, circuits: Sequence[Circuit], settings: Sequence[Circuit]) -> np.ndarray:
        """(n_circuits, n_settings, 2**n) probabilities, read without error."""

    def expectations(self, circuits: Sequence[Circuit], observable: PauliSum) -> np.ndarray:
        """(n_circuits,) tr(O rho) after each circuit."""

    def memory_mb(self, n_qubits: int) -> float:
        """Peak memory of one circuit, megabytes."""


class NoisySampler:
    """A simulated device whose noise is known.

    Gates that take time are scheduled as late as possible, and waiting qubits suffer; a setting
    begins when all qubits have finished the circuit. Misread bits are applied to probabilities,
    in the same way for every engine.

    Args:
        noise: the model.
        engine: native (this project's), pennylane (default.mixed), aer (Qiskit Aer, an extra), or
            auto: native where the density matrix fits into memory, else Aer's trajectories.
        max_memory_mb: None takes what is free.
        threads: None takes all the cores that this process may use.

    Raises:
        UsageError: an engine that does not exist.
        InputError: Aer is asked for and not installed.
    """

    def __init__(
        self,
        noise: NoiseModel,
        engine: EngineName = "auto",
        *,
        max_memory_mb: float | None = None,
        threads: int | None = None,
    ) -> None:
        if engine not in get_args(EngineName):
            raise UsageError(
                f"{engine!r} is not an engine: choose among {', '.join(get_args(EngineName))}"
            )
        self.noise: NoiseModel | None = noise
        self._model = noise
        self.threads = threads
        self.max_memory_mb = max_memory_mb
        self.requested = engine
        self.engine: Engine = self._make(engine)
        self.name = f"noisy simulator ({self.engine.name})"

    def _make(self, engine: EngineName) -> Engine:
        if engine == "pennylane":
            from qchem_app.backends.default_mixed import DefaultMixedEngine

            return DefaultMixedEngine(self._model)
        if engine == "aer":
            from qchem_app.backends.aer import AerEngine

            return AerEngine(self._model, self.threads)
        return DensityMatrixEngine(self._model, self.threads)

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
            ResourceError: neither a density matrix nor trajectories are possible.
        """
        if not circuits or not settings:
            return [[] for _ in circuits]
        check_request(circuits, settings, shots)
        if not self._fits(common_width(circuits)):
            return self._trajectories(circuits, settings, shots, rng)
        out: list[list[Counts]] = []
        for first, probabilities in self._batches(circuits, settings):
            m = len(probabilities)
            flat = probabilities.reshape(m * len(settings), -1)
            numbers = None if shots is None else np.ravel(shots[first : first + m])
            counts = draw(flat, numbers, rng)
            out += [counts[k : k + len(settings)] for k in range(0, len(counts), len(settings))]
        return out

    def probabilities(self, circuits: Sequence[Circuit], settings: Sequence[Circuit]) -> np.ndarray:
        """(n_circuits, n_settings, 2**n) exact probabilities of what is read.

        Raises:
            ResourceError: the density matrix does not fit into memory.
        """
        check_request(circuits, settings, None)
        self._require(common_width([*circuits, *settings]))
        return np.concatenate([part for _, part in self._batches(circuits, settings)])

    def expectations(self, circuits: Sequence[Circuit], observable: PauliSum) -> np.ndarray:
        """(n_circuits,) exact tr(O rho) after each circuit, in the unit of the observable.

        Neither basis changes nor misread bits take part: the noise of the circuits alone.

        Raises:
            ResourceError: the density matrix does not fit into memory.
        """
        check_request(circuits, [], None)
        n_qubits = common_width(circuits)
        self._require(n_qubits)
        step = max(1, _BATCH // 4**n_qubits)
        parts = [
            self.engine.expectations([self._timed(c) for c in circuits[k : k + step]], observable)
            for k in range(0, len(circuits), step)
        ]
        return np.concatenate(parts)

    def _batches(
        self, circuits: Sequence[Circuit], settings: Sequence[Circuit]
    ) -> Iterator[tuple[int, np.ndarray]]:
        """(number of the first circuit, probabilities of what is read) for some at a time."""
        width = common_width([*circuits, *settings])
        timed = [self._timed(setting) for setting in settings]
        # the states of a batch count as well: 4**n numbers for each circuit
        each = max(len(settings) * 2**width, 4**width)
        step = max(1, _BATCH // each)
        for first in range(0, len(circuits), step):
            part = [self._timed(circuit) for circuit in circuits[first : first + step]]
            yield first, misread(self.engine.probabilities(part, timed), self.noise)

    def _timed(self, circuit: Circuit) -> Circuit:
        if not self._model.has_idle_noise:
            return circuit
        from qchem_app.circuits.schedule import schedule

        return schedule(circuit, self._model.gate_time)

    def _limit(self) -> float:
        return available_memory_mb() if self.max_memory_mb is None else self.max_memory_mb

    def _fits(self, n_qubits: int) -> bool:
        needed = self.engine.memory_mb(n_qubits)
        if self.max_memory_mb is None and needed < _LITTLE_MB:
            return True  # asking the system takes longer than a small circuit
        return needed <= self._limit()

    def _require(self, n_qubits: int) -> None:
        if not self._fits(n_qubits):
            raise self._out_of_reach(n_qubits)

    def _out_of_reach(self, n_qubits: int) -> ResourceError:
        return ResourceError(
            f"{self._too_large(n_qubits)}: exact probabilities are out of reach, so give a number "
            "of shots and a seed, or use fewer qubits (a smaller active space, --taper)"
        )

    def _too_large(self, n_qubits: int) -> str:
        needed, available = self.engine.memory_mb(n_qubits), self._limit()
        return (
            f"simulating the density matrix of {n_qubits} qubits takes {_size(needed)} of memory "
            f"and {_size(available)} are available"
        )

    def _trajectories(
        self,
        circuits: Sequence[Circuit],
        settings: Sequence[Circuit],
        shots: np.ndarray | None,
        rng: np.random.Generator | None,
    ) -> list[list[Counts]]:
        n_qubits = common_width(circuits)
        if shots is None or rng is None:
            raise self._out_of_reach(n_qubits)
        state = 2 * 16.0 * 2.0**n_qubits / 1e6
        if n_qubits > _MOST_TRAJECTORY_QUBITS or state > self._limit():
            raise ResourceError(
                f"{self._too_large(n_qubits)}, and trajectories, with {_size(state)} each, are for "
                f"at most {_MOST_TRAJECTORY_QUBITS} qubits that fit: use fewer qubits (a smaller "
                "active space, --taper)"
            )
        if self.requested not in ("auto", "aer") or find_spec("qiskit_aer") is None:
            install = "install Qiskit Aer (pip install 'qchem-app[aer]')"
            choose = f"choose the engine auto or aer instead of {self.requested}"
            todo = choose if find_spec("qiskit_aer") is not None else install
            raise ResourceError(
                f"{self._too_large(n_qubits)}: {todo} to simulate trajectories, or use fewer "
                "qubits (a smaller active space, --taper)"
            )
        from qchem_app.backends.aer import AerEngine

        self.name = "noisy simulator (Aer trajectories)"
        aer = AerEngine(self._model, self.threads)
        timed = [self._timed(setting) for setting in settings]
        return [
            aer.trajectories(self._timed(circuit), timed, row, rng)
            for circuit, row in zip(circuits, shots, strict=True)
        ]


def _size(megabytes: float) -> str:
    """Memory in a unit that keeps the number short."""
    for unit in ("MB", "GB", "TB"):
        if megabytes < 10_000:
            return f"{megabytes:,.0f} {unit}"
        megabytes /= 1e3
    return f"{megabytes:,.0f} PB"
