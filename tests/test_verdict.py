from __future__ import annotations

import pytest

from qchem_app.result import MethodResult
from qchem_app.verdict import give_verdict, with_errors


def line(
    name: str, energy: float | None, error: float | None = None, *, converged: bool = True
) -> MethodResult:
    return MethodResult(name=name, energy=energy, error_mha=error, converged=converged, seconds=0.5)


def test_names_the_cheapest_classical_method_that_does_it() -> None:
    methods = [
        line("hf", -1.0, 20.0), line("mp2", -1.01, 10.0), line("ccsd", -1.0195, 0.5),
        line("ccsd(t)", -1.0199, 0.1), line("fci", -1.02, 0.0), line("vqe", -1.0199, 0.1),
    ]  # fmt: skip
    assert give_verdict(methods) == (
        "The VQE reaches chemical accuracy (1.594 mHa): 0.100 mHa from FCI in this space; "
        "classically, CCSD already does in 0.50 s (0.500 mHa), so no quantum computer is needed "
        "for this."
    )


def test_a_method_that_did_not_converge_does_not_count() -> None:
    methods = [
        line("hf", -1.0, 20.0), line("ccsd", -1.02, 0.0, converged=False),
        line("fci", -1.02, 0.0), line("vqe", -1.017, 3.0),
    ]  # fmt: skip
    assert give_verdict(methods) == (
        "The VQE does not reach chemical accuracy (1.594 mHa): 3.000 mHa from FCI in this space; "
        "classically, none of HF, CCSD does, but FCI itself took 0.50 s on this machine."
    )


def test_an_error_below_fci_is_an_error_too() -> None:
    methods = [line("ccsd(t)", -1.03, -10.0), line("fci", -1.02, 0.0), line("vqe", -1.02, 0.0)]
    assert "classically, CCSD(T) does not, but FCI" in give_verdict(methods)


def test_an_unconverged_vqe_is_told() -> None:
    methods = [line("fci", -1.02, 0.0), line("vqe", -1.0199, 0.1, converged=False)]
    assert "0.100 mHa from FCI in this space, not converged;" in give_verdict(methods)


def test_without_fci_nothing_is_claimed() -> None:
    methods = [line("ccsd", -1.019), line("vqe", -1.018)]
    assert give_verdict(methods) == (
        "Without FCI in this space chemical accuracy cannot be judged; the VQE lies 1.000 mHa "
        "above CCSD, which took 0.50 s."
    )
    assert give_verdict([line("vqe", -1.0)]) == (
        "Without FCI in this space chemical accuracy cannot be judged."
    )


def test_without_a_vqe_there_is_nothing_to_judge() -> None:
    assert give_verdict([line("hf", -1.0)]) == "No VQE energy: nothing to judge."


def test_a_lower_state_in_another_irrep_is_said() -> None:
    fci = line("fci", -1.02, 0.0).model_copy(update={"ground_state_energy": -1.05})
    verdict = give_verdict([line("hf", -1.0, 20.0), fci, line("vqe", -1.0199, 0.1)])
    assert verdict.endswith(
        "; but the ground state lies 30.000 mHa lower, in an irrep that none of these methods can "
        "reach from this reference."
    )
    same = fci.model_copy(update={"ground_state_energy": -1.02})
    assert "irrep" not in give_verdict([line("hf", -1.0, 20.0), same, line("vqe", -1.0199, 0.1)])


def test_a_vqe_below_fci_gets_no_verdict() -> None:
    methods = [line("hf", -1.0, 20.0), line("fci", -1.02, 0.0), line("vqe", -1.021, -1.0)]
    assert give_verdict(methods).startswith("No verdict: the VQE lies 1.000 mHa below FCI")


def test_an_scf_that_did_not_converge_is_said() -> None:
    hf = line("hf", -1.0, 20.0, converged=False)
    verdict = give_verdict([hf, line("fci", -1.02, 0.0), line("vqe", -1.0199, 0.1)])
    assert verdict.endswith("; the orbitals behind all of this did not converge.")


def test_errors_are_filled_in_and_totals_below_fci_flagged() -> None:
    methods = [line("ccsd(t)", -1.021), line("b3lyp", -1.1), line("fci", -1.02), line("vqe", -1.02)]
    triples, functional, exact, vqe = with_errors(methods)
    assert triples.error_mha == pytest.approx(-1.0)
    assert triples.notes == ("below FCI: not variational",)
    assert functional == methods[1]
    assert (exact.error_mha, vqe.error_mha) == (0.0, 0.0)
    assert with_errors(methods[:2]) == methods[:2]


def test_nothing_to_correlate_is_said() -> None:
    methods = [line("hf", -1.0, 0.0), line("fci", -1.0, 0.0), line("vqe", -1.0, 0.0)]
    assert give_verdict(methods) == (
        "Nothing to correlate in this space: Hartree-Fock is exact here."
    )


def measured(error: float, standard_error: float | None, bias: float | None) -> list[MethodResult]:
    raw = MethodResult(
        name="raw", energy=-1.0, error_mha=error, converged=True, seconds=0.1,
        standard_error=standard_error, bias=bias,
    )  # fmt: skip
    return [line("fci", -1.0, 0.0), raw]


@pytest.mark.parametrize(
    ("error", "standard_error", "bias", "sentence"),
    [
        (0.0, None, None, "is 0.00 mHa from FCI, within chemical accuracy."),
        (-2.0, None, 2e-3, "is -2.00 mHa from FCI, outside chemical accuracy."),
        (0.2, 2e-4, None, "is +0.20 +- 0.39 mHa from FCI, which shows chemical accuracy."),
        (-0.001, 2e-5, 1e-5, "is 0.00 +- 0.04 mHa from FCI with a predicted bias of +0.01 mHa, "
         "which shows chemical accuracy."),
        (0.2, 2e-4, -1.2e-3, "is +0.20 +- 0.39 mHa from FCI with a predicted bias of -1.20 mHa, "
         "which leaves chemical accuracy open: the predicted bias is too large."),
        (1.0, 1e-3, 1e-4, "is +1.00 +- 1.96 mHa from FCI, which leaves chemical accuracy open: "
         "the interval is too wide."),
        (9.0, 1e-3, 9e-3, "is +9.00 +- 1.96 mHa from FCI with a predicted bias of +9.00 mHa, "
         "outside chemical accuracy."),
    ],
)  # fmt: skip
def test_measured_energies_are_judged_with_interval_and_bias(
    error: float, standard_error: float | None, bias: float | None, sentence: str
) -> None:
    text = give_verdict(measured(error, standard_error, bias))
    assert text.endswith(f"Measured on qubits, the raw energy {sentence}")
