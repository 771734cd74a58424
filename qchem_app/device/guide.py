"""Guide: where solve() takes its orbitals, its ansatz and its first parameters from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qchem_app.chemistry.active_space import ActiveSpace, select_active_space
from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.chemistry.mean_field import MeanField, run_mean_field
from qchem_app.device.optimise import OnStep, optimise
from qchem_app.device.trial import Trial
from qchem_app.molecule import Molecule
from qchem_app.result import MethodResult, Settings
from qchem_app.vqe.multistart import Starts
from qchem_app.vqe.saved_state import OptimiserState
from qchem_app.vqe.solver import VQEOutcome


class Guide:
    """The way of a molecule on its own; a point of a scan goes from its neighbours instead.

    Errors are those of the functions that are called.
    """

    def mean_field(self, molecule: Molecule, settings: Settings) -> MeanField:
        """Converged orbitals."""
        return run_mean_field(
            molecule,
            settings.basis,
            symmetry=settings.symmetry,
            symmetry_tolerance=settings.symmetry_tolerance,
            memory_limit=settings.memory_limit,
        )

    def active_space(self, mean_field: MeanField, settings: Settings) -> ActiveSpace:
        """Which of them the solvers see, and in what order."""
        return select_active_space(
            mean_field,
            settings.active_space,
            time_limit=settings.time_limit,
            memory_limit=settings.memory_limit,
            references=settings.references,
            threads=settings.threads,
        )

    def trial(self, hamiltonian: MolecularHamiltonian, settings: Settings) -> Trial:
        """The ansatz and its exact energies."""
        return Trial.build(hamiltonian, settings)

    def optimise(
        self,
        trial: Trial,
        settings: Settings,
        *,
        methods: Sequence[MethodResult],
        state: OptimiserState | None,
        on_step: OnStep | None,
    ) -> tuple[VQEOutcome, Starts | None]:
        """The search for the lowest energy; see `optimise`. `methods`: the references so far."""
        hartree_fock = next(m.energy for m in methods if m.name == "hf")
        return optimise(
            trial,
            settings,
            state=state,
            reference_energy=hartree_fock or np.inf,
            on_step=on_step,
        )

    def notes(self) -> tuple[str, ...]:
        """What a careful reader of the result should know of it, one sentence each."""
        return ()
