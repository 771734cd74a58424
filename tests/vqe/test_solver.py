from __future__ import annotations

import numpy as np
import pytest
from pyscf import fci

from qchem_app.ansatz.product import ProductAnsatz
from qchem_app.ansatz.uccsd import uccsd
from qchem_app.backends.base import DifferentiableEstimator, Ledger
from qchem_app.backends.exact import ExactEstimator
from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import MolecularHamiltonian, build_hamiltonian
from qchem_app.chemistry.mean_field import run_mean_field
from qchem_app.errors import InputError
from qchem_app.molecule import Molecule
from qchem_app.references.perturbation import mp2_amplitudes
from qchem_app.vqe.solver import VQE, VQEState


def chain(n: int, distance: float = 1.0) -> MolecularHamiltonian:
    """A hydrogen chain, STO-3G."""
    lines = "\n".join(f"H 0 0 {distance * i}" for i in range(n))
    mean_field = run_mean_field(Molecule.from_xyz(f"{n}\n\n{lines}"))
    return build_hamiltonian(mean_field, select_active_space(mean_field, "full"))


def setup(hamiltonian: MolecularHamiltonian) -> tuple[ExactEstimator, ProductAnsatz]:
    ansatz = uccsd(hamiltonian, mp2_amplitudes(hamiltonian))
    return ExactEstimator(hamiltonian, ansatz), ansatz


def test_the_energy_is_a_minimum_above_fci() -> None:
    hamiltonian = chain(6)
    estimator, ansatz = setup(hamiltonian)
    outcome = VQE(estimator, ansatz).run()
    exact, _ = fci.direct_spin1.kernel(
        hamiltonian.h1, hamiltonian.eri, 6, (3, 3), ecore=hamiltonian.ecore
    )
    assert outcome.converged
    assert 0 < outcome.energy - exact < 1e-3
    rng = np.random.default_rng(0)
    for _ in range(20):
        nearby = outcome.theta + rng.normal(scale=1e-2, size=outcome.theta.size)
        assert estimator.estimate(nearby).value > outcome.energy - 1e-8


def test_converged_means_within_the_tolerance() -> None:
    estimator, ansatz = setup(chain(6))
    loose = VQE(estimator, ansatz, tolerance=1e-6).run()
    tight = VQE(estimator, ansatz, tolerance=1e-12).run()
    assert loose.converged
    assert tight.converged
    assert 0 <= loose.energy - tight.energy < 1e-6
    assert loose.evaluations < tight.evaluations


def test_a_stopped_run_goes_on_with_the_same_digits() -> None:
    estimator, ansatz = setup(chain(6))
    whole = VQE(estimator, ansatz).run()
    saved: list[VQEState] = []

    def stop(state: VQEState) -> None:
        saved.append(state)
        if len(saved) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        VQE(estimator, ansatz).run(on_step=stop)
    resumed = VQE(estimator, ansatz).run(saved[-1])
    assert resumed.energy == whole.energy
    np.testing.assert_array_equal(resumed.theta, whole.theta)
    assert [s.energy for s in resumed.trace] == [s.energy for s in whole.trace]
    assert resumed.evaluations == whole.evaluations


def test_the_iteration_limit_is_told() -> None:
    estimator, ansatz = setup(chain(6))
    outcome = VQE(estimator, ansatz, max_iterations=2).run()
    assert (outcome.converged, outcome.reason) == (False, "iteration limit reached")
    assert outcome.iterations == 2


def test_gradient_of_the_estimator_equals_finite_difference() -> None:
    estimator, ansatz = setup(chain(6))
    theta = np.random.default_rng(2).normal(scale=0.3, size=ansatz.n_parameters)
    gradient = estimator.gradient(theta)
    for k in range(0, ansatz.n_parameters, 5):
        step = np.zeros_like(theta)
        step[k] = 1e-4
        up, down = (estimator.estimate(theta + s * step).value for s in (1, -1))
        assert gradient[k] == pytest.approx((up - down) / 2e-4, abs=1e-7)


def test_estimate_is_exact_and_counted() -> None:
    estimator, ansatz = setup(chain(2))
    assert isinstance(estimator, DifferentiableEstimator)
    estimate = estimator.estimate(ansatz.initial)
    assert estimate.standard_error == 0.0
    assert (estimate.ledger + estimate.ledger).evaluations == 2
    assert Ledger(shots=3) + Ledger(shots=4, circuits=1) == Ledger(shots=7, circuits=1)


def test_an_impossible_tolerance_is_refused() -> None:
    estimator, ansatz = setup(chain(2))
    with pytest.raises(InputError, match=r"^the energy tolerance must be positive, found 0\.0$"):
        VQE(estimator, ansatz, tolerance=0.0)


def test_a_guess_above_the_reference_is_dropped() -> None:
    estimator, ansatz = setup(chain(4))
    bad = np.full(ansatz.n_parameters, 0.7)
    reference = estimator.estimate(np.zeros(ansatz.n_parameters)).value
    assert estimator.estimate(bad).value > reference
    outcome = VQE(estimator, ansatz).run(bad, reference_energy=reference)
    assert outcome.trace[0].energy == reference
    assert outcome.converged
