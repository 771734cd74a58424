"""Follower: a point of a scan that goes on from its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from qchem_app.ansatz.singles_doubles import singles_and_doubles
from qchem_app.chemistry.active_space import ActiveSpace
from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.chemistry.mean_field import MeanField, run_mean_field
from qchem_app.chemistry.point_group import PointGroup
from qchem_app.chemistry.preflight import Limits, describe, forecast
from qchem_app.chemistry.space_request import parse_active_space
from qchem_app.civector.excitations import Excitation
from qchem_app.device.guide import Guide
from qchem_app.device.optimise import OnStep
from qchem_app.device.trial import Trial
from qchem_app.errors import InputError, ResourceError
from qchem_app.molecule import Molecule
from qchem_app.references.perturbation import mp2_amplitudes
from qchem_app.result import MethodResult, Settings
from qchem_app.scan.carry import Carry, parameter_keys, same_branch
from qchem_app.scan.orbital_following import FollowedOrbitals, follow, transport
from qchem_app.scan.prediction import interpolate, predict
from qchem_app.units import MILLIHARTREE_PER_HARTREE
from qchem_app.vqe.multistart import Starts
from qchem_app.vqe.saved_state import OptimiserState
from qchem_app.vqe.solver import VQE, VQEOutcome, VQEState

#: Ansätze whose excitations are ordered by amplitudes, which differ from point to point.
_ORDERED = ("uccsd", "qeb-uccsd")
#: Overlap with the neighbour below which an orbital counts as another one.
_ALIKE = 0.6
#: Hartree above the extrapolation from which a search from scratch is run as well.
_SUSPICIOUS = 0.5 / MILLIHARTREE_PER_HARTREE
#: The same without FCI: of the correlation energy, which is less straight than an error.
_SUSPICIOUS_ALONE = 2.0 / MILLIHARTREE_PER_HARTREE


class Follower(Guide):
    """Takes orbitals, order and parameters from the points around, and leaves its own.

    Hartree-Fock starts from the nearest neighbour's orbitals, too, and the lower solution is
    kept. The active orbitals take the neighbour's order and phases. The parameters are
    extrapolated from up to `MOST_NEIGHBOURS` points, with the quasi-Newton model of the nearest;
    where the first guess of a molecule on its own lies lower, the search starts there. Where the
    energy it finds lies well above what the neighbours let expect, a search from scratch is
    run as well and the lower minimum kept.

    Args:
        position: of this point on the path.
        neighbours: what finished points left, the nearest first; empty for the first point.
        group: point group to use where it holds; None: this point's own.
        own_reference: take the determinant and the parameters from scratch, and only the active
            space and the order of the excitations from the neighbours.
    """

    def __init__(
        self,
        position: float,
        neighbours: Sequence[Carry] = (),
        group: PointGroup | None = None,
        *,
        own_reference: bool = False,
    ) -> None:
        self.position = position
        self.group = group
        self.own_reference = own_reference
        self.neighbours = [c for c in neighbours if same_branch(c, neighbours[0])]
        self.start = "alone"
        self.degree: int | None = None
        self.overlap = 1.0
        self.energies_only = 0
        self._notes: list[str] = []
        self._mean_field: MeanField | None = None
        self._space: ActiveSpace | None = None
        self._order: tuple[Excitation, ...] | None = None
        self._trial: Trial | None = None
        self._outcome: VQEOutcome | None = None
        self._last: VQEState | None = None
        self._energies: dict[str, float] = {}

    def notes(self) -> tuple[str, ...]:
        return tuple(self._notes)

    def mean_field(self, molecule: Molecule, settings: Settings) -> MeanField:
        self._mean_field = run_mean_field(
            molecule,
            settings.basis,
            symmetry=settings.symmetry,
            symmetry_tolerance=settings.symmetry_tolerance,
            memory_limit=settings.memory_limit,
            guess=None
            if self.own_reference or not self.neighbours
            else self.neighbours[0].orbitals.guess,
            like=self.group,
        )
        return self._mean_field

    def active_space(self, mean_field: MeanField, settings: Settings) -> ActiveSpace:
        if not self.neighbours:
            self._space = super().active_space(mean_field, settings)
            return self._space
        before = self.neighbours[0].orbitals
        n_virtual = before.occ.size - before.n_core - before.norb
        if self.neighbours[0].kind == "frozen-core" or before.n_core + n_virtual == 0:
            space = super().active_space(mean_field, settings)
        else:
            space = self._transported(mean_field, settings)
        if space.norb != before.norb or space.mo_coeff.shape[1] != before.occ.size:
            raise InputError(
                f"this point has {space.norb} active of {space.mo_coeff.shape[1]} orbitals, the "
                f"one before it {before.norb} of {before.occ.size}, so they cannot be compared: "
                "choose another active space or basis"
            )
        self._space, self.overlap = follow(before, mean_field, space)
        if self.overlap < _ALIKE:
            self._notes.append(
                "scan: an active orbital changed its character since the neighbouring point "
                f"(overlap {self.overlap:.2f}): the curve may have a step here"
            )
        return self._space

    def _transported(self, mean_field: MeanField, settings: Settings) -> ActiveSpace:
        """The space most like the neighbour's, if it is allowed."""
        request = replace(parse_active_space(settings.active_space), kind=self.neighbours[0].kind)
        reason = "the orbitals most like those of the neighbouring point"
        space = transport(self.neighbours[0].orbitals, mean_field, request, reason)
        limits = Limits.make(
            settings.time_limit, settings.memory_limit, settings.references, settings.threads
        )
        cost = forecast(space.norb, space.nelec, space.orbsym, limits)
        if not limits.allow(cost):
            raise ResourceError(
                f"the active space of the scan needs {describe(cost)} at this point, more than "
                "the limits allow: raise them, or choose a smaller space"
            )
        return replace(space, reason=f"{reason}: {describe(cost)}")

    def trial(self, hamiltonian: MolecularHamiltonian, settings: Settings) -> Trial:
        if settings.ansatz in _ORDERED:
            if self.neighbours:
                self._order = self.neighbours[0].order
            else:
                amplitudes = mp2_amplitudes(hamiltonian)
                # with what symmetry forbids here and may allow elsewhere
                entries = singles_and_doubles(
                    hamiltonian.without_symmetry(), amplitudes, amplitudes
                )
                self._order = tuple(entry.group[0] for entry in entries)
        self._trial = Trial.build(hamiltonian, settings, self._order)
        return self._trial

    def optimise(
        self,
        trial: Trial,
        settings: Settings,
        *,
        methods: Sequence[MethodResult],
        state: OptimiserState | None,
        on_step: OnStep | None,
    ) -> tuple[VQEOutcome, Starts | None]:
        def remember(now: OptimiserState) -> None:
            if isinstance(now, VQEState):
                self._last = now
            if on_step is not None:
                on_step(now)

        def from_scratch() -> tuple[VQEOutcome, Starts | None]:
            return super(Follower, self).optimise(
                trial, settings, methods=methods, state=state, on_step=remember
            )

        self._energies = {m.name: m.energy for m in methods if m.energy is not None and m.converged}
        on_device = settings.device is not None and settings.device.optimize_on == "backend"
        if not self.neighbours or on_device or self.own_reference:
            self.start = "scratch" if self.own_reference else self.start
            self._outcome, starts = from_scratch()
            return self._outcome, starts
        outcome = self._from_neighbours(trial, settings, remember)
        warm, found = self._last, None
        if self._is_suspicious(outcome.energy):
            cold, starts = from_scratch()
            spent = starts.evaluations if starts else cold.evaluations
            total = outcome.evaluations + spent
            if cold.energy < outcome.energy - settings.energy_tolerance:
                self.start = "scratch"
                self._say_kept("from scratch", "from the neighbours", outcome, cold)
                outcome, found = cold, starts
            else:
                self._last = warm
                self._say_kept("from the neighbours", "from scratch", cold, outcome)
            outcome = replace(outcome, evaluations=total)
            found = found and replace(found, evaluations=total)
        self._outcome = outcome
        return outcome, found

    def _from_neighbours(self, trial: Trial, settings: Settings, remember: OnStep) -> VQEOutcome:
        """The search from the extrapolated parameters, or from the guess if that is lower."""
        ansatz = trial.ansatz
        keys = parameter_keys(ansatz)
        positions = [carry.position for carry in self.neighbours]
        unit = np.sqrt(2.0 * ansatz.scale)  # errors then weigh by what they cost
        values = [carry.theta(keys) * unit for carry in self.neighbours]
        predicted, self.degree = predict(positions, values, self.position)
        self.start = "neighbours"
        fallback, reference = np.zeros_like(predicted), self._energies.get("hf", np.inf)
        if ansatz.spread == 0:
            guess = trial.estimator.estimate(ansatz.initial).value
            self.energies_only += 1
            if guess < reference:
                fallback, reference = ansatz.initial, guess
        vqe = VQE(
            trial.estimator,
            ansatz,
            tolerance=settings.energy_tolerance,
            max_iterations=settings.max_iterations,
        )
        outcome = vqe.run(
            predicted / unit,
            reference_energy=reference,
            fallback=fallback,
            curvature=self.neighbours[0].pairs(keys),
            on_step=remember,
        )
        if outcome.fell_back:
            self.start, self.degree = "guess", None
            self._notes.append(
                "scan: the parameters of the neighbouring points lay above the first guess of "
                "this point alone, where the search began"
            )
        return trial.without_penalty(outcome)

    def _is_suspicious(self, energy: float) -> bool:
        """Whether the energy lies well above what the neighbours let expect."""
        name = next(
            (
                name
                for name in ("fci", "hf")
                if name in self._energies and all(name in c.energies for c in self.neighbours[:3])
            ),
            None,
        )
        if name is None or len(self.neighbours) < 3:
            return False
        limit = _SUSPICIOUS if name == "fci" else _SUSPICIOUS_ALONE
        above = energy - self._energies[name]
        expected = []
        for count in range(2, len(self.neighbours) + 1):
            near = self.neighbours[:count]
            if any(name not in c.energies for c in near):
                break
            known = [np.array(c.energies["vqe"] - c.energies[name]) for c in near]
            places = [c.position for c in near]
            expected.append(float(interpolate(places, known, self.position)))
        if above < min(expected) - limit:
            self._notes.append(
                f"scan: {MILLIHARTREE_PER_HARTREE * (min(expected) - above):.2f} mHa below what "
                "the neighbouring points let expect: they may lie on a higher branch"
            )
        return above > max(expected) + limit

    def _say_kept(self, kept: str, other: str, above: VQEOutcome, below: VQEOutcome) -> None:
        gap = MILLIHARTREE_PER_HARTREE * (above.energy - below.energy)
        self._notes.append(
            "scan: the energy was off the extrapolation, so both searches were run; the one "
            f"{kept} is kept, the one {other} ended {abs(gap):.3f} mHa "
            f"{'higher' if gap >= 0 else 'lower'}"
        )

    @property
    def rival(self) -> bool:
        """Whether a lower determinant of the same irrep was left aside for the neighbour's."""
        return self._mean_field is not None and self._mean_field.rival

    def carry(self) -> Carry | None:
        """What this point leaves; None where it did not converge."""
        mean_field, space, trial, outcome = (
            self._mean_field, self._space, self._trial, self._outcome,
        )  # fmt: skip
        if mean_field is None or space is None or trial is None or outcome is None:
            return None
        if not (mean_field.converged and outcome.converged):
            return None
        ansatz = trial.ansatz
        unit = np.sqrt(2.0 * ansatz.scale)
        shape = (-1, ansatz.n_parameters)
        steps, changes = np.zeros((0, unit.size)), np.zeros((0, unit.size))
        if self._last is not None:
            progress = self._last.progress
            steps = np.array(progress.steps).reshape(shape) / unit
            changes = np.array(progress.changes).reshape(shape) * unit
        return Carry(
            position=self.position,
            kind=space.kind,
            orbitals=FollowedOrbitals.of(mean_field, space),
            order=self._order,
            parameters=dict(zip(parameter_keys(ansatz), outcome.theta.tolist(), strict=True)),
            curvature=(steps, changes),
            energies={**self._energies, "vqe": outcome.energy},
        )
