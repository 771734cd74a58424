"""Expressions: Python's values for what is allowed, one sentence for everything else."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.errors import UsageError
from qchem_app.screening.expression import parse_expression

KNOWN = ("a", "b", "c", "error_mha", "error_hf_mha", "formula", "converged", "best")
FIELDS = {
    "a": 2, "b": 0.5, "c": None, "error_mha": 1.25, "formula": "H2O", "converged": True,
    "best": "fci",
}  # fmt: skip


def value(text, **fields):
    return parse_expression(text, KNOWN).evaluate({**FIELDS, **fields})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + b * 2 - -1", 4.0),
        ("(a + b) * 2 / 4", 1.25),
        ("a ** 3 ** b", 2 ** (3**0.5)),
        ("abs(b - a) + min(a, b, 9) + max(a, b)", 4.0),
        ("sqrt(16) + log(1)", 4.0),
        ("a > 1", True),
        ("0 < b <= 0.5 < a", True),
        ("0 < b > 0.5", False),
        ("a == 2 and b != 2", True),
        ("not a == 2 or b == 0.5", True),
        ('formula == "H2O"', True),
        ('"H2O" != formula', False),
        ('best in ("fci", "vqe")', True),
        ('best not in ["ccsd", "vqe"]', True),
        ("a in (1, 2, 3)", True),
        ("converged", True),
        ("converged == True", True),
        ("formula", "H2O"),
        ("error_mha\n >\t1", True),
    ],
)
def test_values(text, expected):
    assert value(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "c", "c + 1", "-c", "c > 1", "1 < a < c", "not c", "c == 1", 'c == "x"', "min(a, c)",
        "error_hf_mha", "a / 0", "a / (b - b)", "log(0)", "sqrt(-1)", "(-8) ** 0.5", "1e308 * 10",
        "10 ** 400", "0 ** -1", "c and True", "c or False", 'c in ("x", "y")', "1e308 ** 1e308",
    ],
)  # fmt: skip
def test_what_has_no_value_is_none_and_no_condition(text):
    assert value(text) is None
    assert parse_expression(text, KNOWN).holds(FIELDS) is False


def test_logic_with_unknowns():
    assert value("c and False") is False
    assert value("c or True") is True
    assert parse_expression("not (c > 1)", KNOWN).holds(FIELDS) is False


def test_infinite_fields_are_unknown():
    assert value("a + 1", a=math.inf) is None
    assert value("a > 0", a=math.nan) is None


@pytest.mark.parametrize(
    "text",
    [
        "a.real", "a[0]", "lambda: 1", "[a]", "(a, b)", "{a}", "a if b else c", "print(a)",
        "__import__('os')", "a.__class__", "().__class__.__mro__", "f'{a}'", "a % 2", "a // 2",
        "a @ b", "a << 2", "~a", "a | b", "a := 1", "(x := 1)", "[x for x in (1,)]", "*a", "a; b",
        "import os", "a = 1", "min(*a)", "min(a, key=b)", "abs()", "abs(a, b)", "max()", "None",
        "a is b", "a is not None", "a in b", 'a in "abc"', "a in ()", "1j", "b'x'", "...", "a +",
        ")", "'x", "a b", "eval('1')", "'x' + 'y'", "'x'", "'x' < 'y'", "min('x')", "-'x'",
        "a and 'x'", "await a", "yield", "a\0", "abs", "1e999", "9" * 400, "a" * 100, "a if",
        "'a' in ('a' + 'b',)", "(abs)(a)(b)", "abs(a)(b)", "a not in 3", "x(a)", "\\", "0777",
    ],
)  # fmt: skip
def test_everything_else_is_one_sentence(text):
    with pytest.raises(UsageError) as caught:
        parse_expression(text, KNOWN)
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < 400


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000 + "a" + ")" * 10_000,
        "(" * 900 + "a" + ")" * 900,
        "(" * 150 + "a" + ")" * 150 + "." * 5,
        "-" * 1999 + "a",
        "not " * 499 + "a",
        "a" + "+a" * 999,
        "a" + "**a" * 600,
        "[" * 1999,
        "abs(" * 300 + "a" + ")" * 300,
        "a" * 1_000_000,
        "a+" * 500_000 + "a",
        "a<" * 900 + "a",
    ],
)
def test_bombs_are_one_sentence(text):
    if text == "a<" * 900 + "a":  # long, but flat
        assert value(text) is False
        return
    with pytest.raises(UsageError) as caught:
        parse_expression(text, KNOWN).evaluate(FIELDS)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_parentheses_alone_are_not_depth():
    assert value("(" * 40 + "a" + ")" * 40) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("eror_mha > 1", "did you mean error_mha"),
        ("Formula == 'x'", "did you mean formula?"),
        ("mha > 1", "did you mean error_hf_mha or error_mha?"),
        ("zzz", "there are a, b, best"),
        ("true", "true is written True"),
        ("mim(a, b)", "did you mean min?"),
        ("a = 1", "is not an expression"),
        ("formula + 1", None),
    ],
)
def test_hints(text, message):
    if message is None:
        with pytest.raises(
            UsageError, match=r'needs numbers, but one of its fields is text \("H2O'
        ):
            value(text)
        return
    with pytest.raises(UsageError) as caught:
        parse_expression(text, KNOWN)
    assert message in str(caught.value)


@pytest.mark.parametrize("text", ['a == "2"', "formula == 3", "formula > 3", 'a in ("x",)'])
def test_text_and_numbers_are_not_compared(text):
    with pytest.raises(UsageError, match="text"):
        value(text)


def test_text_is_no_condition():
    with pytest.raises(UsageError, match="neither true nor false"):
        parse_expression("formula", KNOWN).holds(FIELDS)


def test_names_are_known():
    assert parse_expression('a + b > 1 and best == "x"', KNOWN).names == {"a", "b", "best"}


def test_hostile_text_is_escaped():
    with pytest.raises(UsageError) as caught:
        parse_expression('"\x1b[31m" + a', KNOWN)
    assert "\x1b" not in str(caught.value)


numbers = st.floats(-1e6, 1e6).map(lambda x: round(x, 3))
leaves = st.sampled_from(["a", "b"]) | numbers.map(repr) | st.integers(-9, 9).map(str)


def compound(inner):
    binary = st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner)
    calls = st.tuples(st.sampled_from(["min", "max"]), st.lists(inner, min_size=2, max_size=3))
    return (
        binary.map(lambda t: f"({t[0]} {t[1]} {t[2]})")
        | calls.map(lambda t: f"{t[0]}({', '.join(t[1])})")
        | inner.map(lambda t: f"abs({t})")
        | inner.map(lambda t: f"-({t})")
    )


formulas = st.recursive(leaves, compound, max_leaves=12)


def oracle(text, a, b):
    """Python's own value, in the test alone; None for what has none."""
    try:
        result = eval(
            text, {"__builtins__": {}, "abs": abs, "min": min, "max": max, "a": a, "b": b}
        )
    except (ZeroDivisionError, OverflowError):
        return None
    return result if math.isfinite(result) else None


