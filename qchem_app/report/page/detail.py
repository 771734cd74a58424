"""One record as the plain data that its part of the page is drawn from.

What only a program wants (parameters, excitations, gates) is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qchem_app.report import numbers
from qchem_app.report.formula import hill_formula
from qchem_app.report.measurement import circuit_facts, measurement_facts
from qchem_app.report.page.data import Entry
from qchem_app.report.page.manifest import record_manifest
from qchem_app.report.table import (
    method_flags,
    method_label,
    price_facts,
    setting_facts,
    state_facts,
)
from qchem_app.result import (
    TWO_SIDED_95,
    EnergyRecord,
    LedgerRecord,
    MeasurementRecord,
    SolveResult,
)
from qchem_app.units import ANGSTROM_PER_BOHR, MILLIHARTREE_PER_HARTREE

_MILLI = MILLIHARTREE_PER_HARTREE
#: Points of a trace that are drawn; a longer one is thinned out.
_LONGEST_TRACE = 400


def detail_data(entry: Entry) -> dict[str, Any] | None:
    """What the page shows of an entry when it is opened; None where there is no record."""
    result = entry.result
    if result is None:
        return None
    molecule = result.input
    exact = next((m.energy for m in result.methods if m.name == "fci" and m.converged), None)
    return {
        "title": _title(result),
        "formula": hill_formula(molecule.symbols),
        "charge": molecule.charge,
        "variables": [[name, f"{value:g}"] for name, value in entry.variables.items()],
        "verdict": result.verdict,
        "facts": list(setting_facts(result)),
        "methods": _methods(result),
        "trace": _trace(result),
        "fci": exact,
        "measurement": None if result.measurement is None else _measurement(result.measurement),
        "measured": list(measurement_facts(result)),
        "state": list(state_facts(result)),
        "circuit": [*price_facts(result), *circuit_facts(result)],
        "diagnostics": list(_diagnostics(result)),
        "ledger": list(_ledger(result)),
        "notes": [*entry.notes, *result.notes],
        "atoms": [
            [symbol, *(round(x * ANGSTROM_PER_BOHR, 6) for x in position)]
            for symbol, position in zip(molecule.symbols, molecule.coordinates_bohr, strict=True)
        ],
        "manifest": record_manifest(result, entry.task_id),
    }


def _title(result: SolveResult) -> str:
    molecule = result.input
    charge = f"{molecule.charge:+d}" if molecule.charge else "0"
    return (
        f"charge {charge}, multiplicity {molecule.multiplicity}, "
        f"{numbers.count(molecule.n_electrons, 'electron')}"
    )


def _methods(result: SolveResult) -> list[dict[str, Any]]:
    styles = _styles(result)
    return [
        {
            "key": method.name,
            "label": method_label(method.name, result),
            "style": styles[method.name],
            "energy": method.energy,
            "half": (method.standard_error or 0.0) * TWO_SIDED_95 * _MILLI or None,
            "error": method.error_mha,
            "seconds": method.seconds,
            "flags": method_flags(method, result, measured=True),
            "notes": method.notes,
        }
        for method in result.methods
    ]


def _styles(result: SolveResult) -> dict[str, str]:
    """How each method is drawn: wavefunction methods have a style of their own."""
    names = [method.name for method in result.methods]
    own = ("hf", "mp2", "ccsd", "ccsd(t)", "fci", "vqe", "ideal", "raw", "mitigated")
    others = [name for name in names if name not in own]
    return {
        **{name: name for name in names},
        **{name: f"other{place % 2 + 1}" for place, name in enumerate(others)},
    }


def _trace(result: SolveResult) -> list[tuple[int, float]]:
    """Iterations of the VQE and their energies, Hartree; of a long trace not all."""
    if result.vqe is None:
        return []
    points = [(point.iteration, round(point.energy, 10)) for point in result.vqe.trace]
    stride = 1 + (len(points) - 1) // _LONGEST_TRACE
    return [*points[:-1:stride], *points[-1:]]


def _measurement(measured: MeasurementRecord) -> dict[str, Any]:
    def interval(energy: EnergyRecord) -> dict[str, float]:
        return {"energy": energy.energy, "low": energy.low, "high": energy.high}

    return {
        "ideal": measured.ideal,
        "raw": interval(measured.raw),
        "mitigated": None if measured.mitigated is None else interval(measured.mitigated),
        "mitigation": measured.mitigation,
        "points": [(scale, e, TWO_SIDED_95 * error) for scale, e, error in measured.points],
        "curve": measured.curve,
    }


def _ledger(result: SolveResult) -> Iterator[list[Any]]:
    """Step, circuits, shots, two-qubit gates, seconds; None where a step has no such thing."""
    yield ["Mean field", None, None, None, result.mean_field.seconds]
    for method in result.methods:
        if method.name not in ("hf", "vqe", "ideal", "raw", "mitigated"):
            yield [method_label(method.name, result), None, None, None, method.seconds]
    vqe = result.vqe
    seconds = next((m.seconds for m in result.methods if m.name == "vqe"), 0.0)
    if vqe is not None and vqe.ledger is not None:
        yield _spent(f"{vqe.ansatz.upper()}-VQE, on the device", vqe.ledger)
    elif vqe is not None:
        label = f"{vqe.ansatz.upper()}-VQE, {numbers.count(vqe.evaluations, 'gradient')}"
        yield [label, None, None, None, seconds]
    if (measured := result.measurement) is not None:
        yield _spent("Raw energy", measured.raw.ledger)
        if measured.mitigated is not None:
            yield _spent(f"Mitigated energy ({measured.mitigation})", measured.mitigated.ledger)


def _spent(step: str, ledger: LedgerRecord) -> list[Any]:
    return [step, ledger.circuits, ledger.shots, ledger.two_qubit_gates, ledger.seconds]


def _diagnostics(result: SolveResult) -> Iterator[tuple[str, str]]:
    """Multireference diagnostics, where the record has them."""
    found = result.diagnostics
    if found is None:
        return
    for label, value, meaning in (
        ("T1", found.t1, "size of the single excitations of CCSD"),
        ("D1", found.d1, "largest of them"),
        ("Largest T2", found.largest_t2, "largest amplitude of a double excitation"),
        ("Reference weight", found.reference_weight, "of the Hartree-Fock determinant, 1 at most"),
        ("Unpaired electrons", found.unpaired_electrons, "effectively, in the VQE state"),
        ("M", found.m, "from the occupations of the frontier natural orbitals"),
    ):
        if value is not None:
            yield label, f"{numbers.expectation(value)} ({meaning})"
