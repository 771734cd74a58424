"""Compiled loops of the exact engine. Arrays in, arrays out; the meaning is in the callers.

Every sweep is one compiled call, whatever the number of excitations. The `_threads` variants
share each excitation's pairs among threads, which pays for large sectors only; they are compiled
when first called.
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np


def _probe() -> None:
    """Stands for any function of this file where Numba is asked whether it can cache."""


def _can_cache() -> bool:
    # Neither the package's folder nor the user's cache may be writable, as in some containers:
    # then every process compiles anew, which is slow but right.
    try:
        nb.njit(cache=True)(_probe)
    except RuntimeError:
        return False
    return True


_CACHE = _can_cache()
# Without `nnan`: an overflow must stay visible as a nan energy.
_FAST = {"contract", "nsz", "arcp", "reassoc"}
_N_IRREPS = 8


# BLAS would start threads for these, and wait for them longer than the work takes.
@nb.njit(cache=_CACHE, nogil=True, fastmath=_FAST)
def dot(a, b):
    """<a|b>."""
    total = 0.0
    for i in range(a.size):
        total += a[i] * b[i]
    return total


@nb.njit(cache=_CACHE, nogil=True, fastmath=_FAST)
def add_scaled(out, vector, factor):
    """Add factor * vector to out, in place."""
    for i in range(out.size):
        out[i] += factor * vector[i]


@nb.njit(cache=_CACHE)
def _apply_pairs(string, created, annihilated):
    """The string after the operator and its sign; sign 0 where the result vanishes."""
    sign = 1
    for k in range(created.size - 1, -1, -1):
        if created[k] < 0:
            continue
        bit = np.int64(1) << annihilated[k]
        if not string & bit:
            return string, 0
        below = string & (bit - 1)
        string ^= bit
        bit = np.int64(1) << created[k]
        if string & bit:
            return string, 0
        below ^= string & (bit - 1)  # parities of the two counts, added
        string ^= bit
        while below:
            below &= below - 1
            sign = -sign
    return string, sign


@nb.njit(cache=_CACHE)
def pair_tables(strings, start, created, annihilated, fermionic, irrep):
    """Pointer, source and target arrays of PairTables."""
    n_table = created.shape[0]
    pointer = np.zeros((n_table, _N_IRREPS, 3), np.int64)
    total = 0
    for fill in range(2):  # count, then fill
        source = np.empty(total, np.uint32)
        target = np.empty(total, np.uint32)
        total = 0
        for t in range(n_table):
            for g in range(_N_IRREPS):
                h = g ^ irrep[t]
                group = strings[start[h] : start[h + 1]]
                pointer[t, g, 0] = total
                for wanted in (1, -1):
                    for i in range(start[g], start[g + 1]):
                        new, sign = _apply_pairs(strings[i], created[t], annihilated[t])
                        if sign == 0:
                            continue
                        if not fermionic[t]:
                            sign = 1
                        if sign == wanted:
                            if fill == 1:
                                source[total] = i - start[g]
                                target[total] = np.searchsorted(group, new)
                            total += 1
                    if wanted == 1:
                        pointer[t, g, 1] = total
                pointer[t, g, 2] = total
    return pointer, source, target


@nb.njit(cache=_CACHE, inline="always")
def _chunk(lo, hi, part, parts):
    n = hi - lo
    return lo + n * part // parts, lo + n * (part + 1) // parts


@nb.njit(cache=_CACHE, nogil=True, fastmath=_FAST)
def _rotate(
    c, ta, tb, cos, sin, pa, sa, da, ia, pb, sb, db, ib, offset, width, rows, wfn, part, parts
):
    """Rotate the pairs of one excitation that belong to share `part` of `parts`."""
    for g in range(_N_IRREPS):
        n = width[g]
        if n == 0 or rows[g] == 0:
            continue
        if ta < 0:  # columns only
            h = g ^ wfn
            if ib[tb] != 0 or pb[tb, h, 0] == pb[tb, h, 2]:
                continue
            lo, hi = _chunk(0, rows[g], part, parts)
            for r in range(lo, hi):
                row = c[offset[g] + r * n : offset[g] + (r + 1) * n]
                for half in range(2):
                    s = sin if half == 0 else -sin
                    for q in range(pb[tb, h, half], pb[tb, h, half + 1]):
                        x, y = row[sb[q]], row[db[q]]
                        row[sb[q]] = cos * x - s * y
                        row[db[q]] = cos * y + s * x
            continue
        g2 = g ^ ia[ta]
        n2 = width[g2]
        h = g ^ wfn
        for half in range(2):
            lo, hi = _chunk(pa[ta, g, half], pa[ta, g, half + 1], part, parts)
            sign = sin if half == 0 else -sin
            for p in range(lo, hi):
                first = offset[g] + np.int64(sa[p]) * n
                second = offset[g2] + np.int64(da[p]) * n2
                u = c[first : first + n]
                v = c[second : second + n2]
                if tb < 0:  # whole rows
                    for j in range(n):
                        x, y = u[j], v[j]
                        u[j] = cos * x - sign * y
                        v[j] = cos * y + sign * x
                else:
                    for half_b in range(2):
                        s = sign if half_b == 0 else -sign
                        for q in range(pb[tb, h, half_b], pb[tb, h, half_b + 1]):
                            x, y = u[sb[q]], v[db[q]]
                            u[sb[q]] = cos * x - s * y
                            v[db[q]] = cos * y + s * x


@nb.njit(cache=_CACHE, nogil=True, fastmath=_FAST)
def _unrotate(
    c, lam, ta, tb, cos, sin, pa, sa, da, ia, pb, sb, db, ib, offset, width, rows, wfn, part, parts
):
    """Undo one rotation of both vectors; returns <lam|tau - tau^dagger|c> of this share."""
    total = 0.0
    for g in range(_N_IRREPS):
        n = width[g]
        if n == 0 or rows[g] == 0:
            continue
        if ta < 0:
            h = g ^ wfn
            if ib[tb] != 0 or pb[tb, h, 0] == pb[tb, h, 2]:
                continue
            lo, hi = _chunk(0, rows[g], part, parts)
            for r in range(lo, hi):
                row = c[offset[g] + r * n : offset[g] + (r + 1) * n]
                dual = lam[offset[g] + r * n : offset[g] + (r + 1) * n]
                for half in range(2):
                    s = sin if half == 0 else -sin
                    dot = 0.0
                    for q in range(pb[tb, h, half], pb[tb, h, half + 1]):
                        i, j = sb[q], db[q]
                        x, y, a, b = row[i], row[j], dual[i], dual[j]
                        dot += b * x - a * y
                        row[i] = cos * x + s * y
                        row[j] = cos * y - s * x
                        dual[i] = cos * a + s * b
                        dual[j] = cos * b - s * a
                    total += dot if half == 0 else -dot
            continue
        g2 = g ^ ia[ta]
        n2 = width[g2]
        h = g ^ wfn
        for half in range(2):
            lo, hi = _chunk(pa[ta, g, half], pa[ta, g, half + 1], part, parts)
            sign = sin if half == 0 else -sin
            subtotal = 0.0
            for p in range(lo, hi):
                first = offset[g] + np.int64(sa[p]) * n
                second = offset[g2] + np.int64(da[p]) * n2
                u = c[first : first + n]
                v = c[second : second + n2]
                du = lam[first : first + n]
                dv = lam[second : second + n2]
                if tb < 0:
                    dot = 0.0
                    for j in range(n):
                        x, y, a, b = u[j], v[j], du[j], dv[j]
                        dot += b * x - a * y
                        u[j] = cos * x + sign * y
                        v[j] = cos * y - sign * x
                        du[j] = cos * a + sign * b
                        dv[j] = cos * b - sign * a
                    subtotal += dot
                else:
                    for half_b in range(2):
                        s = sign if half_b == 0 else -sign
                        dot = 0.0
                        for q in range(pb[tb, h, half_b], pb[tb, h, half_b + 1]):
                            i, j = sb[q], db[q]
                            x, y, a, b = u[i], v[j], du[i], dv[j]
                            dot += b * x - a * y
                            u[i] = cos * x + s * y
                            v[j] = cos * y - s * x
                            du[i] = cos * a + s * b
                            dv[j] = cos * b - s * a
                        subtotal += dot if half_b == 0 else -dot
            total += subtotal if half == 0 else -subtotal
    return total


@nb.njit(cache=_CACHE, nogil=True)
def forward(c, theta, tabs_a, tabs_b, pa, sa, da, ia, pb, sb, db, ib, offset, width, rows, wfn):
    """Apply exp(theta_k (tau_k - tau_k^dagger)) for k = 0, 1, ... to c in place."""
    for k in range(theta.size):
        _rotate(
            c, tabs_a[k], tabs_b[k], math.cos(theta[k]), math.sin(theta[k]),
            pa, sa, da, ia, pb, sb, db, ib, offset, width, rows, wfn, 0, 1,
        )  # fmt: skip


@nb.njit(cache=_CACHE, nogil=True)
def backward(
    c, lam, theta, grad, tabs_a, tabs_b, pa, sa, da, ia, pb, sb, db, ib, offset, width, rows, wfn
):
    """Undo the excitations from the last to the first; grad[k] = <lam|tau - tau^dagger|c>."""
    for k in range(theta.size - 1, -1, -1):
        grad[k] = _unrotate(
            c, lam, tabs_a[k], tabs_b[k], math.cos(theta[k]), math.sin(theta[k]),
            pa, sa, da, ia, pb, sb, db, ib, offset, width, rows, wfn, 0, 1,
        )  # fmt: skip


@nb.njit(parallel=True, cache=_CACHE, nogil=True)
def forward_threads(
    parts, c, theta, tabs_a, tabs_b, pa, sa, da, ia, pb, sb, db, ib, offset, width, rows, wfn
):
    """`forward` with each excitation's pairs shared among `parts` threads."""
    for k in range(theta.size):
        cos, sin = math.cos(theta[k]), math.sin(theta[k])
        for part in nb.prange(parts):
            _rotate(
                c, tabs_a[k], tabs_b[k], cos, sin,
                pa, sa, da, ia, pb, sb, db, ib, offset, width, rows, wfn, part, parts,
            )  # fmt: skip


