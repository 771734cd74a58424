"""UCCSD in product form: which excitations, in what order, with which first guess."""

from __future__ import annotations

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

# Amplitudes that differ by less are ties: symmetry-related ones agree only to rounding.
_TIE_DIGITS = 7
# Denominators of (near-)degenerate orbitals must not blow up the scaled parameters.
_SMALLEST_SCALE = 0.1
# A perturbative amplitude beyond this is a sign of its breakdown, not a rotation angle.
_LARGEST_GUESS = 0.5


def uccsd(
    hamiltonian: MolecularHamiltonian,
    order_by: SpinAmplitudes,
    guess: SpinAmplitudes | None = None,
) -> ProductAnsatz:
    """Unitary coupled cluster with singles and doubles, first-order Trotter form.

    Reviewed in doi:10.1039/D1CS00932J; the dependence of the product form on the order in
    doi:10.1021/acs.jctc.9b01083. Written as operators, doubles stand before singles and the
    largest double next to them, so that singles act on the reference first: of the orders that
    were tried this gives the lowest energies (docs/decisions.md). Excitations that change the
    irrep of the state are left out: their amplitudes vanish.

    Args:
        hamiltonian: integrals over orbitals of which the lowest are occupied.
        order_by: MP2 amplitudes, which fix the order of the doubles.
        guess: amplitudes for the first guess; `order_by` when None.
    """
    guess = guess or order_by
    n_alpha, n_beta = hamiltonian.nelec
    shared = n_alpha == n_beta
    doubles = _alpha_beta(n_alpha, n_beta, hamiltonian.norb, order_by, guess, shared)
    doubles += _same_spin(n_alpha, hamiltonian.norb, "alpha", order_by.t2aa, guess.t2aa, shared)
    singles = _singles(n_alpha, hamiltonian.norb, "alpha", guess.t1a, shared)
    if not shared:
        doubles += _same_spin(n_beta, hamiltonian.norb, "beta", order_by.t2bb, guess.t2bb, shared)
        singles += _singles(n_beta, hamiltonian.norb, "beta", guess.t1b, shared)
    doubles.sort(key=lambda entry: -round(abs(entry[1]), _TIE_DIGITS))  # stable: ties by orbital
    allowed = [e for e in singles + doubles if e[0][0].irrep(hamiltonian.orbsym) == 0]

    alpha, beta = fock_matrices(hamiltonian)
    fock = np.diag(alpha), np.diag(beta)
    excitations: list[Excitation] = []
    parameter: list[int] = []
    initial, scale = np.zeros(len(allowed)), np.zeros(len(allowed))
    for m, (group, _, amplitude) in enumerate(allowed):
        excitations += group
        parameter += [m] * len(group)
        initial[m] = np.clip(amplitude, -_LARGEST_GUESS, _LARGEST_GUESS)
        scale[m] = max(sum(_denominator(e, fock) for e in group), _SMALLEST_SCALE)
    return ProductAnsatz(
        name="uccsd",
        excitations=tuple(excitations),
        parameter=np.array(parameter, dtype=np.int64),
        initial=initial,
        scale=scale,
        ordering=ORDERING,
    )


_BOTH: tuple[Spin, ...] = ("alpha", "beta")

# Excitations that share a parameter, the MP2 amplitude that orders them, the first guess.
_Entry = tuple[list[Excitation], float, float]


def _alpha_beta(
    n_alpha: int,
    n_beta: int,
    norb: int,
    order_by: SpinAmplitudes,
    guess: SpinAmplitudes,
    shared: bool,
) -> list[_Entry]:
    entries: list[_Entry] = []
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
                    entries.append((group, order_by.t2ab[where], guess.t2ab[where]))
    return entries


def _same_spin(
    nocc: int, norb: int, spin: Spin, order_by: np.ndarray, guess: np.ndarray, shared: bool
) -> list[_Entry]:
    entries: list[_Entry] = []
    for i, j in combinations(range(nocc), 2):
        for a, b in combinations(range(nocc, norb), 2):
            pairs = ((a, i), (b, j))
            group = [Excitation.of_spin(s, pairs) for s in (_BOTH if shared else (spin,))]
            where = (i, j, a - nocc, b - nocc)
            entries.append((group, order_by[where], guess[where]))
    return entries


def _singles(nocc: int, norb: int, spin: Spin, guess: np.ndarray, shared: bool) -> list[_Entry]:
    entries: list[_Entry] = []
    for i in range(nocc):
        for a in range(nocc, norb):
            pairs = ((a, i),)
            group = [Excitation.of_spin(s, pairs) for s in (_BOTH if shared else (spin,))]
            entries.append((group, 0.0, guess[i, a - nocc]))
    return entries


def _denominator(excitation: Excitation, fock: tuple[np.ndarray, np.ndarray]) -> float:
    """Orbital-energy cost of an excitation, Hartree."""
    return float(
        sum(fock[0][p] - fock[0][q] for p, q in excitation.alpha)
        + sum(fock[1][p] - fock[1][q] for p, q in excitation.beta)
    )
