"""What can be said about a candidate beside its atoms: the words of tables and sidecars."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Mapping

from qchem_app.errors import InputError
from qchem_app.io.source import excerpt
from qchem_app.result import Settings

#: Settings that one candidate can have for itself; how to measure is one choice for a whole run.
SETTINGS: tuple[str, ...] = tuple(name for name in Settings.model_fields if name != "device")
#: What a sidecar can say.
SIDECAR_WORDS: tuple[str, ...] = ("name", "charge", "multiplicity", *SETTINGS)
#: What a column can say.
TABLE_WORDS: tuple[str, ...] = ("file", "smiles", "frame", *SIDECAR_WORDS)
#: More molecules than any screening here could compute.
MOST_CANDIDATES = 1_000_000

_ALIASES = {
    "name": ("title", "label", "id", "molecule", "moleculename", "molname", "compound"),
    "file": (
        "path",
        "filename",
        "filepath",
        "xyz",
        "xyzfile",
        "xyzpath",
        "geometry",
        "geometryfile",
    ),
    "smiles": ("smi", "smilesstring", "canonicalsmiles", "isomericsmiles"),
    "charge": ("totalcharge", "molecularcharge", "netcharge", "formalcharge", "chg"),
    "multiplicity": ("mult", "2s+1", "spinmultiplicity", "molecularmultiplicity"),
    "basis": ("basisset",),
    "energy_tolerance": ("tolerance",),
    "memory_limit": ("memory",),
}
#: Charges and multiplicities by names that are no words here: as columns of the user's own they
#: would be left out of the calculation. Without accents, see `_bare`.
_SLIPS = {
    "charge": (
        *("q", "charges", "chargestate", "chargenumber", "ladungen", "ladungszahl", "chargetotale"),
        *("carga", "cargatotal", "carganeta", "carica", "caricatotale", "lading", "laddning"),
        *("ladning", "varaus", "ładunek", "naboj", "toltes", "yuk", "заряд", "φορτιο"),
        *("电荷", "電荷", "电荷数", "전하"),
    ),
    "multiplicity": (
        *("multiplizitat", "multiplizitaet", "multiplicite", "multiplicidad"),
        *("multiplicidade", "molteplicita", "multipliciteit", "multiplicitet", "multiplisiteetti"),
        *("multipletnosc", "multiplicita", "мультиплетность", "多重度", "自旋多重度", "다중도"),
        *("multiplet", "unpaired", "unpairedelectrons", "nunpaired", "ungepaarteelektronen"),
    ),
}
#: And how compounds of them end: "Gesamtladung".
_SLIP_ENDINGS = {"ladung": "charge", "charge": "charge", "multiplicity": "multiplicity"}
_SPIN = '"{}" can mean S, 2S or 2S + 1: write "multiplicity" (2S + 1) instead'
_DEVICE = "how energies are measured is set for the whole run by options: remove it"
_WHOLE = re.compile(r"([+-]?[0-9]{1,6})(?:[.,]0*)?", re.ASCII)
#: Multiplicities as chemists say them.
_MULTIPLICITIES = ("singlet", "doublet", "triplet", "quartet", "quintet", "sextet", "septet")


def squeeze(text: str) -> str:
    """A word as it is compared: without case, blanks, hyphens, underscores and dots."""
    return re.sub(r"[\s_.-]+", "", text.casefold())


def spellings(words: Collection[str]) -> dict[str, str]:
    """{squeezed spelling: word} of every way to write these words."""
    known = {squeeze(word): word for word in words}
    for word in words:
        known.update(dict.fromkeys(_ALIASES.get(word, ()), word))
    return known


def find_word(text: str, words: Collection[str]) -> str | None:
    """Which of the words `text` is or stands for; None where it is none of them.

    Raises:
        InputError: it is nearly one of them, or cannot be understood in one way only.
    """
    key = squeeze(text)
    known = spellings(words)
    if key in known:
        return known[key]
    if key == "device":
        raise InputError(_DEVICE)
    if key.startswith("spin"):
        raise InputError(_SPIN.format(excerpt(text, 40)))
    # Taken for something of the user's own, a misspelt "multiplicty" would change the molecule.
    # Words of three letters are all alike.
    near = difflib.get_close_matches(key, [k for k in known if len(k) > 3], n=1, cutoff=0.8)
    meant = known[near[0]] if near else _slip(text, known)
    if meant:
        raise InputError(f'"{excerpt(text, 40)}" is not known: did you mean {meant}?')
    return None


def _slip(text: str, known: Mapping[str, str]) -> str | None:
    """Charge or multiplicity, where a word of another language or with a unit may mean it."""
    bare = _bare(text)
    if known.get(bare) in _SLIPS:
        return known[bare]
    for word, slips in _SLIPS.items():
        if word in known and bare in slips:
            return word
    return next((w for end, w in _SLIP_ENDINGS.items() if w in known and bare.endswith(end)), None)


def _bare(text: str) -> str:
    """A squeezed word without accents and without a unit behind it."""
    word = re.split(r"[(\[/]", text)[0] or text
    letters = unicodedata.normalize("NFKD", word)
    return squeeze("".join(c for c in letters if not unicodedata.combining(c)))


def whole_number(what: str, value: object) -> int:
    """A charge, multiplicity or frame number from a cell or a sidecar.

    Raises:
        InputError: it is none.
    """
    text = str(value).strip().replace("\N{MINUS SIGN}", "-")  # what Excel and typesetters write
    match = None if isinstance(value, bool) else _WHOLE.fullmatch(text)
    if match is None:
        raise InputError(f'{what} must be a whole number, found "{excerpt(str(value), 40)}"')
    return int(match[1])


def multiplicity_number(value: object) -> int:
    """2S + 1 from a number or a word such as "doublet".

    Raises:
        InputError: it is neither.
    """
    word = str(value).strip().casefold()
    if word in _MULTIPLICITIES:
        return _MULTIPLICITIES.index(word) + 1
    return whole_number("multiplicity", value)
