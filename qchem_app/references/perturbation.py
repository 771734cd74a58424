"""Second-order Møller-Plesset perturbation theory, closed and open shell."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import numpy as np

from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.references.amplitudes import SpinAmplitudes
from qchem_app.references.semicanonical import SpinOrbitals, semicanonical_orbitals
from qchem_app.result import MethodResult

#: Denominators nearer to zero than this (Hartree) make the series meaningless.
SMALLEST_DENOMINATOR = 1e-4
#: Denominators nearer to zero than this (Hartree) make the energy unreliable.
SMALL_DENOMINATOR = 0.1
#: Couplings below this (Hartree) count as forbidden: their denominators do not matter.
_FORBIDDEN = 1e-9


def mp2(ham: MolecularHamiltonian) -> MethodResult:
    """MP2 total energy of the Hamiltonian's space.

    Closed shells: RMP2. Open shells: restricted open-shell MP2 in semicanonical orbitals with the
    non-Brillouin singles (Knowles et al., Chem. Phys. Lett. 186, 130 (1991), DOI
    10.1016/S0009-2614(91)85118-G; Lauderdale et al., Chem. Phys. Lett. 187, 21 (1991)). The
    energy does not depend on rotations among occupied or among virtual orbitals. A frozen core is
    made of ROHF orbitals; programs that freeze semicanonical ones differ by microhartrees.

    Where a denominator vanishes the energy is None and `converged` False.
    """
    start = perf_counter()
    first = _first_order(ham)
    notes = []
    energy: float | None = ham.ecore + first.energy
    converged = first.smallest_denominator >= SMALLEST_DENOMINATOR
    if not converged:
        energy = None
        notes.append(
            "no energy: occupied and virtual orbitals are degenerate "
            f"(denominator {first.smallest_denominator:.1e} Ha)"
        )
    elif first.smallest_denominator < SMALL_DENOMINATOR:
        notes.append(
            f"near-degenerate orbitals (denominator {first.smallest_denominator:.3f} Ha): "
            "unreliable"
        )
    if first.largest_gap > 0:
        notes.append("an occupied orbital lies above an empty one: unreliable")
    if ham.nelec[0] != ham.nelec[1]:
        notes.append("restricted open-shell MP2 with singles")
    return MethodResult(
        name="mp2",
        energy=energy,
        converged=converged,
        seconds=perf_counter() - start,
        notes=tuple(notes),
    )


def mp2_amplitudes(ham: MolecularHamiltonian) -> SpinAmplitudes:
    """First-order amplitudes in the Hamiltonian's own orbitals, singles included for open shells.

    Amplitudes with a vanishing denominator are left out (zero), so that they can always serve as
    a first guess.
    """
    first = _first_order(ham)
    return first.amplitudes.in_basis(first.alpha.coefficients, first.beta.coefficients)


@dataclass(frozen=True, eq=False)
class _FirstOrder:
    """First-order wavefunction in semicanonical orbitals; energy (Hartree) without ecore."""

    alpha: SpinOrbitals
    beta: SpinOrbitals
    amplitudes: SpinAmplitudes
    energy: float
    smallest_denominator: float
    largest_gap: float  # e_i - e_a; negative where the lowest orbitals are the occupied ones


def _first_order(ham: MolecularHamiltonian) -> _FirstOrder:
    alpha, beta = semicanonical_orbitals(ham)
    aa, ab, bb = (
        _integrals(ham.eri, alpha, alpha),
        _integrals(ham.eri, alpha, beta),
        _integrals(ham.eri, beta, beta),
    )
    parts = [  # (coupling <0|H|excited>, denominator, weight in the energy)
        (alpha.singles, alpha.gaps, 1.0),
        (beta.singles, beta.gaps, 1.0),
        (aa - aa.transpose(0, 1, 3, 2), _pair_gaps(alpha, alpha), 0.25),
        (ab, _pair_gaps(alpha, beta), 1.0),
        (bb - bb.transpose(0, 1, 3, 2), _pair_gaps(beta, beta), 0.25),
    ]
    zeroth = 0.5 * float(np.sum(_one_electron(ham, alpha)) + np.sum(_one_electron(ham, beta)))
    second = 0.0
    smallest = np.inf
    amplitudes = []
    for coupling, gap, weight in parts:
        allowed = np.abs(coupling) > _FORBIDDEN
        smallest = min(smallest, float(np.abs(gap[allowed]).min(initial=np.inf)))
        usable = allowed & (np.abs(gap) >= SMALLEST_DENOMINATOR)
        amplitude = np.divide(coupling, gap, out=np.zeros_like(coupling), where=usable)
        second += weight * float(np.vdot(coupling, amplitude))
        amplitudes.append(amplitude)
    return _FirstOrder(
        alpha=alpha,
        beta=beta,
        amplitudes=SpinAmplitudes(*amplitudes),
        energy=zeroth + second,
        smallest_denominator=smallest,
        largest_gap=max(float(s.gaps.max(initial=-np.inf)) for s in (alpha, beta)),
    )


def _one_electron(ham: MolecularHamiltonian, orbitals: SpinOrbitals) -> np.ndarray:
    """(nocc,) h_ii + f_ii of the occupied orbitals, Hartree."""
    occupied = orbitals.occupied
    bare = np.einsum("pi,pq,qi->i", occupied, ham.h1, occupied, optimize=True)
    total: np.ndarray = bare + orbitals.energies[: orbitals.nocc]
    return total


def _integrals(eri: np.ndarray, first: SpinOrbitals, second: SpinOrbitals) -> np.ndarray:
    """(ia|jb) as (nocc, nocc', nvir, nvir'), i and a of the first set, Hartree."""
    # One index at a time: norb^5 work, and intermediates no larger than eri.
    half = np.tensordot(first.occupied, eri, axes=(0, 0))  # i q r s
    half = np.tensordot(half, first.virtual, axes=(1, 0))  # i r s a
    half = np.tensordot(half, second.occupied, axes=(1, 0))  # i s a j
    full = np.tensordot(half, second.virtual, axes=(1, 0))  # i a j b
    return np.ascontiguousarray(full.transpose(0, 2, 1, 3))


def _pair_gaps(first: SpinOrbitals, second: SpinOrbitals) -> np.ndarray:
    """e_i + e_j - e_a - e_b as (nocc, nocc', nvir, nvir'), Hartree."""
    out: np.ndarray = first.gaps[:, None, :, None] + second.gaps[None, :, None, :]
    return out
