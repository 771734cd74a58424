"""Ranking: order, ties, candidates without a value, reaction energies."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.errors import UsageError
from qchem_app.screening.ranking import rank, with_reactions
from qchem_app.screening.reaction_row import ReactionEnergy, ReactionRow

ROWS = [
    {"name": "a", "missed_mha": 2.0, "e_vqe": -1.0, "best": "fci"},
    {"name": "b", "missed_mha": None, "e_vqe": -3.0, "best": "vqe"},
    {"name": "c", "missed_mha": 5.0, "e_vqe": -2.0, "best": "fci"},
    {"name": "d", "missed_mha": 2.0, "e_vqe": None},
]


def order(expression, **options):
    return [(row.rank, row.fields["name"]) for row in rank(ROWS, expression, **options).rows]


def test_smallest_first_and_nothing_last():
    assert order("missed_mha") == [(1, "a"), (1, "d"), (3, "c"), (None, "b")]
    assert order("missed_mha", descending=True) == [(1, "c"), (2, "a"), (2, "d"), (None, "b")]


def test_formulas_conditions_and_text():
    assert order("abs(e_vqe + 2)")[0] == (1, "c")
    assert order("missed_mha > 3", descending=True)[0] == (1, "c")
    assert order("best") == [(1, "a"), (1, "c"), (3, "b"), (None, "d")]


def test_explanation():
    assert rank(ROWS, "missed_mha", descending=True).explanation == (
        "ranked by missed_mha, largest first (missed_mha in mHa); 1 without a value comes last"
    )
    assert rank(ROWS, "qubits").explanation == (
        "ranked by qubits, smallest first; 4 without a value come last"
    )


def reaction(candidate, kj_mol, *, comparable=True, identifier="binding"):
    energies = {"vqe": ReactionEnergy(kj_mol, comparable=comparable)}
    return ReactionRow("r", identifier, "binding", candidate, "", energies)


def test_reaction_energies_belong_to_their_candidate():
    found = [
        reaction("a", -5.0),
        reaction("c", -9.0),
        reaction("d", -99.0, comparable=False),
        reaction("", 3.0, identifier="other"),
    ]
    ranking = rank(ROWS, "binding_vqe + 0 * other_vqe", reactions=found)
    assert [row.fields["name"] for row in ranking.rows] == ["c", "a", "b", "d"]
    assert ranking.explanation == (
        "ranked by binding_vqe + 0 * other_vqe, smallest first (binding_vqe in kJ/mol, other_vqe "
        "in kJ/mol); 2 without a value come last"
    )
    assert with_reactions(ROWS, found)[1]["other_vqe"] == 3.0


def test_unknown_names_are_refused_with_the_nearest():
    with pytest.raises(UsageError, match="did you mean binding_vqe"):
        rank(ROWS, "bindin_vqe", reactions=[reaction("a", 1.0)])


def test_text_and_numbers_do_not_mix():
    rows = [{"name": "a", "best": "x"}, {"name": "b", "best": 3}]
    with pytest.raises(UsageError, match="text for some candidates"):
        rank(rows, "best")


@given(st.lists(st.none() | st.floats(-1e3, 1e3), max_size=20), st.booleans())
def test_the_order_is_a_stable_sort(values, descending):
    rows = [{"name": str(k), "qubits": v} for k, v in enumerate(values)]
    ranked = rank(rows, "qubits", descending=descending).rows
    numbers = [row.value for row in ranked if row.value is not None]
    assert numbers == sorted(numbers, reverse=descending)
    assert [row.value for row in ranked[len(numbers) :]] == [None] * (len(values) - len(numbers))
    for first, second in itertools.pairwise(ranked):
        if first.value == second.value:
            assert int(str(first.fields["name"])) < int(str(second.fields["name"]))
            assert first.rank == second.rank
