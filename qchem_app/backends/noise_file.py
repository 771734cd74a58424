"""Noise models from an option, a name, or a file.

A noise file is YAML or JSON:

    name: my device
    gates:
      one-qubit: {depolarizing: 2e-4, time: 50}    # x, h, rx, ry and rz
      rz: {depolarizing: 0, time: 0}               # a change of frame
      cx: {depolarizing: 8e-3, time: 300}
      cx 0 1: {depolarizing: 2e-2}                 # control 0, target 1, and the other way round
      rx 3: {over-rotation: 0.02}
    qubits:
      default: {t1: 120, t2: 80, readout: 0.02}
      2: {t1: 40, t2: 30, detuning: 15, readout: [0.01, 0.05]}

A rule takes what it does not mention from the more general one: `cx 0 1` from `cx`, `rz` from
`one-qubit`, a qubit from `default`. Keys of a gate, in the order in which they act after it:

    over-rotation       relative error of the angle (x and h turn by pi); of cx the angle, rad, of
                        a further rotation about `axis`, letters of control and target, ZX unless
                        given
    pauli               probabilities by letters: {X: 1e-3}, for cx {XI: 1e-3, ZZ: 2e-3}
    depolarizing        probability of one of the 3, for cx of the 15, Pauli errors, alike
    depolarizing-each   the same for each of the two qubits of cx on its own
    amplitude-damping   probability of decay from 1 to 0, each qubit
    phase-damping       coherences shrink by sqrt(1 - this), each qubit
    time                duration, ns, in which t1 and t2 act on the gate's qubits

Keys of a qubit: t1 and t2 (µs; t2 is 2 t1 unless given), detuning (kHz, while it waits), readout
(one number, or P(1|0) and P(0|1)). Where gates have times, qubits that wait decay and drift.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from pathlib import Path
from typing import Any

from qchem_app.backends.noise_format import from_dict
from qchem_app.backends.noise_model import NoiseModel
from qchem_app.backends.noise_presets import PRESETS
from qchem_app.errors import InputError, UsageError
from qchem_app.io.yaml_text import parse_yaml
from qchem_app.printable import printable

# A rule for each of 127 qubits and their couplers takes 20 kB.
_LARGEST_FILE = 1_000_000
_SUFFIXES = (".yaml", ".yml", ".json")
#: Keys of the short form: (section, rule, key, least, most).
_SHORT: dict[str, tuple[str, str, str, float, float]] = {
    "p1": ("gates", "one-qubit", "depolarizing", 0.0, 1.0),
    "p2": ("gates", "cx", "depolarizing", 0.0, 1.0),
    "p2each": ("gates", "cx", "depolarizing-each", 0.0, 1.0),
    "damping1": ("gates", "one-qubit", "amplitude-damping", 0.0, 1.0),
    "damping2": ("gates", "cx", "amplitude-damping", 0.0, 1.0),
    "dephasing1": ("gates", "one-qubit", "phase-damping", 0.0, 1.0),
    "dephasing2": ("gates", "cx", "phase-damping", 0.0, 1.0),
    "over1": ("gates", "one-qubit", "over-rotation", -math.pi, math.pi),
    "over2": ("gates", "cx", "over-rotation", -math.pi, math.pi),
    "time1": ("gates", "one-qubit", "time", 0.0, 1e12),
    "time2": ("gates", "cx", "time", 0.0, 1e12),
    "t1": ("qubits", "default", "t1", 1e-9, math.inf),
    "t2": ("qubits", "default", "t2", 1e-9, math.inf),
    "detuning": ("qubits", "default", "detuning", -1e9, 1e9),
    "readout": ("qubits", "default", "readout", 0.0, 1.0),
}


def parse_noise(text: str) -> NoiseModel:
    """The noise model that an option asks for.

    Args:
        text: "p1=1e-3,p2=1e-2,readout=0.02" (also p2each, damping1, damping2, dephasing1,
            dephasing2, over1, over2, time1, time2, t1, t2, detuning: see above; 1 is for one-qubit
            gates and 2 for cx), the name of a preset, or the path of a .yaml or .json file.

    Raises:
        UsageError: not one of these, unknown or repeated keys, values out of range.
        InputError: a file that cannot be read or is no noise model.
    """
    given = text.strip()
    if given in PRESETS:
        return from_dict(PRESETS[given], given)
    if given.lower().endswith(_SUFFIXES):
        return _read(given)
    if "=" in given:
        return _from_pairs(given)
    if Path(given).is_file():
        raise UsageError(
            f"noise {_quoted(given)}: a noise file has one of the endings {', '.join(_SUFFIXES)}"
        )
    near = difflib.get_close_matches(given.lower(), PRESETS, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"use {' or '.join(PRESETS)}"
    raise UsageError(
        f"noise {_quoted(given)} is neither a list such as p1=1e-3,p2=1e-2 nor a .yaml or .json "
        f"file nor a known device: {hint}"
    )


def _from_pairs(text: str) -> NoiseModel:
    data: dict[str, Any] = {"name": text, "gates": {}, "qubits": {}}
    seen: dict[str, str] = {}
    for pair in text.split(","):
        key, separator, value = (part.strip() for part in pair.partition("="))
        if not separator or not key or not value:
            raise UsageError(f"noise {_quoted(pair)}: write a key and a value, such as p2=1e-2")
        if key not in _SHORT:
            near = difflib.get_close_matches(key.lower(), _SHORT, n=1, cutoff=0.6)
            hint = f"did you mean {near[0]}?" if near else f"use {', '.join(_SHORT)}"
            raise UsageError(f"noise {_quoted(key)} is not known: {hint}")
        if key in seen:
            raise UsageError(f"noise {key} is there twice, {seen[key]} and {value}: keep one")
        seen[key] = value
        section, rule, name, least, most = _SHORT[key]
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not least <= number <= most:
            raise UsageError(f"noise {key} must be {_range(least, most)}, found {_quoted(value)}")
        data[section].setdefault(rule, {})[name] = number
    if not {"time1", "time2"} & seen.keys() and {"t1", "t2", "detuning"} & seen.keys():
        raise UsageError(
            "noise t1, t2 and detuning act only while time passes: give time1 or time2, in ns, too"
        )
    data["name"] = ",".join(f"{key}={value}" for key, value in seen.items())[:80]
    try:
        return from_dict(data)
    except InputError as error:
        message = (
            str(error).replace("noise: qubits: default:", "noise").replace("noise: ", "noise ")
        )
        raise UsageError(message) from None


def _range(least: float, most: float) -> str:
    if (least, most) == (0.0, 1.0):
        return "a probability from 0 to 1"
    return f"a number from {least:.6g} to {most:.6g}"


def _read(path: str) -> NoiseModel:
    label = _quoted(path)[1:-1]
    file = Path(path)
    try:
        if not file.is_file():
            raise InputError(f"{label}: no such noise file: check the path")
        if file.stat().st_size > _LARGEST_FILE:
            raise InputError(
                f"{label}: a noise file has at most {_LARGEST_FILE // 1000} kB, found "
                f"{file.stat().st_size // 1000} kB"
            )
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise InputError(f"{label}: cannot be read ({reason}): give a YAML or JSON file") from None
    data = _json(text, label) if path.lower().endswith(".json") else parse_yaml(text, label)
    if data is None:
        raise InputError(f"{label}: the file is empty: it must hold gates or qubits")
    model = from_dict(data, label, unnamed=printable(file.stem).strip()[:80] or "custom")
    _require_rules(data, label)
    return model


def _require_rules(data: dict[str, Any], label: str) -> None:
    """Refuse a file without noise, and rules that say nothing: something was forgotten."""
    if not (data.get("gates") or data.get("qubits")):
        raise InputError(f"{label}: no noise is in it: it must hold gates or qubits")
    for section in ("gates", "qubits"):
        for name, rule in (data.get(section) or {}).items():
            if rule is None or rule == {}:
                raise InputError(
                    f"{label}: {section}: {_quoted(str(name))[1:-1]} is empty: give it keys and "
                    "values, or leave it out"
                )


def _json(text: str, label: str) -> Any:
    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        seen: set[str] = set()
        for key, _ in found:
            if key in seen:
                raise InputError(f"{label}: {_quoted(key)} is there twice: keep one of them")
            seen.add(key)
        return dict(found)

    try:
        return json.loads(text, object_pairs_hook=pairs) if text.strip() else None
    except json.JSONDecodeError as error:
        raise InputError(
            f"{label}: not valid JSON in line {error.lineno} ({error.msg}): correct it"
        ) from None
    except InputError:
        raise
    except ValueError:  # an integer of more digits than Python converts
        raise InputError(f"{label}: a number is too long: give a few digits") from None
    except RecursionError:
        raise InputError(f"{label}: nested too deeply for a noise file: correct it") from None


def _quoted(text: str) -> str:
    return repr(printable(re.sub(r"\s+", " ", text))[:200])
