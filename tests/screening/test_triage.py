"""Judging by the best method, and triage: every branch of the written rule."""

from __future__ import annotations

import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.references.catalogue import parse_references
from qchem_app.screening.judgement import best_method, judge
from qchem_app.screening.thresholds import DEFAULT, Thresholds
from qchem_app.screening.triage import DISAGREE, ENOUGH, NOT_JUDGED, TOO_LARGE, rule_text, triage

#: A molecule that coupled cluster describes well; energies in Hartree.
GOOD = {
    "multiplicity": 1, "e_hf": -75.0, "e_mp2": -75.18, "e_ccsd": -75.195, "e_ccsd_t": -75.2,
    "e_fci": -75.2003, "e_vqe": -75.1998, "vqe_sound": True, "t1": 0.005, "d1": 0.01,
    "m_diagnostic": 0.03, "space_cut": False, "unconverged": "", "lower_state_mha": 0.0,
    "qubits": 14, "qubits_whole": 14, "determinants_whole": 441.0, "cnots_about": 500,
}  # fmt: skip
WITHOUT_FCI = {**GOOD, "e_fci": None, "lower_state_mha": None}
#: The same in a part of a space that nobody can do.
CUT = {"space_cut": True, "qubits_whole": 200, "determinants_whole": 1e40, "cnots_about": 9000}


def judged(base=GOOD, **changes):
    return judge({**base, **changes})


def test_fci_is_the_best_there_is():
    fields = judged()
    assert (fields["best"], fields["e_best"]) == ("fci", -75.2003)
    assert fields["error_hf_mha"] == pytest.approx(200.3)
    assert fields["error_ccsd_t_mha"] == pytest.approx(0.3)
    assert fields["error_mha"] == pytest.approx(0.5)
    assert fields["missed_mha"] == pytest.approx(0.3)
    assert fields["correlation_mha"] == pytest.approx(200.3)
    assert fields["triage"] == ENOUGH


def test_a_vqe_below_fci_is_not_the_best():
    assert best_method({**GOOD, "e_vqe": -76.0}) == "fci"


@pytest.mark.parametrize(
    ("changes", "best"),
    [
        ({}, "ccsd_t"),
        ({"e_ccsd_t": None, "e_vqe": -75.19}, "ccsd"),
        ({"t1": 0.021}, "vqe"),
        ({"t1": 0.021, "multiplicity": 2}, "ccsd_t"),
        ({"d1": 0.06}, "vqe"),
        ({"m_diagnostic": 0.2}, "vqe"),
        ({"t1": None}, "vqe"),
        ({"e_vqe": -75.21}, "vqe"),  # an upper bound below coupled cluster
        ({"e_vqe": -75.21, "vqe_sound": False}, "ccsd_t"),
        ({"t1": 0.5, "vqe_sound": False}, "hf"),
        ({"t1": 0.5, "e_vqe": -74.0}, "hf"),
        ({"e_ccsd_t": None, "e_ccsd": None, "vqe_sound": None}, "hf"),
        ({"e_hf": None}, None),
    ],
)
def test_the_best_without_fci(changes, best):
    assert best_method({**WITHOUT_FCI, **changes}) == best


def test_nothing_is_judged_by_itself():
    fields = judged(WITHOUT_FCI)
    assert fields["error_ccsd_t_mha"] is None
    assert fields["missed_mha"] is None
    assert fields["error_ccsd_mha"] == pytest.approx(5.0)
    fields = judged(WITHOUT_FCI, t1=0.5)
    assert (fields["best"], fields["error_mha"]) == ("vqe", None)
    assert fields["missed_mha"] == pytest.approx(0.2)


def test_without_scf_nothing_is_judged():
    fields = judged(e_hf=None)
    assert (fields["best"], fields["e_best"], fields["correlation_mha"]) == (None, None, None)
    assert fields["triage"] == NOT_JUDGED


