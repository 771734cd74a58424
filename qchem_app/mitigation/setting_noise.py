"""Noise of the measuring circuits, undone in the coefficients of what they measure.

A basis change is a Clifford circuit, so Pauli errors in it do no more to a measured parity than
shrink its mean by a known factor: the factor is the product over the gates of what each one's
noise leaves of the string that the parity was before. It is divided out; no circuit is added, and
the scatter grows by the factor alone. van den Berg et al., doi:10.1103/PhysRevA.105.032620, do
the same for readout errors.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qchem_app.backends.noise_model import NoiseModel
from qchem_app.circuits.circuit import Circuit
from qchem_app.circuits.schedule import schedule
from qchem_app.errors import InputError
from qchem_app.measurement.clifford import conjugate
from qchem_app.measurement.plan import MeasurementPlan, ParityPolynomial
from qchem_app.mitigation.paulis import FROM_BITS, fidelities

_LEAST_FIDELITY = 1e-3


def without_setting_noise(plan: MeasurementPlan, noise: NoiseModel) -> MeasurementPlan:
    """The plan whose means are those of measuring circuits without noise.

    Args:
        plan: its settings are Clifford circuits.
        noise: all its channels are Pauli channels.

    Raises:
        InputError: a parity of which the noise leaves nothing.
    """
    groups = tuple(
        replace(
            group,
            numerator=_corrected(group.numerator, group.setting, noise),
            denominator=_corrected(group.denominator, group.setting, noise),
        )
        for group in plan.groups
    )
    return replace(plan, groups=groups)


def parity_fidelities(masks: np.ndarray, setting: Circuit, noise: NoiseModel) -> np.ndarray:
    """(k,) factors by which the noise of a setting shrinks the means of parities, (k,) masks."""
    if noise.has_idle_noise:  # as the sampler does: waiting qubits suffer
        setting = schedule(setting, noise.gate_time)
    table = np.array(FROM_BITS)
    x, z = np.zeros_like(masks), masks.copy()
    left = np.ones(masks.size)
    for gate in reversed(setting.gates):
        probabilities = noise.pauli_probabilities(gate)
        if probabilities is None:
            raise InputError(
                f"the noise after {gate.name} on {gate.qubits} is not a Pauli channel; twirl it"
            )
        digit = np.zeros(masks.size, dtype=np.int64)
        for k, qubit in enumerate(gate.qubits):
            bits = [(m >> np.uint64(qubit) & np.uint64(1)).astype(np.int64) for m in (x, z)]
            digit += table[bits[0], bits[1]] << 2 * k
        left *= fidelities(probabilities)[digit]
        x, z, _ = conjugate(Circuit(setting.n_qubits, (gate.inverse(),)), x, z)
    return left


def _corrected(
    polynomial: ParityPolynomial, setting: Circuit, noise: NoiseModel
) -> ParityPolynomial:
    left = parity_fidelities(polynomial.masks, setting, noise)
    if left.size and left.min() < _LEAST_FIDELITY:
        raise InputError(
            f"the noise of a measuring circuit of {len(setting)} gates leaves {left.min():.2g} of "
            "what it measures; group terms qubit-wise"
        )
    return ParityPolynomial(polynomial.masks, polynomial.coefficients / left)
