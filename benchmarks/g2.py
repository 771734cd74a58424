"""The G2 set through `qchem screen`: times, failures, atomisation energies against experiment.

    python benchmarks/g2.py FOLDER [--count N] [--time-limit SECONDS] [--active-space SPACE]
                            [--workers N] [--inputs-only]

Writes the 148 molecules of G2/97 and their 14 atoms, as they ship with ASE, into FOLDER/g2 (XYZ)
and FOLDER/g2.yaml (reactions), runs the screening twice with the commands a user would type, and
prints Markdown. The geometries are MP2(full)/6-31G(d), and the experimental atomisation energies
are electronic ones: enthalpies of formation at 298 K, from which ASE takes zero-point energies and
thermal corrections (Curtiss et al., doi:10.1063/1.473182).
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

METHODS = ("hf", "b3lyp", "mp2", "ccsd", "ccsd_t", "vqe", "fci")
KCAL = 4.184  # kJ


def write_inputs(folder: Path, count: int | None) -> int:
    """Geometries and reactions; returns how many candidates there are."""
    import yaml
    from ase.data.g2 import atom_names, data, molecule_names
    from ase.symbols import string2symbols

    geometries = folder / "g2"
    geometries.mkdir(parents=True, exist_ok=True)
    molecules = list(molecule_names)[:count]
    used = {symbol for name in molecules for symbol in string2symbols(data[name]["symbols"])}
    atoms = [name for name in atom_names if name in used]
    for name in (*atoms, *molecules):
        entry = data[name]
        symbols = string2symbols(entry["symbols"])
        unpaired = round(abs(sum(entry["magmoms"] or [0])))
        lines = [str(len(symbols)), f"charge=0 multiplicity={unpaired + 1}"]
        for symbol, (x, y, z) in zip(symbols, entry["positions"], strict=True):
            lines.append(f"{symbol} {x:.6f} {y:.6f} {z:.6f}")
        (geometries / f"{name}.xyz").write_text("\n".join(lines) + "\n")
    values = {name: round(atomisation_energy(data, name), 4) for name in molecules}
    experimental = {"unit": "kcal/mol", "kind": "electronic", "values": values}
    reactions = {"atomisation": {"candidate": molecules, "experimental": experimental}}
    (folder / "g2.yaml").write_text(yaml.safe_dump(reactions, sort_keys=False))
    return len(atoms) + len(molecules)


def atomisation_energy(data: dict[str, Any], name: str) -> float:
    """Electronic atomisation energy, kcal/mol, from enthalpies of formation at 298 K."""
    from ase.symbols import string2symbols

    molecule = data[name]
    energy = -molecule["enthalpy"] + molecule["ZPE"] + molecule["thermal correction"]
    for symbol in string2symbols(molecule["symbols"]):
        energy += data[symbol]["enthalpy"] - data[symbol]["thermal correction"]
    return float(energy)


def screen(folder: Path, options: list[str]) -> float:
    """Run the command in FOLDER; seconds."""
    command = ["qchem", "screen", "g2", "-o", "g2.db", "--reactions", "g2.yaml", *options]
    print(f"\n    {shlex.join(command)}\n", flush=True)
    begin = time.perf_counter()
    with (folder / "screen.txt").open("w") as output:
        program = [sys.executable, "-m", "qchem_app", *command[1:]]
        finished = subprocess.run(program, check=False, cwd=folder, stdout=output)
    if finished.returncode not in (0, 3):
        raise SystemExit(f"exit status {finished.returncode}")
    return time.perf_counter() - begin


def report(folder: Path) -> None:
    """Tables from the store."""
    from qchem_app.io.reactions_file import read_reactions
    from qchem_app.screening.reactions import evaluate_reactions, statistics
    from qchem_app.screening.store import Store

    with Store.open_for_reading(folder / "g2.db") as store:
        rows = list(store.rows())
    status = Counter(row.status for row in rows)
    print(f"\n{len(rows)} candidates: {', '.join(f'{n} {s}' for s, n in status.items())}.\n")
    for row in rows:
        if row.status != "done":
            print(f"- {row.name}: {row.error}")
    done = [row.fields for row in rows if row.status == "done"]
    kinds = Counter(str(row["space_kind"]) for row in done)
    print(f"\nActive spaces: {', '.join(f'{n} {kind}' for kind, n in kinds.most_common())}.")
    print(f"Sum of task times: {sum(float(row['seconds'] or 0) for row in done):.0f} s.")
    triage = Counter(str(row["triage"]) for row in done)
    print(f"Triage: {', '.join(f'{n} {kind}' for kind, n in triage.most_common())}.")
    flagged = [str(row["name"]) for row in done if row["converged"] is False]
    print(f"Not converged: {', '.join(flagged) or 'none'}.\n")

    reactions = evaluate_reactions(read_reactions(folder / "g2.yaml"), [row.fields for row in rows])
    problems = [reaction for reaction in reactions if reaction.problem]
    print("### Atomisation energies against experiment, kcal/mol\n")
    print("Only reactions whose species have comparable spaces count for correlated methods.\n")
    print("| method | reactions | mean absolute deviation | mean signed | largest | worst |")
    print("|---|---|---|---|---|---|")
    table = {entry.method: entry for entry in statistics(reactions)}
    for method in (*METHODS, "best"):
        if method in table:
            s = table[method]
            print(
                f"| {method} | {s.count} | {s.mean_absolute / KCAL:.1f} | "
                f"{s.mean_signed / KCAL:+.1f} | {s.largest / KCAL:+.1f} | {s.worst} |"
            )
    both = [
        r
        for r in reactions
        if r.experiment and all(m in r.energies and r.energies[m].comparable for m in METHODS)
    ]
    print(f"\nThe same over the {len(both)} reactions that every method has:\n")
    print("| method | mean absolute deviation | mean signed |")
    print("|---|---|---|")
    for s in statistics(both):
        if s.method in METHODS:
            print(f"| {s.method} | {s.mean_absolute / KCAL:.1f} | {s.mean_signed / KCAL:+.1f} |")
    print("\n| molecule | experiment | " + " | ".join(METHODS) + " | spaces |")
    print("|---|---|" + "---|" * (len(METHODS) + 1))
    for r in reactions:
        if r.problem or r.experiment is None:
            continue
        cells = [
            f"{r.energies[m].kj_mol / KCAL:.1f}{'' if r.energies[m].comparable else '*'}"
            if m in r.energies
            else "-"
            for m in METHODS
        ]
        differ = "differ" if any("spaces differ" in note for note in r.notes) else "same"
        print(
            f"| {r.candidate} | {r.experiment.kj_mol / KCAL:.1f} | {' | '.join(cells)} | {differ} |"
        )
    print("\n\\* spaces of molecule and atoms differ: not counted.")
    for r in problems:
        print(f"- {r.candidate}: {r.problem}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, help="only the first molecules")
    parser.add_argument("--time-limit", default="60")
    parser.add_argument("--active-space", default="auto")
    parser.add_argument("--workers", default="2")
    parser.add_argument("--inputs-only", action="store_true", help="write the files and stop")
    parser.add_argument("--tables-only", action="store_true", help="of a store that is there")
    options = parser.parse_args()
    if not options.tables_only:
        n = write_inputs(options.folder, options.count)
        if options.inputs_only:
            return
        common = ["--time-limit", options.time_limit, "--active-space", options.active_space]
        common += ["--workers", options.workers, "--limit", "20"]
        first = screen(options.folder, common)
        print(f"{n} candidates in {first:.0f} s.")
        again = screen(options.folder, common)
        print(f"The same command again: {again:.1f} s.")
        peak = subprocess.run(
            [sys.executable, "-m", "qchem_app", "results", "g2.db", "--format", "jsonl"],
            check=True, capture_output=True, text=True, cwd=options.folder,
        )  # fmt: skip
        slowest = sorted(
            (json.loads(line) for line in peak.stdout.splitlines()),
            key=lambda row: -(row["seconds"] or 0),
        )[:5]
        print("Longest tasks: " + ", ".join(f"{r['name']} {r['seconds']:.0f} s" for r in slowest))
    report(options.folder)


if __name__ == "__main__":
    main()
