"""What `qchem reproduce` calls reproduced."""

from __future__ import annotations

import json

import pytest

from qchem_app.report.comparison import compare, render_comparison
from qchem_app.result import SolveResult


def changed(record: SolveResult, name: str, **changes: object) -> SolveResult:
    methods = tuple(m.model_copy(update=changes) if m.name == name else m for m in record.methods)
    return record.model_copy(update={"methods": methods})


def test_the_same_run_is_reproduced(water: SolveResult) -> None:
    comparison = compare(water, water, tolerance=0.0)
    assert comparison.reproduced
    text = render_comparison(comparison, 80)
    assert "reproduced: every energy is within 0e+00 Ha" in text
    assert "Same            versions, commit, machine and threads" in text


@pytest.mark.parametrize(("shift", "reproduced"), [(0.9e-6, True), (-1.1e-6, False)])
def test_energies_must_agree_to_the_tolerance(
    water: SolveResult, shift: float, reproduced: bool
) -> None:
    new = changed(water, "vqe", energy=-75.01232 + shift)
    comparison = compare(water, new, tolerance=1e-6)
    assert comparison.reproduced is reproduced
    assert ("NOT reproduced within 1e-06 Ha: VQE." in render_comparison(comparison, 80)) is (
        not reproduced
    )


def test_missing_energies_and_methods(water: SolveResult) -> None:
    fewer = water.model_copy(update={"methods": water.methods[:-1]})
    assert compare(water, fewer, tolerance=1.0).methods[-1].remark == "only in the record"
    assert compare(fewer, water, tolerance=1.0).methods[-1].remark == "only in the new run"
    none = changed(water, "fci", energy=None)
    assert compare(none, none, tolerance=0.0).reproduced
    assert not compare(water, none, tolerance=1.0).reproduced


def test_convergence_must_agree(water: SolveResult) -> None:
    comparison = compare(water, changed(water, "vqe", converged=False), tolerance=1e-6)
    assert not comparison.reproduced
    assert comparison.methods[-1].remark == "converged only in the record"


def test_another_calculation_is_not_reproduced(water: SolveResult) -> None:
    space = water.active_space.model_copy(update={"norb": 6})
    comparison = compare(water, water.model_copy(update={"active_space": space}), tolerance=1.0)
    assert not comparison.reproduced
    assert [change.name for change in comparison.calculation] == ["active space"]


def test_another_environment_is_told_and_forgiven(water: SolveResult) -> None:
    provenance = water.provenance.model_copy(
        update={"versions": {**water.provenance.versions, "pyscf": "2.15.0"}, "git_commit": "abc"}
    )
    comparison = compare(water, water.model_copy(update={"provenance": provenance}), tolerance=0.0)
    assert comparison.reproduced
    text = render_comparison(comparison, 80)
    assert "pyscf: 2.14.0 -> 2.15.0" in text
    assert "git commit: none -> abc" in text


def test_json(water: SolveResult) -> None:
    new = changed(water, "vqe", energy=-75.0)
    answer = json.loads(compare(water, new, tolerance=1e-6).to_json())
    assert answer["reproduced"] is False
    vqe = answer["methods"][-1]
    assert (vqe["name"], vqe["old"], vqe["new"]) == ("vqe", -75.01232, -75.0)
    assert vqe["difference"] == pytest.approx(0.01232)
