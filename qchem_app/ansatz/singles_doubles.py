"""The singles and doubles of the UCCSD family: which ones, in what order, with which guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from qchem_app.ansatz.product import ProductAnsatz
from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.civector.excitations import Excitation, Spin
from qchem_app.references.amplitudes import SpinAmplitudes
from qchem_app.references.semicanonical import fock_matrices

ORDERING = (
    "singles act first, by orbital; then doubles, by descending |MP2 amplitude|; "
    "spin-complementary excitations share a parameter and stand together (closed shell)"
)
GIVEN_ORDERING = (
    "as at the point where the scan began (there: singles first, then doubles, by descending "
    "|MP2 amplitude|); spin-complementary excitations share a parameter and stand together "
    "(closed shell)"
)

# Amplitudes that differ by less are ties: symmetry-related ones agree only to rounding.
_TIE_DIGITS = 7
# Denominators of (near-)degenerate orbitals must not blow up the scaled parameters.
_SMALLEST_SCALE = 0.1
# A perturbative amplitude beyond this is a sign of its breakdown, not a rotation angle.
_LARGEST_GUESS = 0.5

_BOTH: tuple[Spin, ...] = ("alpha", "beta")


@dataclass(frozen=True)
class Entry:
    """Excitations that share a parameter.

    Attributes:
        group: the excitations.
        rank: the MP2 amplitude that orders them.
        guess: the amplitude that the first guess is taken from.
    """

    group: tuple[Excitation, ...]
    rank: float
    guess: float


def singles_and_doubles(
    hamiltonian: MolecularHamiltonian,
    order_by: SpinAmplitudes,
    guess: SpinAmplitudes,
    order: Sequence[Excitation] | None = None,
) -> list[Entry]:
    """The symmetry-allowed fermionic singles and doubles, in the order of `ORDERING`.

    Args:
        hamiltonian: integrals over orbitals of which the lowest are occupied.
        order_by: MP2 amplitudes, which fix the order of the doubles.
        guess: amplitudes for the first guess.
        order: excitations whose order beats that of the amplitudes; those not in it come last.
    """
    n_alpha, n_beta = hamiltonian.nelec
    norb, shared = hamiltonian.norb, n_alpha == n_beta
    doubles = _alpha_beta(n_alpha, n_beta, norb, order_by, guess, shared)
    doubles += _same_spin(n_alpha, norb, "alpha", order_by.t2aa, guess.t2aa, shared)
    singles = _singles(n_alpha, norb, "alpha", guess.t1a, shared)
    if not shared:
        doubles += _same_spin(n_beta, norb, "beta", order_by.t2bb, guess.t2bb, shared)
        singles += _singles(n_beta, norb, "beta", guess.t1b, shared)
    doubles.sort(key=lambda entry: -round(abs(entry.rank), _TIE_DIGITS))  # ties by orbital
    entries = [e for e in singles + doubles if e.group[0].irrep(hamiltonian.orbsym) == 0]
    if order is not None:
        rank = {excitation: place for place, excitation in enumerate(order)}
        entries.sort(key=lambda entry: rank.get(entry.group[0], len(rank)))
    return entries


def assemble(
    name: str, hamiltonian: MolecularHamiltonian, entries: list[Entry], ordering: str = ORDERING
) -> ProductAnsatz:
    """The product ansatz of `entries`, one parameter each, scaled by orbital-energy differences."""
    excitations: list[Excitation] = []
    parameter: list[int] = []
    for m, entry in enumerate(entries):
        excitations += entry.group
        parameter += [m] * len(entry.group)
    guesses = np.array([entry.guess for entry in entries], dtype=float)
    return ProductAnsatz(
        name=name,
        excitations=tuple(excitations),
        parameter=np.array(parameter, dtype=np.int64),
        initial=np.clip(guesses, -_LARGEST_GUESS, _LARGEST_GUESS),
        scale=curvatures(hamiltonian, [entry.group for entry in entries]),
        ordering=ordering,
    )


def curvatures(
    hamiltonian: MolecularHamiltonian, groups: list[tuple[Excitation, ...]]
) -> np.ndarray:
    """(n_groups,) half the expected curvature along each parameter, Hartree.

    The orbital-energy cost of the group's excitations. Its magnitude counts, because generalised
    excitations may go downhill.
    """
    alpha, beta = fock_matrices(hamiltonian)
    fock = np.diag(alpha), np.diag(beta)
    costs = [sum(abs(_denominator(e, fock)) for e in group) for group in groups]
    return np.maximum(np.array(costs, dtype=float), _SMALLEST_SCALE)


def _alpha_beta(
    n_alpha: int,
    n_beta: int,
    norb: int,
    order_by: SpinAmplitudes,
    guess: SpinAmplitudes,
    shared: bool,
) -> list[Entry]:
    entries: list[Entry] = []
    for i in range(n_alpha):
        for a in range(n_alpha, norb):
            for j in range(n_beta):
                for b in range(n_beta, norb):
                    if shared and (j, b) < (i, a):
                        continue  # already there as the partner of (j, b), (i, a)
                    group = [Excitation(((a, i),), ((b, j),))]
                    if shared and (j, b) != (i, a):
                        group.append(Excitation(((b, j),), ((a, i),)))
                    where = (i, j, a - n_alpha, b - n_beta)
                    entries.append(Entry(tuple(group), order_by.t2ab[where], guess.t2ab[where]))
    return entries


def _same_spin(
    nocc: int, norb: int, spin: Spin, order_by: np.ndarray, guess: np.ndarray, shared: bool
) -> list[Entry]:
    entries: list[Entry] = []
    for i, j in combinations(range(nocc), 2):
        for a, b in combinations(range(nocc, norb), 2):
            pairs = ((a, i), (b, j))
            spins = _BOTH if shared else (spin,)
            group = tuple(Excitation.of_spin(s, pairs) for s in spins)
            where = (i, j, a - nocc, b - nocc)
            entries.append(Entry(group, order_by[where], guess[where]))
    return entries


def _singles(nocc: int, norb: int, spin: Spin, guess: np.ndarray, shared: bool) -> list[Entry]:
    spins = _BOTH if shared else (spin,)
    return [
        Entry(tuple(Excitation.of_spin(s, ((a, i),)) for s in spins), 0.0, guess[i, a - nocc])
        for i in range(nocc)
        for a in range(nocc, norb)
    ]


def _denominator(excitation: Excitation, fock: tuple[np.ndarray, np.ndarray]) -> float:
    """Orbital-energy cost of an excitation, Hartree."""
    return float(
        sum(fock[0][p] - fock[0][q] for p, q in excitation.alpha)
        + sum(fock[1][p] - fock[1][q] for p, q in excitation.beta)
    )
