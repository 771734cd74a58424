"""The comment line of an XYZ frame: charge, multiplicity, name, column order, periodicity."""

from __future__ import annotations

import re
from dataclasses import dataclass

from qchem_app.errors import InputError
from qchem_app.io.source import excerpt

_CHARGE_KEYS = ("charge", "total_charge", "totalcharge", "molecular_charge")
_MULTIPLICITY_KEYS = (
    "multiplicity",
    "spin_multiplicity",
    "spinmultiplicity",
    "mult",
    "molecular_multiplicity",
)
# "0 1", also "0, 1" and "0 1.0"
_TWO_INTEGERS = re.compile(
    r"\s*([+-]?[0-9]{1,6})(?:\.0*)?(?:\s*,\s*|\s+)([+-]?[0-9]{1,6})(?:\.0*)?\s*", re.ASCII
)
# words that say that a comment means more than was understood
_MENTION = re.compile(r"\b(?:charge|mult|multiplicity)\b", re.ASCII | re.IGNORECASE)
# key=value, key: value, key="a value", key={a value}, key=[a value]
_PAIR = re.compile(
    r"(?<![^\s,;])([A-Za-z_][A-Za-z0-9_]{0,40})\s{0,8}[=:]\s{0,8}"
    r"(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\{[^{}]*\}|\[[^\[\]]*\]|[^\s\"'{}\[\]]+)"
)
# Programs write total charges as 1.0 as well as 1.
_WHOLE = re.compile(r"([+-]?[0-9]{1,6})(?:\.0*)?", re.ASCII)


@dataclass(frozen=True)
class Columns:
    """Where an atom line has its element and its position; indices from 0."""

    element: int = 0
    position: int = 1


@dataclass(frozen=True)
class Comment:
    """What a comment line says; None where it says nothing.

    Attributes:
        charge: total charge in units of e.
        multiplicity: 2S + 1.
        spin: the value of a `spin=` without a multiplicity, which can mean S, 2S or 2S + 1.
        name: the value of `name=`.
        columns: where the atom lines have element and position.
        notes: what was seen and left out of account.
    """

    charge: int | None = None
    multiplicity: int | None = None
    spin: str | None = None
    name: str | None = None
    columns: Columns = Columns()
    notes: tuple[str, ...] = ()


def parse_comment(text: str) -> Comment:
    """Read a comment line; anything that is neither two integers nor a known key is free text.

    Raises:
        InputError: a known key with a value it cannot have, two keys that disagree, columns that
            lack element or position, or a periodic cell.
    """
    if match := _TWO_INTEGERS.fullmatch(text):
        return Comment(charge=int(match[1]), multiplicity=_positive(int(match[2])))
    values: dict[str, list[str]] = {}
    for match in _PAIR.finditer(text):
        values.setdefault(match[1].lower(), []).append(_unquoted(match[2]))
    charge = _agreed(values, _CHARGE_KEYS)
    multiplicity = _agreed(values, _MULTIPLICITY_KEYS)
    notes = _refuse_periodic(values)
    if charge is None and multiplicity is None and _MENTION.search(text):
        notes += (
            "the comment line mentions charge or multiplicity, but not as charge=N "
            "multiplicity=N: it was not read",
        )
    return Comment(
        charge=charge,
        multiplicity=None if multiplicity is None else _positive(multiplicity),
        spin=values["spin"][0] if "spin" in values and multiplicity is None else None,
        name=values["name"][0] if "name" in values else None,
        columns=_columns(values["properties"][0]) if "properties" in values else Columns(),
        notes=notes,
    )


def _unquoted(value: str) -> str:
    if value[0] in "\"'":
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    if value[0] in "{[":
        return value[1:-1]
    return value.rstrip(",;")


def _positive(multiplicity: int) -> int:
    if multiplicity < 1:
        raise InputError(f"the multiplicity must be 1 or more, found {multiplicity}")
    return multiplicity


def _agreed(values: dict[str, list[str]], keys: tuple[str, ...]) -> int | None:
    found: dict[int, str] = {}
    for key in keys:
        for value in values.get(key, []):
            match = _WHOLE.fullmatch(value.strip())
            if match is None:
                raise InputError(f'"{key}={excerpt(value, 20)}" is not a whole number')
            found.setdefault(int(match[1]), f"{key}={match[1]}")
    if len(found) > 1:
        raise InputError(f"the comment line disagrees with itself: {' and '.join(found.values())}")
    return next(iter(found), None)


def _refuse_periodic(values: dict[str, list[str]]) -> tuple[str, ...]:
    if "pbc" in values:
        flags = re.split(r"[\s,]+", values["pbc"][0].strip().lower())
        if any(flag in ("t", "true", "1") for flag in flags):
            raise InputError(
                f'the structure is periodic (pbc="{excerpt(values["pbc"][0], 20)}"), and only '
                'molecules can be computed: cut one out and write pbc="F F F"'
            )
    if "lattice" in values:
        return ("the Lattice in the comment line is ignored: the atoms are taken as a molecule",)
    return ()


def _columns(text: str) -> Columns:
    """Positions from an extended XYZ `Properties` value such as species:S:1:pos:R:3."""
    parts = text.split(":")
    start = 0
    found: dict[str, int] = {}
    for name, kind, width in zip(parts[::3], parts[1::3], parts[2::3], strict=False):
        if not re.fullmatch(r"[1-9][0-9]{0,2}", width) or kind.upper() not in "SRIL":
            break
        found.setdefault(name.lower() + ":" + width, start)
        start += int(width)
    else:
        element = found.get("species:1", found.get("z:1", found.get("numbers:1")))
        if len(parts) % 3 == 0 and element is not None and "pos:3" in found:
            return Columns(element, found["pos:3"])
    raise InputError(
        f'"Properties={excerpt(text, 40)}" does not give element and position: '
        "it must contain species:S:1 and pos:R:3"
    )
