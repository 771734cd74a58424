"""HardwareEfficientAnsatz: layers of rotations and entanglers that a device runs as they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, get_args

import numpy as np

from qchem_app.ansatz.base import random_guess
from qchem_app.ansatz.product import ProductAnsatz
from qchem_app.civector.excitations import Excitation
from qchem_app.errors import InputError

Rotations = Literal["ry", "ry-rz", "exchange"]
Entangler = Literal["linear", "circular", "brick"]

# Radians; of random first guesses. Exchange gates leave the reference easily. Among CNOTs it is
# often a local minimum: guesses closer to it all end there, wider ones end high. The more layers
# the rotations are spread over, the less each may turn.
_EXCHANGE_SPREAD = 0.3
_SPREAD_OF_ONE_LAYER = 1.5
# Hartree. Orbital-energy differences of valence electrons; one number for all, because no
# parameter is tied to an orbital.
_SCALE = 0.25


class LayoutGate(NamedTuple):
    r"""One gate of a layout.

    Attributes:
        kind: "x", "ry", "rz", "cx" (control, target), "exchange" or "pair-exchange".
        qubits: that it acts on. Of an exchange (p, q): the electron moves from q to p. Of a pair
            exchange (p, r, q, s): electrons move from q to p and from s to r.
        parameter: index of the parameter, None for a fixed gate.
        factor: "ry" and "rz" are exp(-i factor theta/2 P); an exchange is
            exp(factor theta (tau - tau^dagger)) with tau = s+_p s-_q, a pair exchange with
            tau = s+_p s+_r s-_q s-_s, where s+ = \|1><0\| (qubit excitations, no fermionic signs).
    """

    kind: Literal["x", "ry", "rz", "cx", "exchange", "pair-exchange"]
    qubits: tuple[int, ...]
    parameter: int | None = None
    factor: float = 0.0


@dataclass(frozen=True, eq=False)
class HardwareEfficientAnsatz:
    """Layers of single-qubit rotations and CNOTs, or of gates that conserve particle number.

    "ry" and "ry-rz" (doi:10.1038/nature23879, doi:10.1103/PhysRevA.98.022322): rotations on every
    qubit, then `layers` times the entangler and rotations again. They do not know of electrons:
    the energy that they minimise should be that of a tapered operator, or carry a penalty, where
    a state with other electron numbers may lie lower. "ry" keeps amplitudes real.

    "exchange" (quantum-number-preserving gate fabric, doi:10.1088/1367-2630/ac2cb3, of the
    family of doi:10.1038/s41534-019-0240-1): on Jordan-Wigner qubits in block order, alpha
    orbitals first, bricks over neighbouring orbitals p, p + 1 of a pair exchange (both electrons
    of an orbital move) and an orbital rotation (the same exchange for both spins). It conserves
    the electrons of either spin, and the total spin, but not the point group. Neighbouring modes
    have no Jordan-Wigner string between them: these are fermionic gates too.

    At zero parameters every kind prepares the reference exactly: CNOTs map basis states to basis
    states, so the X gates that start the circuit are chosen to end there. First guesses are random
    around it, not over all angles, which keeps away from barren plateaus
    (doi:10.22331/q-2019-12-09-214).

    Attributes:
        n_qubits: number of qubits.
        reference: index of the basis state at zero parameters; bit q belongs to qubit q.
        layers: how often the entangler is repeated.
        rotations: what has parameters.
        entangler: where the two-qubit gates are; "brick" for "exchange".
        initial: (n_parameters,) first guess, radians.
        spread: standard deviation of random first guesses, radians.
    """

    n_qubits: int
    reference: int
    layers: int
    rotations: Rotations
    entangler: Entangler
    initial: np.ndarray
    spread: float

    def __post_init__(self) -> None:
        _check(self.n_qubits, self.reference, self.layers, self.rotations, self.entangler)
        expected = _parameter_count(self.n_qubits, self.layers, self.rotations)
        if self.initial.shape != (expected,):
            raise InputError(
                f"{self.name} with {self.layers} layers on {self.n_qubits} qubits takes {expected} "
                f"parameters, found {self.initial.shape}"
            )

    @property
    def name(self) -> str:
        """What people call it."""
        return f"hea-{self.rotations}-{self.entangler}"

    @property
    def n_parameters(self) -> int:
        """Number of parameters."""
        return int(self.initial.size)

    @cached_property
    def scale(self) -> np.ndarray:
        """(n_parameters,) half the expected curvature of the energy, Hartree."""
        return np.full(self.n_parameters, _SCALE)

    @cached_property
    def frequencies(self) -> np.ndarray:
        """(n_parameters,) highest frequency of the energy along each parameter."""
        if self.rotations != "exchange":
            return np.ones(self.n_parameters, dtype=np.int64)
        # 2 from each excitation: one in a pair exchange, two in an orbital rotation
        return np.tile(np.array([2, 4], dtype=np.int64), self.n_parameters // 2)

    @property
    def ordering(self) -> str:
        """The order of the gates, for the record."""
        if self.rotations == "exchange":
            return (
                f"{self.layers} layers, each a brick of gates on the orbital pairs (0, 1), (2, 3), "
                "... and then (1, 2), (3, 4), ...: pair exchange, then orbital rotation"
            )
        return (
            f"{self.rotations} rotations on every qubit, then {self.layers} layers of the "
            f"{self.entangler} entangler and rotations"
        )

    def layout(self) -> tuple[LayoutGate, ...]:
        """The gates in the order of application, from \\|0...0>; no encoding is applied."""
        if self.rotations == "exchange":
            return (*_flips(self.reference, self.n_qubits), *self._fabric())
        cnots = [LayoutGate("cx", pair) for pair in entangler_pairs(self.n_qubits, self.entangler)]
        start = self.reference
        for _ in range(self.layers):
            for gate in reversed(cnots):
                control, target = gate.qubits
                start ^= (start >> control & 1) << target
        gates = _flips(start, self.n_qubits)
        parameter = 0
        for layer in range(self.layers + 1):
            if layer:
                gates += cnots
            for kind in ("ry", "rz") if self.rotations == "ry-rz" else ("ry",):
                for q in range(self.n_qubits):
                    gates.append(LayoutGate(kind, (q,), parameter, 1.0))
                    parameter += 1
        return tuple(gates)

    def product(self) -> ProductAnsatz:
        """The exchange gates as excitations, for the exact engine and for other encodings.

        They change the irrep: use it with `MolecularHamiltonian.without_symmetry`.

        Raises:
            InputError: rotations that are no excitations.
        """
        if self.rotations != "exchange":
            raise InputError(
                f"{self.name} is not a product of excitations: its rotations change the number of "
                "electrons; simulate its circuit"
            )
        norb, excitations, parameter = self.n_qubits // 2, [], []
        for gate in self._fabric():
            half = len(gate.qubits) // 2
            moves = tuple(zip(gate.qubits[:half], gate.qubits[half:], strict=True))
            alpha = tuple((p, q) for p, q in moves if p < norb)
            beta = tuple((p - norb, q - norb) for p, q in moves if p >= norb)
            excitations.append(Excitation(alpha, beta, fermionic=False))
            parameter.append(gate.parameter)
        return ProductAnsatz(
            name=self.name,
            excitations=tuple(excitations),
            parameter=np.array(parameter, dtype=np.int64),
            initial=self.initial,
            scale=self.scale,
            ordering=self.ordering,
            spread=self.spread,
        )

    def _fabric(self) -> list[LayoutGate]:
        norb = self.n_qubits // 2
        gates: list[LayoutGate] = []
        parameter = 0
        for _ in range(self.layers):
            for p, q in entangler_pairs(norb, "brick"):
                pair = (q, norb + q, p, norb + p)
                gates.append(LayoutGate("pair-exchange", pair, parameter, 1.0))
                for shift in (0, norb):
                    one = (shift + q, shift + p)
                    gates.append(LayoutGate("exchange", one, parameter + 1, 1.0))
                parameter += 2
        return gates


def hardware_efficient(
    n_qubits: int,
    reference: int,
    *,
    layers: int,
    rotations: Rotations = "ry",
    entangler: Entangler | None = None,
    seed: int = 0,
    spread: float | None = None,
) -> HardwareEfficientAnsatz:
    """A hardware-efficient ansatz with a random first guess close to the reference.

    Args:
        n_qubits: number of qubits; for "exchange" twice the number of orbitals.
        reference: index of the basis state to start from, as `Encoding.reference` gives it.
        layers: repetitions of the entangler.
        rotations: "ry", "ry-rz" or "exchange" (conserves particle number; Jordan-Wigner only).
        entangler: "linear", "circular" or "brick"; None for linear, and brick for "exchange".
        seed: of the first guess.
        spread: standard deviation of the first guess, radians; None for one that suits the
            number of layers.

    Raises:
        InputError: what no circuit has.
    """
    if entangler is None:
        entangler = "brick" if rotations == "exchange" else "linear"
    _check(n_qubits, reference, layers, rotations, entangler)
    size = _parameter_count(n_qubits, layers, rotations)
    if spread is None:
        wide = _SPREAD_OF_ONE_LAYER / float(np.sqrt(layers + 1))
        spread = _EXCHANGE_SPREAD if rotations == "exchange" else wide
    initial = random_guess(size, spread, seed)
    return HardwareEfficientAnsatz(
        n_qubits, reference, layers, rotations, entangler, initial, spread
    )


def entangler_pairs(n: int, entangler: Entangler) -> list[tuple[int, int]]:
    """Neighbours on a line of `n` in the order in which an entangler couples them."""
    if entangler == "brick":
        return [(q, q + 1) for first in (0, 1) for q in range(first, n - 1, 2)]
    pairs = [(q, q + 1) for q in range(n - 1)]
    if entangler == "circular" and n > 2:
        pairs.append((n - 1, 0))
    return pairs


def _flips(state: int, n_qubits: int) -> list[LayoutGate]:
    return [LayoutGate("x", (q,)) for q in range(n_qubits) if state >> q & 1]


def _parameter_count(n_qubits: int, layers: int, rotations: Rotations) -> int:
    if rotations == "exchange":
        return 2 * layers * max(n_qubits // 2 - 1, 0)
    return (layers + 1) * n_qubits * (2 if rotations == "ry-rz" else 1)


def _check(
    n_qubits: int, reference: int, layers: int, rotations: Rotations, entangler: Entangler
) -> None:
    if rotations not in get_args(Rotations):
        raise InputError(
            f"a hardware-efficient ansatz has no rotations {rotations!r}: choose one of "
            f"{', '.join(get_args(Rotations))}"
        )
    if entangler not in get_args(Entangler):
        raise InputError(
            f"a hardware-efficient ansatz has no entangler {entangler!r}: choose one of "
            f"{', '.join(get_args(Entangler))}"
        )
    if rotations == "exchange" and entangler != "brick":
        raise InputError(f"exchange gates are laid out as a brick, found {entangler!r}")
    if layers < 0 or (rotations == "exchange" and layers < 1):
        raise InputError(f"{layers} layers are not possible: give at least 1")
    if n_qubits < 1 or not 0 <= reference < 1 << n_qubits:
        raise InputError(f"the reference {reference} is not a basis state of {n_qubits} qubits")
    if rotations == "exchange" and n_qubits % 2:
        raise InputError(
            f"exchange gates need two qubits for each orbital, found {n_qubits} qubits: use the "
            "Jordan-Wigner encoding without tapering"
        )
