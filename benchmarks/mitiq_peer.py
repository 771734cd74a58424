"""Mitiq's half of mitiq_agreement.py: run by an interpreter that has mitiq and cirq.

Reads a problem as JSON from standard input and writes mitiq's answers as JSON. It uses nothing of
qchem_app, whose environment it does not share.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

import cirq
import mitiq
import numpy as np
from mitiq import pec, zne
from mitiq.zne import inference
from mitiq.zne.scaling import fold_all, fold_global

GATES = {"x": cirq.X, "h": cirq.H, "cx": cirq.CNOT}
ROTATIONS = {"rx": cirq.rx, "ry": cirq.ry, "rz": cirq.rz}
PAULIS = {"X": cirq.X, "Y": cirq.Y, "Z": cirq.Z}
FOLDINGS = {"global": fold_global, "local-left": fold_all}


def circuit_of(problem: dict) -> cirq.Circuit:
    """The circuit, gate by gate."""
    qubits = cirq.LineQubit.range(problem["n_qubits"])
    operations = [
        (ROTATIONS[name](angle) if name in ROTATIONS else GATES[name])(*(qubits[q] for q in where))
        for name, where, angle in problem["gates"]
    ]
    return cirq.Circuit(operations)


def observable_of(problem: dict) -> cirq.PauliSum:
    """The Hamiltonian; the first letter of a string belongs to qubit 0."""
    qubits = cirq.LineQubit.range(problem["n_qubits"])
    total = cirq.PauliSum()
    for letters, coefficient in problem["observable"]:
        factors = {q: PAULIS[p] for q, p in zip(qubits, letters, strict=True) if p != "I"}
        total += coefficient * cirq.PauliString(factors)
    return total


def executor_of(problem: dict) -> Callable[[cirq.Circuit], float]:
    """Exact energy, each gate followed by its depolarizing noise."""
    qubits = cirq.LineQubit.range(problem["n_qubits"])
    matrix = observable_of(problem).matrix(qubits)
    simulator = cirq.DensityMatrixSimulator(dtype=np.complex128)
    one, two, each = (problem["noise"][name] for name in ("one", "two", "each"))

    def execute(circuit: cirq.Circuit) -> float:
        operations = []
        for operation in circuit.all_operations():
            operations.append(operation)
            if len(operation.qubits) == 2:
                if two:
                    operations.append(cirq.depolarize(two, n_qubits=2)(*operation.qubits))
                if each:
                    operations += [cirq.depolarize(each)(q) for q in operation.qubits]
            elif one:
                operations.append(cirq.depolarize(one)(*operation.qubits))
        state = simulator.simulate(cirq.Circuit(operations), qubit_order=qubits)
        return float(np.real(np.trace(matrix @ state.final_density_matrix)))

    return execute


def factory_of(fit: str, scales: list[float], asymptote: float) -> inference.BatchedFactory:
    """Mitiq's name for a fit."""
    return {
        "linear": lambda: inference.LinearFactory(scales),
        "richardson": lambda: inference.RichardsonFactory(scales),
        "polynomial": lambda: inference.PolyFactory(scales, order=2),
        "exponential": lambda: inference.ExpFactory(scales, asymptote=asymptote),
        "exponential-free": lambda: inference.ExpFactory(scales),
    }[fit]()


def representations(problem: dict, circuit: cirq.Circuit) -> list[pec.OperationRepresentation]:
    """Quasi-probabilities of the two-qubit gates."""
    noise = problem["noise"]
    kind = pec.represent_operation_with_global_depolarizing_noise
    level = noise["two"]
    if noise["each"]:
        kind, level = pec.represent_operation_with_local_depolarizing_noise, noise["each"]
    gates = {operation for operation in circuit.all_operations() if len(operation.qubits) == 2}
    return [kind(cirq.Circuit(gate), level) for gate in gates]


def main() -> None:
    problem = json.load(sys.stdin)
    circuit, execute = circuit_of(problem), executor_of(problem)
    answer: dict = {"version": mitiq.__version__, "ideal": None, "zne": {}, "folded": {}}
    noiseless = {**problem, "noise": {"one": 0.0, "two": 0.0, "each": 0.0}}
    answer["ideal"] = executor_of(noiseless)(circuit)
    for folding in problem["foldings"]:
        scale_noise = FOLDINGS[folding]
        answer["folded"][folding] = [
            execute(scale_noise(circuit, scale)) for scale in problem["scales"]
        ]
        answer["zne"][folding] = {}
        for fit in problem["fits"]:
            factory = factory_of(fit, problem["scales"], problem["asymptote"])
            try:
                value = zne.execute_with_zne(
                    circuit, execute, factory=factory, scale_noise=scale_noise
                )
                answer["zne"][folding][fit] = float(np.real(value))
            except inference.ExtrapolationError:
                answer["zne"][folding][fit] = None
    known = representations(problem, circuit)
    norms = {representation.ideal.all_qubits(): representation.norm for representation in known}
    answer["one_norm"] = float(
        np.prod(
            [
                norms[frozenset(operation.qubits)]
                for operation in circuit.all_operations()
                if len(operation.qubits) == 2
            ]
        )
    )
    if problem["samples"]:
        begin = time.perf_counter()
        # Mitiq takes the circuits' energies one after another; here they have no shot noise.
        mean, data = pec.execute_with_pec(
            circuit,
            execute,
            representations=known,
            num_samples=problem["samples"],
            random_state=problem["seed"],
            full_output=True,
        )
        answer["pec"] = [float(np.real(mean)), float(data["pec_error"])]
        answer["pec_seconds"] = time.perf_counter() - begin
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
