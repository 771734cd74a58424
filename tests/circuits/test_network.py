from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qchem_app.circuits.assembly import Turn, assemble
from qchem_app.circuits.circuit import Circuit
from qchem_app.circuits.network import RotationGroup, find_network
from qchem_app.mapping.gf2 import Span, parity
from qchem_app.mapping.pauli import PauliSum


def draw_groups(n: int, size: int, rng: np.random.Generator) -> list[tuple[Turn, ...]]:
    """Groups of rotations of one flip each, with every number of strings from 1 to 8."""
    groups = []
    for _ in range(size):
        flip = int(rng.integers(1, 1 << n))
        masks = [z for z in range(1 << n) if parity(z & flip)]
        chosen = rng.permutation(masks)[: rng.integers(1, 9)].tolist()
        groups.append(
            tuple(Turn(flip, z, int(rng.integers(3)), float(rng.normal())) for z in chosen)
        )
    return groups


def evolve(n: int, groups: list[tuple[Turn, ...]], theta: np.ndarray, start: int) -> np.ndarray:
    """The state, exponential by exponential: (X^x Z^z)^2 = -1 for an odd overlap."""
    state = np.zeros(1 << n, dtype=complex)
    state[start] = 1.0
    for turn in (turn for group in groups for turn in group):
        angle = turn.factor * theta[turn.parameter]
        shifted = PauliSum(n, [turn.flip], [0], [1.0]).apply(
            PauliSum(n, [0], [turn.mask], [1.0]).apply(state)
        )
        state = np.cos(angle) * state + np.sin(angle) * shifted
    return state


@settings(max_examples=50)
@given(
    n=st.integers(1, 5),
    size=st.integers(0, 6),
    seed=st.integers(0, 2**32 - 1),
    product=st.booleans(),
    width=st.sampled_from([1, 4, 16]),
)
def test_networks_turn_as_the_strings_say(n, size, seed, product, width, distance) -> None:
    rng = np.random.default_rng(seed)
    groups, reference = draw_groups(n, size, rng), int(rng.integers(1 << n))
    known: list[tuple[int, ...]] = []
    flips = Span()
    for group in groups:  # what is known of the state without looking at it
        flips.add(group[0].flip)
        known.append(tuple(flips.orthogonal(n)) if product else ())
    targets = [
        RotationGroup(group[0].flip, tuple(turn.mask for turn in group), masks)
        for group, masks in zip(groups, known, strict=True)
    ]
    network = find_network(n, targets, product=product, width=width)
    assert network is not None
    arrived = [(a.group, a.rotation) for some in network.arrivals for a in some]
    assert sorted(arrived) == [(g, k) for g, group in enumerate(groups) for k in range(len(group))]
    circuit = Circuit(n, tuple(assemble(n, reference, groups, network)), 3)
    assert circuit.two_qubit_gates == len(network.moves)
    theta = rng.normal(size=3)
    found = circuit.bind(theta).state()
    assert distance(found, evolve(n, groups, theta, reference)) < 1e-10


def test_the_search_is_deterministic() -> None:
    rng = np.random.default_rng(3)
    groups = [
        RotationGroup(group[0].flip, tuple(turn.mask for turn in group))
        for group in draw_groups(6, 8, rng)
    ]
    one, two = (find_network(6, groups, product=True, width=20) for _ in range(2))
    assert one == two


def test_twelve_cnots_for_a_double() -> None:
    # published: 13 (doi:10.1103/PhysRevA.102.062612)
    odd = tuple(z for z in range(16) if parity(z))
    group = [RotationGroup(15, odd)]
    network = find_network(4, group, product=False, width=100, shallow=False)
    assert network is not None
    assert len(network.moves) == 12


def test_two_cnots_for_a_single() -> None:
    network = find_network(2, [RotationGroup(3, (1, 2))], product=False, width=20)
    assert network is not None
    assert len(network.moves) == 2
