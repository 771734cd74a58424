"""Ranking candidates by a field or a formula."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from qchem_app.errors import UsageError
from qchem_app.io.source import excerpt
from qchem_app.screening.expression import parse_expression
from qchem_app.screening.fields import FIELDS
from qchem_app.screening.outcome import Scalar
from qchem_app.screening.reaction_row import ReactionRow


@dataclass(frozen=True)
class RankedRow:
    """A candidate and its place.

    Attributes:
        rank: from 1; equal values share a rank; None without a value.
        value: of the formula.
        fields: of the candidate, with its reaction energies (kJ/mol).
    """

    rank: int | None
    value: Scalar
    fields: dict[str, Scalar]

    def plain(self) -> dict[str, Scalar]:
        """The fields with `rank` and `value` among them, as tables take them."""
        return {**self.fields, "rank": self.rank, "value": self.value}


@dataclass(frozen=True)
class Ranking:
    """Candidates in order, and in words what the order is."""

    rows: tuple[RankedRow, ...]
    explanation: str


def rank(
    rows: Sequence[Mapping[str, Scalar]],
    expression: str,
    *,
    reactions: Sequence[ReactionRow] = (),
    descending: bool = False,
) -> Ranking:
    """Candidates by the value of a formula, the smallest first.

    Those without a value come last; equal ones stay in the order of the input.

    Args:
        rows: fields of the candidates, `name` included.
        expression: a field, or a formula of fields and reaction energies such as
            "binding_ccsd_t - binding_vqe"; see `parse_expression`.
        reactions: what was evaluated. The energies of a template belong to the candidate that it
            was made for, those of other reactions to all candidates; kJ/mol.
        descending: the largest first.

    Raises:
        UsageError: the formula is not one, or gives text for some and numbers for others.
    """
    extended = with_reactions(rows, reactions)
    known = {*FIELDS, *(name for row in extended for name in row)}
    energies = {name for reaction in reactions for name in reaction.fields}
    known |= energies
    parsed = parse_expression(expression, known)
    values = [parsed.evaluate(row) for row in extended]
    if len({isinstance(value, str) for value in values if value is not None}) > 1:
        raise UsageError(
            f'"{excerpt(expression)}" gives text for some candidates and numbers for others: rank '
            "by one of them"
        )
    places = sorted(
        (k for k, value in enumerate(values) if value is not None),
        key=lambda k: (values[k], 0),
        reverse=descending,
    )
    ranked, before, place = [], None, 0
    for position, k in enumerate(places, start=1):
        if position == 1 or values[k] != before:
            before, place = values[k], position
        ranked.append(RankedRow(place, values[k], extended[k]))
    without = [k for k, value in enumerate(values) if value is None]
    ranked += [RankedRow(None, None, extended[k]) for k in without]
    units = {name: unit_of(name, energies) for name in sorted(parsed.names)}
    return Ranking(tuple(ranked), _explain(expression, units, descending, len(without)))


def with_reactions(
    rows: Sequence[Mapping[str, Scalar]], reactions: Sequence[ReactionRow]
) -> list[dict[str, Scalar]]:
    """The fields of each candidate with its reaction energies, kJ/mol."""
    shared: dict[str, Scalar] = {}
    own: dict[str, dict[str, Scalar]] = {}
    for reaction in reactions:
        target = own.setdefault(reaction.candidate, {}) if reaction.candidate else shared
        target.update(reaction.fields)
    return [{**row, **shared, **own.get(str(row.get("name")), {})} for row in rows]


def _explain(expression: str, units: Mapping[str, str], descending: bool, without: int) -> str:
    first = "largest" if descending else "smallest"
    text = f"ranked by {excerpt(' '.join(expression.split()), 100)}, {first} first"
    if any(units.values()):
        text += f" ({', '.join(f'{name} in {unit}' for name, unit in units.items() if unit)})"
    if without:
        text += f"; {without} without a value {'come' if without > 1 else 'comes'} last"
    return text


def unit_of(name: str, reaction_fields: Collection[str] = ()) -> str:
    """Unit of a field, of the total energy of any density functional, or of a reaction energy."""
    if name in FIELDS:
        return FIELDS[name][0]
    if name in reaction_fields:
        return "kJ/mol"
    return "Ha" if name.startswith("e_") else ""
