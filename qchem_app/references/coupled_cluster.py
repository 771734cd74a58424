"""Coupled cluster with singles and doubles, and with perturbative triples, by PySCF's kernels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.planning.cost import available_memory_mb
from qchem_app.references.amplitudes import SpinAmplitudes
from qchem_app.references.coupled_cluster_cost import cycle_seconds
from qchem_app.references.coupled_cluster_cost import memory_mb as memory_mb
from qchem_app.references.diagnostics import amplitude_record, t1_diagnostic
from qchem_app.references.semicanonical import SpinOrbitals, semicanonical_orbitals
from qchem_app.result import MethodResult

#: Change of the energy (Hartree) and norm of the change of the amplitudes at convergence.
ENERGY_TOLERANCE, AMPLITUDE_TOLERANCE = 1e-9, 1e-6
#: T1 diagnostic above which a single determinant is a poor start: closed and open shell.
T1_LIMITS = (0.02, 0.04)

_INERT_ENERGY = 10.0  # Hartree, of the orbitals that _padded adds
_ONE_THREAD = 16  # orbitals
_LARGEST_CORRELATION = 10.0  # Hartree; an iteration beyond it has diverged
_ABOVE = 1e-6  # Hartree; a solution this much above the determinant is not its ground state

# Settings of PySCF's solver, tried in turn until one converges. The last begins at vanishing
# amplitudes: those of a stretched bond's perturbation theory are huge and lead astray.
_ATTEMPTS: tuple[dict[str, Any], ...] = (
    {"max_cycle": 80},
    {"max_cycle": 150, "diis_space": 12, "diis_start_cycle": 6, "iterative_damping": 0.7},
    {"max_cycle": 300, "diis_space": 12, "iterative_damping": 0.5, "level_shift": 0.3},
)


def coupled_cluster(
    ham: MolecularHamiltonian,
    *,
    triples: bool = True,
    time_limit: float | None = None,
    memory_limit: float | None = None,
) -> list[MethodResult]:
    """CCSD total energy, and CCSD(T) from the same amplitudes.

    Closed shells: spin-restricted CCSD and CCSD(T) (Purvis & Bartlett, DOI 10.1063/1.443164;
    Raghavachari et al., DOI 10.1016/S0009-2614(89)87395-6). Open shells: spin-orbital CCSD on the
    ROHF determinant, CCSD(T) in semicanonical orbitals with the non-Brillouin terms (Watts, Gauss
    & Bartlett, DOI 10.1063/1.464480). Neither is variational.

    A note gives the T1 diagnostic (Lee & Taylor, DOI 10.1002/qua.560360824; for open shells the
    same norm over spin orbitals) where it says that the molecule has multireference character.

    Args:
        triples: add the "ccsd(t)" line.
        time_limit: planned seconds of iterations (a clock would make the answer depend on how busy
            the machine is) after which no further attempt to converge begins; None for no limit.
        memory_limit: megabytes; what the machine has free when None.

    Returns:
        The "ccsd" line and, with `triples`, the "ccsd(t)" line. The time of the second is what it
        costs in all, CCSD included. Without convergence, or memory, `converged` is False and a
        note says so; then "ccsd(t)" has no energy.
    """
    start = perf_counter()
    names = ("ccsd", "ccsd(t)") if triples else ("ccsd",)
    limit = available_memory_mb() if memory_limit is None else memory_limit
    needed = memory_mb(ham.norb, ham.nelec)
    if needed > limit:
        note = f"not run: needs {needed:,.0f} MB of memory, {limit:,.0f} MB allowed"
        return [
            MethodResult(
                name=name,
                energy=None,
                converged=False,
                seconds=0.0,
                cut_short=True,
                notes=(note,),
            )
            for name in names
        ]
    solution = _solve(ham, time_limit)
    results = [
        MethodResult(
            name="ccsd",
            energy=solution.energy,
            converged=solution.converged,
            seconds=perf_counter() - start,
            cut_short=solution.cut_short,
            notes=solution.notes,
            amplitudes=amplitude_record(solution.amplitudes) if solution.converged else None,
        )
    ]
    if triples:
        energy = None
        if solution.converged and solution.energy is not None:
            energy = solution.energy + _triples(ham, solution)
        results.append(
            MethodResult(
                name="ccsd(t)",
                energy=energy,
                converged=energy is not None,
                seconds=perf_counter() - start,
                cut_short=solution.cut_short,
                notes=solution.notes if energy is not None else ("no energy: CCSD failed",),
            )
        )
    return results


def ccsd(ham: MolecularHamiltonian, triples: bool = False) -> MethodResult:
    """The CCSD line alone, or with `triples` the CCSD(T) line: see `coupled_cluster`."""
    return coupled_cluster(ham, triples=triples)[-1]


def ccsd_amplitudes(ham: MolecularHamiltonian) -> SpinAmplitudes:
    """CCSD amplitudes in the Hamiltonian's own orbitals.

    Those of the last iteration where CCSD does not converge: a first guess, not an answer. All
    zero where the iteration diverged.
    """
    return _solve(ham).amplitudes


@dataclass(frozen=True, eq=False)
class _Solution:
    """Outcome of the CCSD iterations; energy is the total, Hartree, None where it diverged."""

    solver: Any  # PySCF's, None where nothing is correlated
    energy: float | None
    converged: bool
    amplitudes: SpinAmplitudes
    cut_short: bool  # the time limit left no further attempt
    notes: tuple[str, ...]


def _solve(ham: MolecularHamiltonian, time_limit: float | None = None) -> _Solution:
    from pyscf import cc, lib

    inert = _has_empty_block(ham)
    padded = _padded(ham) if inert else ham
    orbitals = semicanonical_orbitals(padded)
    mean_field = _mean_field(padded, orbitals)
    closed_shell = ham.nelec[0] == ham.nelec[1]
    solver, planned, cut_short = None, 0.0, False
    # threads cost more than they bring in small spaces
    with lib.with_omp_threads(1 if ham.norb <= _ONE_THREAD else None):
        attempts = _attempts(cc.CCSD if closed_shell else cc.UCCSD, mean_field)
        for tried, solver in enumerate(attempts, start=1):
            if solver.converged and _sound(solver):
                break
            planned += solver.max_cycle * cycle_seconds(ham.norb, ham.nelec)
            if time_limit is not None and planned > time_limit:
                cut_short = tried < len(_ATTEMPTS)
                break
    assert solver is not None
    sound = _sound(solver)
    converged = bool(solver.converged) and sound
    shift = 2 * _INERT_ENERGY if inert else 0.0
    energy = float(solver.e_tot) + shift if sound else None
    amplitudes = _amplitudes(solver, closed_shell)
    if not sound:
        amplitudes = SpinAmplitudes(*(np.zeros_like(t) for t in vars(amplitudes).values()))
    amplitudes = amplitudes.in_basis(orbitals[0].coefficients, orbitals[1].coefficients)
    if inert:
        amplitudes = _without_inert(amplitudes)
    notes = []
    if not converged:
        found = "did not converge" if sound else "diverged"
        if solver.converged and 0 < solver.e_corr < _LARGEST_CORRELATION:
            found = "found only a solution above the reference determinant"
        left = "; the time limit left no further attempt" if cut_short else ""
        notes.append(f"CCSD iterations {found}{left}")
    t1 = t1_diagnostic(amplitudes)
    if t1 > T1_LIMITS[0 if closed_shell else 1]:
        notes.append(f"T1 diagnostic {t1:.3f}: multireference character")
    return _Solution(solver, energy, converged, amplitudes, cut_short, tuple(notes))


def _attempts(method: Any, mean_field: Any) -> Iterator[Any]:
    """PySCF's CCSD solver after each of the attempts, ever more patient."""
    eris = None
    for settings in _ATTEMPTS:
        solver = method(mean_field)
        solver.verbose = 0
        solver.async_io = False  # nothing is on disk, and threads would warn of what overflows
        solver.conv_tol, solver.conv_tol_normt = ENERGY_TOLERANCE, AMPLITUDE_TOLERANCE
        solver.set(**settings)
        eris = solver.ao2mo(solver.mo_coeff) if eris is None else eris
        _iterate(solver, eris, from_zero=settings is _ATTEMPTS[-1])
        solver.eris = eris
        yield solver


