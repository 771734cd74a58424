"""SpaceRequest: what the user asked for as active space, understood but not yet looked up."""

from __future__ import annotations

import re
from dataclasses import dataclass

from qchem_app.chemistry.avas import parse_labels
from qchem_app.errors import UsageError

_FORMS = (
    'auto, full, frozen-core, NE,NO (such as 6,6), avas:"N 2p" or natural:THRESHOLD '
    "(such as natural:0.01)"
)


@dataclass(frozen=True)
class SpaceRequest:
    """A specification that was understood.

    Attributes:
        text: as given.
        kind: auto, full, frozen-core, cas, avas or natural.
        n_electrons: of a cas.
        n_orbitals: of a cas.
        labels: (element, shell) pairs of an avas.
        threshold: of a natural, in electrons.
    """

    text: str
    kind: str
    n_electrons: int = 0
    n_orbitals: int = 0
    labels: tuple[tuple[str, str], ...] = ()
    threshold: float = 0.0


def parse_active_space(text: str) -> SpaceRequest:
    """Read the specification of an active space.

    Raises:
        UsageError: it has none of the known forms, or numbers that no molecule could make right.
    """
    stripped = text.strip()
    lower = stripped.lower()
    if lower in ("auto", "full", "frozen-core"):
        return SpaceRequest(text, lower)
    if lower.startswith("avas:"):
        return SpaceRequest(text, "avas", labels=parse_labels(stripped[5:]))
    if lower.startswith("natural:"):
        return SpaceRequest(text, "natural", threshold=_threshold(stripped[8:]))
    match = re.fullmatch(r"\(?\s*([0-9]{1,6})\s*,\s*([0-9]{1,6})\s*\)?", stripped, re.ASCII)
    if match is None:
        raise UsageError(f"active space {show(text)} is not understood: use {_FORMS}")
    electrons, orbitals = int(match[1]), int(match[2])
    if electrons == 0 or orbitals == 0:
        raise UsageError(f"active space {show(text)} is empty: give at least one of each, as 2,2")
    if electrons > 2 * orbitals:
        raise UsageError(
            f"active space {show(text)} asks for {electrons} electrons in {orbitals} orbitals, "
            f"which hold {2 * orbitals} at most: write electrons, then orbitals"
        )
    return SpaceRequest(text, "cas", electrons, orbitals)


def _threshold(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 1:
        raise UsageError(
            f"active space 'natural:{text[:20]}' needs a threshold between 0 and 1: "
            "it is the change of occupation, in electrons, from which an orbital counts, "
            "such as natural:0.01"
        )
    return value


def show(text: str) -> str:
    """The user's text, short and printable, in quotes."""
    return repr(text if len(text) <= 40 else text[:37] + "...")
