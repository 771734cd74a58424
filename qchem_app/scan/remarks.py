"""What the records of a scan's points say about its curve, as sentences to print."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from qchem_app.scan.curve import ScanCurve

#: More remarks than this are counted.
_MOST = 30
#: mHa by which a lower state is worth a word; degenerate ones differ by less.
_TELLING = 0.01
_NUMBER = re.compile(r"\d+\.\d+")


def remarks(curve: ScanCurve) -> tuple[str, ...]:
    """One sentence each: other states, lower states, and the notes of the points.

    Notes that several points share, or that differ in their numbers only, are said once.
    """
    unit = curve.variable.rpartition(" / ")[2]
    said: list[str] = []
    for state in dict.fromkeys(filter(None, curve.states)):
        where = _places(v for v, s in zip(curve.values, curve.states, strict=True) if s == state)
        said.append(
            f"Another electronic state at {where} {unit}: {state}, where the scan began in "
            f"{curve.state}. These points are left out of the curves and of all that follows."
        )
    lower = [
        (value, gap)
        for value, gap in zip(curve.values, curve.lower_states, strict=False)
        if gap is not None and gap >= _TELLING
    ]
    if lower:
        gaps = ", ".join(f"{gap:.2f} at {value:g}" for value, gap in lower)
        said.append(
            "This is not the lowest state everywhere: FCI found one of another irrep lower, by "
            f"mHa at {unit}: {gaps}."
        )
    alike: dict[str, list[tuple[float, str]]] = {}
    for value, notes in zip(curve.values, curve.notes, strict=False):
        for note in notes:
            alike.setdefault(_NUMBER.sub("#", note), []).append((value, note))
    listed = [
        f"At {_places(dict(found))} {unit}: {_merged([note for _, note in found])}."
        for found in alike.values()
    ]
    said += listed[:_MOST]
    if len(listed) > _MOST:
        said.append(f"{len(listed) - _MOST} more remarks are in the records of the points.")
    return tuple(said)


def _merged(notes: Sequence[str]) -> str:
    """Notes that differ in their numbers only, as one with the range of each number."""
    numbers = zip(*(_NUMBER.findall(note) for note in notes), strict=True)
    ranges = []
    for texts in numbers:
        low, high = min(texts, key=float), max(texts, key=float)
        ranges.append(low if low == high else f"{low} to {high}")
    each = iter(ranges)
    return _NUMBER.sub(lambda _: next(each), notes[0])


def _places(values: Iterable[float]) -> str:
    return ", ".join(f"{value:.4f}".rstrip("0").rstrip(".") for value in values)
