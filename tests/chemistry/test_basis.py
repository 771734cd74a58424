"""Basis sets by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from qchem_app.chemistry.basis import basis_names, check_basis, load_basis
from qchem_app.errors import InputError, UsageError

ATTACK = '__import__("pathlib").Path("attacked").write_text("x")'


@pytest.mark.parametrize(
    ("basis", "expected"),
    [
        ("cc-pvtdz", "there is no basis set 'cc-pvtdz': did you mean cc-pvtz or cc-pvdz or"),
        ("sto-3gg", "there is no basis set 'sto-3gg': did you mean sto-3g or sto-6g?"),
        ("631G*d", "did you mean 6-31g"),
        ("qwertz", "there is no basis set 'qwertz': try sto-3g, 6-31g or cc-pvdz"),
        ("", "there is no basis set '': try sto-3g"),
        ("6-31g(9d)", "there is no basis set '6-31g(9d)': did you mean 6-31g"),
        ("def2-universal-jkfit", "is a set for density fitting, not for orbitals"),
        ("ano@xyz", "has a truncation that is not understood: write it like ano@3s2p1d"),
        ("ano@99s", "asks for more functions, or in another order than s, p, d, f, than ano has"),
    ],
)
def test_wrong_name_is_one_sentence(basis: str, expected: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_basis(basis, ["C"])
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "basis", ["sto-3g", "STO3G", "cc-pVDZ", "6-31G**", "6-311++g(2d,2p)", "def2-TZVP", "ano@3s2p1d"]
)
def test_spellings_people_use(basis: str) -> None:
    shells, potentials = load_basis(basis, ["C", "H", "C"])
    assert set(shells) == {"C", "H"}
    assert potentials == {}


def test_polarised_pople_set_is_the_starred_one() -> None:
    assert load_basis("6-31g(d)", ["C"]) == load_basis("6-31g*", ["C"])


def test_truncated_set_has_the_asked_functions() -> None:
    shells, _ = load_basis("ano@3s2p1d", ["C"])
    functions = [(shell[0], len(shell[1]) - 1) for shell in shells["C"]]
    assert functions == [(0, 3), (1, 2), (2, 1)]


def test_missing_element_is_named() -> None:
    with pytest.raises(InputError, match="basis set 'sto-3g' has no functions for Og: choose"):
        check_basis("sto-3g", ["H", "Og"])


@pytest.mark.parametrize("name", ["sto-3g", "sto3g", "sto3g" + "-" * 200, "mine.dat"])
def test_files_of_that_name_are_not_opened(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).write_text(f"#BASIS SET\nH    S\n  {ATTACK}   1.0\nEND\n")
    monkeypatch.chdir(tmp_path)
    if name == "mine.dat":
        with pytest.raises(UsageError):
            check_basis(name, ["H"])
    else:
        shells, _ = load_basis(name, ["H"])
        assert shells["H"][0][1][0] == pytest.approx(3.42525091)
    assert not (tmp_path / "attacked").exists()


@pytest.mark.parametrize(
    "text", [f"H    S\n  {ATTACK}   1.0\n", ATTACK, "GTH\nH S\n", "/etc/passwd"]
)
def test_text_is_not_parsed(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="there is no basis set"):
        check_basis(text, ["H"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("basis", "element", "electrons"),
    [
        ("def2-svp", "I", 28),
        ("lanl2dz", "I", 46),
        ("def2-mtzvp", "Pb", 60),
        ("ccecp-cc-pvdz", "S", 10),
        ("bfd-vdz", "Cl", 10),
        ("cc-pvdz-pp", "Au", 60),
        ("aug-cc-pvdz-pp", "Au", 60),
        ("ma-def2-svp", "Ag", 28),
    ],
)
def test_core_potential_goes_with_its_set(basis: str, element: str, electrons: int) -> None:
    assert load_basis(basis, [element])[1][element][0] == electrons


@pytest.mark.parametrize(("basis", "element"), [("cc-pvtz-pp-nr", "Cu"), ("qavg-vszps", "C")])
def test_valence_set_without_its_potential_is_refused(basis: str, element: str) -> None:
    with pytest.raises(InputError, match=f"describes only the outer electrons of {element}"):
        check_basis(basis, [element])


def test_names_are_found_as_listed() -> None:
    names = basis_names()
    assert len(names) > 250
    assert {"sto-3g", "6-31g", "cc-pvdz", "def2-svp", "lanl2dz"} <= set(names)
    for name in names:
        try:
            check_basis(name, ["O"])
        except UsageError:
            pytest.fail(f"{name} is listed and not known")
        except InputError:
            pass  # a set for other elements


@pytest.mark.slow
def test_every_set_with_every_element_it_has() -> None:
    from qchem_app.elements import SYMBOLS

    covered, sentences = 0, set()
    for name in basis_names():
        for symbol in SYMBOLS[1:104]:
            try:
                load_basis(name, [symbol])
                covered += 1
            except InputError as error:
                sentences.add(str(error))
    assert covered > 9000
    assert not any("\n" in sentence for sentence in sentences)
