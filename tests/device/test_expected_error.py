"""Intervals where the outcomes that would widen them are rarely drawn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qchem_app.backends.base import Estimate, Ledger
from qchem_app.backends.noise_file import parse_noise
from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import build_hamiltonian
from qchem_app.chemistry.mean_field import run_mean_field
from qchem_app.device.choice import prepare
from qchem_app.device.expected_error import at_least, expected_error
from qchem_app.device.trial import Trial
from qchem_app.io.geometry import read_geometry
from qchem_app.mitigation.stack import Stack
from qchem_app.result import DeviceSettings, Settings
from qchem_app.solve import solve

MOLECULES = Path(__file__).parent.parent.parent / "molecules"
WEAK = parse_noise("p1=1e-4,p2=1e-3").to_dict()


def trial_of(settings: Settings, multiplicity: int = 3) -> Trial:
    molecule = read_geometry(MOLECULES / "h2.xyz", multiplicity=multiplicity).molecule
    mean_field = run_mean_field(molecule, "sto-3g")
    space = select_active_space(mean_field, "full", time_limit=60, memory_limit=1e3)
    return Trial.build(build_hamiltonian(mean_field, space), settings)


def settings(**device: Any) -> Settings:
    return Settings(mapping="jordan-wigner", references=("fci",), device=DeviceSettings(**device))


def test_intervals_cover_what_rare_outcomes_change() -> None:
    """A determinant under weak noise: most measurements draw no erroneous shot at all."""
    wanted = settings(backend="noisy", noise=WEAK, shots=1000)
    trial = trial_of(wanted)
    theta = np.zeros(trial.ansatz.n_parameters)
    ideal = trial.energy(theta)
    device, decision = prepare(trial, theta, wanted, ideal)
    assert decision is not None
    truth = ideal + decision.predictions[0].bias
    expected = expected_error(device, theta, Stack(), decision)
    assert expected > 0
    covered, scatterless = 0, 0
    for seed in range(200):
        drawn = replace(device, seed=seed).raw(0).estimate(theta)
        scatterless += drawn.standard_error == 0
        low, high = at_least(drawn, expected)[0].interval
        covered += low <= truth <= high
    assert scatterless > 20  # without the expected scatter these would miss the truth
    assert covered >= 0.93 * 200


@pytest.mark.parametrize("allocation", ["variance", "adaptive"])
@pytest.mark.parametrize("backend", ["exact", "simulator", "noisy"])
def test_the_expected_error_is_the_scatter(allocation: str, backend: str) -> None:
    noise = parse_noise("p1=1e-3,p2=1e-2").to_dict() if backend == "noisy" else None
    wanted = settings(backend=backend, noise=noise, shots=4000, allocation=allocation)
    trial = trial_of(wanted, multiplicity=1)
    theta = trial.ansatz.initial
    device, decision = prepare(trial, theta, wanted, trial.energy(theta))
    expected = expected_error(device, theta, Stack(), decision)
    energies = [replace(device, seed=s).raw(0).estimate(theta).value for s in range(150)]
    # adaptive shares are at best as good as what is expected
    assert expected < 1.2 * np.std(energies)
    assert expected > (0.5 if allocation == "adaptive" else 0.83) * np.std(energies)


def test_a_determinant_that_verification_makes_exact_keeps_its_interval() -> None:
    device = {"backend": "noisy", "noise": WEAK, "shots": 10_000, "mitigation": "symmetry"}
    wanted = settings(**device).model_copy(
        update={"ansatz": "hea-ry-rz", "starts": 1, "max_iterations": 5, "active_space": "4,3"}
    )
    result = solve(MOLECULES / "ch2_triplet.xyz", wanted)
    record = result.measurement
    assert record is not None
    assert record.mitigated is not None
    predicted = next(c for c in record.candidates if c.mitigation == "symmetry")
    assert record.mitigated.standard_error >= predicted.standard_error > 1e-5
    line = next(m for m in result.methods if m.name == "mitigated")
    assert line.bias == record.mitigated.bias


def test_no_scatter_takes_few_shots_and_shows_none() -> None:
    wanted = settings(backend="exact", target_error=1e-3).model_copy(update={"active_space": "2,1"})
    result = solve(MOLECULES / "hf.xyz", wanted)
    assert result.measurement is not None
    assert result.measurement.raw.standard_error == 0
    assert "shows" not in result.verdict
    assert "the raw energy is 0.00 mHa from FCI, within chemical accuracy" in result.verdict


def test_at_least_leaves_wider_intervals_and_says_what_is_thin() -> None:
    estimate = Estimate(-1.0, 1e-3, Ledger())
    assert at_least(estimate, 5e-4) == (estimate, False)
    assert at_least(estimate, 1.1e-3) == (replace(estimate, standard_error=1.1e-3), False)
    assert at_least(estimate, 2e-3) == (replace(estimate, standard_error=2e-3), True)


def test_an_energy_minimised_on_the_device_has_the_expected_interval_too() -> None:
    wanted = settings(backend="noisy", noise=WEAK, shots=200, optimize_on="backend")
    triplet = read_geometry(MOLECULES / "h2.xyz", multiplicity=3)
    for seed in range(3):
        result = solve(triplet, wanted.model_copy(update={"seed": seed}))
        assert result.vqe is not None
        assert result.vqe.reason == "there is nothing to vary"
        assert result.vqe.standard_error is not None  # its outcomes hardly ever differ
        assert result.vqe.standard_error > 1e-4
