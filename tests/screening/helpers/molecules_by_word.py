"""Small molecules from a word: h2:1.4, heh:1.5, h4:1.8, lih:3.0, hf:1.7 (Bohr), he."""

from __future__ import annotations

from qchem_app.io.geometry import geometry_of
from qchem_app.molecule import Molecule
from qchem_app.screening.candidate import Candidate

_CHAINS = {
    "h2": ("H", "H"),
    "h4": ("H",) * 4,
    "h8": ("H",) * 8,
    "heh": ("He", "H"),
    "lih": ("Li", "H"),
    "hf": ("F", "H"),
    "he": ("He",),
    "h3": ("H",) * 3,
}


def candidate(word: str) -> Candidate:
    name, _, distance = word.partition(":")
    symbols = _CHAINS[name]
    step = float(distance or 1.5)
    coordinates = [[0.0, 0.0, k * step] for k in range(len(symbols))]
    molecule = Molecule(symbols, coordinates, charge=int(name == "heh"))
    return Candidate(word, f"{word}.xyz", geometry_of(molecule))
