"""One frame or one SMILES as a candidate, under everything that is said about it."""

from __future__ import annotations

from qchem_app.errors import InputError
from qchem_app.io.geometry import Geometry, GeometryFile
from qchem_app.io.smiles import molecule_from_smiles
from qchem_app.io.source import Source, excerpt
from qchem_app.screening.candidate import Candidate
from qchem_app.screening.overrides import Said


def from_frame(
    file: GeometryFile, frame: int | None, said: Said, default: str, label: str
) -> Candidate:
    """A frame of a file, broken where it is no usable molecule.

    Args:
        file: cut into frames.
        frame: from 0; None for the only one.
        said: about it.
        default: its name where neither `said` nor, in a file of several, its comment line names it.
        label: where it stands, for people.
    """
    name = said.name or default
    try:
        geometry = file.geometry(
            frame,
            charge=said.charge,
            multiplicity=said.multiplicity,
            name=said.name or (default if frame is not None else ""),
            renamed=bool(said.name),
        )
        assumed = said.multiplicity is None and not file.says_multiplicity(frame or 0)
    except InputError as error:
        return Candidate(name, label, None, said.settings, error=str(error))
    if not said.name and frame is not None:
        name = geometry.molecule.name
    return Candidate(name, label, geometry, said.settings, notes=_notes(geometry, assumed))


def _notes(geometry: Geometry, assumed: bool) -> tuple[str, ...]:
    """A multiplicity that nobody gave is worth a note: O2 would be a singlet."""
    if not assumed:
        return geometry.notes
    found = geometry.molecule.multiplicity
    return (*geometry.notes, f"no multiplicity is given: {found}, the lowest that fits, was taken")


def from_smiles(smiles: str, said: Said, source: Source, label: str, seed: int) -> Candidate:
    """A molecule built from SMILES, broken where none can be built.

    Args:
        smiles: as it stands in the source.
        said: about it; a seed in its settings beats `seed`.
        source: the file with the SMILES.
        label: where it stands there, for people.
        seed: of the embedding.
    """
    name = said.name or excerpt(smiles, 60)
    try:
        built = molecule_from_smiles(
            smiles,
            seed=said.settings.get("seed", seed),
            charge=said.charge,
            multiplicity=said.multiplicity,
            name=name,
        )
    except InputError as error:
        return Candidate(name, label, None, said.settings, error=f"{label}: {error}")
    geometry = Geometry(built.molecule, source.name, source.sha256, notes=built.notes)
    return Candidate(name, label, geometry, said.settings, notes=built.notes)
