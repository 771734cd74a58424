"""Tables of a screening: what must stand in them, at 80 and 120 columns."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.report.screening_table import TRIAGE_WORDS, render_ranking, render_reactions

ROWS = [
    {
        "rank": 1, "value": 2.902, "name": "c2", "status": "done", "formula": "C2", "qubits": 16,
        "e_best": -74.68975302, "error_mha": 11.951, "missed_mha": 2.902, "best": "fci",
        "triage": "classical methods disagree", "triage_reason": "CCSD(T) is 2.90 mHa from FCI",
        "unconverged": "ccsd,mp2",
    },
    {
        "rank": 2, "value": 1e-9, "name": "h2o", "status": "done", "formula": "H2O", "qubits": 14,
        "e_best": -75.0125, "error_mha": -1e-7, "missed_mha": 1e-9, "best": "fci",
        "triage": "classical is enough", "triage_reason": "not to be repeated",
    },
    {"rank": None, "value": None, "name": "bad", "status": "broken", "error": "line 3: no number"},
    {"rank": None, "value": None, "name": "big", "status": "failed", "error": "no memory"},
]  # fmt: skip


@pytest.mark.parametrize("width", [64, 80, 120])
def test_ranking(width):
    text = render_ranking(ROWS, width, explanation="ranked by missed_mha, largest first")
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    c2 = next(line for line in lines if " c2 " in line)
    assert {"1", "C2", "16", "+11.951" if width > 99 else "+11.95"} <= set(c2.split())
    assert c2.endswith("disagree")
    assert ("classical methods disagree" in c2) == (width > 99)
    water = next(line for line in lines if " h2o " in line)
    assert "-0.00" not in water
    flat = " ".join(text.split())
    assert "4 candidates: 1 classical is enough, 1 classical methods disagree" in flat
    assert "1 broken, 1 failed" in flat
    assert "bad: broken: line 3: no number" in flat
    assert "c2: CCSD(T) is 2.90 mHa from FCI; not converged: ccsd, mp2" in flat
    assert "not to be repeated" not in flat
    assert "Ranked by missed_mha, largest first" in flat
    assert "Value" not in flat


@pytest.mark.parametrize("width", [64, 80, 120])
def test_parts_of_the_orbitals_are_shown_and_counted_apart(width):
    mark = " (part)" if width > 79 else "*"
    cut = [
        {**ROWS[0], "name": "far", "space_cut": True},
        {**ROWS[1], "name": "wide", "space_cut": True},
        {**ROWS[1], "triage": "quantum-relevant but too large today", "space_cut": True},
    ]
    text = render_ranking([*ROWS, *cut], width)
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    flat = " ".join(text.split())
    assert (
        f"7 candidates: 1 classical is enough, 1 classical is enough{mark}, 1 classical methods "
        f"disagree, 1 classical methods disagree{mark}, 1 quantum-relevant but too large today, "
    ) in flat
    assert f"{mark.strip()}: judged in a part of the orbitals only" in flat
    assert next(line for line in lines if " wide " in line).endswith(f"enough{mark}")
    assert next(line for line in lines if " h2o " in line).endswith("enough")
    assert "a part of the orbitals" not in render_ranking(ROWS, width)


@pytest.mark.parametrize("width", [64, 80, 120])
def test_what_is_only_suspected_is_shown_and_counted_apart(width):
    rows = [
        *ROWS,
        {**ROWS[0], "name": "f2", "suspected": True},
        {**ROWS[0], "name": "cut", "suspected": True, "space_cut": True},
    ]
    text = render_ranking(rows, width)
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    flat = " ".join(text.split())
    assert "1 classical methods disagree, 1 classical methods disagree?, 1 classical" in flat
    assert "?: suspected, from diagnostics alone" in flat
    assert next(line for line in lines if " f2 " in line).endswith("disagree?")
    assert "suspected" not in render_ranking(ROWS, width)


def test_a_formula_that_is_no_column_has_one():
    rows = [{**row, "value": 3.25 * k} for k, row in enumerate(ROWS)]
    text = render_ranking(rows, 80)
    assert "Value" in text
    assert "3.25" in text


def test_limit_and_nothing():
    text = render_ranking(ROWS, 80, limit=1)
    assert "and 3 more candidates" in text
    assert "h2o" not in text
    assert render_ranking([], 80) == "no candidates"


@given(st.text(min_size=1, max_size=200), st.sampled_from([80, 120]))
def test_hostile_names_stay_on_their_line(name, width):
    text = render_ranking([{**ROWS[0], "name": name}], width)
    lines = text.split("\n")
    assert all(line.isprintable() for line in lines)
    assert len(lines[3]) <= width
    assert lines[4].startswith("---")


def energy(kj_mol, *, comparable=True, error=None):
    return {"kj_mol": kj_mol, "comparable": comparable, "standard_error_kj_mol": error}


def reaction(candidate, energies, *, name="atomisation", experiment=None, problem="", notes=()):
    return {
        "name": name, "candidate": candidate, "energies": energies, "problem": problem,
        "experimental_kj_mol": experiment, "notes": notes,
    }  # fmt: skip


def statistic(method, worst="h2o"):
    return {
        "method": method, "count": 2, "mean_absolute": 41.84, "mean_signed": -4.184,
        "largest": -83.68, "worst": worst,
    }  # fmt: skip


REACTIONS = [
    reaction("h2o", {"hf": energy(418.4), "best": energy(836.8, error=4.184)}, experiment=836.8),
    reaction("n2", {"hf": energy(41.84), "pbe0": energy(0.0, comparable=False)}),
    reaction("x", {}, problem="there is no candidate x"),
    reaction("y", {}, problem="there is no candidate x"),
]


def test_reactions():
    text = render_reactions(REACTIONS, [statistic("hf"), statistic("best")], 80, unit="kcal/mol")
    lines = text.splitlines()
    assert lines[2].split() == ["Reaction", "Exp.", "HF", "PBE0", "Best"]
    assert lines[4].split() == ["h2o", "200.0", "100.0", "-", "200.0(1.0)"]
    assert lines[5].split() == ["n2", "-", "10.0", "0.0*", "-"]
    assert lines[7].split() == ["MAD", "10.0", "-", "10.0"]
    assert lines[8].split() == ["mean", "-1.0", "-", "-1.0"]
    assert lines[9].split() == ["largest", "-20.0", "-", "-20.0"]
    assert lines[10].split() == ["count", "2", "-", "2"]
    flat = " ".join(text.split())
    assert "the largest at h2o (HF, Best)" in flat
    assert "no zero-point or thermal energy" in flat
    assert "x, y: there is no candidate x" in flat


def test_several_reactions_are_told_apart():
    rows = [*REACTIONS[:2], reaction("", {"hf": energy(1.0)}, name="water")]
    text = render_reactions(rows, [], 80)
    assert "atomisation h2o" in text
    assert "\nwater " in text
    assert "MAD" not in text


@pytest.mark.parametrize("width", [64, 80, 120])
def test_methods_that_do_not_fit_are_below(width):
    methods = [f"functional{k}" for k in range(12)]
    rows = [reaction("a" * 40, {m: energy(-1234.5) for m in methods}, experiment=1.0)]
    text = render_reactions(rows, [statistic(m) for m in methods], width)
    assert max(map(len, text.splitlines())) <= width
    for method in methods:
        assert text.count(f"  {method.upper()}") >= 1
    assert text.count("MAD ") >= 12 * 13 // width


def test_only_problems():
    text = render_reactions(REACTIONS[2:], [], 80)
    assert text.splitlines()[1] == "x, y: there is no candidate x"


def test_every_class_has_a_short_word():
    from qchem_app.screening import triage

    classes = {triage.ENOUGH, triage.DISAGREE, triage.TOO_LARGE, triage.NOT_JUDGED}
    assert classes == set(TRIAGE_WORDS)
    assert all(a != b for a, b in itertools.combinations(TRIAGE_WORDS.values(), 2))
