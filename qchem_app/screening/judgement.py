"""Judging the methods of one result by the best of them."""

from __future__ import annotations

from collections.abc import Mapping

from qchem_app.screening.outcome import Scalar
from qchem_app.screening.thresholds import DEFAULT, Thresholds
from qchem_app.screening.triage import SUSPECTED, diagnostic_warnings, number, triage
from qchem_app.units import MILLIHARTREE_PER_HARTREE

#: Single-reference methods, the highest first.
SINGLE_REFERENCE = ("ccsd_t", "ccsd", "mp2", "hf")
#: Methods whose totals are on the scale of `best`, and the field of their error.
_ERRORS = {
    "hf": "error_hf_mha",
    "mp2": "error_mp2_mha",
    "ccsd": "error_ccsd_mha",
    "ccsd_t": "error_ccsd_t_mha",
    "vqe": "error_mha",
    "raw": "error_raw_mha",
    "mitigated": "error_mitigated_mha",
}
_ROUNDING = 1e-6  # Hartree: converged energies of different programs differ by less


def judge(fields: Mapping[str, Scalar], thresholds: Thresholds = DEFAULT) -> dict[str, Scalar]:
    """The fields with `best`, the errors against it and the triage filled in.

    Works on stored fields too, to judge again by other thresholds.
    """
    judged = dict(fields)
    best = best_method(fields, thresholds)
    energy = number(fields, f"e_{best}") if best else None
    judged["best"], judged["e_best"] = best, energy
    for method, name in _ERRORS.items():
        own = number(fields, f"e_{method}")
        compared = own is not None and energy is not None and method != best
        judged[name] = _mha(own, energy) if compared else None
    highest = next((m for m in SINGLE_REFERENCE if number(fields, f"e_{m}") is not None), None)
    missed = judged[_ERRORS[highest]] if highest else None
    judged["missed_mha"] = None if missed is None else abs(float(missed))
    hartree_fock = number(fields, "e_hf")
    judged["correlation_mha"] = None if best is None else _mha(hartree_fock, energy)
    judged["triage"], reason = triage(judged, thresholds)
    judged["triage_reason"], judged["suspected"] = reason, reason.startswith(SUSPECTED)
    return judged


def best_method(fields: Mapping[str, Scalar], thresholds: Thresholds = DEFAULT) -> str | None:
    """The method that the others are judged by.

    FCI, where it converged. Otherwise CCSD(T), or CCSD where there is no CCSD(T), if its
    diagnostics are known and below their thresholds and no upper bound (Hartree-Fock, or a VQE
    whose state has the right electrons and spin and was not measured) lies below it. Otherwise the
    lower one of these bounds. None where the SCF did not converge.
    """
    if number(fields, "e_hf") is None:
        return None
    if number(fields, "e_fci") is not None:
        return "fci"
    bounds = ["hf", *(["vqe"] if fields.get("vqe_sound") is True else [])]
    energies = {m: e for m in bounds if (e := number(fields, f"e_{m}")) is not None}
    lowest = min(energies, key=lambda method: energies[method])
    coupled = next((m for m in ("ccsd_t", "ccsd") if number(fields, f"e_{m}") is not None), None)
    trusted = (
        coupled is not None
        and number(fields, "t1") is not None
        and not diagnostic_warnings(fields, thresholds)
    )
    if coupled is not None and trusted:
        energy = number(fields, f"e_{coupled}")
        if energy is not None and energy <= energies[lowest] + _ROUNDING:
            return coupled
    return lowest


def _mha(energy: float | None, reference: float | None) -> float | None:
    if energy is None or reference is None:
        return None
    return (energy - reference) * MILLIHARTREE_PER_HARTREE
