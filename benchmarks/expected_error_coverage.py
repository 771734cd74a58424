"""How often 95 % intervals cover the expected energy where errors are rare.

    python benchmarks/expected_error_coverage.py [--repetitions 400]

H2 in STO-3G, singlet (UCCSD at its first guess) and triplet (a single determinant), measured as
`qchem solve` measures it: with the standard error that the outcomes show, and with one that is at
least what the noise model or the exact state predicts. The truth is the noiseless energy plus the
predicted bias; the repetitions differ in the outcomes drawn.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

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

MOLECULES = Path(__file__).parent.parent / "molecules"


@dataclass(frozen=True)
class Case:
    """What is measured, and how."""

    multiplicity: int
    noise: str | None
    shots: int
    mitigation: str = "none"
    allocation: str = "variance"


CASES = (
    Case(1, "p1=1e-3,p2=1e-2,readout=0.02", 2_000),
    Case(1, "p1=1e-3,p2=1e-2,readout=0.02", 2_000, "readout"),
    Case(1, "p1=1e-3,p2=1e-2,readout=0.02", 20_000, "readout,zne(linear)"),
    Case(1, "p1=1e-4,p2=1e-3", 2_000, "symmetry"),
    Case(1, None, 300),
    Case(1, None, 300, allocation="adaptive"),
    Case(3, "p1=1e-4,p2=1e-3", 1_000),
    Case(3, "p1=1e-4,p2=1e-3", 5_000),
    Case(3, "p1=1e-3,p2=1e-2", 1_000),
)


def run(case: Case, repetitions: int) -> tuple[float, float, float, float]:
    """Fractions covered with both standard errors; scatter and mean stated error, mHa."""
    molecule = read_geometry(MOLECULES / "h2.xyz", multiplicity=case.multiplicity).molecule
    mean_field = run_mean_field(molecule, "sto-3g")
    space = select_active_space(mean_field, "full", time_limit=60, memory_limit=1e3)
    settings = Settings(
        mapping="jordan-wigner",
        device=DeviceSettings.model_validate(
            {
                "backend": "exact" if case.noise is None else "noisy",
                "noise": None if case.noise is None else parse_noise(case.noise).to_dict(),
                "shots": case.shots,
                "mitigation": case.mitigation,
                "allocation": case.allocation,
            }
        ),
    )
    trial = Trial.build(build_hamiltonian(mean_field, space), settings)
    theta = np.asarray(trial.ansatz.initial)
    truth = trial.energy(theta)
    device, decision = prepare(trial, theta, settings, truth)
    stack = Stack.parse(case.mitigation)
    if decision is not None:
        truth += next(p.bias for p in decision.predictions if p.mitigation == str(stack))
    expected = expected_error(device, theta, stack, decision)
    shown, stated, values, errors = 0, 0, [], []
    for seed in range(repetitions):
        again = replace(device, seed=seed)
        estimator = again.mitigated(stack, 1) if stack.steps else again.raw(0)
        estimate = estimator.estimate(theta)
        widened, _ = at_least(estimate, expected)
        shown += estimate.interval[0] <= truth <= estimate.interval[1]
        stated += widened.interval[0] <= truth <= widened.interval[1]
        values.append(estimate.value)
        errors.append(widened.standard_error)
    return (
        shown / repetitions,
        stated / repetitions,
        1e3 * float(np.std(values)),
        1e3 * float(np.mean(errors)),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=400)
    arguments = parser.parse_args()
    print(
        "| multiplicity | noise | shots | mitigation | shares | covered, outcomes alone | covered, "
        "as stated | scatter / mHa | stated / mHa |\n|---|---|---|---|---|---|---|---|---|"
    )
    good = True
    for case in CASES:
        shown, stated, scatter, error = run(case, arguments.repetitions)
        good = good and stated >= 0.93
        print(
            f"| {case.multiplicity} | {case.noise or '-'} | {case.shots:,} | {case.mitigation} "
            f"| {case.allocation} | {100 * shown:.1f} % | {100 * stated:.1f} % | {scatter:.2f} "
            f"| {error:.2f} |",
            flush=True,
        )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
