"""When gates begin, and delays where qubits wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from qchem_app.circuits.circuit import Circuit, Gate

# Shorter waiting times, ns, are rounding.
_ROUNDING = 1e-6


def schedule(
    circuit: Circuit,
    gate_time: Callable[[Gate], float],
    *,
    policy: Literal["alap", "asap"] = "alap",
) -> Circuit:
    """The circuit with a delay wherever a qubit waits, so that all qubits end together.

    Gates keep their order. A circuit that already has such delays comes back as it is, whatever
    stands in their place, as long as it takes the same time.

    Args:
        circuit: bound or with free parameters.
        gate_time: duration of a gate, ns; of a delay, its angle.
        policy: gates as late (alap) or as early (asap) as possible. Late is what hardware does:
            a qubit that waits in its first state suffers least.
    """
    if policy == "asap":
        return circuit.with_gates(_as_soon_as_possible(circuit.n_qubits, circuit.gates, gate_time))
    backwards = _as_soon_as_possible(circuit.n_qubits, circuit.gates[::-1], gate_time)
    return circuit.with_gates(reversed(backwards))


def duration(circuit: Circuit, gate_time: Callable[[Gate], float]) -> float:
    """Time from the first gate to the end of the last one, ns."""
    free = [0.0] * circuit.n_qubits
    for gate in circuit.gates:
        end = max(free[q] for q in gate.qubits) + gate_time(gate)
        for q in gate.qubits:
            free[q] = end
    return max(free, default=0.0)


def _as_soon_as_possible(
    n_qubits: int, gates: tuple[Gate, ...], gate_time: Callable[[Gate], float]
) -> list[Gate]:
    free = [0.0] * n_qubits  # when each qubit has finished
    out: list[Gate] = []
    for gate in gates:
        begin = max(free[q] for q in gate.qubits)
        for q in gate.qubits:
            if begin - free[q] > _ROUNDING:
                out.append(Gate("delay", (q,), begin - free[q]))
            free[q] = begin + gate_time(gate)
        out.append(gate)
    end = max(free, default=0.0)
    out += [
        Gate("delay", (q,), end - free[q]) for q in range(n_qubits) if end - free[q] > _ROUNDING
    ]
    return out
