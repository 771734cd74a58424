"""Expression: a formula over the fields of a result, read by a small grammar of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from qchem_app.errors import UsageError
from qchem_app.io.source import excerpt
from qchem_app.screening.formula_reader import Compiled, FormulaReader
from qchem_app.screening.outcome import Scalar

#: Longer than anything that a person writes.
LONGEST_TEXT = 2000


@dataclass(frozen=True)
class Expression:
    """A checked formula.

    Attributes:
        text: as it was written.
        names: the fields that it looks at.
    """

    text: str
    names: frozenset[str]
    _compiled: Compiled = field(repr=False, compare=False)

    def evaluate(self, fields: Mapping[str, Scalar]) -> Scalar:
        """The value for one result.

        A field that is None or missing makes what is computed from it None; so do a division by
        zero and whatever else has no finite value. `and`, `or` and `not` treat None as unknown:
        `False and None` is False, `not None` is None.

        Raises:
            UsageError: text where a number is needed, or compared with a number.
        """
        return self._compiled(fields)

    def holds(self, fields: Mapping[str, Scalar]) -> bool:
        """Whether the condition is true; what is unknown (None) is not.

        Raises:
            UsageError: as `evaluate`; or the value is text, which is no condition.
        """
        value = self.evaluate(fields)
        if isinstance(value, str):
            raise UsageError(
                f'"{excerpt(self.text)}" gives text ("{excerpt(value, 20)}"), which is neither '
                'true nor false: compare it, as in best == "fci"'
            )
        return bool(value)


def parse_expression(text: str, known: Collection[str]) -> Expression:
    """Read a formula such as "error_mha > 1 and qubits <= 20" or "e_vqe - e_fci".

    Args:
        text: numbers, field names, + - * / **, parentheses, abs, min, max, sqrt, log,
            comparisons (also chained), `and`, `or`, `not`; text in quotes next to ==, != and `in`;
            names that are no words in backticks: "`r(H1-H2) / Å` > 2".
        known: the names that may stand in it.

    Raises:
        UsageError: anything else, with the nearest known names for one that is unknown.
    """
    if not text.strip():
        raise UsageError("the expression is empty: write one such as error_mha > 1")
    if len(text) > LONGEST_TEXT:
        raise UsageError(
            f"the expression is {len(text):,} characters long: {LONGEST_TEXT:,} are allowed"
        )
    reader = FormulaReader(text, frozenset(known))
    return Expression(text, frozenset(reader.names), reader.result)
