"""Running a list of references on one Hamiltonian."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.chemistry.mean_field import MeanField
from qchem_app.molecule import Molecule
from qchem_app.references.coupled_cluster import coupled_cluster
from qchem_app.references.dft import dft
from qchem_app.references.fci import fci
from qchem_app.references.hartree_fock import hf
from qchem_app.references.perturbation import mp2
from qchem_app.result import MethodResult, Settings


def run_references(
    names: Sequence[str],
    hamiltonian: MolecularHamiltonian,
    molecule: Molecule,
    settings: Settings,
    *,
    mean_field: MeanField | None = None,
    done: Sequence[MethodResult] = (),
    announce: Callable[[str], None] = lambda name: None,
) -> Iterator[MethodResult]:
    """Yield a line for each name, cheapest first; those in `done` are not computed again.

    All but the density functionals share the Hamiltonian's orbitals and active space.

    Args:
        names: canonical names, see `parse_references`.
        mean_field: where it is at hand; the functionals look at its orbitals.
        announce: called with the name before a method starts.
    """
    finished = {method.name: method for method in done}
    functionals = [n for n in names if n not in ("hf", "mp2", "ccsd", "ccsd(t)", "fci")]
    for name in ("hf", "mp2", "ccsd", "ccsd(t)", *functionals, "fci"):
        if name not in names:
            continue
        if name not in finished:  # "ccsd(t)" comes with "ccsd"
            announce(name)
            for method in _run(name, names, hamiltonian, molecule, settings, mean_field):
                finished[method.name] = method
        yield finished[name]


def _run(
    name: str,
    wanted: Sequence[str],
    hamiltonian: MolecularHamiltonian,
    molecule: Molecule,
    settings: Settings,
    mean_field: MeanField | None,
) -> list[MethodResult]:
    if name == "hf":
        return [hf(hamiltonian)]
    if name == "mp2":
        return [mp2(hamiltonian)]
    if name in ("ccsd", "ccsd(t)"):
        both = coupled_cluster(
            hamiltonian,
            triples="ccsd(t)" in wanted,
            time_limit=settings.time_limit,
            memory_limit=settings.memory_limit,
        )
        return [method for method in both if method.name in wanted]
    if name == "fci":
        result = fci(
            hamiltonian,
            time_limit=settings.time_limit,
            memory_limit=settings.memory_limit,
            threads=settings.threads,
        )
        return [result.method]
    return [
        dft(
            molecule,
            settings.basis,
            name,
            symmetry=settings.symmetry,
            symmetry_tolerance=settings.symmetry_tolerance,
            memory_limit=settings.memory_limit,
            mean_field=mean_field,
        )
    ]
