"""ReferenceStateMitigation: measure what is known already, and correct by the difference."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from qchem_app.backends.base import CircuitEstimator, Estimate
from qchem_app.circuits.circuit import Circuit
from qchem_app.errors import InputError, UsageError
from qchem_app.mapping.symmetries import Symmetry
from qchem_app.mitigation.ideal import ideal_energy, is_clifford
from qchem_app.mitigation.technique import Technique


class ReferenceStateMitigation(Technique[CircuitEstimator]):
    r"""The energy minus the error of the reference determinant in the same circuit.

    .. math:: E = E_\mathrm{noisy}(\theta)
              - [E_\mathrm{noisy}(\theta_0) - E_\mathrm{exact}(\theta_0)]

    The parameters theta_0 make the circuit prepare the Hartree-Fock determinant, whose energy is
    known without a quantum computer; its gates, and so nearly its errors, stay the same (Lolur
    et al., doi:10.1021/acs.jctc.2c00807). Half of the shots go to the reference, and errors add:
    the variance grows fourfold.

    Exact where the noise shifts both energies alike. It fails with strong correlation, where the
    state is far from the reference and suffers other errors, and never removes the part of the
    error that goes with the correlation energy.

    Args:
        inner: gives energies of circuits.
        parameters: (n_parameters,) theta_0 of the circuit; None: zeros.
        symmetries: those by which `inner` selects outcomes.
        share: of the shots, for the reference.

    Raises:
        UsageError: a share outside 0 to 1.
        InputError: the circuit at theta_0 is not a state of known energy.
    """

    def __init__(
        self,
        inner: CircuitEstimator,
        *,
        parameters: np.ndarray | None = None,
        symmetries: Sequence[Symmetry] = (),
        share: float = 0.5,
    ) -> None:
        super().__init__(inner)
        if not 0.0 < share < 1.0:
            raise UsageError(
                f"the reference's share of the shots lies between 0 and 1, found {share}"
            )
        theta = np.zeros(inner.circuit.n_parameters) if parameters is None else parameters
        self.reference, self.share = inner.circuit.bind(theta), share
        if not is_clifford(self.reference):
            raise InputError(
                "reference-state mitigation needs parameters at which the circuit prepares the "
                "reference determinant, but at those given some rotations are no multiple of pi/2"
            )
        #: Energy of the reference, Hartree, without noise.
        self.exact = ideal_energy(self.reference, inner.plan.observable, symmetries)
        if not math.isfinite(self.exact):
            raise InputError(
                "reference-state mitigation needs parameters at which the circuit prepares a "
                "state of the right symmetry; give those of the reference determinant"
            )

    def estimate_circuits(
        self, circuits: Sequence[Circuit], shots: int | None, rng: np.random.Generator | None
    ) -> list[Estimate]:
        """Energies of bound circuits, `shots` shots for each, half of them for the reference.

        The circuits must be the ansatz at other parameters.
        """
        spent, rest = None, None
        if shots is not None:
            spent = round(self.share * shots)
            rest = shots - spent
            least = max(len(self.plan.groups), 1)
            if min(spent, rest) < least:
                raise InputError(
                    f"{shots:,} shots cannot be shared between the circuit and its reference, "
                    f"which are measured in {least:,} settings each; give more shots"
                )
        measured = self.inner.estimate_circuits(circuits, rest, rng)
        known = self.inner.estimate_circuits([self.reference] * len(circuits), spent, rng)
        return [
            Estimate(
                m.value - (k.value - self.exact),
                math.hypot(m.standard_error, k.standard_error),
                m.ledger + k.ledger,
            )
            for m, k in zip(measured, known, strict=True)
        ]
