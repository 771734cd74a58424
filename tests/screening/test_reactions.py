"""Reaction energies from fields: arithmetic, balance, what does not compare, statistics."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.errors import UsageError
from qchem_app.io.reactions_file import Experiment, Reaction, parse_reactions
from qchem_app.screening.reaction_row import ReactionEnergy, ReactionRow, statistics
from qchem_app.screening.reactions import equation, evaluate_reactions
from qchem_app.units import KJ_PER_MOL_PER_HARTREE


def row(name, formula, *, status="done", kind="full", n_core=0, basis="sto-3g", **fields):
    energies = {"e_hf": -1.0, "e_ccsd": -1.1, "e_fci": -1.2, "e_b3lyp": -1.3}
    own = {k: v for k, v in fields.items() if k.startswith("e_")}
    best = {"best": "fci", "e_best": {**energies, **own}["e_fci"]}
    return {
        "name": name, "status": status, "formula": formula, "charge": 0, "basis": basis,
        "space_kind": kind, "space": f"{kind} (2e,2o)", "n_core": n_core, "converged": True,
        "unconverged": "", "natoms": 2 if name not in ("H", "O", "o") else 1,
        **energies, **best, **fields,
    }  # fmt: skip


WATER = [
    row("h2", "H2", e_hf=-1.1, e_fci=-1.15),
    row("o2", "O2", e_hf=-147.0, e_fci=-147.5),
    row("h2o", "H2O", e_hf=-75.0, e_fci=-75.1),
    row("H", "H", e_hf=-0.5, e_ccsd=-0.5, e_fci=-0.5, e_b3lyp=-0.5),
    row("O", "O", e_hf=-73.8, e_fci=-73.9),
]


def evaluated(text, rows=WATER):
    return evaluate_reactions(parse_reactions(text, "r.yaml"), rows)


def formation(reactants="{h2: 2, o2: 1}", more=""):
    return f"reactions: {{make: {{reactants: {reactants}, products: {{h2o: 2}}{more}}}}}"


def test_energies_are_products_minus_reactants():
    (found,) = evaluated(formation())
    assert found.equation == "2 h2 + o2 -> 2 h2o"
    hf = 2 * -75.0 - 2 * -1.1 + 147.0
    assert found.energies["hf"].kj_mol == pytest.approx(hf * KJ_PER_MOL_PER_HARTREE)
    assert found.energies["best"].kj_mol == pytest.approx(found.energies["fci"].kj_mol)
    assert list(found.energies) == ["hf", "ccsd", "b3lyp", "fci", "best"]
    assert found.notes == ()
    assert found.fields["make_hf"] == found.energies["hf"].kj_mol


def test_fractions():
    (found,) = evaluated("reactions: {make: {reactants: {h2: 1, o2: 1/2}, products: {h2o: 1}}}")
    (whole,) = evaluated(formation())
    assert found.equation == "h2 + 1/2 o2 -> h2o"
    for method, energy in found.energies.items():
        assert 2 * energy.kj_mol == pytest.approx(whole.energies[method].kj_mol)


@pytest.mark.parametrize(
    ("reactants", "problem"),
    [
        ("{h2: 1, o2: 1}", "not balanced: 2 more H in the products"),
        ("{h2: 3, o2: 2}", "not balanced: 2 more H in the reactants, 2 more O in the reactants"),
        ("{h2: 2, o2: 1/2}", "not balanced: 1 more O in the products"),
        ("{h3: 2, o2: 1}", 'there is no candidate "h3"'),
    ],
)
def test_imbalance_and_missing_species_are_named(reactants, problem):
    (found,) = evaluated(formation(reactants))
    assert (found.problem, dict(found.energies)) == (problem, {})


def test_charge_is_balanced():
    rows = [row("a", "H2"), row("b", "H2", charge=1)]
    (found,) = evaluated("reactions: {x: {reactants: a, products: b}}", rows)
    assert found.problem == "not balanced: the charge changes by +1"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"status": "failed", "error": "no memory"}, "o2 failed (no memory)"),
        ({"status": "waiting"}, "o2 is not computed yet"),
        ({"status": "broken", "error": "bad\x1b file"}, r"o2 could not be read (bad\x1b file)"),
        ({"formula": None}, "o2 failed"),
        (
            {"basis": "6-31g"},
            "the species have different basis sets (h2o in sto-3g, o2 in 6-31g): nothing compares",
        ),
    ],
)
def test_species_that_cannot_be_used_are_named(changes, problem):
    rows = [{**r, **changes} if r["name"] == "o2" else r for r in WATER]
    (found,) = evaluated(formation(), rows)
    assert found.problem == problem


@pytest.mark.parametrize(
    ("cores", "kinds", "fit"),
    [
        ((0, 2, 1), ("full", "frozen-core", "frozen-core"), True),
        ((0, 0, 1), ("full", "full", "frozen-core"), False),
        ((0, 2, 1), ("full", "natural", "frozen-core"), False),
        ((0, 0, 0), ("full", "full", "cas"), False),
    ],
)
def test_spaces_that_do_not_fit_leave_hartree_fock_and_dft(cores, kinds, fit):
    rows = [
        {**r, "n_core": n, "space_kind": k} for r, n, k in zip(WATER[:3], cores, kinds, strict=True)
    ]
    (found,) = evaluated(formation(more=", experimental: {value: 1, unit: eV}"), rows)
    assert {m for m, e in found.energies.items() if e.comparable} == (
        set(found.energies) if fit else {"hf", "b3lyp"}
    )
    assert [s.method for s in statistics([found])] == [
        m for m, e in found.energies.items() if e.comparable
    ]
    assert bool(found.notes) is not fit
    if not fit:
        assert "spaces differ (h2" in found.notes[0]
        assert found.fields["make_fci"] is None


def test_methods_that_one_species_lacks_are_left_out():
    rows = [{**r, "e_fci": None} if r["name"] == "o2" else r for r in WATER]
    rows = [{**r, "e_b3lyp": None, "e_pbe0": -3.0} for r in rows]
    (found,) = evaluated(formation(), rows)
    assert set(found.energies) == {"hf", "ccsd", "pbe0", "best"}


def test_what_did_not_converge_is_named_and_left_out_of_statistics():
    rows = [{**r, "e_vqe": -1.0, "unconverged": "vqe" if r["name"] == "o2" else ""} for r in WATER]
    (found,) = evaluated(formation(), rows)
    assert found.notes == ("o2: vqe did not converge",)
    assert not found.energies["vqe"].comparable
    assert found.energies["fci"].comparable


def test_a_mix_of_best_methods_is_said():
    rows = [{**r, "best": "ccsd_t" if r["name"] == "o2" else "fci"} for r in WATER]
    (found,) = evaluated(formation(), rows)
    assert found.notes == ("best mixes methods (h2o fci, h2 fci, o2 ccsd_t)",) or (
        "best mixes methods" in found.notes[0]
    )


def test_a_state_above_the_ground_state_is_said():
    rows = [{**r, "lower_state_mha": 7.25 if r["name"] == "o2" else 0.05} for r in WATER]
    (found,) = evaluated(formation(), rows)
    assert found.notes == (
        "o2: FCI finds a state of another symmetry 7.2 mHa lower, which is not in these energies",
    )
    (found,) = evaluated(formation(), [{**r, "lower_state_mha": None} for r in WATER])
    assert found.notes == ()


def test_standard_errors_add_in_squares():
    rows = [{**r, "e_raw": -1.0, "se_raw_mha": 3.0} for r in WATER]
    (found,) = evaluated(formation(), rows)
    expected = (4 + 4 + 1) ** 0.5 * 3e-3 * KJ_PER_MOL_PER_HARTREE
    assert found.energies["raw"].standard_error == pytest.approx(expected)
    assert found.energies["fci"].standard_error is None


def test_atomisation_of_everything():
    found = evaluated("atomisation: {candidate: all}")
    assert [r.candidate for r in found] == ["h2", "o2", "h2o"]
    water = found[2]
    assert water.equation == "h2o -> 2 H + O"
    expected = (2 * -0.5 - 73.8 + 75.0) * KJ_PER_MOL_PER_HARTREE
    assert water.energies["hf"].kj_mol == pytest.approx(expected)
    assert water.fields["atomisation_hf"] == pytest.approx(expected)


def test_ambiguous_and_missing_atoms_are_named():
    rows = [*WATER, row("o", "O", natoms=1)]
    found = evaluated("atomisation: {candidate: [o2, h2]}", rows)
    assert found[0].problem == (
        "several candidates are a single O atom (O, o): say which with atoms: {O: O}"
    )
    assert found[1].problem == ""
    (chosen,) = evaluated("atomisation: {candidate: [o2], atoms: {O: o}}", rows)
    assert chosen.equation == "o2 -> 2 o"
    (without,) = evaluated("atomisation: {candidate: [o2]}", WATER[:3])
    assert without.problem == "no candidate that is done is a single O atom"
    failed = [*WATER[:3], row("O", None, status="failed", error="why")]
    (failing, *_) = evaluated("atomisation: {candidate: [o2]}", failed)
    assert failing.problem == "no candidate that is done is a single O atom: failed (why)"


def test_a_charged_molecule_has_no_neutral_atoms():
    rows = [*WATER, row("h2+", "H2", charge=1)]
    found = evaluated("atomisation: {candidate: ['h2+']}", rows)
    assert found[0].problem == "not balanced: the charge changes by -1"


def test_templates_take_every_candidate_that_fits():
    rows = [
        row("host", "O2"), row("a", "H2"), row("b", "H4"), row("a-host", "H2O2"),
        row("b-host", "H4O2"), row("c", "H6"),
    ]  # fmt: skip
    text = (
        "reactions: {bind: {kind: binding, reactants: ['{candidate}', host], "
        "products: ['{candidate}-host'], "
        "experimental: {unit: kJ/mol, values: {a: -10, z: 1}}}}"
    )
    found = evaluated(text, rows)
    assert [(r.candidate, r.problem) for r in found] == [
        ("a", ""),
        ("b", ""),
        ("z", 'no candidate "z", which has an experiment'),
    ]
    assert found[0].equation == "a + host -> a-host"
    assert found[0].experiment == Experiment(-10.0)
    assert found[1].experiment is None
    (none,) = evaluated(text.replace(", z: 1", "").replace("a: -10", ""), WATER)
    assert none.problem.startswith("no candidate fits")


def test_experiments_with_vibrations_carry_a_remark():
    (found,) = evaluated(formation(more=", experimental: {value: 1, unit: eV, kind: 298K}"))
    assert "no zero-point or thermal energy" in found.notes[0]


def test_a_reaction_must_not_hide_a_field():
    with pytest.raises(UsageError, match="e_hf in formulas, which is a field"):
        evaluated("reactions: {e: {reactants: {h2: 2, o2: 1}, products: {h2o: 2}}}")


def test_statistics_by_hand():
    def made(name, kj_mol, experiment, *, comparable=True):
        energy = ReactionEnergy(kj_mol, comparable=comparable)
        given = None if experiment is None else Experiment(experiment)
        return ReactionRow(name, name, "reaction", "", "", {"hf": energy}, given)

    rows = [
        made("a", 10, 12),
        made("b", 5, 1),
        made("c", 3, None),
        made("d", 99, 0, comparable=False),
    ]
    (found,) = statistics(rows)
    assert (found.count, found.mean_absolute, found.mean_signed) == (2, 3.0, 1.0)
    assert (found.largest, found.worst) == (4.0, "b")
    assert statistics([made("c", 3, None)]) == []


def test_plain_rows_are_plain():
    import json

    rows = evaluated(formation(more=", experimental: {value: 1, unit: eV, kind: 298K}"))
    plain = json.loads(json.dumps([r.plain() for r in rows]))[0]
    assert plain["energies"]["hf"]["kcal_mol"] == pytest.approx(
        plain["energies"]["hf"]["kj_mol"] / 4.184
    )
    assert plain["experimental_kind"] == "298K"


formulas = st.dictionaries(st.sampled_from("CHNO"), st.integers(1, 5), min_size=1).map(
    lambda counts: "".join(f"{e}{n if n > 1 else ''}" for e, n in sorted(counts.items()))
)


@given(
    st.lists(formulas, min_size=2, max_size=4),
    st.lists(st.fractions(-5, 5, max_denominator=4), min_size=4, max_size=4),
    st.lists(st.integers(-1, 1), min_size=4, max_size=4),
)
def test_a_reaction_has_energies_just_when_it_is_balanced(shapes, counts, charges):
    import re

    rows = [
        row(f"m{k}", shape, charge=charges[k], e_hf=-float(k + 1)) for k, shape in enumerate(shapes)
    ]
    species = [(r["name"], c) for r, c in zip(rows, counts, strict=False) if c]
    if not species:
        return
    (found,) = evaluate_reactions([Reaction("x", species=tuple(species))], rows)
    totals = {"charge": Fraction(0)}
    for (_, count), r in zip(species, (r for r in rows if r["name"] in dict(species)), strict=True):
        totals["charge"] += count * r["charge"]
        for element, n in re.findall("([A-Z])([0-9]*)", r["formula"]):
            totals[element] = totals.get(element, 0) + count * int(n or 1)
    assert (found.problem == "") == (not any(totals.values()))
    if not found.problem:
        expected = sum(float(c) * -float(int(n[1:]) + 1) for n, c in species)
        assert found.energies["hf"].kj_mol == pytest.approx(
            expected * KJ_PER_MOL_PER_HARTREE, abs=1e-6
        )


@given(st.permutations(["h2", "o2", "h2o"]))
def test_the_order_of_species_does_not_matter(order):
    counts = {"h2": Fraction(-2), "o2": Fraction(-1), "h2o": Fraction(2)}
    reaction = Reaction("x", species=tuple((n, counts[n]) for n in order))
    (found,) = evaluate_reactions([reaction], WATER)
    (usual,) = evaluated(formation())
    for method in found.energies:
        assert found.energies[method].kj_mol == pytest.approx(usual.energies[method].kj_mol)


def test_equations_read_left_to_right():
    counts = [Fraction(-1), Fraction(-3, 2), Fraction(1), Fraction(2)]
    assert equation(list(zip("abcd", counts, strict=True))) == "a + 3/2 b -> c + 2 d"
    assert all(
        " -> " in equation(p)
        for p in itertools.permutations([("a", Fraction(-1)), ("b", Fraction(1))])
    )
