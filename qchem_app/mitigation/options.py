"""Options of mitigation techniques, from words and numbers to keyword arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, get_args

from qchem_app.errors import UsageError

#: Innermost first.
TECHNIQUES = ("readout", "symmetry", "dd", "twirling", "pec", "zne", "cdr", "reference")

# Words with the keyword that they are values of, and what reads a number where one is allowed.
_Known = tuple[dict[str, str], Callable[[str], Any] | None]


def keywords(name: str, options: Sequence[str]) -> dict[str, Any]:
    """Keyword arguments of a technique.

    Args:
        name: one of TECHNIQUES.
        options: words and numbers.

    Raises:
        UsageError: an option that the technique does not have.
    """
    out: dict[str, Any] = {}
    words, number = _OPTIONS[name]()
    for option in options:
        if option in words:
            key = words[option]
            if key in out:
                raise UsageError(f'{name} takes one {key}, but found "{out[key]}" and "{option}"')
            out[key] = option
        elif number is not None and (value := number(option)) is not None:
            key = "scales" if name == "zne" else _NUMBERS[name]
            if name == "zne" and 0 < value < 1:  # no scale: the angle errors of parameter noise
                out["sigma"] = value
            elif name == "zne":
                out[key] = (*out.get(key, ()), value)
            elif key in out:
                raise UsageError(f"{name} takes one number of {key}, found {out[key]} and {value}")
            else:
                out[key] = value
        else:
            known = [*words, *(["a number"] if number is not None else [])]
            advice = f"use {', '.join(known)}" if known else "it has none"
            raise UsageError(f'{name} has no option "{ascii(option[:40])[1:-1]}": {advice}')
    return out


def _readout() -> _Known:
    from qchem_app.mitigation.readout import Method, Source

    return {**_words(Method, "method"), **_words(Source, "calibration")}, None


def _symmetry() -> _Known:
    from qchem_app.measurement.grouping import Method
    from qchem_app.mitigation.symmetry import Way

    return {**_words(Way, "way"), **_words(Method, "grouping")}, None


def _zne() -> _Known:
    from qchem_app.mitigation.extrapolation import Fit
    from qchem_app.mitigation.folding import Folding

    return {**_words(Fit, "fit"), **_words(Folding, "folding")}, _float


def _count() -> _Known:
    return {}, _integer


def _dd() -> _Known:
    from qchem_app.mitigation.dynamical_decoupling import Pulses

    return _words(Pulses, "sequence"), None


def _none() -> _Known:
    return {}, None


def _words(literal: Any, key: str) -> dict[str, str]:
    return {word: key for word in get_args(literal)}


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _integer(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


_OPTIONS: dict[str, Callable[[], _Known]] = {
    "readout": _readout,
    "symmetry": _symmetry,
    "dd": _dd,
    "twirling": _count,
    "pec": _count,
    "zne": _zne,
    "cdr": _count,
    "reference": _none,
}
_NUMBERS = {"twirling": "twirls", "pec": "samples", "cdr": "training"}
