"""A ranked screening as plain text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from qchem_app.printable import printable
from qchem_app.report import numbers
from qchem_app.report.layout import paragraph
from qchem_app.report.plain_table import cut, decimals, integer, number, ruled, signed
from qchem_app.report.reactions_table import render_reactions as render_reactions

#: Short words for the classes of triage in a narrow column.
TRIAGE_WORDS = {
    "classical is enough": "enough",
    "classical methods disagree": "disagree",
    "quantum-relevant but too large today": "too large",
    "not judged": "not judged",
}
_PART = " (part)"  # of a class that holds for a part of the orbitals
_WHOLE_OR_PART = ("classical is enough", "classical methods disagree")
_SHOWN = ("qubits", "e_best", "error_mha", "missed_mha")
_WIDE, _NARROW = 100, 80
_SHORTEST_NAME = 8

_Fields = Mapping[str, Any]


def render_ranking(
    rows: Sequence[_Fields], width: int, *, explanation: str = "", limit: int | None = None
) -> str:
    """Table of candidates: rank, name, formula, qubits, energies, triage; reasons below.

    Args:
        rows: fields of each candidate in their order, with `rank` and `value` (of the formula
            that they are ranked by, shown where it is no column of its own) among them.
        width: columns.
        explanation: what the order is, in words.
        limit: rows to show; None for all.
    """
    shown = rows if limit is None else rows[:limit]
    if not shown:
        return "\n".join(paragraph("no candidates", width))
    lines = ruled(*_candidate_cells(shown, width))
    left = len(rows) - len(shown)
    if left:
        lines += paragraph(f"and {numbers.count(left, 'more candidate')}", width)
    lines += paragraph(_summary(rows, _mark(width)), width)
    if any(row.get("suspected") is True for row in rows):
        lines += paragraph("?: suspected, from diagnostics alone", width)
    if any(_in_part(row) for row in rows):
        lines += paragraph(
            f"{_mark(width).strip()}: judged in a part of the orbitals only; nothing is known of "
            "the others",
            width,
        )
    if explanation:
        lines += paragraph(explanation[:1].upper() + explanation[1:], width)
    lines += paragraph(
        "E best: Hartree; VQE: its error against best, missed: what the highest single-reference "
        "method that converged leaves, mHa",
        width,
    )
    reasons = [(str(row.get("name")), text) for row in shown if (text := _reason(row))]
    if reasons:
        lines.append("")
    for name, text in reasons:
        lines += paragraph(f"{name}: {text}", width, rest="    ")
    return "\n".join(lines)


def _candidate_cells(rows: Sequence[_Fields], width: int) -> tuple[list[str], list[list[str]], int]:
    """Header, cells, and how many of the first columns are text."""
    wide = width >= _WIDE
    valued = any(_shows_value(row) for row in rows)
    header = ["#", "Name", "Formula", "Qubits", "E best", "VQE", "Missed"]
    header += ["Value"] if valued else []
    header.append("Triage")
    body = []
    for row in rows:
        cells = [
            integer(row.get("rank")),
            printable(str(row.get("name"))),
            printable(str(row.get("formula") or "-")),
            integer(row.get("qubits")),
            decimals(row.get("e_best"), 8 if wide else 4),
            signed(row.get("error_mha"), 3 if wide else 2),
            decimals(row.get("missed_mha"), 3 if wide else 2),
        ]
        if valued:
            cells.append(_value(row.get("value")))
        cells.append(_class(row, width))
        body.append(cells)
    others = sum(
        max(len(header[i]), *(len(cells[i]) for cells in body)) + 2
        for i in range(len(header))
        if i != 1
    )
    room = max(_SHORTEST_NAME, width - others)
    for cells in body:
        cells[1] = cut(cells[1], room)
    return header, body, 3


def _class(row: _Fields, width: int) -> str:
    status = str(row.get("status") or "done")
    if status != "done":
        return printable(status.upper())
    triage = str(row.get("triage") or "-")
    word = printable(triage if width >= _WIDE else TRIAGE_WORDS.get(triage, triage))
    return word + _doubts(row, _mark(width))


def _doubts(row: _Fields, mark: str) -> str:
    """What stands behind a class that is only suspected, or holds for a part of the orbitals."""
    return "?" * (row.get("suspected") is True) + mark * _in_part(row)


def _mark(width: int) -> str:
    """What stands behind a class that holds for a part of the orbitals."""
    return _PART if width >= _NARROW else "*"


def _in_part(row: _Fields) -> bool:
    """Whether the class says nothing of orbitals that were left out."""
    return row.get("space_cut") is True and row.get("triage") in _WHOLE_OR_PART


def _reason(row: _Fields) -> str:
    status = str(row.get("status") or "done")
    if status != "done":
        return f"{status}: {row['error']}" if row.get("error") else status
    parts = [str(row["triage_reason"])] if row.get("triage_reason") else []
    if row.get("triage") == "classical is enough" and row.get("best") == "fci":
        parts = []  # what it says stands in the column of what is missed
    if row.get("unconverged"):
        parts.append(f"not converged: {str(row['unconverged']).replace(',', ', ')}")
    return "; ".join(parts)


def _summary(rows: Sequence[_Fields], mark: str) -> str:
    counts = Counter(
        f"{row.get('triage') or 'done'}{_doubts(row, mark)}"
        if str(row.get("status") or "done") == "done"
        else str(row["status"])
        for row in rows
    )
    classes = [word + end for word in TRIAGE_WORDS for end in ("", mark, "?", f"?{mark}")]
    order = [*classes, *sorted(set(counts) - set(classes))]
    shown = [f"{counts[word]} {word}" for word in order if counts[word]]
    return f"{numbers.count(len(rows), 'candidate')}: {', '.join(shown)}"


def _shows_value(row: _Fields) -> bool:
    value = row.get("value")
    return value is not None and all(value != row.get(name) for name in _SHOWN)


def _value(value: Any) -> str:
    parsed = number(value)
    if parsed is not None:
        return f"{parsed:.6g}"
    return "-" if value is None else cut(printable(str(value)), 20)
