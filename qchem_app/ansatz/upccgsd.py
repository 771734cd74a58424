"""k-UpCCGSD: layers of generalised orbital rotations and paired doubles."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from qchem_app.ansatz.base import random_guess
from qchem_app.ansatz.product import ProductAnsatz
from qchem_app.ansatz.singles_doubles import curvatures
from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.civector.excitations import Excitation
from qchem_app.errors import InputError

ORDERING = (
    "{k} layers, each of paired doubles and then generalised singles, by orbital; alpha and beta "
    "share the parameter of a single"
)

# Radians. Smaller ones end in the same, often higher minimum; larger ones take longer to converge.
_SPREAD = 0.2


def k_upccgsd(
    hamiltonian: MolecularHamiltonian,
    k: int = 1,
    seed: int = 0,
    *,
    spread: float = _SPREAD,
) -> ProductAnsatz:
    """Unitary paired coupled cluster with generalised singles and doubles, k layers.

    doi:10.1021/acs.jctc.8b01004. The number of parameters grows with the square of the number of
    orbitals, and the energies depend on the first guess: start several times and keep the lowest
    (`vqe.multistart`). Singles between orbitals of different irreps are left out. The state
    keeps the total spin of the reference.

    Args:
        hamiltonian: integrals over orbitals of which the lowest are occupied.
        k: number of layers.
        seed: of the random first guess.
        spread: standard deviation of the first guess, radians.

    Raises:
        InputError: no layers.
    """
    if k < 1:
        raise InputError(f"k-UpCCGSD needs at least one layer, found k = {k}")
    pairs = [(q, p) for p, q in combinations(range(hamiltonian.norb), 2)]
    doubles = [(Excitation(((q, p),), ((q, p),)),) for q, p in pairs]
    singles = [(Excitation(((q, p),)), Excitation((), ((q, p),))) for q, p in pairs]
    layer: list[tuple[Excitation, ...]] = [*doubles, *singles]
    layer = [group for group in layer if group[0].irrep(hamiltonian.orbsym) == 0]
    groups = layer * k
    return ProductAnsatz(
        name=f"{k}-upccgsd",
        excitations=tuple(excitation for group in groups for excitation in group),
        parameter=np.array([m for m, group in enumerate(groups) for _ in group], dtype=np.int64),
        initial=random_guess(len(groups), spread, seed),
        scale=np.tile(curvatures(hamiltonian, layer), k),
        ordering=ORDERING.format(k=k),
        spread=spread,
    )
