"""FormulaReader: from the text of a formula to a function of fields.

Python's parser makes the tree; this module walks it and knows a short list of nodes. Nothing is
ever handed to Python for evaluation.
"""

from __future__ import annotations

import ast
import difflib
import math
import operator
import warnings
from collections.abc import Callable, Mapping

from qchem_app.errors import UsageError
from qchem_app.io.source import excerpt
from qchem_app.screening.outcome import Scalar
from qchem_app.screening.quoted_names import QuotedNames

#: Deeper than anything that a person writes.
DEEPEST_NESTING = 50
#: What the walker knows, for help and error messages.
GRAMMAR = (
    "numbers, names of fields (with blanks: in backticks), + - * / **, parentheses, abs() min() "
    'max() sqrt() log(), < <= > >= == !=, "text", in ("a", "b"), and, or, not'
)

Fields = Mapping[str, Scalar]
Compiled = Callable[[Fields], Scalar]

_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: math.pow,  # floats only: no integer grows without end, no complex number comes out
}
_ORDERING: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_FUNCTIONS: dict[str, tuple[Callable[..., float], int | None]] = {  # arguments; None: any number
    "abs": (abs, 1),
    "sqrt": (math.sqrt, 1),
    "log": (math.log, 1),
    "min": (min, None),
    "max": (max, None),
}


