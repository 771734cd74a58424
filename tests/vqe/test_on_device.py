"""The searches on energies that a sampler measures, stopped and resumed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qchem_app.ansatz.uccsd import uccsd
from qchem_app.backends.base import Estimator
from qchem_app.backends.measured import MeasuredEstimator
from qchem_app.backends.simulator import IdealSampler
from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import build_hamiltonian
from qchem_app.chemistry.mean_field import run_mean_field
from qchem_app.circuits.compile import compile_ansatz
from qchem_app.mapping.encodings import make_encoding
from qchem_app.measurement.grouping import make_plan
from qchem_app.molecule import Molecule
from qchem_app.references.perturbation import mp2_amplitudes
from qchem_app.vqe.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from qchem_app.vqe.rotosolve import Rotosolve
from qchem_app.vqe.spsa import SPSA


@pytest.fixture(scope="module")
def device():
    """H2 with UCCSD: the ansatz, and a maker of estimators with 2,000 shots for an energy."""
    mean_field = run_mean_field(Molecule.from_xyz("2\n\nH 0 0 0\nH 0 0 0.74"))
    hamiltonian = build_hamiltonian(mean_field, select_active_space(mean_field, "full"))
    ansatz = uccsd(hamiltonian, mp2_amplitudes(hamiltonian))
    encoding = make_encoding(hamiltonian, "parity")
    circuit = compile_ansatz(ansatz, encoding)
    plan = make_plan(encoding.operator(hamiltonian))

    def make(seed: int) -> Estimator:
        return MeasuredEstimator(circuit, plan, IdealSampler(), shots=2000, seed=seed)

    return ansatz, make


def search(kind: str, estimator: Estimator, ansatz: Any) -> SPSA | Rotosolve:
    if kind == "spsa":
        return SPSA(estimator, ansatz, iterations=40, calibration=3)
    return Rotosolve(estimator, ansatz, sweeps=6, tolerance=1e-12)


@pytest.mark.parametrize(("kind", "stop_after"), [("spsa", 1), ("spsa", 17), ("rotosolve", 1)])
def test_resumed_from_a_file_it_is_the_uninterrupted_search(
    device, tmp_path: Path, kind: str, stop_after: int
) -> None:
    ansatz, make = device
    file = tmp_path / "x.npz"
    whole = search(kind, make(1), ansatz).run(np.zeros(1))
    seen = 0

    def on_step(state: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == stop_after:
            save_checkpoint(file, Checkpoint("f", state=state))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(kind, make(1), ansatz).run(np.zeros(1), on_step=on_step)
    resumed = search(kind, make(2), ansatz).run(load_checkpoint(file).state)  # type: ignore[arg-type]
    np.testing.assert_array_equal(resumed.theta, whole.theta)
    assert resumed.energy == whole.energy
    assert [replace(s, seconds=0.0) for s in resumed.trace] == [
        replace(s, seconds=0.0) for s in whole.trace
    ]
    spent, expected = (replace(r.ledger, wall_seconds=0.0) for r in (resumed, whole))
    assert spent == expected
    assert spent.shots == 2000 * whole.evaluations
