"""Near-Clifford circuits: like a given one, with most rotations turned by multiples of pi/2."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np

from qchem_app.circuits.circuit import Circuit

_QUARTER = math.pi / 2
# All choices are listed where there are no more than this, otherwise drawn.
_LISTED = 256
# On average so many rotations are not turned to the nearest multiple but to one beside it.
_MOVED = 2.0


def near_clifford(circuit: Circuit, number: int, kept: int, seed: int) -> list[Circuit]:
    """Different circuits whose rotations are turned to multiples of pi/2, but for `kept` of them.

    Most rotations go to the nearest multiple; without some that go to a neighbour the energies
    would be too alike to learn from. The circuit itself is not among them.

    Args:
        circuit: bound.
        number: how many to find at most; fewer where there are no more.
        kept: rotations that keep their angle.
        seed: of the choices.
    """
    places = [k for k, gate in enumerate(circuit.gates) if not gate.is_clifford]
    kept = min(kept, len(places) - 1) if places else 0
    out = []
    for choice in _choices(len(places), max(kept, 0), number, seed):
        gates = list(circuit.gates)
        for k, step in zip(places, choice, strict=True):
            if step is not None:
                nearest = round(gates[k].angle / _QUARTER)
                gates[k] = replace(gates[k], angle=(nearest + step) * _QUARTER)
        out.append(circuit.with_gates(gates))
    return out


def _choices(places: int, kept: int, number: int, seed: int) -> Iterator[tuple[int | None, ...]]:
    """For each rotation -1, 0 or 1 quarter turns beside the nearest, or None to keep it."""
    rng = np.random.default_rng(seed)
    if 4**places <= _LISTED:
        listed = [c for c in product((0, 1, -1, None), repeat=places) if c.count(None) <= kept]
        nearest_first = sorted(listed, key=lambda c: sum(step not in (0, None) for step in c))
        yield from nearest_first[:number]
        return
    seen: set[tuple[int | None, ...]] = set()
    for _ in range(20 * number):
        if len(seen) == number:
            return
        moved = rng.random(places) < rng.uniform(0.0, 2.0 * _MOVED / places)
        steps = np.where(moved, rng.choice([-1, 1], size=places), 0)
        choice: list[int | None] = [int(step) for step in steps]
        for k in rng.choice(places, size=kept, replace=False):
            choice[k] = None
        if tuple(choice) not in seen:
            seen.add(tuple(choice))
            yield tuple(choice)
