from __future__ import annotations

import numpy as np
import pennylane as qml
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qchem_app.ansatz.hardware_efficient import hardware_efficient
from qchem_app.ansatz.product import ProductAnsatz
from qchem_app.backends.exact import ExactEstimator
from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.circuits import compile as module
from qchem_app.circuits.circuit import Circuit
from qchem_app.circuits.compile import compile_ansatz
from qchem_app.circuits.pennylane import to_observable, to_operations, to_tape
from qchem_app.civector.excitations import Excitation
from qchem_app.civector.sector import Sector
from qchem_app.civector.sweep import Sweep
from qchem_app.errors import InputError
from qchem_app.mapping.encodings import ENCODINGS, make_encoding


@settings(max_examples=40)
@given(
    norb=st.integers(2, 4),
    size=st.integers(1, 6),
    seed=st.integers(0, 2**32 - 1),
    compact=st.booleans(),
)
def test_states_are_those_of_the_exact_engine_in_every_linear_encoding(
    norb, size, seed, compact, draw_map, draw_ansatz, distance
) -> None:
    rng = np.random.default_rng(seed)
    nelec = tuple(rng.integers(0, norb + 1, size=2).tolist())
    encoding, ansatz = draw_map(norb, nelec, rng), draw_ansatz(norb, size, rng)
    sector = Sector.build(norb, nelec, np.zeros(norb, dtype=int))
    theta = rng.normal(size=ansatz.n_parameters)
    vector = sector.reference()
    Sweep(sector, ansatz.excitations, 1).forward(vector, ansatz.angles(theta))
    circuit = compile_ansatz(ansatz, encoding, compact=compact, width=4)
    assert circuit.n_parameters == ansatz.n_parameters
    assert {gate.name for gate in circuit.gates} <= {"x", "h", "rx", "ry", "rz", "cx"}
    state = circuit.bind(theta).state()
    assert distance(state, encoding.state(sector, vector)) < 1e-10


@pytest.mark.parametrize("rank", [3, 4])
@pytest.mark.parametrize("compact", [True, False])
def test_excitations_of_more_electrons(rank, compact, draw_map, distance) -> None:
    norb, nelec = 4, (2, 2)
    pairs = ((2, 0), (3, 1))
    excitations = (
        Excitation(((2, 0),), ((3, 1),)),
        Excitation(pairs, pairs[: rank - 2]),
        Excitation(((3, 0),)),
    )
    ansatz = ProductAnsatz("", excitations, np.arange(3), np.zeros(3), np.ones(3), "")
    encoding = draw_map(norb, nelec, np.random.default_rng(rank))
    sector = Sector.build(norb, nelec, np.zeros(norb, dtype=int))
    vector, theta = sector.reference(), np.array([0.3, -0.8, 0.5])
    Sweep(sector, excitations, 1).forward(vector, theta)
    circuit = compile_ansatz(ansatz, encoding, compact=compact, width=4)
    assert distance(circuit.bind(theta).state(), encoding.state(sector, vector)) < 1e-10


def test_nothing_is_left_where_every_qubit_is_removed() -> None:
    one = np.ones((1, 1, 1, 1))
    helium = MolecularHamiltonian(one[0, 0], one, 0.0, (1, 1), np.zeros(1, dtype=int), "C1")
    encoding = make_encoding(helium, "parity", taper=True)
    assert encoding.n_qubits == 0
    empty = ProductAnsatz("none", (), np.zeros(0, dtype=int), np.zeros(0), np.ones(0), "")
    assert len(compile_ansatz(empty, encoding)) == 0


MOLECULES = [
    ("h2", "full"),
    ("h4_chain", "full"),
    ("lih", "2,3"),
    ("oh", "3,3"),
    ("ch2_triplet", "4,4"),
    ("heh_plus", "full"),
]


