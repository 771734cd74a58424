"""What the record says about the mean field and the active space."""

from __future__ import annotations

from qchem_app.chemistry.active_space import ActiveSpace
from qchem_app.chemistry.hamiltonian import MolecularHamiltonian, reference_irrep
from qchem_app.chemistry.mean_field import MeanField
from qchem_app.chemistry.point_group import irrep_label
from qchem_app.result import ActiveSpaceRecord, MeanFieldRecord


def describe_mean_field(mean_field: MeanField) -> MeanFieldRecord:
    """The mean field without its orbitals and integrals."""
    return MeanFieldRecord(
        kind="RHF" if mean_field.kind == "RHF" else "ROHF",
        energy=mean_field.energy,
        converged=mean_field.converged,
        stable=mean_field.stable,
        point_group=mean_field.point_group,
        subgroup=mean_field.subgroup,
        seconds=mean_field.seconds,
        notes=mean_field.notes,
    )


def describe_active_space(
    space: ActiveSpace, hamiltonian: MolecularHamiltonian
) -> ActiveSpaceRecord:
    """The active space, with irreps as the Hamiltonian has them: it may have given up symmetry."""
    return ActiveSpaceRecord(
        requested=space.requested,
        kind=space.kind,
        norb=space.norb,
        nelec=space.nelec,
        n_core=space.n_core,
        n_virtual=space.n_virtual,
        reason=space.reason,
        specification=space.specification,
        wavefunction_irrep=irrep_label(hamiltonian.point_group, reference_irrep(hamiltonian)),
        orbital_irreps=tuple(
            irrep_label(hamiltonian.point_group, int(g)) for g in hamiltonian.orbsym
        ),
        orbital_energies=tuple(space.orbital_energies.tolist()),
    )
