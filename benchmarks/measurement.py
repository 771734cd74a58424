"""Measurement groups, the shots that they take, and whether the intervals hold.

    python benchmarks/measurement.py [groups] [shots] [coverage]

Groups are counted beside PennyLane's for the same operator in the same run. Shots are those for a
standard error of 1.6 mHa at the minimum of UCCSD, Jordan-Wigner, STO-3G; "adaptive" is measured
with as many shots as "variance" takes, and scaled. Coverage is of 95 % intervals, 1,000 seeded
repetitions each.
"""

from __future__ import annotations

import argparse
import math
import time
import warnings
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np

from qchem_app.ansatz.uccsd import uccsd
from qchem_app.backends.base import TWO_SIDED_95
from qchem_app.backends.exact import ExactEstimator
from qchem_app.backends.simulator import IdealSampler
from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import build_hamiltonian
from qchem_app.chemistry.mean_field import run_mean_field
from qchem_app.io.geometry import read_geometry
from qchem_app.mapping.encodings import Encoding, make_encoding
from qchem_app.mapping.pauli import PauliSum
from qchem_app.measurement import colouring
from qchem_app.measurement.allocation import (
    adaptive_moments,
    allocate,
    group_variances,
    shots_for_variances,
)
from qchem_app.measurement.counts import Counts
from qchem_app.measurement.covariance import covariance
from qchem_app.measurement.grouping import make_plan
from qchem_app.measurement.moments import Moments
from qchem_app.measurement.partition import Method, conflicts, group_terms
from qchem_app.measurement.plan import MeasurementPlan
from qchem_app.measurement.shadows import PauliShadows
from qchem_app.references.perturbation import mp2_amplitudes
from qchem_app.vqe.solver import VQE

MOLECULES = Path(__file__).parent.parent / "molecules"
TARGET = 1.6e-3
#: name: (file, active space)
SYSTEMS = {
    "H2": ("h2.xyz", "full"),
    "LiH (2e,3o)": ("lih.xyz", "2,3"),
    "H4": ("h4_chain.xyz", "full"),
    "LiH frozen core": ("lih.xyz", "frozen-core"),
    "LiH": ("lih.xyz", "full"),
    "H2O": ("h2o.xyz", "full"),
}
METHODS: tuple[Method, ...] = ("qubit-wise", "fully-commuting")
#: Groups that must not be exceeded (qubit-wise, fully commuting).
LIMITS = {"H4": (67, 8), "LiH frozen core": (64, 13), "LiH": (149, 28), "H2O": (314, 38)}


@dataclass(frozen=True)
class System:
    encoding: Encoding
    operator: PauliSum
    state: np.ndarray
    energy: float

    @classmethod
    def build(cls, name: str) -> System:
        file, space = SYSTEMS[name]
        mean_field = run_mean_field(read_geometry(MOLECULES / file).molecule, "sto-3g")
        hamiltonian = build_hamiltonian(mean_field, select_active_space(mean_field, space))
        ansatz = uccsd(hamiltonian, mp2_amplitudes(hamiltonian))
        exact = ExactEstimator(hamiltonian, ansatz)
        outcome = VQE(exact, ansatz).run()
        encoding = make_encoding(hamiltonian)
        state = encoding.state(exact.sector, exact.state(outcome.theta))
        return cls(encoding, encoding.operator(hamiltonian), state, outcome.energy)


def exact_counts(plan: MeasurementPlan, state: np.ndarray) -> list[Counts]:
    settings = [group.setting for group in plan.groups]
    return IdealSampler().sample_state(state.astype(complex), settings, None, None)


def drawn(
    plan: MeasurementPlan, exact: list[Counts], shots: int, rng: np.random.Generator
) -> Moments:
    """Moments of drawn outcomes; `exact` are the probabilities of the plan's groups."""
    counts = [
        replace(count, weights=rng.multinomial(n, count.weights) / n, shots=int(n))
        for count, n in zip(exact, plan.shots(shots), strict=True)
    ]
    return Moments.of(plan, counts)


def groups_table() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pennylane.pauli import PauliWord, group_observables

    print(f"\n### Groups, PennyLane {version('pennylane')} beside\n")
    print(
        "| system | qubits | terms | method | lf | rlf | dsatur | gis | PennyLane / s "
        "| fewest groups | search / s | for few shots | CNOTs a circuit, mean (most) "
        "| plan / s | limit |"
    )
    print("|" + "---|" * 15)
    for name, limits in LIMITS.items():
        system = System.build(name)
        terms = system.operator.without_constant()
        words = []
        for string, _ in terms.strings():
            word = PauliWord({q: letter for q, letter in enumerate(string) if letter != "I"})
            words.append(word.operation(wire_order=range(terms.n_qubits)))
        for method, kind, limit in zip(METHODS, ("qwc", "commuting"), limits, strict=True):
            begin = time.perf_counter()
            theirs = [
                len(group_observables(words, grouping_type=kind, method=m))
                for m in ("lf", "rlf", "dsatur", "gis")
            ]
            their_time = time.perf_counter() - begin
            group_terms(terms, method, prefer="groups")  # compiles
            begin = time.perf_counter()
            _, size = group_terms(terms, method, prefer="groups")
            search = time.perf_counter() - begin
            begin = time.perf_counter()
            plan = make_plan(system.operator, method, state=system.state)
            planned = time.perf_counter() - begin
            cnots = [group.setting.two_qubit_gates for group in plan.groups]
            print(
                f"| {name} | {terms.n_qubits} | {len(terms)} | {method} "
                f"| {' | '.join(map(str, theirs))} | {their_time:.2f} | {size.size} "
                f"| {search:.2f} | {len(plan.groups)} | {np.mean(cnots):.1f} ({max(cnots)}) "
                f"| {planned:.2f} | {limit} |",
                flush=True,
            )


