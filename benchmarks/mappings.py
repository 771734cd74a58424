"""Every mapping of twelve molecules, tapered and not: qubits, terms, and what was checked.

    python benchmarks/mappings.py [MOLECULE ...] [--speed]

For each qubit operator the block on the basis states of the sector's determinants is diagonalised
and compared with the CI matrix of the exact engine (PySCF's contraction), eigenvalue by
eigenvalue. Of a tapered operator the lowest eigenvalue of the whole is compared, too: it must be
the lowest of all electron numbers that share the removed parities. Every other choice of the
removed parities than the reference determinant's must be refused by `verify`.

With --speed: the time of the Jordan-Wigner operator beside OpenFermion's.
"""

from __future__ import annotations

import argparse
import itertools
import time
from pathlib import Path
from typing import Any

import numpy as np

MOLECULES = Path(__file__).parent.parent / "molecules"

#: name: (file, active space), in STO-3G
SYSTEMS = {
    "H2": ("h2.xyz", "full"),
    "HeH+": ("heh_plus.xyz", "full"),
    "H3+": ("h3_plus.xyz", "full"),
    "H4": ("h4_chain.xyz", "full"),
    "LiH": ("lih.xyz", "full"),
    "BeH2": ("beh2.xyz", "full"),
    "H2O": ("h2o.xyz", "full"),
    "OH": ("oh.xyz", "full"),
    "CH2 triplet": ("ch2_triplet.xyz", "full"),
    "O2 triplet (8,6)": ("o2.xyz", "8,6"),
    "N2 (6,6)": ("n2.xyz", "6,6"),
    "NH4+ (frozen core)": ("nh4_plus.xyz", "frozen-core"),
}
# Rows up to which a matrix is diagonalised whole; above, its lowest eigenvalues are compared.
ALL_EIGENVALUES = 1500
LOWEST = 8
# Qubits up to which the lowest eigenvalue of a whole tapered operator is computed.
WHOLE = 13


def build(file: str, space: str) -> Any:
    from qchem_app.chemistry.active_space import select_active_space
    from qchem_app.chemistry.hamiltonian import build_hamiltonian
    from qchem_app.chemistry.mean_field import run_mean_field
    from qchem_app.io.geometry import read_geometry

    mean_field = run_mean_field(read_geometry(MOLECULES / file).molecule, "sto-3g")
    return build_hamiltonian(mean_field, select_active_space(mean_field, space))


def spectrum(matrix: Any) -> np.ndarray:
    from qchem_app.mapping.block import lowest_eigenvalues

    if matrix.shape[0] > ALL_EIGENVALUES:
        return lowest_eigenvalues(matrix, LOWEST)
    dense = matrix.toarray() if hasattr(matrix, "toarray") else matrix @ np.eye(matrix.shape[0])
    return np.linalg.eigvalsh(dense)


def ci_matrix(hamiltonian: Any, sector: Any) -> Any:
    from scipy.sparse.linalg import LinearOperator

    from qchem_app.civector.hamiltonian import SectorHamiltonian

    product = SectorHamiltonian(hamiltonian, sector)
    shape = (sector.size, sector.size)
    return LinearOperator(
        shape, matvec=lambda v: product.apply(np.ascontiguousarray(v.ravel())), dtype=float
    )


def lowest_of_all_sectors(hamiltonian: Any, encoding: Any) -> float:
    """Lowest energy of all electron numbers and irreps that have the removed parities."""
    from qchem_app.civector.sector import Sector
    from qchem_app.mapping.block import lowest_eigenvalues

    norb, orbsym = hamiltonian.norb, hamiltonian.orbsym
    lowest = np.inf
    for n_alpha, n_beta, irrep in itertools.product(range(norb + 1), range(norb + 1), range(8)):
        sector = Sector.build(norb, (n_alpha, n_beta), orbsym, irrep)
        if sector.size == 0 or not encoding.basis_states(sector)[0].all():
            continue
        if n_alpha + n_beta == 0:
            lowest = min(lowest, hamiltonian.ecore)
            continue
        lowest = min(lowest, float(lowest_eigenvalues(ci_matrix(hamiltonian, sector))[0]))
    return lowest


