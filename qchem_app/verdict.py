"""The verdict: each method's error, and one sentence on whether the VQE was good enough."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from qchem_app.result import TWO_SIDED_95, MethodResult
from qchem_app.units import CHEMICAL_ACCURACY, MILLIHARTREE_PER_HARTREE

#: 1 kcal/mol in mHa.
CHEMICAL_ACCURACY_MHA = CHEMICAL_ACCURACY * MILLIHARTREE_PER_HARTREE

#: Methods whose totals are on the scale of FCI in the same orbitals.
_COMPARABLE = {"hf", "mp2", "ccsd", "ccsd(t)", "fci", "vqe", "ideal", "raw", "mitigated"}
#: Energies that scatter: below FCI by chance, or by what mitigation does.
_MEASURED = ("raw", "mitigated")
# Rounding of two independent programs; a total this far (Hartree) below FCI is below it.
_BELOW_FCI = 1e-7

# Cheapest first: what a chemist would try in turn.
_CLASSICAL = ("hf", "mp2", "ccsd", "ccsd(t)")


def with_errors(methods: Sequence[MethodResult]) -> list[MethodResult]:
    """Fill in the errors against FCI, and flag totals that lie below it."""
    exact = next((m.energy for m in methods if m.name == "fci" and m.converged), None)
    if exact is None:
        return list(methods)
    lines = []
    for method in methods:
        if method.energy is None or method.name not in _COMPARABLE:
            lines.append(method)
            continue
        error = method.energy - exact
        notes = method.notes
        if error < -_BELOW_FCI and not method.standard_error and method.name not in _MEASURED:
            # below FCI, a variational energy says that FCI is wrong
            variational = method.name in ("hf", "vqe", "ideal")
            notes = (
                *notes,
                "below FCI: FCI found a higher state"
                if variational
                else "below FCI: not variational",
            )
        lines.append(
            method.model_copy(
                update={"error_mha": error * MILLIHARTREE_PER_HARTREE, "notes": notes}
            )
        )
    return lines


def give_verdict(methods: Sequence[MethodResult]) -> str:
    """Say whether chemical accuracy was reached, and which classical method did it for less.

    Args:
        methods: with their errors against FCI already filled in.
    """
    by_name = {method.name: method for method in methods if method.energy is not None}
    return " ".join(filter(None, (_of_vqe(by_name), _of_measurement(by_name))))


def _of_measurement(by_name: dict[str, MethodResult]) -> str:
    """What the measured energies show, with their intervals; empty where nothing was measured."""
    raw = by_name.get("raw")
    if raw is None:
        return ""
    parts = [f"measured on qubits, the raw energy {_shown(raw)}"]
    if (mitigated := by_name.get("mitigated")) is not None:
        parts.append(f"the mitigated one {_shown(mitigated)}")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _shown(measured: MethodResult) -> str:
    """Whether chemical accuracy is shown by a measured energy and its interval."""
    if measured.error_mha is None:
        return "cannot be judged without FCI"
    half = TWO_SIDED_95 * (measured.standard_error or 0.0) * MILLIHARTREE_PER_HARTREE
    error = abs(measured.error_mha)
    if half == 0:
        side = "within" if error <= CHEMICAL_ACCURACY_MHA else "outside"
        return f"is {_signed(measured.error_mha)} mHa from FCI, {side} chemical accuracy"
    # what is left of a bias that is predicted may have been hidden by chance
    bias = (measured.bias or 0.0) * MILLIHARTREE_PER_HARTREE
    known = f" with a predicted bias of {_signed(bias)} mHa" if abs(bias) > half / 4 else ""
    digits = f"{half:.2f}" if half >= 0.1 else f"{half:.1g}"
    distance = f"is {_signed(measured.error_mha)} +- {digits} mHa from FCI{known}"
    bias = abs(bias)
    if error + half + bias <= CHEMICAL_ACCURACY_MHA:
        return f"{distance}, which shows chemical accuracy"
    if error - half > CHEMICAL_ACCURACY_MHA:
        return f"{distance}, outside chemical accuracy"
    narrow = error + half <= CHEMICAL_ACCURACY_MHA
    why = "the predicted bias is too large" if narrow else "the interval is too wide"
    return f"{distance}, which leaves chemical accuracy open: {why}"


def _signed(value: float) -> str:
    """Two decimals and a sign; no sign where it rounds to zero."""
    text = f"{value:+.2f}"
    return "0.00" if float(text) == 0 else text


def _of_vqe(by_name: dict[str, MethodResult]) -> str:
    vqe = by_name.get("vqe")
    if vqe is None:
        return "No VQE energy: nothing to judge."
    if "fci" not in by_name or vqe.error_mha is None:
        return _without_exact_reference(vqe, by_name)
    if vqe.error_mha < -_BELOW_FCI * MILLIHARTREE_PER_HARTREE and not vqe.standard_error:
        return (
            f"No verdict: the VQE lies {-vqe.error_mha:.3f} mHa below FCI, which is therefore not "
            "the lowest state of this symmetry; look at <S^2> and at the notes."
        )
    if vqe.standard_error:
        return (
            f"The energy that was minimised on the device {_shown(vqe)}; "
            f"{_classical(by_name)}{_other_irrep(by_name['fci'])}."
        )
    hartree_fock = by_name.get("hf")
    if hartree_fock and hartree_fock.error_mha is not None and abs(hartree_fock.error_mha) < 1e-6:
        caveat = _other_irrep(by_name["fci"])
        return f"Nothing to correlate in this space: Hartree-Fock is exact here{caveat}."
    threshold = f"{CHEMICAL_ACCURACY_MHA:.3f} mHa"
    if abs(vqe.error_mha) <= CHEMICAL_ACCURACY_MHA:
        first = (
            f"The VQE reaches chemical accuracy ({threshold}): "
            f"{abs(vqe.error_mha):.3f} mHa from FCI in this space"
        )
    else:
        first = (
            f"The VQE does not reach chemical accuracy ({threshold}): "
            f"{abs(vqe.error_mha):.3f} mHa from FCI in this space"
        )
    if not vqe.converged:
        first += ", not converged"
    caveat = _other_irrep(by_name["fci"])
    if "hf" in by_name and not by_name["hf"].converged:
        caveat += "; the orbitals behind all of this did not converge"
    return f"{first}; {_classical(by_name)}{caveat}."


def _classical(by_name: dict[str, MethodResult]) -> str:
    tried = [by_name[name] for name in _CLASSICAL if name in by_name]
    for method in tried:
        error = inf if method.error_mha is None else abs(method.error_mha)
        if method.converged and error <= CHEMICAL_ACCURACY_MHA:
            return (
                f"classically, {method.name.upper()} already does in "
                f"{_seconds(method.seconds)} ({error:.3f} mHa), so no quantum computer is needed "
                "for this"
            )
    exact = f"FCI itself took {_seconds(by_name['fci'].seconds)} on this machine"
    if not tried:
        return exact
    names = [method.name.upper() for method in tried]
    subject = f"none of {', '.join(names)} does" if len(names) > 1 else f"{names[0]} does not"
    return f"classically, {subject}, but {exact}"


def _other_irrep(fci: MethodResult) -> str:
    if fci.energy is None or fci.ground_state_energy is None:
        return ""
    gap = (fci.energy - fci.ground_state_energy) * MILLIHARTREE_PER_HARTREE
    if gap < _BELOW_FCI * MILLIHARTREE_PER_HARTREE:
        return ""
    return (
        f"; but the ground state lies {gap:.3f} mHa lower, in an irrep that none of these methods "
        "can reach from this reference"
    )


def _without_exact_reference(vqe: MethodResult, by_name: dict[str, MethodResult]) -> str:
    state = "" if vqe.converged else " (not converged)"
    for name in reversed(_CLASSICAL):
        other = by_name.get(name)
        if other is not None and other.converged and vqe.energy is not None and other.energy:
            gap = (vqe.energy - other.energy) * MILLIHARTREE_PER_HARTREE
            side = "above" if gap >= 0 else "below"
            return (
                "Without FCI in this space chemical accuracy cannot be judged; "
                f"the VQE{state} lies {abs(gap):.3f} mHa {side} {name.upper()}, "
                f"which took {_seconds(other.seconds)}."
            )
    return f"Without FCI in this space chemical accuracy cannot be judged{state}."


def _seconds(seconds: float) -> str:
    if seconds < 0.01:
        return "under 0.01 s"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"
