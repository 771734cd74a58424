"""Triage without FCI against triage with it: how far diagnostics can be trusted.

    python benchmarks/triage.py [--count N] [--scales 1.0 1.3 1.6] [--basis BASIS]
                                [--time-limit SECONDS]

The first N molecules of G2/97 (as they ship with ASE) with at most 20 qubits in a frozen-core
space, as they are and with all distances scaled. Each is triaged twice: with its FCI energy, and
as if FCI had not run. Prints Markdown: how often the two agree, and where they do not.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter

import numpy as np
from ase.data.g2 import data, molecule_names
from ase.symbols import string2symbols

from qchem_app.errors import QchemError
from qchem_app.molecule import Molecule
from qchem_app.result import Settings
from qchem_app.screening.fields import fields_of
from qchem_app.screening.judgement import judge
from qchem_app.screening.outcome import Scalar
from qchem_app.solve import solve
from qchem_app.units import BOHR_PER_ANGSTROM

MOST_QUBITS = 20
REFERENCES = ("mp2", "ccsd", "ccsd(t)", "fci")


def molecule(name: str, scale: float) -> Molecule:
    """A molecule of the set with all distances scaled."""
    entry = data[name]
    unpaired = round(abs(sum(entry["magmoms"] or [0])))
    return Molecule(
        symbols=tuple(string2symbols(entry["symbols"])),
        coordinates=np.array(entry["positions"]) * scale * BOHR_PER_ANGSTROM,
        charge=0,
        multiplicity=unpaired + 1,
        name=name,
    )


def qubits(name: str) -> int:
    """Of a frozen-core space in a minimal basis."""
    return 2 * sum(1 if symbol == "H" else 4 for symbol in string2symbols(data[name]["symbols"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=25)
    parser.add_argument("--scales", type=float, nargs="+", default=[1.0, 1.3, 1.6])
    parser.add_argument("--basis", default="sto-3g")
    parser.add_argument("--time-limit", type=float, default=60.0)
    options = parser.parse_args()

    settings = Settings(
        basis=options.basis,
        active_space="frozen-core",
        references=REFERENCES,
        time_limit=options.time_limit,
        memory_limit=2000.0,
        threads=1,
    )
    heavy = {"Na", "Al", "Mg", "Si", "P", "S", "Cl"}
    names = [
        name
        for name in molecule_names
        if qubits(name) <= MOST_QUBITS and not heavy & set(string2symbols(data[name]["symbols"]))
    ][: options.count]
    begin = time.perf_counter()
    pairs: Counter[tuple[Scalar, Scalar]] = Counter()
    rows = []
    for scale in options.scales:
        for name in names:
            try:
                fields = fields_of(solve(molecule(name, scale), settings))
            except QchemError as error:
                print(f"{name} x {scale}: {error}\n", flush=True)
                continue
            if fields["e_fci"] is None:
                continue
            without = judge({**fields, "e_fci": None, "lower_state_mha": None})
            pairs[fields["triage"], without["triage"]] += 1
            if fields["triage"] != without["triage"]:
                rows.append((name, scale, fields, without))

    classes = sorted({str(c) for pair in pairs for c in pair})
    print(f"{sum(pairs.values())} structures, {time.perf_counter() - begin:.0f} s\n")
    print("| with FCI \\ without |" + "|".join(f" {c} " for c in classes) + "|")
    print("|---|" + "---|" * len(classes))
    for first in classes:
        cells = "|".join(f" {pairs[first, second]} " for second in classes)
        print(f"| {first} |{cells}|")
    print("\n| molecule | scale | CCSD(T) error / mHa | T1 | D1 | M | with FCI | without: why |")
    print("|---|---|---|---|---|---|---|---|")
    for name, scale, fields, without in rows:
        values = [fields[key] for key in ("error_ccsd_t_mha", "t1", "d1", "m_diagnostic")]
        shown = " | ".join("-" if v is None else f"{float(v):.3f}" for v in values)
        reason = without["triage_reason"]
        print(f"| {name} | {scale} | {shown} | {fields['triage']} | {reason} |")


if __name__ == "__main__":
    main()
