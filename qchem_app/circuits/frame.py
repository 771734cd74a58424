"""Frame: what the Pauli operators at the end of a circuit are at an earlier place."""

from __future__ import annotations

from qchem_app.circuits.masks import bits
from qchem_app.mapping.gf2 import inverse, times

#: Letters as bits: x + 2 z.
X, Z, Y = 1, 2, 3
_ORDER = {X: 0, Y: 1, Z: 2}


class Frame:
    """Images T^dagger P T, with signs, of P = X_q and Z_q under the gates T from here to the end.

    Args:
        n_qubits: number of qubits; T begins as the identity.
    """

    def __init__(self, n_qubits: int) -> None:
        self.n_qubits = n_qubits
        # a row is (-1)^sign times the Hermitian string with masks x and z
        self._x = [1 << q for q in range(n_qubits)] + [0] * n_qubits
        self._z = [0] * n_qubits + [1 << q for q in range(n_qubits)]
        self._sign = [0] * (2 * n_qubits)

    def prepend_cnot(self, control: int, target: int) -> None:
        """Put a CNOT before T."""
        for r in range(2 * self.n_qubits):
            x, z = self._x[r], self._z[r]
            xc, zc, xt, zt = x >> control & 1, z >> control & 1, x >> target & 1, z >> target & 1
            self._sign[r] ^= xc & zt & (xt ^ zc ^ 1)
            self._x[r] = x ^ xc << target
            self._z[r] = z ^ zt << control

    def prepend_quarter_turn(self, qubit: int, axis: int, direction: int) -> None:
        """Put exp(-i direction pi/4 axis) before T; direction is 1 or -1."""
        for r in range(2 * self.n_qubits):
            letter = (self._x[r] >> qubit & 1) + 2 * (self._z[r] >> qubit & 1)
            if letter in (0, axis):
                continue
            self._x[r] ^= (axis & 1) << qubit
            self._z[r] ^= (axis >> 1) << qubit
            follows = (_ORDER[letter] - _ORDER[axis]) % 3 == 1
            self._sign[r] ^= follows == (direction > 0)

    def image(self, x: int, z: int) -> tuple[int, int, int]:
        """(x', z', p): T^dagger X^x Z^z T is i^p times the Hermitian string with masks x', z'."""
        x_out, z_out, power = 0, 0, 0
        for r in [*bits(x), *(self.n_qubits + q for q in bits(z))]:
            power += 2 * self._sign[r] + (self._x[r] & self._z[r]).bit_count()
            power += 2 * (z_out & self._x[r]).bit_count()
            x_out, z_out = x_out ^ self._x[r], z_out ^ self._z[r]
        return x_out, z_out, (power - (x_out & z_out).bit_count()) % 4

    def product_state(self, reference: int) -> list[tuple[int, int]]:
        """(letter, sign) of each qubit: the state that T takes to basis state `reference`.

        The qubit is in the eigenstate (-1)^sign of the letter. For a T that makes a product
        state of it.
        """
        n = self.n_qubits
        rows = range(n, 2 * n)
        letters = [0] * n
        for r in rows:
            for q in bits(self._x[r] | self._z[r]):
                letters[q] |= (self._x[r] >> q & 1) + 2 * (self._z[r] >> q & 1)
        matrix = [self._x[r] | self._z[r] for r in rows]
        signs = sum((self._sign[r] ^ (reference >> (r - n) & 1)) << (r - n) for r in rows)
        solved = times(inverse(matrix), signs)
        return [(letter, solved >> q & 1) for q, letter in enumerate(letters)]
