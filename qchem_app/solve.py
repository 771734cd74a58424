"""solve(): a molecule in, its ground-state energy beside the references out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np

from qchem_app import provenance
from qchem_app.chemistry.description import describe_active_space, describe_mean_field
from qchem_app.chemistry.hamiltonian import (
    MolecularHamiltonian,
    build_hamiltonian,
)
from qchem_app.chemistry.mean_field import MeanField
from qchem_app.device.device import Device
from qchem_app.device.guide import Guide
from qchem_app.device.measure import measure, measured_lines
from qchem_app.device.preflight import check_qubits
from qchem_app.device.trial import Trial
from qchem_app.errors import InputError
from qchem_app.io.geometry import Geometry, geometry_of, read_geometry
from qchem_app.io.record import input_record
from qchem_app.molecule import Molecule
from qchem_app.planning.cost import available_memory_mb
from qchem_app.progress import Event, Progress
from qchem_app.references.catalogue import default_references
from qchem_app.references.diagnostics import diagnose
from qchem_app.references.run import run_references
from qchem_app.result import (
    ActiveSpaceRecord,
    MeanFieldRecord,
    MeasurementRecord,
    MethodResult,
    Settings,
    SolveResult,
    VQERecord,
)
from qchem_app.verdict import give_verdict, with_errors
from qchem_app.vqe.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from qchem_app.vqe.description import vqe_line
from qchem_app.vqe.saved_state import OptimiserState
from qchem_app.vqe.solver import VQEOutcome

# A run that is killed without warning loses at most this much of its VQE.
_SECONDS_BETWEEN_CHECKPOINTS = 30.0


def solve(
    molecule: Molecule | Geometry | str | Path,
    settings: Settings | None = None,
    *,
    progress: Progress | None = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    guide: Guide | None = None,
) -> SolveResult:
    """Compute the ground-state energy with a VQE, and the references; measure it if asked to.

    Args:
        molecule: a Molecule, what `read_geometry` returns, or the path of a geometry file.
        settings: see `Settings`; the defaults when None.
        progress: called with every event.
        checkpoint: where an interrupted or unconverged run leaves its state (every 30 seconds,
            too); removed when the run that wrote or resumed it converges. None saves nothing.
        resume: go on from `checkpoint`.
        guide: where orbitals, ansatz and first parameters come from; None: from the molecule alone.

    Returns:
        The record; look at `converged`.

    Raises:
        InputError: the molecule, the settings or the checkpoint are not usable.
        ResourceError: the calculation does not fit the machine or the limits.
        KeyboardInterrupt: passed on after the checkpoint is written.
    """
    settings = settings or Settings()
    if isinstance(molecule, str | Path):
        molecule = read_geometry(molecule)
    geometry = geometry_of(molecule) if isinstance(molecule, Molecule) else molecule
    path = None if checkpoint is None else Path(checkpoint)
    run = _Run(geometry, settings, progress, path, resume, guide or Guide())
    with _threads(settings.threads):
        try:
            result = run.result()
        except KeyboardInterrupt:
            run.save()
            raise
    if not result.converged:
        run.save()
    elif path is not None and run.owns_file:
        path.unlink(missing_ok=True)
    return result


class _Run:
    """One call of solve(): the stages that are finished, and where they are saved."""

    def __init__(
        self,
        geometry: Geometry,
        settings: Settings,
        progress: Progress | None,
        path: Path | None,
        resume: bool,
        guide: Guide,
    ) -> None:
        self.geometry, self.path, self.guide = geometry, path, guide
        self.settings = _resolved(settings)
        self.input = input_record(geometry)
        self.progress = progress
        self.scf: MeanField | None = None  # not there in a resumed run
        self.begin = self.saved = time.perf_counter()
        self.done = Checkpoint(provenance.fingerprint(self.input, settings))
        if resume:
            if path is None:
                raise InputError("resume needs the path of a checkpoint, none was given")
            found = load_checkpoint(path)
            if found.fingerprint != self.done.fingerprint:
                raise InputError(
                    f"{path}: this checkpoint belongs to another molecule or other settings; "
                    "repeat the command that wrote it, or start without --resume"
                )
            self.done = found
        self.owns_file = resume  # what another run left is not this one's to remove

    def save(self) -> None:
        if self.path is not None:
            save_checkpoint(self.path, self.done)
            self.saved, self.owns_file = time.perf_counter(), True

    def tell(
        self,
        stage: str,
        message: str,
        iteration: int | None = None,
        energy: float | None = None,
        gradient_norm: float | None = None,
    ) -> None:
        if self.progress:
            seconds = time.perf_counter() - self.begin
            self.progress(Event(stage, message, iteration, energy, gradient_norm, seconds))

    def result(self) -> SolveResult:
        mean_field, active_space, hamiltonian = self.orbitals()
        check_qubits(hamiltonian, self.settings)
        methods = self.references(mean_field, hamiltonian)
        trial, outcome, vqe, line = self.vqe(hamiltonian, methods)
        measurement = self.measurement(trial, outcome.theta)
        methods += [line, *(measured_lines(measurement) if measurement else ())]
        methods = with_errors(methods)
        weight = trial.reference_weight(outcome.theta)
        return SolveResult(
            input=self.input,
            settings=self.settings,
            mean_field=mean_field,
            active_space=active_space,
            methods=tuple(methods),
            vqe=vqe,
            engine=trial.describe_engine(),
            circuit=trial.describe_circuit(outcome.theta),
            measurement=measurement,
            diagnostics=diagnose(methods, vqe, hamiltonian.nelec, weight),
            verdict=give_verdict(methods),
            notes=(*self.geometry.notes, *hamiltonian.notes, *self.guide.notes()),
            provenance=provenance.collect(self.settings),
        )

    def orbitals(self) -> tuple[MeanFieldRecord, ActiveSpaceRecord, MolecularHamiltonian]:
        done, settings = self.done, self.settings
        if done.mean_field and done.active_space and done.hamiltonian:
            return done.mean_field, done.active_space, done.hamiltonian
        self.tell("mean field", "Hartree-Fock")
        scf = self.guide.mean_field(self.geometry.molecule, settings)
        mean_field = describe_mean_field(scf)
        self.scf = scf
        self.tell("mean field", f"{mean_field.kind} in {scf.point_group}", energy=scf.energy)
        space = self.guide.active_space(scf, settings)
        hamiltonian = build_hamiltonian(scf, space)
        active_space = describe_active_space(space, hamiltonian)
        self.tell(
            "active space",
            f"{sum(space.nelec)} electrons in {space.norb} orbitals: {space.reason}",
        )
        self.done = replace(
            done, mean_field=mean_field, active_space=active_space, hamiltonian=hamiltonian
        )
        return mean_field, active_space, hamiltonian

    def references(
        self, mean_field: MeanFieldRecord, hamiltonian: MolecularHamiltonian
    ) -> list[MethodResult]:
        settings = self.settings
        names = settings.references
        if names is None:
            names = default_references(
                hamiltonian,
                self.geometry.molecule,
                settings.basis,
                time_limit=settings.time_limit,
                memory_limit=settings.memory_limit,
                threads=settings.threads,
            )
        if "hf" not in names:  # costs nothing, and every table starts with it
            names = ("hf", *names)
        self.settings = settings.model_copy(update={"references": names})
        lines = []
        for line in run_references(
            names,
            hamiltonian,
            self.geometry.molecule,
            settings,
            mean_field=self.scf,
            done=self.done.methods,
            announce=lambda name: self.tell(name, "running"),
        ):
            if line.name == "hf" and line.converged and not mean_field.converged:
                line = _unconverged(line)
            lines.append(line)
            others = [m for m in self.done.methods if m.name != line.name]
            self.done = replace(self.done, methods=(*others, line))
            self.tell(line.name, "done" if line.converged else "not converged", energy=line.energy)
        return lines

    def vqe(
        self, hamiltonian: MolecularHamiltonian, methods: Sequence[MethodResult]
    ) -> tuple[Trial, VQEOutcome, VQERecord, MethodResult]:
        settings = self.settings
        begin = time.perf_counter()
        if self.done.state and self.done.state.trace:  # the time before the interruption counts
            begin -= self.done.state.trace[-1].seconds
        trial = self.guide.trial(hamiltonian, settings)
        self.tell("vqe", trial.summary)
        if settings.device is not None:
            Device.build(trial, settings, trial.ansatz.initial).check()
        outcome, starts = self.guide.optimise(
            trial,
            settings,
            methods=methods,
            state=self.done.state,
            on_step=self.on_step,
        )
        record = trial.describe(outcome, self.geometry.molecule, starts)
        line = vqe_line(record, hamiltonian.nelec, time.perf_counter() - begin)
        return trial, outcome, record, line

    def measurement(self, trial: Trial, theta: np.ndarray) -> MeasurementRecord | None:
        if self.settings.device is None:
            return None
        return measure(
            trial, theta, self.settings, tell=lambda message: self.tell("qubits", message)
        )

    def on_step(self, state: OptimiserState) -> None:
        self.done = replace(self.done, state=state)
        if state.trace:
            step = state.trace[-1]
            self.tell("vqe", "", step.iteration, step.energy, step.gradient_norm)
        if time.perf_counter() - self.saved > _SECONDS_BETWEEN_CHECKPOINTS:
            self.save()


def _resolved(settings: Settings) -> Settings:
    """The settings with what this machine has, where nothing was asked for."""
    return settings.model_copy(
        update={
            "threads": settings.threads or provenance.usable_threads(),
            "memory_limit": settings.memory_limit or float(round(available_memory_mb())),
        }
    )


def _unconverged(line: MethodResult) -> MethodResult:
    """The Hartree-Fock line where the SCF behind it did not converge."""
    note = "SCF not converged: every line below stands on these orbitals"
    return line.model_copy(update={"converged": False, "notes": (note, *line.notes)})


def _threads(count: int | None) -> AbstractContextManager[object]:
    if count is None:
        return nullcontext()
    from pyscf import lib

    context: AbstractContextManager[object] = lib.with_omp_threads(count)
    return context
