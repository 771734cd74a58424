"""Full configuration interaction in the Hamiltonian's space: the exact reference."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from time import perf_counter
from typing import Literal

from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.chemistry.point_group import irrep_label
from qchem_app.errors import InputError
from qchem_app.planning.cost import available_memory_mb, determinant_irrep
from qchem_app.references.fci_cost import (
    DENSE_SECONDS,
    affordable_space,
    estimate_seconds,
    refusal,
    sector_sizes,
    step_seconds,
)
from qchem_app.references.fci_sector import CISpace
from qchem_app.references.fci_solver import DENSE_SIZE, OutOfStepsError, Root, lowest_state
from qchem_app.result import MethodResult
from qchem_app.units import MILLIHARTREE_PER_HARTREE

_SCREENING = {"energy_tolerance": 1e-6, "residual_tolerance": 1e-3}  # Hartree, of other irreps
_SCREENING_MARGIN = 1e-3  # Hartree; closer to the reference's energy than this is converged fully
_THREADED = 100_000  # determinants below which threads cost more than they bring
_PATIENCE = 3.0  # times the time limit: planned time of the steps after which FCI is stopped
_OTHERS_SHARE = 0.25  # of the time limit, for the irreps that the VQE cannot reach
_USUAL_SHARE = 0.5  # of the planned time that screening another irrep takes
_LOWER = 1e-7  # Hartree; a state this much lower is another state, not noise


@dataclass(frozen=True)
class IrrepState:
    """The lowest state of the asked multiplicity in one irrep.

    Attributes:
        irrep: PySCF's number.
        label: its name in the point group, e.g. "B1u".
        determinants: size of the sector.
        energy: total, Hartree; None where it was not computed (out of time).
        s_squared: <S^2>.
        residual: norm of H|c> - E|c>, Hartree. States well above the reference are only
            screened, to 1e-3: their energy is an upper bound, most often good to 1e-5 Ha. The
            others converge to 1.5e-6.
        seconds: time taken.
    """

    irrep: int
    label: str
    determinants: int
    energy: float | None
    s_squared: float | None
    residual: float | None
    seconds: float


@dataclass(frozen=True)
class FCIResult:
    """The FCI line, and the lowest state of each irrep that was searched.

    Attributes:
        method: the line of the table; its energy is that of `reference`.
        states: one an irrep that has states of the multiplicity, the reference's first. Empty
            when the calculation was refused.
    """

    method: MethodResult
    states: tuple[IrrepState, ...] = ()

    @property
    def reference(self) -> IrrepState | None:
        """Lowest state in the irrep of the reference determinant: what a VQE there can reach."""
        return self.states[0] if self.states else None

    @property
    def ground_state(self) -> IrrepState | None:
        """Lowest state of the multiplicity in all irreps that were searched."""
        found = [state for state in self.states if state.energy is not None]
        return min(found, key=lambda state: state.energy or 0.0, default=None)

    @property
    def complete(self) -> bool:
        """Every irrep that has states of the multiplicity was searched."""
        return bool(self.states) and all(state.energy is not None for state in self.states)


def fci(
    ham: MolecularHamiltonian,
    *,
    irreps: Literal["all", "reference"] = "all",
    wfnsym: int | None = None,
    time_limit: float | None = None,
    memory_limit: float | None = None,
    threads: int | None = None,
) -> FCIResult:
    """Exact lowest state with S = S_z, by irrep (CASCI of the space, symmetry-adapted).

    The reference irrep comes first and to 1e-10 Ha; other irreps follow while they fit the time
    limit. Limits count planned seconds, that is steps of the iteration: a busy machine takes
    longer and gives the same answer. The H|c> kernel is PySCF's `direct_spin1_symm`; PySCF's
    variant for singlets shares its contraction and saves nothing.

    Args:
        irreps: "all", or only the "reference" irrep.
        wfnsym: the reference irrep; that of the determinant filling the lowest orbitals when None.
        time_limit: seconds; None for no limit. A reference irrep that is forecast to take longer
            is refused, and one that needs the steps of three times as long is stopped; the others
            together get a quarter of it.
        memory_limit: megabytes; what the machine has free when None.
        threads: OpenMP threads; PySCF's current number when None.

    Returns:
        A refused or failed calculation has `method.converged` False and a note that says why.

    Raises:
        InputError: the integrals do not have the symmetry that `orbsym` says, or the irrep asked
            for holds no state of the multiplicity.
    """
    start = perf_counter()
    reference = determinant_irrep(ham.nelec, ham.orbsym) if wfnsym is None else wfnsym
    sizes = sector_sizes(ham)
    if reference not in sizes:
        raise InputError(
            f"irrep {irrep_label(ham.point_group, reference)} has no state of multiplicity "
            f"{ham.nelec[0] - ham.nelec[1] + 1} with {sum(ham.nelec)} electrons in "
            f"{ham.norb} orbitals: choose another irrep or active space"
        )
    limit = available_memory_mb() if memory_limit is None else memory_limit
    reason = refusal(ham, reference, memory_limit=limit, time_limit=time_limit, threads=threads)
    if reason:
        return FCIResult(_cut_short(reason, 0.0))
    max_space = affordable_space(ham, max(sizes.values()), limit)
    space = CISpace(ham)
    with _threads(threads, sizes[reference]):
        patience = _Budget(ham, threads, None if time_limit is None else _PATIENCE * time_limit)
        most = patience.steps(sizes[reference])
        try:
            root = lowest_state(space.sector(reference), max_space=max_space, max_steps=most)
        except OutOfStepsError:
            note = f"stopped after {most:,} steps, much more work than planned"
            return FCIResult(_cut_short(note, perf_counter() - start))
        if root is None:
            raise InputError("FCI found no state of the asked multiplicity: choose another irrep")
        took = perf_counter() - start
        states = [_state(ham, reference, sizes[reference], root, took)]
        budget = _Budget(ham, threads, None if time_limit is None else _OTHERS_SHARE * time_limit)
        if irreps == "all":
            others = [g for g in sizes if g != reference]
            # the most promising first: the one with the lowest determinant
            others.sort(key=lambda g: _cheapest(space, g))
            states += [
                _other_state(space, g, sizes[g], states[0], budget, max_space) for g in others
            ]
    return FCIResult(_method(ham, root, states, cut_short=budget.exceeded), tuple(states))


class _Budget:
    """Planned seconds that are left, None without a limit: work is counted, not time.

    Attributes:
        exceeded: something did not fit.
    """

    def __init__(
        self, ham: MolecularHamiltonian, threads: int | None, seconds: float | None
    ) -> None:
        self.ham, self.threads, self.left = ham, threads, seconds
        self.exceeded = False

    def allows(self, irrep: int) -> bool:
        """Whether screening an irrep is expected to fit."""
        if self.left is None:
            return True
        ham = self.ham
        planned = estimate_seconds(
            ham.norb, ham.nelec, ham.orbsym, wfnsym=irrep, threads=self.threads
        )
        fits = _USUAL_SHARE * planned < self.left
        self.exceeded |= not fits
        return fits

    def steps(self, determinants: int) -> int | None:
        """Steps that are left in a sector of this size."""
        if self.left is None:
            return None
        return int(max(0.0, self.left) / self._step(determinants))

    def take(self, determinants: int, steps: int) -> None:
        """These were made, or the sector was diagonalised as a whole."""
        if self.left is not None:
            dense = determinants <= DENSE_SIZE
            self.left -= DENSE_SECONDS if dense else steps * self._step(determinants)

    def _step(self, determinants: int) -> float:
        return step_seconds(self.ham.norb, self.ham.orbsym, determinants, threads=self.threads)


def _cut_short(note: str, seconds: float) -> MethodResult:
    return MethodResult(
        name="fci", energy=None, converged=False, seconds=seconds, cut_short=True, notes=(note,)
    )


def _threads(wanted: int | None, determinants: int) -> AbstractContextManager[object]:
    """PySCF's OpenMP threads for a sector; None leaves them as they are."""
    from pyscf import lib

    count = 1 if determinants < _THREADED else wanted
    context: AbstractContextManager[object] = lib.with_omp_threads(count)
    return context


