"""CNOTs and depth of compiled circuits, beside PennyLane's and Qiskit Nature's.

    python benchmarks/circuits.py [--nature PYTHON] [--width N] [SYSTEM ...]

All sides get the same excitations with the same angles, start from |0...0>, and end in the same
gates: x, h, rx, ry, rz, cx. PennyLane: its own operations for each excitation, in its own order
of spin orbitals (alpha and beta alternate), decomposed, then its transforms that commute, cancel
and merge. Qiskit Nature: see circuits_qiskit_nature.py, which PYTHON runs, an interpreter that
has it. Depth counts every gate.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

MOLECULES = Path(__file__).parent.parent / "molecules"
SYSTEMS = {
    "H2": "h2.xyz",
    "LiH": "lih.xyz",
    "H4": "h4_chain.xyz",
    "BeH2": "beh2.xyz",
    "H2O": "h2o.xyz",
}
ANSATZE = ("UCCSD", "QEB-UCCSD", "k-UpCCGSD", "HEA")
MAPPINGS = ("jordan-wigner", "parity", "bravyi-kitaev", "symmetry-conserving")
LAYERS = 2
GATES = {"PauliX", "Hadamard", "RX", "RY", "RZ", "CNOT"}


def build(system: str) -> Any:
    from qchem_app.chemistry.active_space import select_active_space
    from qchem_app.chemistry.hamiltonian import build_hamiltonian
    from qchem_app.chemistry.mean_field import run_mean_field
    from qchem_app.io.geometry import read_geometry

    mean_field = run_mean_field(read_geometry(MOLECULES / SYSTEMS[system]).molecule, "sto-3g")
    return build_hamiltonian(
        mean_field, select_active_space(mean_field, "full", time_limit=1e6, memory_limit=1e6)
    )


def make_ansatz(name: str, hamiltonian: Any, encoding: Any) -> Any:
    from qchem_app.ansatz.hardware_efficient import hardware_efficient
    from qchem_app.ansatz.qubit_excitations import qeb_uccsd
    from qchem_app.ansatz.uccsd import uccsd
    from qchem_app.ansatz.upccgsd import k_upccgsd
    from qchem_app.references.perturbation import mp2_amplitudes

    if name == "HEA":
        return hardware_efficient(encoding.n_qubits, encoding.reference, layers=LAYERS)
    if name == "k-UpCCGSD":
        return k_upccgsd(hamiltonian)
    kind = uccsd if name == "UCCSD" else qeb_uccsd
    return kind(hamiltonian, mp2_amplitudes(hamiltonian))


def modes(excitation: Any, norb: int) -> tuple[list[int], list[int]]:
    """(annihilated, created) spin orbitals, alpha before beta."""
    taken = [q for _, q in excitation.alpha] + [q + norb for _, q in excitation.beta]
    made = [p for p, _ in excitation.alpha] + [p + norb for p, _ in excitation.beta]
    return taken, made


def own(ansatz: Any, encoding: Any, width: int | None, *, compact: bool) -> dict[str, Any]:
    from qchem_app.circuits.compile import compile_ansatz
    from qchem_app.circuits.resources import count_resources

    begin = time.perf_counter()
    found = count_resources(compile_ansatz(ansatz, encoding, compact=compact, width=width))
    return {
        "cnots": found.cnots,
        "depth": found.depth,
        "cnot_depth": found.cnot_depth,
        "qubits": found.qubits,
        "seconds": time.perf_counter() - begin,
        "mapping": encoding.name,
    }


def pennylane(ansatz: Any, hamiltonian: Any, angles: np.ndarray) -> dict[str, Any]:
    import pennylane as qml

    norb, nelec = hamiltonian.norb, hamiltonian.nelec
    n = 2 * norb
    operations = []
    if not hasattr(ansatz, "excitations"):
        # basic layers of RY and neighbouring CNOTs, as one writes them by hand
        for layer in range(LAYERS + 1):
            operations += [qml.RY(angles[layer * n + q], q) for q in range(n)]
            if layer < LAYERS:
                operations += [qml.CNOT([q, q + 1]) for q in range(n - 1)]
    else:
        # PennyLane's order: spin orbital 2 p + spin
        place = [2 * p for p in range(norb)] + [2 * p + 1 for p in range(norb)]
        occupied = [*range(nelec[0]), *range(norb, norb + nelec[1])]
        operations += [qml.X(place[q]) for q in occupied]
        for excitation, angle in zip(ansatz.excitations, angles, strict=True):
            taken, made = (sorted(place[q] for q in part) for part in modes(excitation, norb))
            first, second = sorted((taken, made))
            if not excitation.fermionic:
                kind = qml.SingleExcitation if len(taken) == 1 else qml.DoubleExcitation
                operations.append(kind(2 * angle, wires=[*taken, *made]))
            elif len(taken) == 1:
                wires = list(range(first[0], second[0] + 1))
                operations.append(qml.FermionicSingleExcitation(angle, wires=wires))
            else:
                wires1, wires2 = (list(range(w[0], w[1] + 1)) for w in (first, second))
                operations.append(
                    qml.FermionicDoubleExcitation(angle, wires1=wires1, wires2=wires2)
                )
    tape = qml.tape.QuantumScript(operations)
    (tape,), _ = qml.transforms.decompose(tape, gate_set=GATES)
    for _ in range(3):
        for transform in (
            qml.transforms.commute_controlled,
            qml.transforms.cancel_inverses,
            qml.transforms.merge_rotations,
        ):
            (tape,), _ = transform(tape)
    counted = [list(op.wires) for op in tape.operations]
    pairs = [wires for wires in counted if len(wires) == 2]
    return {"cnots": len(pairs), "depth": depth(counted, n), "cnot_depth": depth(pairs, n)}


def depth(gates: list[list[int]], n: int) -> int:
    level = [0] * n
    for wires in gates:
        after = 1 + max(level[w] for w in wires)
        for w in wires:
            level[w] = after
    return max(level)


def describe(ansatz: Any, hamiltonian: Any, angles: np.ndarray) -> dict[str, Any]:
    """A problem for circuits_qiskit_nature.py."""
    problem: dict[str, Any] = {
        "norb": hamiltonian.norb,
        "nelec": list(hamiltonian.nelec),
        "angles": angles.tolist(),
    }
    if not hasattr(ansatz, "excitations"):
        return problem | {"kind": "hardware-efficient", "layers": LAYERS}
    kind = "fermionic" if ansatz.excitations[0].fermionic else "qubit"
    excitations = [modes(e, hamiltonian.norb) for e in ansatz.excitations]
    return problem | {"kind": kind, "excitations": excitations}


def ask_nature(python: str, problems: dict[str, Any]) -> dict[str, Any]:
    script = Path(__file__).with_name("circuits_qiskit_nature.py")
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder) / "problems.json", Path(folder) / "counts.json"
        given.write_text(json.dumps(problems))
        subprocess.run([python, str(script), str(given), str(found)], check=True)
        return json.loads(found.read_text())


def measure(system: str, name: str, width: int | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Our counts and PennyLane's; the problem for Qiskit Nature."""
    from qchem_app.mapping.encodings import make_encoding

    hamiltonian = build(system)
    encoding = make_encoding(hamiltonian)
    ansatz = make_ansatz(name, hamiltonian, encoding)
    theta = np.random.default_rng(0).normal(size=ansatz.n_parameters)
    angles = theta[ansatz.parameter] if hasattr(ansatz, "parameter") else theta
    tapered = [make_encoding(hamiltonian, mapping, taper=True) for mapping in MAPPINGS]
    best = [own(make_ansatz(name, hamiltonian, e), e, width, compact=True) for e in tapered]
    row = {
        "excitations": len(getattr(ansatz, "excitations", ())),
        "compact": own(ansatz, encoding, width, compact=True),
        "any state": own(ansatz, encoding, width, compact=False),
        "tapered": min(best, key=lambda counts: (counts["cnots"], counts["depth"])),
        "pennylane": pennylane(ansatz, hamiltonian, angles),
    }
    return row, describe(ansatz, hamiltonian, angles)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("systems", nargs="*", help=f"of {', '.join(SYSTEMS)}; all by default")
    parser.add_argument("--nature", help="interpreter that has Qiskit Nature")
    parser.add_argument("--width", type=int, help="of the search; the default of the program")
    parser.add_argument("--json", help="write the figures here, too")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    rows: dict[str, Any] = {}
    problems: dict[str, Any] = {}
    for system in options.systems or SYSTEMS:
        for name in ANSATZE:
            key = f"{system} {name}"
            rows[key], problems[key] = measure(system, name, options.width)
    names = {"compact": "here", "any state": "here, any state", "tapered": "here, tapered"}
    names |= {"pennylane": f"PennyLane {version('pennylane')}"}
    if options.nature:
        counts = ask_nature(options.nature, problems)
        versions = counts["versions"]
        label = f"Qiskit Nature {versions['qiskit-nature']}, Qiskit {versions['qiskit']}"
        names |= {"level 3": f"{label}, level 3", "rustiq": "the same with Rustiq"}
        for key in rows:
            rows[key] |= counts[key]
    print("CNOTs / depth / depth in CNOTs. Jordan-Wigner but for the tapered column.\n")
    print("| system | ansatz | excitations | " + " | ".join(names.values()) + " | seconds |")
    print("|" + "---|" * (len(names) + 4))
    for key, row in rows.items():
        system, name = key.split(" ", 1)
        cells = []
        for kind in names:
            counts = row[kind]
            cell = f"{counts['cnots']:,} / {counts['depth']:,} / {counts['cnot_depth']:,}"
            if kind == "tapered":
                cell += f" ({counts['mapping']}, {counts['qubits']} qubits)"
            cells.append(cell)
        print(
            f"| {system} | {name} | {row['excitations'] or '-'} | {' | '.join(cells)} "
            f"| {row['compact']['seconds']:.1f} |"
        )
    worse = [
        f"{key}: {kind} against {peer} in {figure}"
        for key, row in rows.items()
        for kind in ("compact", "any state")
        for peer in names
        if peer not in ("compact", "any state", "tapered")
        for figure in ("cnots", "depth", "cnot_depth")
        if row[kind][figure] > row[peer][figure]
    ]
    print("\nNot fewer or equal: " + ("; ".join(worse) if worse else "nowhere") + ".")
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
