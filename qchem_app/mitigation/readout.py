"""ReadoutInversion: energies as if the outcomes had been read without error."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal, get_args

import numpy as np

from qchem_app.backends.base import Ledger, MomentEstimator
from qchem_app.circuits.circuit import Circuit
from qchem_app.errors import UsageError
from qchem_app.measurement.counts import Counts
from qchem_app.measurement.moments import Evaluate, Moments
from qchem_app.measurement.plan import MeasurementPlan, ParityPolynomial
from qchem_app.mitigation.calibration import CalibratedReading, Calibration
from qchem_app.mitigation.moment_technique import MomentTechnique
from qchem_app.mitigation.subspace_inversion import SubspaceInversion

Method = Literal["local", "m3"]
Source = Literal["known", "measured"]

# Up to here a table of all outcomes is cheaper than one look at each outcome and term.
_TABLE_QUBITS = 14
# Tables kept: there is one for each polynomial of a plan.
_MOST_TABLES = 4096


class ReadoutInversion(MomentTechnique):
    r"""Undo readout errors in the value of each outcome.

    Qubits are misread one by one. With p = P(1|0) and r = P(0|1) of a qubit, the numbers

    .. math:: g(0) = \frac{1 + p - r}{1 - p - r}, \quad g(1) = \frac{-1 + p - r}{1 - p - r}

    in place of its signs +1 and -1 have the right mean for either true state (Bravyi et al.,
    doi:10.1103/PhysRevA.103.042605, "tensor product noise"). Numerators and denominators of
    selected outcomes are treated alike. "local" does just this: unbiased for such errors, while
    each parity over w qubits scatters up to (1 - p - r)^-w times as much. "m3" inverts the
    assignment matrix among the outcomes that were seen (doi:10.1103/PRXQuantum.2.040326): less
    scatter when outcomes are few, at the price of a bias that goes with the weight of those not
    seen. Both are wrong where misreading is correlated, and neither touches gate errors.

    A calibration by measurement takes its shots from the budget, anew for every call, and its
    error goes into the standard error by first-order propagation.

    Args:
        inner: measures.
        method: "local" or "m3".
        calibration: "known" takes the noise model's probabilities, "measured" finds them out;
            None: known where there is a model.
        share: of the shots that a measured calibration takes.
        distance: "m3" ignores confusions of outcomes that differ in more bits; None for none.

    Raises:
        UsageError: no such method or source, a share outside 0 to 1, nothing known of the noise.
        InputError: a qubit whose outcome says nothing.
    """

    def __init__(
        self,
        inner: MomentEstimator,
        method: Method = "local",
        *,
        calibration: Source | None = None,
        share: float = 0.1,
        distance: int | None = None,
    ) -> None:
        super().__init__(inner)
        _check(method, get_args(Method), "method")
        noise = inner.sampler.noise
        source: Source = calibration or ("measured" if noise is None else "known")
        _check(source, get_args(Source), "calibration")
        if not 0.0 < share < 1.0:
            raise UsageError(f"the calibration's share of the shots lies in 0 to 1, found {share}")
        self.method, self.calibration, self.share, self.distance = method, source, share, distance
        self._known: CalibratedReading | None = None
        if source == "known":
            if noise is None:
                raise UsageError(
                    f"nothing is known of the readout errors of {inner.sampler.name}; measure "
                    'them with calibration="measured"'
                )
            self._known = self._reading(Calibration.known(noise, inner.circuit.n_qubits))
            self.evaluate = self._known

    def with_plan(self, plan: MeasurementPlan, evaluate: Evaluate | None = None) -> MomentEstimator:
        """The same with other groups; another reading takes this one's place."""
        if evaluate is not None:
            return self.inner.with_plan(plan, evaluate)
        return ReadoutInversion(
            self.inner.with_plan(plan),
            self.method,
            calibration=self.calibration,
            share=self.share,
            distance=self.distance,
        )

    def moments(
        self, circuits: Sequence[Circuit], shots: int | None, rng: np.random.Generator | None
    ) -> tuple[list[Moments], Ledger]:
        """Moments of bound circuits, `shots` shots for each, and what they cost together.

        Circuits measured together share one calibration.
        """
        if self._known is not None:
            return self.inner.with_plan(self.plan, self._known).moments(circuits, shots, rng)
        spent, rest = None, shots
        if shots is not None:
            rest = shots - max(round(self.share * shots), 1)
            spent = (shots - rest) * len(circuits)
            if spent < 2:
                rest, spent = shots - 2, 2 * len(circuits)
        calibration = Calibration.measured(self.sampler, self.circuit.n_qubits, spent, rng)
        reading = self._reading(calibration)
        moments, ledger = self.inner.with_plan(self.plan, reading).moments(circuits, rest, rng)
        return moments, calibration.ledger + ledger

    def _reading(self, calibration: Calibration) -> CalibratedReading:
        if self.method == "local":
            return CalibratedReading(LocalInversion, calibration)
        return CalibratedReading(partial(SubspaceInversion, distance=self.distance), calibration)


class LocalInversion:
    """An Evaluate that replaces the sign of each qubit by numbers of the right mean.

    Args:
        flips: (n_qubits, 2) probabilities P(1|0), P(0|1) of misreading.
    """

    def __init__(self, flips: np.ndarray) -> None:
        p, r = flips[:, 0], flips[:, 1]
        #: (n_qubits, 2) numbers for outcomes 0 and 1.
        self.factors = np.stack([1 + p - r, -1 + p - r], axis=1) / (1 - p - r)[:, None]
        self._tables: dict[ParityPolynomial, np.ndarray] = {}

    def __call__(self, polynomial: ParityPolynomial, counts: Counts) -> np.ndarray:
        """(k,) values of the polynomial at the (k,) outcomes of the counts."""
        if len(self.factors) > _TABLE_QUBITS:
            return polynomial.values(counts.outcomes, self.factors)
        table = self._tables.get(polynomial)
        if table is None:
            if len(self._tables) >= _MOST_TABLES:
                self._tables.clear()
            table = self._tables[polynomial] = self._table(polynomial)
        return table[counts.outcomes.astype(np.int64)]

    def _table(self, polynomial: ParityPolynomial) -> np.ndarray:
        """(2**n_qubits,) values at all outcomes, one qubit of the masks after the other."""
        n = len(self.factors)
        table = np.zeros(1 << n)
        np.add.at(table, polynomial.masks.astype(np.int64), polynomial.coefficients)
        for q, (zero, one) in enumerate(self.factors):
            without, having = np.moveaxis(table.reshape(-1, 2, 1 << q), 1, 0)
            table = np.stack([without + zero * having, without + one * having], axis=1).ravel()
        return table


def _check(word: str, known: Sequence[str], what: str) -> None:
    if word not in known:
        raise UsageError(
            f"the {what} of readout inversion is one of {', '.join(known)}, found {word!r}"
        )
