"""CNOTs and depth of Qiskit Nature's circuits, for benchmarks/circuits.py.

    PYTHON_WITH_QISKIT_NATURE benchmarks/circuits_qiskit_nature.py PROBLEMS.json COUNTS.json

Reads the excitation lists that circuits.py wrote, builds UCC of Qiskit Nature with exactly these
excitations (PauliEvolutionGate for qubit excitations, which it lacks; RealAmplitudes for the
hardware-efficient circuit), binds numbers and runs Qiskit's transpiler at level 3, first with its
default synthesis of Pauli evolutions and then with the Rustiq plug-in (arXiv:2404.03280). Imports
nothing of qchem_app.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

BASIS = ["cx", "rz", "ry", "rx", "h", "x"]


def qubit_generator(n: int, occupied: list[int], empty: list[int]) -> Any:
    """-i (tau - tau^dagger) without Jordan-Wigner strings, as a SparsePauliOp."""
    from qiskit.quantum_info import SparsePauliOp

    terms: dict[str, complex] = {"I" * n: 1.0}
    for q in (*occupied, *empty):
        raising = 1 if q in empty else -1  # (X -+ i Y) / 2
        new: dict[str, complex] = {}
        for label, value in terms.items():
            place = n - 1 - q  # Qiskit's labels begin with the last qubit
            for letter, factor in (("X", 0.5), ("Y", -0.5j * raising)):
                key = label[:place] + letter + label[place + 1 :]
                new[key] = new.get(key, 0) + value * factor
        terms = new
    operator = SparsePauliOp(list(terms), list(terms.values()))
    return (-1j * (operator - operator.adjoint())).simplify()


def build(problem: dict[str, Any]) -> Any:
    from qiskit import QuantumCircuit
    from qiskit.circuit.library import PauliEvolutionGate, RealAmplitudes
    from qiskit_nature.second_q.circuit.library import UCC, HartreeFock
    from qiskit_nature.second_q.mappers import JordanWignerMapper

    mapper = JordanWignerMapper()
    norb, particles = problem["norb"], tuple(problem["nelec"])
    n = 2 * norb
    angles = problem["angles"]
    if problem["kind"] == "hardware-efficient":
        circuit = RealAmplitudes(n, entanglement="linear", reps=problem["layers"])
        return circuit.assign_parameters(angles)
    reference = HartreeFock(norb, particles, mapper)
    if problem["kind"] == "qubit":
        circuit = QuantumCircuit(n)
        circuit.compose(reference, inplace=True)
        for (occupied, empty), angle in zip(problem["excitations"], angles, strict=True):
            gate = PauliEvolutionGate(qubit_generator(n, occupied, empty), time=angle)
            circuit.append(gate, range(n))
        return circuit
    excitations = [(tuple(o), tuple(e)) for o, e in problem["excitations"]]
    ansatz = UCC(norb, particles, lambda **_: excitations, mapper, initial_state=reference)
    return ansatz.assign_parameters(angles).decompose()


def count(circuit: Any, **options: Any) -> dict[str, int]:
    from qiskit import transpile

    done = transpile(circuit, basis_gates=BASIS, optimization_level=3, seed_transpiler=0, **options)
    return {
        "cnots": int(done.count_ops().get("cx", 0)),
        "depth": int(done.depth()),
        "cnot_depth": int(done.depth(lambda i: len(i.qubits) == 2)),
    }


def main() -> None:
    warnings.simplefilter("ignore")
    import qiskit
    import qiskit_nature
    from qiskit.transpiler.passes.synthesis.high_level_synthesis import HLSConfig

    problems = json.loads(Path(sys.argv[1]).read_text())
    counts: dict[str, Any] = {
        "versions": {"qiskit": qiskit.__version__, "qiskit-nature": qiskit_nature.__version__}
    }
    rustiq = HLSConfig(PauliEvolution=["rustiq"])
    for key, problem in problems.items():
        circuit = build(problem)
        counts[key] = {"level 3": count(circuit), "rustiq": count(circuit, hls_config=rustiq)}
        print(key, counts[key], file=sys.stderr, flush=True)
    Path(sys.argv[2]).write_text(json.dumps(counts, indent=1) + "\n")


if __name__ == "__main__":
    main()
