"""How often the 95 % interval of a mitigated energy covers the noiseless energy.

    python benchmarks/interval_coverage.py [--repetitions 1000] [--seed 0]

H2 in STO-3G near its UCCSD minimum, as a determinant that is turned by two Pauli rotations (12
CNOTs on the 4 qubits of the Jordan-Wigner encoding, 4 on the 2 of the parity encoding). Each
technique runs on a noise model on which it is unbiased, so that 95 % of the intervals must cover
the truth; the repetitions differ in the outcomes drawn.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from qchem_app.backends.base import CircuitEstimator
from qchem_app.backends.measured import MeasuredEstimator
from qchem_app.backends.noise_file import parse_noise
from qchem_app.backends.noise_model import GateNoise, NoiseModel
from qchem_app.backends.noisy import NoisySampler
from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import build_hamiltonian
from qchem_app.chemistry.mean_field import run_mean_field
from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.io.geometry import read_geometry
from qchem_app.mapping.encodings import Encoding, make_encoding
from qchem_app.mapping.pauli import PauliSum
from qchem_app.measurement.grouping import make_plan
from qchem_app.mitigation.ideal import ideal_energy
from qchem_app.mitigation.remembering_sampler import RememberingSampler
from qchem_app.mitigation.stack import build_stack

# Radians: the excitation at the minimum of the energy.
ANGLE = 0.1125
MOLECULES = Path(__file__).parent.parent / "molecules"


@dataclass(frozen=True)
class Case:
    """A technique and a noise model on which it is unbiased."""

    name: str
    stack: str
    mapping: str
    noise: Callable[[], NoiseModel]
    why: str
    shots: int = 20_000


@dataclass(frozen=True)
class Coverage:
    """Outcome of a case, mHa but for `covered`, a fraction."""

    covered: float
    bias: float
    deviation: float
    standard_error: float


def _wrong_preparation() -> NoiseModel:
    """One X in ten follows each X, the gate that prepares the determinant."""
    return NoiseModel("X errors after X", (("x", None, GateNoise(pauli=(("X", 0.1),))),))


CASES = (
    Case("raw", "none", "parity", lambda: parse_noise("p1=0,p2=0"), "no noise: shots alone"),
    Case(
        "readout inversion",
        "readout",
        "jordan-wigner",
        lambda: parse_noise("p1=0,p2=0,readout=0.03"),
        "3 % readout error, known",
    ),
    Case(
        "readout inversion, calibrated",
        "readout(measured)",
        "jordan-wigner",
        lambda: parse_noise("p1=0,p2=0,readout=0.03"),
        "3 % readout error, calibrated with a tenth of the shots",
    ),
    Case(
        "readout inversion, m3",
        "readout(m3)",
        "jordan-wigner",
        lambda: parse_noise("p1=0,p2=0,readout=0.03"),
        "3 % readout error, known",
    ),
    Case(
        "symmetry verification",
        "symmetry",
        "jordan-wigner",
        _wrong_preparation,
        "an X error after 10 % of the X gates: every one changes a parity",
    ),
    Case(
        "symmetry verification, projection",
        "symmetry(projection)",
        "jordan-wigner",
        _wrong_preparation,
        "the same",
    ),
    Case(
        "ZNE, linear",
        "zne(linear)",
        "parity",
        lambda: parse_noise("p1=0,p2=1e-4"),
        "p2 = 1e-4: the curvature is far below the scatter",
    ),
    Case(
        "ZNE, exponential",
        "zne(exponential)",
        "parity",
        lambda: parse_noise("p1=0,p2=1e-2"),
        "p2 = 1e-2 on two qubits: global depolarizing, exactly exponential",
    ),
    Case(
        "PEC",
        "pec",
        "parity",
        lambda: parse_noise("p1=1e-3,p2=1e-2"),
        "p1 = 1e-3, p2 = 1e-2: Pauli noise, known",
    ),
    Case(
        "PEC with readout inversion and symmetry",
        "readout,symmetry,pec",
        "parity",
        lambda: parse_noise("p1=1e-3,p2=1e-2,readout=0.02"),
        "p1 = 1e-3, p2 = 1e-2, 2 % readout error, known",
    ),
)


@cache
def hydrogen(mapping: str) -> tuple[Encoding, PauliSum, Circuit, float]:
    """Encoding, operator, bound circuit and energy of H2."""
    mean_field = run_mean_field(read_geometry(MOLECULES / "h2.xyz").molecule, "sto-3g")
    space = select_active_space(mean_field, "full", time_limit=60, memory_limit=1e3)
    hamiltonian = build_hamiltonian(mean_field, space)
    encoding = make_encoding(hamiltonian, mapping)
    operator = encoding.operator(hamiltonian)
    trials = [double_excitation(encoding, angle) for angle in (ANGLE, -ANGLE)]
    energies = [ideal_energy(circuit, operator) for circuit in trials]
    lower = int(np.argmin(energies))
    return encoding, operator, trials[lower], energies[lower]


def double_excitation(encoding: Encoding, angle: float) -> Circuit:
    """cos(angle) of the determinant and sin(angle) of the doubly excited one."""
    reference, n = encoding.reference, encoding.n_qubits
    flipped = [q for q in range(n) if encoding.flip(0b1111) >> q & 1]
    gates = [Gate("x", (q,)) for q in range(n) if reference >> q & 1]
    for y in flipped[:2]:
        basis = [Gate("rx", (q,), math.pi / 2) if q == y else Gate("h", (q,)) for q in flipped]
        ladder = [Gate("cx", pair) for pair in pairwise(flipped)]
        turn = Gate("rz", (flipped[-1],), -angle if reference >> y & 1 else angle)
        gates += [*basis, *ladder, turn, *reversed(ladder), *(gate.inverse() for gate in basis)]
    return Circuit(n, tuple(gates))


def run(case: Case, repetitions: int, seed: int) -> Coverage:
    """Repeat a case with other outcomes each time."""
    encoding, operator, circuit, energy = hydrogen(case.mapping)
    sampler = RememberingSampler(NoisySampler(case.noise()))
    raw = MeasuredEstimator(
        circuit, make_plan(operator), sampler, shots=case.shots, seed=np.random.default_rng(seed)
    )
    estimator: CircuitEstimator = build_stack(case.stack, raw, symmetries=encoding.symmetries)
    estimates = [estimator.estimate(np.zeros(0)) for _ in range(repetitions)]
    values = 1e3 * (np.array([e.value for e in estimates]) - energy)
    inside = [e.interval[0] <= energy <= e.interval[1] for e in estimates]
    return Coverage(
        float(np.mean(inside)),
        float(values.mean()),
        float(values.std(ddof=1)),
        1e3 * float(np.mean([e.standard_error for e in estimates])),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print(f"{arguments.repetitions:,} repetitions; energies in mHa\n")
    print(
        "| technique | noise | shots | mean error | its scatter | standard error stated | covered "
        "| seconds |"
    )
    print("|---|---|---|---|---|---|---|---|")
    good = True
    for case in CASES:
        begin = time.perf_counter()
        found = run(case, arguments.repetitions, arguments.seed)
        seconds = time.perf_counter() - begin
        good = good and 0.93 <= found.covered <= 0.97
        print(
            f"| {case.name} | {case.why} | {case.shots:,} | {found.bias:+.2f} "
            f"| {found.deviation:.2f} | {found.standard_error:.2f} | {100 * found.covered:.1f} % "
            f"| {seconds:.0f} |",
            flush=True,
        )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
