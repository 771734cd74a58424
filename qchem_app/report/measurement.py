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
    shots = "exact expectation values" if measured.shots is None else f"{measured.shots:,} shots"
    yield (
        "Backend",
        f"{measured.backend}{f', noise {measured.noise}' if measured.noise else ''}; {shots} in "
        f"{numbers.count(measured.groups, measured.grouping + ' group')}, "
        f"shared by {measured.allocation}",
    )
    yield "Raw", energy_text(measured.raw, measured.ideal)
    if measured.mitigated is not None:
        yield (
            "Mitigated",
            f"{measured.mitigation}: {energy_text(measured.mitigated, measured.ideal)}",
        )
    if measured.reason:
        yield "Mitigation", measured.reason
    if result.vqe is not None and (spent := result.vqe.ledger) is not None:
        yield "Optimisation", spent_text([spent])
    yield "Ledger", ledger_text(measured)
    for note in measured.notes:
        yield "", note


def energy_text(energy: EnergyRecord, ideal: float) -> str:
    """Deviation from the noiseless energy, interval and predicted bias, in mHa."""
    text = f"{(energy.energy - ideal) * _MILLI:+.3f} mHa from ideal"
    if energy.standard_error > 0:
        half = (energy.high - energy.low) / 2 * _MILLI
        text += f", 95 % interval +- {half:.3f} mHa"
        if energy.bias is not None and abs(energy.bias) > energy.standard_error / 2:
            text += " (statistical only)"
    if energy.bias is not None:
        text += f"; predicted bias {energy.bias * _MILLI:+.3f} mHa"
    return text


def spent_text(ledgers: Sequence[LedgerRecord]) -> str:
    """Circuits, shots, gates and time of several ledgers together."""
    circuits = sum(ledger.circuits for ledger in ledgers)
    shots = sum(ledger.shots for ledger in ledgers)
    gates = sum(ledger.two_qubit_gates for ledger in ledgers)
    seconds = sum(ledger.seconds for ledger in ledgers)
    return (
        f"{numbers.count(circuits, 'circuit')}, {numbers.count(shots, 'shot')}, "
        f"{numbers.count(gates, 'two-qubit gate')} executed, {numbers.seconds(seconds)} s"
    )


def ledger_text(measured: MeasurementRecord) -> str:
    """What both energies cost together, and what mitigation multiplied it by."""
    energies = [measured.raw] + ([measured.mitigated] if measured.mitigated else [])
    text = spent_text([energy.ledger for energy in energies])
    if measured.mitigated is not None and measured.mitigated.overhead is not None:
        text += (
            f"; mitigation multiplies the samples for the same standard error by "
            f"{measured.mitigated.overhead:.3g}"
        )
    return text
