"""FCI with symmetry beside PySCF's default without it, and PySCF's own symmetry-adapted solver.

    python benchmarks/fci_symmetry_perf.py [--large]

Prints, for each molecule, wall seconds of: PySCF without symmetry (fci.direct_spin1), PySCF with
it (fci.direct_spin1_symm), and the package's FCI in one irrep and over all irreps; the ratio of
the first to the third; and the forecast that the preflight makes. The best of three runs, in one
process, on the threads that OMP_NUM_THREADS allows. --large adds H12 and C2H4 with all electrons
(minutes without symmetry, so that column is left out).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

from pyscf import ao2mo, fci, gto, lib, scf

from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.planning.cost import count_determinants
from qchem_app.references.fci import fci as package_fci
from qchem_app.references.fci_cost import estimate_seconds

N2 = [("N", (0.0, 0.0, 0.0)), ("N", (0.0, 0.0, 1.0977))]
H10 = [("H", (0.0, 0.0, 1.0 * k)) for k in range(10)]
H12 = [("H", (0.0, 0.0, 1.0 * k)) for k in range(12)]
C2H4 = [("C", (0.0, 0.0, 0.6695)), ("C", (0.0, 0.0, -0.6695))] + [
    ("H", (0.0, y, z)) for y in (0.9289, -0.9289) for z in (1.2321, -1.2321)
]
SMALL = {"N2": N2, "H10": H10}
LARGE = {"H12": H12, "C2H4": C2H4}


def hamiltonian(atoms: list[tuple[str, tuple[float, float, float]]]) -> MolecularHamiltonian:
    mol = gto.M(atom=atoms, basis="sto-3g", symmetry="D2h", verbose=0)
    mf = scf.RHF(mol).run()
    norb = mf.mo_coeff.shape[1]
    return MolecularHamiltonian(
        h1=mf.mo_coeff.T @ mf.get_hcore() @ mf.mo_coeff,
        eri=ao2mo.restore(1, ao2mo.kernel(mol, mf.mo_coeff), norb),
        ecore=mol.energy_nuc(),
        nelec=mol.nelec,
        orbsym=mf.mo_coeff.orbsym % 10,
        point_group="D2h",
    )


def best(run: Callable[[], float], repeats: int) -> tuple[float, float]:
    seconds, energy = [], 0.0
    for _ in range(repeats):
        start = time.perf_counter()
        energy = run()
        seconds.append(time.perf_counter() - start)
    return min(seconds), energy


def pyscf_energy(solver: Any, ham: MolecularHamiltonian, **options: Any) -> float:
    solver.conv_tol, solver.max_cycle, solver.verbose = 1e-10, 100, 0
    energy, _ = solver.kernel(ham.h1, ham.eri, ham.norb, ham.nelec, **options)
    return float(energy) + ham.ecore


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--large", action="store_true")
    large = parser.parse_args().large
    print(f"{lib.num_threads()} threads")
    print(
        f"{'':6}{'dets':>10}{'sector':>10}{'no sym':>9}{'sym':>9}{'here':>9}{'all irreps':>12}"
        f"{'ratio':>8}{'forecast':>10}"
    )
    for name, atoms in {**SMALL, **(LARGE if large else {})}.items():
        ham = hamiltonian(atoms)
        repeats = 1 if name in LARGE else 3
        energies = []
        plain = None
        if name in SMALL:
            plain, energy = best(lambda: pyscf_energy(fci.direct_spin1.FCI(), ham), repeats)  # noqa: B023
            energies.append(energy)
        symmetric, energy = best(
            lambda: pyscf_energy(fci.direct_spin1_symm.FCI(), ham, orbsym=ham.orbsym),  # noqa: B023
            repeats,
        )
        energies.append(energy)
        here, energy = best(lambda: package_fci(ham, irreps="reference").method.energy, repeats)  # noqa: B023
        energies.append(energy)
        everything, energy = best(lambda: package_fci(ham).method.energy, repeats)  # noqa: B023
        energies.append(energy)
        assert max(energies) - min(energies) < 1e-8, energies
        zeros = [0] * ham.norb
        print(
            f"{name:6}{count_determinants(ham.norb, ham.nelec, zeros):>10,}"
            f"{count_determinants(ham.norb, ham.nelec, ham.orbsym):>10,}"
            f"{'' if plain is None else f'{plain:.2f}':>9}{symmetric:>9.2f}{here:>9.2f}"
            f"{everything:>12.2f}{'' if plain is None else f'{plain / here:.1f}':>8}"
            f"{estimate_seconds(ham.norb, ham.nelec, ham.orbsym, threads=lib.num_threads()):>10.2f}"
        )


if __name__ == "__main__":
    main()
