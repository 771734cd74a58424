"""Files of reactions: what is read, and one sentence for everything that is not."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.errors import InputError
from qchem_app.io.reactions_file import Experiment, parse_reactions, read_reactions


def one(text):
    (reaction,) = parse_reactions(text, "r.yaml")
    return reaction


def test_a_reaction():
    reaction = one(
        "reactions:\n"
        "  Water formation:\n"
        "    reactants: {h2: 1, o2: 1/2}\n"
        "    products: [h2o]\n"
        "    experimental: {value: -57.8, unit: kcal/mol, kind: 298K}\n"
    )
    assert (reaction.name, reaction.kind) == ("Water formation", "reaction")
    assert reaction.species == (("h2", -1), ("o2", Fraction(-1, 2)), ("h2o", 1))
    assert reaction.experiment == Experiment(pytest.approx(-57.8 * 4.184), "298K")
    assert reaction.identifier == "water_formation"
    assert not reaction.template


def test_lists_count_and_both_sides_cancel():
    reaction = one("reactions: {x: {reactants: [a, a, b], products: {b: 0.5, c: '3/2'}}}")
    assert dict(reaction.species) == {"a": -2, "b": Fraction(-1, 2), "c": Fraction(3, 2)}


def test_a_template():
    reaction = one(
        "reactions:\n  binding:\n    kind: binding\n"
        "    reactants: ['{candidate}', host]\n    products: '{candidate}-host'\n"
        "    candidate: [a, b]\n"
        "    experimental: {unit: kJ/mol, values: {a: -12.5}}\n"
    )
    assert reaction.template
    assert reaction.candidates == ("a", "b")
    assert dict(reaction.experiments) == {"a": Experiment(-12.5)}


@pytest.mark.parametrize("word", ["atomisation", "atomization"])
def test_atomisation_of_all(word):
    reaction = one(
        f"{word}:\n  candidate: all\n  atoms: {{O: o_triplet}}\n"
        "  experimental: {unit: eV, kind: 0K, values: {h2o: 1}}\n"
    )
    assert reaction.kind == "atomisation"
    assert reaction.template
    assert reaction.candidates is None
    assert reaction.atoms == {"O": "o_triplet"}
    assert reaction.experiments["h2o"].kj_mol == pytest.approx(96.485, abs=1e-3)


def test_atomisation_among_the_reactions():
    text = "reactions: {apart: {kind: atomisation, candidate: [h2o]}}"
    assert one(text).candidates == ("h2o",)


@pytest.mark.parametrize(
    ("unit", "kj_mol"),
    [("kJ/mol", 1.0), ("kcal/mol", 4.184), ("Ha", 2625.4996), ("mHa", 2.6254996), ("eV", 96.4853)],
)
def test_units(unit, kj_mol):
    text = (
        f"reactions: {{x: {{reactants: a, products: b, experimental: {{value: 1, unit: {unit}}}}}}}"
    )
    experiment = one(text).experiment
    assert experiment is not None
    assert experiment.kj_mol == pytest.approx(kj_mol, rel=1e-6)


@pytest.mark.parametrize("name", ["2 H2 + O2", "Größe!", "___", "7"])
def test_identifiers_can_stand_in_formulas(name):
    identifier = one(f"reactions: {{'{name}': {{reactants: a, products: b}}}}").identifier
    assert identifier.isidentifier()
    assert identifier.isascii()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "the file must be a mapping, found a list"),
        ("3", "found a number"),
        ("reactions:", "the file holds no reaction"),
        ("reactions: {}", "the file holds no reaction"),
        ("reacions: {}", 'the file has an unknown entry "reacions": use reactions, atomisation'),
        ("reactions: {x: 3}", '"x" must be a mapping, found a number'),
        ("reactions: {x: {products: a}}", '"x" has no reactants'),
        ("reactions: {x: {reactants: a}}", '"x" has no products'),
        ("reactions: {x: {reactants: a, products: a}}", "the same species on both sides"),
        ("reactions: {x: {reactants: {a: -1}, products: b}}", "have the coefficient -1"),
        ("reactions: {x: {reactants: {a: 0}, products: b}}", "have the coefficient 0"),
        ("reactions: {x: {reactants: {a: 1/0}, products: b}}", "have the coefficient 1/0"),
        ("reactions: {x: {reactants: {a: .inf}, products: b}}", "have the coefficient inf"),
        ("reactions: {x: {reactants: {a: .nan}, products: b}}", "have the coefficient nan"),
        ("reactions: {x: {reactants: {a: true}, products: b}}", "have the coefficient True"),
        ("reactions: {x: {reactants: {a: [1]}, products: b}}", "have the coefficient [1]"),
        ("reactions: {x: {reactants: {a: 0.00001}, products: b}}", "have the coefficient 1e-05"),
        ("reactions: {x: {reactants: [], products: b}}", 'reactants of "x" are empty'),
        ("reactions: {x: {reactants: {NO: 1}, products: b}}", 'put quotes around it, as in "NO"'),
        ("reactions: {x: {reactants: [no, o], products: b}}", 'put quotes around it, as in "NO"'),
        ("reactions: {x: {reactants: [[a]], products: b}}", "has a list for a name"),
        ("reactions: {x: {reactants: [''], products: b}}", "has an empty name"),
        ("reactions: {x: {kind: magic, reactants: a, products: b}}", 'kind of "x" is "magic": use'),
        ("reactions: {x: {reactants: a, products: b, candidate: [c]}}", "but is no template"),
        ("reactions: {x: {reactants: a, products: b, atoms: {}}}", "atoms beside its species"),
        (
            "reactions: {x: {reactants: a, products: b, experimental: {value: 1}}}",
            'experimental of "x" has no unit',
        ),
        (
            "reactions: {x: {reactants: a, products: b, experimental: {unit: eV}}}",
            'experimental of "x" has no value',
        ),
        (
            "reactions: {x: {reactants: a, products: b, experimental: {value: 1, unit: cal}}}",
            'has the unit "cal": use kJ/mol',
        ),
        (
            "reactions: {x: {reactants: a, products: b, experimental: {value: a, unit: eV}}}",
            'has the value "a": write a number',
        ),
        (
            "reactions: {x: {reactants: a, products: b, experimental: {value: .nan, unit: eV}}}",
            'has the value "nan": write a number',
        ),
        (
            "reactions: {x: {reactants: a, products: b, "
            "experimental: {value: 1, unit: eV, kind: 5K}}}",
            'is "5K": use electronic, 0K, 298K',
        ),
        (
            "reactions: {a b: {reactants: a, products: b}, a-b: {reactants: a, products: b}}",
            'has the same name in formulas as "a b", a_b',
        ),
        ("atomisation: {candidate: []}", "names no candidate"),
        ("atomisation: {experimental: {unit: eV, value: 3}}", 'has an unknown entry "value"'),
        ("atomisation:", "must be a mapping, found nothing"),
        ("reactions: {x: {reactants: a, products: b}", "not valid YAML"),
        ("reactions: !!python/object/apply:os.system [ls]", "not valid YAML"),
        ("x: &a [1]\ny: *a", "aliases"),
    ],
)
def test_errors_name_the_place(text, message):
    with pytest.raises(InputError) as caught:
        parse_reactions(text, "r.yaml")
    said = str(caught.value)
    assert said.startswith("r.yaml: ")
    assert message in said
    assert said.isprintable()


def test_hostile_names_are_escaped():
    with pytest.raises(InputError) as caught:
        parse_reactions('reactions: {"\\e[31mx": 3}', "r.yaml")
    assert "\x1b" not in str(caught.value)


def test_a_file(tmp_path):
    (tmp_path / "r.yaml").write_text("atomisation: {candidate: all}", encoding="utf-8")
    assert read_reactions(tmp_path / "r.yaml")[0].name == "atomisation"
    with pytest.raises(InputError, match="no such file"):
        read_reactions(tmp_path / "none.yaml")


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["reactions", "atomisation", "reactants", "products", "experimental", "kind", "value",
             "values", "unit", "candidate", "atoms", "x", "{candidate}"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=15,
)  # fmt: skip


@given(plain)
def test_any_data_is_read_or_refused_with_a_sentence(data):
    import yaml

    said = ""
    try:
        parse_reactions(yaml.safe_dump(data, allow_unicode=True), "r.yaml")
    except InputError as error:
        said = str(error)
    assert not said or said.startswith("r.yaml: ")
    assert not said or said.isprintable()
