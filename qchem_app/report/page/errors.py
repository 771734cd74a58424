"""Errors of every method over all candidates."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from qchem_app.report.page.data import Column, Entry, Table
from qchem_app.report.table import WAVEFUNCTION_METHODS
from qchem_app.units import CHEMICAL_ACCURACY, MILLIHARTREE_PER_HARTREE

#: Fields of errors, mHa, and the methods they belong to.
_FIELDS = {
    "error_hf_mha": "hf",
    "error_mp2_mha": "mp2",
    "error_ccsd_mha": "ccsd",
    "error_ccsd_t_mha": "ccsd(t)",
    "error_mha": "vqe",
    "error_raw_mha": "raw",
    "error_mitigated_mha": "mitigated",
}
#: Fewer candidates than this are better read one by one, more dots than this drawn as none.
_FEWEST, _MOST_DOTS = 3, 3000


def method_errors(entries: Sequence[Entry]) -> dict[str, list[tuple[int, float]]]:
    """(place of the candidate, error in mHa) by method, where FCI is what errors are against."""
    judged = [(k, e.fields) for k, e in enumerate(entries) if e.fields.get("best") == "fci"]
    if len(judged) < _FEWEST:
        return {}
    found = {
        method: [
            (place, float(value))
            for place, fields in judged
            if isinstance(value := fields.get(field), (int, float))
        ]
        for field, method in _FIELDS.items()
    }
    return {method: errors for method, errors in found.items() if errors}


def errors_data(entries: Sequence[Entry]) -> dict[str, Any] | None:
    """The errors as a strip of dots a method, and a table; None where there is nothing to show."""
    errors = method_errors(entries)
    if not errors:
        return None
    dots = sum(map(len, errors.values())) <= _MOST_DOTS
    return {
        "strips": [
            {
                "label": WAVEFUNCTION_METHODS[method],
                "style": method,
                "errors": [[place, round(error, 5)] for place, error in found] if dots else [],
                "median": median(abs(error) for _, error in found),
            }
            for method, found in errors.items()
        ],
        "table": _table(errors, entries),
    }


def _table(errors: dict[str, list[tuple[int, float]]], entries: Sequence[Entry]) -> Table:
    accuracy = CHEMICAL_ACCURACY * MILLIHARTREE_PER_HARTREE
    lines = []
    for method, found in errors.items():
        sizes = [abs(error) for _, error in found]
        place, largest = max(found, key=lambda pair: abs(pair[1]))
        within = sum(size <= accuracy for size in sizes)
        lines.append(
            (
                WAVEFUNCTION_METHODS[method],
                len(sizes),
                within,
                round(100 * within / len(sizes), 1),
                median(sizes),
                largest,
                entries[place].name,
            )
        )
    return Table(
        "Errors of the methods",
        (
            Column("Method"),
            Column("Candidates", number=True, digits=0),
            Column("Chemical accuracy", number=True, digits=0, help="within 1 kcal/mol of FCI"),
            Column("Share", "%", number=True, digits=1),
            Column("Median", "mHa", number=True, digits=3, help="of the size of the error"),
            Column("Largest", "mHa", number=True, digits=3),
            Column("Where"),
        ),
        tuple(lines),
        note="Against FCI in the same space, of the candidates where FCI ran.",
    )