@nb.njit(parallel=True, cache=_CACHE, nogil=True)
def backward_threads(
    parts, c, lam, theta, grad, tabs_a, tabs_b, pa, sa, da, ia, pb, sb, db, ib, offset, width,
    rows, wfn,
):  # fmt: skip
    """`backward` with each excitation's pairs shared among `parts` threads."""
    share = np.empty(parts)
    for k in range(theta.size - 1, -1, -1):
        cos, sin = math.cos(theta[k]), math.sin(theta[k])
        for part in nb.prange(parts):
            share[part] = _unrotate(
                c, lam, tabs_a[k], tabs_b[k], cos, sin,
                pa, sa, da, ia, pb, sb, db, ib, offset, width, rows, wfn, part, parts,
            )  # fmt: skip
        grad[k] = share.sum()  # in a fixed order: the same digits on every run


@nb.njit(cache=_CACHE, nogil=True)
def expectation(c, tabs_a, tabs_b, pa, sa, da, ia, pb, sb, db, ib, offset, width, rows, wfn):
    """(n,) <c|tau_k|c> of each excitation."""
    out = np.zeros(tabs_a.size)
    for k in range(tabs_a.size):
        ta, tb = tabs_a[k], tabs_b[k]
        for g in range(_N_IRREPS):
            n = width[g]
            g2 = g ^ ia[ta] if ta >= 0 else g
            n2 = width[g2]
            h = g ^ wfn
            if n == 0 or n2 == 0:
                continue
            # a spin that does not take part is a table of one pair that stays where it is
            first_a, last_a = (pa[ta, g, 0], pa[ta, g, 2]) if ta >= 0 else (0, rows[g])
            first_b, last_b = (pb[tb, h, 0], pb[tb, h, 2]) if tb >= 0 else (0, n)
            for p in range(first_a, last_a):
                u = np.int64(sa[p]) if ta >= 0 else p
                v = np.int64(da[p]) if ta >= 0 else p
                sign = -1.0 if ta >= 0 and p >= pa[ta, g, 1] else 1.0
                for q in range(first_b, last_b):
                    i = np.int64(sb[q]) if tb >= 0 else q
                    j = np.int64(db[q]) if tb >= 0 else q
                    s = -sign if tb >= 0 and q >= pb[tb, h, 1] else sign
                    out[k] += s * c[offset[g] + u * n + i] * c[offset[g2] + v * n2 + j]
    return out


@nb.njit(cache=_CACHE, nogil=True)
def occupations(c, norb, strings_a, strings_b, start_a, start_b, offset, width, wfn):
    """Occupation of each orbital by alpha, by beta, and by both at once: three (norb,) arrays."""
    alpha, beta, both = np.zeros(norb), np.zeros(norb), np.zeros(norb)
    for g in range(_N_IRREPS):
        h = g ^ wfn
        for r in range(start_a[g], start_a[g + 1]):
            row = offset[g] + (r - start_a[g]) * width[g]
            for q in range(width[g]):
                weight = c[row + q] ** 2
                up, down = strings_a[r], strings_b[start_b[h] + q]
                for p in range(norb):
                    n_up, n_down = (up >> p) & 1, (down >> p) & 1
                    alpha[p] += weight * n_up
                    beta[p] += weight * n_down
                    both[p] += weight * (n_up & n_down)
    return alpha, beta, both
