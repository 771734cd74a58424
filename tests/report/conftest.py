"""Pages that several tests look at."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from qchem_app.report.page.data import Entry, Page
from qchem_app.result import (
    EnergyRecord,
    LedgerRecord,
    MeasurementRecord,
    SolveResult,
    TracePoint,
)

MakePage = Callable[..., Page]
#: Texts that want to be more than a text.
HOSTILE = (
    "<script>window.hacked = 1</script>",
    "</script><script>window.hacked = 2</script>",
    '"><img src=x onerror="window.hacked = 3">',
    "javascript:window.hacked=4",
    "<!--<script>",
    "]]>&lt;b&gt;&amp;",
    "\u202egnp.exe",
    "nul\x00l and \x1b[31mred",
    "line\u2028separator\u2029and\nnew line",
    "{{constructor.constructor('window.hacked=5')()}}${window.hacked=6}",
    "__proto__",
    "long" * 400,
)


@pytest.fixture
def traced(water: SolveResult) -> SolveResult:
    """Water with a trace, and measured at three noise scales."""
    assert water.vqe is not None
    trace = tuple(
        TracePoint(iteration=k, energy=-75.01232 + 0.05 * 10.0**-k, gradient_norm=1.0, seconds=0.1)
        for k in range(6)
    )
    ledger = LedgerRecord(circuits=13, shots=50_000, two_qubit_gates=1_234_567, seconds=1.25)
    ideal = -75.01232
    energies = [
        EnergyRecord(
            energy=ideal + shift,
            standard_error=error,
            low=ideal + shift - 1.96 * error,
            high=ideal + shift + 1.96 * error,
            ledger=ledger,
        )
        for shift, error in ((0.05, 1e-3), (0.002, 2e-3))
    ]
    measured = MeasurementRecord(
        backend="noisy (native)",
        noise="p1=0.001",
        grouping="fully-commuting",
        groups=5,
        allocation="variance",
        shots=50_000,
        ideal=ideal,
        raw=energies[0],
        mitigation="zne",
        mitigated=energies[1],
        reason="the least expected error",
        points=((1.0, ideal + 0.05, 1e-3), (3.0, ideal + 0.14, 1e-3)),
        curve=((0.0, ideal + 0.002), (3.0, ideal + 0.14)),
    )
    vqe = water.vqe.model_copy(update={"trace": trace})
    return water.model_copy(update={"vqe": vqe, "measurement": measured})


@pytest.fixture
def make_page() -> MakePage:
    """A page with columns of every kind, from entries."""

    def make(*entries: Entry, kind: str = "screening", **more: object) -> Page:
        return Page(
            **{  # type: ignore[arg-type]
                "title": "Screening of a test",
                "subtitle": "test.db, run 1",
                "kind": kind,
                "created": "2026-11-21 16:00 UTC",
                "entries": entries,
                "columns": {"t1": ("", "T1 diagnostic"), "dipole_debye": ("debye", "dipole")},
                "triages": ("classical is enough", "classical methods disagree"),
                **more,
            }
        )

    return make
