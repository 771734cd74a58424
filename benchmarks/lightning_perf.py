"""One exact energy and gradient of a circuit: LightningEstimator beside PennyLane's own QNode.

    python benchmarks/lightning_perf.py [MOLECULE ...]

The circuit is UCCSD in Jordan-Wigner form, STO-3G, all electrons; the QNode is on the same
`lightning.qubit`, with `diff_method="adjoint"`. Times are the best of several.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pennylane as qml
from ansatz_energies import load

from qchem_app.ansatz.uccsd import uccsd
from qchem_app.backends.lightning import LightningEstimator
from qchem_app.circuits.circuit import Circuit
from qchem_app.circuits.compile import compile_ansatz
from qchem_app.mapping.encodings import make_encoding
from qchem_app.mapping.pauli import PauliSum
from qchem_app.references.perturbation import mp2_amplitudes

PAULIS = {"X": qml.X, "Y": qml.Y, "Z": qml.Z}
ROTATIONS = {"rx": qml.RX, "ry": qml.RY, "rz": qml.RZ}


def best(function: Callable[[], Any], repetitions: int) -> float:
    times = []
    for _ in range(repetitions):
        begin = time.perf_counter()
        function()
        times.append(time.perf_counter() - begin)
    return min(times)


def qnode(circuit: Circuit, observable: PauliSum) -> Any:
    terms = []
    for word, _ in observable.strings():
        letters = [PAULIS[letter](q) for q, letter in enumerate(word) if letter != "I"]
        terms.append(qml.prod(*letters) if letters else qml.I(0))
    hamiltonian = qml.Hamiltonian([c for _, c in observable.strings()], terms)

    @qml.qnode(qml.device("lightning.qubit", wires=circuit.n_qubits), diff_method="adjoint")
    def run(theta: Any) -> Any:
        for gate in circuit.gates:
            if gate.name == "cx":
                qml.CNOT(gate.qubits)
            elif gate.name == "x":
                qml.X(gate.qubits[0])
            elif gate.name == "h":
                qml.H(gate.qubits[0])
            elif gate.parameter is None:
                ROTATIONS[gate.name](gate.angle, gate.qubits)
            else:
                ROTATIONS[gate.name](gate.angle + gate.factor * theta[gate.parameter], gate.qubits)
        return qml.expval(hamiltonian)

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("molecules", nargs="*", default=["h2", "h4_chain", "lih"])
    print(
        "| molecule | qubits | gates | terms | energy, ms | energy and gradient, ms | "
        "QNode gradient, ms |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name in parser.parse_args().molecules:
        hamiltonian = load(name)
        ansatz, encoding = (
            uccsd(hamiltonian, mp2_amplitudes(hamiltonian)),
            make_encoding(hamiltonian),
        )
        circuit, operator = compile_ansatz(ansatz, encoding), encoding.operator(hamiltonian)
        estimator = LightningEstimator(circuit, operator)
        theta = ansatz.initial
        node = qml.grad(qnode(circuit, operator))
        leaf = qml.numpy.array(theta, requires_grad=True)
        np.testing.assert_allclose(estimator.gradient(theta), node(leaf), atol=1e-10)
        energy = best(lambda e=estimator, t=theta: e.estimate(t), 20)
        gradient = best(lambda e=estimator, t=theta: e.value_and_gradient(t), 20)
        peer = best(lambda n=node, x=leaf: n(x), 3)
        print(
            f"| {name} | {circuit.n_qubits} | {len(circuit)} | {len(operator)} | "
            f"{energy * 1e3:.2f} | {gradient * 1e3:.2f} | {peer * 1e3:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
