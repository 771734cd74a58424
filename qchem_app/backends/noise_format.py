"""Noise models as plain dictionaries: what noise files hold and records keep.

See `noise_file` for the format.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any, NoReturn

from qchem_app.backends.noise_model import (
    ONE_QUBIT,
    ONE_QUBIT_GATES,
    GateNoise,
    NoiseModel,
    QubitNoise,
)
from qchem_app.errors import InputError
from qchem_app.printable import printable

_TOP = ("name", "gates", "qubits", "twirled")
_GATES = (ONE_QUBIT, *ONE_QUBIT_GATES, "cx")
_GATE_KEYS = tuple(f.name.replace("_", "-") for f in fields(GateNoise))
_QUBIT_KEYS = tuple(f.name for f in fields(QubitNoise))
_GATE_LABEL = re.compile(r"([a-z-]+)((?:\s+\d{1,4})*)")
# More rules than any device has qubits and couplers.
_MOST_RULES = 20_000

# Integers beyond have no floating-point value that any key takes.
_LARGEST = 10**18

_Where = tuple[str, tuple[int, ...] | None]


def from_dict(data: Any, label: str = "noise", *, unnamed: str = "custom") -> NoiseModel:
    """A noise model from the contents of a noise file or of a record.

    Args:
        data: as the module `noise_file` describes.
        label: where it comes from, for messages.
        unnamed: name of a model that has none.

    Raises:
        InputError: unknown keys (with the nearest known one), wrong types, values out of range.
    """
    top = _mapping(data, label, _TOP)
    name = top.get("name", unnamed)
    if not isinstance(name, str) or not name.strip() or len(name) > 80:
        _fail(f"{label}: name", f"must be a text of 1 to 80 characters, found {_shown(name)}")
    twirled = top.get("twirled", False)
    if not isinstance(twirled, bool):
        _fail(f"{label}: twirled", f"must be true or false, found {_shown(twirled)}")
    gates = _gate_rules(top.get("gates"), f"{label}: gates")
    qubits = _qubit_rules(top.get("qubits"), f"{label}: qubits")
    timed = any(noise.time > 0.0 for _, _, noise in gates)
    if not timed and any(noise.relaxes or noise.detuning for _, noise in qubits):
        _fail(label, "t1, t2 and detuning act only while time passes: give the gates a time in ns")
    return NoiseModel(printable(name.strip()), tuple(gates), tuple(qubits), twirled)


def to_dict(model: NoiseModel) -> dict[str, Any]:
    """The dictionary that `from_dict` makes the same model of; every number is finite."""
    rules = {(gate, qubits): noise for gate, qubits, noise in model.gates}
    gates = {}
    for (gate, qubits), noise in rules.items():
        parent = _parent(rules, gate, qubits)
        entry: dict[str, Any] = {}
        for key in _GATE_KEYS:
            field = key.replace("-", "_")
            value = getattr(noise, field)
            if value != getattr(parent, field):
                entry[key] = dict(value) if field == "pauli" else value
        gates[" ".join([gate, *map(str, qubits or ())])] = entry
    default = dict(model.qubits).get(None, QubitNoise())
    qubits_out = {
        "default" if qubit is None else str(qubit): _qubit_entry(
            noise, QubitNoise() if qubit is None else default
        )
        for qubit, noise in model.qubits
    }
    out: dict[str, Any] = {"name": model.name, "gates": gates, "qubits": qubits_out}
    if model.pauli_twirled:
        out["twirled"] = True
    return out


def _qubit_entry(noise: QubitNoise, base: QubitNoise) -> dict[str, Any]:
    """What a qubit's rule says beyond the rule that it takes its other values from."""
    entry: dict[str, Any] = {}
    if noise.t1 != base.t1:
        entry["t1"] = _finite(noise.t1)
    inherited = 2.0 * noise.t1 if base.t2 is None else base.t2
    if noise.coherence != inherited:
        entry["t2"] = _finite(noise.coherence)
    if noise.detuning != base.detuning:
        entry["detuning"] = noise.detuning
    if noise.readout != base.readout:
        entry["readout"] = list(noise.readout)
    return entry


def _gate_rules(data: Any, where: str) -> list[tuple[str, tuple[int, ...] | None, GateNoise]]:
    entries: dict[_Where, tuple[str, Any]] = {}
    for key, value in _mapping(data, where, None).items():
        found = _GATE_LABEL.fullmatch(str(key).strip())
        gate = found[1] if found else str(key).split()[0] if str(key).split() else ""
        if gate not in _GATES:
            _unknown(where, gate or str(key), _GATES)
        if found is None:
            _fail(where, f"{_shown(key)} is not a gate and its qubits: write, for example, cx 0 1")
        qubits = tuple(map(int, found[2].split())) or None
        n_qubits = 2 if gate == "cx" else 1
        if qubits is not None and len(set(qubits)) != n_qubits:
            one = "one qubit" if n_qubits == 1 else "two different qubits"
            _fail(where, f"{_shown(key)}: {gate} acts on {one}, found {len(qubits)} numbers")
        if (gate, qubits) in entries:
            _fail(where, f"{_shown(key)} is there twice: keep one of them")
        entries[gate, qubits] = str(key), value
    rules: dict[_Where, GateNoise] = {}
    # from the general to the particular, so that what is inherited is there
    for gate, qubits in sorted(entries, key=lambda w: (w[0] != ONE_QUBIT, w[1] is not None)):
        key, value = entries[gate, qubits]
        rules[gate, qubits] = _gate_noise(
            value, f"{where}: {key}", _parent(rules, gate, qubits), 2 if gate == "cx" else 1
        )
    return [(*place, rules[place]) for place in entries]


