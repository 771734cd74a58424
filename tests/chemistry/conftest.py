"""Molecules that several tests of this folder share."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from qchem_app.chemistry.mean_field import MeanField, run_mean_field
from qchem_app.molecule import Molecule
from qchem_app.units import BOHR_PER_ANGSTROM

_TETRAHEDRON = [[0, 0, 0], [1, 1, 1], [-1, -1, 1], [-1, 1, -1], [1, -1, -1]]


def _molecule(symbols: str, angstrom: object, charge: int = 0, multiplicity: int = 0) -> Molecule:
    coordinates = np.array(angstrom, dtype=float) * BOHR_PER_ANGSTROM
    return Molecule(tuple(symbols.split()), coordinates, charge, multiplicity)


def _pair(symbols: str, distance: float, charge: int = 0, multiplicity: int = 0) -> Molecule:
    return _molecule(symbols, [[0, 0, 0], [0, 0, distance]], charge, multiplicity)


def _atom(symbol: str, charge: int = 0, multiplicity: int = 0) -> Molecule:
    return _molecule(symbol, [[0, 0, 0]], charge, multiplicity)


_MOLECULES: dict[str, Callable[[], Molecule]] = {
    "h": lambda: _atom("H"),
    "h+": lambda: _atom("H", 1),
    "he": lambda: _atom("He"),
    "li": lambda: _atom("Li"),
    "li+": lambda: _atom("Li", 1),
    "be": lambda: _atom("Be"),
    "b": lambda: _atom("B"),
    "c": lambda: _atom("C", 0, 3),
    "h2": lambda: _pair("H H", 0.7414),
    "h2+": lambda: _pair("H H", 1.06, 1),
    "heh+": lambda: _pair("He H", 0.772, 1),
    "h3+": lambda: _molecule("H H H", [[0, 0, 0], [0.87, 0, 0], [0.435, 0.87 * 0.75**0.5, 0]], 1),
    "square-h4": lambda: _molecule("H H H H", [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]),
    "lih": lambda: _pair("Li H", 1.5949),
    "beh": lambda: _pair("Be H", 1.3426),
    "oh": lambda: _pair("O H", 0.9697),
    "nh": lambda: _pair("N H", 1.0362, 0, 3),
    "cn": lambda: _pair("C N", 1.1718),
    "no": lambda: _pair("N O", 1.1508),
    "n2": lambda: _pair("N N", 1.0977),
    "n2-stretched": lambda: _pair("N N", 2.5),
    "b2": lambda: _pair("B B", 1.59, 0, 3),
    "c2": lambda: _pair("C C", 1.2425),
    "o2": lambda: _pair("O O", 1.2075, 0, 3),
    "ih": lambda: _pair("I H", 1.609),
    "ch2": lambda: _molecule("C H H", [[0, 0, 0], [0, 0.99, 0.42], [0, -0.99, 0.42]], 0, 3),
    "h2o": lambda: _molecule(
        "O H H", [[0, 0, 0.1173], [0, 0.7572, -0.4692], [0, -0.7572, -0.4692]]
    ),
    "nh3": lambda: _molecule(
        "N H H H",
        [[0, 0, 0.1], [0, 0.94, -0.27], [0.814, -0.47, -0.27], [-0.814, -0.47, -0.27]],
    ),
    "ch4": lambda: _molecule("C H H H H", np.array(_TETRAHEDRON) * 0.6276),
    "nh4+": lambda: _molecule("N H H H H", np.array(_TETRAHEDRON) * 0.59, 1),
    "skew": lambda: _molecule("C F Cl Br", [[0, 0, 0], [1.3, 0, 0], [-0.5, 1.7, 0], [0, 0, 1.9]]),
}


@pytest.fixture(scope="session")
def molecule() -> Callable[[str], Molecule]:
    """A molecule by its name."""
    return lambda name: _MOLECULES[name]()


@cache
def _mean_field(name: str, basis: str, symmetry: bool) -> MeanField:
    return run_mean_field(_MOLECULES[name](), basis, symmetry=symmetry)


@pytest.fixture(scope="session")
def mean_field() -> Callable[..., MeanField]:
    """A converged mean field by the molecule's name and the basis; computed once."""

    def get(name: str, basis: str = "sto-3g", *, symmetry: bool = True) -> MeanField:
        return _mean_field(name, basis, symmetry)

    return get
