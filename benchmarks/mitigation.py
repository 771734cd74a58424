"""Raw and mitigated energies of small molecules, and whether the gate chooses well.

    python benchmarks/mitigation.py [--shots 1000000] [--cases 200] [--seed 0]

Energies are compared with the noiseless energy of the same circuit at the UCCSD minimum (STO-3G).
p2 is the probability of one of the 15 Pauli errors after each CNOT, p1 = p2 / 10 that of one of
the 3 after each one-qubit gate, the ones of the measuring circuits included. The gate predicts
from the noise model before anything is drawn.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np

from qchem_app.ansatz.uccsd import uccsd
from qchem_app.backends.base import Estimate
from qchem_app.backends.exact import ExactEstimator
from qchem_app.backends.measured import MeasuredEstimator
from qchem_app.backends.noise_file import parse_noise
from qchem_app.backends.noisy import NoisySampler
from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import build_hamiltonian
from qchem_app.chemistry.mean_field import run_mean_field
from qchem_app.circuits.circuit import Circuit
from qchem_app.circuits.compile import compile_ansatz
from qchem_app.io.geometry import read_geometry
from qchem_app.mapping.encodings import make_encoding
from qchem_app.mapping.symmetries import Symmetry
from qchem_app.measurement.grouping import make_plan
from qchem_app.measurement.plan import MeasurementPlan
from qchem_app.mitigation.gate import Decision, choose
from qchem_app.mitigation.remembering_sampler import RememberingSampler
from qchem_app.mitigation.stack import build_stack
from qchem_app.references.perturbation import mp2_amplitudes
from qchem_app.units import MILLIHARTREE_PER_HARTREE as MILLI
from qchem_app.vqe.solver import VQE

MOLECULES = Path(__file__).parent.parent / "molecules"
CHEMICAL_ACCURACY = 1.594  # mHa: 1 kcal/mol

#: (label, file, active space, mapping, tapered, compact)
SYSTEMS = (
    ("H2, Jordan-Wigner", "h2.xyz", "full", "jordan-wigner", False, False),
    ("H2, Jordan-Wigner, compact", "h2.xyz", "full", "jordan-wigner", False, True),
    ("H2, parity", "h2.xyz", "full", "parity", False, False),
    ("H2, parity, compact", "h2.xyz", "full", "parity", False, True),
    ("H2, tapered", "h2.xyz", "full", "jordan-wigner", True, True),
    ("LiH (2e,3o), Jordan-Wigner", "lih.xyz", "2,3", "jordan-wigner", False, True),
    ("LiH (2e,3o), parity", "lih.xyz", "2,3", "parity", False, True),
    ("LiH (2e,3o), tapered", "lih.xyz", "2,3", "parity", True, True),
    ("H4, Jordan-Wigner", "h4_chain.xyz", "full", "jordan-wigner", False, True),
    ("H4, tapered", "h4_chain.xyz", "full", "parity", True, True),
)
STRENGTHS = (1e-3, 5e-3, 1e-2)
READOUT = (0.0, 0.02)
BUDGETS = (10_000, 100_000, 1_000_000)


@dataclass(frozen=True)
class Problem:
    """A circuit, what is measured on it, and the energy that it should give."""

    circuit: Circuit
    plan: MeasurementPlan
    theta: np.ndarray
    ideal: float
    symmetries: tuple[Symmetry, ...]


@cache
def trial(file: str, space: str):  # type: ignore[no-untyped-def]
    """Hamiltonian, ansatz and optimised parameters."""
    mean_field = run_mean_field(read_geometry(MOLECULES / file).molecule, "sto-3g")
    chosen = select_active_space(mean_field, space, time_limit=60, memory_limit=1e3)
    hamiltonian = build_hamiltonian(mean_field, chosen)
    ansatz = uccsd(hamiltonian, mp2_amplitudes(hamiltonian))
    estimator = ExactEstimator(hamiltonian, ansatz)
    return hamiltonian, ansatz, estimator, VQE(estimator, ansatz, tolerance=1e-10).run()


@cache
def problem(label: str) -> Problem:
    _, file, space, mapping, tapered, compact = next(s for s in SYSTEMS if s[0] == label)
    hamiltonian, ansatz, estimator, outcome = trial(file, space)
    encoding = make_encoding(hamiltonian, mapping, taper=tapered)
    state = encoding.state(estimator.sector, estimator.state(outcome.theta))
    return Problem(
        compile_ansatz(ansatz, encoding, compact=compact),
        make_plan(encoding.operator(hamiltonian), state=state),
        outcome.theta,
        outcome.energy,
        encoding.symmetries,
    )


@cache
def sampler(strength: float, readout: float) -> RememberingSampler:
    text = f"p1={strength / 10},p2={strength},readout={readout}"
    return RememberingSampler(NoisySampler(parse_noise(text)))


@cache
def decide(label: str, strength: float, readout: float, shots: int) -> Decision:
    """The gate's choice: the same for every seed, as nothing that is drawn goes into it."""
    case = problem(label)
    inner = MeasuredEstimator(case.circuit, case.plan, sampler(strength, readout), shots=shots)
    return choose(inner, case.theta, symmetries=case.symmetries, shots=shots, ideal=case.ideal)


