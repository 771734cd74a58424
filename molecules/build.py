"""Write the .xyz files and the README of this folder from bond lengths and angles.

    python molecules/build.py

Coordinates come from internal ones, so that every symmetry holds to the last digit written: a
molecule's principal axis is z, a planar one lies in the yz plane. Lengths in Ångström, angles in
degrees.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import cos, radians, sin, sqrt
from pathlib import Path

HERE = Path(__file__).parent
Atom = tuple[str, float, float, float]

HUBER = (
    "Huber & Herzberg, Constants of Diatomic Molecules (1979), r_e, "
    "[doi:10.1007/978-1-4757-0961-2](https://doi.org/10.1007/978-1-4757-0961-2)"
)
MODEL = "model system, not a measured structure"
COMPUTED = "computed with `optimise.py` and PySCF 2.14.0: "


def cccbdb(cas: str, origin: str) -> str:
    page = f"https://cccbdb.nist.gov/expgeom2x.asp?casno={cas}&charge=0"
    return f"{origin}, from [NIST CCCBDB release 22]({page})"


@dataclass(frozen=True)
class Entry:
    """One file: `stem` is its name without the extension, `group` its Schoenflies point group."""

    stem: str
    formula: str
    name: str
    atoms: tuple[Atom, ...]
    group: str
    source: str
    note: str
    charge: int = 0
    multiplicity: int = 1


def linear(symbols: str, positions: Iterable[float]) -> tuple[Atom, ...]:
    """Atoms on the z axis."""
    return tuple((s, 0.0, 0.0, z) for s, z in zip(symbols.split(), positions, strict=True))


def chain(count: int, spacing: float) -> tuple[Atom, ...]:
    """Equally spaced hydrogen atoms, centred on the origin."""
    return linear("H " * count, [(i - (count - 1) / 2) * spacing for i in range(count)])


def bent(symbol: str, bond: float, angle: float) -> tuple[Atom, ...]:
    """XH2 in the yz plane."""
    y, z = bond * sin(radians(angle / 2)), bond * cos(radians(angle / 2))
    return ((symbol, 0.0, 0.0, 0.0), ("H", 0.0, y, z), ("H", 0.0, -y, z))


def pyramid(symbol: str, bond: float, angle: float) -> tuple[Atom, ...]:
    """XH3 with the threefold axis along z and one hydrogen in the yz plane."""
    radius = 2 * bond * sin(radians(angle / 2)) / sqrt(3)
    z = -sqrt(bond**2 - radius**2)
    x, y = radius * sqrt(3) / 2, radius / 2
    return ((symbol, 0.0, 0.0, 0.0), ("H", 0.0, radius, z), ("H", x, -y, z), ("H", -x, -y, z))


def tetrahedron(symbol: str, bond: float) -> tuple[Atom, ...]:
    """XH4 on alternate corners of a cube."""
    c = bond / sqrt(3)
    return (
        (symbol, 0.0, 0.0, 0.0),
        ("H", c, c, c),
        ("H", c, -c, -c),
        ("H", -c, c, -c),
        ("H", -c, -c, c),
    )


def triangle(side: float) -> tuple[Atom, ...]:
    radius = side / sqrt(3)
    return (
        ("H", 0.0, 0.0, radius),
        ("H", 0.0, side / 2, -radius / 2),
        ("H", 0.0, -side / 2, -radius / 2),
    )


def square(side: float) -> tuple[Atom, ...]:
    h = side / 2
    return (("H", 0.0, h, h), ("H", 0.0, -h, h), ("H", 0.0, -h, -h), ("H", 0.0, h, -h))


def formaldehyde(co: float, ch: float, hch: float) -> tuple[Atom, ...]:
    return (("O", 0.0, 0.0, co), *bent("C", -ch, hch))


def ethylene(cc: float, ch: float, hcc: float) -> tuple[Atom, ...]:
    half, y, z = cc / 2, ch * sin(radians(hcc)), -ch * cos(radians(hcc))
    carbons: tuple[Atom, ...] = (("C", 0.0, 0.0, half), ("C", 0.0, 0.0, -half))
    return carbons + tuple(("H", 0.0, i * y, j * (half + z)) for j in (1, -1) for i in (1, -1))


def rows(text: str) -> tuple[Atom, ...]:
    """Atoms from "symbol x y z" lines, as `optimise.py` prints them."""
    split = [line.split() for line in text.strip().splitlines()]
    return tuple((s, float(x), float(y), float(z)) for s, x, y, z in split)


FORMAMIDE = """
C      0.0000000000     0.4284367759     0.0150143759
O      0.0000000000     1.2189793930     0.9388077909
N      0.0000000000    -0.9279841827     0.1468068264
H      0.0000000000     0.7401693007    -1.0491194106
H      0.0000000000    -1.3329841004     1.0732587444
H      0.0000000000    -1.5406171865    -0.6547683269
"""

PYRROLE = """
N      0.0000000000     0.0000000000     1.1236883106
C      0.0000000000     1.1256578081     0.3327475644
C      0.0000000000    -1.1256578081     0.3327475644
C      0.0000000000     0.7128082621    -0.9825221000
C      0.0000000000    -0.7128082621    -0.9825221000
H      0.0000000000     0.0000000000     2.1315820913
H      0.0000000000     2.1141243686     0.7691683566
H      0.0000000000    -2.1141243686     0.7691683566
H      0.0000000000     1.3609001429    -1.8485290219
H      0.0000000000    -1.3609001429    -1.8485290219
"""

ENTRIES: tuple[Entry, ...] = (
    Entry(
        "h2", "H2", "hydrogen", linear("H H", (-0.3707, 0.3707)), "D∞h", HUBER,
        "0.7414 Å; the smallest test",
    ),
    Entry(
        "heh_plus", "HeH+", "helium hydride cation", linear("He H", (0.0, 0.7746184)), "C∞v",
        COMPUTED + "CCSD/cc-pVQZ, exact for two electrons in that basis",
        "the first molecule of the universe", charge=1,
    ),
    Entry(
        "h3_plus", "H3+", "trihydrogen cation", triangle(0.8736703), "D3h",
        COMPUTED + "CCSD/cc-pVQZ, exact for two electrons in that basis",
        "equilateral; degenerate empty orbitals", charge=1,
    ),
    Entry(
        "lih", "LiH", "lithium hydride", linear("Li H", (0.0, 1.5949)), "C∞v",
        "1.5949 Å, customary in VQE work; " + HUBER.replace("r_e", "have r_e = 1.5957 Å"),
        "1s of lithium can be frozen",
    ),
    Entry(
        "beh2", "BeH2", "beryllium hydride", linear("H Be H", (-1.3264, 0.0, 1.3264)), "D∞h",
        "Shayesteh et al., J. Chem. Phys. 118, 3622 (2003), r_e, "
        "[doi:10.1063/1.1539850](https://doi.org/10.1063/1.1539850)",
        "linear; 2s and 2p nearly degenerate on beryllium",
    ),
    Entry(
        "bh", "BH", "borane(1)", linear("B H", (0.0, 1.2324)), "C∞v", HUBER,
        "a closed shell with empty p orbitals",
    ),
    Entry(
        "ch2_triplet", "CH2", "methylene, X 3B1", bent("C", 1.0730515, 133.9377), "C2v",
        COMPUTED + "UHF-CCSD(T)/cc-pVTZ", "the ground state", multiplicity=3,
    ),
    Entry(
        "ch2_singlet", "CH2", "methylene, a 1A1", bent("C", 1.1042322, 102.1596), "C2v",
        COMPUTED + "CCSD(T)/cc-pVTZ",
        "the excited state at its own minimum; two configurations matter",
    ),
    Entry(
        "ch4", "CH4", "methane", tetrahedron("C", 1.087), "Td",
        cccbdb("74828", "Hirota, J. Mol. Spectrosc. 77, 213 (1979), r_e"),
        "computed in D2, the largest Abelian subgroup",
    ),
    Entry(
        "nh3", "NH3", "ammonia", pyramid("N", 1.012, 106.67), "C3v",
        cccbdb("7664417", "Herzberg, Electronic Spectra of Polyatomic Molecules (1966)"),
        "1.012 Å, 106.67°; computed in Cs",
    ),
    Entry(
        "nh4_plus", "NH4+", "ammonium", tetrahedron("N", 1.0204278), "Td",
        COMPUTED + "CCSD(T)/cc-pVTZ", "methane's isoelectronic cation", charge=1,
    ),
    Entry(
        "oh", "OH", "hydroxyl", linear("O H", (0.0, 0.96966)), "C∞v", HUBER,
        "X 2Π: two degenerate components, one is computed", multiplicity=2,
    ),
    Entry(
        "h2o", "H2O", "water", bent("O", 0.9578, 104.4776), "C2v",
        cccbdb("7732185", "Hoy & Bunker, J. Mol. Spectrosc. 74, 1 (1979), r_e"),
        "0.9578 Å, 104.4776°",
    ),
    Entry(
        "hf", "HF", "hydrogen fluoride", linear("F H", (0.0, 0.9168)), "C∞v", HUBER,
        "the most polar single bond",
    ),
    Entry(
        "c2", "C2", "dicarbon", linear("C C", (-0.621265, 0.621265)), "D∞h", HUBER,
        "X 1Σg+: strong static correlation, Hartree-Fock is a poor start",
    ),
    Entry(
        "n2", "N2", "nitrogen", linear("N N", (-0.54885, 0.54885)), "D∞h", HUBER,
        "1.0977 Å; stretch it for a multireference test",
    ),
    Entry("co", "CO", "carbon monoxide", linear("C O", (0.0, 1.128323)), "C∞v", HUBER,
        "a ligand of every catalyst"),
    Entry(
        "no", "NO", "nitric oxide", linear("N O", (0.0, 1.15077)), "C∞v", HUBER,
        "X 2Π: two degenerate components, one is computed", multiplicity=2,
    ),
    Entry(
        "o2", "O2", "oxygen", linear("O O", (-0.60376, 0.60376)), "D∞h", HUBER,
        "X 3Σg-: the ground state is a triplet", multiplicity=3,
    ),
    Entry("f2", "F2", "fluorine", linear("F F", (-0.705965, 0.705965)), "D∞h", HUBER,
        "unbound in Hartree-Fock: all of its bond is correlation"),
    Entry(
        "hcn", "HCN", "hydrogen cyanide", linear("H C N", (-1.0614151, 0.0, 1.1568645)), "C∞v",
        COMPUTED + "CCSD(T)/cc-pVTZ", "linear, with a triple bond",
    ),
    Entry(
        "co2", "CO2", "carbon dioxide", linear("O C O", (-1.162, 0.0, 1.162)), "D∞h",
        cccbdb("124389", "Herzberg, Electronic Spectra of Polyatomic Molecules (1966)"),
        "1.162 Å, vibrationally averaged",
    ),
    Entry(
        "c2h2", "C2H2", "acetylene", linear("H C C H", (-1.6645, -0.6015, 0.6015, 1.6645)), "D∞h",
        cccbdb("74862", "Kuchitsu (ed.), Structure of Free Polyatomic Molecules (1998), r_m"),
        "C-C 1.203 Å, C-H 1.063 Å",
    ),
    Entry(
        "c2h4", "C2H4", "ethylene", ethylene(1.339, 1.086, 121.2), "D2h",
        cccbdb("74851", "Herzberg, Electronic Spectra of Polyatomic Molecules (1966)"),
        "C-C 1.339 Å, C-H 1.086 Å, H-C-C 121.2°; 28 qubits in STO-3G",
    ),
    Entry(
        "h2co", "H2CO", "formaldehyde", formaldehyde(1.205, 1.111, 116.133), "C2v",
        cccbdb("50000", "Gurvich et al., Thermodynamic Properties of Individual Substances (1989)"),
        "the smallest carbonyl",
    ),
    Entry(
        "formamide", "HCONH2", "formamide", rows(FORMAMIDE), "Cs",
        COMPUTED + "B3LYP/6-31G(d), planar", "the peptide bond",
    ),
    Entry(
        "pyrrole", "C4H5N", "pyrrole", rows(PYRROLE), "C2v",
        COMPUTED + "B3LYP/6-31G(d)", "aromatic five-membered ring of haem and of many drugs",
    ),
    Entry("h4_square", "H4", "square of hydrogen atoms", square(1.0), "D4h", MODEL,
        "side 1.0 Å; two degenerate determinants, single-reference methods fail"),
    *(
        Entry(f"h{n}_chain", f"H{n}", f"chain of {n} hydrogen atoms", chain(n, 1.0), "D∞h", MODEL,
            f"spacing 1.0 Å; {2 * n} qubits in STO-3G")
        for n in (4, 6, 8, 10, 12)
    ),
)  # fmt: skip


def xyz(entry: Entry) -> str:
    """The text of one file."""
    lines = [
        str(len(entry.atoms)),
        f"charge={entry.charge} multiplicity={entry.multiplicity} "
        f'name="{entry.name}" source="{plain(entry.source)}"',
    ]
    # Adding 0.0 to the rounded value keeps "-0.0000000000" out of the files.
    for symbol, *position in entry.atoms:
        lines.append(f"{symbol:<2}" + "".join(f" {round(x, 10) + 0.0:15.10f}" for x in position))
    return "\n".join(lines) + "\n"


def plain(source: str) -> str:
    """A Markdown source without its link targets."""
    text = source.replace("`", "")
    while "](" in text:
        head, _, tail = text.partition("](")
        text = head[: head.rindex("[")] + head[head.rindex("[") + 1 :] + tail.partition(")")[2]
    return text


def readme() -> str:
    """The text of README.md."""
    lines = [
        "# Molecules",
        "",
        "Geometries to start from, one a file, in Ångström; charge, multiplicity and source are",
        "also in the second line of each file, where `qchem solve molecules/h2o.xyz` reads them.",
        "",
        "Written by `build.py` from the bond lengths and angles of the source, so that every",
        "symmetry holds to 1e-9 Å; the principal axis is z, planar molecules lie in the yz plane.",
        "Computed structures have no experimental one that we could cite exactly, and state their",
        "level; `optimise.py` computes them again.",
        "",
        "| file | formula | charge | multiplicity | point group | source | note |",
        "|---|---|---|---|---|---|---|",
    ]
    for entry in ENTRIES:
        cells = (
            f"`{entry.stem}.xyz`",
            entry.formula,
            str(entry.charge),
            str(entry.multiplicity),
            entry.group,
            entry.source,
            entry.note,
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    for entry in ENTRIES:
        (HERE / f"{entry.stem}.xyz").write_text(xyz(entry), encoding="utf-8")
    (HERE / "README.md").write_text(readme(), encoding="utf-8")


if __name__ == "__main__":
    main()
