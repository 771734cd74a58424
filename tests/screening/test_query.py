"""Filtering, sorting and looking up rows."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.errors import InputError, UsageError
from qchem_app.screening.expression import parse_expression
from qchem_app.screening.fields import FIELDS
from qchem_app.screening.outcome import Scalar
from qchem_app.screening.query import (
    EXTRA,
    check_names,
    find,
    known_names,
    row_values,
    select,
    sort_rows,
)
from qchem_app.screening.ranking import rank
from qchem_app.screening.store import ResultRow


def row(
    name: str = "h2",
    fields: Mapping[str, Scalar] | None = None,
    *,
    status: str = "done",
    task_id: str | None = "ab" * 32,
    variables: Mapping[str, float] | None = None,
    notes: tuple[str, ...] = (),
) -> ResultRow:
    told: dict[str, Scalar] = {"name": name, "source": "s", "status": status, "error": None}
    return ResultRow(
        name,
        "s",
        task_id,
        status,  # type: ignore[arg-type]
        "",
        told | dict(fields or {}),
        dict(variables or {}),
        notes,
        0,
        1,
    )


VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(-3, 3)
    | st.text(max_size=2)
    | st.just(10**400)
)


@given(st.lists(VALUES, max_size=30), st.booleans())
def test_sorting_is_a_total_order_with_nothing_last(values: list[Scalar], descending: bool) -> None:
    rows = [row(str(i), {"x": value}) for i, value in enumerate(values)]
    result = sort_rows(rows, "x", descending=descending)
    assert sorted(map(id, result)) == sorted(map(id, rows))
    found = [each.fields["x"] for each in result]
    some = [value for value in found if value is not None]
    assert found == some + [None] * (len(found) - len(some))
    for (a, first), (b, second) in zip(
        zip(some, result, strict=False), zip(some[1:], result[1:], strict=False), strict=False
    ):
        if isinstance(a, str) != isinstance(b, str):
            assert isinstance(a, str) is descending  # numbers before texts
        else:
            assert (a >= b) if descending else (a <= b)  # type: ignore[operator]
            if a == b:
                assert int(first.name) < int(second.name)


def test_sorting_by_an_expression() -> None:
    rows = [
        row(name, {"error_mha": x}) for name, x in zip("abcd", (-3.0, 1.0, None, 2), strict=True)
    ]
    by = parse_expression("abs(error_mha)", FIELDS)
    assert [each.name for each in sort_rows(rows, by, descending=True)] == ["a", "d", "b", "c"]


def test_selecting() -> None:
    rows = [row(str(i), {"qubits": i, "error_mha": i / 2 if i % 2 else None}) for i in range(10)]
    rows[3] = row("3", {"qubits": 3}, status="failed")
    rows[4] = row("4", status="broken", task_id=None)

    def names(**how: object) -> str:
        return "".join(each.name for each in select(rows, **how))  # type: ignore[arg-type]

    assert names() == "0123456789"
    assert names(limit=3) == "012"
    assert names(limit=0) == ""
    assert names(failed=True) == "34"
    assert names(where=parse_expression("error_mha >= 2.5", FIELDS)) == "579"
    assert names(where=parse_expression("not error_mha >= 2.5", FIELDS)) == "1"
    assert names(where=parse_expression("qubits < 5", FIELDS), sort_by="qubits", limit=3) == "012"
    assert names(sort_by="error_mha", descending=True, limit=4) == "9751"
    known = [*FIELDS, *EXTRA]
    assert names(where=parse_expression('run == 1 and status != "done"', known)) == "34"


def test_selecting_does_not_read_more_than_it_needs() -> None:
    def endless() -> object:
        while True:
            yield row()

    assert len(list(select(endless(), limit=5))) == 5  # type: ignore[arg-type]


def test_what_a_row_can_be_asked_for() -> None:
    asked = row_values(row(fields={"e_vqe": -1.0}, variables={"r / Å": 0.7}, notes=("a", "b")))
    assert asked["e_vqe"] == -1.0
    assert asked["r / Å"] == 0.7
    assert asked["task_id"] == "ab" * 32
    assert asked["notes"] == "a; b"
    # a variable cannot hide what the row is
    assert row_values(row(variables={"name": 1.0}))["name"] == "h2"


def test_known_names() -> None:
    rows = [row(fields={"e_pbe": 1.0, "e_vqe": 1.0}, variables={"r / Å": 0.7}), row()]
    known = known_names(rows)
    assert known[:6] == ["name", "source", "status", "error", "seconds", "r / Å"]
    assert len(set(known)) == len(known)
    assert set(known) == {*FIELDS, *EXTRA, "e_pbe", "r / Å"}
    assert known_names([]) == [*FIELDS, *EXTRA]


def test_unknown_names() -> None:
    check_names("--columns", ["name", "e_vqe"], FIELDS)
    with pytest.raises(UsageError, match=r'--columns: there is no field "eror_mha"; did you mean'):
        check_names("--columns", ["name", "eror_mha"], FIELDS)
    with pytest.raises(UsageError, match=r'"\\x1bxyzzy"; --fields lists them\.'):
        check_names("--columns", ["\x1bxyzzy"], FIELDS)


def test_finding() -> None:
    rows = [row("water"), row("h2", task_id="cd" * 32), row("cdcdcdcd"), row("b", task_id=None)]
    assert find(rows, "h2") is rows[1]
    assert find(rows, "cdcdcdcdcd") is rows[1]
    assert find(rows, "cdcdcdcd") is rows[2]  # a name beats an id
    with pytest.raises(InputError, match=r'no candidate "cdcdcd"; did you mean cdcdcdcd\?'):
        find(rows, "cdcdcd")  # too short for an id
    with pytest.raises(InputError, match=r'no candidate "xyzzy"; list them'):
        find(rows, "xyzzy")
    with pytest.raises(InputError, match=r'no candidate "watr"; did you mean water\?'):
        find(rows, "watr")


def test_ranking_by_a_column_of_the_users_own() -> None:
    rows = [
        row(name, {"e_vqe": -1.0}, variables={"IC50 / nM": x})
        for name, x in (("a", 2.0), ("b", 0.5), ("c", 7.0))
    ]
    values = [row_values(each) for each in rows]
    ranking = rank(values, "`IC50 / nM` * 2", descending=True)
    assert [each.fields["name"] for each in ranking.rows] == ["c", "a", "b"]
    assert [each.value for each in ranking.rows] == [14.0, 4.0, 1.0]
