"""Folding: longer or noisier circuits that would be the same one without noise.

Giurgica-Tiron et al., doi:10.1109/QCE49297.2020.00045; pairs of CNOTs after He et al.,
doi:10.1103/PhysRevA.102.012426. A folded circuit must be run as it stands: an optimiser that
cancels neighbours would undo it, so nothing in this program optimises a circuit after folding.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np

from qchem_app.circuits.circuit import ROTATIONS, Circuit, Gate
from qchem_app.errors import UsageError

Folding = Literal["global", "local-random", "local-left", "cnot-pairs", "layers", "parameter-noise"]
FOLDINGS: tuple[str, ...] = get_args(Folding)
#: Circuits grow with the scale, and nothing is left to extrapolate from long before this.
LARGEST_SCALE = 99.0


class Folded(NamedTuple):
    """A circuit with more noise, and how much more.

    Attributes:
        circuit: equal to the original without noise (on average over draws where angles are
            perturbed).
        scale: number of two-qubit gates over that of the original (of all gates where there are
            no two-qubit gates), which is what the noise is proportional to where two-qubit gates
            make most of it; for perturbed angles the ratio of the variances.
    """

    circuit: Circuit
    scale: float


def fold(
    circuit: Circuit,
    scale: float,
    method: Folding = "global",
    *,
    rng: np.random.Generator | None = None,
    sigma: float | None = None,
) -> Folded:
    """A circuit with about `scale` times the noise.

    Args:
        circuit: bound or not.
        scale: at least 1.
        method: "global" U -> U (U† U)^k, and U† U of the last gates for a fraction; "local-random"
            and "local-left" G -> G (G† G)^k gate by gate, the fraction at random places or at the
            first ones; "cnot-pairs" CX -> CX (CX CX)^k and no other gate, the fraction at random
            places; "layers" for layers of parallel gates; "parameter-noise" random angles.
        rng: for random places and angles; a fixed seed where None.
        sigma: standard deviation, radians, of the angle errors that "parameter-noise" scales.

    Raises:
        UsageError: unknown method, a scale below 1, no sigma.
    """
    if not (math.isfinite(scale) and scale >= 1):
        raise UsageError(f"noise can be scaled up only: give a scale of at least 1, found {scale}")
    if scale > LARGEST_SCALE:
        raise UsageError(
            f"a noise scale of {scale:g} leaves no signal: give scales up to {LARGEST_SCALE:g}"
        )
    rng = np.random.default_rng(0) if rng is None else rng
    match method:
        case "global":
            return fold_global(circuit, scale)
        case "local-random":
            return fold_local(circuit, scale, rng)
        case "local-left":
            return fold_local(circuit, scale, None)
        case "cnot-pairs":
            return insert_cnot_pairs(circuit, scale, rng)
        case "layers":
            return fold_layers(circuit, scale, rng)
        case "parameter-noise":
            if sigma is None or not sigma > 0:
                raise UsageError(
                    "scaling of parameter noise needs sigma, the standard deviation of the "
                    f"device's angle errors in radians, found {sigma}; give a number below 1, as "
                    "in zne(parameter-noise 0.02)"
                )
            return perturb_angles(circuit, scale, sigma, rng)
        case _:
            raise UsageError(f"folding {method!r} is unknown; choose from {', '.join(FOLDINGS)}")


def fold_global(circuit: Circuit, scale: float) -> Folded:
    """U -> U (U† U)^k, then V† V of the last gates V for what is missing."""
    whole, rest = divmod(scale - 1, 2)
    inverse = circuit.inverse().gates
    gates = list(circuit.gates)
    for _ in range(int(whole)):
        gates += inverse + circuit.gates
    counted = _counted(circuit.gates)
    last = round(rest / 2 * len(counted))
    if last:
        start = counted[-last]
        tail = circuit.with_gates(circuit.gates[start:])
        gates += tail.inverse().gates + tail.gates
    return _folded(circuit, gates)


def fold_local(circuit: Circuit, scale: float, rng: np.random.Generator | None) -> Folded:
    """G -> G (G† G)^k for every gate, with one k more at random places, or from the left."""
    whole, rest = divmod(scale - 1, 2)
    extra: set[int] = set()
    # one- and two-qubit gates apart, so that both kinds are scaled alike
    for size in (1, 2):
        places = [k for k, gate in enumerate(circuit.gates) if len(gate.qubits) == size]
        n = round(rest / 2 * len(places))
        chosen = places[:n] if rng is None else rng.permutation(places)[:n]
        extra.update(int(k) for k in chosen)
    return _folded(circuit, _repeat(circuit.gates, int(whole), extra))


def insert_cnot_pairs(circuit: Circuit, scale: float, rng: np.random.Generator) -> Folded:
    """CX -> CX (CX CX)^k for two-qubit gates only, with one k more at random places."""
    whole, rest = divmod(scale - 1, 2)
    places = [k for k, gate in enumerate(circuit.gates) if len(gate.qubits) == 2]
    n = round(rest / 2 * len(places))
    extra = {int(k) for k in rng.permutation(places)[:n]}
    gates: list[Gate] = []
    for k, gate in enumerate(circuit.gates):
        copies = int(whole) + (k in extra) if len(gate.qubits) == 2 else 0
        gates += [gate] + [gate.inverse(), gate] * copies
    return _folded(circuit, gates)


def fold_layers(circuit: Circuit, scale: float, rng: np.random.Generator) -> Folded:
    """L -> L (L† L)^k for every layer of parallel gates, with one k more for random layers."""
    layers = _layers(circuit)
    whole, rest = divmod(scale - 1, 2)
    least = 2 if circuit.two_qubit_gates else 1
    sizes = [sum(len(gate.qubits) >= least for gate in layer) for layer in layers]
    wanted = rest / 2 * sum(sizes)
    extra: set[int] = set()
    reached = 0
    for k in rng.permutation(len(layers)):
        # the layer is taken where that comes nearer to what is wanted
        if abs(reached + sizes[k] - wanted) < abs(reached - wanted):
            extra.add(int(k))
            reached += sizes[k]
    gates: list[Gate] = []
    for k, layer in enumerate(layers):
        inverse = [gate.inverse() for gate in reversed(layer)]
        gates += layer + (inverse + layer) * (int(whole) + (k in extra))
    return _folded(circuit, gates)


def perturb_angles(
    circuit: Circuit, scale: float, sigma: float, rng: np.random.Generator
) -> Folded:
    """Rotations off by normal errors of variance (scale - 1) sigma^2, one draw of them.

    A device whose angles already scatter with `sigma`, radians, then has `scale` times the
    variance. Gates without an angle stay as they are.
    """
    errors = iter(rng.normal(0.0, math.sqrt(scale - 1) * sigma, len(circuit.gates)))
    gates = [
        Gate(gate.name, gate.qubits, gate.angle + float(error), gate.parameter, gate.factor)
        if gate.name in ROTATIONS
        else gate
        for gate, error in zip(circuit.gates, errors, strict=True)
    ]
    return Folded(circuit.with_gates(gates), scale)


def _repeat(gates: Sequence[Gate], times: int, extra: set[int]) -> Iterator[Gate]:
    for k, gate in enumerate(gates):
        yield gate
        for _ in range(times + (k in extra)):
            yield gate.inverse()
            yield gate


def _counted(gates: Sequence[Gate]) -> list[int]:
    """Places of the gates that the scale counts."""
    places = [k for k, gate in enumerate(gates) if len(gate.qubits) == 2]
    return places or list(range(len(gates)))


def _folded(circuit: Circuit, gates: Sequence[Gate] | Iterator[Gate]) -> Folded:
    longer = circuit.with_gates(gates)
    before, after = circuit.two_qubit_gates, longer.two_qubit_gates
    if before == 0:
        before, after = len(circuit), len(longer)
    return Folded(longer, after / before if before else 1.0)


def _layers(circuit: Circuit) -> list[list[Gate]]:
    """Gates that act at the same time, each as early as it can."""
    busy = [0] * circuit.n_qubits
    layers: list[list[Gate]] = []
    for gate in circuit.gates:
        level = max(busy[q] for q in gate.qubits)
        if level == len(layers):
            layers.append([])
        layers[level].append(gate)
        for q in gate.qubits:
            busy[q] = level + 1
    return layers
