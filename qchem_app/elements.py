"""The chemical elements: symbols by atomic number, and reading a symbol that a person typed."""

from __future__ import annotations

import difflib
import re

from qchem_app.errors import InputError

_PERIODIC_TABLE = """
    H He
    Li Be B C N O F Ne
    Na Mg Al Si P S Cl Ar
    K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr
    Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe
    Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu
    Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn
    Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr
    Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl Mc Lv Ts Og
"""

#: Element symbols; the index is the atomic number. Index 0 is a placeholder, not an element.
SYMBOLS: tuple[str, ...] = ("X", *_PERIODIC_TABLE.split())

#: Atomic number of every element symbol, 1 (H) to 118 (Og).
ATOMIC_NUMBERS: dict[str, int] = {symbol: z for z, symbol in enumerate(SYMBOLS) if z > 0}

_LABEL = re.compile(r"([A-Za-z]{1,2})[0-9]*")
_NUMBER = re.compile(r"[0-9]{1,3}")
# Gh(O), Gh-O, X-O, X1, @He, Bq: every program writes a centre without nucleus in its own way.
_GHOST = re.compile(r"(?:gh|ghost|x|xx|bq|dummy|du|q)(?:[0-9]*|[-_:(].*)|@.*", re.IGNORECASE)
_ISOTOPE = re.compile(r"[DdTt][0-9]*")


def nearest_symbols(text: str, count: int = 3) -> tuple[str, ...]:
    """The element symbols most like the letters that `text` begins with, best first.

    Among equally similar ones, those that `text` begins with, then the lighter come first. Empty
    where nothing is alike.
    """
    letters = re.match(r"[A-Za-z]{1,12}", text)
    if letters is None:
        return ()
    word = letters[0].capitalize()
    if word in ATOMIC_NUMBERS:
        return (word,)
    ranked = []
    for z, symbol in enumerate(SYMBOLS[1:], start=1):
        alike = difflib.SequenceMatcher(None, word, symbol).ratio()
        if alike >= 0.5:
            ranked.append((-alike, not word.startswith(symbol), z, symbol))
    return tuple(entry[-1] for entry in sorted(ranked)[:count])


def normalise_symbol(text: str) -> str:
    """The element symbol that `text` stands for.

    Letters of any case (`CL`), a symbol with a numeric label (`C1`) and an atomic number (`8`)
    are understood.

    Raises:
        InputError: a ghost or dummy atom, a hydrogen isotope, or no element at all; an unknown
            symbol comes with the nearest known ones.
    """
    if _NUMBER.fullmatch(text):
        z = int(text)
        if 1 <= z < len(SYMBOLS):
            return SYMBOLS[z]
        hint = 'for oxygen write the letter "O"' if z == 0 else "use 1 (H) to 118 (Og)"
        raise InputError(f"there is no element with atomic number {z}: {hint}")
    label = _LABEL.fullmatch(text)
    if label and (symbol := label[1].capitalize()) in ATOMIC_NUMBERS:
        return symbol
    shown = ascii(text[:20])[1:-1]
    if _GHOST.fullmatch(text):
        raise InputError(
            f'"{shown}" is a ghost or dummy atom, which carries no nucleus here: remove it'
        )
    if _ISOTOPE.fullmatch(text):
        isotope = "deuterium" if text[0] in "Dd" else "tritium"
        raise InputError(
            f'"{shown}" ({isotope}) is an isotope, and nuclear mass does not change the '
            'electronic energy: write "H"'
        )
    nearest = nearest_symbols(text)
    hint = (
        f"did you mean {' or '.join(nearest)}?"
        if nearest
        else "use symbols such as C or atomic numbers such as 6"
    )
    raise InputError(f'"{shown}" is not an element: {hint}')