@pytest.mark.parametrize("taper", [False, True])
@pytest.mark.parametrize("encoding_name", ENCODINGS)
@pytest.mark.parametrize(("name", "space"), MOLECULES)
def test_energies_on_lightning_are_those_of_the_exact_engine(
    name, space, encoding_name, taper, molecule, make_ansatz
) -> None:
    hamiltonian = molecule(name, space)
    encoding = make_encoding(hamiltonian, encoding_name, taper=taper)
    observable = to_observable(encoding.operator(hamiltonian))
    n = encoding.n_qubits
    for kind in ("uccsd", "qeb-uccsd", "upccgsd"):
        ansatz = make_ansatz(kind, hamiltonian)
        theta = np.random.default_rng(1).normal(size=ansatz.n_parameters)
        circuit = compile_ansatz(ansatz, encoding, width=8).bind(theta)
        measured = [qml.expval(observable)]
        tape = qml.tape.QuantumScript(to_operations(circuit), measured)
        (energy,) = qml.execute([tape], qml.device("lightning.qubit", wires=n))
        exact = ExactEstimator(hamiltonian, ansatz).estimate(theta).value
        assert float(energy) == pytest.approx(exact, abs=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("taper", [False, True])
@pytest.mark.parametrize("encoding_name", ENCODINGS)
@pytest.mark.parametrize("name", ["lih", "beh2", "h2o", "oh", "nh4_plus"])
@pytest.mark.parametrize("compact", [True, False])
def test_states_of_larger_molecules(
    name, encoding_name, taper, compact, molecule, make_ansatz, distance
) -> None:
    hamiltonian = molecule(name, "full" if name != "nh4_plus" else "6,6")
    encoding = make_encoding(hamiltonian, encoding_name, taper=taper)
    for kind in ("uccsd", "qeb-uccsd", "upccgsd"):
        ansatz = make_ansatz(kind, hamiltonian)
        theta = np.random.default_rng(1).normal(size=ansatz.n_parameters)
        circuit = compile_ansatz(ansatz, encoding, compact=compact, width=8)
        exact = ExactEstimator(hamiltonian, ansatz)
        expected = encoding.state(exact.sector, exact.state(theta))
        assert distance(circuit.bind(theta).state(), expected) < 1e-10


def test_compact_circuits_are_shorter(molecule, make_ansatz) -> None:
    hamiltonian = molecule("h4_chain")
    encoding = make_encoding(hamiltonian)
    for kind in ("uccsd", "qeb-uccsd", "upccgsd"):
        ansatz = make_ansatz(kind, hamiltonian)
        short, long = (
            compile_ansatz(ansatz, encoding, compact=c, width=8).two_qubit_gates
            for c in (True, False)
        )
        assert short < 0.7 * long


def test_hydrogen_takes_three_cnots_and_none_when_tapered(molecule, make_ansatz) -> None:
    hamiltonian = molecule("h2")
    ansatz = make_ansatz("uccsd", hamiltonian)
    full = compile_ansatz(ansatz, make_encoding(hamiltonian))
    assert (full.two_qubit_gates, full.depth()) == (3, 3)
    tapered = compile_ansatz(ansatz, make_encoding(hamiltonian, taper=True))
    assert (tapered.two_qubit_gates, len(tapered)) == (0, 1)
    alone = compile_ansatz(ansatz, make_encoding(hamiltonian), compact=False)
    assert alone.two_qubit_gates == 12


def test_published_counts_are_met(molecule, make_ansatz) -> None:
    """13 CNOTs for each double and 2 for each single (doi:10.1103/PhysRevA.102.062612)."""
    for name in ("h4_chain", "lih"):
        hamiltonian = molecule(name)
        ansatz = make_ansatz("qeb-uccsd", hamiltonian)
        published = sum(13 if len(e.alpha) + len(e.beta) == 2 else 2 for e in ansatz.excitations)
        circuit = compile_ansatz(ansatz, make_encoding(hamiltonian), compact=False, width=16)
        assert circuit.two_qubit_gates < published


@pytest.mark.parametrize(
    ("rotations", "entangler"),
    [("ry", "linear"), ("ry", "circular"), ("ry-rz", "brick"), ("exchange", "brick")],
)
def test_hardware_efficient_circuits_begin_at_the_reference(rotations, entangler, molecule) -> None:
    encoding = make_encoding(molecule("h4_chain", "2,3"))
    ansatz = hardware_efficient(
        encoding.n_qubits, encoding.reference, layers=2, rotations=rotations, entangler=entangler
    )
    circuit = compile_ansatz(ansatz, encoding)
    assert circuit.n_parameters == ansatz.n_parameters
    state = circuit.bind(np.zeros(ansatz.n_parameters)).state()
    assert abs(state[encoding.reference]) == pytest.approx(1.0)


@pytest.mark.parametrize("compact", [True, False])
def test_exchange_circuits_are_those_of_the_excitations(compact, molecule, distance) -> None:
    """The gate fabric by its own definition: qubit excitations between neighbours."""
    hamiltonian = molecule("h4_chain", "2,3")
    encoding = make_encoding(hamiltonian)
    ansatz = hardware_efficient(
        encoding.n_qubits, encoding.reference, layers=2, rotations="exchange"
    )
    theta = np.random.default_rng(2).normal(size=ansatz.n_parameters)
    n = encoding.n_qubits
    state = np.zeros(1 << n)
    state[encoding.reference] = 1.0
    index = np.arange(1 << n)
    for gate in ansatz.layout():
        if gate.parameter is None:
            continue
        half = len(gate.qubits) // 2
        created = sum(1 << q for q in gate.qubits[:half])
        moved = sum(1 << q for q in gate.qubits)
        source = index[index & moved == moved ^ created]
        target = source ^ moved
        cos, sin = (f(gate.factor * theta[gate.parameter]) for f in (np.cos, np.sin))
        state[source], state[target] = (
            cos * state[source] - sin * state[target],
            cos * state[target] + sin * state[source],
        )
    circuit = compile_ansatz(ansatz, encoding, compact=compact)
    assert distance(circuit.bind(theta).state(), state) < 1e-10


def test_a_hardware_efficient_ansatz_for_other_qubits_is_refused(molecule) -> None:
    ansatz = hardware_efficient(3, 0, layers=1)
    with pytest.raises(InputError, match="has 3 qubits, the encoding 4"):
        compile_ansatz(ansatz, make_encoding(molecule("h2")))


def test_a_circuit_without_excitations_prepares_the_reference(molecule) -> None:
    encoding = make_encoding(molecule("h2"))
    empty = ProductAnsatz("none", (), np.zeros(0, dtype=int), np.zeros(0), np.ones(0), "")
    for compact in (True, False):
        circuit = compile_ansatz(empty, encoding, compact=compact)
        assert circuit.counts() == {"x": 2}
        assert abs(circuit.state()[encoding.reference]) == 1.0


@pytest.mark.parametrize("compact", [True, False])
def test_without_a_network_every_excitation_stands_alone(
    compact, molecule, make_ansatz, distance, monkeypatch
) -> None:
    monkeypatch.setattr(module, "find_network", lambda *_, **__: None)
    hamiltonian = molecule("h4_chain")
    encoding = make_encoding(hamiltonian, "bravyi-kitaev")
    ansatz = make_ansatz("uccsd", hamiltonian)
    theta = np.random.default_rng(1).normal(size=ansatz.n_parameters)
    exact = ExactEstimator(hamiltonian, ansatz)
    expected = encoding.state(exact.sector, exact.state(theta))
    circuit = compile_ansatz(ansatz, encoding, compact=compact)
    assert distance(circuit.bind(theta).state(), expected) < 1e-10


def test_tapes_return_the_state_or_an_energy(molecule, make_ansatz, distance) -> None:
    hamiltonian = molecule("h2")
    encoding = make_encoding(hamiltonian)
    ansatz = make_ansatz("uccsd", hamiltonian)
    circuit = compile_ansatz(ansatz, encoding).bind(np.array([0.3]))
    operator = encoding.operator(hamiltonian)
    device = qml.device("default.qubit", wires=4)
    state, energy = qml.execute([to_tape(circuit), to_tape(circuit, operator)], device)
    # wire 0 is PennyLane's leading bit
    reordered = state.reshape((2,) * 4).transpose().reshape(-1)
    assert distance(circuit.state(), reordered) < 1e-12
    assert float(energy) == pytest.approx(operator.expectation(circuit.state()), abs=1e-12)


def test_every_gate_is_pennylane_s(draw_circuit, distance) -> None:
    circuit = draw_circuit(3, 60, np.random.default_rng(5))
    matrix = qml.matrix(qml.tape.QuantumScript(to_operations(circuit)), wire_order=[2, 1, 0])
    assert distance(circuit.state(), matrix[:, 0]) < 1e-12


def test_free_circuits_have_no_operations() -> None:
    from qchem_app.circuits.circuit import Gate

    circuit = Circuit(1, (Gate("ry", (0,), parameter=0, factor=1.0),), 1)
    with pytest.raises(InputError, match="has 1 free parameters: bind them first"):
        to_operations(circuit)
