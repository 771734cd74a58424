"""Sequences of sparse operations, rearranged so that applying them to a large vector is fast."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Large vectors are worked on in pieces of 4**_PIECE elements, which stay in a cache.
_PIECE = 8
# Elements of a joined operation beyond which applying it costs more than the memory traffic saved.
_MOST_ELEMENTS = 128
_ROUNDING = 1e-15

#: Qubits and (4, 4) or (16, 16) matrix; digit j of an index belongs to qubits[j].
Operation = tuple[tuple[int, ...], np.ndarray]


def joined(operations: Sequence[Operation], n_qubits: int) -> list[Operation]:
    """Fewer operations with the same effect: neighbours on the same one or two qubits multiplied.

    A one-qubit operation joins the two-qubit operation before or after it.
    """
    out: list[Operation | None] = []
    last = [-1] * n_qubits  # number of the last operation on each qubit
    for qubits, matrix in operations:
        before = {last[q] for q in qubits}
        k = before.pop()
        target = out[k] if k >= 0 and not before else None
        if target is not None and set(qubits) <= set(target[0]):
            product = _extended(matrix, qubits, target[0]) @ target[1]
            if len(product) == 4 or np.count_nonzero(_clean(product)) <= _MOST_ELEMENTS:
                out[k] = (target[0], product)
                continue
        if len(qubits) == 2:
            for q in qubits:
                earlier = out[last[q]] if last[q] >= 0 else None
                if earlier is not None and len(earlier[0]) == 1:
                    matrix = matrix @ _extended(earlier[1], earlier[0], qubits)
                    out[last[q]] = None
                    last[q] = -1
        for q in qubits:
            last[q] = len(out)
        out.append((qubits, matrix))
    return [operation for operation in out if operation is not None]


def passes(
    supports: Sequence[tuple[int, ...]], n_qubits: int
) -> tuple[np.ndarray, list[list[int]]]:
    """Operations gathered into few passes over a vector, each on few qubits.

    An operation may be taken before others that act on other qubits.

    Args:
        supports: qubits of the operations, in order.
        n_qubits: of the vector, at least 4.

    Returns:
        (n_passes, k) qubits of each pass, at least two that nothing acts on before those that
        something does, 0 and 1 among them; and the numbers of its operations, in order.
    """
    k = min(_PIECE, n_qubits)
    members: list[list[int]] = []
    numbers: list[list[int]] = []
    waiting = list(range(len(supports)))
    while waiting:
        active, blocked = set[int](), set[int]()
        taken: list[int] = []
        left: list[int] = []
        for i in waiting:
            support = set(supports[i])
            if not support & blocked and len(active | support) <= k - 2:
                active |= support
                taken.append(i)
            else:
                blocked |= support
                left.append(i)
        idle = [q for q in range(n_qubits) if q not in active]
        members.append([*idle[: k - len(active)], *sorted(active)])
        numbers.append(taken)
        waiting = left
    return np.array(members, dtype=np.int64).reshape(-1, k), numbers


def _extended(matrix: np.ndarray, qubits: tuple[int, ...], onto: tuple[int, ...]) -> np.ndarray:
    """The matrix of an operation as one on the qubits `onto`, which include its own."""
    if qubits == onto:
        return matrix
    if len(qubits) == 2:  # the same two, the other way round
        return matrix.reshape(4, 4, 4, 4).transpose(1, 0, 3, 2).reshape(16, 16)
    identity = np.eye(4)
    return np.kron(identity, matrix) if qubits[0] == onto[0] else np.kron(matrix, identity)


def _clean(matrix: np.ndarray) -> np.ndarray:
    return np.where(np.abs(matrix) > _ROUNDING, matrix, 0.0)


def sparse_arrays(operations: Sequence[Operation]) -> tuple[np.ndarray, ...]:
    """Arrays first, second, pointer, row, col, value of the kernels."""
    first = np.array([qubits[0] for qubits, _ in operations], dtype=np.int64)
    second = np.array([-1 if len(q) < 2 else q[1] for q, _ in operations], dtype=np.int64)
    empty = np.zeros(0, dtype=np.int64)
    parts = [(empty, empty, empty, np.zeros(0))]
    for size in (4, 16):
        numbers = np.flatnonzero((second >= 0) == (size == 16))
        if numbers.size == 0:
            continue
        matrices = np.array([operations[k][1] for k in numbers.tolist()])
        kept = np.abs(matrices) > _ROUNDING
        # every row needs an element, which overwrites what was there
        kept[:, :, 0] |= ~kept.any(axis=2)
        number, row, col = np.nonzero(kept)
        parts.append((numbers[number], row, col, matrices[kept]))
    number, row, col, value = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    order = np.argsort(number, kind="stable")
    pointer = np.cumsum([0, *np.bincount(number, minlength=len(operations))])
    return first, second, pointer, row[order], col[order], value[order]
