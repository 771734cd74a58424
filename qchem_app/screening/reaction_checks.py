"""What has to hold before energies of several results make a reaction energy."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from qchem_app.io.source import excerpt
from qchem_app.screening.outcome import Scalar

Row = Mapping[str, Scalar]

_ELEMENT = re.compile(r"([A-Z][a-z]?)([0-9]*)")
_LOWER_STATE_MHA = 0.1  # worth a word; rounding and screened states stay below
_WHOLE_SPACES = ("full", "frozen-core")


class ProblemError(Exception):
    """Why a reaction cannot be evaluated."""


def done(row: Row) -> bool:
    return row.get("status", "done") == "done" and row.get("formula") is not None


def state(row: Row) -> str:
    status = str(row.get("status", "failed"))
    error = excerpt(str(row.get("error") or ""), 100)
    word = {"waiting": "is not computed yet", "broken": "could not be read"}.get(status, "failed")
    return f"{word} ({error})" if error else word


def composition(row: Row) -> dict[str, int]:
    """Atoms by element, from the formula."""
    counts: Counter[str] = Counter()
    for element, count in _ELEMENT.findall(str(row["formula"])):
        counts[element] += int(count or 1)
    return dict(counts)


def _integer(row: Row, name: str) -> int:
    value = row.get(name)
    return int(value) if isinstance(value, int | float) else 0


def check_balance(found: Sequence[tuple[Row, Fraction]]) -> None:
    totals: dict[str, Fraction] = {}
    for row, count in found:
        for element, atoms in composition(row).items():
            totals[element] = totals.get(element, Fraction(0)) + count * atoms
    charge = sum((count * _integer(row, "charge") for row, count in found), Fraction(0))
    wrong = []
    for element, total in totals.items():
        if total:
            side = "products" if total > 0 else "reactants"
            wrong.append(f"{abs(total)} more {element} in the {side}")
    if charge:
        wrong.append(f"the charge changes by {'+' if charge > 0 else ''}{charge}")
    if wrong:
        raise ProblemError(f"not balanced: {', '.join(wrong)}")


def check_basis(found: Sequence[tuple[Row, Fraction]]) -> None:
    bases = {str(row.get("basis")).lower(): str(row["name"]) for row, _ in found}
    if len(bases) > 1:
        shown = ", ".join(f"{excerpt(n, 30)} in {excerpt(b, 20)}" for b, n in bases.items())
        raise ProblemError(f"the species have different basis sets ({shown}): nothing compares")


def spaces_differ(found: Sequence[tuple[Row, Fraction]]) -> str:
    """Why correlated energies do not compare; empty where they do.

    They do where no empty orbital is left out and both sides freeze as many orbitals: all
    electrons everywhere, or the chemical core everywhere.
    """
    cut = [row for row, _ in found if row.get("space_kind") not in _WHOLE_SPACES]
    frozen = sum((count * _integer(row, "n_core") for row, count in found), Fraction(0))
    if not cut and not frozen:
        return ""
    shown = ", ".join(f"{excerpt(str(r['name']), 30)} {r.get('space')}" for r, _ in found)
    why = "some are parts of the orbitals" if cut else "they do not freeze the same core"
    return (
        f"spaces differ ({shown}): {why}, so that only Hartree-Fock and DFT compare; use "
        "--active-space full or frozen-core for all"
    )


def unconverged(found: Sequence[tuple[Row, Fraction]]) -> Iterator[str]:
    for row, _ in found:
        if row.get("unconverged"):
            methods = str(row["unconverged"]).replace(",", ", ")
            yield f"{excerpt(str(row['name']), 30)}: {methods} did not converge"
        elif row.get("converged") is False:
            yield f"{excerpt(str(row['name']), 30)} did not converge"


def lower_states(found: Sequence[tuple[Row, Fraction]]) -> Iterator[str]:
    """Species whose energies belong to a state above the ground state."""
    for row, _ in found:
        gap = row.get("lower_state_mha")
        if isinstance(gap, int | float) and gap > _LOWER_STATE_MHA:
            yield (
                f"{excerpt(str(row['name']), 30)}: FCI finds a state of another symmetry "
                f"{gap:.1f} mHa lower, which is not in these energies"
            )


def best_by(found: Sequence[tuple[Row, Fraction]]) -> Iterator[str]:
    by = {str(row["name"]): str(row["best"]) for row, _ in found if row.get("best")}
    if len(set(by.values())) > 1:
        shown = ", ".join(f"{excerpt(name, 30)} {best}" for name, best in by.items())
        yield f"best mixes methods ({shown})"
