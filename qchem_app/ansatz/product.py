"""ProductAnsatz: an ordered product of exponentials of excitations on a reference determinant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qchem_app.civector.excitations import Excitation
from qchem_app.errors import InputError


@dataclass(frozen=True, eq=False)
class ProductAnsatz:
    r"""A family of states, one for each vector of parameters.

    .. math:: |\theta\rangle = \prod_{k} e^{\theta_{m(k)} (\tau_k - \tau_k^\dagger)} |\Phi_0\rangle

    The first excitation in the list acts first. Several excitations may share one parameter.

    Attributes:
        name: what people call it.
        excitations: in the order of application.
        parameter: (n_excitations,) int64, m(k).
        initial: (n_parameters,) first guess, radians.
        scale: (n_parameters,) half the expected curvature of the energy along each parameter,
            Hartree; positive. The optimiser works in units of its square root.
        ordering: how the order was chosen, for the record.
        spread: standard deviation of random first guesses, radians; 0 where the first guess is
            not random.
    """

    name: str
    excitations: tuple[Excitation, ...]
    parameter: np.ndarray
    initial: np.ndarray
    scale: np.ndarray
    ordering: str
    spread: float = 0.0

    def __post_init__(self) -> None:
        n = self.initial.size
        if self.parameter.size != len(self.excitations) or self.scale.size != n:
            raise InputError(
                f"{self.name}: {len(self.excitations)} excitations, {self.parameter.size} "
                f"parameter indices, {n} guesses and {self.scale.size} scales do not fit together"
            )
        if self.parameter.size and not 0 <= self.parameter.min() <= self.parameter.max() < n:
            raise InputError(f"{self.name}: a parameter index lies outside 0 to {n - 1}")

    @property
    def n_parameters(self) -> int:
        """Number of independent parameters."""
        return int(self.initial.size)

    @property
    def frequencies(self) -> np.ndarray:
        """(n_parameters,) highest frequency of the energy along each parameter.

        The generator of one excitation has the eigenvalues 0 and +-i, so the energy has the
        frequencies 0, 1 and 2 (doi:10.1038/s42005-025-02375-9); those of excitations that share
        a parameter add.
        """
        return 2 * np.bincount(self.parameter, minlength=self.n_parameters)

    def angles(self, theta: np.ndarray) -> np.ndarray:
        """(n_excitations,) rotation angle of each excitation, from (n_parameters,) theta.

        Raises:
            InputError: wrong number of parameters.
        """
        theta = np.asarray(theta, dtype=float)
        if theta.shape != self.initial.shape:
            raise InputError(
                f"{self.name} takes {self.n_parameters} parameters, found {theta.shape}"
            )
        return theta[self.parameter]

    def collect(self, gradient: np.ndarray) -> np.ndarray:
        """(n_parameters,) derivatives from the (n_excitations,) derivatives by angle."""
        return np.bincount(self.parameter, weights=gradient, minlength=self.n_parameters)
