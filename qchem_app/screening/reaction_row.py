"""ReactionRow: energies of one reaction by every method, and how far they are from experiment."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from qchem_app.io.reactions_file import Experiment
from qchem_app.screening.outcome import Scalar
from qchem_app.units import KJ_PER_KCAL


@dataclass(frozen=True)
class ReactionEnergy:
    """A reaction energy by one method.

    Attributes:
        kj_mol: products minus reactants, kJ/mol.
        standard_error: kJ/mol, statistical, where energies were measured.
        comparable: whether it belongs into statistics: the spaces of all species fit together.
    """

    kj_mol: float
    standard_error: float | None = None
    comparable: bool = True


@dataclass(frozen=True)
class ReactionRow:
    """A reaction that was evaluated, or why it could not be.

    Attributes:
        name: of the reaction.
        identifier: the name in formulas; its fields are identifier_METHOD, in kJ/mol.
        kind: reaction, binding, atomisation or isomerisation.
        candidate: the one that a template was made for, else empty.
        equation: such as "2 h2 + o2 -> 2 h2o".
        energies: by method, in the order of FIELDS, "best" last.
        experiment: None where none was given.
        problem: one sentence where there are no energies.
        notes: what a careful reader should know.
    """

    name: str
    identifier: str
    kind: str
    candidate: str
    equation: str
    energies: Mapping[str, ReactionEnergy] = field(default_factory=dict)
    experiment: Experiment | None = None
    problem: str = ""
    notes: tuple[str, ...] = ()

    @property
    def fields(self) -> dict[str, Scalar]:
        """The energies by their names in formulas, kJ/mol; those that do not compare are None."""
        return {
            f"{self.identifier}_{method}": energy.kj_mol if energy.comparable else None
            for method, energy in self.energies.items()
        }

    def plain(self) -> dict[str, Any]:
        """The row as plain data, for tables, reports and JSON."""
        return {
            "name": self.name,
            "field": self.identifier,
            "kind": self.kind,
            "candidate": self.candidate,
            "equation": self.equation,
            "energies": {
                method: {
                    "kj_mol": energy.kj_mol,
                    "kcal_mol": energy.kj_mol / KJ_PER_KCAL,
                    "standard_error_kj_mol": energy.standard_error,
                    "comparable": energy.comparable,
                }
                for method, energy in self.energies.items()
            },
            "experimental_kj_mol": None if self.experiment is None else self.experiment.kj_mol,
            "experimental_kind": None if self.experiment is None else self.experiment.kind,
            "problem": self.problem,
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class MethodStatistics:
    """Deviations of one method from experiment, kJ/mol, calculated minus experimental.

    Attributes:
        method: its name in fields.
        count: reactions that went in.
        mean_absolute, mean_signed: mean deviations.
        largest: the deviation of largest size, with its sign.
        worst: the reaction or candidate that it belongs to.
    """

    method: str
    count: int
    mean_absolute: float
    mean_signed: float
    largest: float
    worst: str

    def plain(self) -> dict[str, Any]:
        """As plain data."""
        return dict(vars(self))


def statistics(rows: Sequence[ReactionRow]) -> list[MethodStatistics]:
    """Deviations from experiment by method, over the reactions that compare."""
    result = []
    for method in dict.fromkeys(method for row in rows for method in row.energies):
        deviations = [
            (row.energies[method].kj_mol - row.experiment.kj_mol, row.candidate or row.name)
            for row in rows
            if row.experiment and method in row.energies and row.energies[method].comparable
        ]
        if not deviations:
            continue
        values = [value for value, _ in deviations]
        largest, worst = max(deviations, key=lambda pair: abs(pair[0]))
        result.append(
            MethodStatistics(
                method=method,
                count=len(values),
                mean_absolute=math.fsum(map(abs, values)) / len(values),
                mean_signed=math.fsum(values) / len(values),
                largest=largest,
                worst=worst,
            )
        )
    return result
