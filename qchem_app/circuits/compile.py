"""compile_ansatz: from an ansatz to a circuit on the qubits of an encoding."""

from __future__ import annotations

from collections.abc import Iterable

from qchem_app.ansatz.hardware_efficient import HardwareEfficientAnsatz
from qchem_app.ansatz.product import ProductAnsatz
from qchem_app.circuits.assembly import Turn, assemble
from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.circuits.excitation import synthesise
from qchem_app.circuits.generator import Generator, LinearEncoding, encode, exchange
from qchem_app.circuits.masks import bits
from qchem_app.circuits.network import RotationGroup, find_network
from qchem_app.circuits.optimise import optimise
from qchem_app.circuits.reachable import Reachable
from qchem_app.errors import InputError

#: A generator, its parameter, and the factor of the parameter.
Step = tuple[Generator, int, float]

# Of the search's width, times rotations, times pairs of qubits: a second or two of work.
_EFFORT = 2_000_000
_NARROWEST, _WIDEST = 8, 128
# Rotations that the search treats as one group.
_LARGEST_GROUP = 32
# CNOTs that a level of depth is worth.
_DEPTH = 0.2


def compile_ansatz(
    ansatz: ProductAnsatz | HardwareEfficientAnsatz,
    encoding: LinearEncoding,
    *,
    compact: bool = True,
    width: int | None = None,
) -> Circuit:
    """A circuit whose state at theta is the ansatz's state at theta, up to a global phase.

    Args:
        ansatz: what is prepared.
        encoding: of the modes on qubits; a hardware-efficient ansatz only needs its qubits.
        compact: use that the circuit starts from the reference determinant: leave out controls
            that no state which can occur violates, and CNOTs that only change signs which are
            known. The state is the same for every theta.
        width: of the search for short circuits; more takes longer and finds shorter ones. None
            for what takes a second or two.

    Raises:
        InputError: an ansatz that does not fit the encoding.
    """
    if isinstance(ansatz, HardwareEfficientAnsatz):
        if ansatz.n_qubits != encoding.n_qubits:
            raise InputError(
                f"{ansatz.name} has {ansatz.n_qubits} qubits, the encoding {encoding.n_qubits}: "
                "build the ansatz for the encoding"
            )
        if ansatz.rotations != "exchange":
            plain = Circuit(ansatz.n_qubits, _plain_gates(ansatz), ansatz.n_parameters)
            return optimise(plain, from_zero=True)
        reference = ansatz.reference
        steps = [
            (exchange(gate.qubits), gate.parameter, gate.factor)
            for gate in ansatz.layout()
            if gate.parameter is not None
        ]
    else:
        reference = encoding.reference
        encoded = (encode(excitation, encoding) for excitation in ansatz.excitations)
        steps = [
            (generator, int(parameter), 1.0)
            for generator, parameter in zip(encoded, ansatz.parameter, strict=True)
            if generator is not None
        ]
    size = encoding.n_qubits, ansatz.n_parameters
    return _circuit(*size, reference, steps, compact=compact, width=width)


def _circuit(
    n_qubits: int,
    n_parameters: int,
    reference: int,
    steps: list[Step],
    *,
    compact: bool,
    width: int | None,
) -> Circuit:
    groups: list[tuple[Turn, ...]] = []
    targets: list[RotationGroup] = []
    reachable = Reachable(n_qubits, reference)
    for generator, parameter, factor in steps:
        needed: Generator | None = generator
        known: tuple[int, ...] = ()
        if compact:
            needed = reachable.reduce(generator)
            reachable.extend(generator)
            known = reachable.known()
        if needed is not None:
            turns = tuple(_turns(needed, parameter, factor))
            for k in range(0, len(turns), _LARGEST_GROUP):
                group = turns[k : k + _LARGEST_GROUP]
                groups.append(group)
                targets.append(RotationGroup(needed.flip, tuple(t.mask for t in group), known))
    if width is None:
        work = max(1, sum(map(len, groups)) * n_qubits * (n_qubits - 1) // 2)
        width = min(max(_EFFORT // work, _NARROWEST), _WIDEST)
    circuits = []
    # where it costs little, also without regard to depth
    for shallow in (True, False) if width == _WIDEST else (True,):
        network = find_network(n_qubits, targets, product=compact, width=width, shallow=shallow)
        if network is not None:
            gates = assemble(n_qubits, reference, groups, network)
            circuits.append(
                optimise(Circuit(n_qubits, tuple(gates), n_parameters), from_zero=compact)
            )
    if circuits:
        return min(circuits, key=lambda c: (c.two_qubit_gates + _DEPTH * c.depth(), len(c)))
    # the search lost its way: every excitation by itself
    gates = [Gate("x", (q,)) for q in bits(reference)]
    for generator, parameter, factor in steps:
        gates += synthesise(generator, parameter, factor)
    return optimise(Circuit(n_qubits, tuple(gates), n_parameters), from_zero=compact)


def _turns(generator: Generator, parameter: int, factor: float) -> Iterable[Turn]:
    """The rotations that exp(factor theta G) consists of: a product of controls is a sum."""
    terms = [(generator.sign[0], generator.sign[1])]
    for mask, bit in generator.controls:
        terms += [(z ^ mask, odd ^ bit) for z, odd in terms]
    for z, odd in terms:
        value = factor / len(terms)
        yield Turn(generator.flip, z, parameter, -value if odd else value)


def _plain_gates(ansatz: HardwareEfficientAnsatz) -> tuple[Gate, ...]:
    gates = []
    for kind, qubits, parameter, factor in ansatz.layout():
        if kind == "exchange" or kind == "pair-exchange":
            raise InputError(f"{ansatz.name} has rotations and CNOTs only, found {kind}")
        gates.append(Gate(kind, qubits, parameter=parameter, factor=factor))
    return tuple(gates)
