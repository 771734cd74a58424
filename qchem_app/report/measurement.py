"""The measured energies of a run as labelled facts: circuit, shots, mitigation, what it cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qchem_app.report import numbers
from qchem_app.result import (
    CircuitRecord,
    EnergyRecord,
    LedgerRecord,
    MeasurementRecord,
    SolveResult,
)
from qchem_app.units import MILLIHARTREE_PER_HARTREE

_MILLI = MILLIHARTREE_PER_HARTREE
# Overheads below this say nothing but that the scatter is gone.
_LEAST_OVERHEAD = 1e-3
# How groups share the shots, in words.
_SHARED = {
    "uniform": "equal parts",
    "coefficient": "coefficients",
    "variance": "expected variance",
    "adaptive": "measured variance",
}


def circuit_facts(result: SolveResult) -> Iterator[tuple[str, str]]:
    """Qubits and gates of the ansatz as a circuit."""
    if (circuit := result.circuit) is None:
        return
    removed = f", {circuit.qubits_removed} removed by symmetry" if circuit.qubits_removed else ""
    tapered = ", tapered" if circuit.tapered else ""
    yield (
        "Mapping",
        f"{circuit.mapping}{tapered}: {numbers.count(circuit.qubits, 'qubit')}{removed}, "
        f"{numbers.count(circuit.pauli_terms, 'Pauli term')}; {circuit.verified}",
    )
    yield "Circuit", circuit_text(circuit)


def circuit_text(circuit: CircuitRecord) -> str:
    """Gate counts in one line."""
    return (
        f"{numbers.count(circuit.cnots, 'CNOT')}, depth {circuit.depth:,} "
        f"(CNOT depth {circuit.cnot_depth:,}), {numbers.count(circuit.rotations, 'rotation')}, "
        f"{numbers.count(circuit.parameters, 'parameter')}"
    )


def measurement_facts(result: SolveResult) -> Iterator[tuple[str, str]]:
    """How the energy was measured, what came out with its interval, and the ledger."""
    if (measured := result.measurement) is None:
        return
    yield "Backend", _backend_text(measured)
    yield "Raw", energy_text(measured.raw, measured.ideal)
    if measured.mitigated is not None:
        yield (
            "Mitigated",
            f"{measured.mitigation}: {energy_text(measured.mitigated, measured.ideal)}",
        )
    remarks = [*([measured.reason] if measured.reason else []), *measured.notes]
    for i, remark in enumerate(remarks):
        yield ("" if i else "Mitigation" if measured.reason else "Remarks"), remark
    yield "Ledger", ledger_text(measured)
    if result.vqe is not None and (spent := result.vqe.ledger) is not None:
        imagined = _imagined(measured)
        yield "Optimisation", spent_text([spent], imagined=imagined)
        yield "In total", spent_text([spent, *_ledgers(measured)], imagined=imagined)
        yield (
            "",
            "the VQE's energy in the table is the last one of the search on the device; raw "
            f"{'and mitigated were' if measured.mitigated else 'was'} measured anew, at the "
            "parameters that it found",
        )


def _backend_text(measured: MeasurementRecord) -> str:
    """What measured, in how many groups, with how many shots."""
    name = f"{measured.backend}{f', noise {measured.noise}' if measured.noise else ''}"
    if measured.groups == 0:
        return f"{name}; the energy is a constant: there is nothing to measure"
    groups = numbers.count(measured.groups, measured.grouping + " group")
    if measured.shots is None:
        return f"{name}; exact expectation values in {groups}"
    shots = numbers.count(measured.shots, "shot")
    return f"{name}; {shots} in {groups}, shared by {_SHARED[measured.allocation]}"


def energy_text(energy: EnergyRecord, ideal: float) -> str:
    """Deviation from the noiseless energy, interval and predicted bias, in mHa."""
    text = f"{numbers.error((energy.energy - ideal) * _MILLI)} mHa from ideal"
    if energy.standard_error > 0:
        half = (energy.high - energy.low) / 2 * _MILLI
        text += f", 95 % interval +- {_positive(half)} mHa (statistical only)"
    if energy.bias is not None:
        text += f"; predicted bias {numbers.error(energy.bias * _MILLI)} mHa"
    return text


def _positive(value: float) -> str:
    """Three decimals, or one digit of what would round to zero."""
    return f"{value:.3f}" if value >= 0.0005 else f"{value:.0e}"


def spent_text(ledgers: Sequence[LedgerRecord], *, imagined: bool = False) -> str:
    """Circuits, shots, gates and time of several ledgers together.

    Args:
        imagined: the gates were not simulated; a device would execute them.
    """
    circuits = sum(ledger.circuits for ledger in ledgers)
    shots = sum(ledger.shots for ledger in ledgers)
    gates = sum(ledger.two_qubit_gates for ledger in ledgers)
    seconds = sum(ledger.seconds for ledger in ledgers)
    executed = "that a device would execute" if imagined else "executed"
    return (
        f"{numbers.count(circuits, 'circuit')}, {numbers.count(shots, 'shot')}, "
        f"{numbers.count(gates, 'two-qubit gate')} {executed}, {numbers.seconds(seconds)} s"
    )


def ledger_text(measured: MeasurementRecord) -> str:
    """What both energies cost together, and what mitigation multiplied it by."""
    text = spent_text(_ledgers(measured), imagined=_imagined(measured))
    overhead = None if measured.mitigated is None else measured.mitigated.overhead
    if overhead is not None and overhead >= _LEAST_OVERHEAD:
        text += (
            f"; as measured, mitigation multiplies the samples for the same standard error by "
            f"{overhead:.3g}"
        )
    return text


def _ledgers(measured: MeasurementRecord) -> list[LedgerRecord]:
    energies = [measured.raw] + ([measured.mitigated] if measured.mitigated else [])
    return [energy.ledger for energy in energies]


def _imagined(measured: MeasurementRecord) -> bool:
    """Whether the shots were drawn from the exact state, without any circuit."""
    return measured.backend == "exact state"
