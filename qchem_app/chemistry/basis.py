"""Names of basis sets: which exist, which elements they cover, which core potential goes along.

PySCF opens a file, or parses text, when the "name" of a basis set looks like one. Nothing the
user typed reaches it here before it is known to be the name of a set that PySCF ships.
"""

from __future__ import annotations

import difflib
import os
import re
import warnings
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from qchem_app.elements import ATOMIC_NUMBERS
from qchem_app.errors import InputError, UsageError

#: PySCF looks for a file of the given name first. It drops hyphens from names, and no file name
#: is longer than 255 bytes: a name padded with more can only be found among its own sets.
_NOT_A_FILE = "-" * 300

_FITTING = re.compile(r"(fit|ri|^weigend.*|^demon.*|^ahlrichs.*|^dgauss.*)$")
_NOT_ORBITALS = re.compile(
    r"(sap.*|ecpds.*|ecpqvszp|bfd|bfdpp|ccecp(he|reg|28|36)?|stuttgartrsc_mdf)"
)
_ECP_SETS = re.compile(r"(ccecp|bfd|crenb|sbkjc|stuttgart).*|.*z(pp|ppnr)")
_POPLE = re.compile(
    r"(?P<parent>(321|431|631|6311)\+{0,2}g)\((?P<heavy>\d?d?f?)(,(?P<light>\d?p?d?))?\)"
)
_CONTRACTION = re.compile(r"(\d+[spdfghi])+")


def normalise(name: str) -> str:
    """The name as PySCF's tables spell it: lower case without hyphens, underscores, blanks."""
    return re.sub(r"[-_ ]", "", name.lower())


@cache
def _table() -> dict[str, str]:
    """{normalised name: name as people write it} of every set of orbital functions."""
    from pyscf.gto.basis import ALIAS

    table = {}
    for alias, files in ALIAS.items():
        if _NOT_ORBITALS.fullmatch(alias) or _FITTING.search(alias):
            continue
        file = files[-1] if isinstance(files, tuple) else files
        stem = os.path.basename(file).removesuffix(".dat").lower()
        if match := re.fullmatch(r"(\d)(\d+\+*g.*)", alias):
            table[alias] = f"{match[1]}-{match[2]}"
        else:
            table[alias] = stem if normalise(stem) == alias else alias
    return table


def basis_names() -> tuple[str, ...]:
    """Names of all basis sets that can be asked for, as people write them, sorted.

    Pople sets also take polarisation functions in brackets, such as ``6-311++g(2d,2p)``, and
    generally contracted ones a truncation, such as ``ano@3s2p1d``.
    """
    return tuple(sorted(set(_table().values())))


def _pople_exists(match: re.Match[str]) -> bool:
    from pyscf.gto import basis as library

    parent = re.sub(r"[+]", "", match["parent"])
    stem = f"{parent[0]}-{parent[1:].upper()}-polarization-"
    folder = os.path.join(os.path.dirname(library.__file__), "pople-basis")
    shells = re.findall(r"\d?[a-z]", (match["heavy"] or "") + (match["light"] or ""))
    return bool(shells) and all(
        os.path.exists(os.path.join(folder, f"{stem}{shell}.dat")) for shell in shells
    )


def _lookup(basis: str) -> tuple[str, str]:
    """(normalised name, contraction scheme or "") of a set that exists; UsageError otherwise."""
    plain, _, scheme = basis.partition("@")
    name = normalise(plain)
    known = _table()
    pople = _POPLE.fullmatch(name)
    if "@" in basis and not _CONTRACTION.fullmatch(scheme.lower()):
        raise UsageError(
            f"basis set {_show(basis)} has a truncation that is not understood: "
            "write it like ano@3s2p1d"
        )
    if name in known or (pople and pople["parent"] in known and _pople_exists(pople)):
        return name, scheme.lower()
    if name and _FITTING.search(name):
        from pyscf.gto.basis import ALIAS

        if name in ALIAS:
            raise UsageError(
                f"{_show(basis)} is a set for density fitting, not for orbitals: "
                "choose an orbital basis set such as cc-pvdz"
            )
    near = difflib.get_close_matches(name, sorted(known), n=4, cutoff=0.6)
    names = dict.fromkeys(known[n] for n in near)
    hint = f"did you mean {' or '.join(names)}?" if names else "try sto-3g, 6-31g or cc-pvdz"
    raise UsageError(f"there is no basis set {_show(basis)}: {hint}")


