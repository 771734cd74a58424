"""Reaction energies by every method as plain text, with their deviations from experiment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qchem_app.printable import printable
from qchem_app.report.layout import paragraph
from qchem_app.report.plain_table import cut, decimals, ruled, signed
from qchem_app.units import KJ_PER_KCAL

_METHODS = {
    "hf": "HF",
    "mp2": "MP2",
    "ccsd": "CCSD",
    "ccsd_t": "CCSD(T)",
    "fci": "FCI",
    "vqe": "VQE",
    "ideal": "Ideal",
    "raw": "Raw",
    "mitigated": "Mitig.",
    "best": "Best",
}
_UNITS = {"kJ/mol": 1.0, "kcal/mol": KJ_PER_KCAL}

_Fields = Mapping[str, Any]


def render_reactions(
    rows: Sequence[_Fields],
    statistics: Sequence[_Fields],
    width: int,
    *,
    unit: str = "kJ/mol",
) -> str:
    """Table of reaction energies, a column a method; deviations from experiment at the bottom.

    Args:
        rows: `ReactionRow.plain()` of each.
        statistics: `MethodStatistics.plain()` of each method.
        width: columns; methods that do not fit go into another block below.
        unit: kJ/mol or kcal/mol.
    """
    factor = 1.0 / _UNITS[unit]
    methods = list(dict.fromkeys(method for row in rows for method in row["energies"]))
    methods = [*(m for m in methods if m != "best"), *(m for m in methods if m == "best")]
    lines = paragraph(f"Reaction energies, {unit}, products minus reactants", width)
    with_energies = [row for row in rows if row["energies"]]
    experiments = any(row.get("experimental_kj_mol") is not None for row in with_energies)
    if with_energies:
        by_method = {str(line["method"]): line for line in statistics}
        columns: dict[str, list[str]] = {}
        if experiments:
            exp = [decimals(row.get("experimental_kj_mol"), 1, factor) for row in with_energies]
            columns["Exp."] = [*exp, *([""] * (4 if by_method else 0))]
        columns |= {
            _METHODS.get(method, method.upper()): [
                *(_energy(row, method, factor) for row in with_energies),
                *_deviations(by_method.get(method), factor, some=bool(by_method)),
            ]
            for method in methods
        }
        labels = [_label(row, with_energies) for row in with_energies]
        labels += ["MAD", "mean", "largest", "count"] if by_method else []
        lines += _blocks(labels, columns, width, len(with_energies))
        lines += _legend(with_energies, by_method, width)
    lines += _remarks(rows, width)
    return "\n".join(lines)


def _blocks(
    labels: Sequence[str], columns: Mapping[str, list[str]], width: int, split: int
) -> list[str]:
    """As many columns beside the labels as fit, the others below; a rule after `split` rows."""
    longest = max(len("Reaction"), *(len(label) for label in labels))
    room = max(12, min(longest, width // 3))
    names = [cut(label, room) for label in labels]
    blocks: list[list[str]] = [[]]
    used = room
    for head, cells in columns.items():
        size = max(len(head), *(len(cell) for cell in cells)) + 2
        if used + size > width and blocks[-1]:
            blocks.append([])
            used = room
        blocks[-1].append(head)
        used += size
    lines = []
    for heads in blocks:
        body = [[n, *(columns[h][k] for h in heads)] for k, n in enumerate(names)]
        lines += ruled(["Reaction", *heads], body, 1, split)
    return lines


def _energy(row: _Fields, method: str, factor: float) -> str:
    energy = row["energies"].get(method)
    if energy is None:
        return "-"
    text = decimals(energy["kj_mol"], 1, factor)
    if energy.get("standard_error_kj_mol"):
        text += f"({decimals(energy['standard_error_kj_mol'], 1, factor)})"
    return text if energy["comparable"] else f"{text}*"


def _deviations(line: _Fields | None, factor: float, *, some: bool) -> list[str]:
    if not some:
        return []
    if line is None:
        return ["-"] * 4
    return [
        decimals(line["mean_absolute"], 1, factor),
        signed(line["mean_signed"], 1, factor),
        signed(line["largest"], 1, factor),
        str(line["count"]),
    ]


def _legend(rows: Sequence[_Fields], by_method: Mapping[str, _Fields], width: int) -> list[str]:
    lines: list[str] = []
    energies = [energy for row in rows for energy in row["energies"].values()]
    if any(not energy["comparable"] for energy in energies):
        lines += paragraph(
            "* not comparable between the species, and left out of the statistics", width
        )
    if any(energy.get("standard_error_kj_mol") for energy in energies):
        lines += paragraph("(...) standard error, statistical only", width)
    if by_method:
        worst: dict[str, list[str]] = {}
        for method, line in by_method.items():
            worst.setdefault(line["worst"], []).append(_METHODS.get(method, method.upper()))
        shown = "; ".join(f"{name} ({', '.join(of)})" for name, of in worst.items())
        lines += paragraph(
            "MAD, mean, largest: deviations from experiment, calculated minus experimental; the "
            f"largest at {shown}",
            width,
        )
        lines += paragraph(
            "Computed energies are electronic only, in the basis set and space that were asked "
            "for: no zero-point or thermal energy, and no basis-set limit",
            width,
        )
    return lines


def _remarks(rows: Sequence[_Fields], width: int) -> list[str]:
    """Problems and notes; those that several reactions share stand once."""
    shared: dict[str, list[str]] = {}
    for row in rows:
        for text in [row["problem"]] if row["problem"] else row["notes"]:
            shared.setdefault(str(text), []).append(_label(row, rows))
    lines = []
    for text, labels in shared.items():
        shown = ", ".join(labels[:6]) + (f" and {len(labels) - 6} more" if len(labels) > 6 else "")
        lines += paragraph(f"{shown}: {text}", width, rest="    ")
    return lines


def _label(row: _Fields, rows: Sequence[_Fields]) -> str:
    """The candidate of a template; with the reaction's name where there are several reactions."""
    name, candidate = printable(str(row["name"])), printable(str(row["candidate"]))
    if not candidate:
        return name
    alone = all(other["name"] == row["name"] for other in rows)
    return candidate if alone else f"{name} {candidate}"