def measure(
    label: str, strength: float, readout: float, shots: int, stack: str, seed: list[int]
) -> Estimate:
    """One draw."""
    case = problem(label)
    inner = MeasuredEstimator(
        case.circuit,
        case.plan,
        sampler(strength, readout),
        shots=shots,
        seed=np.random.default_rng(seed),
    )
    return build_stack(stack, inner, symmetries=case.symmetries).estimate(case.theta)


def show(estimate: Estimate, ideal: float) -> str:
    """Error and half of the 95 % interval, mHa."""
    half = (estimate.interval[1] - estimate.interval[0]) / 2
    return f"{signed(estimate.value - ideal)} ± {half * MILLI:.2f}"


def signed(energy: float) -> str:
    """mHa, two digits, without a sign before zero."""
    text = f"{energy * MILLI:+.2f}"
    return "0.00" if text in ("+0.00", "-0.00") else text


def table(shots: int, seed: int) -> None:
    print(f"## Errors with {shots:,} shots, mHa, with 95 % intervals (statistical only)\n")
    print(
        "| | qubits | CNOTs | p2 | readout | raw | the gate's choice | mitigated "
        "| bias expected | samples × |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for (label, *_), strength, readout in product(SYSTEMS, STRENGTHS, READOUT):
        case = problem(label)
        decision = decide(label, strength, readout, shots)
        raw = measure(label, strength, readout, shots, "none", [seed, 0])
        if decision.chosen == "none":
            mitigated, bias, overhead = "", "", ""
        else:
            found = measure(label, strength, readout, shots, decision.chosen, [seed, 1])
            mitigated = show(found, case.ideal)
            bias = signed(decision.prediction.bias)
            overhead = f"{decision.prediction.overhead:.3g}"
        print(
            f"| {label} | {case.circuit.n_qubits} | {case.circuit.two_qubit_gates} | {strength:g} "
            f"| {100 * readout:g} % | {show(raw, case.ideal)} | {decision.chosen} | {mitigated} "
            f"| {bias} | {overhead} |",
            flush=True,
        )


def judge(cases: int, seed: int) -> bool:
    """How often the gate's choice is closer to the truth than the raw energy."""
    rng = np.random.default_rng(seed)
    grid = list(product((s[0] for s in SYSTEMS), STRENGTHS, READOUT, BUDGETS))
    order = [grid[k] for k in rng.permutation(len(grid))]
    better = declined = worse = 0
    lost: list[str] = []
    for number in range(cases):
        label, strength, readout, shots = order[number % len(order)]
        decision = decide(label, strength, readout, shots)
        if decision.chosen == "none":
            declined += 1
            continue
        ideal = problem(label).ideal
        raw = measure(label, strength, readout, shots, "none", [seed, 2, number])
        found = measure(label, strength, readout, shots, decision.chosen, [seed, 3, number])
        errors = abs(raw.value - ideal), abs(found.value - ideal)
        better += errors[1] < errors[0]
        if errors[1] >= errors[0]:
            lost.append(
                f"- {label}, p2 = {strength:g}, readout {readout:g}, {shots:,} shots, "
                f"{decision.chosen}: {show(raw, ideal)} raw, {show(found, ideal)} mitigated"
            )
        worse += errors[1] - errors[0] > 2 * found.standard_error
    chose = cases - declined
    print(
        f"\n## The gate in {cases} seeded cases\n\nShots drawn from "
        f"{', '.join(f'{b:,}' for b in BUDGETS)}. It declined to mitigate in {declined}. In the "
        f"other {chose} its choice was closer to the noiseless energy than the raw energy in "
        f"{better} ({100 * better / max(chose, 1):.1f} %), and worse than it by more than twice "
        f"the standard error stated in {worse}."
    )
    if lost:
        print("\nCases in which the raw energy was closer:\n")
        print("\n".join(lost))
    return better >= 0.9 * chose and worse == 0


def chemical_accuracy(seed: int, repetitions: int = 100) -> None:
    """H2 at p2 = 1e-2 with a compact circuit, symmetry and mitigation together."""
    label, strength, shots = "H2, parity, compact", 1e-2, 4_000_000
    ideal = problem(label).ideal
    print("\n## Chemical accuracy on H2 at p2 = 1e-2\n")
    print("| readout | stack | shots | error, mHa | within 1.594 mHa, interval included |")
    print("|---|---|---|---|---|")
    for readout, top in product(READOUT, ("zne(linear)", "pec", "reference")):
        stack = f"symmetry,{top}" if readout == 0 else f"readout,symmetry,{top}"
        found = [
            measure(label, strength, readout, shots, stack, [seed, 4, k])
            for k in range(repetitions)
        ]
        inside = sum(
            max(abs(bound - ideal) for bound in estimate.interval) * MILLI < CHEMICAL_ACCURACY
            for estimate in found
        )
        print(
            f"| {100 * readout:g} % | {stack} | {shots:,} | {show(found[0], ideal)} "
            f"| {inside} of {repetitions} seeds |"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shots", type=int, default=1_000_000)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    begin = time.perf_counter()
    table(arguments.shots, arguments.seed)
    good = judge(arguments.cases, arguments.seed)
    chemical_accuracy(arguments.seed)
    print(f"\n{time.perf_counter() - begin:.0f} s")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
