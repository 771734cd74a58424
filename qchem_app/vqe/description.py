"""What the record says about a finished VQE: the state, the engine, the line of the table."""

from __future__ import annotations

import numpy as np

from qchem_app.backends.base import Ledger
from qchem_app.backends.exact import ExactEstimator
from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.civector.rdm import rdm1, spin_squared
from qchem_app.molecule import Molecule
from qchem_app.result import EngineRecord, LedgerRecord, MethodResult, TracePoint, VQERecord
from qchem_app.units import DEBYE_PER_ATOMIC_UNIT
from qchem_app.vqe.solver import VQEOutcome

# <S^2> further than this from S(S + 1) is worth a note: about one per cent of the next spin.
_SPIN_CONTAMINATION = 0.02


def describe_state(estimator: ExactEstimator, outcome: VQEOutcome, molecule: Molecule) -> VQERecord:
    """Expectation values of the CI vector that a VQE ended in."""
    state = estimator.state(outcome.theta)
    alpha, beta = rdm1(estimator.sector, state)
    return outcome_record(
        outcome,
        ansatz=estimator.ansatz.name,
        electrons=(float(np.trace(alpha)), float(np.trace(beta))),
        s_squared=spin_squared(estimator.sector, state),
        density=alpha + beta,
        dipole=dipole_moment(estimator.hamiltonian, alpha + beta, molecule),
    )


def outcome_record(
    outcome: VQEOutcome,
    *,
    ansatz: str,
    electrons: tuple[float, float],
    s_squared: float,
    density: np.ndarray,
    dipole: tuple[float, float, float] | None,
) -> VQERecord:
    """The record of a VQE.

    Args:
        outcome: where it ended.
        ansatz: name of what was varied.
        electrons: <N_alpha>, <N_beta>.
        s_squared: <S^2>.
        density: (norb, norb) spin-summed one-particle density matrix.
        dipole: Debye.
    """
    return VQERecord(
        ansatz=ansatz,
        energy=outcome.energy,
        converged=outcome.converged,
        reason=outcome.reason,
        iterations=outcome.iterations,
        evaluations=outcome.evaluations,
        gradient_norm=outcome.gradient_norm,
        n_particles=sum(electrons),
        s_squared=s_squared,
        s_z=(electrons[0] - electrons[1]) / 2,
        natural_occupations=tuple(np.linalg.eigvalsh(density)[::-1].tolist()),
        dipole_debye=dipole,
        parameters=tuple(outcome.theta.tolist()),
        trace=tuple(TracePoint(**vars(step)) for step in outcome.trace),
        standard_error=outcome.standard_error or None,
        ledger=ledger_record(outcome.ledger) if outcome.ledger.circuits else None,
    )


def ledger_record(ledger: Ledger) -> LedgerRecord:
    """A ledger for the record."""
    return LedgerRecord(
        circuits=ledger.circuits,
        shots=ledger.shots,
        two_qubit_gates=ledger.two_qubit_gates,
        seconds=ledger.wall_seconds,
    )


def describe_engine(estimator: ExactEstimator) -> EngineRecord:
    """Sizes, and the excitations in the order of application: (parameter, alpha, beta) pairs."""
    ansatz, sector = estimator.ansatz, estimator.sector
    return EngineRecord(
        determinants=sector.size,
        determinants_without_symmetry=sector.full_size,
        parameters=ansatz.n_parameters,
        excitations=tuple(
            (int(m), e.alpha, e.beta)
            for m, e in zip(ansatz.parameter, ansatz.excitations, strict=True)
        ),
        ordering=ansatz.ordering,
        qubits=2 * sector.norb,
        threads=estimator.sweep.threads,
    )


def vqe_line(record: VQERecord, nelec: tuple[int, int], seconds: float) -> MethodResult:
    """The VQE's line of the table."""
    notes = []
    if not record.converged:
        notes.append(f"not converged: {record.reason}")
    spin = (nelec[0] - nelec[1]) / 2
    if abs(record.s_squared - spin * (spin + 1)) > _SPIN_CONTAMINATION:
        notes.append(f"spin contaminated: pure <S^2> would be {spin * (spin + 1):.2f}")
    return MethodResult(
        name="vqe",
        energy=record.energy,
        standard_error=record.standard_error,
        converged=record.converged,
        seconds=seconds,
        s_squared=record.s_squared,
        notes=tuple(notes),
    )


def dipole_moment(
    hamiltonian: MolecularHamiltonian, density: np.ndarray, molecule: Molecule
) -> tuple[float, float, float] | None:
    """Dipole moment about the centre of mass, Debye, from the spin-summed density matrix.

    The origin matters for ions only.
    """
    if hamiltonian.dipole is None or hamiltonian.dipole_core is None:
        return None
    from pyscf.data.elements import MASSES

    masses = np.array([MASSES[number] for number in molecule.atomic_numbers])
    centre = masses @ molecule.coordinates / masses.sum()
    moment = (
        -molecule.charge * centre
        + hamiltonian.dipole_core
        + np.einsum("xpq,pq->x", hamiltonian.dipole, density)
    )
    x, y, z = (float(value) for value in moment * DEBYE_PER_ATOMIC_UNIT)
    return x, y, z
