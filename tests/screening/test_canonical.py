"""Settings that mean the same are one task, those that do not are two."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qchem_app.chemistry.basis import basis_names, canonical_name, load_basis
from qchem_app.errors import UsageError
from qchem_app.io.geometry import read_geometry
from qchem_app.result import DeviceSettings, Settings
from qchem_app.screening.candidate import Candidate
from qchem_app.screening.canonical import canonical
from qchem_app.screening.plan import plan_tasks
from qchem_app.screening.task import Task
from qchem_app.solve import solve

H2 = read_geometry(Path(__file__).parent.parent.parent / "molecules" / "h2.xyz")
DEVICE = DeviceSettings(shots=100)


def task(settings: dict[str, Any], overrides: dict[str, Any] | None = None) -> Task:
    candidate = Candidate("h2", "h2.xyz", H2, overrides=overrides or {})
    ((planned, found),) = plan_tasks([candidate], Settings(**settings))
    assert found is not None, planned.error
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"basis": "STO-3G"}),
        ({}, {"basis": "sto3g"}),
        ({"basis": "6-31g(d,p)"}, {"basis": "6-31G(D,P)"}),
        ({"basis": "cc-pvdz"}, {"basis": "CCPVDZ"}),
        ({"basis": "ano@3s2p1d"}, {"basis": "ANO@3S2P1D"}),
        ({}, {"active_space": "AUTO"}),
        ({"active_space": "2,2"}, {"active_space": " (2, 02)"}),
        ({"active_space": "avas:H 1s"}, {"active_space": 'AVAS:"h  1s"'}),
        ({"active_space": "natural:0.02"}, {"active_space": "Natural:2e-2"}),
        ({"references": ("fci", "ccsd")}, {"references": ("ccsd", "FCI", "hf", "casci")}),
        ({"references": ("hf", "b3lyp", "pbe")}, {"references": ("pbe", "dft", "hf")}),
        ({"references": ()}, {"references": ("hf",)}),
        ({}, {"seed": 3}),
        ({}, {"starts": 7, "layers": 2, "entangler": "brick"}),
        ({"ansatz": "hea-exchange"}, {"ansatz": "hea-exchange", "entangler": "circular"}),
        ({"ansatz": "upccgsd"}, {"ansatz": "upccgsd", "guess": "ccsd"}),
    ],
)
def test_the_same_calculation_is_one_task(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert task(one) == task(other) == task({}, one) == task({}, other)


@pytest.mark.parametrize(
    "settings",
    [
        {"basis": "6-31g"},
        {"active_space": "full"},
        {"references": ()},
        {"references": ("fci",)},
        {"guess": "ccsd"},
        {"ansatz": "qeb-uccsd"},
        {"seed": 3, "device": DEVICE},
        {"seed": 3, "ansatz": "upccgsd"},
        {"layers": 2, "ansatz": "upccgsd"},
        {"starts": 2, "ansatz": "hea-ry"},
        {"entangler": "brick", "ansatz": "hea-ry"},
    ],
)
def test_another_calculation_is_another_task(settings: dict[str, Any]) -> None:
    same = {key: settings[key] for key in ("device", "ansatz") if key in settings}
    if same == settings:
        same = {}
    assert task(settings) != task(same)


def test_what_all_ask_for_is_there_for_those_that_need_it() -> None:
    """A seed that does nothing for UCCSD does something for a candidate with another ansatz."""
    needing = task({"seed": 3, "layers": 2}, {"ansatz": "upccgsd"})
    assert (needing.settings.seed, needing.settings.layers) == (3, 2)


def test_it_is_its_own_canonical_form() -> None:
    settings = canonical(Settings(basis="631g", references=("FCI",), active_space="(2,2)"))
    assert canonical(settings) == settings
    assert (settings.basis, settings.active_space) == ("6-31g", "2,2")
    assert settings.references == ("hf", "fci")


def test_every_basis_set_has_one_name_that_finds_it() -> None:
    for name in basis_names():
        assert canonical_name(canonical_name(name).upper()) == canonical_name(name)
    for name in ("6-31G*", "6311++G(2d,2p)", "Def2-SVP", "aug_cc_pVDZ", "ANO@3s2p1d"):
        assert load_basis(canonical_name(name), ["C"]) == load_basis(name, ["C"])
    with pytest.raises(UsageError, match="there is no basis set"):
        canonical_name("sto-33g")


def test_settings_that_are_taken_for_idle_are() -> None:
    told = Settings(seed=5, starts=2, layers=3, entangler="brick", references=("fci",), threads=1)
    plain = Settings(references=("fci",), threads=1)
    energies = [{m.name: m.energy for m in solve(H2, s).methods} for s in (told, plain)]
    assert energies[0] == energies[1]
