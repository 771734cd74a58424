"""Extrapolation and error cancellation beside mitiq's, on infinitely many shots.

    python benchmarks/mitiq_agreement.py --mitiq-python PATH [--samples 1000]

Mitiq (GPL, and pinned to an older NumPy) is no dependency: PATH is the interpreter of an
environment of its own that has mitiq and cirq, in which mitiq_peer.py runs. It gets the circuits,
the Hamiltonians and the noise as JSON; cirq simulates its side and qchem_app's engine this side.
"no fit": mitiq says that its least squares did not converge.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from qchem_app.ansatz.uccsd import uccsd
from qchem_app.backends.base import Estimate, Ledger
from qchem_app.backends.measured import MeasuredEstimator
from qchem_app.backends.noise_model import GateNoise, NoiseModel
from qchem_app.backends.noisy import NoisySampler
from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import build_hamiltonian
from qchem_app.chemistry.mean_field import run_mean_field
from qchem_app.circuits.circuit import Circuit
from qchem_app.circuits.compile import compile_ansatz
from qchem_app.io.geometry import read_geometry
from qchem_app.mapping.encodings import make_encoding
from qchem_app.mapping.pauli import PauliSum
from qchem_app.measurement.grouping import make_plan
from qchem_app.mitigation.pec import ProbabilisticErrorCancellation
from qchem_app.mitigation.zne import ZeroNoiseExtrapolation
from qchem_app.references.perturbation import mp2_amplitudes

MOLECULES = Path(__file__).parent.parent / "molecules"
FITS = ("linear", "richardson", "polynomial", "exponential", "exponential-free")
FOLDINGS = ("global", "local-left")
SCALES = ([1.0, 3.0, 5.0], [1.0, 3.0, 5.0, 7.0])
#: (name, after one-qubit gates, after CNOTs on both qubits, after CNOTs on each qubit)
NOISE = (
    ("p1 = 1e-3, p2 = 1e-2", 1e-3, 1e-2, 0.0),
    ("p2 = 1e-2 on each qubit", 0.0, 0.0, 1e-2),
    ("p2 = 1e-2", 0.0, 1e-2, 0.0),
)


class Expected(MeasuredEstimator):
    """Exact energies without measuring circuits: what mitiq's executors return."""

    def estimate_circuits(
        self, circuits: Sequence[Circuit], shots: int | None, rng: np.random.Generator | None
    ) -> list[Estimate]:
        """tr(rho H) of bound circuits."""
        energies = self.sampler.expectations(circuits, self.plan.observable)
        return [Estimate(float(energy), 0.0, Ledger()) for energy in energies]


def hydrogen(mapping: str, compact: bool) -> tuple[Circuit, PauliSum, np.ndarray]:
    """UCCSD of H2 in STO-3G, not quite at its minimum."""
    molecule = read_geometry(MOLECULES / "h2.xyz").molecule
    mean_field = run_mean_field(molecule)
    hamiltonian = build_hamiltonian(mean_field, select_active_space(mean_field, "full"))
    ansatz = uccsd(hamiltonian, mp2_amplitudes(hamiltonian))
    encoding = make_encoding(hamiltonian, mapping)
    theta = np.full(ansatz.n_parameters, 0.21)
    return compile_ansatz(ansatz, encoding, compact=compact), encoding.operator(hamiltonian), theta


