"""SMILES: charge, spin, structure and what is said about them."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.chemistry.mean_field import run_mean_field
from qchem_app.errors import InputError
from qchem_app.io.atom_spin import atom_multiplicity
from qchem_app.io.smiles import MOST_ATOMS, molecule_from_smiles
from qchem_app.io.smiles_file import SmilesLine, read_smiles_file
from qchem_app.units import ANGSTROM_PER_BOHR


def refusal(smiles: str) -> str:
    with pytest.raises(InputError) as caught:
        molecule_from_smiles(smiles)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("smiles", "formula", "charge", "multiplicity"),
    [
        ("O", "H2O", 0, 1),
        ("[H][H]", "H2", 0, 1),
        ("[HH]", "H2", 0, 1),
        ("[H]", "H", 0, 2),
        ("[H+]", "H", 1, 1),
        ("[He]", "He", 0, 1),
        ("[C]", "C", 0, 3),  # RDKit counts four unpaired electrons
        ("[Be]", "Be", 0, 1),
        ("[O]", "O", 0, 3),
        ("[N]", "N", 0, 4),
        ("[Cr]", "Cr", 0, 7),
        ("[O+]", "O", 1, 4),
        ("[F-]", "F", -1, 1),
        ("[NH4+]", "H4N", 1, 1),
        ("[OH-]", "HO", -1, 1),
        ("[OH]", "HO", 0, 2),
        ("[CH3]", "CH3", 0, 2),
        ("[CH2]", "CH2", 0, 3),
        ("[O][O]", "O2", 0, 3),
        ("O=O", "O2", 0, 1),
        ("[N]=O", "NO", 0, 2),
        ("[C-]#[O+]", "CO", 0, 1),
        ("[LiH]", "HLi", 0, 1),
        ("[Na+].[Cl-]", "ClNa", 0, 1),
        ("c1ccccc1", "C6H6", 0, 1),
        ("[2H]O[3H]", "H2O", 0, 1),
        ("[Cu+2]", "Cu", 2, 2),
        ("[ScH]", "HSc", 0, 1),
        ("[CH3-]", "CH3", -1, 1),
    ],
)
def test_charge_and_multiplicity(smiles: str, formula: str, charge: int, multiplicity: int) -> None:
    molecule = molecule_from_smiles(smiles, name="m").molecule
    assert (molecule.formula, molecule.charge, molecule.multiplicity, molecule.name) == (
        formula,
        charge,
        multiplicity,
        "m",
    )


@pytest.mark.parametrize(
    ("smiles", "longest", "shortest"),
    # CO2 and N2 are 1.41 and 1.46 Å in MMFF94, which has no parameters for them.
    [("N#N", 1.15, 1.05), ("O=C=O", 1.25, 1.15), ("[H][H]", 0.76, 0.70), ("C", 1.12, 1.07)],
)
def test_bonds_are_near_those_of_the_molecule(smiles: str, longest: float, shortest: float) -> None:
    xyz = molecule_from_smiles(smiles).molecule.coordinates * ANGSTROM_PER_BOHR
    if smiles == "O=C=O":
        xyz = xyz[[1, 0, 2]]
    distances = np.linalg.norm(xyz[1:] - xyz[0], axis=1)
    assert shortest < distances.min()
    assert distances.max() < longest


@pytest.mark.parametrize(
    ("smiles", "group"), [("O", "C2v"), ("N", "C3v"), ("C", "Td"), ("C=C", "D2h"), ("N#N", "Dooh")]
)
def test_symmetry_comes_out(smiles: str, group: str) -> None:
    # The sector of the state shrinks with it, so that a structure without would cost more.
    assert run_mean_field(molecule_from_smiles(smiles).molecule, "sto-3g").point_group == group


def test_what_was_done_is_recorded() -> None:
    import rdkit

    version = f"RDKit {rdkit.__version__}"
    assert molecule_from_smiles("O", seed=7).notes == (
        'built from the SMILES "O"',
        f"embedded with ETKDGv3 (seed 7, {version}), MMFF94 minimised",
    )
    assert molecule_from_smiles("N#N").notes[1] == (
        f"embedded with ETKDGv3 (seed 0, {version}), UFF (MMFF94 has no parameters for the bond "
        "N-N) minimised"
    )
    assert molecule_from_smiles("[Ne]").notes == (
        'built from the SMILES "[Ne]"',
        f"one atom, at the origin ({version})",
        "multiplicity 1: the ground state of the free atom",
    )


@pytest.mark.parametrize(
    ("smiles", "note"),
    [
        ("[2H]O", "isotopes are ignored"),
        ("O.O", "several molecules in one SMILES"),
        ("CC(F)Cl", "1 stereo element left open by the SMILES"),
        ("FC=CF", "1 stereo element left open"),
        ("[CH2]", "multiplicity 3: 2 unpaired electrons with parallel spins"),
        ("O=O", "its ground state is a triplet"),
        ("[Li]F", "the bond Li-F is ionic: no force field"),
        ("F[Mg]F", "the bond F-Mg is ionic"),
        ("[Li+].[F-]", "it is a pair of ions: no force field"),
        ("[Cu+2]", "the lowest multiplicity that fits was taken"),
        ("[ScH]", "the lowest multiplicity that fits was taken"),
    ],
)
def test_what_was_assumed_is_said(smiles: str, note: str) -> None:
    assert any(note in found for found in molecule_from_smiles(smiles).notes)


@pytest.mark.parametrize(
    "smiles", ["C[C@H](F)Cl", "F/C=C/F", "CO", "[Li][Li]", "C[N+](C)(C)CC(=O)[O-]"]
)
def test_nothing_is_said_in_vain(smiles: str) -> None:
    assert len(molecule_from_smiles(smiles).notes) == 2


def test_stereochemistry_is_built() -> None:
    def hand(smiles: str) -> float:
        molecule = molecule_from_smiles(smiles).molecule
        order = [molecule.symbols.index(s) for s in ("F", "Cl", "Br", "C")]
        f, cl, br, c = molecule.coordinates[order]
        return float(np.sign(np.linalg.det([f - c, cl - c, br - c])))

    assert hand("[C@H](F)(Cl)Br") == -hand("[C@@H](F)(Cl)Br") != 0

    def across(smiles: str) -> float:
        molecule = molecule_from_smiles(smiles).molecule
        first, second = (k for k, s in enumerate(molecule.symbols) if s == "F")
        return float(np.linalg.norm(molecule.coordinates[first] - molecule.coordinates[second]))

    assert across("F/C=C/F") > across(r"F/C=C\F") + 1.0


def test_the_seed_and_nothing_else_decides() -> None:
    def coordinates(seed: int) -> np.ndarray:
        return molecule_from_smiles("CCCO", seed=seed).molecule.coordinates

    np.testing.assert_array_equal(coordinates(3), coordinates(3))
    np.testing.assert_array_equal(coordinates(-1), coordinates(-1))  # RDKit takes -1 for none
    assert np.abs(coordinates(3) - coordinates(4)).max() > 1e-3
    molecule_from_smiles("CO", seed=10**30)


def test_what_is_asked_for_beats_the_smiles() -> None:
    built = molecule_from_smiles("O", charge=1)
    assert (built.molecule.charge, built.molecule.multiplicity) == (1, 2)
    told = "the structure is that of the neutral molecule, the charge +1 given"
    assert built.notes[-1] == told
    assert told not in molecule_from_smiles("O", charge=0).notes
    assert molecule_from_smiles("[OH-]", charge=-1).notes == molecule_from_smiles("[OH-]").notes
    assert molecule_from_smiles("[CH2]", multiplicity=1).molecule.multiplicity == 1
    assert len(molecule_from_smiles("[CH2]", multiplicity=1).notes) == 2
    assert molecule_from_smiles("[CH2]", charge=0).molecule.multiplicity == 3
    with pytest.raises(InputError, match="multiplicity 2 does not fit"):
        molecule_from_smiles("O", multiplicity=2)


@pytest.mark.parametrize(("smiles", "charge"), [("[OH-]", 0), ("[NH4+]", 2), ("[OH-]", 1)])
def test_a_charge_that_contradicts_the_smiles(smiles: str, charge: int) -> None:
    with pytest.raises(InputError, match=rf"but \+?{charge} is given beside it: correct one"):
        molecule_from_smiles(smiles, charge=charge)


@pytest.mark.parametrize(
    ("smiles", "message"),
    [
        ("", 'the SMILES "" is empty or has a blank in it: write one such as O'),
        ("C C", 'the SMILES "C C" is empty or has a blank in it: write one such as O'),
        ("CC |^1:0|", 'the SMILES "CC |^1:0|" is empty or has a blank in it'),
        ("C\nO", r'the SMILES "C\nO" is empty or has a blank in it'),
        ("C(C", '"C(C" is not a SMILES: correct it'),
        ("H2O", '"H2O" is not a SMILES: correct it'),
        ("C>>C", '"C>>C" is not a SMILES: correct it'),
        ("\x1b[31m", r'"\x1b[31m" is not a SMILES: correct it'),
        ("*C", 'the SMILES "*C" has a wildcard (*): name the element'),
        (
            "C(C)(C)(C)(C)C",
            'the SMILES "C(C)(C)(C)(C)C" is no molecule (Explicit valence for atom # 0 C, 5, is '
            "greater than permitted): correct it",
        ),
        (
            "c1cccc1",
            'the SMILES "c1cccc1" is no molecule (Can\'t kekulize mol. Unkekulized atoms: 0 1 2 3 '
            "4): correct it",
        ),
        ("C1#CC1", 'no structure was found for the SMILES "C1#CC1": look whether its rings'),
        ("C" * 70, f"has 212 atoms, more than {MOST_ATOMS}: a molecule that large cannot be"),
        ("C" * 10_000_000, "has 10000000 characters, more than 2000: a molecule that large"),
        ("(" * 1900, "is not a SMILES: correct it"),
    ],
)
def test_refusals(smiles: str, message: str) -> None:
    found = refusal(smiles)
    assert message in found
    assert len(found) < 300


def test_rdkit_says_nothing_itself(capfd: pytest.CaptureFixture[str]) -> None:
    for smiles in ("C(C", "C(C)(C)(C)(C)C", "c1cccc1", "C1#CC1", "[Fe](Cl)Cl", "N#N"):
        try:
            molecule_from_smiles(smiles)
        except InputError:
            continue
    assert capfd.readouterr() == ("", "")


def test_without_rdkit(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *rest: Any, **options: Any) -> Any:
        if name.split(".")[0] == "rdkit":
            raise ImportError(name)
        return real(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", refuse)
    assert refusal("O") == "reading SMILES needs RDKit: pip install 'qchem-app[smiles]'"


@given(st.text(alphabet="CNOHc1=#()[]+-@/\\.%*23 ", max_size=14))
def test_any_text_is_a_molecule_or_a_sentence(text: str) -> None:
    try:
        built = molecule_from_smiles(text)
    except InputError as error:
        sentence = str(error)
    else:
        sentence = built.notes[0]
        assert built.molecule.n_electrons >= 0
    assert sentence.isprintable()


def test_multiplicity_of_ions() -> None:
    found = [
        atom_multiplicity(*ion) for ion in (("C", 1), ("N", 1), ("Na", 1), ("H", 1), ("Ca", 2))
    ]
    assert found == [2, 3, 1, 1, 1]
    assert atom_multiplicity("Fe", 2) is None
    assert atom_multiplicity("Og", -1) is None


def lines(path: Path, text: str | bytes) -> tuple[SmilesLine, ...]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_smiles_file(path)[1]


def test_file(tmp_path: Path) -> None:
    text = "\ufeffSMILES Name\r\n# a comment\r\n\r\nO water\r\n\tCC  ethane, the gas \r\nC#C\r\n"
    assert lines(tmp_path / "m.smi", text) == (
        SmilesLine(4, "O", "water"),
        SmilesLine(5, "CC", "ethane, the gas"),
        SmilesLine(6, "C#C", ""),
    )


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n", "smiles\n", b"O\x00"])
def test_files_without_smiles(tmp_path: Path, text: str | bytes) -> None:
    with pytest.raises(InputError, match=r"m\.smi: "):
        lines(tmp_path / "m.smi", text)
