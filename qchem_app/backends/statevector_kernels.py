"""Compiled loops of the noiseless simulator: elementary gates on a complex state vector."""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from qchem_app.civector.kernels import _CACHE, _FAST

#: Numbers that stand for gates; "delay" does nothing.
CODES = {"x": 0, "h": 1, "rx": 2, "ry": 3, "rz": 4, "cx": 5, "delay": 6}


@nb.njit(cache=_CACHE, nogil=True, fastmath=_FAST)
def _turn(state, q, a, b, c, d, part, parts):
    """The matrix ((a, b), (c, d)) on qubit q, in place; the share `part` of `parts`."""
    step = np.int64(1) << q
    pairs = state.size // 2
    lo, hi = pairs * part // parts, pairs * (part + 1) // parts
    while lo < hi:
        within = lo & (step - 1)
        run = min(step - within, hi - lo)
        first = ((lo >> q) << (q + 1)) + within
        u, v = state[first : first + run], state[first + step : first + step + run]
        for i in range(run):
            x, y = u[i], v[i]
            u[i] = a * x + b * y
            v[i] = c * x + d * y
        lo += run


@nb.njit(cache=_CACHE, nogil=True, fastmath=_FAST)
def _controlled_not(state, control, target, part, parts):
    low, high = min(control, target), max(control, target)
    step = np.int64(1) << low
    quarters = state.size // 4
    lo, hi = quarters * part // parts, quarters * (part + 1) // parts
    while lo < hi:
        within = lo & (step - 1)
        run = min(step - within, hi - lo)
        first = ((lo >> low) << (low + 1)) + within
        first = (first & ((1 << high) - 1)) | ((first >> high) << (high + 1))
        first |= np.int64(1) << control
        second = first | (np.int64(1) << target)
        for i in range(run):
            x = state[first + i]
            state[first + i] = state[second + i]
            state[second + i] = x
        lo += run


@nb.njit(cache=_CACHE, nogil=True)
def _apply(state, code, q, r, angle, part, parts):
    cos, sin = math.cos(angle / 2), math.sin(angle / 2)
    half = math.sqrt(0.5)
    if code == 0:
        _turn(state, q, 0.0j, 1.0 + 0.0j, 1.0 + 0.0j, 0.0j, part, parts)
    elif code == 1:
        _turn(state, q, half + 0.0j, half + 0.0j, half + 0.0j, -half + 0.0j, part, parts)
    elif code == 2:
        _turn(state, q, cos + 0.0j, -1j * sin, -1j * sin, cos + 0.0j, part, parts)
    elif code == 3:
        _turn(state, q, cos + 0.0j, -sin + 0.0j, sin + 0.0j, cos + 0.0j, part, parts)
    elif code == 4:
        _turn(state, q, complex(cos, -sin), 0.0j, 0.0j, complex(cos, sin), part, parts)
    elif code == 5:
        _controlled_not(state, q, r, part, parts)


@nb.njit(cache=_CACHE, nogil=True)
def run(state, code, first, second, angle):
    """Apply gates to a (2**n,) complex state in place; `second` is the target of cx."""
    for k in range(code.size):
        _apply(state, code[k], first[k], second[k], angle[k], 0, 1)


@nb.njit(parallel=True, cache=_CACHE, nogil=True)
def run_threads(parts, state, code, first, second, angle):
    """`run` with each gate shared among `parts` threads."""
    for k in range(code.size):
        for part in nb.prange(parts):
            _apply(state, code[k], first[k], second[k], angle[k], part, parts)
