"""SMILES to a molecule: RDKit's distance geometry and a force field, seeded.

What comes out is a starting structure of a force field, one conformer of one isomer, good to a few
hundredths of an Ångström where the force field knows the bonds.

Distance geometry ETKDGv3: 10.1021/acs.jcim.0c00025; MMFF94:
10.1002/(SICI)1096-987X(199604)17:5/6<490::AID-JCC1>3.0.CO;2-P; UFF: 10.1021/ja00051a040.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np

from qchem_app.errors import InputError
from qchem_app.io.atom_spin import atom_multiplicity
from qchem_app.io.source import excerpt
from qchem_app.molecule import Molecule
from qchem_app.units import BOHR_PER_ANGSTROM

LONGEST_SMILES = 2000
MOST_ATOMS = 200
#: Coordinates are rounded to so many decimals, Å: the last digits differ from machine to machine,
#: and with them the task would be another one.
_DECIMALS = 6
_EMBEDDING_SECONDS = 60
#: (largest gradient, change of energy), kcal/mol and Å, one after the other: tight ones bring out
#: the symmetry of the molecule, and fail where there is nothing left to gain.
_TOLERANCES = ((1e-4, 1e-6), (1e-6, 1e-10), (1e-8, 1e-14))
_STEPS = 2000
_SEEDS = 2**31 - 1  # RDKit's are 32-bit integers, and -1 means none
#: Metals whose bonds to other elements are ionic, which no force field here describes.
_ELECTROPOSITIVE = frozenset(["Li", "Na", "K", "Rb", "Cs", "Be", "Mg", "Ca", "Sr", "Ba", "Al"])
#: Molecules whose usual SMILES has no unpaired electrons while their ground state has two.
_TRIPLETS = ("O=O", "O=S", "S=S")


@dataclass(frozen=True)
class SmilesMolecule:
    """A molecule and how it came about."""

    molecule: Molecule
    notes: tuple[str, ...]


def molecule_from_smiles(
    smiles: str,
    *,
    seed: int = 0,
    charge: int | None = None,
    multiplicity: int | None = None,
    name: str = "molecule",
) -> SmilesMolecule:
    """Build a molecule in three dimensions; the same seed gives the same one.

    Args:
        smiles: without a name or extensions behind it.
        seed: of the embedding.
        charge: where the formal charges have no sum, it beats that with a note: the structure of
            the neutral molecule serves its ions; another sum contradicts it.
        multiplicity: beats what the SMILES says: parallel spins of its radical centres, the
            ground state of a lone atom.
        name: of the molecule.

    Raises:
        InputError: RDKit is missing, or the SMILES is none, no molecule can be built from it, or
            it has a charge that is not the one given.
    """
    shown = excerpt(smiles, 60)
    if len(smiles) > LONGEST_SMILES:
        raise InputError(
            f'the SMILES "{shown}" has {len(smiles)} characters, more than {LONGEST_SMILES}: '
            "a molecule that large cannot be computed"
        )
    rdkit = require_rdkit()
    with _silence():
        mol = _parse(rdkit, smiles, shown)
        formal = int(rdkit.Chem.GetFormalCharge(mol))
        if charge is not None and formal and charge != formal:
            given = f"{charge:+d}" if charge else "0"
            raise InputError(
                f'the SMILES "{shown}" has the charge {formal:+d}, but {given} is given beside '
                "it: correct one of them"
            )
        method = _place(rdkit, mol, shown, seed)
        symbols = [atom.GetSymbol() for atom in mol.GetAtoms()]
        notes = [f'built from the SMILES "{excerpt(smiles, 200)}"', method]
        notes += _remarks(rdkit, mol)
        angstrom = np.round(mol.GetConformer().GetPositions(), _DECIMALS)
        spin, about_spin = _multiplicity(mol, symbols, formal)
        canonical = rdkit.Chem.MolToSmiles(rdkit.Chem.RemoveHs(mol)) if len(symbols) == 2 else ""
    if charge is not None and charge != formal:
        spin, about_spin = 0, ""  # the radical centres are those of another electron count
        notes.append(f"the structure is that of the neutral molecule, the charge {charge:+d} given")
    if multiplicity is None and about_spin:
        notes.append(about_spin)
    if multiplicity is None and canonical in _TRIPLETS:
        notes.append(
            f"{canonical} has no unpaired electrons, so that it is computed as a singlet, but its "
            "ground state is a triplet: give multiplicity 3 for that"
        )
    molecule = Molecule(
        tuple(symbols),
        angstrom * BOHR_PER_ANGSTROM,
        formal if charge is None else charge,
        spin if multiplicity is None else multiplicity,
        name,
    )
    return SmilesMolecule(molecule, tuple(notes))


def require_rdkit() -> Any:
    """RDKit, or InputError with what to install."""
    try:
        import rdkit
        from rdkit import Chem, rdBase  # noqa: F401
        from rdkit.Chem import rdDistGeom, rdForceFieldHelpers  # noqa: F401
    except ImportError:
        raise InputError("reading SMILES needs RDKit: pip install 'qchem-app[smiles]'") from None
    return rdkit


def _silence() -> AbstractContextManager[Any]:
    """RDKit writes to standard error what is said here in a sentence."""
    from rdkit import rdBase

    block: AbstractContextManager[Any] = rdBase.BlockLogs()
    return block


def _parse(rdkit: Any, smiles: str, shown: str) -> Any:
    """The RDKit molecule with all its hydrogen atoms."""
    chem = rdkit.Chem
    if smiles.split() != [smiles]:  # RDKit would read up to the blank
        raise InputError(f'the SMILES "{shown}" is empty or has a blank in it: write one such as O')
    parameters = chem.SmilesParserParams()
    parameters.allowCXSMILES = False
    parameters.parseName = False
    mol = chem.MolFromSmiles(smiles, parameters)
    if mol is None:
        raise InputError(_why_none(chem, smiles, shown, parameters))
    if any(atom.GetAtomicNum() == 0 for atom in mol.GetAtoms()):
        raise InputError(f'the SMILES "{shown}" has a wildcard (*): name the element')
    mol = chem.AddHs(mol)
    if mol.GetNumAtoms() > MOST_ATOMS:
        raise InputError(
            f'the SMILES "{shown}" has {mol.GetNumAtoms()} atoms, more than {MOST_ATOMS}: '
            "a molecule that large cannot be computed"
        )
    return mol


def _why_none(chem: Any, smiles: str, shown: str, parameters: Any) -> str:
    """Why RDKit makes no molecule of a SMILES."""
    parameters.sanitize = False
    mol = chem.MolFromSmiles(smiles, parameters)
    problems = [] if mol is None else chem.DetectChemistryProblems(mol)
    if not problems:
        return f'"{shown}" is not a SMILES: correct it'
    reason = excerpt(" ".join(problems[0].Message().split()), 120)
    return f'the SMILES "{shown}" is no molecule ({reason}): correct it'


def _place(rdkit: Any, mol: Any, shown: str, seed: int) -> str:
    """Give the atoms positions; returns how, for people."""
    chem = rdkit.Chem
    if mol.GetNumAtoms() == 1:
        conformer = chem.Conformer(1)
        mol.AddConformer(conformer)
        return f"one atom, at the origin (RDKit {rdkit.__version__})"
    parameters = chem.rdDistGeom.ETKDGv3()
    parameters.randomSeed = seed % _SEEDS
    if hasattr(parameters, "timeout"):
        parameters.timeout = _EMBEDDING_SECONDS
    how = f"embedded with ETKDGv3 (seed {seed}, RDKit {rdkit.__version__})"
    for random_start in (False, True):
        parameters.useRandomCoords = random_start
        try:
            found = chem.rdDistGeom.EmbedMolecule(mol, parameters)
        except (RuntimeError, ValueError):
            found = -1
        if found >= 0:
            start = " from random positions" if random_start else ""
            return f"{how}{start}, {_minimise(chem.rdForceFieldHelpers, mol)}"
    raise InputError(
        f'no structure was found for the SMILES "{shown}": look whether its rings and '
        "stereochemistry are possible, or give a geometry"
    )


def _minimise(fields: Any, mol: Any) -> str:
    field, name = _force_field(fields, mol)
    if field is None:
        return "not minimised: no force field knows these atoms"
    field.Initialize()
    unfinished = 0
    for force, energy in _TOLERANCES:
        try:
            unfinished = field.Minimize(maxIts=_STEPS, forceTol=force, energyTol=energy)
        except RuntimeError:  # at the minimum the line search finds no direction down
            break
    return f"{name} minimised" + (f", not converged in {_STEPS} steps" if unfinished else "")


def _force_field(fields: Any, mol: Any) -> tuple[Any, str]:
    """MMFF94 where it knows every bond, else UFF; several molecules attract each other."""
    reason = ""
    if fields.MMFFHasAllMoleculeParams(mol):
        properties = fields.MMFFGetMoleculeProperties(mol, mmffVariant="MMFF94")
        unknown = _guessed_bond(properties, mol)
        if not unknown:
            field = fields.MMFFGetMoleculeForceField(
                mol, properties, ignoreInterfragInteractions=False
            )
            if field is not None:
                return field, "MMFF94"
        else:
            reason = f" (MMFF94 has no parameters for the bond {unknown})"
    if fields.UFFHasAllMoleculeParams(mol):
        field = fields.UFFGetMoleculeForceField(mol, ignoreInterfragInteractions=False)
        if field is not None:
            return field, f"UFF{reason}"
    return None, ""


def _guessed_bond(properties: Any, mol: Any) -> str:
    """A bond whose parameters come from MMFF94's rule of thumb, such as "N-N"; "" for none.

    The rule is far off in small molecules: 1.46 Å in N2, 1.41 Å in CO2. Tabulated force constants
    have three decimals, those of the rule have all.
    """
    for bond in mol.GetBonds():
        first, second = bond.GetBeginAtom(), bond.GetEndAtom()
        found = properties.GetMMFFBondStretchParams(mol, first.GetIdx(), second.GetIdx())
        if found is None or abs(found[1] - round(found[1], 3)) > 1e-9:
            return f"{first.GetSymbol()}-{second.GetSymbol()}"
    return ""


def _remarks(rdkit: Any, mol: Any) -> list[str]:
    """What the SMILES leaves open or says in vain."""
    notes = []
    if any(atom.GetIsotope() for atom in mol.GetAtoms()):
        notes.append("isotopes are ignored: nuclear mass does not change the electronic energy")
    if len(rdkit.Chem.GetMolFrags(mol)) > 1:
        notes.append("several molecules in one SMILES: how they lie to each other is arbitrary")
    if ions := _ions(rdkit, mol):
        notes.append(
            f"{ions}: no force field here describes the forces between ions, so that distances can "
            "be off by tenths of an Ångström: give a geometry for energies that count"
        )
    open_centres = sum(
        info.specified == rdkit.Chem.StereoSpecified.Unspecified
        for info in rdkit.Chem.FindPotentialStereo(mol)
    )
    if open_centres:
        notes.append(
            f"{open_centres} stereo element{'s' * (open_centres != 1)} left open by the SMILES: "
            "the seed decides which isomer is built"
        )
    return notes


def _ions(rdkit: Any, mol: Any) -> str:
    """What is ionic: "the bond Li-F is ionic"; "" for nothing."""
    for bond in mol.GetBonds():
        pair = [atom.GetSymbol() for atom in (bond.GetBeginAtom(), bond.GetEndAtom())]
        if sum(symbol in _ELECTROPOSITIVE for symbol in pair) == 1:
            return f"the bond {'-'.join(pair)} is ionic"
    charges = {
        rdkit.Chem.GetFormalCharge(part) for part in rdkit.Chem.GetMolFrags(mol, asMols=True)
    }
    return "it is a pair of ions" if min(charges) < 0 < max(charges) else ""


def _multiplicity(mol: Any, symbols: list[str], charge: int) -> tuple[int, str]:
    """(2S + 1 or 0 for the lowest that fits, why) of what the SMILES describes."""
    if len(symbols) == 1:
        ground = atom_multiplicity(symbols[0], charge)
        if ground is not None:
            return ground, f"multiplicity {ground}: the ground state of the free atom"
        return 0, "the lowest multiplicity that fits was taken for the ion: look whether it is it"
    unpaired = sum(atom.GetNumRadicalElectrons() for atom in mol.GetAtoms())
    n_electrons = sum(atom.GetAtomicNum() for atom in mol.GetAtoms()) - charge
    if unpaired % 2 != n_electrons % 2:  # RDKit counts no radical electrons at metals
        return 0, "the lowest multiplicity that fits was taken: look whether it is the ground state"
    if unpaired > 1:
        return (
            unpaired + 1,
            f"multiplicity {unpaired + 1}: {unpaired} unpaired electrons with parallel spins",
        )
    return unpaired + 1, ""