def mitiq_answer(
    python: str,
    circuit: Circuit,
    observable: PauliSum,
    noise: tuple[float, float, float],
    scales: list[float],
    samples: int,
) -> dict[str, Any]:
    """What mitiq_peer.py says."""
    problem = {
        "n_qubits": circuit.n_qubits,
        "gates": [(gate.name, gate.qubits, gate.angle) for gate in circuit.gates],
        "observable": observable.strings(),
        "noise": dict(zip(("one", "two", "each"), noise, strict=True)),
        "scales": scales,
        "asymptote": observable.constant,
        "fits": FITS,
        "foldings": FOLDINGS,
        "samples": samples,
        "seed": 7,
    }
    finished = subprocess.run(
        [python, str(Path(__file__).with_name("mitiq_peer.py"))],
        input=json.dumps(problem),
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise SystemExit(f"mitiq's side failed:\n{finished.stderr}")
    return json.loads(finished.stdout.splitlines()[-1])


def model(one: float, two: float, each: float) -> NoiseModel:
    """The noise for this side."""
    return NoiseModel(
        "depolarizing",
        (
            ("one-qubit", None, GateNoise(depolarizing=one)),
            ("cx", None, GateNoise(depolarizing=two, depolarizing_each=each)),
        ),
    )


def extrapolations(
    circuit: Circuit, theta: np.ndarray, inner: Expected, scales: list[float], theirs: Any
) -> list[tuple[str, list[float]]]:
    """(folding, differences of the folded energies and of each fit), Hartree."""
    rows = []
    for folding in FOLDINGS:
        differences = []
        for fit in FITS:
            zne = ZeroNoiseExtrapolation(
                inner, scales=scales, fit=fit, folding=folding, fold_settings=False
            )
            ours = zne.estimate(theta)
            value = theirs["zne"][folding][fit]
            differences.append(math.nan if value is None else abs(ours.value - value))
        energies = np.array([energy for _, energy, _ in ours.points])
        folded = float(np.abs(energies - theirs["folded"][folding]).max())
        rows.append((folding, [folded, *differences]))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mitiq-python", required=True, help="interpreter that has mitiq")
    parser.add_argument("--samples", type=int, default=1000, help="of error cancellation")
    arguments = parser.parse_args()
    worst_energy = worst_norm = 0.0
    cancelled = []
    print("| H2 | noise | scales | folding | folded energies |", " | ".join(FITS), "|")
    print("|---|---|---|---|---|" + "---|" * len(FITS))
    for mapping, compact in (("parity", False), ("jordan-wigner", True), ("jordan-wigner", False)):
        circuit, observable, theta = hydrogen(mapping, compact)
        bound = circuit.bind(theta)
        ideal = observable.expectation(bound.state())
        name = f"{circuit.n_qubits} qubits, {circuit.two_qubit_gates} CNOT"
        for label, one, two, each in NOISE:
            inner = Expected(circuit, make_plan(observable), NoisySampler(model(one, two, each)))
            for scales in SCALES:
                samples = arguments.samples if scales is SCALES[0] and one == 0 else 0
                python = arguments.mitiq_python
                theirs = mitiq_answer(python, bound, observable, (one, two, each), scales, samples)
                assert abs(theirs["ideal"] - ideal) < 1e-9
                for folding, row in extrapolations(circuit, theta, inner, scales, theirs):
                    worst_energy = np.nanmax([worst_energy, *row])
                    factors = ", ".join(f"{scale:.0f}" for scale in scales)
                    print(
                        f"| {name} | {label} | {factors} | {folding} |",
                        " | ".join("no fit" if math.isnan(d) else f"{d:.0e}" for d in row),
                        "|",
                        flush=True,
                    )
                if samples:
                    # Mitiq's quasi-probabilities are for inserted gates without noise.
                    begin = time.perf_counter()
                    pec = ProbabilisticErrorCancellation(
                        MeasuredEstimator(circuit, inner.plan, inner.sampler),
                        samples=samples,
                        noisy_insertions=False,
                    )
                    ours = pec.estimate(theta)
                    seconds = time.perf_counter() - begin
                    worst_norm = max(worst_norm, abs(pec.one_norm - theirs["one_norm"]))
                    cancelled.append(
                        f"| {name} | {label} | {pec.one_norm:.8f} | {theirs['one_norm']:.8f} "
                        f"| {_milli(ours.value - ideal, ours.standard_error)} | {seconds:.1f} "
                        f"| {_milli(theirs['pec'][0] - ideal, theirs['pec'][1])} "
                        f"| {theirs['pec_seconds']:.1f} |"
                    )
    print(f"\nLargest difference: {worst_energy:.1e} Ha (mitiq {theirs['version']}).\n")
    print("| H2 | noise | one-norm | mitiq's | mean - ideal / mHa | s | mitiq's | s |")
    print("|---|---|---|---|---|---|---|---|")
    print("\n".join(cancelled))
    print(
        f"\nLargest difference of one-norms: {worst_norm:.1e}; {arguments.samples:,} samples, no "
        "shot noise."
    )


def _milli(difference: float, error: float) -> str:
    return f"{1e3 * difference:.2f} ± {1e3 * error:.2f}"


if __name__ == "__main__":
    main()
