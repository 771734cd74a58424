"""Choosing among the rows of a store: filter, sort, look up."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from qchem_app.errors import InputError, UsageError
from qchem_app.io.source import excerpt
from qchem_app.screening.expression import Expression
from qchem_app.screening.fields import FIELDS
from qchem_app.screening.outcome import Scalar
from qchem_app.screening.store_rows import ResultRow

#: What a row says beside the fields of its result.
EXTRA = {
    "task_id": ("", "hash of everything that affects the answer"),
    "run": ("", "number of the run"),
    "notes": ("", "what was assumed in reading the candidate"),
}
#: Shortest beginning of a task's id that `find` takes.
_SHORTEST_ID = 8


def row_values(row: ResultRow) -> dict[str, Scalar]:
    """Everything a row can be asked for by name: fields, variables and `EXTRA`."""
    return {
        **row.variables,
        **row.fields,
        "task_id": row.task_id,
        "run": row.run,
        "notes": "; ".join(row.notes) or None,
    }


def known_names(rows: Iterable[ResultRow]) -> list[str]:
    """Names for columns: what was varied, all of `FIELDS`, others found in rows, `EXTRA`.

    Variables come after the name and what became of it.
    """
    variables: dict[str, None] = {}
    others: dict[str, None] = {}
    for row in rows:
        variables |= dict.fromkeys(row.variables)
        others |= dict.fromkeys(row.fields)
    first, *rest = [list(FIELDS)[:5], list(FIELDS)[5:]]
    found = sorted(others.keys() - FIELDS.keys() - EXTRA.keys())
    return list(dict.fromkeys([*first, *variables, *rest[0], *found, *EXTRA]))


def check_names(option: str, names: Sequence[str], known: Collection[str]) -> None:
    """Refuse names that no row has.

    Raises:
        UsageError: with the nearest known names.
    """
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
            told = f'{option}: there is no field "{excerpt(name)}"'
            if near:
                raise UsageError(f"{told}; did you mean {' or '.join(map(excerpt, near))}?")
            raise UsageError(f"{told}; --fields lists them.")


def sort_key(value: Scalar) -> tuple[int, Any]:
    """Total order of scalars that are not None: numbers (False is 0), then texts."""
    return (1, value) if isinstance(value, str) else (0, value)


def sort_rows(
    rows: Iterable[ResultRow], by: str | Expression, *, descending: bool = False
) -> list[ResultRow]:
    """Rows by one value; those without it last, equal ones in their order, either way round.

    Args:
        rows: any order.
        by: a name of `row_values`, or an expression of such names.
        descending: largest first.

    Raises:
        UsageError: the expression computes with text.
    """
    with_value: list[tuple[tuple[int, Any], ResultRow]] = []
    without = []
    for row in rows:
        values = row_values(row)
        value = values.get(by) if isinstance(by, str) else by.evaluate(values)
        if value is None:
            without.append(row)
        else:
            with_value.append((sort_key(value), row))
    with_value.sort(key=lambda pair: pair[0], reverse=descending)
    return [row for _, row in with_value] + without


def select(
    rows: Iterable[ResultRow],
    *,
    where: Expression | None = None,
    failed: bool = False,
    sort_by: str | Expression | None = None,
    descending: bool = False,
    limit: int | None = None,
) -> Iterator[ResultRow]:
    """The rows for which a condition holds, sorted, at most `limit`.

    Args:
        rows: in the order that stays where nothing is sorted.
        where: what is unknown does not hold.
        failed: only the failed and broken ones.
        sort_by: see `sort_rows`.
        descending: largest first.
        limit: how many at most.

    Raises:
        UsageError: the condition compares text with a number.
    """
    chosen: Iterable[ResultRow] = (
        row
        for row in rows
        if (not failed or row.status in ("failed", "broken"))
        and (where is None or where.holds(row_values(row)))
    )
    if sort_by is not None:
        chosen = sort_rows(chosen, sort_by, descending=descending)
    return islice(chosen, limit)


def find(rows: Iterable[ResultRow], name: str) -> ResultRow:
    """The first row of a name, or else of a task whose id begins so.

    Raises:
        InputError: there is none; the nearest names are told.
    """
    names = []
    by_id = None
    for row in rows:
        if row.name == name:
            return row
        names.append(row.name)
        if len(name) >= _SHORTEST_ID and row.task_id and row.task_id.startswith(name.lower()):
            by_id = by_id or row
    if by_id is not None:
        return by_id
    near = [excerpt(each) for each in difflib.get_close_matches(name, names, n=3, cutoff=0.6)]
    advice = f"did you mean {' or '.join(near)}?" if near else "list them without this option."
    raise InputError(f'there is no candidate "{excerpt(name)}"; {advice}')
