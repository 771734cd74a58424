"""The table of a screening's rows for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from qchem_app.io.source import excerpt
from qchem_app.printable import printable
from qchem_app.report import numbers
from qchem_app.report.columns import Column, columns_table, natural_width
from qchem_app.report.layout import paragraph
from qchem_app.report.screening_table import TRIAGE_WORDS
from qchem_app.screening.outcome import Scalar
from qchem_app.screening.query import row_values
from qchem_app.screening.ranking import unit_of
from qchem_app.screening.store import ResultRow, Store
from qchem_app.screening.store_rows import RowStatus
from qchem_app.units import MILLIHARTREE_PER_HARTREE

#: Columns without a choice, in their order; what was varied comes behind the name, columns of
#: the user's own behind the formula.
_ORDER = (
    *("name", "formula", "status", "qubits", "best", "e_best", "e_vqe", "error_mha"),
    *("e_raw", "error_raw_mha", "e_mitigated", "error_mitigated_mha", "missed_mha", "triage"),
    "seconds",
)
#: The same from the most important one on: as many are shown as fit beside each other.
_IMPORTANCE = (
    *("error_raw_mha", "error_mitigated_mha", "status", "triage", "error_mha", "formula"),
    *("e_mitigated", "e_raw", "e_vqe", "qubits"),
)
_LESS_IMPORTANT = ("missed_mha", "seconds", "e_best", "best")
#: Of columns that were measured, and what stands behind their ±.
_STANDARD_ERRORS = {
    "error_mha": "se_vqe_mha",
    "error_raw_mha": "se_raw_mha",
    "error_mitigated_mha": "se_mitigated_mha",
}
_MEASURED = ("e_raw", "error_raw_mha", "e_mitigated", "error_mitigated_mha")
#: A name of more characters wraps rather than take the room of a column.
_LONG_NAME = 24
#: Candidates that are named in the line about active spaces.
_NAMED = 3
_KINDS = {"full": "full space", "frozen-core": "frozen core"}

_Values = Mapping[str, Scalar]


def results_table(
    rows: Sequence[ResultRow],
    names: Sequence[str] | None,
    notes: Sequence[str],
    width: int,
    *,
    varied: Collection[str] = (),
    kj_mol: Collection[str] = (),
) -> list[str]:
    """Lines of a table, the sentence of a failed row below it, and notes at the end.

    Args:
        rows: of the table.
        names: the columns; None for those that say most and fit.
        notes: sentences.
        width: of the lines, at most.
        varied: the variables that a scan varied; others are columns of the user's own.
        kj_mol: names of reaction energies, kJ/mol.
    """
    values = [row_values(row) for row in rows]
    shown = list(names) if names is not None else _choose(rows, values, varied, width)
    short = names is None
    columns, cells = _cells(shown, values, intervals=names is None, short=short, kj_mol=kj_mol)
    if names is not None and "triage" in names and natural_width(columns, cells) > width:
        columns, cells = _cells(shown, values, intervals=False, short=True, kj_mol=kj_mol)
    remarks = ["" if "error" in shown else row.error for row in rows]
    table = list(zip(cells, remarks, strict=True))
    lines = columns_table(columns, table, width) if rows else []
    notes = [*_remarks(shown, values, intervals=names is None), *notes]
    for note in notes:
        lines += paragraph(note, width)
    return lines


def _choose(
    rows: Sequence[ResultRow], values: Sequence[_Values], varied: Collection[str], width: int
) -> list[str]:
    """The columns that say most and fit."""
    variables = list(dict.fromkeys(name for row in rows for name in row.variables))
    own = [name for name in variables if name not in varied]
    points = [name for name in variables if name in varied]
    order = [*_ORDER[:1], *points, *_ORDER[1:2], *own, *_ORDER[2:]]
    # Along a scan the formula is the same, and the energy what is looked for.
    important = ["e_vqe", *_IMPORTANCE] if points else _IMPORTANCE
    wanted = dict.fromkeys([*important, *own, *_LESS_IMPORTANT])
    chosen = ["name", *points]
    for name in wanted:
        if not _has_something(name, rows, values) or (name == "best" and "e_best" not in chosen):
            continue
        longer = [each for each in order if each in (*chosen, name)]
        columns, cells = _cells(longer, values, intervals=True, short=True)
        cells = [[row[0][:_LONG_NAME], *row[1:]] for row in cells]
        if natural_width(columns, cells) <= width:
            chosen.append(name)
    return [name for name in order if name in chosen]


def _has_something(name: str, rows: Sequence[ResultRow], values: Sequence[_Values]) -> bool:
    if name == "status":
        return any(row.status != "done" for row in rows)
    return name not in _MEASURED or any(each.get(name) is not None for each in values)


def _cells(
    shown: Sequence[str],
    values: Sequence[_Values],
    *,
    intervals: bool,
    short: bool,
    kj_mol: Collection[str] = (),
) -> tuple[list[Column], list[list[str]]]:
    """Headings and cells.

    Args:
        shown: names of the columns.
        values: of the rows.
        intervals: whether errors have their 95 % intervals behind them.
        short: whether the triage is a word.
        kj_mol: names of reaction energies.
    """
    columns = []
    for name in shown:
        head, unit = name, unit_of(name, kj_mol)
        if not unit and " / " in name:  # a variable: "r(H1-H2) / Å"
            head, unit = name.rsplit(" / ", 1)
        text = any(isinstance(each.get(name), str) for each in values)
        columns.append(Column(head, unit, text))
    cells = []
    for each in values:
        row = [_cell(each.get(name), unit_of(name, kj_mol)) for name in shown]
        for i, name in enumerate(shown):
            if name == "formula" and row[i] != "-":
                row[i] += ion_sign(each.get("charge"))
            if name == "triage" and short:
                row[i] = TRIAGE_WORDS.get(row[i], row[i])
            if intervals and (half := _half_interval(each, name)) and row[i] != "-":
                row[i] += f" ± {half}"
        cells.append(row)
    return columns, cells


def ion_sign(charge: Scalar) -> str:
    """What follows the formula of an ion: +, -, ^2+."""
    if not isinstance(charge, int) or not charge:
        return ""
    sign = "+" if charge > 0 else "-"
    return sign if abs(charge) == 1 else f"^{abs(charge)}{sign}"


def _half_interval(values: _Values, name: str) -> str:
    error = values.get(_STANDARD_ERRORS.get(name, ""))
    if not isinstance(error, float | int) or not error:
        return ""
    return numbers.half_interval(error / MILLIHARTREE_PER_HARTREE)


def _remarks(shown: Sequence[str], values: Sequence[_Values], *, intervals: bool) -> list[str]:
    """What a reader of the numbers must know."""
    remarks = []
    if any(name in shown for name in _MEASURED):
        text = "error_mha is that of the exact VQE, raw and mitigated are measured energies"
        if intervals and any(_half_interval(each, name) for each in values for name in shown):
            text += "; ± is half of a 95 % interval, statistical only"
        remarks.append(f"{text}.")
    level = _level(values)
    return [*remarks, level] if level else remarks


def _level(values: Sequence[_Values]) -> str:
    """Basis set and active spaces: "sto-3g, full space; salt: natural (14e,12o)."."""
    levels: dict[str, list[_Values]] = {}
    for each in values:
        if each.get("basis") and each.get("space_kind"):
            kind = str(each["space_kind"])
            space = _KINDS.get(kind) or str(each.get("space") or kind)
            levels.setdefault(f"{each['basis']}, {space}", []).append(each)
    if not levels:
        return ""
    usual, *others = sorted(levels, key=lambda level: -len(levels[level]))
    parts = [usual]
    for level in others:
        who = [excerpt(str(each.get("name")), 30) for each in levels[level][:_NAMED]]
        left = len(levels[level]) - len(who)
        parts.append(f"{', '.join(who)}{f' and {left:,} more' if left else ''}: {level}")
    if len(parts) > _NAMED + 1:
        parts[_NAMED + 1 :] = [f"and {len(parts) - _NAMED - 1} more levels (--columns basis,space)"]
    return f"{'; '.join(parts)}."


def _cell(value: Scalar, unit: str) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int):
        return str(value)
    match unit:
        case "Ha":
            return numbers.energy(value)
        case "mHa":
            return numbers.error(value)
        case "s":
            return numbers.seconds(value)
        case "kJ/mol":
            return f"{value:.2f}"
    return f"{value:.5g}"


def summary(store: Store, run: int | Literal["last", "all"], shown: int) -> list[str]:
    """How many rows there are of each kind, and how the run goes."""
    runs = store.runs()
    if not runs:
        return [f"{store.label}: the store is empty, no run was begun yet."]
    counts = Counter(row.status for row in store.rows(run))
    kinds: tuple[RowStatus, ...] = ("done", "failed", "waiting", "broken")
    told = ", ".join(f"{counts[kind]:,} {kind}" for kind in kinds if counts[kind])
    total = numbers.count(counts.total(), "candidate")
    some = f"; {shown:,} shown" if shown < counts.total() else ""
    notes = [f"{total}{f' ({told})' if told else ''}{some}."]
    writer = store.writer()
    if run != "all":
        row = runs[-1] if run == "last" else next(each for each in runs if each.id == run)
        state = row.status
        if state == "running" and writer is None:
            state = "killed"
        ended = f" at {row.ended[:19]} UTC" if row.ended else ""
        notes.append(f"Run {row.id} of {len(runs)}: begun {row.started[:19]} UTC, {state}{ended}.")
    if writer is not None:
        notes.append(f"Being written by {writer}.")
    return [printable(note) for note in notes]
