"""The geometries in molecules/: every file reads, and agrees with the README and its symmetry."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import numpy as np
import pytest

from qchem_app.io.geometry import read_geometry
from qchem_app.molecule import Molecule
from qchem_app.units import ANGSTROM_PER_BOHR

FOLDER = Path(__file__).parent.parent / "molecules"
ROW = re.compile(r"\| `(?P<file>\w+\.xyz)` \|(?P<rest>.*)\|")


def table() -> dict[str, list[str]]:
    """README cells after the file name: formula, charge, multiplicity, group, source, note."""
    rows = ROW.finditer((FOLDER / "README.md").read_text(encoding="utf-8"))
    return {row["file"]: [cell.strip() for cell in row["rest"].split("|")] for row in rows}


FILES = sorted(FOLDER.glob("*.xyz"))


def test_readme_lists_every_file() -> None:
    assert len(FILES) >= 26
    assert sorted(table()) == [path.name for path in FILES]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file_agrees_with_readme(path: Path) -> None:
    formula, charge, multiplicity, group, source, note = table()[path.name]
    geometry = read_geometry(path)
    molecule = geometry.molecule
    assert (molecule.charge, molecule.multiplicity) == (int(charge), int(multiplicity))
    comment = path.read_text(encoding="utf-8").splitlines()[1]
    assert comment.startswith(f'charge={charge} multiplicity={multiplicity} name="{molecule.name}"')
    assert geometry.notes == ()
    counts: dict[str, int] = {}
    for symbol, number in re.findall(r"([A-Z][a-z]?)(\d*)", formula):
        counts[symbol] = counts.get(symbol, 0) + int(number or 1)
    assert counts == {s: molecule.symbols.count(s) for s in molecule.symbols}
    assert group
    assert note
    assert source


def distances(molecule: Molecule) -> dict[tuple[int, int], float]:
    xyz = molecule.coordinates * ANGSTROM_PER_BOHR
    return {
        (i, j): float(np.linalg.norm(xyz[i] - xyz[j])) for j in range(len(xyz)) for i in range(j)
    }


@pytest.mark.parametrize(
    ("stem", "bond"),
    [
        ("h2", 0.7414),
        ("lih", 1.5949),
        ("n2", 1.0977),
        ("bh", 1.2324),
        ("hf", 0.9168),
        ("co", 1.128323),
        ("f2", 1.41193),
        ("oh", 0.96966),
        ("o2", 1.20752),
        ("no", 1.15077),
        ("c2", 1.24253),
        ("beh2", 1.3264),
        ("co2", 1.162),
        ("h2o", 0.9578),
        ("nh3", 1.012),
        ("ch4", 1.087),
        ("c2h2", 1.063),
        ("h2co", 1.111),
        ("c2h4", 1.086),
        ("h4_square", 1.0),
        ("h4_chain", 1.0),
        ("h6_chain", 1.0),
        ("h8_chain", 1.0),
        ("h10_chain", 1.0),
        ("h12_chain", 1.0),
    ],
)
def test_shortest_distance_is_the_published_bond(stem: str, bond: float) -> None:
    found = min(distances(read_geometry(FOLDER / f"{stem}.xyz").molecule).values())
    assert found == pytest.approx(bond, abs=2e-10)


def test_water_angle() -> None:
    o, h1, h2 = read_geometry(FOLDER / "h2o.xyz").molecule.coordinates
    cosine = np.dot(h1 - o, h2 - o) / np.linalg.norm(h1 - o) / np.linalg.norm(h2 - o)
    assert np.degrees(np.arccos(cosine)) == pytest.approx(104.4776, abs=1e-7)


#: Schoenflies group as README writes it -> (PySCF's name, the same)
PYSCF_NAMES = {"D∞h": "Dooh", "C∞v": "Coov"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_point_group_holds_tightly(path: Path) -> None:
    gto = pytest.importorskip("pyscf.gto")
    symm = pytest.importorskip("pyscf.symm")
    molecule = read_geometry(path).molecule
    group = table()[path.name][3]
    mol = gto.M(
        atom=list(zip(molecule.symbols, molecule.coordinates, strict=True)),
        unit="Bohr",
        charge=molecule.charge,
        spin=molecule.multiplicity - 1,
        verbose=0,
    )
    previous = symm.geom.TOLERANCE
    symm.geom.TOLERANCE = 1e-8
    try:
        found = symm.detect_symm(mol._atom)[0]
    finally:
        symm.geom.TOLERANCE = previous
    assert found == PYSCF_NAMES.get(group, group)


def test_files_are_what_the_script_writes() -> None:
    script = runpy.run_path(str(FOLDER / "build.py"))
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == script["readme"]()
    for entry in script["ENTRIES"]:
        text = (FOLDER / f"{entry.stem}.xyz").read_text(encoding="utf-8")
        assert text == script["xyz"](entry)
