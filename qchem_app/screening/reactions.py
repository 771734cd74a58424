"""Reaction energies from the fields of a screening's results, by every method that all share."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from qchem_app.errors import UsageError
from qchem_app.io.reactions_file import PLACEHOLDER, Experiment, Reaction
from qchem_app.io.source import excerpt
from qchem_app.screening.fields import FIELDS
from qchem_app.screening.reaction_checks import (
    ProblemError,
    Row,
    best_by,
    check_balance,
    check_basis,
    composition,
    done,
    lower_states,
    spaces_differ,
    state,
    unconverged,
)
from qchem_app.screening.reaction_row import ReactionEnergy
from qchem_app.screening.reaction_row import ReactionRow as ReactionRow
from qchem_app.screening.reaction_row import statistics as statistics
from qchem_app.units import KJ_PER_MOL_PER_HARTREE, MILLIHARTREE_PER_HARTREE

#: Methods that see only the active space: their energies compare where the spaces do.
CORRELATED = ("mp2", "ccsd", "ccsd_t", "fci", "vqe", "ideal", "raw", "mitigated", "best")
#: What electronic energies lack beside experiments that contain vibrations.
VIBRATIONS = "electronic energies only: no zero-point or thermal energy is added"


def evaluate_reactions(reactions: Sequence[Reaction], rows: Sequence[Row]) -> list[ReactionRow]:
    """Every reaction, and every template for every candidate that fits.

    Nothing stops at a reaction that cannot be evaluated: its `problem` says why.

    Args:
        rows: fields of the candidates, `name` and `status` included.

    Raises:
        UsageError: the fields of a reaction would have the names of result fields.
    """
    check_names(reactions)
    by_name = {str(row["name"]): row for row in rows}
    result = []
    for reaction in reactions:
        result += list(_Evaluation(reaction, by_name).rows())
    return result


def check_names(reactions: Sequence[Reaction]) -> None:
    """Refuse reactions whose energies would be called like fields of every result.

    Raises:
        UsageError: names the reaction.
    """
    methods = [name.removeprefix("e_") for name in FIELDS if name.startswith("e_")]
    for reaction in reactions:
        for method in methods:
            if f"{reaction.identifier}_{method}" in FIELDS:
                raise UsageError(
                    f'the reaction "{excerpt(reaction.name)}" would be called '
                    f"{reaction.identifier}_{method} in formulas, which is a field of every "
                    "result: rename the reaction"
                )


class _Evaluation:
    """One reaction and the results that it looks at."""

    def __init__(self, reaction: Reaction, by_name: Mapping[str, Row]) -> None:
        self.reaction, self.by_name = reaction, by_name
        self.single_atoms: dict[str, list[str]] = {}  # neutral ones, by element
        for name, row in by_name.items():
            if row.get("natoms") == 1 and row.get("charge") == 0:
                self.single_atoms.setdefault(str(row.get("formula")), []).append(name)

    def rows(self) -> Iterator[ReactionRow]:
        reaction = self.reaction
        if not reaction.template:
            yield self._row("", reaction.experiment)
            return
        candidates = reaction.candidates or tuple(filter(self._fits, self.by_name))
        for candidate in candidates:
            yield self._row(candidate, reaction.experiments.get(candidate))
        if not candidates:
            problem = "no candidate fits this template: check the names of its species"
            yield self._empty("", self._pattern(), problem)
        unused = [name for name in reaction.experiments if name not in candidates]
        for name in unused:
            yield self._empty(
                name, self._pattern(), f'no candidate "{excerpt(name)}", which has an experiment'
            )

    def _pattern(self) -> str:
        return equation(self.reaction.species) if self.reaction.species else "atomisation"

    def _empty(self, candidate: str, text: str, problem: str) -> ReactionRow:
        reaction = self.reaction
        return ReactionRow(
            reaction.name, reaction.identifier, reaction.kind, candidate, text, problem=problem
        )

    def _fits(self, candidate: str) -> bool:
        """Whether a template is meant for a candidate that was not named."""
        if not self.reaction.species:
            natoms = self.by_name[candidate].get("natoms")
            return not isinstance(natoms, int | float) or natoms > 1
        names = [name.replace(PLACEHOLDER, candidate) for name, _ in self.reaction.species]
        return all(name in self.by_name for name in names)

    def _row(self, candidate: str, experiment: Experiment | None) -> ReactionRow:
        text = self._pattern().replace(PLACEHOLDER, candidate)
        try:
            species = self._species(candidate)
            text = equation(species)
            found = [(self._found(name), count) for name, count in species]
            check_balance(found)
            check_basis(found)
        except ProblemError as problem:
            return self._empty(candidate, text, str(problem))
        notes = [*unconverged(found), *lower_states(found), *best_by(found)]
        spaces = spaces_differ(found)
        if spaces:
            notes.append(spaces)
        if experiment is not None and experiment.kind != "electronic":
            notes.append(f"the experimental value is at {experiment.kind}; {VIBRATIONS}")
        reaction = self.reaction
        return ReactionRow(
            reaction.name,
            reaction.identifier,
            reaction.kind,
            candidate,
            text,
            energies=_energies(found, whole=not spaces),
            experiment=experiment,
            notes=tuple(notes),
        )

    def _species(self, candidate: str) -> list[tuple[str, Fraction]]:
        if not self.reaction.species:
            return self._atoms_of(candidate)
        return [(n.replace(PLACEHOLDER, candidate), c) for n, c in self.reaction.species]

    def _atoms_of(self, candidate: str) -> list[tuple[str, Fraction]]:
        row = self._found(candidate)
        species = [(candidate, Fraction(-1))]
        for element, count in composition(row).items():
            species.append((self._atom(element), Fraction(count)))
        return species

    def _atom(self, element: str) -> str:
        if element in self.reaction.atoms:
            return self.reaction.atoms[element]
        fitting = self.single_atoms.get(element, [])
        if len(fitting) == 1:
            return fitting[0]
        if not fitting:
            failed = [n for n, row in self.by_name.items() if n == element and not done(row)]
            more = f": {state(self.by_name[element])}" if failed else ""
            raise ProblemError(f"no candidate that is done is a single {element} atom{more}")
        names = ", ".join(excerpt(name, 30) for name in fitting[:4])
        raise ProblemError(
            f"several candidates are a single {element} atom ({names}): say which with "
            f"atoms: {{{element}: {excerpt(fitting[0], 30)}}}"
        )

    def _found(self, name: str) -> Row:
        row = self.by_name.get(name)
        if row is None:
            raise ProblemError(f'there is no candidate "{excerpt(name)}"')
        if not done(row):
            raise ProblemError(f"{excerpt(name)} {state(row)}")
        return row


def equation(species: Sequence[tuple[str, Fraction]]) -> str:
    """Reactants -> products, as chemists write it."""
    sides = []
    for sign in (-1, 1):
        terms = [
            name if abs(count) == 1 else f"{abs(count)} {name}"
            for name, count in species
            if count * sign > 0
        ]
        sides.append(" + ".join(terms))
    return " -> ".join(sides)


def _methods(rows: Sequence[Row]) -> list[str]:
    """Methods with an energy in any row: those of FIELDS in order, functionals, then best."""
    names = dict.fromkeys(
        name[2:] for row in rows for name in (*FIELDS, *row) if name.startswith("e_")
    )
    names.pop("best", None)
    return [*names, "best"]


def _energies(found: Sequence[tuple[Row, Fraction]], *, whole: bool) -> dict[str, ReactionEnergy]:
    result = {}
    rows = [row for row, _ in found]
    for method in _methods(rows):
        energies = [row.get(f"e_{method}") for row in rows]
        if not all(isinstance(e, int | float) for e in energies):
            continue
        terms = [float(c) * float(e or 0) for e, (_, c) in zip(energies, found, strict=True)]
        variance = math.fsum(
            (float(count) * float(row.get(f"se_{method}_mha") or 0)) ** 2 for row, count in found
        )
        error = variance**0.5 / MILLIHARTREE_PER_HARTREE * KJ_PER_MOL_PER_HARTREE
        by = {row.get("best") if method == "best" else method for row in rows}
        stopped = any(m in str(r.get("unconverged") or "").split(",") for r in rows for m in by)
        result[method] = ReactionEnergy(
            math.fsum(terms) * KJ_PER_MOL_PER_HARTREE,
            standard_error=error or None,
            comparable=not stopped and (whole or method not in CORRELATED),
        )
    return result
