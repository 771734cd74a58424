from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qchem_app.ansatz.hardware_efficient import (
    HardwareEfficientAnsatz,
    entangler_pairs,
    hardware_efficient,
)
from qchem_app.backends.exact import ExactEstimator
from qchem_app.backends.lightning import LightningEstimator
from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.circuits.compile import compile_ansatz
from qchem_app.errors import InputError
from qchem_app.mapping.encodings import make_encoding
from qchem_app.vqe.multistart import multistart
from qchem_app.vqe.solver import VQE


def apply(ansatz: HardwareEfficientAnsatz, theta: np.ndarray) -> np.ndarray:
    """The layout's state, gate by gate, exchanges from their definition."""
    n = ansatz.n_qubits
    state = np.zeros(1 << n, dtype=complex)
    state[0] = 1.0
    index = np.arange(1 << n)
    for kind, qubits, parameter, factor in ansatz.layout():
        angle = 0.0 if parameter is None else factor * theta[parameter]
        if kind in ("exchange", "pair-exchange"):
            half = len(qubits) // 2
            created = sum(1 << q for q in qubits[:half])
            annihilated = sum(1 << q for q in qubits[half:])
            source = index[(index & (created | annihilated)) == annihilated]
            target = source ^ created ^ annihilated
            x, y = state[source], state[target]
            state[source] = np.cos(angle) * x - np.sin(angle) * y
            state[target] = np.cos(angle) * y + np.sin(angle) * x
        else:
            images = [image(n, Gate(kind, qubits, angle), basis) for basis in range(1 << n)]
            state = np.array(images).T @ state
    return state


def image(n: int, gate: Gate, basis: int) -> np.ndarray:
    """What a gate makes of a basis state."""
    flips = [Gate("x", (q,)) for q in range(n) if basis >> q & 1]
    return Circuit(n, (*flips, gate)).state()


kinds = st.sampled_from(
    [
        ("ry", "linear"),
        ("ry", "circular"),
        ("ry", "brick"),
        ("ry-rz", "linear"),
        ("ry-rz", "circular"),
        ("exchange", "brick"),
    ]
)


@st.composite
def ansatze(draw: st.DrawFn) -> HardwareEfficientAnsatz:
    rotations, entangler = draw(kinds)
    n = draw(st.sampled_from([2, 4]) if rotations == "exchange" else st.integers(1, 4))
    return hardware_efficient(
        n,
        draw(st.integers(0, (1 << n) - 1)),
        layers=draw(st.integers(1, 3)),
        rotations=rotations,
        entangler=entangler,
        seed=draw(st.integers(0, 100)),
    )


@given(ansatze())
@settings(max_examples=30)
def test_zero_parameters_prepare_the_reference(ansatz) -> None:
    state = apply(ansatz, np.zeros(ansatz.n_parameters))
    assert abs(state[ansatz.reference]) == pytest.approx(1.0)


@given(ansatze())
@settings(max_examples=30)
def test_states_are_normalised_and_parameters_are_all_used(ansatz) -> None:
    used = {gate.parameter for gate in ansatz.layout()} - {None}
    assert used == set(range(ansatz.n_parameters))
    assert np.linalg.norm(apply(ansatz, ansatz.initial)) == pytest.approx(1.0)
    assert ansatz.frequencies.shape == ansatz.scale.shape == ansatz.initial.shape


@given(st.integers(0, 15), st.integers(0, 1000))
@settings(max_examples=30)
def test_exchange_conserves_the_electrons_of_either_spin(reference: int, seed: int) -> None:
    ansatz = hardware_efficient(4, reference, layers=2, rotations="exchange", seed=seed, spread=2.0)
    weight = np.abs(apply(ansatz, ansatz.initial)) ** 2
    for mask in (0b0011, 0b1100):
        electrons = np.array([(b & mask).bit_count() for b in range(16)])
        expected = (reference & mask).bit_count()
        assert weight[electrons != expected].sum() == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("name", ["h2", "h3_plus"])
