"""Every ansatz on small molecules: error to full CI, parameters, CNOTs, time of the search.

    python benchmarks/ansatz_energies.py [MOLECULE ...] [--starts N]

STO-3G, all electrons. Products of excitations run on the exact engine; CNOTs are those of the
compiled circuit in Jordan-Wigner form. Ansätze with random first guesses are started N times, and
the table gives the lowest and the highest minimum. Hardware-efficient rotations act on the parity
encoding, tapered; k-UpCCGSD and exchange gates on orbitals without the point group.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from pyscf import fci

from qchem_app.ansatz.hardware_efficient import hardware_efficient
from qchem_app.ansatz.product import ProductAnsatz
from qchem_app.ansatz.qubit_excitations import qeb_uccsd
from qchem_app.ansatz.uccsd import uccsd
from qchem_app.ansatz.upccgsd import k_upccgsd
from qchem_app.backends.exact import ExactEstimator
from qchem_app.backends.lightning import LightningEstimator
from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import MolecularHamiltonian, build_hamiltonian
from qchem_app.chemistry.mean_field import run_mean_field
from qchem_app.circuits.compile import compile_ansatz
from qchem_app.io.geometry import read_geometry
from qchem_app.mapping.encodings import make_encoding
from qchem_app.references.perturbation import mp2_amplitudes
from qchem_app.vqe.multistart import multistart
from qchem_app.vqe.solver import VQE

MOLECULES = Path(__file__).parent.parent / "molecules"
DEFAULT = ("h2", "lih", "h4_chain", "beh2")
HARDWARE_LAYERS = (2, 4, 6)
EXCHANGE_LAYERS = (2, 4)
MOST_STEPS = 1000


def load(name: str) -> MolecularHamiltonian:
    mean_field = run_mean_field(read_geometry(MOLECULES / f"{name}.xyz").molecule)
    return build_hamiltonian(mean_field, select_active_space(mean_field, "full"))


def full_ci(hamiltonian: MolecularHamiltonian) -> float:
    solver = fci.direct_spin1.FCI()
    solver.conv_tol = 1e-12
    energy, _ = solver.kernel(
        hamiltonian.h1, hamiltonian.eri, hamiltonian.norb, hamiltonian.nelec,
        ecore=hamiltonian.ecore,
    )  # fmt: skip
    return float(energy)


class Table:
    """Rows of one molecule, printed as they come."""

    def __init__(self, molecule: str, exact: float, starts: int) -> None:
        self.molecule, self.exact, self.starts = molecule, exact, starts

    def row(self, label: str, solver: VQE, qubits: int, cnots: int) -> None:
        starts = self.starts if solver.ansatz.spread > 0 else 1
        begin = time.perf_counter()
        _, found = multistart(solver, starts)
        seconds = time.perf_counter() - begin
        low, high = (1e3 * (f(found.energies) - self.exact) for f in (min, max))
        print(
            f"| {self.molecule} | {label} | {qubits} | {solver.ansatz.n_parameters} | {cnots} | "
            f"{low:.4f} | {high:.4f} | {sum(found.converged)}/{starts} | "
            f"{found.evaluations / starts:.0f} | {seconds:.2f} |",
            flush=True,
        )


def products(table: Table, hamiltonian: MolecularHamiltonian) -> None:
    bare = hamiltonian.without_symmetry()
    amplitudes = mp2_amplitudes(hamiltonian)
    norb = hamiltonian.norb
    reference = make_encoding(bare).reference
    makers: list[tuple[str, MolecularHamiltonian, Callable[[], ProductAnsatz]]] = [
        ("UCCSD", hamiltonian, lambda: uccsd(hamiltonian, amplitudes)),
        ("QEB-UCCSD", hamiltonian, lambda: qeb_uccsd(hamiltonian, amplitudes)),
        ("1-UpCCGSD, irreps kept", hamiltonian, lambda: k_upccgsd(hamiltonian, 1)),
        ("1-UpCCGSD", bare, lambda: k_upccgsd(bare, 1)),
        ("2-UpCCGSD, irreps kept", hamiltonian, lambda: k_upccgsd(hamiltonian, 2)),
        ("2-UpCCGSD", bare, lambda: k_upccgsd(bare, 2)),
    ]
    for layers in EXCHANGE_LAYERS:
        fabric = hardware_efficient(2 * norb, reference, layers=layers, rotations="exchange")
        makers.append((f"HEA exchange, {layers} layers", bare, fabric.product))
    for label, problem, make in makers:
        ansatz = make()
        circuit = compile_ansatz(ansatz, make_encoding(problem))
        solver = VQE(ExactEstimator(problem, ansatz), ansatz, max_iterations=MOST_STEPS)
        table.row(label, solver, circuit.n_qubits, circuit.two_qubit_gates)


def rotations(table: Table, hamiltonian: MolecularHamiltonian) -> None:
    encoding = make_encoding(hamiltonian, "parity", taper=True)
    operator = encoding.operator(hamiltonian)
    for kind in ("ry", "ry-rz"):
        for layers in HARDWARE_LAYERS:
            ansatz = hardware_efficient(
                encoding.n_qubits, encoding.reference, layers=layers, rotations=kind
            )
            circuit = compile_ansatz(ansatz, encoding)
            solver = VQE(
                LightningEstimator(circuit, operator),
                ansatz,
                tolerance=1e-7,
                max_iterations=MOST_STEPS,
            )
            label = f"HEA {kind} linear, {layers} layers, tapered"
            table.row(label, solver, circuit.n_qubits, circuit.two_qubit_gates)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("molecules", nargs="*", default=DEFAULT)
    parser.add_argument("--starts", type=int, default=5)
    arguments = parser.parse_args()
    print(
        "| molecule | ansatz | qubits | parameters | CNOTs | lowest - FCI, mHa | highest - FCI, "
        "mHa | converged | gradients a start | seconds |"
    )
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for name in arguments.molecules:
        hamiltonian = load(name)
        table = Table(name, full_ci(hamiltonian), arguments.starts)
        products(table, hamiltonian)
        rotations(table, hamiltonian)


if __name__ == "__main__":
    main()
