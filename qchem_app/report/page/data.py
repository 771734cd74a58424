"""What a page shows, as plain data: whoever has a record or a store fills these in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from qchem_app.result import SolveResult

#: One value of a candidate's fields.
Scalar = float | int | str | bool | None
#: Labelled texts under a heading.
Facts = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class Entry:
    """One candidate.

    Attributes:
        name: as people know it.
        source: the file or line it comes from.
        status: "done", "failed", "waiting" or "broken".
        fields: scalars by name, for the columns of the table; energies in Hartree.
        result: the whole record; None where there is none, or where it is not to be shown.
        error: one sentence, where there is no result.
        variables: what was varied, by name with its unit.
        notes: what was assumed in reading it.
        task_id: the hash that names its calculation.
    """

    name: str
    source: str
    status: str
    fields: Mapping[str, Scalar] = field(default_factory=dict)
    result: SolveResult | None = None
    error: str = ""
    variables: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    task_id: str | None = None


@dataclass(frozen=True)
class Column:
    """A column of numbers or texts.

    Attributes:
        digits: decimals of its numbers; None: as many as each needs.
    """

    label: str
    unit: str = ""
    number: bool = False
    digits: int | None = None
    help: str = ""


@dataclass(frozen=True)
class Table:
    """A table of the page that is not the one of candidates."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Scalar, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Curve:
    """Energies along a coordinate.

    Attributes:
        title: what was varied in which molecule.
        coordinate: its name with the unit.
        points: its values, ascending.
        energies: Hartree at each point by method, None where there is none.
        table: what follows from the curves: minima, dissociation energies, non-parallelity errors.
        notes: remarks below.
    """

    title: str
    coordinate: str
    points: tuple[float, ...]
    energies: Mapping[str, Sequence[float | None]]
    table: Table | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """A whole report.

    Attributes:
        title: of the page.
        subtitle: what it was made from.
        kind: "records" or "screening".
        created: when, ISO 8601.
        entries: the candidates in the order of the ranking, else in that of the input.
        columns: unit and meaning of fields, by name.
        manifest: how all of it was computed.
        varied: what a scan varied; other variables are columns of the user's table.
        rank_by: field or formula that the entries are ranked by. Their places are in the field
            "rank", and where it is a formula, its values in "value".
        ranking: the same in words.
        triages: the classes of triage in order, the harmless one first.
        remarks: sentences above the table, such as the rule of triage.
        details: how many entries have their details in the page, from the first.
    """

    title: str
    subtitle: str
    kind: str
    created: str
    entries: Sequence[Entry]
    columns: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    manifest: tuple[Facts, ...] = ()
    varied: str = ""
    rank_by: str = ""
    ranking: str = ""
    curves: tuple[Curve, ...] = ()
    tables: tuple[Table, ...] = ()
    triages: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    details: int = 500
