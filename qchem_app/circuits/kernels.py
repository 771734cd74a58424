"""Compiled loops of the circuit search. Arrays in, arrays out; the meaning is in network.py.

A Pauli string is a pair of masks (x, z) along the last axis of an array; signs play no part in
the search. Letters are numbers: 1 X, 2 Z, 3 Y.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

from qchem_app.civector.kernels import _CACHE

_ZERO, _ONE = np.uint64(0), np.uint64(1)
_X, _Z = 1, 2
_MIX = np.uint64(0x9E3779B97F4A7C15)


class Problem(NamedTuple):
    """Groups of rotations in the order of processing.

    Attributes:
        n: number of qubits.
        rotations: (n_groups, most, 2) uint64, the strings.
        size: (n_groups + windows,) int64, how many a group has; 0 past the end.
        known: (n_groups, most_known) uint64, masks z of strings Z^z whose value in the state is
            known and which commute with the group.
        n_known: (n_groups + windows,) int64.
        product: whether the search may end as soon as the state is a product state, instead of
            when the frame is trivial.
    """

    n: int
    rotations: np.ndarray
    size: np.ndarray
    known: np.ndarray
    n_known: np.ndarray
    product: bool


class Beam(NamedTuple):
    """Partial circuits, one along the first axis of every array.

    Attributes:
        frame: (b, 2 n, 2), images of X_0 ... X_{n-1}, Z_0 ... Z_{n-1}.
        image: (b, windows, most, 2), images of the rotations of the next groups.
        mask: (b, windows, most), z of the strings that `image` holds the images of.
        known: (b, windows, most_known, 2), images of the known strings of those groups.
        known_mask: (b, windows, most_known), the known strings themselves.
        rows: (b, r, 2), what must become single letters in the end.
        group: (b,), groups that are finished.
        done: (b, windows), bits of the rotations that are finished.
        level: (b, n), depth of each qubit: 2 for a CNOT, 1 for another gate.
        letter: (b, n, 4), what each letter of the network's gates is on the circuit's qubit.
        turns: (b,), quarter turns between CNOTs so far.
    """

    frame: np.ndarray
    image: np.ndarray
    mask: np.ndarray
    known: np.ndarray
    known_mask: np.ndarray
    rows: np.ndarray
    group: np.ndarray
    done: np.ndarray
    level: np.ndarray
    letter: np.ndarray
    turns: np.ndarray


class Weights(NamedTuple):
    """What the terms of a score count, in units of about one CNOT.

    Attributes:
        remaining: a group that is not begun.
        rotation: a rotation of the present group that is not done.
        mean, lightest, total: weight of those rotations: average, smallest, sum.
        lookahead, decay: mean weight of the next group, and the factor for each one after it.
        drift: weight of the frame while there are groups.
        closing: distance from the goal afterwards.
        depth: a level of depth.
        turn: a quarter turn.
        urgency: the least of what is still to be done; raised when the search gets stuck.
    """

    remaining: float
    rotation: float
    mean: float
    lightest: float
    total: float
    lookahead: float
    decay: float
    drift: float
    closing: float
    depth: float
    turn: float
    urgency: float


@nb.njit(cache=_CACHE)
def _count(mask):
    mask = mask - ((mask >> np.uint64(1)) & np.uint64(0x5555555555555555))
    mask = (mask & np.uint64(0x3333333333333333)) + (
        (mask >> np.uint64(2)) & np.uint64(0x3333333333333333)
    )
    mask = (mask + (mask >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((mask * np.uint64(0x0101010101010101)) >> np.uint64(56))


@nb.njit(cache=_CACHE)
def _turn(source, target, i, j, a, b):
    """target = exp(i pi/4 A_i B_j) source exp(-i pi/4 A_i B_j), up to its sign."""
    x, z = source[0], source[1]
    odd = _ZERO
    if a & 1:
        odd ^= z >> i
    if a & 2:
        odd ^= x >> i
    if b & 1:
        odd ^= z >> j
    if b & 2:
        odd ^= x >> j
    if odd & _ONE:
        if a & 1:
            x ^= _ONE << i
        if a & 2:
            z ^= _ONE << i
        if b & 1:
            x ^= _ONE << j
        if b & 2:
            z ^= _ONE << j
    target[0], target[1] = x, z


@nb.njit(cache=_CACHE)
def _weight(string):
    return _count(string[0] | string[1])


@nb.njit(cache=_CACHE)
def _mix(code, string):
    """A digest of the qubits that strings act on: what gates on single qubits do not change."""
    code = (code ^ (string[0] | string[1])) * _MIX
    return code ^ code >> np.uint64(29)


@nb.njit(cache=_CACHE)
def distance(rows, product, urgency):
    """How far the rows are from single letters; 0 when there.

    The rows of a product state generate the group of its stabilisers: qubits that hold one
    letter only are not entangled with the others. Otherwise rows q and q + n belong together.
    """
    total, least, open_ones = 0, 0, 0
    if product:
        only_x, only_y, only_z = _ZERO, _ZERO, _ZERO
        for r in range(rows.shape[0]):
            x, z = rows[r, 0], rows[r, 1]
            only_x |= x & ~z
            only_y |= x & z
            only_z |= z & ~x
        entangled = (only_x & only_y) | (only_x & only_z) | (only_y & only_z)
        open_ones = _count(entangled)
        total = open_ones
        for r in range(rows.shape[0]):
            weight = _count((rows[r, 0] | rows[r, 1]) & entangled)
            total += weight
            if weight and (least == 0 or weight < least):
                least = weight
    else:
        half = rows.shape[0] // 2
        for q in range(half):
            weight = _weight(rows[q]) + _weight(rows[q + half]) - 2
            total += weight
            open_ones += weight > 0
            if weight and (least == 0 or weight < least):
                least = weight
    return total + urgency * (least + 2 * rows.shape[0] * open_ones)


@nb.njit(cache=_CACHE)
def _mark_done(problem, image, group, done):
    """Set the bits of rotations on one qubit that may go before all unfinished ones."""
    for w in range(image.shape[0]):
        for k in range(problem.size[group + w]):
            if done[w] >> k & 1 or _weight(image[w, k]) > 1:
                continue
            free = True
            for v in range(w):
                for m in range(problem.size[group + v]):
                    if not done[v] >> m & 1 and free:
                        one = _count(image[w, k, 0] & image[v, m, 1])
                        two = _count(image[w, k, 1] & image[v, m, 0])
                        free = (one + two) & 1 == 0
            if free:
                done[w] |= 1 << k


@nb.njit(cache=_CACHE)
def _outlook(problem, weights, image, group, done, first):
    """Estimated cost of what is left of the groups from window `first` on."""
    n_groups = problem.rotations.shape[0]
    score = weights.remaining * (n_groups - group)
    factor = weights.lookahead
    for w in range(first, image.shape[0]):
        size = problem.size[group + w - first]
        left, total, least = 0, 0, 0
        for k in range(size):
            if done[w] >> k & 1:
                continue
            weight = _weight(image[w, k]) - 1
            total += weight
            if left == 0 or weight < least:
                least = weight
            left += 1
        if left == 0:
            continue
        if w == first:
            score += weights.rotation * left + weights.lightest * least
            score += (weights.mean / size + weights.total) * total
            score += weights.urgency * (least + problem.n * left)
        else:
            score += factor * total / size
            factor *= weights.decay
    return score


@nb.njit(cache=_CACHE)
def expand(problem, weights, beam, score, digest, move, parent):
    """Every continuation of every circuit by one two-qubit gate; their number is returned.

    A move packs qubits i, j and letters A, B of the gate exp(i pi/4 A_i B_j). The first qubit is
    to be the control of the CNOT.
    """
    n, n_groups = problem.n, problem.rotations.shape[0]
    windows, most = beam.image.shape[1], beam.image.shape[2]
    row = np.empty(2, np.uint64)
    rows = np.empty(beam.rows.shape[1:], np.uint64)
    image = np.empty((windows, most, 2), np.uint64)
    done = np.empty(windows, np.int64)
    count = 0
    for s in range(beam.group.size):
        start = beam.group[s]
        support = _ZERO
        if start < n_groups:
            for k in range(problem.size[start]):
                if not beam.done[s, 0] >> k & 1:
                    support |= beam.image[s, 0, k, 0] | beam.image[s, 0, k, 1]
        else:
            for r in range(rows.shape[0]):
                if _weight(beam.rows[s, r]) > 1:
                    support |= beam.rows[s, r, 0] | beam.rows[s, r, 1]
        depth = beam.level[s].max()
        for i in range(n):
            if not support >> np.uint64(i) & _ONE:
                continue
            for j in range(i + 1, n):
                if not support >> np.uint64(j) & _ONE:
                    continue
                for letters in range(9):
                    a, b = letters // 3 + 1, letters % 3 + 1
                    one, two = beam.letter[s, i, a], beam.letter[s, j, b]
                    forward = (one != _Z) + (two != _X) <= (one != _X) + (two != _Z)
                    turn_i = one != (_Z if forward else _X)
                    turn_j = two != (_X if forward else _Z)
                    level = max(beam.level[s, i] + turn_i, beam.level[s, j] + turn_j) + 2
                    p, q = np.uint64(i), np.uint64(j)
                    far, code = 0.0, _ZERO
                    if start < n_groups:
                        for r in range(2 * n):
                            _turn(beam.frame[s, r], row, p, q, a, b)
                            far += _weight(row) - 1
                    else:
                        for r in range(rows.shape[0]):
                            _turn(beam.rows[s, r], rows[r], p, q, a, b)
                            code = _mix(code, rows[r])
                        far = distance(rows, problem.product, weights.urgency)
                    for w in range(windows):
                        done[w] = beam.done[s, w]
                        for k in range(problem.size[start + w]):
                            _turn(beam.image[s, w, k], image[w, k], p, q, a, b)
                            if not done[w] >> k & 1:
                                code = _mix(code, image[w, k])
                    _mark_done(problem, image, start, done)
                    first = 0
                    while first < windows and problem.size[start + first] > 0:
                        if done[first] != (1 << problem.size[start + first]) - 1:
                            break
                        first += 1
                    group = start + first
                    value = _outlook(problem, weights, image, group, done, first)
                    value += far * (weights.drift if start < n_groups else weights.closing)
                    value += weights.depth * (max(depth, level) + 0.2 * level)
                    value += weights.turn * (beam.turns[s] + turn_i + turn_j)
                    code = (code ^ np.uint64(np.int64(far))) * _MIX
                    score[count], digest[count] = value, code ^ np.uint64(group)
                    if forward:
                        move[count] = (i * 64 + j) * 16 + a * 4 + b
                    else:
                        move[count] = (j * 64 + i) * 16 + b * 4 + a
                    parent[count] = s
                    count += 1
    return count


@nb.njit(cache=_CACHE)
def _load(problem, beam, s, group, w):
    """Bring the images of a group into window w."""
    n = problem.n
    for k in range(problem.size[group]):
        x, z = _ZERO, _ZERO
        for q in range(n):
            if problem.rotations[group, k, 0] >> np.uint64(q) & _ONE:
                x ^= beam.frame[s, q, 0]
                z ^= beam.frame[s, q, 1]
            if problem.rotations[group, k, 1] >> np.uint64(q) & _ONE:
                x ^= beam.frame[s, n + q, 0]
                z ^= beam.frame[s, n + q, 1]
        beam.image[s, w, k, 0], beam.image[s, w, k, 1] = x, z
        beam.mask[s, w, k] = problem.rotations[group, k, 1]
    for k in range(problem.n_known[group]):
        x, z = _ZERO, _ZERO
        for q in range(n):
            if problem.known[group, k] >> np.uint64(q) & _ONE:
                x ^= beam.frame[s, n + q, 0]
                z ^= beam.frame[s, n + q, 1]
        beam.known[s, w, k, 0], beam.known[s, w, k, 1] = x, z
        beam.known_mask[s, w, k] = problem.known[group, k]


@nb.njit(cache=_CACHE)
def _lighten(strings, masks, others, other_masks, same):
    """Multiply strings by others while that makes them lighter; masks go along."""
    changed = True
    while changed:
        changed = False
        for a in range(strings.shape[0]):
            weight = _weight(strings[a])
            for b in range(others.shape[0]):
                if same and a == b:
                    continue
                x, z = strings[a, 0] ^ others[b, 0], strings[a, 1] ^ others[b, 1]
                if _count(x | z) < weight:
                    strings[a, 0], strings[a, 1] = x, z
                    masks[a] ^= other_masks[b]
                    weight = _count(x | z)
                    changed = True


@nb.njit(cache=_CACHE)
def settle(problem, beam, s, event):
    """Lighten what may be lightened, finish what is on one qubit, take in the next groups.

    Rows (group, rotation, mask) of `event` tell what was finished; their number is returned.
    """
    n_groups = problem.rotations.shape[0]
    windows, most = beam.image.shape[1], beam.image.shape[2]
    if problem.product:
        unused = np.zeros(beam.rows.shape[1], np.uint64)
        _lighten(beam.rows[s], unused, beam.rows[s], unused, True)
    before = np.empty(windows, np.int64)
    events = 0
    while True:
        group = beam.group[s]
        for w in range(windows):
            size, n_known = problem.size[group + w], problem.n_known[group + w]
            known, masks = beam.known[s, w, :n_known], beam.known_mask[s, w, :n_known]
            _lighten(known, masks, known, masks, True)
            _lighten(beam.image[s, w, :size], beam.mask[s, w, :size], known, masks, False)
        before[:] = beam.done[s]
        _mark_done(problem, beam.image[s], group, beam.done[s])
        for w in range(windows):
            for k in range(problem.size[group + w]):
                if (beam.done[s, w] ^ before[w]) >> k & 1:
                    event[events, 0], event[events, 1] = group + w, k
                    event[events, 2] = np.int64(beam.mask[s, w, k])
                    events += 1
                    single = beam.image[s, w, k, 0] | beam.image[s, w, k, 1]
                    beam.level[s, _count(single - _ONE)] += 1
        full = (1 << problem.size[group]) - 1
        room = events + windows * most <= event.shape[0]
        if group == n_groups or beam.done[s, 0] != full or not room:
            return events
        for w in range(windows - 1):
            beam.image[s, w] = beam.image[s, w + 1]
            beam.mask[s, w] = beam.mask[s, w + 1]
            beam.known[s, w] = beam.known[s, w + 1]
            beam.known_mask[s, w] = beam.known_mask[s, w + 1]
            beam.done[s, w] = beam.done[s, w + 1]
        beam.group[s] = group + 1
        beam.done[s, windows - 1] = 0
        if group + windows < n_groups:
            _load(problem, beam, s, group + windows, windows - 1)


@nb.njit(cache=_CACHE)
def start(problem, beam, event):
    """Fill the first entry of an empty beam: nothing done, the frame trivial."""
    n = problem.n
    for q in range(n):
        beam.frame[0, q, 0] = _ONE << np.uint64(q)
        beam.frame[0, n + q, 1] = _ONE << np.uint64(q)
        for letter in range(4):
            beam.letter[0, q, letter] = letter
    beam.rows[0] = beam.frame[0, 2 * n - beam.rows.shape[1] :]
    for w in range(beam.image.shape[1]):
        if w < problem.rotations.shape[0]:
            _load(problem, beam, 0, w, w)
    return settle(problem, beam, 0, event)


@nb.njit(cache=_CACHE)
def _couple(letter, mine, wanted):
    """Update what letters are on a qubit of a CNOT; whether it needed a quarter turn."""
    axis = letter[mine] ^ wanted
    if axis:
        for key in range(1, 4):
            if letter[key] != axis:
                letter[key] ^= axis
    # the network's gate turns the two other letters into each other, and the CNOT does not
    one = 2 if mine == 1 else 1
    two = 6 - mine - one
    letter[one], letter[two] = letter[two], letter[one]
    return 1 if axis else 0


@nb.njit(cache=_CACHE)
def advance(problem, old, new, move, parent, event, n_events):
    """Apply the chosen moves: entry c of `new` is entry parent[c] of `old` and one gate more."""
    for c in range(move.size):
        s = parent[c]
        i, j, a, b = move[c] >> 10, move[c] >> 4 & 63, move[c] >> 2 & 3, move[c] & 3
        p, q = np.uint64(i), np.uint64(j)
        for r in range(old.frame.shape[1]):
            _turn(old.frame[s, r], new.frame[c, r], p, q, a, b)
        for r in range(old.rows.shape[1]):
            _turn(old.rows[s, r], new.rows[c, r], p, q, a, b)
        for w in range(old.image.shape[1]):
            for k in range(old.image.shape[2]):
                _turn(old.image[s, w, k], new.image[c, w, k], p, q, a, b)
            for k in range(old.known.shape[2]):
                _turn(old.known[s, w, k], new.known[c, w, k], p, q, a, b)
        new.mask[c], new.known_mask[c] = old.mask[s], old.known_mask[s]
        new.group[c], new.done[c] = old.group[s], old.done[s]
        new.level[c], new.letter[c] = old.level[s], old.letter[s]
        turn_i = _couple(new.letter[c, i], a, _Z)
        turn_j = _couple(new.letter[c, j], b, _X)
        new.turns[c] = old.turns[s] + turn_i + turn_j
        level = max(old.level[s, i] + turn_i, old.level[s, j] + turn_j) + 2
        new.level[c, i] = new.level[c, j] = level
        n_events[c] = settle(problem, new, c, event[c])