def test_exchange_gates_are_excitations_of_the_exact_engine(hamiltonian, name: str) -> None:
    molecule = hamiltonian(name).without_symmetry()
    norb = molecule.norb
    reference = ((1 << molecule.nelec[0]) - 1) | ((1 << molecule.nelec[1]) - 1) << norb
    ansatz = hardware_efficient(2 * norb, reference, layers=2, rotations="exchange", spread=1.0)
    product = ansatz.product()
    np.testing.assert_array_equal(product.frequencies, ansatz.frequencies)
    estimator = ExactEstimator(molecule, product)
    state = estimator.state(ansatz.initial)
    sector = estimator.sector
    full = np.zeros(1 << 2 * norb)
    for alpha in sector.alpha.strings:
        for beta in sector.beta.strings:
            full[int(alpha) | int(beta) << norb] = state[sector.index(int(alpha), int(beta))]
    np.testing.assert_allclose(full, apply(ansatz, ansatz.initial), atol=1e-12)


def test_entanglers() -> None:
    assert entangler_pairs(4, "linear") == [(0, 1), (1, 2), (2, 3)]
    assert entangler_pairs(4, "circular") == [(0, 1), (1, 2), (2, 3), (3, 0)]
    assert entangler_pairs(5, "brick") == [(0, 1), (2, 3), (1, 2), (3, 4)]
    assert entangler_pairs(2, "circular") == [(0, 1)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rotations": "rx"}, "has no rotations 'rx': choose one of ry, ry-rz, exchange$"),
        ({"entangler": "star"}, "has no entangler 'star': choose one of linear, circular, brick$"),
        ({"layers": -1}, "^-1 layers are not possible"),
        ({"reference": 16}, "^the reference 16 is not a basis state of 4 qubits$"),
        ({"rotations": "exchange", "entangler": "linear"}, "^exchange gates are laid out as a br"),
        ({"rotations": "exchange", "n_qubits": 3, "reference": 1}, "found 3 qubits: use the Jord"),
    ],
)
def test_what_no_circuit_has_is_refused(changes: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        hardware_efficient(**({"n_qubits": 4, "reference": 3, "layers": 1} | changes))


def test_only_exchange_gates_are_a_product_of_excitations() -> None:
    with pytest.raises(InputError, match="is not a product of excitations"):
        hardware_efficient(4, 3, layers=1).product()


def test_the_number_of_parameters_must_fit() -> None:
    with pytest.raises(InputError, match="takes 8 parameters, found"):
        HardwareEfficientAnsatz(4, 3, 1, "ry", "linear", np.zeros(3), 0.1)


def test_exchange_circuit_and_exact_engine_give_the_same_energy(hamiltonian) -> None:
    molecule = hamiltonian("h4_chain").without_symmetry()
    encoding = make_encoding(molecule, "jordan-wigner")
    ansatz = hardware_efficient(8, encoding.reference, layers=2, rotations="exchange", seed=3)
    circuit = compile_ansatz(ansatz, encoding)
    qubits = LightningEstimator(circuit, encoding.operator(molecule))
    engine = ExactEstimator(molecule, ansatz.product())
    energy, gradient = qubits.value_and_gradient(ansatz.initial)
    expected, slopes = engine.value_and_gradient(ansatz.initial)
    assert energy == pytest.approx(expected, abs=1e-10)
    np.testing.assert_allclose(gradient, slopes, atol=1e-10)


@pytest.mark.parametrize("entangler", ["linear", "circular", "brick"])
def test_rotations_reach_full_ci_with_enough_layers(hamiltonian, fci_energy, entangler) -> None:
    molecule = hamiltonian("h4_chain")
    encoding = make_encoding(molecule, "parity", taper=True)
    ansatz = hardware_efficient(
        encoding.n_qubits, encoding.reference, layers=6, entangler=entangler
    )
    circuit = compile_ansatz(ansatz, encoding)
    estimator = LightningEstimator(circuit, encoding.operator(molecule))
    outcome, starts = multistart(VQE(estimator, ansatz, tolerance=1e-6, max_iterations=400), 2)
    exact = fci_energy(molecule)
    assert min(starts.energies) >= exact - 1e-9
    assert outcome.energy - exact < 1e-4


def test_exchange_gates_reach_full_ci_with_enough_layers(hamiltonian, fci_energy) -> None:
    molecule = hamiltonian("h4_chain").without_symmetry()
    reference = make_encoding(molecule, "jordan-wigner").reference
    ansatz = hardware_efficient(8, reference, layers=6, rotations="exchange").product()
    outcome, _ = multistart(VQE(ExactEstimator(molecule, ansatz), ansatz, max_iterations=400), 2)
    assert 0 <= outcome.energy - fci_energy(molecule) + 1e-9 < 1e-5
