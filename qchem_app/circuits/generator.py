"""Generator: an excitation as bit masks on the qubits of an encoding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from qchem_app.circuits.masks import bits
from qchem_app.civector.excitations import Excitation
from qchem_app.errors import InputError
from qchem_app.mapping.gf2 import parity

#: A parity of qubits: mask and constant bit; its value on b is popcount(mask & b) + bit mod 2.
Functional = tuple[int, int]


class LinearEncoding(Protocol):
    """What circuits need to know of an encoding that is linear over GF(2)."""

    @property
    def n_qubits(self) -> int:
        """Number of qubits."""
        ...

    @property
    def norb(self) -> int:
        """Number of spatial orbitals; modes are alpha 0 ... norb-1, then beta."""
        ...

    @property
    def reference(self) -> int:
        """Basis state of the reference determinant."""
        ...

    def allows(self, modes: int) -> bool:
        """Whether changing these modes keeps the symmetries that the encoding removes."""
        ...

    def flip(self, modes: int) -> int:
        """Mask of the qubits that change when these modes change."""
        ...

    def parity(self, modes: int) -> Functional:
        """The parity of these modes' occupation."""
        ...


@dataclass(frozen=True)
class Generator:
    r"""G = tau - tau^dagger on qubits: a signed flip of the basis states that the controls select.

    .. math:: G |b\rangle = (-1)^{w(b)} |b \oplus x\rangle  \text{ where all } c_k(b) = 0,
              \quad \text{else } 0

    Attributes:
        flip: x, not zero.
        sign: w, odd under the flip, so that G is antisymmetric.
        controls: the c_k, even under the flip and linearly independent.
    """

    flip: int
    sign: Functional
    controls: tuple[Functional, ...]

    def selects(self, state: int) -> bool:
        """Whether G acts on this basis state."""
        return not any(parity(mask & state) ^ bit for mask, bit in self.controls)


def encode(excitation: Excitation, encoding: LinearEncoding) -> Generator | None:
    """The generator of an excitation; None where the encoding's sector has nothing to excite.

    Raises:
        InputError: the excitation changes a symmetry that the encoding removes.
    """
    created, annihilated, between, odd = 0, 0, 0, 0
    for shift, pairs in ((0, excitation.alpha), (encoding.norb, excitation.beta)):
        string = 0
        for _, q in pairs:
            string |= 1 << q
        for p, q in reversed(pairs):  # signs on the orbitals of the excitation itself
            odd ^= parity(string & ((1 << q) - 1))
            string ^= 1 << q
            odd ^= parity(string & ((1 << p) - 1))
            string ^= 1 << p
            between ^= (((1 << p) - 1) ^ ((1 << q) - 1)) << shift
            created |= 1 << (p + shift)
            annihilated |= 1 << (q + shift)
    moved = created | annihilated
    if not encoding.allows(moved):
        raise InputError(
            f"{excitation} changes a symmetry that the encoding removes: use an encoding without "
            "tapering, or excitations that the symmetry allows"
        )
    between = between & ~moved if excitation.fermionic else 0
    odd = odd if excitation.fermionic else 0
    anchor = annihilated & -annihilated
    # the anchor is occupied where tau acts, empty where tau^dagger does
    mask, bit = encoding.parity(anchor | between)
    sign = mask, bit ^ 1 ^ odd

    controls: list[Functional] = []
    for mode in bits(moved ^ anchor):
        mask, bit = encoding.parity(anchor | 1 << mode)
        bit ^= annihilated >> mode & 1 ^ 1
        for other, other_bit in controls:  # each kept control has a leading bit of its own
            if mask & _leading(other):
                mask, bit = mask ^ other, bit ^ other_bit
        if mask:
            controls.append((mask, bit))
        elif bit:
            return None
    return Generator(encoding.flip(moved), sign, tuple(controls))


def _leading(mask: int) -> int:
    return 1 << (mask.bit_length() - 1)


def exchange(qubits: tuple[int, ...]) -> Generator:
    """The qubit excitation s+_p s-_q of qubits (p, q), or s+_p s+_r s-_q s-_s of (p, r, q, s)."""
    half = len(qubits) // 2
    anchor = 1 << qubits[half]
    controls = [(anchor | 1 << q, 1) for q in qubits[:half]]
    controls += [(anchor | 1 << q, 0) for q in qubits[half + 1 :]]
    return Generator(sum(1 << q for q in qubits), (anchor, 1), tuple(controls))
