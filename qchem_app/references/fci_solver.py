"""The lowest state of a given multiplicity in one symmetry sector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qchem_app.references.fci_sector import CISector

#: Sectors up to this many determinants are diagonalised as a whole.
DENSE_SIZE = 300
#: Deviation of <S^2> that still counts as the asked multiplicity.
SPIN_TOLERANCE = 1e-4

_MODEL_SIZE = 200  # determinants in the matrix that the first guess comes from
_MODEL_STATES = 12  # of its states, mixed into the guess
_MIXING = 0.05
_DEGENERATE = 1e-7  # Hartree
_PENALTIES = (0.0, 0.5, 2.0)  # Hartree per unit of S^2 in excess
_RESTARTS = 3


class OutOfStepsError(Exception):
    """The state had not converged when the steps were used up."""


@dataclass(frozen=True, eq=False)
class Root:
    """An eigenstate of one sector.

    Attributes:
        energy: Hartree, without ecore.
        s_squared: <S^2>.
        residual: norm of H|c> - E|c>, Hartree.
        converged: residual small enough and spin as asked.
        lower_spin_state: a state of higher multiplicity lies lower in the sector.
        vector: (size,) normalised.
        steps: how often H was applied.
    """

    energy: float
    s_squared: float
    residual: float
    converged: bool
    lower_spin_state: bool
    vector: np.ndarray
    steps: int = 0


def lowest_state(
    sector: CISector,
    *,
    energy_tolerance: float = 1e-10,
    residual_tolerance: float = 1.5e-6,
    max_space: int = 12,
    max_steps: int | None = None,
) -> Root | None:
    """Lowest eigenstate with S = S_z, or None where the sector has no such state.

    Small sectors are diagonalised densely; larger ones by Davidson's method (DOI
    10.1016/0021-9991(75)90065-0). A determinant basis with S_z = S also holds higher spins: the
    spin of the result is measured, and where it is too high the search is repeated with a penalty
    on S^2.

    Args:
        energy_tolerance: change of the energy in the last step, Hartree.
        residual_tolerance: norm of the residual, Hartree.
        max_space: vectors that Davidson keeps before it restarts, twice (with H applied).
        max_steps: how often H may be applied. A clock would make the answer depend on how busy
            the machine is.

    Raises:
        OutOfStepsError: it would have to be applied once more.
    """
    if sector.size == 0:
        return None
    if sector.size <= DENSE_SIZE:
        return _dense(sector)
    davidson = _Davidson(sector, energy_tolerance, residual_tolerance, max_space, max_steps)
    root: Root | None = None
    for penalty in _PENALTIES:
        start = None if root is None else davidson.purified(root.vector)
        start = davidson.guess() if start is None else start
        if start is None:
            return None
        root = davidson.run(start, penalty)
        if root.converged:
            break
    return root


def _target(sector: CISector) -> float:
    n_alpha, n_beta = sector.space.ham.nelec
    spin = (n_alpha - n_beta) / 2
    return spin * (spin + 1)


def _dense(sector: CISector) -> Root | None:
    energies, vectors = np.linalg.eigh(sector.matrix(np.arange(sector.size)))
    target = _target(sector)
    first = 0
    while first < sector.size:
        last = int(np.searchsorted(energies, energies[first] + _DEGENERATE))
        # spins mix inside a degenerate set: diagonalise S^2 there
        part = vectors[:, first:last]
        spun = np.stack([sector.spin_squared(v) for v in part.T], axis=1)
        values, mixing = np.linalg.eigh(part.T @ spun)
        if abs(values[0] - target) < SPIN_TOLERANCE:
            vector = part @ mixing[:, 0]
            return Root(float(energies[first]), float(values[0]), 0.0, True, first > 0, vector)
        first = last
    return None


class _Davidson:
    """Davidson's method in one sector, with what surrounds it to make it trustworthy."""

    def __init__(
        self,
        sector: CISector,
        energy_tolerance: float,
        residual_tolerance: float,
        max_space: int,
        max_steps: int | None,
    ) -> None:
        self.sector = sector
        self.target = _target(sector)
        self.energy_tolerance = energy_tolerance
        self.residual_tolerance = residual_tolerance
        self.max_space = max_space
        self.max_steps = max_steps
        self.steps = 0

    def guess(self) -> np.ndarray | None:
        """Ground state of a small model space, with some of its other low states mixed in.

        Davidson never leaves a symmetry that the point group's Abelian subgroup does not show
        (the angular momentum of a linear molecule or an atom, for one), so the guess must have a
        part of each that could hold the ground state.
        """
        places = self.sector.lowest_determinants(_MODEL_SIZE)
        states = np.linalg.eigh(self.sector.matrix(places))[1]
        for first in range(0, states.shape[1], _MODEL_STATES):
            weights = np.full(states.shape[1], _MIXING)
            weights[:first], weights[first], weights[first + _MODEL_STATES :] = 0.0, 1.0, 0.0
            vector = np.zeros(self.sector.size)
            vector[places] = states @ weights
            pure = self.purified(vector)
            if pure is not None:
                return pure
        # the model space has nothing of this spin, but the sector may
        return self.purified(np.random.default_rng(0).standard_normal(self.sector.size))

    def purified(self, vector: np.ndarray) -> np.ndarray | None:
        """Projection onto the asked spin (Löwdin), normalised; None where little is left."""
        ham = self.sector.space.ham
        electrons = sum(ham.nelec)
        spin = (ham.nelec[0] - ham.nelec[1]) / 2
        highest = min(electrons, 2 * ham.norb - electrons) / 2
        vector = vector / np.linalg.norm(vector)
        other = spin + 1
        while other <= highest:
            value = other * (other + 1)
            vector = (self.sector.spin_squared(vector) - value * vector) / (self.target - value)
            other += 1
        norm = float(np.linalg.norm(vector))
        return vector / norm if norm > 1e-3 else None

    def run(self, start: np.ndarray, penalty: float) -> Root:
        """Lowest eigenstate of H + penalty (S^2 - S(S+1)) that `start` leads to."""
        from pyscf import lib

        def apply(vectors: list[np.ndarray]) -> list[np.ndarray]:
            return [self._apply(v, penalty) for v in vectors]

        diagonal = self.sector.diagonal
        if penalty:
            diagonal = diagonal + penalty * (self.sector.spin_diagonal - self.target)
        vector, residual, energy = start, np.inf, np.inf
        for attempt in range(_RESTARTS):
            _, _, found = lib.davidson1(
                apply,
                [vector],
                lib.make_diag_precond(diagonal, level_shift=1e-3),
                tol=self.energy_tolerance,
                tol_residual=self.residual_tolerance,
                max_cycle=60 * (attempt + 1),
                max_space=self.max_space,
                lindep=1e-14,
                max_memory=1e9,  # megabytes: never to disk, memory was planned for
                verbose=0,
                follow_state=True,
            )
            vector = found[0] / np.linalg.norm(found[0])
            image = self._apply(vector, penalty)
            energy = float(vector @ image)
            residual = float(np.linalg.norm(image - energy * vector))
            if residual < self.residual_tolerance * 1.5:
                break
        s_squared = float(vector @ self.sector.spin_squared(vector))
        excess = s_squared - self.target
        spin_pure = abs(excess) < SPIN_TOLERANCE
        return Root(
            energy=energy - penalty * excess,
            s_squared=s_squared,
            residual=residual,
            converged=residual < self.residual_tolerance * 1.5 and spin_pure,
            lower_spin_state=penalty > 0,
            vector=vector,
            steps=self.steps,
        )

    def _apply(self, vector: np.ndarray, penalty: float) -> np.ndarray:
        if self.steps == self.max_steps:
            raise OutOfStepsError
        self.steps += 1
        image = self.sector.apply(vector)
        if penalty:
            image += penalty * (self.sector.spin_squared(vector) - self.target * vector)
        return image