def _parent(rules: Mapping[_Where, GateNoise], gate: str, qubits: Any) -> GateNoise:
    """The more general rule that a rule takes its missing values from."""
    candidates: list[_Where] = [(gate, None)] if qubits is not None else []
    if gate not in (ONE_QUBIT, "cx"):
        candidates += [(ONE_QUBIT, qubits)] if qubits is not None else []
        candidates.append((ONE_QUBIT, None))
    for place in candidates:
        if place in rules:
            return rules[place]
    return GateNoise()


def _gate_noise(data: Any, where: str, parent: GateNoise, n_qubits: int) -> GateNoise:
    values: dict[str, Any] = {}
    for key, value in _mapping(data, where, _GATE_KEYS).items():
        if key == "pauli":
            paulis = _mapping(value, f"{where}: pauli", None)
            for letters in paulis:
                if not re.fullmatch(f"(?!I+$)[IXYZ]{{{n_qubits}}}", str(letters)):
                    example = "X" if n_qubits == 1 else "XI"
                    _fail(f"{where}: pauli", f"{_shown(letters)} must be letters like {example}")
            values[key] = tuple(
                (str(letters), _number(p, f"{where}: pauli {letters}"))
                for letters, p in paulis.items()
            )
        elif key == "axis":
            if n_qubits != 2 or not re.fullmatch("(?!II)[IXYZ]{2}", str(value)):
                _fail(
                    where, f"axis is two letters like ZX and belongs to cx, found {_shown(value)}"
                )
            values[key] = str(value)
        else:
            values[key.replace("-", "_")] = _number(value, f"{where}: {key}")
    return _checked(where, parent, values)


def _qubit_rules(data: Any, where: str) -> list[tuple[int | None, QubitNoise]]:
    entries: dict[int | None, Any] = {}
    for key, value in _mapping(data, where, None).items():
        text = str(key).strip()
        if text != "default" and not re.fullmatch(r"\d{1,4}", text):
            _fail(where, f"{_shown(key)} must be default or the number of a qubit, from 0")
        qubit = None if text == "default" else int(text)
        if qubit in entries:
            _fail(where, f"{text} is there twice: keep one of them")
        entries[qubit] = value
    default = QubitNoise()
    rules: dict[int | None, QubitNoise] = {}
    for qubit in sorted(entries, key=lambda q: q is not None):
        here = f"{where}: {'default' if qubit is None else qubit}"
        values: dict[str, Any] = {}
        for key, value in _mapping(entries[qubit], here, _QUBIT_KEYS).items():
            if key == "readout" and isinstance(value, list | tuple):
                if len(value) != 2:
                    _fail(f"{here}: readout", f"is one number, or P(1|0) and P(0|1), found {value}")
                values[key] = tuple(_number(p, f"{here}: readout") for p in value)
            else:
                number = _number(value, f"{here}: {key}")
                values[key] = (number, number) if key == "readout" else number
        rules[qubit] = _checked(here, default, values)
        if qubit is None:
            default = rules[qubit]
    return [(qubit, rules[qubit]) for qubit in entries]


def _checked(where: str, parent: Any, values: dict[str, Any]) -> Any:
    try:
        return replace(parent, **values)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def _mapping(data: Any, where: str, known: tuple[str, ...] | None) -> dict[str, Any]:
    """A mapping whose keys are all known; nothing at all counts as an empty one."""
    if data is None:
        return {}
    if not isinstance(data, Mapping):
        _fail(where, f"must hold keys with values, found {_shown(data)}")
    if len(data) > _MOST_RULES:
        _fail(where, f"has {len(data):,} entries, and at most {_MOST_RULES:,} are read")
    for key in data:
        if known is not None and key not in known:
            _unknown(where, str(key), known)
    return dict(data)


def _unknown(where: str, key: str, known: Iterable[str]) -> NoReturn:
    known = tuple(known)
    near = difflib.get_close_matches(key.lower().replace("_", "-"), known, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}?" if near else f"use {', '.join(known)}"
    raise InputError(f"{where}: {_shown(key)} is not known: {hint}")


def _number(value: Any, where: str) -> float:
    # YAML reads 1e-3, without a dot, as text
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            _fail(where, f"must be a number, found {_shown(value)}")
    if isinstance(value, int) and not -_LARGEST < value < _LARGEST:
        _fail(where, "is out of range")
    if isinstance(value, bool) or not isinstance(value, int | float):
        _fail(where, f"must be a number, found {_shown(value)}")
    if math.isnan(value):
        _fail(where, "must be a number, found nan")
    return float(value)


def _finite(value: float) -> float | str:
    return value if math.isfinite(value) else "inf"


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return printable(repr(text[:40]) if isinstance(value, str) else text[:40])


def _fail(where: str, what: str) -> NoReturn:
    raise InputError(f"{where}: {what}")