def canonical_name(basis: str) -> str:
    """The one name, as people write it, of a set that can be asked for by several.

    Raises:
        UsageError: no such set.
    """
    name, scheme = _lookup(basis)
    known = _table()
    if match := _POPLE.fullmatch(name):
        name = known[match["parent"]] + name[len(match["parent"]) :]
    return known.get(name, name) + (f"@{scheme}" if scheme else "")


def _show(text: str) -> str:
    """A user's text, short and printable, in quotes."""
    return repr(text if len(text) <= 40 else text[:37] + "...")


def _core_potential_name(name: str) -> str:
    """The set whose file holds the core potentials that belong to set `name`."""
    if name.startswith("ccecp"):
        return re.sub(r"(aug)?ccpv.z$", "", name)
    if name.startswith("bfd"):
        return "bfdpp"
    if match := re.fullmatch(r"(?:aug)?ccp(?:wc)?v(.)zpp", name):
        return f"ccpv{match[1]}zpp"
    if name.startswith("def2mtzvp"):
        return "def2tzvp"
    return name


def load_basis(
    basis: str, symbols: Iterable[str]
) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """Basis functions and effective core potentials in PySCF's internal form.

    Args:
        basis: name of a set that PySCF ships.
        symbols: element symbols, properly capitalised; repetitions do no harm.

    Returns:
        ({symbol: shells}, {symbol: core potential}); the second only has the elements for which
        the set is made for a core potential.

    Raises:
        UsageError: no such set.
        InputError: the set lacks an element, or PySCF lacks the potential that it needs.
    """
    from pyscf.gto import basis as library
    from pyscf.lib.exceptions import BasisNotFoundError

    name, scheme = _lookup(basis)
    padded = name + _NOT_A_FILE
    shells: dict[str, list[Any]] = {}
    potentials: dict[str, list[Any]] = {}
    lacking = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PySCF advertises another package for missing elements
        for symbol in dict.fromkeys(symbols):
            try:
                shells[symbol] = library.load(padded + (f"@{scheme}" if scheme else ""), symbol)
            except (BasisNotFoundError, KeyError):
                shells[symbol] = []
            except AssertionError:
                raise UsageError(
                    f"basis set {_show(basis)} asks for more functions, or in another order "
                    f"than s, p, d, f, than {name} has for {symbol}"
                ) from None
            if not shells[symbol]:
                lacking.append(symbol)
                continue
            potential = _load_potential(name, symbol)
            if potential:
                potentials[symbol] = potential
            elif (
                _ECP_SETS.fullmatch(name) and ATOMIC_NUMBERS[symbol] > 2  # H, He have no core
            ) or _is_valence_only(symbol, shells[symbol]):
                raise InputError(
                    f"basis set {_show(basis)} describes only the outer electrons of {symbol}, "
                    "and PySCF has no core potential to go with it: choose another set, "
                    "such as def2-svp"
                )
    if lacking:
        raise InputError(
            f"basis set {_show(basis)} has no functions for {' and '.join(lacking)}: "
            "choose another set (def2-svp covers H to La and Hf to Rn, dyall2zp H to Lr)"
        )
    return shells, potentials


def _load_potential(name: str, symbol: str) -> list[Any] | None:
    from pyscf.gto import basis as library
    from pyscf.gto.basis import ALIAS
    from pyscf.lib.exceptions import BasisNotFoundError

    source = _core_potential_name(name)
    if not str(ALIAS.get(source, "")).endswith(".dat"):
        return None  # Python modules and combinations of files: all-electron sets
    try:
        potential: list[Any] = library.load_ecp(source + _NOT_A_FILE, symbol)
    except BasisNotFoundError:  # an entry of the file that PySCF cannot read: BFD's Zn
        return None
    return potential or None


def _is_valence_only(symbol: str, shells: Sequence[Any]) -> bool:
    """Whether the atom's occupied shells do not fit in these functions."""
    from pyscf.data.elements import CONFIGURATION

    count = [0, 0, 0, 0]
    for shell in shells:
        if shell[0] < 4:
            rows = [row for row in shell[1:] if not isinstance(row, int)]
            count[shell[0]] += len(rows[0]) - 1
    electrons = CONFIGURATION[ATOMIC_NUMBERS[symbol]]
    return any(-(-electrons[m] // (4 * m + 2)) > count[m] for m in range(4))


def check_basis(basis: str, symbols: Iterable[str]) -> None:
    """Make sure that a basis set exists and covers these elements.

    Raises:
        UsageError: no such set (names the nearest ones).
        InputError: the set lacks an element, or the core potential that it needs is missing.
    """
    load_basis(basis, symbols)
