"""Pauli twirling: random Paulis around CNOTs make any noise of theirs a Pauli channel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from qchem_app.backends.base import Ledger, MomentEstimator
from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.errors import InputError, UsageError
from qchem_app.measurement.moments import Evaluate, Moments
from qchem_app.measurement.plan import MeasurementPlan
from qchem_app.mitigation.averages import Stratum, stratified_mean
from qchem_app.mitigation.moment_technique import MomentTechnique
from qchem_app.mitigation.paulis import (
    X_BIT,
    Z_BIT,
    pauli_gates,
    product,
    through_cnot,
    trusted,
)

# Circuits where no number is asked for, and the fewest that show a spread.
_TWIRLS, _FEWEST_TWIRLS = 32, 2
_AXIS = {"rx": 1, "ry": 2, "rz": 3}


class PauliTwirling(MomentTechnique):
    """The mean over circuits with random Paulis around every CNOT.

    Bennett et al., doi:10.1103/PhysRevLett.76.722; Wallman and Emerson,
    doi:10.1103/PhysRevA.94.052325.

    It removes no error: coherent errors of CNOTs, which can add up with the square of their
    number, become random Pauli errors, which add up with the number and which extrapolation and
    error cancellation know how to treat. It fails, makes the energy worse, where the noise is a
    Pauli channel already or where the single-qubit gates that it adds are as noisy as what it
    averages away; errors of single-qubit gates are not twirled. Its variance is that of the same
    number of shots, plus the spread of the twirled circuits.

    Args:
        inner: gives moments of circuits.
        twirls: circuits that share the shots; the error is taken from their spread. None: 32, or
            fewer where there are few shots, as for the many circuits of error cancellation.
        merge: move Paulis forward through rotations, whose signs change, until they meet other
            Paulis or a rotation about the same axis; otherwise each is a gate of its own.
        seed: of the twirls where no outcomes are drawn.

    Raises:
        UsageError: fewer than two twirls.
    """

    def __init__(
        self,
        inner: MomentEstimator,
        *,
        twirls: int | None = None,
        merge: bool = True,
        seed: int = 0,
    ) -> None:
        if twirls is not None and twirls < 2:
            raise UsageError(f"give at least 2 twirled circuits, found {twirls}")
        super().__init__(inner)
        self.twirls, self.merge, self.seed = twirls, merge, seed

    def with_plan(self, plan: MeasurementPlan, evaluate: Evaluate | None = None) -> PauliTwirling:
        """The same estimator with other groups, or another reading of the outcomes."""
        return PauliTwirling(
            self.inner.with_plan(plan, evaluate),
            twirls=self.twirls,
            merge=self.merge,
            seed=self.seed,
        )

    def moments(
        self, circuits: Sequence[Circuit], shots: int | None, rng: np.random.Generator | None
    ) -> tuple[list[Moments], Ledger]:
        """Moments of bound circuits, `shots` shots for each over all its twirls."""
        twirls, settings = self._twirls(shots), len(self.plan.groups)
        if shots is not None and shots < twirls * settings:
            raise InputError(
                f"{shots:,} shots cannot be shared among {twirls} twirled circuits in "
                f"{settings} measurement settings each; give at least {twirls * settings:,}"
                f"{' or fewer twirls' if twirls > _FEWEST_TWIRLS else ''}"
            )
        drawn = np.random.default_rng(self.seed) if rng is None else rng
        copies = [
            twirl(circuit, drawn, merge=self.merge) for circuit in circuits for _ in range(twirls)
        ]
        each = None if shots is None else shots // twirls
        parts, ledger = self.inner.moments(copies, each, rng)
        ones = np.ones(twirls)
        means: list[Moments] = []
        for k in range(len(circuits)):
            own = parts[k * twirls : (k + 1) * twirls]
            drawn_from = [Stratum(1.0, own, ones, ones)]
            means.append(stratified_mean(self.plan, drawn_from, exact=rng is None))
        return means, ledger

    def _twirls(self, shots: int | None) -> int:
        """Circuits that share so many shots, at two shots or more in each setting."""
        if self.twirls is not None:
            return self.twirls
        if shots is None:
            return _TWIRLS
        affordable = shots // (2 * max(len(self.plan.groups), 1))
        return max(_FEWEST_TWIRLS, min(_TWIRLS, affordable))


def twirl(circuit: Circuit, rng: np.random.Generator, *, merge: bool = True) -> Circuit:
    """The same unitary up to a phase, with a random Pauli on both qubits before every CNOT.

    Args:
        circuit: bound.
        rng: draws one of the 16 pairs for each CNOT.
        merge: see `PauliTwirling`.
    """
    gates: list[Gate] = []
    # Paulis that are still to be applied on each qubit to undo what was inserted
    owed = [0] * circuit.n_qubits
    draws = iter(rng.integers(4, size=(circuit.two_qubit_gates, 2)).tolist())

    def apply(qubit: int, pauli: int) -> None:
        last = gates[-1] if merge and gates else None
        if pauli and last and last.qubits == (qubit,) and _AXIS.get(last.name) == pauli:
            gates[-1] = replace(last, angle=last.angle + math.pi)
        else:
            gates.extend(pauli_gates(pauli, qubit))

    for gate in circuit.gates:
        if gate.name == "cx":
            inserted = next(draws)
            for qubit, pauli in zip(gate.qubits, inserted, strict=True):
                apply(qubit, product(owed[qubit], pauli))
            gates.append(gate)
            owed[gate.qubits[0]], owed[gate.qubits[1]] = through_cnot(*inserted)
            if not merge:
                for qubit in gate.qubits:
                    apply(qubit, owed[qubit])
                    owed[qubit] = 0
            continue
        (qubit,) = gate.qubits
        pauli = owed[qubit]
        axis = _AXIS.get(gate.name, 0)
        if axis and axis == pauli:
            gates.append(replace(gate, angle=gate.angle + math.pi))
            owed[qubit] = 0
        elif axis and pauli:
            gates.append(replace(gate, angle=-gate.angle))
        else:
            gates.append(gate)
            if gate.name == "h" and X_BIT[pauli] != Z_BIT[pauli]:
                owed[qubit] = 4 - pauli
    for qubit, pauli in enumerate(owed):
        apply(qubit, pauli)
    return trusted(circuit.n_qubits, gates)
