"""SymmetryVerification: only what has the right parities counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, get_args

import numpy as np

from qchem_app.backends.base import Estimate, Ledger, MomentEstimator
from qchem_app.circuits.circuit import Circuit
from qchem_app.errors import InputError, UsageError
from qchem_app.mapping.pauli import PauliSum
from qchem_app.mapping.symmetries import Symmetry
from qchem_app.measurement.clifford import conjugate
from qchem_app.measurement.grouping import Method, make_plan
from qchem_app.measurement.moments import Evaluate, Moments
from qchem_app.measurement.plan import MeasurementGroup, MeasurementPlan, ParityPolynomial
from qchem_app.mitigation.averages import JointMoments
from qchem_app.mitigation.moment_technique import MomentTechnique
from qchem_app.mitigation.projector import projected, projector

Way = Literal["measured", "projection"]


class SymmetryVerification(MomentTechnique):
    r"""The energy of the part of the noisy state that has the right parities.

    .. math:: E = \frac{\mathrm{tr}(\rho H P)}{\mathrm{tr}(\rho P)}

    P projects on the parities of N_alpha, N_beta and the point group that are left on the qubits
    (Bonet-Monroig et al., doi:10.1103/PhysRevA.98.062339; McArdle et al.,
    doi:10.1103/PhysRevLett.122.180501). Two ways to the same number:

    - "measured": the parities are measured together with each group's terms, and outcomes with
      a wrong one are dropped. Groups must commute fully, so some take CNOTs. A fraction <P> of
      the shots is kept: the scatter grows by 1 / <P>.
    - "projection": the terms of H P and P are measured as they stand (symmetry expansion,
      doi:10.22331/q-2021-09-21-548). Single-qubit gates suffice, but there are up to 2^k times as
      many terms with k symmetries, and the scatter grows by up to 1 / <P>^2.

    Exact for errors that change a parity. It fails for errors that do not: two flips that
    compensate, phases, Z errors; and with "measured", for errors in the measuring gates.

    Args:
        inner: measures; its plan is replaced.
        symmetries: of the encoding.
        way: "measured" or "projection".
        grouping: which terms share a circuit; None: fully commuting when measured, qubit-wise
            for the projection.
        plan: ready-made for "measured", by make_plan with these symmetries; None makes one.

    Attributes:
        kept: fraction of the outcomes with the right parities in the last moments; nan before.

    Raises:
        UsageError: no such way.
        InputError: no symmetry is left.
    """

    def __init__(
        self,
        inner: MomentEstimator,
        symmetries: Sequence[Symmetry],
        *,
        way: Way = "measured",
        grouping: Method | None = None,
        plan: MeasurementPlan | None = None,
    ) -> None:
        if way not in get_args(Way):
            raise UsageError(
                f"symmetry verification goes by one of {', '.join(get_args(Way))}, found {way!r}"
            )
        if not symmetries:
            raise InputError(
                "symmetry verification has nothing to verify: the encoding has removed every "
                "symmetry; leave symmetry out, or choose an encoding that keeps some, such as "
                "jordan-wigner without tapering"
            )
        self.symmetries, self.way, self.grouping = tuple(symmetries), way, grouping
        observable = inner.plan.observable
        if plan is None and way == "measured":
            pairs = [(symmetry.mask, symmetry.parity) for symmetry in symmetries]
            plan = make_plan(
                observable,
                grouping or "fully-commuting",
                symmetries=pairs,
                state=inner.plan.state,
            )
        elif plan is None:
            plan = _projection_plan(observable, self.symmetries, grouping or "qubit-wise")
        if way == "measured":
            plan = replace(plan, groups=tuple(_selecting(group) for group in plan.groups))
        super().__init__(inner.with_plan(plan))
        self.kept = float("nan")

    def with_plan(self, plan: MeasurementPlan, evaluate: Evaluate | None = None) -> MomentEstimator:
        """The same with another plan.

        Plans made with symmetries and the estimator's own, with other coefficients perhaps, are
        used as they are; of any other the observable only.

        Raises:
            InputError: a plan that selects outcomes in another way.
        """
        selects = any(_selects(group) for group in plan.groups)
        measures = any(group.symmetries for group in plan.groups)
        if selects and measures != (self.way == "measured"):
            raise InputError(
                f"symmetry verification by way of {self.way} has measuring circuits of its own and "
                "cannot take over a plan that selects outcomes in another way"
            )
        return SymmetryVerification(
            self.inner.with_plan(plan, evaluate),
            self.symmetries,
            way=self.way,
            grouping=self.grouping,
            plan=plan if selects or (measures and self.way == "measured") else None,
        )

    def moments(
        self, circuits: Sequence[Circuit], shots: int | None, rng: np.random.Generator | None
    ) -> tuple[list[Moments], Ledger]:
        """Moments of bound circuits, `shots` shots for each, and what they cost together."""
        moments, ledger = self.inner.moments(circuits, shots, rng)
        if self.way == "projection":
            identity = 0.5 ** len(self.symmetries)
            moments = [_over_the_whole(m, identity) for m in moments]
        self.kept = float(np.mean([m.denominator.mean() for m in moments]))
        return moments, ledger

    def estimate_circuits(
        self, circuits: Sequence[Circuit], shots: int | None, rng: np.random.Generator | None
    ) -> list[Estimate]:
        """Energies of bound circuits, `shots` shots for each.

        Raises:
            InputError: no outcome of some group had the right parities.
        """
        estimates = super().estimate_circuits(circuits, shots, rng)
        if not np.all(np.isfinite([estimate.value for estimate in estimates])):
            raise InputError(
                f"none of the outcomes of a measurement circuit had the right symmetry; give more "
                f"shots than {shots:,} or leave symmetry out"
                if shots is not None
                else "the noise leaves nothing of the right symmetry; leave symmetry out"
            )
        return estimates


def _selects(group: MeasurementGroup) -> bool:
    """Whether outcomes have weights."""
    return bool(np.any(group.denominator.masks))


def _selecting(group: MeasurementGroup) -> MeasurementGroup:
    """The group with numerator and denominator multiplied by the projector."""
    if _selects(group):
        return group
    chosen = ParityPolynomial.one()
    for symmetry in group.symmetries:
        if symmetry is not None:
            mask, bit = symmetry
            half = np.array([0.5, -0.5 if bit else 0.5])
            chosen = chosen * ParityPolynomial(np.array([0, mask], dtype=np.uint64), half)
    return replace(
        group, numerator=group.numerator * chosen, denominator=group.denominator * chosen
    )


def _projection_plan(
    observable: PauliSum, symmetries: Sequence[Symmetry], grouping: Method
) -> MeasurementPlan:
    """Groups that measure <H' P> and <P>, where H' is the observable without its identity term.

    The numerators add up to <H' P>. Each denominator is the identity term of P and those of its
    terms that the group measures, so that they add up to <P> but for the identity, which they
    all have.
    """
    n = observable.n_qubits
    above = projected(observable.without_constant(), symmetries)
    below = projector(n, symmetries)
    # Terms are grouped and given shots by what they add to H' P - e P. At the energy e the
    # scatter of the ratio is that of this operator; the diagonal terms tell e well enough.
    guess = -float(np.abs(above.coefficients[above.x == 0]).sum())
    joint = PauliSum(
        n,
        np.concatenate([above.x, below.x]),
        np.concatenate([above.z, below.z]),
        np.concatenate([np.abs(above.coefficients), np.abs(guess * below.coefficients)]),
    )
    plan = make_plan(joint, grouping)
    groups = []
    for g, group in enumerate(plan.groups):
        x, z = plan.observable.x[group.terms], plan.observable.z[group.terms]
        _, masks, signs = conjugate(group.setting, x, z)
        x, z, masks = (np.append(array, np.uint64(0)) for array in (x, z, masks))
        numerator, denominator = (
            np.append(signs, 1.0) * _coefficients(operator, x, z) for operator in (above, below)
        )
        numerator[-1] *= g == 0
        groups.append(
            replace(
                group,
                numerator=ParityPolynomial(masks, numerator),
                denominator=ParityPolynomial(masks, denominator),
            )
        )
    return replace(plan, observable=observable, groups=tuple(groups))


def _coefficients(operator: PauliSum, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Coefficients of the strings (x, z) in an operator; 0 where it has none."""
    known = {
        (int(a), int(b)): float(c)
        for a, b, c in zip(operator.x, operator.z, operator.coefficients, strict=True)
    }
    return np.array([known.get((int(a), int(b)), 0.0) for a, b in zip(x, z, strict=True)])


def _over_the_whole(moments: Moments, identity: float) -> JointMoments:
    """Moments with denominators that are parts of <P>, with <P> in place of each.

    Args:
        identity: that all the parts have in common.
    """
    n = moments.numerator.size
    whole = moments.denominator.sum() - (n - 1) * identity
    joint = np.zeros((n, 2, n, 2))
    for g, covariance in enumerate(moments.covariance):
        joint[g, 0, g, 0] = covariance[0, 0]
        joint[g, 0, :, 1] = covariance[0, 1]
    joint[:, 1, :, 0] = moments.covariance[:, 0, 1]
    joint[:, 1, :, 1] = moments.covariance[:, 1, 1].sum()
    loadings = moments.loadings
    if loadings is not None:
        loadings = loadings.copy()
        loadings[:, 1] = loadings[:, 1].sum(axis=0)
    return JointMoments(
        moments.constant,
        moments.numerator,
        np.full(n, whole),
        np.array([joint[g, :, g, :] for g in range(n)]),
        joint,
        loadings=loadings,
    )