@given(formulas, numbers, numbers)
def test_arithmetic_is_pythons(text, a, b):
    found = value(text, a=a, b=b)
    expected = oracle(text, a, b)
    if expected is None or found is None:
        assert found is None
        assert expected is None or "/" in text or "*" in text
    else:
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)


comparisons = st.lists(formulas, min_size=2, max_size=4).flatmap(
    lambda parts: st.lists(
        st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
        min_size=len(parts) - 1,
        max_size=len(parts) - 1,
    ).map(lambda ops: " ".join(x for pair in zip(parts, [*ops, ""], strict=True) for x in pair))
)


@given(st.lists(comparisons, min_size=1, max_size=3), st.sampled_from(["and", "or"]))
def test_conditions_are_pythons(parts, word):
    text = f" {word} ".join(f"not ({p})" if i % 2 else f"({p})" for i, p in enumerate(parts))
    found = value(text, a=2.0, b=0.5)
    try:
        names = {"__builtins__": {}, "abs": abs, "min": min, "max": max, "a": 2.0, "b": 0.5}
        expected = eval(text, names)
    except (ZeroDivisionError, OverflowError):
        return
    if found is not None:  # None: something was not finite
        assert found == expected


@given(st.text(max_size=60))
def test_any_text_parses_or_is_a_sentence(text):
    said = "-"
    try:
        parse_expression(text, KNOWN)
    except UsageError as error:
        said = str(error)
    assert said.isprintable()


ODD = (*KNOWN, "r(Li0-H1) / Å", "IC50 nM", "2", "Preis", "quoted_0", "it's", "-")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("`r(Li0-H1) / Å` > 1.5", True),
        ("a + ` r(Li0-H1) / Å ` * 2", 5.2),
        ("abs(`IC50 nM`) + `r(Li0-H1) / Å` - `IC50 nM`", 7.6),
        ("`2` + 2", 9.0),
        ("`a` + a", 4.0),
        ("`quoted_0` + quoted_0 + `2`", 9.0),
        ("`it's` < 5 and formula == 'H2O'", True),
        ('formula == "`2`"', False),
        ("Preis * 2", 3.0),
    ],
)
def test_names_in_backticks(text, expected):
    fields = {
        "r(Li0-H1) / Å": 1.6, "IC50 nM": -3.0, "2": 7, "Preis": 1.5, "quoted_0": 1, "it's": 2,
    }  # fmt: skip
    expression = parse_expression(text, ODD)
    assert expression.evaluate({**FIELDS, **fields}) == pytest.approx(expected)
    assert expression.names <= set(ODD)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("r(Li0-H1) / Å > 2", "the field r(Li0-H1) / Å needs backticks"),
        ("IC50 nM > 2", "single quotes for the shell: '`IC50 nM` > 1'"),
        ("`IC50 nM > 2", "a backtick without a second one"),
        ("`IC50` > 2", '"IC50" is not a field: did you mean IC50 nM?'),
        ("`IC50 nM`.real", '"`IC50 nM`.real" is not allowed'),
        ("`` > 2", '"" is not a field'),
        ("foo - 2", '"foo" is not a field'),
    ],
)
def test_hints_about_backticks(text, message):
    with pytest.raises(UsageError) as caught:
        parse_expression(text, ODD)
    assert message in str(caught.value)