@pytest.mark.parametrize(
    ("changes", "expected", "words"),
    [
        ({}, ENOUGH, "CCSD(T) is 0.30 mHa from FCI in this space"),
        ({"t1": 0.5}, ENOUGH, "0.30 mHa"),  # FCI decides, not a diagnostic
        ({"e_ccsd_t": -75.1950}, DISAGREE, "no quantum computer is needed for it in this basis"),
        ({"e_ccsd_t": -75.2100}, DISAGREE, "9.70 mHa from FCI"),  # below FCI is an error, too
        ({"e_ccsd_t": None}, DISAGREE, "CCSD is 5.30 mHa"),
        ({"e_ccsd_t": None, "e_ccsd": -75.2002}, ENOUGH, "CCSD is 0.10 mHa"),
        ({"e_ccsd_t": None, "e_ccsd": None}, NOT_JUDGED, "coupled cluster, which might do better"),
        (
            {"e_ccsd_t": None, "e_ccsd": None, "unconverged": "ccsd,ccsd_t"},
            DISAGREE,
            "MP2 is 20.30 mHa from FCI",
        ),
        ({"e_ccsd_t": None, "e_ccsd": None, "e_mp2": -75.2}, ENOUGH, "MP2 is 0.30 mHa"),
        ({"lower_state_mha": 50.0}, DISAGREE, "another symmetry 50.0 mHa lower"),
        ({"lower_state_mha": 1.0}, ENOUGH, ""),
        ({"e_hf": -75.2003, "e_ccsd_t": -75.2003}, ENOUGH, "nothing to correlate"),
        ({**CUT}, ENOUGH, "the orbitals left out (200 qubits for all) are not judged"),
        ({**CUT, "e_ccsd_t": -75.1}, TOO_LARGE, "127 qubits and 2,880 CNOTs"),
        ({**CUT, "e_ccsd_t": -75.1, "qubits_whole": 90}, TOO_LARGE, "today's 2,880 CNOTs"),
        (
            {**CUT, "e_ccsd_t": -75.1, "qubits_whole": 90, "cnots_about": 100},
            DISAGREE,
            "within reach of a device",
        ),
        ({**CUT, "e_ccsd_t": -75.1, "cnots": 100, "qubits_whole": 90}, DISAGREE, "within reach"),
        ({**CUT, "e_ccsd_t": -75.1, "determinants_whole": 1e9}, DISAGREE, "has done elsewhere"),
    ],
)
def test_with_fci(changes, expected, words):
    found, reason = triage({**GOOD, **changes})
    assert found == expected
    assert words in reason
    assert reason.isprintable()


@pytest.mark.parametrize(
    ("changes", "expected", "words"),
    [
        ({}, ENOUGH, "CCSD(T) has T1 0.005, D1 0.010, (T) 2.5% of the correlation energy"),
        ({"e_ccsd_t": None, "e_vqe": -75.1945}, ENOUGH, "CCSD has T1"),
        ({"e_ccsd_t": None}, DISAGREE, "lies 4.8 mHa below CCSD"),
        ({"t1": 0.03}, DISAGREE, "T1 is 0.030 (above 0.02)"),
        ({"t1": 0.03, "multiplicity": 3}, ENOUGH, ""),
        ({"d1": 0.07}, DISAGREE, "D1 is 0.070 (above 0.05)"),
        ({"m_diagnostic": 0.4}, DISAGREE, "M is 0.400 (above 0.1)"),
        ({"e_ccsd": -75.18}, DISAGREE, "(T) is 10.0% of the correlation energy"),
        ({"e_vqe": -75.21}, DISAGREE, "the VQE, an upper bound, lies 10.0 mHa below CCSD(T)"),
        ({"e_vqe": -75.21, "vqe_sound": False}, ENOUGH, ""),
        ({"e_vqe": -75.1}, ENOUGH, ""),  # an ansatz that is too short says nothing
        ({"t1": None}, NOT_JUDGED, "no diagnostics"),
        ({"e_ccsd": None, "e_ccsd_t": None}, NOT_JUDGED, "neither FCI nor coupled cluster ran"),
        (
            {"e_ccsd": None, "e_ccsd_t": None, "unconverged": "ccsd,ccsd_t"},
            DISAGREE,
            "coupled cluster did not converge",
        ),
        ({**CUT, "t1": 0.03}, TOO_LARGE, "beyond FCI anywhere"),
        ({**CUT}, ENOUGH, "are not judged"),
    ],
)
def test_without_fci(changes, expected, words):
    found, reason = triage({**WITHOUT_FCI, **changes})
    assert found == expected
    assert words in reason


@pytest.mark.parametrize(
    "changes",
    [
        {"e_ccsd": None, "e_ccsd_t": None},
        {"t1": None, "e_ccsd": None},  # --reference "ccsd(t)": running it again would not help
        {"t1": 0.03},
        {"t1": 0.03, "cut_short": "fci"},
        {"t1": 0.03, "cut_short": "fci", "unconverged": "fci"},
    ],
)
def test_options_that_are_advised_exist(changes):
    """`qchem screen` parses what reasons tell to run."""
    import typer.main

    from qchem_app.cli import app

    reason = triage({**WITHOUT_FCI, **changes})[1]
    command = typer.main.get_command(app).commands["screen"]
    known = {option for parameter in command.params for option in parameter.opts}
    advised = re.findall(r"--[a-z-]+", reason)
    assert advised
    assert set(advised) <= known
    for option, value in re.findall(r'(--reference) "?([a-z(),]+)"?', reason):
        assert parse_references(value), option


