from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.errors import UsageError
from qchem_app.scan.grid import MOST_POINTS, parse_grid


def test_both_ends_are_included() -> None:
    values = parse_grid("0.5:3.0:0.1")
    assert (values[0], values[-1], len(values)) == (0.5, 3.0, 26)
    assert values[7] == 1.2  # not 1.2000000000000002


def test_forms() -> None:
    assert parse_grid("0:180:3x") == (0.0, 90.0, 180.0)
    assert parse_grid("0.7, 0.74,0.8") == (0.7, 0.74, 0.8)
    assert parse_grid("3:1:-1") == (3.0, 2.0, 1.0)
    assert parse_grid("1:2:0.3") == (1.0, 1.3, 1.6, 1.9)
    assert parse_grid("1:1:0.1") == (1.0,)


@given(st.integers(-1000, 1000), st.integers(1, 500), st.integers(1, 200))
def test_decimal_steps_never_lose_the_end(start: int, step: int, count: int) -> None:
    text = f"{start / 100:.2f}:{(start + step * count) / 100:.2f}:{step / 100:.2f}"
    values = parse_grid(text)
    assert len(values) == count + 1
    assert values[-1] == pytest.approx((start + step * count) / 100, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0.5:3.0:0", "step of 0"),
        ("3.0:0.5:0.1", "is empty"),
        ("0.5:3.0:-0.1", "is empty"),
        ("0.5:3.0", "2 parts"),
        ("0.5:3.0:0.1:2", "4 parts"),
        ("", "not a number"),
        ("a:b:c", "not a number"),
        ("1e999:2:0.1", "not a number"),
        ("nan:2:0.1", "not a number"),
        ("__import__('os'):1:2", "not a number"),
        ("0:1:1x", "two ends are two"),
        ("1:1:4x", "begins where it ends"),
        ("0:1:1e-9", "more than 10,000"),
        ("0:1:99999x", "more than 10,000"),
        ("1,2,1", "twice"),
        ("\x1b[31m:1:2", r"\\x1b"),
    ],
)
def test_what_is_refused(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as error:
        parse_grid(text)
    assert "\n" not in str(error.value)
    assert "\x1b" not in str(error.value)


@given(st.text(max_size=60))
def test_any_text_gives_points_or_a_sentence(text: str) -> None:
    try:
        values = parse_grid(text)
    except UsageError as error:
        sentence = str(error)
    else:
        assert 1 <= len(set(values)) == len(values) <= MOST_POINTS
        return
    assert sentence.isprintable()
