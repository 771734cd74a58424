"""What `qchem screen` prints at the end: the ranked candidates and their reactions."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qchem_app.io.reactions_file import Reaction, parse_reactions
from qchem_app.io.source import decode, read_source
from qchem_app.printable import printable
from qchem_app.report.formula import hill_formula
from qchem_app.report.layout import output_width, paragraph
from qchem_app.report.reactions_table import render_reactions
from qchem_app.report.screening_footer import render_levels, render_measured
from qchem_app.report.screening_table import render_ranking
from qchem_app.screening.candidate import Candidate
from qchem_app.screening.expression import parse_expression
from qchem_app.screening.fields import FIELDS, method_id
from qchem_app.screening.outcome import Scalar
from qchem_app.screening.query import row_values
from qchem_app.screening.ranking import rank
from qchem_app.screening.reactions import check_names, evaluate_reactions, statistics
from qchem_app.screening.store import Store
from qchem_app.screening.task import Task
from qchem_app.screening.triage import rule_summary


@dataclass(frozen=True)
class Order:
    """How candidates are ranked, checked before anything is computed.

    Attributes:
        expression: a field or a formula of fields and reaction energies.
        descending: the largest first.
        reactions: between candidates.
        file: where they were read from; None without any.
        text: what stood there, for the store to keep.
    """

    expression: str
    descending: bool
    reactions: tuple[Reaction, ...]
    file: str | None
    text: str | None

    @classmethod
    def read(
        cls,
        expression: str,
        *,
        descending: bool,
        file: Path | None,
        references: Sequence[str] | None,
        variables: Collection[str],
    ) -> Order:
        """The order that options ask for.

        Args:
            references: that will run, as far as it is known: functionals give fields, too.
            variables: columns of the user's own tables.

        Raises:
            UsageError: the formula is not one.
            InputError: the file of reactions is not one.
        """
        reactions: tuple[Reaction, ...] = ()
        text = None
        if file is not None:
            source = read_source(file)
            text = decode(source)
            reactions = parse_reactions(text, source.label)
        check_names(reactions)
        energies = {name for name in FIELDS if name.startswith("e_")}
        energies |= {f"e_{method_id(name)}" for name in references or ()}
        methods = [name.removeprefix("e_") for name in energies]
        formed = {f"{reaction.identifier}_{name}" for reaction in reactions for name in methods}
        parse_expression(expression, {*FIELDS, *energies, *formed, *variables})
        return cls(expression, descending, reactions, None if file is None else str(file), text)

    def manifest(self) -> dict[str, Any]:
        """What the store should remember."""
        return {
            "rank_by": self.expression,
            "descending": self.descending,
            "reactions_file": self.file,
            "reactions": self.text,
        }


def check_reactions(order: Order, pairs: Sequence[tuple[Candidate, Task | None]]) -> None:
    """Say on standard error which reactions cannot come out, before anything is computed."""
    rows: list[dict[str, Scalar]] = []
    for candidate, task in pairs:
        row: dict[str, Scalar] = {"name": candidate.name, "status": "broken"}
        if task is not None:
            molecule = task.molecule
            row |= {
                "status": "done",
                "formula": hill_formula(molecule.symbols),
                "natoms": len(molecule.symbols),
                "charge": molecule.charge,
                "basis": task.settings.basis,
            }
        rows.append(row)
    for reaction in evaluate_reactions(order.reactions, rows):
        if reaction.problem:
            about = f" of {reaction.candidate}" if reaction.candidate else ""
            sentence = f"Warning: reaction {reaction.name}{about}: {reaction.problem}"
            print(printable(sentence), file=sys.stderr)


def print_results(path: Path, order: Order, *, limit: int, silent: bool) -> bool:
    """Print the candidates of the last run; whether everything that is done converged."""
    with Store.open_for_reading(path) as store:
        rows = [row_values(row) for row in store.rows()]
    converged = all(row.get("converged") is not False for row in rows)
    if silent:
        return converged
    width = output_width()
    reactions = evaluate_reactions(order.reactions, rows)
    ranking = rank(rows, order.expression, reactions=reactions, descending=order.descending)
    table = [row.plain() for row in ranking.rows]
    parts = [
        render_ranking(table, width, explanation=ranking.explanation, limit=limit),
        render_measured(table, width, limit),
        render_levels(rows, width),
        "\n".join(paragraph(rule_summary(), width)),
    ]
    if reactions:
        plain = [reaction.plain() for reaction in reactions]
        figures = [figure.plain() for figure in statistics(reactions)]
        parts.append(render_reactions(plain, figures, width))
    print("\n\n".join(filter(None, parts)))
    return converged
