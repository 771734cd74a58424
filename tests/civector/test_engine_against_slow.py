"""The exact engine and its readable twin on OpenFermion's matrices must agree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.civector import _slow
from qchem_app.civector.excitations import Excitation
from qchem_app.civector.hamiltonian import SectorHamiltonian
from qchem_app.civector.rdm import rdm1, spin_squared
from qchem_app.civector.sector import Sector
from qchem_app.civector.sweep import Sweep

# (norb, nelec, orbsym, irrep): closed and open shells, empty spins, C1, C2v-like and D2h-like
SECTORS = [
    (2, (1, 1), (0, 5), 0),
    (3, (2, 1), (0, 0, 1), 0),
    (3, (2, 1), (0, 2, 3), 1),
    (4, (2, 2), (0, 0, 0, 0), 0),
    (4, (2, 2), (0, 5, 0, 5), 0),
    (4, (3, 1), (0, 5, 6, 7), 6),
    (4, (2, 2), (0, 2, 3, 5), 1),
    (4, (2, 0), (0, 1, 2, 3), 1),
    (4, (4, 2), (0, 1, 0, 1), 0),
    (1, (1, 0), (5,), 5),
]


def random_hamiltonian(
    norb: int, nelec: tuple[int, int], orbsym: np.ndarray, seed: int
) -> MolecularHamiltonian:
    """Random real integrals with the eightfold and the point-group symmetry."""
    rng = np.random.default_rng(seed)
    h1 = rng.normal(size=(norb, norb))
    h1 = np.where(orbsym[:, None] == orbsym, h1 + h1.T, 0.0)
    eri = rng.normal(size=(norb,) * 4)
    eri = eri + eri.transpose(1, 0, 2, 3)
    eri = eri + eri.transpose(0, 1, 3, 2)
    eri = eri + eri.transpose(2, 3, 0, 1)
    pair = orbsym[:, None] ^ orbsym
    eri = np.where(pair[:, :, None, None] == pair, eri, 0.0)
    return MolecularHamiltonian(h1, eri, float(rng.normal()), nelec, orbsym)


def random_excitation(
    draw: st.DrawFn, norb: int, nelec: tuple[int, int], orbsym: np.ndarray
) -> Excitation | None:
    """A symmetry-allowed excitation of one to three electrons, generalised ones included."""
    n_alpha, n_beta = draw(st.sampled_from([(1, 0), (0, 1), (1, 1), (2, 0), (0, 2), (2, 1)]))
    if 2 * max(n_alpha, n_beta) > norb:
        return None
    parts = []
    for n in (n_alpha, n_beta):
        orbitals = draw(st.permutations(range(norb)))[: 2 * n]
        parts.append(tuple(zip(orbitals[:n], orbitals[n:], strict=True)))
    excitation = Excitation(parts[0], parts[1], fermionic=draw(st.booleans()))
    return excitation if excitation.irrep(orbsym) == 0 else None


@st.composite
def problems(draw: st.DrawFn) -> tuple[Sector, MolecularHamiltonian, list[Excitation], np.ndarray]:
    norb, nelec, orbsym, irrep = draw(st.sampled_from(SECTORS))
    symmetry = np.array(orbsym)
    hamiltonian = random_hamiltonian(norb, nelec, symmetry, draw(st.integers(0, 1000)))
    tries = [random_excitation(draw, norb, nelec, symmetry) for _ in range(6)]
    excitations = [e for e in tries if e is not None]
    angles = np.array([draw(st.floats(-3, 3)) for _ in excitations])
    return Sector.build(norb, nelec, symmetry, irrep), hamiltonian, excitations, angles


thorough = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def start_vector(sector: Sector, seed: int = 0) -> np.ndarray:
    vector = np.random.default_rng(seed).normal(size=sector.size)
    return vector / np.linalg.norm(vector)


@given(problems())
@thorough
def test_hamiltonian_product_equals_sparse_matrix(problem) -> None:
    sector, hamiltonian, _, _ = problem
    vector = start_vector(sector)
    full = np.zeros(1 << (2 * sector.norb))
    places = _slow.sector_indices(sector)
    full[places] = vector
    expected = _slow.hamiltonian_matrix(hamiltonian) @ full
    ours = SectorHamiltonian(hamiltonian, sector).apply(vector)
    np.testing.assert_allclose(ours, expected[places], atol=1e-11)
    outside = np.delete(expected, places)
    np.testing.assert_allclose(outside, 0.0, atol=1e-11)  # H does not leave the sector


@given(problems())
@thorough
def test_rotations_equal_matrix_exponentials(problem) -> None:
    sector, _, excitations, angles = problem
    ours = start_vector(sector)
    full = np.zeros(1 << (2 * sector.norb))
    places = _slow.sector_indices(sector)
    full[places] = ours
    from scipy.sparse.linalg import expm_multiply

    Sweep(sector, excitations).forward(ours, angles)
    for excitation, angle in zip(excitations, angles, strict=True):
        tau = _slow.excitation_matrix(excitation, sector.norb)
        full = expm_multiply(angle * (tau - tau.T), full)
    np.testing.assert_allclose(ours, full[places], atol=1e-10)
    assert np.linalg.norm(ours) == pytest.approx(1.0, abs=1e-12)


@given(problems())
@thorough
def test_gradient_equals_finite_difference_and_sweep_restores_the_state(problem) -> None:
    sector, hamiltonian, excitations, angles = problem
    product = SectorHamiltonian(hamiltonian, sector)
    sweep = Sweep(sector, excitations)
    begin = start_vector(sector)

    def energy(a: np.ndarray) -> float:
        vector = begin.copy()
        sweep.forward(vector, a)
        return product.energy(vector)

    vector = begin.copy()
    sweep.forward(vector, angles)
    gradient = 2.0 * sweep.backward(vector, product.apply(vector), angles)
    np.testing.assert_allclose(vector, begin, atol=1e-12)
    for k in range(len(excitations)):
        step = np.zeros_like(angles)
        step[k] = 1e-4
        slope = (energy(angles + step) - energy(angles - step)) / 2e-4
        # third derivatives of these random Hamiltonians reach a few hundred
        assert gradient[k] == pytest.approx(slope, abs=2e-5)


@given(problems())
@thorough
def test_threads_change_nothing_but_rounding(problem) -> None:
    sector, hamiltonian, excitations, angles = problem
    product = SectorHamiltonian(hamiltonian, sector)
    results = []
    for threads in (1, 3):
        sweep = Sweep(sector, excitations)
        sweep.threads = threads
        vector = start_vector(sector)
        sweep.forward(vector, angles)
        state = vector.copy()
        results.append((state, sweep.backward(vector, product.apply(vector), angles)))
    np.testing.assert_allclose(results[0][0], results[1][0], atol=1e-13)
    np.testing.assert_allclose(results[0][1], results[1][1], atol=1e-12)


@pytest.mark.parametrize(("norb", "nelec", "orbsym", "irrep"), SECTORS)
def test_density_matrices_and_spin_equal_sparse_operators(norb, nelec, orbsym, irrep) -> None:
    from openfermion import get_sparse_operator, s_squared_operator

    sector = Sector.build(norb, nelec, np.array(orbsym), irrep)
    vector = start_vector(sector, seed=3)
    full = np.zeros(1 << (2 * norb))
    full[_slow.sector_indices(sector)] = vector
    alpha, beta = rdm1(sector, vector)
    for shift, matrix in ((0, alpha), (norb, beta)):
        for p in range(norb):
            for q in range(norb):
                operator = _slow.ladder_matrix([(p + shift, 1), (q + shift, 0)], norb)
                assert matrix[p, q] == pytest.approx(full @ (operator @ full), abs=1e-12)
    # OpenFermion's spin operator wants alpha and beta interleaved
    interleaved = full.reshape((2,) * (2 * norb)).transpose(
        [axis for p in range(norb) for axis in (p, p + norb)]
    )
    signs = np.ones(interleaved.shape)
    for occupied in np.argwhere(interleaved != 0.0):
        order = [p + norb * s for p in range(norb) for s in (0, 1) if occupied[2 * p + s]]
        swaps = sum(a > b for i, a in enumerate(order) for b in order[i + 1 :])
        signs[tuple(occupied)] = (-1) ** swaps
    other = (interleaved * signs).ravel()
    operator = get_sparse_operator(s_squared_operator(norb), n_qubits=2 * norb).real
    assert spin_squared(sector, vector) == pytest.approx(other @ (operator @ other), abs=1e-12)
