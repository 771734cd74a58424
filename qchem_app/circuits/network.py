"""A search for short circuits of CNOTs that bring rotations about Pauli strings to one qubit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from qchem_app.circuits import kernels

# Groups that are looked at together: the present one and the next.
_WINDOWS = 6
# Steps without a rotation done after which what is nearest is pursued ever more.
_PATIENCE = 6
# A search that takes this many steps for each rotation and qubit has lost its way.
_MOST_STEPS = 64
# Found by a random search over small molecules with both kinds of goal.
_WEIGHTS = kernels.Weights(
    remaining=0.0,
    rotation=0.8,
    mean=0.4,
    lightest=0.2,
    total=0.18,
    lookahead=0.5,
    decay=0.7,
    drift=0.086,
    closing=0.67,
    depth=0.05,
    turn=0.06,
    urgency=0.0,
)


@dataclass(frozen=True)
class RotationGroup:
    """Rotations that commute with one another.

    Attributes:
        flip: x of all strings.
        masks: z of each string.
        known: masks z of strings Z^z with a known value in the state that the group acts on and
            even overlap with `flip`; linearly independent.
    """

    flip: int
    masks: tuple[int, ...]
    known: tuple[int, ...] = ()


class Move(NamedTuple):
    """The gate exp(i pi/4 A_i B_j); letters are 1 X, 2 Z, 3 Y.

    Attributes:
        control, target: i and j, as they should be in a CNOT to spare quarter turns.
        control_letter, target_letter: A and B.
    """

    control: int
    target: int
    control_letter: int
    target_letter: int


class Arrival(NamedTuple):
    """A rotation has come to one qubit.

    Attributes:
        group, rotation: which one.
        mask: z of the string, which may differ from the rotation's own by known strings.
    """

    group: int
    rotation: int
    mask: int


@dataclass(frozen=True)
class Network:
    """From the end of the circuit to its beginning: arrivals, a gate, arrivals, a gate, ...

    Attributes:
        moves: two-qubit gates.
        arrivals: one more than moves; rotations that are done before the first gate and after
            each.
    """

    moves: tuple[Move, ...]
    arrivals: tuple[tuple[Arrival, ...], ...]


def find_network(
    n_qubits: int,
    groups: Sequence[RotationGroup],
    *,
    product: bool,
    width: int,
    shallow: bool = True,
) -> Network | None:
    """Search the two-qubit gates between rotations, from the last group to the first.

    A beam search over Clifford frames. A gate exp(i pi/4 A_i B_j) multiplies by A_i B_j every
    string that anticommutes with it, and so changes the number of qubits that strings act on; a
    string on one qubit is done. In the manner of Pauli networks (arXiv:2404.03280), with three
    things more: all rotations of a group and the next groups are looked at together; strings
    are known up to those whose value in the state is known; and because the search begins at
    the end of the circuit, where qubits must mean what the encoding says, it is over as soon as
    the beginning is any product state. Deterministic.

    Args:
        n_qubits: number of qubits.
        groups: in the order of application.
        product: whether the circuit may start in any product state that means the reference;
            False lets it act on every state, but for a permutation of the qubits at its start.
        width: number of partial circuits that are kept.
        shallow: whether depth and gates on one qubit count as well.

    Returns:
        The network with the fewest gates that was found; None where the search lost its way.
    """
    problem = _problem(n_qubits, groups, product)
    n_groups = len(groups)
    weights = _scaled(_WEIGHTS if shallow else _WEIGHTS._replace(depth=0.0, turn=0.0), problem)
    beam = _empty_beam(1, problem)
    capacity = 4 * beam.image.shape[1] * beam.image.shape[2]
    event = np.zeros((1, capacity, 3), dtype=np.int64)
    count = kernels.start(problem, beam, event[0])
    first = _arrivals(event[0, :count], n_groups)
    history: list[tuple[np.ndarray, np.ndarray, list[np.ndarray]]] = []
    best, stalled = (-1, -1), 0
    places = width * (n_qubits * (n_qubits - 1) // 2) * 9
    score, digest = np.empty(places), np.empty(places, dtype=np.uint64)
    move, parent = np.empty(places, dtype=np.int64), np.empty(places, dtype=np.int64)

    for _ in range(_MOST_STEPS * (n_qubits + int(problem.size.sum()))):
        ended = _ended(problem, beam)
        if ended is not None:
            return _trace(history, ended, first, n_groups)
        weights = weights._replace(urgency=float(max(0, stalled - _PATIENCE)))
        count = kernels.expand(problem, weights, beam, score, digest, move, parent)
        chosen = _select(score[:count], digest[:count], width)
        moves, parents = move[chosen], parent[chosen]
        new = _empty_beam(chosen.size, problem)
        event = np.zeros((chosen.size, capacity, 3), dtype=np.int64)
        n_events = np.zeros(chosen.size, dtype=np.int64)
        kernels.advance(problem, beam, new, moves, parents, event, n_events)
        # once one circuit has all rotations, the others are behind
        kept = np.flatnonzero(new.group == n_groups)
        kept = kept if kept.size else np.arange(chosen.size)
        beam = kernels.Beam(*(array[kept] for array in new))
        events = [event[c, : n_events[c]].copy() for c in kept]
        history.append((moves[kept], parents[kept], events))
        progress = _progress(beam)
        best, stalled = (progress, 0) if progress > best else (best, stalled + 1)
    return None


def _problem(n_qubits: int, groups: Sequence[RotationGroup], product: bool) -> kernels.Problem:
    n_groups = len(groups)
    most = max((len(group.masks) for group in groups), default=1)
    most_known = max((len(group.known) for group in groups), default=0)
    rotations = np.zeros((n_groups, most, 2), dtype=np.uint64)
    size = np.zeros(n_groups + _WINDOWS + 1, dtype=np.int64)
    known = np.zeros((n_groups, max(most_known, 1)), dtype=np.uint64)
    n_known = np.zeros(n_groups + _WINDOWS + 1, dtype=np.int64)
    for g, group in enumerate(reversed(groups)):
        size[g], n_known[g] = len(group.masks), len(group.known)
        rotations[g, : size[g], 0] = group.flip
        rotations[g, : size[g], 1] = group.masks
        known[g, : n_known[g]] = group.known
    return kernels.Problem(n_qubits, rotations, size, known, n_known, product)


def _scaled(weights: kernels.Weights, problem: kernels.Problem) -> kernels.Weights:
    """With a price of `remaining` groups that makes it pay to finish one, whatever comes next."""
    most, w = problem.rotations.shape[1], weights
    by_weight = w.mean + w.lightest + w.total * most + w.lookahead
    return weights._replace(remaining=w.rotation * most + by_weight * problem.n)


def _empty_beam(entries: int, problem: kernels.Problem) -> kernels.Beam:
    n, most = problem.n, problem.rotations.shape[1]
    most_known = problem.known.shape[1]

    def masks(*shape: int) -> np.ndarray:
        return np.zeros((entries, *shape), dtype=np.uint64)

    return kernels.Beam(
        frame=masks(2 * n, 2),
        image=masks(_WINDOWS, most, 2),
        mask=masks(_WINDOWS, most),
        known=masks(_WINDOWS, most_known, 2),
        known_mask=masks(_WINDOWS, most_known),
        rows=masks(n if problem.product else 2 * n, 2),
        group=np.zeros(entries, dtype=np.int64),
        done=np.zeros((entries, _WINDOWS), dtype=np.int64),
        level=np.zeros((entries, n), dtype=np.int64),
        letter=np.zeros((entries, n, 4), dtype=np.int64),
        turns=np.zeros(entries, dtype=np.int64),
    )


def _select(score: np.ndarray, digest: np.ndarray, width: int) -> np.ndarray:
    """Places of the best scores, equal circuits once."""
    take = min(score.size, 6 * width)
    order = np.argpartition(score, take - 1)[:take]
    order = order[np.lexsort((order, score[order]))]
    _, first = np.unique(digest[order], return_index=True)
    return order[np.sort(first)][:width]


def _progress(beam: kernels.Beam) -> tuple[int, int]:
    group = int(beam.group.max())
    return group, int(np.bitwise_count(beam.done[beam.group == group, 0]).max())


def _ended(problem: kernels.Problem, beam: kernels.Beam) -> int | None:
    """The entry with the least depth among those that have nothing left to do."""
    ended = [
        int(s)
        for s in np.flatnonzero(beam.group == problem.rotations.shape[0])
        if kernels.distance(beam.rows[s], problem.product, 0.0) == 0
    ]
    return min(ended, key=lambda s: int(beam.level[s].max())) if ended else None


def _trace(
    history: list[tuple[np.ndarray, np.ndarray, list[np.ndarray]]],
    entry: int,
    first: tuple[Arrival, ...],
    n_groups: int,
) -> Network:
    moves: list[Move] = []
    arrivals: list[tuple[Arrival, ...]] = []
    for chosen, parents, events in reversed(history):
        code = int(chosen[entry])
        moves.append(Move(code >> 10, code >> 4 & 63, code >> 2 & 3, code & 3))
        arrivals.append(_arrivals(events[entry], n_groups))
        entry = int(parents[entry])
    return Network(tuple(reversed(moves)), (first, *reversed(arrivals)))


def _arrivals(events: np.ndarray, n_groups: int) -> tuple[Arrival, ...]:
    """Events of the search, which counts groups from the last; masks are unsigned."""
    return tuple(
        Arrival(n_groups - 1 - int(g), int(k), int(np.int64(mask).astype(np.uint64)))
        for g, k, mask in events
    )
