"""AerEngine: noisy circuits on Qiskit Aer (the extra "aer")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from qchem_app.backends.channel import LETTERS
from qchem_app.backends.noise_model import NoiseModel
from qchem_app.backends.outcomes import common_width
from qchem_app.circuits.circuit import ROTATIONS, Circuit, Gate
from qchem_app.errors import InputError
from qchem_app.mapping.pauli import PauliSum
from qchem_app.measurement.counts import Counts
from qchem_app.printable import printable

# Copies of the density matrix that Aer keeps at its peak.
_COPIES = 3
# Seeds of Aer are signed 32-bit integers.
_SEEDS = 2**31 - 1

#: What distinguishes templates: gates, qubits, and angles where the noise depends on them.
_Structure = tuple[tuple[str, tuple[int, ...], float | None], ...]


class AerEngine:
    """Exact probabilities and expectation values from Aer's density matrices; trajectories.

    Circuits with the same gates share a template, whose angles are bound when it runs; nothing is
    transpiled.

    Args:
        noise: errors after the gates.
        threads: None leaves the number to Aer.

    Raises:
        InputError: Aer is not installed.
    """

    name = "Qiskit Aer"

    def __init__(self, noise: NoiseModel, threads: int | None = None) -> None:
        try:
            import qiskit_aer
            import qiskit_aer.noise
        except ModuleNotFoundError as error:
            raise InputError(
                f"the engine aer needs the package {error.name}, which is not installed: "
                "pip install 'qchem-app[aer]', or choose the engine native"
            ) from None
        self.noise = noise
        self._simulator = qiskit_aer.AerSimulator
        self._options = {"max_parallel_threads": threads or 0}
        # Errors that do not depend on an angle are in Aer's noise model, by gate and qubits; the
        # others are instructions of the circuits.
        self._model = qiskit_aer.noise.NoiseModel()
        self._modelled: set[tuple[str, tuple[int, ...]]] = set()

    @staticmethod
    def memory_mb(n_qubits: int) -> float:
        """Peak memory of one circuit, megabytes."""
        return _COPIES * 16.0 * 4.0**n_qubits / 1e6

    def probabilities(self, circuits: Sequence[Circuit], settings: Sequence[Circuit]) -> np.ndarray:
        """(n_circuits, n_settings, 2**n) outcome probabilities, read without error."""
        n_qubits = common_width([*circuits, *settings])
        out = np.empty((len(circuits), len(settings), 2**n_qubits))
        if len(settings) == 1:
            joined = [circuit + settings[0] for circuit in circuits]
            out[:, 0] = self._run(joined, lambda circuit: circuit.save_probabilities(label="p"))
            return out
        states = self._run(circuits, lambda circuit: circuit.save_density_matrix(label="p"))
        for i, state in enumerate(states):
            turned = []
            for setting in settings:
                circuit = self._empty(n_qubits)
                circuit.set_density_matrix(state)
                self._append(circuit, setting)
                circuit.save_probabilities(label="p")
                turned.append(circuit)
            out[i] = [data["p"] for data in self._results(turned, shots=1)]
        return out

    def expectations(self, circuits: Sequence[Circuit], observable: PauliSum) -> np.ndarray:
        """(n_circuits,) tr(O rho), in the unit of the observable; no measurement, no readout."""
        from qiskit.quantum_info import SparsePauliOp

        # Qiskit writes the highest qubit first
        strings = [(letters[::-1], value) for letters, value in observable.strings()]
        operator = SparsePauliOp.from_list(strings, num_qubits=observable.n_qubits)
        places = range(observable.n_qubits)

        def save(circuit: Any) -> None:
            circuit.save_expectation_value(operator, list(places), label="p")

        return np.array(self._run(circuits, save), dtype=float)

    def trajectories(
        self,
        circuit: Circuit,
        settings: Sequence[Circuit],
        shots: np.ndarray,
        rng: np.random.Generator,
    ) -> list[Counts]:
        """Counts of one circuit in each setting; each shot is a state vector with random errors.

        Args:
            circuit: bound, scheduled.
            settings: likewise.
            shots: (n_settings,) int64.
            rng: seeds Aer and misreads the outcomes.
        """
        out = []
        for setting, number in zip(settings, shots, strict=True):
            measured = self._empty(circuit.n_qubits)
            self._append(measured, circuit)
            self._append(measured, setting)
            measured.measure_all()
            seed = int(rng.integers(_SEEDS))
            options = {"shots": int(number), "seed_simulator": seed}
            counts = self._results([measured], "statevector", **options)[0]["counts"]
            outcomes = np.array([int(key, 16) for key in counts], dtype=np.uint64)
            drawn = np.repeat(outcomes, np.array(list(counts.values()), dtype=np.int64))
            out.append(self._misread(drawn, circuit.n_qubits, rng))
        return out

    def _misread(self, drawn: np.ndarray, n_qubits: int, rng: np.random.Generator) -> Counts:
        """Counts of (shots,) outcomes after the readout error."""
        for q in range(n_qubits):
            up, down = self.noise.readout(q)
            if up or down:
                bit = drawn >> np.uint64(q) & np.uint64(1)
                flipped = rng.random(drawn.size) < np.where(bit == 1, down, up)
                drawn = drawn ^ (flipped.astype(np.uint64) << np.uint64(q))
        outcomes, numbers = np.unique(drawn, return_counts=True)
        return Counts(outcomes, numbers / drawn.size, drawn.size)

    def _run(self, circuits: Sequence[Circuit], save: Any) -> list[Any]:
        """What `save` stores, for each bound circuit."""
        from qiskit.circuit import Parameter

        places: dict[_Structure, list[int]] = {}
        for i, circuit in enumerate(circuits):
            places.setdefault(self._structure(circuit), []).append(i)
        runs, binds, order = [], [], []
        for structure, numbers in places.items():
            first = circuits[numbers[0]]
            template, parameters = self._empty(first.n_qubits), []
            free = [k for k, (_, _, angle) in enumerate(structure) if angle is None]
            if len(numbers) > 1:
                parameters = [Parameter(f"a{k}") for k in free]
            self._append(template, first, dict(zip(free, parameters, strict=False)))
            save(template)
            runs.append(template)
            angles = [[self._turn(circuits[i].gates[k]) for i in numbers] for k in free]
            binds.append(dict(zip(parameters, angles, strict=False)))
            order += numbers
        options: dict[str, Any] = {"parameter_binds": binds} if any(binds) else {}
        results = self._results(runs, shots=1, **options) if runs else []
        out: list[Any] = [None] * len(circuits)
        for i, result in zip(order, results, strict=True):
            out[i] = result["p"]
        return out

    def _structure(self, circuit: Circuit) -> _Structure:
        return tuple(
            (gate.name, gate.qubits, gate.angle if self._turn(gate) is None else None)
            for gate in circuit.gates
        )

    def _turn(self, gate: Gate) -> float | None:
        """The angle that a template leaves open; None where the gate has none."""
        parts = self.noise.separated(gate)
        return None if parts is None else parts[0]

    def _results(
        self, circuits: list[Any], method: str = "density_matrix", **options: Any
    ) -> list[dict[str, Any]]:
        """What each circuit saved or counted."""
        simulator = self._simulator(method=method, noise_model=self._model, **self._options)
        result = simulator.run(circuits, **options).result()
        if not result.success:
            raise InputError(f"Aer could not run the circuit: {printable(result.status)}")
        return [result.data(k) for k in range(len(result.results))]

    @staticmethod
    def _empty(n_qubits: int) -> Any:
        from qiskit import QuantumCircuit

        return QuantumCircuit(n_qubits)

    def _append(
        self, target: Any, circuit: Circuit, parameters: dict[int, Any] | None = None
    ) -> None:
        """Gates of a bound circuit with their noise; some angles may be parameters instead."""
        for k, gate in enumerate(circuit.gates):
            parts = self.noise.separated(gate)
            angle, others = (gate.angle, gate) if parts is None else parts
            if gate.name in ROTATIONS:
                angle = angle if parameters is None else parameters.get(k, angle)
                getattr(target, gate.name)(angle, gate.qubits[0])
            elif gate.name != "delay":
                getattr(target, gate.name)(*gate.qubits)
            if parts is None and self.noise.depends_on_angle(gate):
                if self.noise.errors(gate):
                    target.append(_error(self.noise, gate).to_instruction(), gate.qubits)
            elif (gate.name, gate.qubits) not in self._modelled:
                self._modelled.add((gate.name, gate.qubits))
                if self.noise.errors(others):
                    error = _error(self.noise, others)
                    self._model.add_quantum_error(error, gate.name, list(gate.qubits))


def _error(noise: NoiseModel, gate: Gate) -> Any:
    """All errors after a gate as one of Aer's quantum errors on the gate's qubits."""
    from qiskit.quantum_info import Kraus, SuperOp
    from qiskit_aer.noise import QuantumError, pauli_error

    probabilities = noise.pauli_probabilities(gate)
    n = len(gate.qubits)
    if probabilities is not None:
        # Qiskit writes the first qubit last
        labels = ["".join(LETTERS[k >> 2 * j & 3] for j in range(n))[::-1] for k in range(4**n)]
        kept = [(label, p) for label, p in zip(labels, probabilities, strict=True) if p > 0]
        return pauli_error(kept)
    total = SuperOp(np.eye(4**n))
    for channel, qubits in noise.errors(gate):
        places = [gate.qubits.index(q) for q in qubits]
        total = total.compose(SuperOp(Kraus(list(channel.kraus))), qargs=places)
    return QuantumError(Kraus(total))
