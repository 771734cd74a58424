from __future__ import annotations

import pytest

from qchem_app.errors import UsageError
from qchem_app.molecule import Molecule
from qchem_app.references.catalogue import (
    coupled_cluster_seconds,
    default_references,
    dft_seconds,
    parse_references,
)

WATER = Molecule(("O", "H", "H"), [[0, 0, 0.22], [0, 1.43, -0.886], [0, -1.43, -0.886]])
ALL = ("hf", "mp2", "ccsd", "ccsd(t)", "b3lyp", "fci")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("fci,ccsd(t),b3lyp", ("fci", "ccsd(t)", "b3lyp")),
        (" FCI, CCSD(T) ,B3LYP,fci,", ("fci", "ccsd(t)", "b3lyp")),
        ("all", ALL),
        ("all,pbe0", (*ALL, "pbe0")),
        ("pbe0,all", ("pbe0", *ALL)),
        ("none", ()),
        ("auto", None),
        ("rohf,CASCI,rmp2,dft", ("hf", "fci", "mp2", "b3lyp")),
        ("b88,lyp", ("b88,lyp",)),
        ("fci,lda,vwn,mp2", ("fci", "lda,vwn", "mp2")),
        ("lda,pbe", ("lda", "pbe")),
        ("lda,mp2", ("lda", "mp2")),
        ("tpss,pbe0", ("tpss", "pbe0")),
        ("pbe,pbe", ("pbe",)),
        ("dft(pbe,pbe),hf", ("pbe,pbe", "hf")),
        ("0.5*HF+0.5*B88,LYP", ("0.5*hf+0.5*b88,lyp",)),
        ("rsh(0.3,0.2,0.1)+0.8*b88,lyp", ("rsh(0.3,0.2,0.1)+0.8*b88,lyp",)),
        ("mgga_x_scan,mgga_c_scan", ("mgga_x_scan,mgga_c_scan",)),
    ],
)
def test_parses(text, names):
    assert parse_references(text) == names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'the list of references is empty: name some, or write "none"'),
        (" , ", 'the list of references is empty: name some, or write "none"'),
        ("none,fci", '"none" leaves no place for other references: write it alone'),
        ("ccsd(t", 'the parentheses in "ccsd(t" do not match: close them'),
        ("ccsd)t(", 'the parentheses in "ccsd)t(" do not match: close them'),
        ("ccsdt", '"ccsdt" is not a reference: did you mean ccsd(t) or ccsd?'),
        ("uhf", '"uhf" is not a reference: did you mean hf?'),
        ("vqe", '"vqe" is no reference, it always runs: leave it out'),
        (
            "fci,b3lypp",
            '"b3lypp" is not a density functional that PySCF knows: '
            "did you mean b3lyp or b3lyps or b3lyp5?",
        ),
        (
            "🙂",
            '"\\U0001f642" is not the name of a density functional: use, for example, b3lyp',
        ),
    ],
)
def test_refuses(text, message):
    with pytest.raises(UsageError) as error:
        parse_references(text)
    assert str(error.value) == message


def test_what_it_returns_can_be_parsed_again():
    for name in parse_references("all,pbe0,b88,lyp"):
        assert parse_references(name) == (name,)


def test_small_molecules_get_everything(build):
    assert default_references(build("h2o").ham, WATER, "sto-3g") == ALL


def test_what_is_dear_is_left_out(build):
    ham = build("h2o", basis="6-31g").ham  # 13 orbitals, 414,441 determinants
    cheap = default_references(ham, WATER, "6-31g", time_limit=3.0)
    assert cheap == ("hf", "mp2", "ccsd", "ccsd(t)", "b3lyp")
    assert default_references(ham, WATER, "6-31g", time_limit=1e-6) == ("hf", "mp2")
    assert default_references(ham, WATER, "6-31g", time_limit=1e6) == ALL


def test_what_does_not_fit_in_memory_is_left_out(build, monkeypatch):
    monkeypatch.setattr("qchem_app.references.catalogue.available_memory_mb", lambda: 1e-3)
    assert default_references(build("h2o").ham, WATER, "sto-3g") == ("hf", "b3lyp")


def test_forecasts_grow_with_the_molecule():
    assert coupled_cluster_seconds(60, (5, 5))[0] < 60 < coupled_cluster_seconds(200, (20, 20))[0]
    assert coupled_cluster_seconds(60, (9, 7))[1] > coupled_cluster_seconds(60, (5, 5))[1]
    assert dft_seconds(WATER, "sto-3g") < dft_seconds(WATER, "cc-pvtz")