class FormulaReader:
    """One formula on its way from text to functions.

    Attributes:
        names: the fields that it looks at.
        result: the function.
    """

    def __init__(self, text: str, known: frozenset[str]) -> None:
        self.text, self.known = text, known
        self.shown = excerpt(" ".join(text.split()))
        self.names: set[str] = set()
        self._quoted = QuotedNames(text, known)
        self._plain = " ".join(self._quoted.text.split())
        self.result = self._value(self._parse(), 0)

    def _parse(self) -> ast.expr:
        try:
            with warnings.catch_warnings():  # such as "1or 2": it parses, and that is enough
                warnings.simplefilter("ignore")
                return ast.parse(self._plain, mode="eval").body
        except (RecursionError, MemoryError):  # how Python's parser refuses what is too deep
            raise self._too_deep() from None
        except SyntaxError as error:
            if "nested" in str(error.msg):
                raise self._too_deep() from None
            self._quoted.check()
            raise UsageError(
                f'"{self.shown}" is not an expression ({excerpt(str(error.msg))}): use {GRAMMAR}'
            ) from None
        except ValueError as error:  # a null character, a number of too many digits
            raise UsageError(
                f'"{self.shown}" is not an expression ({excerpt(str(error))}): use {GRAMMAR}'
            ) from None

    def _too_deep(self) -> UsageError:
        return UsageError(
            f"the expression is nested more than {DEEPEST_NESTING} deep: write it with fewer "
            "parentheses"
        )

    def _value(self, node: ast.expr, depth: int) -> Compiled:
        """A function for what may stand where a number or a condition is wanted."""
        if depth > DEEPEST_NESTING:
            raise self._too_deep()
        match node:
            case ast.Constant():
                return self._number(node)
            case ast.Name():
                return self._field(node)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Not()):
                return self._unary(node, depth)
            case ast.BinOp(op=op) if type(op) in _ARITHMETIC:
                compute = _ARITHMETIC[type(op)]
                operands = [self._value(side, depth + 1) for side in (node.left, node.right)]
                return self._arithmetic(compute, operands)
            case ast.BoolOp():
                return _logic(
                    isinstance(node.op, ast.And),
                    [self._value(part, depth + 1) for part in node.values],
                )
            case ast.Compare():
                return self._comparison(node, depth)
            case ast.Call():
                return self._call(node, depth)
        raise self._not_allowed(node)

    def _not_allowed(self, node: ast.AST) -> UsageError:
        source = ast.get_source_segment(self._plain, node) or self.shown
        source = self._quoted.restored(source)
        return UsageError(f'"{excerpt(source)}" is not allowed in an expression: use {GRAMMAR}')

    def _number(self, node: ast.Constant) -> Compiled:
        value = node.value
        if isinstance(value, str):
            raise UsageError(
                f'the text "{excerpt(value, 30)}" in "{self.shown}" is out of place: text may '
                "only stand next to ==, != and in"
            )
        if isinstance(value, bool):
            return lambda fields: value
        if isinstance(value, int | float):
            number = _as_float(value)
            if number is None:
                raise UsageError(f'a number in "{self.shown}" is too large: the largest is 1.8e308')
            return lambda fields: number
        raise self._not_allowed(node)

    def _field(self, node: ast.Name) -> Compiled:
        name = self._quoted.names.get(node.id, node.id)
        if name not in self.known:
            raise self._unknown(name)
        self.names.add(name)
        return lambda fields: _scalar(fields.get(name))

    def _unknown(self, name: str) -> UsageError:
        self._quoted.check()
        shown = excerpt(name, 40)
        if name in _FUNCTIONS:
            return UsageError(f"{shown} is a function: write {shown}(...)")
        if name.lower() in ("true", "false"):
            return UsageError(f"{shown} is written {name.capitalize()}")
        by_lower = {known.lower(): known for known in self.known}
        near = difflib.get_close_matches(name.lower(), sorted(by_lower), n=3, cutoff=0.6)
        if not near:  # a part of a name is a common slip: "triples" for "error_ccsd_t_mha"
            near = sorted(low for low in by_lower if len(name) > 2 and name.lower() in low)[:3]
        if near:
            hint = f"did you mean {' or '.join(by_lower[low] for low in near)}?"
        else:
            some = sorted(self.known)[:8]
            hint = f"there are {', '.join(some)}" + (
                f" and {len(self.known) - len(some)} more" if len(self.known) > len(some) else ""
            )
        return UsageError(f'"{shown}" is not a field: {hint}')

    def _unary(self, node: ast.UnaryOp, depth: int) -> Compiled:
        operand = self._value(node.operand, depth + 1)
        if isinstance(node.op, ast.Not):

            def negate(fields: Fields) -> Scalar:
                value = operand(fields)
                return None if value is None else not value

            return negate
        sign = -1.0 if isinstance(node.op, ast.USub) else 1.0
        return self._arithmetic(lambda value: sign * value, [operand])

    def _arithmetic(self, compute: Callable[..., float], operands: list[Compiled]) -> Compiled:
        def run(fields: Fields) -> Scalar:
            values = []
            for operand in operands:
                value = operand(fields)
                if value is None:
                    return None
                if isinstance(value, str):
                    raise UsageError(
                        f'"{self.shown}" needs numbers, but one of its fields is text '
                        f'("{excerpt(value, 20)}"): text can only be compared, with == or !='
                    )
                values.append(float(value))
            try:
                result = compute(*values)
            except (ZeroDivisionError, OverflowError, ValueError):
                return None
            return result if math.isfinite(result) else None

        return run

    def _call(self, node: ast.Call, depth: int) -> Compiled:
        if not isinstance(node.func, ast.Name):
            raise self._not_allowed(node)
        name = self._quoted.names.get(node.func.id, node.func.id)
        if name not in _FUNCTIONS:
            self._quoted.check()
            near = difflib.get_close_matches(name, _FUNCTIONS, n=1, cutoff=0.6)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(_FUNCTIONS)}"
            raise UsageError(f'"{excerpt(name, 40)}" is not a function: {hint}')
        compute, count = _FUNCTIONS[name]
        if node.keywords or any(isinstance(part, ast.Starred) for part in node.args):
            raise self._not_allowed(node)
        if len(node.args) != count if count is not None else not node.args:
            wanted = "one number" if count == 1 else "one number or more"
            raise UsageError(f"{name}() takes {wanted}, found {len(node.args)} in {self.shown}")
        operands = [self._value(part, depth + 1) for part in node.args]
        if count is None:
            return self._arithmetic(lambda *values: compute(values), operands)
        return self._arithmetic(compute, operands)

    def _comparison(self, node: ast.Compare, depth: int) -> Compiled:
        """a < b <= c: every neighbouring pair must hold."""
        pairs = []
        sides = [node.left, *node.comparators]
        for op, left, right in zip(node.ops, sides, sides[1:], strict=False):
            pairs.append(self._pair(op, left, right, depth + 1))
        return pairs[0] if len(pairs) == 1 else _logic(True, pairs)

    def _pair(self, op: ast.cmpop, left: ast.expr, right: ast.expr, depth: int) -> Compiled:
        if isinstance(op, ast.In | ast.NotIn):
            if not isinstance(right, ast.Tuple | ast.List) or not right.elts:
                raise UsageError(
                    f'"in" in "{self.shown}" needs a list after it: write best in ("fci", "vqe")'
                )
            choices = [self._equality(left, choice, depth, equal=True) for choice in right.elts]
            found = _logic(False, choices)
            if isinstance(op, ast.In):
                return found

            def absent(fields: Fields) -> Scalar:
                value = found(fields)
                return None if value is None else not value

            return absent
        if isinstance(op, ast.Eq | ast.NotEq):
            return self._equality(left, right, depth, equal=isinstance(op, ast.Eq))
        if type(op) not in _ORDERING:
            raise UsageError(f'"is" in "{self.shown}" is not allowed: compare with == or !=')
        compare = _ORDERING[type(op)]
        operands = [self._value(side, depth) for side in (left, right)]
        return self._arithmetic_condition(compare, operands)

    def _arithmetic_condition(
        self, compare: Callable[[float, float], bool], operands: list[Compiled]
    ) -> Compiled:
        numbers = [self._arithmetic(lambda value: value, [operand]) for operand in operands]

        def run(fields: Fields) -> Scalar:
            left, right = (number(fields) for number in numbers)
            if left is None or right is None:
                return None
            return compare(float(left), float(right))

        return run

    def _equality(self, left: ast.expr, right: ast.expr, depth: int, *, equal: bool) -> Compiled:
        first, second = (self._comparable(side, depth) for side in (left, right))

        def run(fields: Fields) -> Scalar:
            a, b = first(fields), second(fields)
            if a is None or b is None:
                return None
            if isinstance(a, str) != isinstance(b, str):
                word, number = (a, b) if isinstance(a, str) else (b, a)
                raise UsageError(
                    f'"{self.shown}" compares text ("{excerpt(str(word), 20)}") with the number '
                    f"{number}: put quotes around text, and none around numbers"
                )
            return (a == b) is equal

        return run

    def _comparable(self, node: ast.expr, depth: int) -> Compiled:
        """What may stand next to ==: text too."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
            return lambda fields: text
        return self._value(node, depth)


def _logic(every: bool, parts: list[Compiled]) -> Compiled:
    """`and` (every) or `or`, with None for unknown; text is no condition but counts as true."""

    def run(fields: Fields) -> Scalar:
        unknown = False
        for part in parts:
            value = part(fields)
            if value is None:
                unknown = True
            elif bool(value) is not every:
                return not every
        return None if unknown else every

    return run


def _as_float(value: float) -> float | None:
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _scalar(value: Scalar) -> Scalar:
    """A field's value as the formula sees it: numbers are floats, what is not finite is None."""
    if value is None or isinstance(value, str | bool):
        return value
    return _as_float(value)