def sorted_insertion_shots(system: System, method: Method) -> tuple[int, float]:
    """Groups, and shots with the best split, of sorted insertion alone."""
    terms = system.operator.without_constant()
    order = np.argsort(-np.abs(terms.coefficients), kind="stable")
    group = colouring.first_fit(order, lambda v: conflicts(terms, method, v))
    scatter = covariance(terms, system.state)
    deviations = [
        math.sqrt(max(float(scatter[np.ix_(m, m)].sum()), 0.0))
        for m in (np.flatnonzero(group == g) for g in range(group.max() + 1))
    ]
    return len(deviations), sum(deviations) ** 2 / TARGET**2


def adaptive_shots(
    plan: MeasurementPlan, system: System, shots: int, repetitions: int = 60
) -> float:
    found = repeated(plan, exact_counts(plan, system.state), shots, True, repetitions)
    return shots * float(np.mean([m.variance for m in found])) / TARGET**2


def shots_table() -> None:
    print("\n### Shots, in thousands, to a standard error of 1.6 mHa at the UCCSD state\n")
    print(
        "| system | groups by | made for | groups | uniform | coefficient | variance "
        "| variance, 0.999 | adaptive |"
    )
    print("|" + "---|" * 9)
    for name in SYSTEMS:
        system = System.build(name)
        for method in METHODS:
            number, best = sorted_insertion_shots(system, method)
            print(
                f"| {name} | {method} | sorted insertion | {number} | | | {best / 1e3:,.1f} | | |"
            )
            known = {"nothing": None, "determinant": system.encoding.reference}
            for label, state in {**known, "UCCSD state": system.state}.items():
                plan = make_plan(system.operator, method, state=state)
                variances = group_variances(plan, system.state)
                splits = [
                    allocate(plan, "uniform"),
                    allocate(plan, "coefficient"),
                    allocate(plan, "variance", system.state, fidelity=1.0),
                    allocate(plan, "variance", system.state),
                ]
                shots = [shots_for_variances(split, variances, TARGET) for split in splits]
                enough = max(shots[2], 20 * len(plan.groups))
                adaptive = adaptive_shots(allocate(plan, "uniform"), system, enough)
                cells = " | ".join(f"{n / 1e3:,.1f}" for n in (*shots, adaptive))
                print(f"| {name} | {method} | {label} | {len(plan.groups)} | {cells} |", flush=True)
        for label, shadows in (
            ("shadows", PauliShadows.uniform(system.operator)),
            ("biased shadows", PauliShadows.locally_biased(system.operator)),
        ):
            shots = shadows.variance(system.state) / TARGET**2
            print(f"| {name} | {label} | | | {shots / 1e3:,.1f} | | | | |", flush=True)


def repeated(
    plan: MeasurementPlan, exact: list[Counts], shots: int, adaptive: bool, repetitions: int
) -> list[Moments]:
    rng = np.random.default_rng(0)

    def measure(plan: MeasurementPlan, shots: int) -> Moments:
        return drawn(plan, exact, shots, rng)

    if adaptive:
        return [adaptive_moments(measure, plan, shots) for _ in range(repetitions)]
    return [measure(plan, shots) for _ in range(repetitions)]


def coverage_table(repetitions: int = 1000) -> None:
    print("\n### Coverage of 95 % intervals\n")
    print(
        "| system | groups by | split | shots | covered / % | bias / standard error "
        "| stated / true standard error |"
    )
    print("|" + "---|" * 7)
    for name in ("H2", "LiH (2e,3o)"):
        system = System.build(name)
        for method in METHODS:
            plan = make_plan(system.operator, method, state=system.state)
            exact = exact_counts(plan, system.state)
            for split in ("variance", "uniform", "adaptive"):
                used = plan if split == "variance" else allocate(plan, "uniform")
                for shots in (300, 1000, 10_000):
                    found = repeated(used, exact, shots, split == "adaptive", repetitions)
                    errors = np.array([m.energy for m in found]) - system.energy
                    stated = np.sqrt([m.variance for m in found])
                    covered = np.mean(np.abs(errors) < TWO_SIDED_95 * stated)
                    print(
                        f"| {name} | {method} | {split} | {shots:,} | {100 * covered:.1f} "
                        f"| {errors.mean() / errors.std():.3f} "
                        f"| {math.sqrt(np.mean(stated**2)) / errors.std():.3f} |",
                        flush=True,
                    )


def main() -> None:
    tables = {"groups": groups_table, "shots": shots_table, "coverage": coverage_table}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", nargs="*", help=f"of {', '.join(tables)}; all by default")
    for name in parser.parse_args().tables or tables:
        tables[name]()


if __name__ == "__main__":
    main()
