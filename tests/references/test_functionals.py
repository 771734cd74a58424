from __future__ import annotations

import builtins

import pytest

from qchem_app.errors import UsageError
from qchem_app.references.functionals import find_functional, functional_names


@pytest.mark.parametrize(
    ("text", "name", "meta"),
    [
        ("b3lyp", "b3lyp", False),
        (" PBE0 ", "pbe0", False),
        ("PBE,PBE", "pbe,pbe", False),
        ("M06-2X", "m06-2x", True),
        ("r2scan", "r2scan", True),
        ("wb97x-v", "wb97x-v", False),
        ("b97m-v", "b97m-v", True),
        ("cam-b3lyp", "cam-b3lyp", False),
        ("0.5*HF + 0.5*B88, LYP", "0.5*hf+0.5*b88,lyp", False),
        ("rsh(0.3,0.2,0.1) + 0.8*b88, lyp", "rsh(0.3,0.2,0.1)+0.8*b88,lyp", False),
    ],
)
def test_knows(text, name, meta):
    found = find_functional(text)
    assert (found.name, found.meta, found.part) == (name, meta, "whole")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "b3lypp",
            '"b3lypp" is not a density functional that PySCF knows: '
            "did you mean b3lyp or b3lyps or b3lyp5?",
        ),
        ("", '"" is not the name of a density functional: use, for example, b3lyp'),
        ("402", '"402" is not the name of a density functional: use, for example, b3lyp'),
        ("a,b,c", '"a,b,c" is not a density functional that PySCF knows: use, for example, b3lyp'),
        ("hf", '"hf" has no density functional in it: use hf, or b3lyp'),
        ("1e400*b3lyp", '"1e400*b3lyp" has a factor that is not finite: use ordinary numbers'),
        (
            "b2plyp",
            '"b2plyp" is a double hybrid, which PySCF has not: use a hybrid such as b3lyp or '
            "wb97x-v",
        ),
        (
            "wb97x-d",
            '"wb97x-d" has a dispersion correction that PySCF has not: use wb97x-v or b97m-v',
        ),
        (
            "lda_k_tf",
            '"lda_k_tf" is a kinetic-energy functional, not exchange or correlation: use b3lyp',
        ),
        (
            "scanl",
            '"scanl" needs the Laplacian of the density, which PySCF has not: use r2scan',
        ),
    ],
)
def test_refuses(text, message):
    with pytest.raises(UsageError) as error:
        find_functional(text)
    assert str(error.value) == message


@pytest.mark.parametrize("name", ["b3lyp-d3bj", "pbe-d4", "pbe0-d3", "wb97x-d4"])
def test_a_dispersion_correction_needs_its_package(monkeypatch, name):
    from pyscf.scf import dispersion

    monkeypatch.setattr(dispersion, "dftd3", None)
    find_functional.cache_clear()
    with pytest.raises(UsageError, match="pip install pyscf-dispersion"):
        find_functional(name)


def test_an_unknown_version_of_the_dispersion_correction(monkeypatch):
    from pyscf.scf import dispersion

    monkeypatch.setattr(dispersion, "dftd3", object())
    find_functional.cache_clear()
    assert find_functional("b3lyp-d3bj").name == "b3lyp-d3bj"
    with pytest.raises(UsageError, match="dispersion correction d3xy: use one of d3bj, d3zero"):
        find_functional("b3lyp-d3xy")
    find_functional.cache_clear()


@pytest.mark.parametrize(
    "attack",
    ["__import__('os').system('touch pwned')", "b3lyp\x00", "exec(1)", "().__class__", "b3lyp;\n1"],
)
def test_text_is_never_evaluated(monkeypatch, tmp_path, attack):
    monkeypatch.chdir(tmp_path)
    for name in ("eval", "exec"):
        monkeypatch.setattr(builtins, name, lambda *_: pytest.fail("evaluated"))
    with pytest.raises(UsageError):
        find_functional(attack)
    assert not list(tmp_path.iterdir())


def test_half_a_functional_is_said():
    assert find_functional("b88").part == "exchange"
    assert find_functional("b88").notes == ("exchange only, no correlation functional",)
    assert find_functional(",lyp").part == "correlation"
    assert find_functional("hf,lyp").part == "whole"


def test_says_which_b3lyp():
    assert find_functional("B3LYP").notes == ("B3LYP with VWN-RPA, as in Gaussian",)


def test_prints_nothing(capfd):
    with pytest.raises(UsageError):
        find_functional("99999*b3lyp*2")
    find_functional("mvs,regtpss")
    assert capfd.readouterr() == ("", "")


def test_names_are_lower_case_and_most_can_be_found():
    names = functional_names()
    assert {"b3lyp", "pbe", "pbe0", "tpss", "m06_2x", "wb97x_v", "blyp"} <= set(names)
    assert list(names) == sorted(names)
    assert all(name == name.lower() for name in names)
