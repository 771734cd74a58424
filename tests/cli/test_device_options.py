from __future__ import annotations

from typing import Any

import pytest
import typer

from qchem_app.cli.device_options import _whole_number, device_settings, energy
from qchem_app.errors import UsageError
from qchem_app.units import CHEMICAL_ACCURACY

NOTHING: dict[str, Any] = {
    "backend": None,
    "noise": None,
    "shots": None,
    "target_error": None,
    "mitigation": "none",
    "optimize_on": "exact",
}
NOISE = "p1=1e-3,p2=1e-2"


def test_nothing_is_measured_unless_asked() -> None:
    assert device_settings(**NOTHING) is None


@pytest.mark.parametrize(
    ("given", "backend"),
    [
        ({"shots": 100}, "exact"),
        ({"target_error": "1mHa"}, "exact"),
        ({"noise": NOISE}, "noisy"),
        ({"backend": "exact"}, "exact"),
        ({"backend": "simulator"}, "simulator"),
        ({"backend": "simulator", "optimize_on": "backend"}, "simulator"),
    ],
)
def test_backend_follows_from_what_is_given(given: dict[str, Any], backend: str) -> None:
    settings = device_settings(**NOTHING | given)
    assert settings is not None
    assert settings["backend"] == backend


def test_noise_is_kept_whole() -> None:
    from qchem_app.backends.noise_model import NoiseModel

    settings = device_settings(**NOTHING | {"noise": NOISE})
    assert settings is not None
    model = NoiseModel.from_dict(settings["noise"])
    assert model.to_dict() == settings["noise"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"backend": "noisy"},
            "--backend noisy needs --noise: p1=1e-3,p2=1e-2, a name such as ibm-like, or a file.",
        ),
        (
            {"backend": "simulator", "noise": NOISE},
            "--noise needs --backend noisy, but --backend simulator was given.",
        ),
        (
            {"backend": "exact", "noise": NOISE},
            "--noise needs --backend noisy, but --backend exact was given.",
        ),
        (
            {"grouping": "qubit-wise"},
            "--grouping qubit-wise would do nothing, because nothing is measured: give --shots, "
            "--target-error, --backend or --noise.",
        ),
        (
            {"backend": "simulator", "allocation": "uniform"},
            "--allocation uniform would do nothing, because no shots are drawn: give --shots or "
            "--target-error.",
        ),
        (
            {"shots": 10, "engine": "aer"},
            "--engine aer would do nothing, because there is no noise to simulate: give --noise.",
        ),
        (
            {"shots": 10, "optimizer_iterations": 7},
            "--optimizer-iterations 7 would do nothing, because the exact search has its own: give "
            "--optimize-on backend.",
        ),
        (
            {"shots": 10, "mitigation": "zne"},
            "--mitigation zne needs --backend noisy: there is no noise to mitigate.",
        ),
        (
            {"optimize_on": "backend"},
            "--optimize-on backend needs --backend simulator or noisy.",
        ),
        (
            {"shots": 10, "target_error": "1mHa"},
            "--shots and --target-error exclude each other; give one of them.",
        ),
    ],
)
def test_contradictions(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        device_settings(**NOTHING | given)
    assert str(caught.value) == sentence


def test_energies_with_units() -> None:
    assert energy("1.6mHa") == pytest.approx(1.6e-3)
    assert energy("0.0016 Ha") == pytest.approx(1.6e-3)
    assert energy("1 kcal/mol") == pytest.approx(CHEMICAL_ACCURACY)
    assert energy("4.184 kJ/mol") == pytest.approx(CHEMICAL_ACCURACY)
    assert energy("43.364 meV") == pytest.approx(CHEMICAL_ACCURACY, rel=1e-4)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "1.6",
            "--target-error needs one of the units mHa, Ha, kcal/mol, kJ/mol, meV and eV, as in "
            "1.6mHa, but found none.",
        ),
        (
            "1 eV/mol",
            "--target-error needs one of the units mHa, Ha, kcal/mol, kJ/mol, meV and eV, as in "
            "1mHa, but found 'eV/mol'.",
        ),
        (
            "1.6Ha",
            "--target-error 1.6Ha is 1.6 Ha, which says nothing about a molecule; give at most 1 "
            "Ha, such as 1.6mHa.",
        ),
    ],
)
def test_energies_without_a_sensible_unit(text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        energy(text)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("text", ["", "0mHa", "-1mHa", "1.2.3mHa", "infHa", "1e999", "mHa"])
def test_energies_that_are_none(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--target-error must be a positive energy such as"):
        energy(text)


@pytest.mark.parametrize(("text", "number"), [("1e5", 100_000), ("1_000", 1000), ("7", 7)])
def test_whole_numbers(text: str, number: int) -> None:
    assert _whole_number(text) == number


@pytest.mark.parametrize("text", ["1.5", "1e-3", "many", "inf", "nan", ""])
def test_numbers_that_are_not_whole(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="a whole number is needed, such as 1000 or 1e5"):
        _whole_number(text)
