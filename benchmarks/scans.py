"""Scans of H2, LiH and N2: gradients from neighbours and alone, smoothness, non-parallelity.

    python benchmarks/scans.py [MOLECULE ...] [--count POINTS] [--threads N]

STO-3G, all electrons, 0.6 to 3.0 Å (25 points unless told). The same options, tolerance and
convergence test for both searches; "alone" computes every point as `qchem solve` does, "scan"
from its neighbours. Energies without a gradient, which the scan spends on first guesses, are
counted by themselves. Times include all references.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from qchem_app.io.geometry import read_geometry
from qchem_app.result import Settings
from qchem_app.scan.coordinate import Coordinate
from qchem_app.scan.curve import ScanCurve
from qchem_app.scan.grid import parse_grid
from qchem_app.scan.plan import plan_scan
from qchem_app.scan.points import along_coordinate
from qchem_app.scan.run import run_scan
from qchem_app.screening.plan import complete
from qchem_app.screening.store import Store
from qchem_app.units import KCAL_PER_MOL_PER_HARTREE

MOLECULES = Path(__file__).parent.parent / "molecules"
REFERENCES = ("hf", "mp2", "ccsd", "ccsd(t)", "fci")


def scan(name: str, count: int, threads: int, *, cold: bool) -> tuple[ScanCurve, float]:
    geometry = read_geometry(MOLECULES / f"{name}.xyz")
    path = along_coordinate(geometry, Coordinate("bond", (0, 1)), parse_grid(f"0.6:3.0:{count}x"))
    begin = time.perf_counter()
    plan = plan_scan(path, complete(Settings(references=REFERENCES)))
    with tempfile.TemporaryDirectory() as folder, Store.open_for_writing(f"{folder}/s.db") as store:
        summary = run_scan(path, plan, store, cold=cold, threads=threads)
        rows = list(store.rows(summary.run_id))
    curve = ScanCurve.of_rows(name, path.variable, geometry.molecule.symbols, REFERENCES, rows)
    return curve, time.perf_counter() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("molecules", nargs="*", default=["h2", "lih", "n2"])
    parser.add_argument("--count", type=int, default=25)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    scan("h2", 3, options.threads, cold=False)  # compiles the kernels
    found = {
        name: (
            scan(name, options.count, options.threads, cold=False),
            scan(name, options.count, options.threads, cold=True),
        )
        for name in options.molecules
    }
    print(
        "| molecule | points | gradients alone | gradients scan | saved | energies only |", end=""
    )
    print(" jump alone / mHa | jump scan / mHa | time alone / s | time scan / s |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name, ((warm, warm_seconds), (cold, cold_seconds)) in found.items():
        spent, alone = (sum(g or 0 for g in curve.gradients) for curve in (warm, cold))
        jumps = [1e3 * (curve.summary("vqe").jump or 0.0) for curve in (cold, warm)]
        print(
            f"| {name} | {len(warm.values)} | {alone} | {spent} | {1 - spent / alone:.0%} | "
            f"{sum(warm.energies_only)} | {jumps[0]:.3f} | {jumps[1]:.3f} | "
            f"{cold_seconds:.1f} | {warm_seconds:.1f} |"
        )
    print("\n| molecule | method | r(min) / Å | E(min) / Ha | De / kcal/mol | w / cm-1 |", end="")
    print(" largest error / mHa | NPE / mHa | jump / mHa | points |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name, ((warm, _), _) in found.items():
        for method in warm.energies:
            s = warm.summary(method)
            low = s.minimum
            cells = [
                "-" if low is None else f"{low.value:.4f}",
                "-" if low is None else f"{low.energy:.6f}",
                "-"
                if s.rise is None
                else f"{s.rise * KCAL_PER_MOL_PER_HARTREE:.1f}" + ("" if s.flat else " (not flat)"),
                "-" if s.frequency is None else f"{s.frequency:.0f}",
                *(
                    "-" if value is None else f"{1e3 * value:.3f}"
                    for value in (s.largest_error, s.non_parallelity, s.jump)
                ),
                f"{len(warm.values) - s.gaps} of {len(warm.values)}",
            ]
            print(f"| {name} | {method} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
