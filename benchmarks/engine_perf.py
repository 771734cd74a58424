"""One UCCSD gradient and one whole VQE, beside PySCF's FCI of the same space, in the same run.

    python benchmarks/engine_perf.py [SYSTEM ...] [--json FILE]

Each system runs in a process of its own, so that the peak memory is that of the VQE alone. FCI is
PySCF's own symmetry-adapted solver, called as its users call it and converged to 1e-10 Ha; it runs
in another process.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

MOLECULES = Path(__file__).parent.parent / "molecules"

#: name: (file, basis, active space)
SYSTEMS = {
    "H6": ("h6_chain.xyz", "sto-3g", "full"),
    "NH3": ("nh3.xyz", "sto-3g", "full"),
    "H8": ("h8_chain.xyz", "sto-3g", "full"),
    "N2": ("n2.xyz", "sto-3g", "full"),
    "H10": ("h10_chain.xyz", "sto-3g", "full"),
    "H12": ("h12_chain.xyz", "sto-3g", "full"),
    "C2H4": ("c2h4.xyz", "sto-3g", "full"),
    "N2/6-31G": ("n2.xyz", "6-31g", "frozen-core"),
}


def build(system: str) -> Any:
    from qchem_app.chemistry.active_space import select_active_space
    from qchem_app.chemistry.hamiltonian import build_hamiltonian
    from qchem_app.chemistry.mean_field import run_mean_field
    from qchem_app.io.geometry import read_geometry

    file, basis, space = SYSTEMS[system]
    mean_field = run_mean_field(read_geometry(MOLECULES / file).molecule, basis)
    return build_hamiltonian(
        mean_field, select_active_space(mean_field, space, time_limit=1e6, memory_limit=1e6)
    )


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def measure_vqe(system: str) -> dict[str, Any]:
    from qchem_app.ansatz.uccsd import uccsd
    from qchem_app.backends.exact import ExactEstimator
    from qchem_app.references.perturbation import mp2_amplitudes
    from qchem_app.vqe.solver import VQE

    hamiltonian = build(system)
    begin = time.perf_counter()
    ansatz = uccsd(hamiltonian, mp2_amplitudes(hamiltonian))
    estimator = ExactEstimator(hamiltonian, ansatz)
    setup = time.perf_counter() - begin
    estimator.value_and_gradient(ansatz.initial)  # loads the kernels
    repeats = max(3, min(200, int(5e5 / estimator.sector.size)))
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        estimator.value_and_gradient(ansatz.initial)
        times.append(time.perf_counter() - begin)
    begin = time.perf_counter()
    outcome = VQE(estimator, ansatz, tolerance=1e-8).run()
    whole = setup + time.perf_counter() - begin
    tight = None
    if estimator.sector.size < 5e5:
        tight = VQE(estimator, ansatz, tolerance=1e-12, max_iterations=400).run(outcome.theta)
    vector_mb = estimator.sector.size * 8 / 1e6
    return {
        "qubits": 2 * hamiltonian.norb,
        "determinants": estimator.sector.size,
        "parameters": ansatz.n_parameters,
        "gradient_ms": sorted(times)[repeats // 2] * 1e3,
        "vqe_s": whole,
        "evaluations": outcome.evaluations,
        "converged": outcome.converged,
        "energy": outcome.energy,
        "above_minimum_ha": None if tight is None else outcome.energy - tight.energy,
        "peak_mb": peak_mb(),
        "allowed_mb": 300 + 10 * vector_mb,
    }


def measure_fci(system: str) -> dict[str, Any]:
    from pyscf import fci

    hamiltonian = build(system)
    solver = fci.direct_spin1_symm.FCISolver()
    solver.conv_tol = 1e-10
    solver.max_cycle = 100
    begin = time.perf_counter()
    energy, _ = solver.kernel(
        hamiltonian.h1,
        hamiltonian.eri,
        hamiltonian.norb,
        hamiltonian.nelec,
        ecore=hamiltonian.ecore,
        orbsym=hamiltonian.orbsym,
        wfnsym=0,
    )
    return {"fci_s": time.perf_counter() - begin, "fci": float(energy)}


def in_a_process(kind: str, system: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, __file__, "--one", kind, system],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("systems", nargs="*", help=f"of {', '.join(SYSTEMS)}; all by default")
    parser.add_argument("--json", help="write the figures here, too")
    parser.add_argument("--one", choices=["vqe", "fci"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        measure = measure_vqe if options.one == "vqe" else measure_fci
        print(json.dumps(measure(options.systems[0])))
        return
    cores = len(os.sched_getaffinity(0))
    print(
        f"{platform.processor() or platform.machine()}, {cores} cores, Python "
        f"{platform.python_version()}, PySCF {version('pyscf')}, Numba {version('numba')}"
    )
    print(
        "| system | qubits | determinants | parameters | gradient / ms | VQE / s | gradients "
        "| FCI / s | VQE / FCI | error / mHa | peak / MB | allowed / MB |"
    )
    print("|" + "---|" * 12)
    rows = {}
    for system in options.systems or SYSTEMS:
        row = rows[system] = in_a_process("vqe", system) | in_a_process("fci", system)
        error = (row["energy"] - row["fci"]) * 1e3
        print(
            f"| {system} | {row['qubits']} | {row['determinants']:,} | {row['parameters']} "
            f"| {row['gradient_ms']:.2f} | {row['vqe_s']:.3f} | {row['evaluations']} "
            f"| {row['fci_s']:.3f} | {row['vqe_s'] / row['fci_s']:.2f} | {error:.3f} "
            f"| {row['peak_mb']:.0f} | {row['allowed_mb']:.0f} |",
            flush=True,
        )
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