def _cheapest(space: CISpace, irrep: int) -> float:
    return float(space.sector(irrep).diagonal.min())


def _state(
    ham: MolecularHamiltonian, irrep: int, size: int, root: Root | None, seconds: float
) -> IrrepState:
    return IrrepState(
        irrep=irrep,
        label=irrep_label(ham.point_group, irrep),
        determinants=size,
        energy=None if root is None else ham.ecore + root.energy,
        s_squared=None if root is None else root.s_squared,
        residual=None if root is None else root.residual,
        seconds=seconds,
    )


def _other_state(
    space: CISpace,
    irrep: int,
    size: int,
    reference: IrrepState,
    budget: _Budget,
    max_space: int,
) -> IrrepState:
    """Lowest state of another irrep: converged fully only where it could be the lowest."""
    start = perf_counter()
    root: Root | None = None
    sector = space.sector(irrep)
    if budget.allows(irrep):
        ceiling = (reference.energy or 0.0) - space.ham.ecore + _SCREENING_MARGIN
        for tolerances in (_SCREENING, {}):
            steps = budget.steps(size)
            try:
                root = lowest_state(sector, max_space=max_space, max_steps=steps, **tolerances)
            except OutOfStepsError:
                root = None
                budget.take(size, steps or 0)
                budget.exceeded = True
                break
            budget.take(size, root.steps if root else 0)
            if root is None or size <= DENSE_SIZE or root.energy >= ceiling:
                break
    if root is not None and not root.converged:
        root = None
    return _state(space.ham, irrep, size, root, perf_counter() - start)


def _method(
    ham: MolecularHamiltonian, root: Root, states: list[IrrepState], *, cut_short: bool
) -> MethodResult:
    reference, others = states[0], states[1:]
    energy = ham.ecore + root.energy
    notes = []
    if not root.converged:
        notes.append(
            f"did not converge: residual {root.residual:.1e} Ha, <S^2> {root.s_squared:.4f}"
        )
    found = [state for state in others if state.energy is not None]
    lowest = min(found, key=lambda state: state.energy or 0.0, default=None)
    if lowest is not None and lowest.energy is not None and lowest.energy < energy - _LOWER:
        gap = (energy - lowest.energy) * MILLIHARTREE_PER_HARTREE
        notes.append(
            f"lowest state is in {lowest.label} at {lowest.energy:.8f} Ha, {gap:.3f} mHa below "
            f"{reference.label} of the reference determinant and this line"
        )
    missing = [state.label for state in others if state.energy is None]
    if missing:
        notes.append(f"irreps not searched for a lower state: {', '.join(missing)}")
    searching = sum(state.seconds for state in others)
    if searching >= 1.0:
        notes.append(f"looking for lower states in other irreps took {searching:.0f} s more")
    if root.lower_spin_state:
        notes.append("a state of higher multiplicity lies lower")
    return MethodResult(
        name="fci",
        energy=energy,
        converged=root.converged,
        seconds=reference.seconds,
        s_squared=root.s_squared,
        ground_state_energy=None if lowest is None else min(energy, lowest.energy or energy),
        cut_short=cut_short,
        notes=tuple(notes),
    )
