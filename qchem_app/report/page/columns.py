"""The columns of the table of candidates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from qchem_app.report.page.data import Entry, Scalar
from qchem_app.result import TWO_SIDED_95
from qchem_app.units import MILLIHARTREE_PER_HARTREE

#: Labels as people write them; a field that is not here is shown under its own name.
_LABELS = {
    "name": "Name",
    "rank": "Rank",
    "value": "Value",
    "status": "Status",
    "formula": "Formula",
    "triage": "Triage",
    "triage_reason": "Reason",
    "source": "Source",
    "natoms": "Atoms",
    "charge": "Charge",
    "multiplicity": "Multiplicity",
    "basis": "Basis",
    "space": "Space",
    "space_kind": "Kind of space",
    "norb": "Orbitals",
    "nelec": "Electrons",
    "n_core": "Frozen",
    "n_virtual": "Left out",
    "qubits": "Qubits",
    "determinants": "Determinants",
    "parameters": "Parameters",
    "point_group": "Point group",
    "converged": "Converged",
    "best": "Best",
    "e_best": "E(best)",
    "error_mha": "VQE error",
    "correlation_mha": "Correlation",
    "missed_mha": "Missed",
    "t1": "T1",
    "d1": "D1",
    "largest_t2": "Largest T2",
    "reference_weight": "Reference weight",
    "unpaired_electrons": "Unpaired electrons",
    "s_squared": "⟨S²⟩",
    "dipole_debye": "Dipole",
    "homo_lumo_gap_ev": "HOMO-LUMO gap",
    "seconds": "Time",
    "qubits_whole": "Qubits, all orbitals",
    "determinants_whole": "Determinants, all orbitals",
    "cnots": "CNOTs",
    "cnots_about": "CNOTs, about",
    "space_cut": "Space cut",
    "unconverged": "Unconverged",
    "vqe_sound": "VQE is a bound",
    "lower_state_mha": "Lower state",
    "m_diagnostic": "M",
    "error": "Error",
}
_METHODS = {
    "ccsd_t": "CCSD(T)",
    "best": "Best",
    "ideal": "Ideal circuit",
    "raw": "Raw",
    "mitigated": "Mitigated",
}
#: Shown unless asked otherwise, in this order.
_SHOWN = (
    "name",
    "status",
    "rank",
    "value",
    "formula",
    "triage",
    "space",
    "qubits",
    "e_best",
    "best",
    "error_mha",
    "error_raw_mha",
    "error_mitigated_mha",
    "missed_mha",
    "t1",
    "seconds",
)
#: Where there is no error of a measured energy, because nothing better is known, the energy itself.
_INSTEAD = {"error_raw_mha": "e_raw", "error_mitigated_mha": "e_mitigated"}
#: Left out where a row has little room.
_MINOR = ("formula", "best", "t1", "seconds")
#: Energies and errors that may have been measured, and the fields of their standard errors, mHa.
_MEASURED = {
    "e_vqe": "se_vqe_mha",
    "error_mha": "se_vqe_mha",
    "e_raw": "se_raw_mha",
    "error_raw_mha": "se_raw_mha",
    "e_mitigated": "se_mitigated_mha",
    "error_mitigated_mha": "se_mitigated_mha",
}
_EXACT = {"e_vqe": "E(VQE, exact)", "error_mha": "VQE (exact) error"}
_WIDE_HALF = 0.1  # mHa; from here on a third decimal says nothing
#: Decimals, by the unit or the field.
_DIGITS_OF_UNIT = {"Ha": 6, "mHa": 3, "s": 2, "eV": 2, "D": 3, "kJ/mol": 1, "kcal/mol": 1}
_DIGITS = {
    "t1": 4,
    "d1": 4,
    "largest_t2": 4,
    "reference_weight": 4,
    "unpaired_electrons": 3,
    "s_squared": 4,
    "m_diagnostic": 4,
}
#: More than this is not a column but a sentence.
_SENTENCES = ("error", "triage_reason", "error_kind")
#: Decimals that are kept in the page, beyond what is shown.
_KEPT = {"Ha": 9, "mHa": 6}


def table_data(
    entries: Sequence[Entry],
    known: Mapping[str, tuple[str, str]],
    *,
    varied: str = "",
    ranked_by: str = "",
) -> tuple[list[dict[str, Any]], dict[str, list[Scalar]]]:
    """Columns and, by their keys, the values of every entry.

    A column whose values are all missing is left out.

    Args:
        known: unit and meaning of fields, by name.
        varied: which of the variables a scan varied.
        ranked_by: the formula whose values the field "value" has, or the field itself.
    """
    names = dict.fromkeys(name for entry in entries for name in entry.fields)
    variables = dict.fromkeys(name for entry in entries for name in entry.variables)
    rows: dict[str, list[Scalar]] = {
        "name": [entry.name for entry in entries],
        "status": [entry.status for entry in entries],
        "source": [entry.source for entry in entries],
        "error": [entry.error for entry in entries],
    }
    for name in variables:
        rows[f"variable {name}"] = [entry.variables.get(name) for entry in entries]
    for name in names:
        if name not in rows:
            unit = _unit(name, known)
            rows[name] = [_kept(entry.fields.get(name), unit) for entry in entries]
    columns = [
        _column(key, rows[key], known, varied)
        for key in _ordered(rows)
        if key not in _SENTENCES and any(value not in (None, "") for value in rows[key])
    ]
    rows.setdefault("converged", [None] * len(entries))
    rows.setdefault("triage", [""] * len(entries))
    for key in ("triage", "triage_reason"):
        if key in rows:
            rows[key] = [value or "" for value in rows[key]]
    if "best" in rows:
        rows["best"] = [method_of(str(value)) if value else None for value in rows["best"]]
    _show_what_differs(columns, rows, varied, ranked_by)
    halves = _halves(columns, rows)
    rows |= halves
    wanted = {column["key"] for column in columns} | {*_SENTENCES, "converged", "triage", *halves}
    return columns, {key: values for key, values in rows.items() if key in wanted}


def _show_what_differs(
    columns: Sequence[dict[str, Any]],
    rows: Mapping[str, Sequence[Scalar]],
    varied: str,
    ranked_by: str,
) -> None:
    """Show what a ranking stands on and what is not the same everywhere."""
    by_key = {column["key"]: column for column in columns}
    for wanted, instead in _INSTEAD.items():
        if wanted not in by_key and instead in by_key:
            by_key[instead]["shown"] = True
    if len({value for value in rows.get("basis", ()) if value}) > 1:
        by_key["basis"]["shown"] = True
    if "error_mha" in by_key and any(value is not None for value in rows.get("e_raw", ())):
        by_key["error_mha"]["minor"] = True  # what was measured is in other columns
    if ranked_by in by_key:
        by_key[ranked_by] |= {"shown": True, "minor": False}
    elif ranked_by and "value" in by_key:
        by_key["value"] |= {"label": ranked_by, "help": "what the candidates are ranked by"}
    plain = set(rows["status"]) == {"done"} and False not in rows["converged"]
    by_key["status"]["minor"] = plain
    if "space" in by_key:  # the head of the page says what all have
        by_key["space"]["minor"] = len({kind for kind in rows.get("space_kind", ()) if kind}) == 1
    for name, column in by_key.items():
        if name.startswith("variable ") and name != f"variable {varied}":
            column["minor"] = True


def _halves(
    columns: Sequence[dict[str, Any]], rows: Mapping[str, Sequence[Scalar]]
) -> dict[str, list[Scalar]]:
    """Halves of the 95 % intervals of what was measured, by the keys that the columns then name."""
    measured = any(value is not None for value in rows.get("e_raw", ()))
    found: dict[str, list[Scalar]] = {}
    for column in columns:
        key, unit = column["key"], column["unit"]
        errors = rows.get(_MEASURED.get(key, ""), ())
        if any(errors):
            scale = TWO_SIDED_95 / (1.0 if unit == "mHa" else MILLIHARTREE_PER_HARTREE)
            column["half"] = f"± {key}"
            column["help"] += "; ± is half of the 95 % interval"
            found[column["half"]] = [
                _kept(scale * error, unit) if isinstance(error, float) else None for error in errors
            ]
            sizes = [error for error in errors if isinstance(error, float) and error > 0]
            if unit == "mHa" and scale * min(sizes, default=0.0) >= _WIDE_HALF:
                column["digits"] = 2
        elif measured and key in _EXACT:  # beside measured ones it must say what it is
            column["label"] = _EXACT[key]
    return found


def _ordered(keys: Iterable[str]) -> list[str]:
    """Those that are shown first, the variables of a scan after the status."""
    keys = list(keys)
    shown = [key for key in _SHOWN if key in keys]
    variables = [key for key in keys if key.startswith("variable ")]
    rest = [key for key in keys if key not in shown and key not in variables]
    return [*shown[:2], *variables, *shown[2:], *rest]


def _column(
    key: str, values: Sequence[Scalar], known: Mapping[str, tuple[str, str]], varied: str
) -> dict[str, Any]:
    if key.startswith("variable "):
        name = key.removeprefix("variable ")
        label, _, unit = name.partition(" / ")
        meaning = "what was varied" if name == varied else "column of your table"
    else:
        label, unit = label_of(key), _unit(key, known)
        meaning = known.get(key, ("", ""))[1]
    present = [value for value in values if value is not None]
    number = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in present)
    whole = number and all(float(value).is_integer() for value in present if value != "")
    digits = _DIGITS.get(key, _DIGITS_OF_UNIT.get(unit))
    if digits is None and whole:
        digits = 0
    if key.startswith("variable ") and not whole:
        digits = _decimals(present)
    return {
        "key": key,
        "label": label,
        "unit": unit,
        "number": number,
        "digits": digits,
        "shown": key in _SHOWN or key.startswith("variable "),
        "minor": key in _MINOR,
        "help": meaning,
    }


def label_of(name: str) -> str:
    """Of a field: `error_ccsd_t_mha` is the error of CCSD(T), `e_b3lyp` the energy of B3LYP."""
    if name in _LABELS:
        return _LABELS[name]
    if name.startswith("error_") and name.endswith("_mha"):
        return f"{method_of(name[len('error_') : -len('_mha')])} error"
    if name.startswith("se_") and name.endswith("_mha"):
        return f"Standard error of {method_of(name[len('se_') : -len('_mha')])}"
    if name.startswith("e_"):
        return f"E({method_of(name[len('e_') :])})"
    return name.replace("_", " ")


def method_of(name: str) -> str:
    """A method as people write it, from its name in fields."""
    return _METHODS.get(name, name.upper())


def _unit(name: str, known: Mapping[str, tuple[str, str]]) -> str:
    if name in known:
        unit = known[name][0]
        return {"Hartree": "Ha", "debye": "D", "Debye": "D", "seconds": "s"}.get(unit, unit)
    if name.endswith("_mha"):
        return "mHa"
    if name.startswith("e_"):
        return "Ha"
    return {"seconds": "s", "dipole_debye": "D", "homo_lumo_gap_ev": "eV"}.get(name, "")


def _kept(value: Scalar, unit: str) -> Scalar:
    if isinstance(value, float):
        return round(value, _KEPT.get(unit, 6))
    return value


def _decimals(values: Sequence[Scalar]) -> int:
    """Fewest decimals, up to 6, that keep every value."""
    numbers = [float(value) for value in values if isinstance(value, (int, float))]
    for digits in range(7):
        if all(abs(round(value, digits) - value) < 1e-9 for value in numbers):
            return digits
    return 6
