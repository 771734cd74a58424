"""Two runs of the same record side by side."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from qchem_app.report import numbers
from qchem_app.report.layout import Row, fact, ruled_table
from qchem_app.result import MethodResult, SolveResult


@dataclass(frozen=True)
class MethodComparison:
    """A method's energies in Hartree; None where a run has none."""

    name: str
    old: float | None
    new: float | None
    difference: float | None
    reproduced: bool
    remark: str


@dataclass(frozen=True)
class Change:
    """A fact that is not the same in both runs."""

    name: str
    old: str
    new: str


@dataclass(frozen=True)
class Comparison:
    """What differs between two runs; `calculation` counts against them, `environment` not."""

    tolerance: float
    methods: tuple[MethodComparison, ...]
    calculation: tuple[Change, ...]
    environment: tuple[Change, ...]

    @property
    def reproduced(self) -> bool:
        """Every energy within the tolerance, and the same calculation behind it."""
        return not self.calculation and all(method.reproduced for method in self.methods)

    def to_json(self) -> str:
        """The comparison as indented JSON."""
        return json.dumps({"reproduced": self.reproduced, **asdict(self)}, indent=2)


def compare(old: SolveResult, new: SolveResult, *, tolerance: float) -> Comparison:
    """Compare energies (tolerance in Hartree), the calculation and the environment."""
    olds = {method.name: method for method in old.methods}
    news = {method.name: method for method in new.methods}
    return Comparison(
        tolerance=tolerance,
        methods=tuple(
            _compare_method(name, olds.get(name), news.get(name), tolerance)
            for name in {**olds, **news}
        ),
        calculation=_changes(_calculation(old), _calculation(new)),
        environment=_changes(_environment(old), _environment(new)),
    )


def _compare_method(
    name: str, old: MethodResult | None, new: MethodResult | None, tolerance: float
) -> MethodComparison:
    before = None if old is None else old.energy
    after = None if new is None else new.energy
    difference = None if before is None or after is None else after - before
    if difference is not None:
        remark = "" if abs(difference) <= tolerance else "outside the tolerance"
    elif before is None and after is None:
        remark = ""
    else:
        remark = "only in the record" if after is None else "only in the new run"
    if not remark and old is not None and new is not None and old.converged != new.converged:
        remark = "converged only in the record" if old.converged else "converged only now"
    return MethodComparison(name, before, after, difference, not remark, remark)


def _calculation(result: SolveResult) -> dict[str, str]:
    """Facts that settings and input should determine."""
    space, mean_field, engine = result.active_space, result.mean_field, result.engine
    facts = {
        "point group": f"{mean_field.point_group} ({mean_field.subgroup})",
        "active space": f"{space.kind} {space.nelec} electrons in {space.norb} orbitals",
        "irrep": space.wavefunction_irrep,
    }
    if engine is not None:
        facts["determinants"] = f"{engine.determinants}"
        facts["parameters"] = f"{engine.parameters}"
    return facts


def _environment(result: SolveResult) -> dict[str, str]:
    provenance = result.provenance
    # the variables that set the threads are how `threads` came about, and `reproduce` sets them
    facts = {
        name: str(value)
        for name, value in provenance.machine.items()
        if not name.endswith("_NUM_THREADS")
    }
    return {
        **provenance.versions,
        "git commit": provenance.git_commit or "none",
        "threads": str(provenance.threads),
        **facts,
    }


def _changes(old: dict[str, str], new: dict[str, str]) -> tuple[Change, ...]:
    return tuple(
        Change(name, old.get(name, "none"), new.get(name, "none"))
        for name in {**old, **new}
        if old.get(name) != new.get(name)
    )


def render_comparison(comparison: Comparison, width: int) -> str:
    """The comparison as plain text, at most `width` columns wide."""
    rows = [
        Row(
            (
                method.name.upper(),
                numbers.energy(method.old),
                numbers.energy(method.new),
                "-" if method.difference is None else f"{method.difference:+.1e}",
            ),
            (method.remark,) if method.remark else (),
        )
        for method in comparison.methods
    ]
    header = ("Method", "recorded / Ha", "now / Ha", "difference / Ha", "Remark")
    lines = ["", *ruled_table(header, rows, width), ""]
    for change in (*comparison.calculation, *comparison.environment):
        lines += fact("Differs", f"{change.name}: {change.old} -> {change.new}", width)
    if not comparison.environment:
        lines += fact("Same", "versions, commit, machine and threads", width)
    bound = f"{comparison.tolerance:.0e} Ha"
    verdict = f"reproduced: every energy is within {bound} of the record."
    if not comparison.reproduced:
        wrong = [method.name.upper() for method in comparison.methods if not method.reproduced]
        wrong += [change.name for change in comparison.calculation]
        verdict = f"NOT reproduced within {bound}: {', '.join(wrong)}."
    lines += fact("Verdict", verdict, width)
    return "\n".join(lines)
