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
# Operations on the first qubits only are applied to one block of 4**_BLOCK_QUBITS elements after
# the other, which stays in L2.
_BLOCK_QUBITS = 8


@nb.njit(cache=_CACHE, nogil=True, fastmath=_FAST)
def _apply(vector, a, b, row, col, value, buffer, place, part, parts):
    """One operation on a vector, in place; the share `part` of `parts`."""
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
        runs = groups // width
        for t in range(runs * part // parts, runs * (part + 1) // parts):
            g = t * width
            # insert a zero digit at each of the qubits
            base = (g & (inner - 1)) | ((g >> (2 * low)) << (2 * low + 2))
            if b >= 0:
                base = (base & ((1 << (2 * high)) - 1)) | ((base >> (2 * high)) << (2 * high + 2))
            before = -1
            for k in range(row.size):
                r, v = row[k], value[k]
                source = vector[base + offset[col[k]] : base + offset[col[k]] + width]
                out = buffer[r]
                if r != before:
                    for i in range(width):
                        out[i] = v * source[i]
                    before = r
                else:
                    for i in range(width):
                        out[i] += v * source[i]
            for r in range(d):
                target = vector[base + offset[r] : base + offset[r] + width]
                out = buffer[r]
                for i in range(width):
                    target[i] = out[i]
        return
    width = min(groups, _RUN)
    runs = groups // width
    gathered = buffer[16:]
    for t in range(runs * part // parts, runs * (part + 1) // parts):
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
def _reset(vector):
    """The state |0...0>: 1 for strings of I and Z, 0 for others."""
    for i in range(vector.size):
        # digits 0 and 3 have equal bits
        vector[i] = 0.0 if (i ^ (i >> 1)) & 0x5555555555555555 else 1.0


@nb.njit(cache=_CACHE, nogil=True)
def _run(vector, program, first, second, pointer, row, col, value, buffer, place):
    """All operations of one program on one vector, which starts as |0...0>."""
    _reset(vector)
    for k in program:
        lo, hi = pointer[k], pointer[k + 1]
        _apply(
            vector, first[k], second[k], row[lo:hi], col[lo:hi], value[lo:hi], buffer, place, 0, 1
        )


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
def _stretch(begin, program, first, second):
    """End of the operations from `begin` on that all act on the first qubits only."""
    end = begin
    while end < program.size and max(first[program[end]], second[program[end]]) < _BLOCK_QUBITS:
        end += 1
    return end


@nb.njit(cache=_CACHE, nogil=True)
def _blocks(vector, program, first, second, pointer, row, col, value, buffer, place, part, parts):
    """Several operations on the first qubits, block by block; the share `part` of `parts`."""
    size = min(vector.size, np.int64(1) << (2 * _BLOCK_QUBITS))
    n_blocks = vector.size // size
    for block in range(n_blocks * part // parts, n_blocks * (part + 1) // parts):
        piece = vector[block * size : (block + 1) * size]
        for k in program:
            lo, hi = pointer[k], pointer[k + 1]
            _apply(
                piece, first[k], second[k], row[lo:hi], col[lo:hi], value[lo:hi],
                buffer, place, 0, 1,
            )  # fmt: skip


@nb.njit(cache=_CACHE, nogil=True)
def run_large(vector, program, first, second, pointer, row, col, value):
    """One program on one vector that does not fit a cache; it starts as |0...0>."""
    buffer, place = np.zeros((32, _RUN)), np.empty(_RUN, np.int64)
    _reset(vector)
    begin = 0
    while begin < program.size:
        end = _stretch(begin, program, first, second)
        if end > begin:
            _blocks(
                vector, program[begin:end], first, second, pointer, row, col, value,
                buffer, place, 0, 1,
            )  # fmt: skip
            begin = end
            continue
        k = program[begin]
        lo, hi = pointer[k], pointer[k + 1]
        _apply(
            vector, first[k], second[k], row[lo:hi], col[lo:hi], value[lo:hi], buffer, place, 0, 1
        )
        begin += 1


@nb.njit(parallel=True, cache=_CACHE, nogil=True)
def run_large_threads(parts, vector, program, first, second, pointer, row, col, value):
    """`run_large` with each stretch of operations shared among `parts` threads."""
    buffers, places = np.zeros((parts, 32, _RUN)), np.empty((parts, _RUN), np.int64)
    _reset(vector)
    begin = 0
    while begin < program.size:
        end = _stretch(begin, program, first, second)
        if end > begin:
            for part in nb.prange(parts):
                _blocks(
                    vector, program[begin:end], first, second, pointer, row, col, value,
                    buffers[part], places[part], part, parts,
                )  # fmt: skip
            begin = end
            continue
        k = program[begin]
        lo, hi = pointer[k], pointer[k + 1]
        for part in nb.prange(parts):
            _apply(
                vector, first[k], second[k], row[lo:hi], col[lo:hi], value[lo:hi],
                buffers[part], places[part], part, parts,
            )  # fmt: skip
        begin += 1
