"""Measured energies in the table: intervals, labels, ledger, plots."""

from __future__ import annotations

import struct

import pytest

from qchem_app.report.plots.measurement import plot_measurement
from qchem_app.report.table import render
from qchem_app.result import (
    CandidateRecord,
    CircuitRecord,
    EnergyRecord,
    LedgerRecord,
    MeasurementRecord,
    MethodResult,
    SolveResult,
)

IDEAL = -75.01232


def energy(value: float, error: float, bias: float | None = None) -> EnergyRecord:
    return EnergyRecord(
        energy=value,
        standard_error=error,
        low=value - 1.96 * error,
        high=value + 1.96 * error,
        bias=bias,
        overhead=12.5,
        ledger=LedgerRecord(circuits=13, shots=50_000, two_qubit_gates=1_234_567, seconds=1.25),
    )


@pytest.fixture
def measured(water: SolveResult) -> SolveResult:
    raw, mitigated = energy(IDEAL + 0.05, 1e-3, 0.049), energy(IDEAL + 0.002, 2e-3, 0.001)
    lines = [
        MethodResult(
            name=name, energy=e.energy, standard_error=e.standard_error, converged=True, seconds=1.0
        )
        for name, e in (("raw", raw), ("mitigated", mitigated))
    ]
    return water.model_copy(
        update={
            "methods": (*water.methods, *lines),
            "circuit": CircuitRecord(
                mapping="parity",
                tapered=True,
                qubits=4,
                qubits_removed=2,
                pauli_terms=27,
                parameters=2,
                cnots=13,
                depth=40,
                cnot_depth=13,
                rotations=8,
                verified="sector checked against FCI",
            ),
            "measurement": MeasurementRecord(
                backend="noisy (native)",
                noise="p1=0.001",
                grouping="fully-commuting",
                groups=5,
                allocation="variance",
                shots=50_000,
                ideal=IDEAL,
                raw=raw,
                mitigation="readout,zne",
                mitigated=mitigated,
                candidates=(
                    CandidateRecord(
                        mitigation="none", bias=0.05, standard_error=1e-3, rms=0.05, overhead=1.0
                    ),
                ),
                reason="the least expected error",
                points=((1.0, IDEAL + 0.05, 1e-3), (3.0, IDEAL + 0.14, 1e-3)),
            ),
        }
    )


@pytest.mark.parametrize("width", [64, 80, 120])
def test_nothing_is_wider_than_asked(measured: SolveResult, width: int) -> None:
    assert all(len(line) <= width for line in render(measured, width).splitlines())


def test_intervals_labels_and_ledger(measured: SolveResult) -> None:
    text = " ".join(render(measured, 120).split())
    assert "Raw -74.96232000 1.960" in text
    assert "+50.000 mHa from ideal, 95 % interval +- 1.960 mHa (statistical only)" in text
    assert "predicted bias +49.000 mHa" in text
    assert (
        "+2.000 mHa from ideal, 95 % interval +- 3.920 mHa (statistical only); predicted bias "
        "+1.000 mHa" in text
    )
    assert "26 circuits, 100,000 shots, 2,469,134 two-qubit gates executed, 2.50 s" in text
    assert (
        "as measured, mitigation multiplies the samples for the same standard error by 12.5" in text
    )
    assert "parity, tapered: 4 qubits, 2 removed by symmetry, 27 Pauli terms" in text


def render_with(result: SolveResult, **changes: object) -> str:
    assert result.measurement is not None
    record = result.measurement.model_copy(update=changes)
    return " ".join(render(result.model_copy(update={"measurement": record}), 120).split())


def test_what_measured_is_described_as_it_was(measured: SolveResult) -> None:
    assert "50,000 shots in 5 fully-commuting groups, shared by expected variance" in render_with(
        measured
    )
    exact = render_with(measured, shots=None)
    assert "exact expectation values in 5 fully-commuting groups Raw" in exact
    assert "shared" not in exact
    assert "nothing to measure" in render_with(measured, groups=0)
    assert "1 shot in 5" in render_with(measured, shots=1)
    assert "two-qubit gates that a device would execute" in render_with(
        measured, backend="exact state"
    )


def test_numbers_that_round_to_zero_have_no_sign_and_no_absurd_digits(
    measured: SolveResult,
) -> None:
    tiny = energy(IDEAL - 1e-9, 1.55e-10, -1e-12).model_copy(update={"overhead": 1e-9})
    text = render_with(measured, mitigated=tiny)
    assert (
        "readout,zne: 0.000 mHa from ideal, 95 % interval +- 3e-07 mHa (statistical only); "
        "predicted bias 0.000 mHa" in text
    )
    assert "as measured" not in text


def test_remarks_on_the_mitigation_stand_below_it(measured: SolveResult) -> None:
    text = render_with(measured, notes=("not considered: pec",))
    assert "Mitigation the least expected error not considered: pec Ledger" in text


def test_a_search_on_the_device_is_billed_with_the_measurement(measured: SolveResult) -> None:
    assert measured.vqe is not None
    ledger = LedgerRecord(circuits=1000, shots=10**6, two_qubit_gates=10, seconds=3.0)
    vqe = measured.vqe.model_copy(update={"ledger": ledger})
    text = render_with(measured.model_copy(update={"vqe": vqe}))
    assert "Optimisation 1,000 circuits, 1,000,000 shots, 10 two-qubit gates executed" in text
    assert "In total 1,026 circuits, 1,100,000 shots, 2,469,144 two-qubit gates executed" in text
    assert "raw and mitigated were measured anew" in text


def test_without_measurement_there_is_no_column_for_errors(water: SolveResult) -> None:
    assert "+-" not in render(water, 120)


@pytest.mark.parametrize(
    ("file_format", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")]
)
def test_plots_of_each_format(measured: SolveResult, file_format: str, start: bytes) -> None:
    data = plot_measurement(measured, file_format)
    assert data.startswith(start)
    assert plot_measurement(measured, file_format) == data  # the same result, the same file


def test_plot_without_extrapolation_shows_both_energies(measured: SolveResult) -> None:
    assert measured.measurement is not None
    record = measured.measurement.model_copy(update={"points": ()})
    data = plot_measurement(measured.model_copy(update={"measurement": record}), "png")
    width, height = struct.unpack(">II", data[16:24])
    assert width > 900
    assert height > 500
    text = plot_measurement(measured.model_copy(update={"measurement": record}), "svg").decode()
    assert "readout,zne" in text


def test_a_hostile_name_is_only_text(measured: SolveResult) -> None:
    molecule = measured.input.model_copy(update={"name": "$\\frac{<script>&"})
    data = plot_measurement(measured.model_copy(update={"input": molecule}), "svg").decode()
    assert "<script>" not in data