def test_what_energies_settle_is_not_suspected():
    assert judged()["suspected"] is False
    assert judged(e_ccsd_t=-75.1)["suspected"] is False


def test_advice_is_not_what_was_done_already():
    reason = triage({**WITHOUT_FCI, "t1": 0.03, "cut_short": "fci"})[1]
    assert "a limit cut FCI short" in reason
    assert "--reference" not in reason
    assert "FCI did not converge" in triage({**WITHOUT_FCI, "t1": 0.03, "unconverged": "fci"})[1]


@pytest.mark.parametrize(
    ("changes", "suspected"),
    [
        ({"m_diagnostic": 0.131}, True),
        ({"t1": 0.03, "d1": 0.07}, True),
        ({**CUT, "m_diagnostic": 0.131}, True),
        ({"m_diagnostic": 0.131, "e_vqe": -75.21}, False),  # an energy speaks for it
        ({"m_diagnostic": 0.131, "e_ccsd": -75.18}, False),
    ],
)
def test_diagnostics_alone_only_raise_a_suspicion(changes, suspected):
    found, reason = triage({**WITHOUT_FCI, **changes})
    assert found in (DISAGREE, TOO_LARGE)
    assert reason.startswith("suspected only, from diagnostics") is suspected
    assert judged(WITHOUT_FCI, **changes)["suspected"] is suspected


def test_a_part_is_never_called_this_space():
    for changes in ({}, {"e_ccsd_t": -75.1}):
        reason = triage({**GOOD, **CUT, "norb": 6, **changes})[1]
        assert "in this part of the space (12 of 200 qubits)" in reason
        assert "no quantum computer is needed" not in reason


def test_thresholds_are_used():
    loose = Thresholds(accuracy_mha=10.0)
    wrong = {**GOOD, "e_ccsd_t": -75.195}
    assert triage(wrong)[0] == DISAGREE
    assert triage(wrong, loose)[0] == ENOUGH
    assert judge(wrong, loose)["triage"] == ENOUGH
    assert best_method({**WITHOUT_FCI, "t1": 0.1}, Thresholds(t1_closed=0.2)) == "ccsd_t"


@pytest.mark.parametrize("width", [64, 80, 120])
def test_the_rule_is_printed_with_every_threshold_and_source(width):
    thresholds = dataclasses.replace(DEFAULT, d1=0.0625)
    text = rule_text(thresholds, width)
    assert max(map(len, text.splitlines())) <= width
    flat = " ".join(text.split())
    for name in (ENOUGH, DISAGREE, TOO_LARGE, NOT_JUDGED):
        assert f"{name}: " in flat
    for name, value, meaning in thresholds.table():
        assert f"{name} = {value:.6g}: {meaning}" in flat
    assert "d1 = 0.0625" in flat
    assert "selected CI and DMRG" in flat


energies = st.none() | st.floats(-200, 0)
some_fields = st.fixed_dictionaries(
    {name: energies for name in ("e_hf", "e_mp2", "e_ccsd", "e_ccsd_t", "e_fci", "e_vqe")}
    | {
        "vqe_sound": st.sampled_from([None, True, False]),
        "t1": st.none() | st.floats(0, 0.1),
        "d1": st.none() | st.floats(0, 0.1),
        "m_diagnostic": st.none() | st.floats(0, 1),
        "multiplicity": st.integers(1, 4),
        "space_cut": st.booleans(),
        "unconverged": st.sampled_from(["", "ccsd,ccsd_t", "vqe"]),
        "qubits_whole": st.integers(2, 500),
        "determinants_whole": st.floats(1, 1e60),
        "cnots_about": st.none() | st.integers(0, 10**6),
        "lower_state_mha": st.none() | st.floats(0, 100),
    }
)


@given(some_fields)
def test_every_record_is_judged(fields):
    result = judge(fields)
    assert result["triage"] in (ENOUGH, DISAGREE, TOO_LARGE, NOT_JUDGED)
    assert result["triage_reason"]
    assert (result["best"] is None) == (fields["e_hf"] is None)
    if result["best"] is not None:
        assert result["e_best"] == fields[f"e_{result['best']}"]
    if fields["e_fci"] is not None and fields["e_hf"] is not None:
        assert result["best"] == "fci"
    if result["triage"] == TOO_LARGE:
        assert fields["space_cut"]
        assert fields["determinants_whole"] > DEFAULT.fci_determinants
    bounds = [fields["e_hf"], fields["e_vqe"] if fields["vqe_sound"] else None]
    if result["best"] is not None and result["best"] != "fci":
        assert result["e_best"] <= min(e for e in bounds if e is not None) + 2e-6
    assert judge(result) == result
