"""Compiled loops of the density-matrix engine.

A state is its real vector of 4**n Pauli expectation values; digit q (base 4) of the index is the
Pauli letter I, X, Y, Z of qubit q. An operation is a sparse real matrix on the digits of one or
two qubits: `first` and `second` (-1 for none) hold the qubits, entries pointer[k] to pointer[k+1]
the row, column and value of its non-zero elements, sorted by row.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from qchem_app.civector.kernels import _CACHE, _FAST

# Elements of one digit combination that are worked on together; 16 times that stay in L1.
_RUN = 64


@nb.njit(cache=_CACHE, nogil=True, fastmath=_FAST)
def _apply(vector, a, b, row, col, value, buffer, place):
    """One operation on a vector, in place."""
    low, high = (a, a) if b < 0 else (min(a, b), max(a, b))
    d = 4 if b < 0 else 16
    offset = np.empty(16, np.int64)
    for c in range(d):
        offset[c] = (c & 3) << (2 * a)
        if b >= 0:
            offset[c] += np.int64(c >> 2) << (2 * b)
    inner = np.int64(1) << (2 * low)
    groups = vector.size // d
    if inner >= 16:  # contiguous runs
        width = min(inner, _RUN)
        for t in range(groups // width):
            g = t * width
            # insert a zero digit at each of the qubits
            base = (g & (inner - 1)) | ((g >> (2 * low)) << (2 * low + 2))
            if b >= 0:
                base = (base & ((1 << (2 * high)) - 1)) | ((base >> (2 * high)) << (2 * high + 2))
            before = -1
            for k in range(row.size):
                r, v = row[k], value[k]
                # unsigned, so that no index is looked at for being negative
                out, source = np.uint64(r), np.uint64(base + offset[col[k]])
                if r != before:
                    for i in range(np.uint64(width)):
                        buffer[out, i] = v * vector[source + i]
                    before = r
                else:
                    for i in range(np.uint64(width)):
                        buffer[out, i] += v * vector[source + i]
            for r in range(d):
                out, target = np.uint64(r), np.uint64(base + offset[r])
                for i in range(np.uint64(width)):
                    vector[target + i] = buffer[out, i]
        return
    width = min(groups, _RUN)
    runs = groups // width
    gathered = buffer[16:]
    for t in range(runs):
        for i in range(width):
            g = t * width + i
            base = (g & (inner - 1)) | ((g >> (2 * low)) << (2 * low + 2))
            if b >= 0:
                base = (base & ((1 << (2 * high)) - 1)) | ((base >> (2 * high)) << (2 * high + 2))
            place[i] = base
        for c in range(d):
            for i in range(width):
                gathered[c, i] = vector[place[i] + offset[c]]
        before = -1
        for k in range(row.size):
            r, c, v = row[k], col[k], value[k]
            if r != before:
                for i in range(width):
                    buffer[r, i] = v * gathered[c, i]
                before = r
            else:
                for i in range(width):
                    buffer[r, i] += v * gathered[c, i]
        for r in range(d):
            for i in range(width):
                vector[place[i] + offset[r]] = buffer[r, i]


@nb.njit(cache=_CACHE, nogil=True)
def reset(vector):
    """The state |0...0>: 1 for strings of I and Z, 0 for others."""
    for i in range(vector.size):
        # digits 0 and 3 have equal bits
        vector[i] = 0.0 if (i ^ (i >> 1)) & 0x5555555555555555 else 1.0


@nb.njit(cache=_CACHE, nogil=True)
def _run(vector, program, first, second, pointer, row, col, value, buffer, place):
    """All operations of one program on one vector, which starts as |0...0>."""
    reset(vector)
    for k in program:
        lo, hi = pointer[k], pointer[k + 1]
        _apply(vector, first[k], second[k], row[lo:hi], col[lo:hi], value[lo:hi], buffer, place)


@nb.njit(cache=_CACHE, nogil=True)
def run_many(out, programs, bounds, first, second, pointer, row, col, value):
    """Fill the rows of (m, 4**n) `out`; program i is programs[bounds[i]:bounds[i+1]]."""
    buffer, place = np.zeros((32, _RUN)), np.empty(_RUN, np.int64)
    for i in range(out.shape[0]):
        program = programs[bounds[i] : bounds[i + 1]]
        _run(out[i], program, first, second, pointer, row, col, value, buffer, place)


@nb.njit(parallel=True, cache=_CACHE, nogil=True)
def run_many_threads(parts, out, programs, bounds, first, second, pointer, row, col, value):
    """`run_many` with the programs shared among `parts` threads."""
    for part in nb.prange(parts):
        buffer, place = np.zeros((32, _RUN)), np.empty(_RUN, np.int64)
        m = out.shape[0]
        for i in range(m * part // parts, m * (part + 1) // parts):
            program = programs[bounds[i] : bounds[i + 1]]
            _run(out[i], program, first, second, pointer, row, col, value, buffer, place)


@nb.njit(cache=_CACHE, nogil=True)
def _runs(members):
    """Where the runs of 16 elements that qubits 0 and 1 make begin, in the vector and in a piece.

    Digit j of a place in the piece belongs to qubit members[j]; also the 16 places of a run in the
    piece.
    """
    k = members.size
    count = np.int64(1) << (2 * (k - 2))
    outside, inside, within = (
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        np.zeros(16, np.int64),
    )
    level = 0
    for j in range(k):
        if members[j] < 2:
            for i in range(16):
                within[i] += ((i >> (2 * members[j])) & 3) << (2 * j)
            continue
        for i in range(count):
            digit = (i >> (2 * level)) & 3
            outside[i] += digit << (2 * members[j])
            inside[i] += digit << (2 * j)
        level += 1
    return outside, inside, within


@nb.njit(cache=_CACHE, nogil=True)
def _pass(
    vector, is_member, outside, inside, within, program, first, second, pointer, row, col, value,
    piece, buffer, place, part, parts,
):  # fmt: skip
    """Several operations on some qubits, piece by piece; the share `part` of `parts`."""
    n_pieces = vector.size // piece.size
    for number in range(n_pieces * part // parts, n_pieces * (part + 1) // parts):
        base, q, rest = np.int64(0), 0, number
        while rest:  # the digits of the number go where no member is
            if not is_member[q]:
                base += (rest & 3) << (2 * q)
                rest >>= 2
            q += 1
        for i in range(outside.size):
            run = vector[base + outside[i] : base + outside[i] + 16]
            for j in range(16):
                piece[inside[i] + within[j]] = run[j]
        for k in program:
            lo, hi = pointer[k], pointer[k + 1]
            _apply(piece, first[k], second[k], row[lo:hi], col[lo:hi], value[lo:hi], buffer, place)
        for i in range(outside.size):
            run = vector[base + outside[i] : base + outside[i] + 16]
            for j in range(16):
                run[j] = piece[inside[i] + within[j]]


@nb.njit(cache=_CACHE, nogil=True)
def _mask(members, n_qubits):
    out = np.zeros(n_qubits, np.bool_)
    for q in members:
        out[q] = True
    return out


@nb.njit(cache=_CACHE, nogil=True)
def run_large(n_qubits, vector, members, program, bounds, first, second, pointer, row, col, value):
    """One program on one vector, in place, in passes over the vector.

    Pass i applies the operations program[bounds[i]:bounds[i+1]] to the qubits members[i], 0 and 1
    always among them; `first` and `second` are places in members[i].
    """
    piece = np.empty(np.int64(1) << (2 * members.shape[1]))
    buffer, place = np.zeros((32, _RUN)), np.empty(_RUN, np.int64)
    for i in range(members.shape[0]):
        outside, inside, within = _runs(members[i])
        is_member = _mask(members[i], n_qubits)
        _pass(
            vector, is_member, outside, inside, within, program[bounds[i] : bounds[i + 1]],
            first, second, pointer, row, col, value, piece, buffer, place, 0, 1,
        )  # fmt: skip


@nb.njit(parallel=True, cache=_CACHE, nogil=True)
def run_large_threads(
    parts, n_qubits, vector, members, program, bounds, first, second, pointer, row, col, value
):
    """`run_large` with each pass shared among `parts` threads."""
    pieces = np.empty((parts, np.int64(1) << (2 * members.shape[1])))
    buffers, places = np.zeros((parts, 32, _RUN)), np.empty((parts, _RUN), np.int64)
    for i in range(members.shape[0]):
        outside, inside, within = _runs(members[i])
        is_member = _mask(members[i], n_qubits)
        for part in nb.prange(parts):
            _pass(
                vector, is_member, outside, inside, within, program[bounds[i] : bounds[i + 1]],
                first, second, pointer, row, col, value,
                pieces[part], buffers[part], places[part], part, parts,
            )  # fmt: skip