def wrong_sectors(hamiltonian: Any, name: str, taper: bool, right: list[int]) -> tuple[int, int]:
    """How many choices of the removed parities are wrong, and how many of these are refused."""
    from qchem_app.errors import InputError
    from qchem_app.mapping.encodings import make_encoding
    from qchem_app.mapping.verification import verify

    wrong = caught = 0
    for parities in itertools.product((0, 1), repeat=len(right)):
        if list(parities) == right:
            continue
        wrong += 1
        try:
            encoding = make_encoding(hamiltonian, name, taper=taper, sector=parities)
            verify(encoding, hamiltonian)
        except InputError:
            caught += 1
    return wrong, caught


def rows(system: str) -> None:
    from qchem_app.civector.sector import Sector
    from qchem_app.mapping.block import block, lowest_eigenvalues
    from qchem_app.mapping.encodings import ENCODINGS, make_encoding
    from qchem_app.mapping.verification import verify

    hamiltonian = build(*SYSTEMS[system])
    sector = Sector.build(hamiltonian.norb, hamiltonian.nelec, hamiltonian.orbsym)
    exact = spectrum(ci_matrix(hamiltonian, sector))
    bottom: float | None = None
    for name, taper in itertools.product(ENCODINGS, (False, True)):
        begin = time.perf_counter()
        encoding = make_encoding(hamiltonian, name, taper=taper)
        operator = encoding.operator(hamiltonian)
        seconds = time.perf_counter() - begin
        verify(encoding, hamiltonian)
        matrix, leak = block(operator, encoding.basis_states(sector)[1])
        found = spectrum(matrix)
        difference = float(np.abs(found - exact).max())
        whole = ""
        if taper and encoding.n_qubits <= WHOLE:
            if bottom is None:
                bottom = lowest_of_all_sectors(hamiltonian, encoding)
            lowest = float(lowest_eigenvalues(operator.matrix().real)[0])
            whole = f"{abs(lowest - bottom):.0e}"
            difference = max(difference, abs(lowest - bottom))
        wrong, caught = wrong_sectors(
            hamiltonian, name, taper, [symmetry.parity for symmetry in encoding.removed]
        )
        refused = f"{caught} of {wrong}" if wrong else "none removed"
        good = difference < 1e-9 and leak < 1e-9 and caught == wrong
        print(
            f"| {system} | {name} | {'yes' if taper else 'no'} | {encoding.n_qubits} "
            f"| {len(operator):,} | {sector.size:,} | {found.size:,} | {difference:.0e} | {whole} "
            f"| {refused} | {seconds * 1e3:.0f} | {'yes' if good else '**NO**'} |",
            flush=True,
        )


def speed() -> None:
    import openfermion

    from qchem_app.chemistry.openfermion_order import to_openfermion
    from qchem_app.mapping.jordan_wigner import jordan_wigner

    print("| molecule | qubits | terms | here / s | OpenFermion / s | ratio |")
    print("|" + "---|" * 6)
    for file in ("h4_chain", "lih", "h2o", "h8_chain", "h10_chain", "c2h4"):
        hamiltonian = build(f"{file}.xyz", "full")
        times = []
        for _ in range(3):
            begin = time.perf_counter()
            operator = jordan_wigner(hamiltonian)
            times.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        openfermion.jordan_wigner(to_openfermion(hamiltonian))
        theirs = time.perf_counter() - begin
        print(
            f"| {file} | {2 * hamiltonian.norb} | {len(operator):,} | {min(times):.4f} "
            f"| {theirs:.2f} | {theirs / min(times):.0f} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("systems", nargs="*", help=f"of {', '.join(SYSTEMS)}; all by default")
    parser.add_argument("--speed", action="store_true", help="only the times of the operator")
    options = parser.parse_args()
    if options.speed:
        speed()
        return
    print(
        "| molecule | mapping | tapered | qubits | terms | determinants | eigenvalues compared "
        "| largest difference / Ha | lowest of the whole / Ha | wrong sectors refused "
        "| operator / ms | as it must be |"
    )
    print("|" + "---|" * 12)
    for system in options.systems or SYSTEMS:
        rows(system)


if __name__ == "__main__":
    main()
