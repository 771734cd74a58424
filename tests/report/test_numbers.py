"""Numbers in print."""

from __future__ import annotations

import pytest

from qchem_app.report import numbers


def test_energy() -> None:
    assert numbers.energy(-1.137270174) == "-1.13727017"
    assert numbers.energy(None) == "-"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "-"), (0.0, "0.000"), (-0.0004, "0.000"), (0.0006, "+0.001"), (-1.5, "-1.500")],
)
def test_error(value: float | None, shown: str) -> None:
    assert numbers.error(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(0.0, "< 0.01"), (0.0051, "0.01"), (12.345, "12.35"), (123.4, "123")]
)
def test_seconds(value: float, shown: str) -> None:
    assert numbers.seconds(value) == shown


def test_expectation_has_no_negative_zero() -> None:
    assert numbers.expectation(-1e-9) == "0.0000"
    assert numbers.expectation(-0.7501) == "-0.7501"


@pytest.mark.parametrize(
    ("number", "shown"), [(0, "0 qubits"), (1, "1 qubit"), (1131361, "1,131,361 qubits")]
)
def test_count(number: int, shown: str) -> None:
    assert numbers.count(number, "qubit") == shown


def test_few_occupations_are_all_listed() -> None:
    assert numbers.occupations([0.02, 1.98]) == "1.9800, 0.0200"


def test_many_occupations_are_folded_at_both_ends() -> None:
    values = [2.0, 1.995, 1.9, *[1.0, 1.0], 0.1, 0.009, 0.001, 0.0, 0.0]
    assert numbers.occupations(values) == ("2x>1.99, 1.9000, 1.0000, 1.0000, 0.1000, 4x<0.01")