def _iterate(solver: Any, eris: Any, *, from_zero: bool) -> None:
    """Run the iterations; where they break down, `e_corr` is NaN and the amplitudes a guess."""
    guess = solver.init_amps(eris)[1:]
    start = [tuple(map(np.zeros_like, t)) if isinstance(t, tuple) else 0 * t for t in guess]
    try:
        with np.errstate(all="ignore"):  # a diverging iteration overflows; its energy tells
            solver.kernel(*(start if from_zero else ()), eris=eris)
    except (np.linalg.LinAlgError, ValueError, AttributeError) as error:
        if not _is_breakdown(error):
            raise
        solver.converged, solver.e_corr, (solver.t1, solver.t2) = False, np.nan, guess


def _is_breakdown(error: Exception) -> bool:
    """Whether DIIS met a singular matrix or numbers that overflowed: no bug, but no answer."""
    if isinstance(error, AttributeError):  # PySCF catches it by a name that NumPy 2.4 lacks
        return error.name == "linalg" and error.obj is np.linalg
    return isinstance(error, np.linalg.LinAlgError) or "infs or NaNs" in str(error)


def _sound(solver: Any) -> bool:
    """Whether the energy is one: finite, and not above the determinant's."""
    correlation = solver.e_corr
    return bool(np.isfinite(correlation)) and -_LARGEST_CORRELATION < correlation < _ABOVE


