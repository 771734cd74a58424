"""Molecules in QCSchema JSON: a `qcschema_molecule`, or any record that has one as `molecule`.

The schema is MolSSI's; lengths in it are Bohr. https://molssi.github.io/QCSchema/
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from qchem_app.elements import ATOMIC_NUMBERS, normalise_symbol
from qchem_app.errors import InputError
from qchem_app.io.source import ATOM_LIMIT, TOO_LARGE, excerpt
from qchem_app.molecule import LARGEST_COORDINATE_BOHR

_MAX_CHARGE = 10**6


@dataclass(frozen=True, eq=False)
class SchemaMolecule:
    """A QCSchema molecule, before charge and multiplicity are settled.

    Attributes:
        symbols: element symbols.
        coordinates: (natom, 3) array, Bohr.
        charge: total charge in units of e; None where the record has none.
        multiplicity: 2S + 1; None where the record has none.
        name: the record's name, if any.
        path: JSON path of the molecule in the file, "$" or "$.molecule".
    """

    symbols: tuple[str, ...]
    coordinates: NDArray[np.float64]
    charge: int | None
    multiplicity: int | None
    name: str | None
    path: str


def read_molecule(text: str, label: str) -> SchemaMolecule:
    """Parse QCSchema text.

    Raises:
        InputError: not JSON, or not a molecule of real atoms; with the JSON path of the fault.
    """
    record = _load(text, label)
    path = "$"
    if not isinstance(record, dict):
        _fail(label, path, f"must be a QCSchema object, found {_kind(record)}")
    if "symbols" not in record and "molecule" in record:
        record, path = record["molecule"], "$.molecule"
        if not isinstance(record, dict):
            _fail(label, path, f"must be a QCSchema molecule, found {_kind(record)}")
    for field in ("symbols", "geometry"):
        if field not in record:
            _fail(label, path, f'has no "{field}": a QCSchema molecule needs symbols and geometry')
    symbols = _symbols(record["symbols"], label, f"{path}.symbols")
    _check_real(record.get("real"), len(symbols), label, f"{path}.real")
    _check_numbers(record.get("atomic_numbers"), symbols, label, f"{path}.atomic_numbers")
    coordinates = _geometry(record["geometry"], len(symbols), label, f"{path}.geometry")
    charge = _whole(record, "molecular_charge", label, path)
    multiplicity = _whole(record, "molecular_multiplicity", label, path)
    if multiplicity is not None and multiplicity < 1:
        _fail(label, f"{path}.molecular_multiplicity", f"must be 1 or more, found {multiplicity}")
    name = record.get("name")
    return SchemaMolecule(
        symbols, coordinates, charge, multiplicity, name if isinstance(name, str) else None, path
    )


def may_hold_molecule(text: str) -> bool:
    """Whether JSON text is a molecule, or one gone wrong, and not a file for something else."""
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return True
    return isinstance(record, dict) and not {"symbols", "geometry", "molecule"}.isdisjoint(record)


def _fail(label: str, path: str, message: str) -> NoReturn:
    raise InputError(f"{label}: {path} {message}")


def _kind(value: object) -> str:
    """What a JSON value is, for messages."""
    if isinstance(value, dict | list | str):
        return {dict: "an object", list: "a list", str: f'"{excerpt(str(value), 30)}"'}[type(value)]
    return excerpt(json.dumps(value), 30)


def _load(text: str, label: str) -> Any:
    def constant(name: str) -> NoReturn:
        raise InputError(f"{label}: the file contains {name}, which JSON does not have: remove it")

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        record = dict(pairs)
        if len(record) < len(pairs):
            twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
            raise InputError(
                f'{label}: the key "{excerpt(twice, 40)}" occurs twice in one object: keep one'
            )
        return record

    try:
        return json.loads(text, parse_constant=constant, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        raise InputError(
            f"{label}:{error.lineno}: not valid JSON ({error.msg}, column {error.colno}): correct "
            "the file"
        ) from None
    except RecursionError:
        raise InputError(
            f"{label}: the JSON is nested too deeply for a molecule: correct the file"
        ) from None
    except InputError:
        raise
    except ValueError:  # an integer of thousands of digits, which Python refuses to convert
        raise InputError(
            f"{label}: the JSON has an absurdly long number: correct the file"
        ) from None


def _symbols(values: Any, label: str, path: str) -> tuple[str, ...]:
    if not isinstance(values, list) or not values:
        _fail(label, path, f"must be a list of at least one element symbol, found {_kind(values)}")
    if len(values) > ATOM_LIMIT:
        _fail(label, path, f"has {len(values)} atoms, more than {ATOM_LIMIT}: {TOO_LARGE}")
    symbols = []
    for index, value in enumerate(values):
        if not isinstance(value, str):
            _fail(label, f"{path}[{index}]", f"must be an element symbol, found {_kind(value)}")
        try:
            symbols.append(normalise_symbol(value))
        except InputError as error:
            _fail(label, f"{path}[{index}]", f"is wrong: {error}")
    return tuple(symbols)


def _check_real(values: Any, natom: int, label: str, path: str) -> None:
    if values is None:
        return
    if not isinstance(values, list) or len(values) != natom:
        _fail(label, path, f"must be a list of {natom} booleans, found {_count(values)}")
    for index, value in enumerate(values):
        if value is not True:
            _fail(
                label,
                f"{path}[{index}]",
                "marks a ghost atom, which carries no nucleus here: remove the atom"
                if value is False
                else f"must be true, found {_kind(value)}",
            )


def _check_numbers(values: Any, symbols: Sequence[str], label: str, path: str) -> None:
    if values is None:
        return
    expected = [ATOMIC_NUMBERS[symbol] for symbol in symbols]
    if not isinstance(values, list) or len(values) != len(expected):
        _fail(label, path, f"must be a list of {len(expected)} numbers, found {_count(values)}")
    for index, (value, number) in enumerate(zip(values, expected, strict=True)):
        if value != number:
            _fail(
                label, f"{path}[{index}]", f"is {_kind(value)}, but {symbols[index]} has {number}"
            )


def _geometry(values: Any, natom: int, label: str, path: str) -> NDArray[np.float64]:
    if isinstance(values, list) and values and all(isinstance(row, list) for row in values):
        cells = [
            (f"{path}[{i}][{j}]", x) for i, row in enumerate(values) for j, x in enumerate(row)
        ]
        shaped = len(values) == natom and all(len(row) == 3 for row in values)
    else:
        if not isinstance(values, list):
            _fail(label, path, f"must be a list of {3 * natom} numbers, found {_kind(values)}")
        cells = [(f"{path}[{i}]", x) for i, x in enumerate(values)]
        shaped = len(values) == 3 * natom
    if not shaped:
        _fail(label, path, f"must hold {3 * natom} numbers for {natom} atoms, found {len(cells)}")
    for cell, value in cells:
        if isinstance(value, bool) or not isinstance(value, int | float):
            _fail(label, cell, f"must be a number, found {_kind(value)}")
        if not abs(value) <= LARGEST_COORDINATE_BOHR:
            _fail(label, cell, "is too large: coordinates are in Bohr")
    return np.array([value for _, value in cells], dtype=np.float64).reshape(natom, 3)


def _whole(record: dict[str, Any], field: str, label: str, path: str) -> int | None:
    value = record.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not _is_whole(value):
        _fail(label, f"{path}.{field}", f"must be a whole number, found {_kind(value)}")
    return int(value)


def _is_whole(value: float) -> bool:
    return abs(value) <= _MAX_CHARGE and value == int(value)


def _count(value: Any) -> str:
    return str(len(value)) if isinstance(value, list) else _kind(value)
