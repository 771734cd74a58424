"""Triage: which candidates classical methods settle, and which they do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from qchem_app.report.layout import paragraph
from qchem_app.screening.outcome import Scalar
from qchem_app.screening.thresholds import DEFAULT, Thresholds
from qchem_app.units import MILLIHARTREE_PER_HARTREE

TriageClass = Literal[
    "classical is enough",
    "classical methods disagree",
    "quantum-relevant but too large today",
    "not judged",
]
ENOUGH: TriageClass = "classical is enough"
DISAGREE: TriageClass = "classical methods disagree"
TOO_LARGE: TriageClass = "quantum-relevant but too large today"
NOT_JUDGED: TriageClass = "not judged"

_NAMES = {"hf": "Hartree-Fock", "mp2": "MP2", "ccsd": "CCSD", "ccsd_t": "CCSD(T)"}
#: How the reason begins where no energy speaks for disagreement, only diagnostics.
SUSPECTED = "suspected only, from diagnostics: "
_ASK_FOR_ALL = '--reference "ccsd,ccsd(t),fci"'
_NOTHING = 1e-3  # mHa: no correlation


def number(fields: Mapping[str, Scalar], name: str) -> float | None:
    """A numeric field; None where it is missing."""
    value = fields.get(name)
    return None if value is None or isinstance(value, str) else float(value)


def triage(
    fields: Mapping[str, Scalar], thresholds: Thresholds = DEFAULT
) -> tuple[TriageClass, str]:
    """Class of a candidate and the reason, from the fields of its result: see `rule_text`."""
    if number(fields, "e_hf") is None:
        return NOT_JUDGED, "the SCF did not converge, and everything else stands on it"
    if number(fields, "e_fci") is not None:
        return _against_fci(fields, thresholds)
    return _without_fci(fields, thresholds)


def _highest(fields: Mapping[str, Scalar]) -> tuple[str, float]:
    """The highest single-reference method that converged, and its energy (Hartree)."""
    for method in ("ccsd_t", "ccsd", "mp2"):
        if (energy := number(fields, f"e_{method}")) is not None:
            return method, energy
    return "hf", number(fields, "e_hf") or 0.0


def _against_fci(fields: Mapping[str, Scalar], thresholds: Thresholds) -> tuple[TriageClass, str]:
    exact = number(fields, "e_fci") or 0.0
    method, energy = _highest(fields)
    error = (energy - exact) * MILLIHARTREE_PER_HARTREE
    lower = number(fields, "lower_state_mha") or 0.0
    whole = fields.get("space_cut") is not True
    space = "this space" if whole else _part(fields)
    if lower > thresholds.accuracy_mha:
        return DISAGREE, (
            f"FCI finds a state of another symmetry {lower:.1f} mHa lower, which no method that "
            "starts from this determinant describes: try another multiplicity or occupation "
            "before anything else"
        )
    correlation = ((number(fields, "e_hf") or 0.0) - exact) * MILLIHARTREE_PER_HARTREE
    if abs(correlation) < _NOTHING and whole:
        return ENOUGH, "there is nothing to correlate: Hartree-Fock is exact in this space"
    distance = f"{_NAMES[method]} is {abs(error):.2f} mHa from FCI in {space}"
    if abs(error) <= thresholds.accuracy_mha:
        return ENOUGH, distance + ("" if whole else _left_out(fields))
    if method in ("mp2", "hf") and not _coupled_cluster_failed(fields):
        return NOT_JUDGED, f"{distance}, and coupled cluster, which might do better, did not run"
    if whole:
        return DISAGREE, (
            f"{distance}, which FCI solves here: no quantum computer is needed for it in this basis"
        )
    return _cut(fields, thresholds, distance)


def _cut(
    fields: Mapping[str, Scalar], thresholds: Thresholds, finding: str
) -> tuple[TriageClass, str]:
    """Methods disagree in a part of the space; what all of it would take decides."""
    determinants = number(fields, "determinants_whole") or 0.0
    qubits = number(fields, "qubits_whole") or 0.0
    cnots = number(fields, "cnots") or number(fields, "cnots_about") or 0.0
    all_of_it = f"all of it has {determinants:.1e} determinants on {qubits:,.0f} qubits"
    if determinants <= thresholds.fci_determinants:
        return DISAGREE, (
            f"{finding}; {all_of_it}, which FCI has done elsewhere: ask for a larger space, with "
            "more time and memory or on a larger machine"
        )
    limits = []
    if qubits > thresholds.device_qubits:
        limits.append(f"{thresholds.device_qubits:,.0f} qubits")
    if cnots > thresholds.device_cnots:
        limits.append(f"{thresholds.device_cnots:,.0f} CNOTs (this part alone: {cnots:,.0f})")
    if limits:
        return TOO_LARGE, (
            f"{finding}; {all_of_it}, beyond FCI anywhere and beyond today's {' and '.join(limits)}"
        )
    return DISAGREE, (
        f"{finding}; {all_of_it}, beyond FCI anywhere, but by its size within reach of a device"
    )


def _without_fci(fields: Mapping[str, Scalar], thresholds: Thresholds) -> tuple[TriageClass, str]:
    method, energy = _highest(fields)
    warnings = diagnostic_warnings(fields, thresholds)
    found = len(warnings)
    if _coupled_cluster_failed(fields):
        warnings.insert(0, "coupled cluster did not converge")
    elif method not in ("ccsd", "ccsd_t"):
        return NOT_JUDGED, (
            f"neither FCI nor coupled cluster ran: ask for them with {_ASK_FOR_ALL}"
        )
    else:
        warnings += _energy_warnings(fields, thresholds, method, energy)
        if number(fields, "t1") is None:
            return NOT_JUDGED, (
                "there is no FCI energy, and this record has no diagnostics, which CCSD gives: run "
                f"it with {_ASK_FOR_ALL}"
            )
    whole = fields.get("space_cut") is not True
    if not warnings:
        return ENOUGH, (
            f"no FCI energy to compare with, but {_NAMES[method]} has T1 "
            f"{number(fields, 't1'):.3f}, D1 {number(fields, 'd1') or 0:.3f}"
            f"{_triples(fields)}, all below their thresholds" + ("" if whole else _left_out(fields))
        )
    reasons = ", ".join(warnings)
    if len(warnings) == found:  # no energy speaks for it
        reasons = SUSPECTED + reasons
    if not whole:
        return _cut(fields, thresholds, f"{reasons} in {_part(fields)}")
    return DISAGREE, f"{reasons}, and no FCI energy settles it: {_how_to_get_fci(fields)}"


def _how_to_get_fci(fields: Mapping[str, Scalar]) -> str:
    if "fci" in _names(fields, "cut_short"):
        return "a limit cut FCI short, give it more with --time-limit or --memory"
    if "fci" in _names(fields, "unconverged"):
        return "FCI did not converge"
    return f"the exact engine held this space, so FCI can, too: run it with {_ASK_FOR_ALL}"


def diagnostic_warnings(fields: Mapping[str, Scalar], thresholds: Thresholds) -> list[str]:
    """The multireference diagnostics above their thresholds, in words."""
    closed = number(fields, "multiplicity") == 1
    limits = (
        ("t1", "T1", thresholds.t1_closed if closed else thresholds.t1_open),
        ("d1", "D1", thresholds.d1),
        ("m_diagnostic", "M", thresholds.m),
    )
    return [
        f"{label} is {value:.3f} (above {limit:g})"
        for name, label, limit in limits
        if (value := number(fields, name)) is not None and value > limit
    ]


def _energy_warnings(
    fields: Mapping[str, Scalar], thresholds: Thresholds, method: str, energy: float
) -> list[str]:
    found = []
    share = _triples_share(fields)
    if share is not None and share > thresholds.triples_share:
        found.append(
            f"(T) is {share:.1%} of the correlation energy (above {thresholds.triples_share:.1%})"
        )
    vqe = number(fields, "e_vqe") if fields.get("vqe_sound") is True else None
    if vqe is not None:
        below = (energy - vqe) * MILLIHARTREE_PER_HARTREE
        if below > thresholds.accuracy_mha:
            found.append(f"the VQE, an upper bound, lies {below:.1f} mHa below {_NAMES[method]}")
    return found


def _triples_share(fields: Mapping[str, Scalar]) -> float | None:
    """Size of (T) as a share of the correlation energy; None without CCSD(T)."""
    hf, ccsd, both = (number(fields, f"e_{m}") for m in ("hf", "ccsd", "ccsd_t"))
    if hf is None or ccsd is None or both is None or hf - both <= 0:
        return None
    return abs(ccsd - both) / (hf - both)


def _triples(fields: Mapping[str, Scalar]) -> str:
    share = _triples_share(fields)
    return "" if share is None else f", (T) {share:.1%} of the correlation energy"


def _left_out(fields: Mapping[str, Scalar]) -> str:
    return (
        f"; the orbitals left out ({_count(fields, 'qubits_whole')} qubits for all) are not judged"
    )


def _part(fields: Mapping[str, Scalar]) -> str:
    norb = number(fields, "norb")
    taken = "?" if norb is None else f"{2 * norb:,.0f}"
    return f"this part of the space ({taken} of {_count(fields, 'qubits_whole')} qubits)"


def _coupled_cluster_failed(fields: Mapping[str, Scalar]) -> bool:
    failed = _names(fields, "unconverged")
    return "ccsd" in failed or "ccsd_t" in failed


def _names(fields: Mapping[str, Scalar], field: str) -> list[str]:
    """Methods that a field lists."""
    return str(fields.get(field) or "").split(",")


def _count(fields: Mapping[str, Scalar], name: str) -> str:
    value = number(fields, name)
    return "?" if value is None else f"{value:,.0f}"


def rule_summary(thresholds: Thresholds = DEFAULT) -> str:
    """The rule and its thresholds in a few sentences."""
    t = thresholds
    return (
        f"Triage: enough: CCSD(T) within {t.accuracy_mha:.3f} mHa of FCI in the active space, or "
        f"without FCI T1 below {t.t1_closed:g} (open shells {t.t1_open:g}), D1 below {t.d1:g}, M "
        f"below {t.m:g} and (T) below {100 * t.triples_share:g} % of the correlation energy. "
        "Disagree: otherwise. Too large: they disagree in a space that was cut, and all of it has "
        f"more than {t.fci_determinants:.2g} determinants and {t.device_qubits:.0f} qubits or "
        f"{t.device_cnots:,.0f} CNOTs. Sources: `qchem results --triage`."
    )


def rule_text(thresholds: Thresholds = DEFAULT, width: int = 80) -> str:
    """The rule and its thresholds, with their sources, as text of `width` columns."""
    t = thresholds
    rules = (
        (
            ENOUGH,
            "CCSD(T) (CCSD, MP2 or Hartree-Fock where nothing higher converged) lies within "
            f"{t.accuracy_mha:.3f} mHa of FCI in the active space; or, without FCI, T1, D1 and M "
            "are below their thresholds, (T) is a small share of the correlation energy, and no "
            f"VQE lies more than {t.accuracy_mha:.3f} mHa below coupled cluster. Without FCI the "
            "class is a guess that errs towards caution. In a part of the orbitals it holds for "
            'that part alone, and is shown and counted as such, as "(part)".',
        ),
        (
            DISAGREE,
            "it does not, or FCI finds the ground state in another symmetry. Where FCI takes the "
            "whole space on this machine the reason says so: then no quantum computer is needed. "
            'Where diagnostics alone speak for it, it is suspected, and shown with "?".',
        ),
        (
            TOO_LARGE,
            "they disagree in a part of the orbitals, and all of them have more "
            f"than {t.fci_determinants:.2g} determinants (beyond FCI) and take more than "
            f"{t.device_qubits:,.0f} qubits or {t.device_cnots:,.0f} CNOTs (beyond devices).",
        ),
        (NOT_JUDGED, "the SCF did not converge, or coupled cluster did not run."),
    )
    lines = ["Triage"]
    for label, rule in rules:
        lines += paragraph(f"{label}: {rule}", width, first="  ", rest="    ")
    lines += paragraph(
        "Disagreement means that the single-reference methods at hand fail, not that every "
        "classical method would: selected CI and DMRG are not tried here. It holds for the basis "
        "set and the geometry that were given.",
        width,
        first="  ",
        rest="  ",
    )
    lines.append("Thresholds")
    for name, value, meaning in t.table():
        lines += paragraph(f"{name} = {value:.6g}: {meaning}", width, first="  ", rest="    ")
    return "\n".join(lines)
