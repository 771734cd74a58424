"""What samplers share: checks of a request, misread bits, and drawing of counts."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from qchem_app.backends.noise_model import NoiseModel
from qchem_app.circuits.circuit import Circuit
from qchem_app.errors import InputError
from qchem_app.measurement.counts import Counts


def common_width(circuits: Sequence[Circuit]) -> int:
    """The number of qubits that all circuits have.

    Raises:
        InputError: they differ, or there are no circuits.
    """
    widths = sorted({circuit.n_qubits for circuit in circuits})
    if len(widths) > 1:
        raise InputError(
            f"circuits that run together need the same number of qubits, found "
            f"{' and '.join(map(str, widths))}"
        )
    if not widths:
        raise InputError("there is no circuit to run: give at least one")
    return widths[0]


def check_request(
    circuits: Sequence[Circuit], settings: Sequence[Circuit], shots: np.ndarray | None
) -> None:
    """Check what `Sampler.sample` is asked for.

    Raises:
        InputError: free parameters, different widths, a table of shots of the wrong shape, or
            fewer than one shot.
    """
    common_width([*circuits, *settings])
    for circuit in (*circuits, *settings):
        if not circuit.is_bound:
            raise InputError(
                f"the circuit has {circuit.n_parameters} free parameters: bind them before it runs"
            )
    if shots is None:
        return
    expected = (len(circuits), len(settings))
    if np.shape(shots) != expected:
        raise InputError(
            f"{expected[0]} circuits in {expected[1]} settings need {expected} numbers of shots, "
            f"found {np.shape(shots)}"
        )
    least = int(np.min(shots, initial=1))
    if least < 1:
        raise InputError(f"every measured circuit needs at least 1 shot, found {least}")


def misread(probabilities: np.ndarray, noise: NoiseModel | None) -> np.ndarray:
    """(..., 2**n) probabilities of what is read, from those of what there is.

    Each qubit is misread on its own: a tensor product of confusion matrices.
    """
    if noise is None or not noise.has_readout_error:
        return probabilities
    shape = probabilities.shape
    for q in range(shape[-1].bit_length() - 1):
        up, down = noise.readout(q)
        if up == down == 0.0:
            continue
        bits = probabilities.reshape(-1, shape[-1] >> (q + 1), 2, 1 << q)
        zero, one = bits[:, :, 0], bits[:, :, 1]
        read = [(1.0 - up) * zero + down * one, up * zero + (1.0 - down) * one]
        probabilities = np.stack(read, axis=2)
    return probabilities.reshape(shape)


def draw(
    probabilities: np.ndarray, shots: np.ndarray | None, rng: np.random.Generator | None
) -> list[Counts]:
    """Counts of each of (m, 2**n) distributions, as `Counts.from_probabilities` has them.

    Args:
        probabilities: rounding below zero is cut off.
        shots: (m,) int64; None for infinitely many.
        rng: draws the outcomes; None gives expected counts.
    """
    weights = np.clip(probabilities, 0.0, None)
    weights /= weights.sum(axis=1, keepdims=True)
    if shots is not None and rng is not None:
        weights = rng.multinomial(shots, weights) / np.asarray(shots)[:, None]
    row, outcome = np.nonzero(weights)
    bounds = np.searchsorted(row, np.arange(len(weights) + 1)).tolist()
    outcomes, kept = outcome.astype(np.uint64), weights[row, outcome]
    numbers = [math.inf] * len(weights) if shots is None else np.asarray(shots).tolist()
    return [
        Counts(outcomes[begin:end], kept[begin:end], number)
        for begin, end, number in zip(bounds[:-1], bounds[1:], numbers, strict=True)
    ]
