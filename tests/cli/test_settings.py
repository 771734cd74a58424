"""Settings from options: what could do nothing is refused."""

from __future__ import annotations

from typing import Any

import pytest

from qchem_app.cli.settings import settings_from_options
from qchem_app.errors import UsageError


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"layers": 2},
            "--layers 2 would do nothing with --ansatz uccsd: it is for upccgsd, hea-ry, "
            "hea-ry-rz, hea-exchange.",
        ),
        (
            {"ansatz": "hea-exchange", "entangler": "circular"},
            "--entangler circular would do nothing with --ansatz hea-exchange: it is for hea-ry, "
            "hea-ry-rz.",
        ),
        (
            {"ansatz": "hea-ry", "guess": "ccsd"},
            "--guess ccsd would do nothing with --ansatz hea-ry: it is for uccsd, qeb-uccsd.",
        ),
    ],
)
def test_options_of_other_ansaetze_are_refused(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        settings_from_options(reference=None, no_symmetry=False, **values)
    assert str(caught.value) == sentence


def test_options_of_the_ansatz_are_kept() -> None:
    settings = settings_from_options(
        reference=None, no_symmetry=False, ansatz="upccgsd", layers=2, starts=3
    )
    assert (settings.layers, settings.starts) == (2, 3)


def test_values_out_of_range_name_their_option() -> None:
    with pytest.raises(UsageError, match=r"^--memory should be greater than 0, but -1\.0 was"):
        settings_from_options(reference=None, no_symmetry=False, ansatz="uccsd", memory_limit=-1.0)
