from __future__ import annotations

import pytest
from pyscf import dft as pyscf_dft
from pyscf import gto

from qchem_app.errors import UsageError
from qchem_app.molecule import Molecule
from qchem_app.references import dft as module
from qchem_app.references.dft import NOT_COMPARABLE, dft

WATER = Molecule(("O", "H", "H"), [[0, 0, 0.22], [0, 1.43, -0.886], [0, -1.43, -0.886]])
OXYGEN = Molecule(("O", "O"), [[0, 0, 0], [0, 0, 2.28]], multiplicity=3)
HYDROGEN = Molecule(("H",), [[0, 0, 0]])


def by_pyscf(molecule: Molecule, xc: str, level: int) -> float:
    mol = gto.M(
        atom=[(s, tuple(r)) for s, r in zip(molecule.symbols, molecule.coordinates, strict=True)],
        unit="Bohr",
        basis="sto-3g",
        spin=molecule.multiplicity - 1,
        verbose=0,
    )
    mf = pyscf_dft.RKS(mol) if mol.spin == 0 else pyscf_dft.ROKS(mol)
    mf.xc, mf.grids.level, mf.conv_tol = xc, level, 1e-10
    return float(mf.kernel())


@pytest.mark.parametrize(
    ("molecule", "name", "level"),
    [
        (WATER, "b3lyp", 3),
        (WATER, "lda,vwn", 3),
        (WATER, "0.25*hf+0.75*pbe,pbe", 3),
        (WATER, "m06-2x", 4),
        (OXYGEN, "pbe0", 3),
        (HYDROGEN, "b3lyp", 3),
    ],
)
def test_equals_pyscf_without_symmetry(molecule, name, level):
    line = dft(molecule, "sto-3g", name)
    assert line.energy == pytest.approx(by_pyscf(molecule, name, level), abs=2e-5)
    assert line.converged
    assert line.name == name
    assert line.error_mha is None
    assert line.notes[0] == NOT_COMPARABLE
    assert line.notes[1].endswith(f"grid level {level}")


def test_symmetry_changes_little():
    without = dft(WATER, symmetry=False)
    assert without.energy == pytest.approx(dft(WATER).energy, abs=1e-6)


def test_notes_of_an_open_shell():
    line = dft(OXYGEN, functional="B3LYP")
    assert line.s_squared == 2.0
    assert line.notes == (
        NOT_COMPARABLE,
        "B3LYP with VWN-RPA, as in Gaussian; restricted open-shell; grid level 3",
    )


def test_non_local_correlation_on_its_coarser_grid():
    line = dft(HYDROGEN, functional="wb97x-v")
    assert line.converged
    assert line.energy == pytest.approx(by_pyscf(HYDROGEN, "wb97x-v", 3), abs=1e-6)


def test_no_electrons_leave_the_nuclei():
    line = dft(Molecule(("H", "H"), [[0, 0, 0], [0, 0, 2.0]], charge=2))
    assert (line.energy, line.converged) == (pytest.approx(0.5), True)


def test_no_convergence_is_flagged(monkeypatch):
    from qchem_app.chemistry.scf import Solution

    def give_up(mf, notes):
        notes.append("mean field: gave up")
        return Solution(-75.0, None, None, False)

    monkeypatch.setattr(module, "converge", give_up)
    monkeypatch.setattr(module, "second_order", lambda *a: Solution(-75.0, None, None, False))
    line = dft(WATER)
    assert (line.energy, line.converged) == (-75.0, False)
    assert line.notes[2:4] == ("did not converge", "Kohn-Sham: gave up")


def test_the_name_is_checked_before_anything_else(monkeypatch):
    monkeypatch.setattr(module, "build_mole", lambda *a, **k: pytest.fail("too late"))
    with pytest.raises(UsageError, match="did you mean b3lyp"):
        dft(WATER, functional="b3lpy")


@pytest.mark.parametrize(
    ("xyz", "lower"),
    [("Li 0 0 0; H 0 0 5", -7.749347), ("H 0 0 0; F 0 0 3", -98.614857)],  # plain PySCF, from HF
)
def test_stretched_bonds_do_not_end_in_an_excited_state(xyz, lower):
    atoms = [atom.split() for atom in xyz.split(";")]
    line = dft(Molecule.from_xyz(f"{len(atoms)}\n\n" + "\n".join(map(" ".join, atoms))))
    assert line.converged
    assert line.energy < lower + 1e-5


def test_a_solution_above_hartree_fock_is_flagged(monkeypatch):
    from qchem_app.chemistry.scf import Solution, converge

    def too_high(mf, notes):
        found = converge(mf, notes)
        return Solution(0.0, found.coeff, found.occ, True)

    monkeypatch.setattr(module, "converge", too_high)
    monkeypatch.setattr(
        module, "second_order", lambda mf, coeff, occ: Solution(0, coeff, occ, False)
    )
    assert dft(HYDROGEN).notes[-1] == "above Hartree-Fock: probably not the ground state"
