"""Synthesis of one excitation: exp(theta G) as CNOTs and RY rotations."""

from __future__ import annotations

from itertools import combinations

from qchem_app.circuits.circuit import Gate
from qchem_app.circuits.generator import Functional, Generator
from qchem_app.circuits.masks import bits


def synthesise(generator: Generator, parameter: int, factor: float = 1.0) -> list[Gate]:
    """Gates for exp(factor theta[parameter] G): the target with the fewest CNOTs."""
    return min(
        (_with_target(generator, target, parameter, factor) for target in bits(generator.flip)),
        key=lambda gates: sum(gate.name == "cx" for gate in gates),
    )


def _with_target(generator: Generator, target: int, parameter: int, factor: float) -> list[Gate]:
    # CNOTs that turn the flip into X on the target
    frame = [(target, q) for q in bits(generator.flip) if q != target]
    sign = _after(frame, generator.sign)
    controls = [_after(frame, c) for c in _lightest(generator.controls, frame)]

    # CNOTs that gather each control on one qubit, and the sign on another
    pivots = 0
    for k in range(len(controls)):
        mask = controls[k][0] & ~pivots or controls[k][0]
        pivot = bits(mask)[-1]
        gather = [(q, pivot) for q in bits(controls[k][0]) if q != pivot]
        frame += gather
        controls = [_after(gather, c) for c in controls]
        sign = _after(gather, sign)
        pivots |= 1 << pivot
    for mask, bit in controls:
        if sign[0] & mask:
            sign = sign[0] ^ mask, sign[1] ^ bit
    rest = bits(sign[0] & ~(1 << target))
    gather = [(q, rest[-1]) for q in rest[:-1]]
    frame += gather
    sign = _after(gather, sign)

    there = [Gate("cx", pair) for pair in frame]
    core = _core(target, sign, controls, parameter, factor)
    return there + core + there[::-1]


def _core(
    target: int, sign: Functional, controls: list[Functional], parameter: int, factor: float
) -> list[Gate]:
    """RY(2 theta) on the target, with sign and controls: a Gray code over their parities."""
    gates: list[Gate] = []
    here = 0
    size = 1 << len(controls)
    for k in range(size):
        subset = k ^ (k >> 1)
        mask, bit = sign[0] & ~(1 << target), sign[1]
        for j, (control, odd) in enumerate(controls):
            if subset >> j & 1:
                mask, bit = mask ^ control, bit ^ odd
        gates += [Gate("cx", (q, target)) for q in bits(mask ^ here)]
        here = mask
        angle = 2.0 * factor / size * (1 - 2 * bit)
        gates.append(Gate("ry", (target,), parameter=parameter, factor=angle))
    return gates + [Gate("cx", (q, target)) for q in bits(here)]


def _after(cnots: list[tuple[int, int]], functional: Functional) -> Functional:
    """The functional of the bits before the CNOTs, in terms of those after them."""
    mask, bit = functional
    for control, target in cnots:
        if mask >> target & 1:
            mask ^= 1 << control
    return mask, bit


def _lightest(controls: tuple[Functional, ...], frame: list[tuple[int, int]]) -> list[Functional]:
    """A basis of the controls' span that has the fewest bits after the frame."""
    span = []
    for r in range(1, len(controls) + 1):
        for chosen in combinations(controls, r):
            mask, bit = 0, 0
            for m, b in chosen:
                mask, bit = mask ^ m, bit ^ b
            span.append((mask, bit))
    span.sort(key=lambda c: _after(frame, c)[0].bit_count())
    basis: list[Functional] = []
    seen = {0}
    for mask, bit in span:
        if mask not in seen:
            basis.append((mask, bit))
            seen |= {mask ^ other for other in seen}
    return basis