def _triples(ham: MolecularHamiltonian, solution: _Solution) -> float:
    """The (T) correction, Hartree."""
    n_holes = 2 * ham.norb - sum(ham.nelec)
    if min(sum(ham.nelec), n_holes) < 3:
        return 0.0
    return float(solution.solver.ccsd_t(eris=solution.solver.eris))


def _amplitudes(solver: Any, closed_shell: bool) -> SpinAmplitudes:
    if closed_shell:
        return SpinAmplitudes.from_closed_shell(solver.t1, solver.t2)
    return SpinAmplitudes(*solver.t1, *solver.t2)


def _mean_field(ham: MolecularHamiltonian, orbitals: tuple[SpinOrbitals, SpinOrbitals]) -> Any:
    """A PySCF mean-field object whose "atomic" orbitals are the Hamiltonian's orbitals."""
    from pyscf import ao2mo, gto, scf

    alpha, beta = orbitals
    mol = gto.Mole(verbose=0)
    mol.nelectron, mol.spin = sum(ham.nelec), ham.nelec[0] - ham.nelec[1]
    mol.incore_anyway = True
    mol.build(dump_input=False, parse_arg=False)
    closed_shell = ham.nelec[0] == ham.nelec[1]
    mf = scf.RHF(mol) if closed_shell else scf.UHF(mol)
    mf.get_hcore = lambda *_: ham.h1
    mf.get_ovlp = lambda *_: np.eye(ham.norb)
    mf.energy_nuc = lambda *_: ham.ecore
    mf._eri = ao2mo.restore(8, ham.eri, ham.norb)
    occupations = (
        np.where(np.arange(ham.norb) < alpha.nocc, 1.0, 0.0),
        np.where(np.arange(ham.norb) < beta.nocc, 1.0, 0.0),
    )
    if closed_shell:
        mf.mo_coeff, mf.mo_energy = alpha.coefficients, alpha.energies
        mf.mo_occ = 2 * occupations[0]
    else:
        mf.mo_coeff = np.array((alpha.coefficients, beta.coefficients))
        mf.mo_energy = np.array((alpha.energies, beta.energies))
        mf.mo_occ = np.array(occupations)
    mf.converged = True
    mf.e_tot = float(mf.energy_tot(mf.make_rdm1()))
    return mf


def _has_empty_block(ham: MolecularHamiltonian) -> bool:
    return any(n == 0 or n == ham.norb for n in ham.nelec)


def _padded(ham: MolecularHamiltonian) -> MolecularHamiltonian:
    """The same Hamiltonian with one filled and one empty orbital that couple to nothing.

    PySCF's coupled cluster needs at least one occupied and one virtual orbital of each spin. The
    two orbitals shift the energy by 2 * -_INERT_ENERGY and change nothing else.
    """
    size = ham.norb + 2
    inner = slice(1, size - 1)
    h1 = np.zeros((size, size))
    h1[0, 0], h1[-1, -1] = -_INERT_ENERGY, _INERT_ENERGY
    h1[inner, inner] = ham.h1
    eri = np.zeros((size,) * 4)
    eri[inner, inner, inner, inner] = ham.eri
    orbsym = np.concatenate(([0], ham.orbsym, [0]))
    nelec = (ham.nelec[0] + 1, ham.nelec[1] + 1)
    return MolecularHamiltonian(h1, eri, ham.ecore, nelec, orbsym, ham.point_group)


def _without_inert(amplitudes: SpinAmplitudes) -> SpinAmplitudes:
    """Amplitudes of the Hamiltonian that was padded: without first occupied and last virtual."""
    return SpinAmplitudes(
        t1a=amplitudes.t1a[1:, :-1],
        t1b=amplitudes.t1b[1:, :-1],
        t2aa=amplitudes.t2aa[1:, 1:, :-1, :-1],
        t2ab=amplitudes.t2ab[1:, 1:, :-1, :-1],
        t2bb=amplitudes.t2bb[1:, 1:, :-1, :-1],
    )
