from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qchem_app.ansatz.uccsd import uccsd
from qchem_app.backends import lightning
from qchem_app.backends.base import DifferentiableEstimator
from qchem_app.backends.exact import ExactEstimator
from qchem_app.backends.lightning import LightningEstimator
from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import build_hamiltonian
from qchem_app.chemistry.mean_field import run_mean_field
from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.circuits.compile import compile_ansatz
from qchem_app.errors import InputError, ResourceError
from qchem_app.mapping.encodings import make_encoding
from qchem_app.mapping.pauli import PauliSum
from qchem_app.molecule import Molecule
from qchem_app.references.perturbation import mp2_amplitudes


@st.composite
def problems(draw: st.DrawFn) -> tuple[Circuit, PauliSum, np.ndarray]:
    """Circuits with free, shared and bound angles, and observables with and without constant."""
    n, n_parameters = draw(st.integers(1, 4)), draw(st.integers(0, 4))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    gates = []
    for _ in range(draw(st.integers(0, 25))):
        name = rng.choice(["x", "h", "rx", "ry", "rz", "cx", "delay"])
        if name == "cx":
            if n > 1:
                control, target = rng.choice(n, 2, replace=False)
                gates.append(Gate("cx", (int(control), int(target))))
            continue
        qubit = (int(rng.integers(n)),)
        if name[0] == "r" and n_parameters and rng.random() < 0.7:
            parameter = int(rng.integers(n_parameters))
            gates.append(Gate(name, qubit, rng.normal(), parameter, rng.normal()))
        else:
            gates.append(Gate(name, qubit, rng.normal() if name[0] in "rd" else 0.0))
    terms = int(rng.integers(0, 6))
    letters = ["".join(rng.choice(list("IXYZ"), size=n)) for _ in range(terms)]
    observable = PauliSum.from_strings(n, [(word, rng.normal()) for word in letters])
    return Circuit(n, tuple(gates), n_parameters), observable, rng.normal(size=n_parameters)


@pytest.mark.parametrize("most_elements", [0, 10**6])
@given(problem=problems())
@settings(max_examples=60)
def test_state_energy_and_gradient_are_those_of_the_gates_matrices(most_elements, problem) -> None:
    circuit, observable, theta = problem
    with pytest.MonkeyPatch.context() as patch:  # term by term, and as a sparse matrix
        patch.setattr(lightning, "_MOST_ELEMENTS", most_elements)
        check(circuit, observable, theta)


def check(circuit: Circuit, observable: PauliSum, theta: np.ndarray) -> None:
    estimator = LightningEstimator(circuit, observable)
    state = circuit.bind(theta).state()
    np.testing.assert_allclose(estimator.state(theta), state, atol=1e-12)
    assert estimator.estimate(theta).value == pytest.approx(observable.expectation(state))
    energy, gradient = estimator.value_and_gradient(theta)
    assert energy == pytest.approx(observable.expectation(state), abs=1e-12)
    for k in range(theta.size):
        step = np.zeros_like(theta)
        step[k] = 1e-4
        up, down = (observable.expectation(circuit.bind(theta + s * step).state()) for s in (1, -1))
        assert gradient[k] == pytest.approx((up - down) / 2e-4, abs=1e-6)


def test_it_agrees_with_pennylanes_own_way_to_the_simulator() -> None:
    import pennylane as qml

    n, rng = 4, np.random.default_rng(3)
    words = ["".join(rng.choice(list("IXYZ"), size=n)) for _ in range(20)]
    observable = PauliSum.from_strings(n, [(word, rng.normal()) for word in words]).simplified()
    gates = [Gate("ry", (q,), 0.0, q, 1.0) for q in range(n)]
    gates += [Gate("cx", (q, q + 1)) for q in range(n - 1)]
    gates += [Gate("rz", (q,), 0.0, n + q, -0.5) for q in range(n)]
    theta = rng.normal(size=2 * n)

    @qml.qnode(qml.device("lightning.qubit", wires=n), diff_method="adjoint")
    def circuit(theta):
        for gate in gates:
            if gate.name == "cx":
                qml.CNOT(gate.qubits)
            else:
                turn = qml.RY if gate.name == "ry" else qml.RZ
                turn(gate.factor * theta[gate.parameter], gate.qubits)
        pauli = {"X": qml.X, "Y": qml.Y, "Z": qml.Z, "I": qml.I}
        terms = [
            coefficient * qml.prod(*(pauli[letter](q) for q, letter in enumerate(word)))
            for word, coefficient in observable.strings()
        ]
        return qml.expval(qml.sum(*terms))

    estimator = LightningEstimator(Circuit(n, tuple(gates), 2 * n), observable)
    energy, gradient = estimator.value_and_gradient(theta)
    leaf = qml.numpy.array(theta, requires_grad=True)
    assert energy == pytest.approx(float(circuit(leaf)), abs=1e-12)
    np.testing.assert_allclose(gradient, qml.grad(circuit)(leaf), atol=1e-12)


def test_it_is_a_differentiable_estimator_that_counts() -> None:
    circuit = Circuit(1, (Gate("ry", (0,), 0.0, 0, 1.0),), 1)
    estimator = LightningEstimator(circuit, PauliSum.from_strings(1, [("Z", 1.0), ("I", 0.5)]))
    assert isinstance(estimator, DifferentiableEstimator)
    estimate = estimator.estimate(np.array([np.pi / 3]))
    assert estimate.value == pytest.approx(1.0)
    assert (estimate.standard_error, estimate.ledger.evaluations) == (0.0, 1)


@pytest.mark.parametrize("mapping", ["jordan-wigner", "parity"])
def test_it_agrees_with_the_exact_engine(mapping: str) -> None:
    molecule = Molecule.from_xyz("4\n\nH 0 0 0\nH 0 0 1\nH 0 0.8 2\nH 0 0 3")
    mean_field = run_mean_field(molecule)
    hamiltonian = build_hamiltonian(mean_field, select_active_space(mean_field, "full"))
    ansatz = uccsd(hamiltonian, mp2_amplitudes(hamiltonian))
    encoding = make_encoding(hamiltonian, mapping)
    circuit = compile_ansatz(ansatz, encoding)
    estimator = LightningEstimator(circuit, encoding.operator(hamiltonian))
    energy, gradient = estimator.value_and_gradient(ansatz.initial)
    expected, slopes = ExactEstimator(hamiltonian, ansatz).value_and_gradient(ansatz.initial)
    assert energy == pytest.approx(expected, abs=1e-10)
    np.testing.assert_allclose(gradient, slopes, atol=1e-10)


def test_what_does_not_fit_together_is_refused() -> None:
    circuit = Circuit(2, (Gate("ry", (0,), 0.0, 0, 1.0),), 1)
    with pytest.raises(InputError, match=r"^the circuit has 2 qubits, but the observable 1: use"):
        LightningEstimator(circuit, PauliSum.from_strings(1, [("Z", 1.0)]))
    estimator = LightningEstimator(circuit, PauliSum.from_strings(2, [("ZZ", 1.0)]))
    with pytest.raises(InputError, match=r"takes 1 parameters, found \(2,\)$"):
        estimator.estimate(np.zeros(2))


def test_a_state_that_does_not_fit_into_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lightning, "available_memory_mb", lambda: 1000.0)
    with pytest.raises(ResourceError, match=r"^the exact state of 30 qubits needs 85,899 MB, but "):
        LightningEstimator(Circuit(30), PauliSum.from_strings(30, [("Z" * 30, 1.0)]))
