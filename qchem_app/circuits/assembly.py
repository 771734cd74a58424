"""From a network of two-qubit gates and rotations to the gates of a circuit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qchem_app.circuits.circuit import Gate, GateName
from qchem_app.circuits.frame import Frame, X, Y, Z
from qchem_app.circuits.network import Move, Network
from qchem_app.circuits.optimise import letter_of
from qchem_app.mapping.gf2 import parity

_QUARTER = math.pi / 2
_ROTATION: dict[int, GateName] = {X: "rx", Y: "ry", Z: "rz"}
# From |0>, the eigenstate (-1)^sign of a letter.
_PREPARATION: dict[tuple[int, int], tuple[GateName, float] | None] = {
    (Z, 0): None,
    (Z, 1): ("x", 0.0),
    (X, 0): ("ry", _QUARTER),
    (X, 1): ("ry", -_QUARTER),
    (Y, 0): ("rx", -_QUARTER),
    (Y, 1): ("rx", _QUARTER),
}


@dataclass(frozen=True)
class Turn:
    r"""exp(factor theta[parameter] X^x Z^z), where x and z share an odd number of bits.

    Attributes:
        flip, mask: x and z.
        parameter: index.
        factor: real.
    """

    flip: int
    mask: int
    parameter: int
    factor: float


def assemble(
    n_qubits: int, reference: int, groups: Sequence[Sequence[Turn]], network: Network
) -> list[Gate]:
    """The gates, from \\|0...0>, in the order of application.

    The circuit is written from its end, where qubits mean what the encoding says, to its
    beginning. CNOTs take the place of the network's gates, with quarter turns before them where
    the letters of the gate are not Z on the control and X on the target.
    """
    writer = _Writer(n_qubits)
    for step, arrivals in enumerate(network.arrivals):
        if step:
            writer.couple(network.moves[step - 1])
        for group, rotation, mask in arrivals:
            turn = groups[group][rotation]
            # strings that stand for each other differ by one of known value
            odd = parity((turn.mask ^ mask) & reference)
            writer.turn(turn.flip, mask, turn.parameter, -turn.factor if odd else turn.factor)
    return writer.finish(reference)


class _Writer:
    """Writes a circuit backwards."""

    def __init__(self, n_qubits: int) -> None:
        self.frame = Frame(n_qubits)
        self.gates: list[Gate] = []
        self.column: list[list[Gate]] = [[] for _ in range(n_qubits)]  # the gates on each qubit
        # what a letter of the network is here: its gates include quarter turns that CNOTs lack
        self.letter = [{X: X, Y: Y, Z: Z} for _ in range(n_qubits)]

    def write(self, gate: Gate) -> None:
        self.gates.append(gate)
        for q in gate.qubits:
            self.column[q].append(gate)

    def turn(self, x: int, z: int, parameter: int, factor: float) -> None:
        """exp(factor theta[parameter] X^x Z^z), which is on one qubit here."""
        x, z, power = self.frame.image(x, z)
        qubit = (x | z).bit_length() - 1
        name = _ROTATION[(x != 0) + 2 * (z != 0)]
        # the string is i^power P with an odd power, and exp(-i a P / 2) turns by a
        angle = (-2.0 if power == 1 else 2.0) * factor
        self.write(Gate(name, (qubit,), parameter=parameter, factor=angle))

    def couple(self, move: Move) -> None:
        """A CNOT for the gate exp(i pi/4 A_i B_j)."""
        for qubit, letter, wanted in (
            (move.control, move.control_letter, Z),
            (move.target, move.target_letter, X),
        ):
            self._turn_to(qubit, letter, wanted)
            # the network's gate turns the two other letters into each other
            one, two = {X, Y, Z} - {letter}
            here = self.letter[qubit]
            here[one], here[two] = here[two], here[one]
        self.write(Gate("cx", (move.control, move.target)))
        self.frame.prepend_cnot(move.control, move.target)

    def _turn_to(self, qubit: int, letter: int, wanted: int) -> None:
        """A quarter turn, where it takes one to have `wanted` in the place of a letter."""
        here = self.letter[qubit]
        axis = here[letter] ^ wanted
        if not axis:
            return
        direction = -1 if self._turned(qubit, axis) > 0 else 1
        self.write(Gate(_ROTATION[axis], (qubit,), angle=direction * _QUARTER))
        self.frame.prepend_quarter_turn(qubit, axis, direction)
        for key, value in here.items():
            if value != axis:
                here[key] = value ^ axis

    def _turned(self, qubit: int, axis: int) -> float:
        """Angle of the quarter turns that one about this axis would meet: better to undo them."""
        angle, name = 0.0, _ROTATION[axis]
        for gate in reversed(self.column[qubit]):
            if letter_of(gate, qubit) != name[1].upper():
                break
            angle += gate.angle
        return angle

    def finish(self, reference: int) -> list[Gate]:
        """The circuit, which begins with the state that leads to `reference`."""
        start: list[Gate] = []
        for qubit, stabiliser in enumerate(self.frame.product_state(reference)):
            preparation = _PREPARATION[stabiliser]
            if preparation is not None:
                start.append(Gate(preparation[0], (qubit,), angle=preparation[1]))
        return start + self.gates[::-1]
