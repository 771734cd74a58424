"""What a point does with neighbours that lead it astray."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qchem_app.io.geometry import read_geometry
from qchem_app.molecule import Molecule
from qchem_app.result import Settings
from qchem_app.scan.carry import Carry
from qchem_app.scan.coordinate import Coordinate
from qchem_app.scan.follower import Follower
from qchem_app.solve import solve

MOLECULES = Path(__file__).parent.parent.parent / "molecules"
SETTINGS = Settings(references=("hf",), threads=1)


def stretched(r: float) -> Molecule:
    return Coordinate("bond", (0, 1)).at(read_geometry(MOLECULES / "lih.xyz").molecule, r)


@pytest.fixture(scope="module")
def carries() -> list[Carry]:
    """Of 1.6, 1.7 and 1.8 Å, the last first."""
    found: list[Carry] = []
    for r in (1.6, 1.7, 1.8):
        guide = Follower(r, found)
        solve(stretched(r), SETTINGS, guide=guide)
        carry = guide.carry()
        assert carry is not None
        found.insert(0, carry)
    return found


@pytest.fixture(scope="module")
def alone() -> float:
    vqe = solve(stretched(1.9), SETTINGS).vqe
    assert vqe is not None
    return vqe.energy


def test_neighbours_lead_to_the_same_minimum(carries: list[Carry], alone: float) -> None:
    guide = Follower(1.9, carries)
    result = solve(stretched(1.9), SETTINGS, guide=guide)
    assert result.vqe is not None
    assert result.vqe.energy == pytest.approx(alone, abs=1e-8)
    assert (guide.start, guide.notes()) == ("neighbours", ())
    assert guide.overlap > 0.99


def test_an_energy_above_what_is_expected_is_looked_into(
    carries: list[Carry], alone: float
) -> None:
    """Neighbours on a branch 5 mHa lower: both searches run, and the record says which is kept."""
    lower = [
        replace(carry, energies={**carry.energies, "vqe": carry.energies["vqe"] - 5e-3})
        for carry in carries
    ]
    guide = Follower(1.9, lower)
    result = solve(stretched(1.9), SETTINGS, guide=guide)
    assert result.vqe is not None
    assert result.vqe.energy == pytest.approx(alone, abs=1e-8)
    assert any("both searches were run" in note for note in result.notes)
    assert result.vqe.evaluations > 8  # of both


def test_an_energy_below_what_is_expected_is_said(carries: list[Carry]) -> None:
    higher = [
        replace(carry, energies={**carry.energies, "vqe": carry.energies["vqe"] + 5e-3})
        for carry in carries
    ]
    result = solve(stretched(1.9), SETTINGS, guide=Follower(1.9, higher))
    assert any("may lie on a higher branch" in note for note in result.notes)


def test_nonsense_parameters_are_left_for_the_guess(carries: list[Carry], alone: float) -> None:
    generator = np.random.default_rng(3)
    nonsense = [
        replace(
            carries[0],
            parameters={key: float(generator.normal()) for key in carries[0].parameters},
        )
    ]
    guide = Follower(1.9, nonsense)
    result = solve(stretched(1.9), SETTINGS, guide=guide)
    assert result.vqe is not None
    assert result.vqe.energy == pytest.approx(alone, abs=1e-8)
    assert guide.start == "guess"
    assert any("where the search began" in note for note in result.notes)


def test_swapped_and_flipped_orbitals_are_put_back(carries: list[Carry], alone: float) -> None:
    """The order and the phases of a neighbour's orbitals are arbitrary; parameters go with them."""
    before = carries[0].orbitals
    order = np.arange(before.coeff.shape[1])
    pis = [k for k in range(2, 6) if abs(before.coeff[:, k] @ before.coeff[:, k] - 1) < 1e-9][:2]
    order[pis] = order[pis[::-1]]
    signs = np.where(np.arange(order.size) % 2, -1.0, 1.0)
    other = replace(before, coeff=before.coeff[:, order] * signs)
    guide = Follower(1.9, [replace(carries[0], orbitals=other)])
    solve(stretched(1.9), SETTINGS, guide=guide)
    carry = guide.carry()
    assert carry is not None
    overlap = np.diag(other.active.T @ carry.orbitals.active)
    assert overlap.min() > 0.99


def shifted(carries: list[Carry], by: float) -> list[Carry]:
    return [
        replace(carry, energies={**carry.energies, "vqe": carry.energies["vqe"] + by})
        for carry in carries
    ]


@pytest.mark.parametrize(("above", "suspicious"), [(1e-4, False), (8e-4, True), (1.5e-3, True)])
def test_half_a_millihartree_is_suspicious(
    above: float, suspicious: bool, carries: list[Carry]
) -> None:
    """Against FCI; without it two, and the correlation energy has its own curvature."""
    settings = SETTINGS.model_copy(update={"references": ("hf", "fci")})
    known = [
        replace(carry, energies={**carry.energies, "fci": carry.energies["vqe"] - 1e-6})
        for carry in carries
    ]
    result = solve(stretched(1.9), settings, guide=Follower(1.9, shifted(known, -above)))
    assert any("both searches were run" in note for note in result.notes) is suspicious
    result = solve(stretched(1.9), SETTINGS, guide=Follower(1.9, shifted(carries, -4 * above)))
    assert any("both searches were run" in note for note in result.notes) is suspicious


@pytest.mark.parametrize(("angle", "told"), [(0.0, False), (40.0, False), (65.0, True)])
def test_an_orbital_of_another_character_is_said(
    angle: float, told: bool, carries: list[Carry]
) -> None:
    """The highest occupied orbital of the neighbour is turned towards the lowest empty one."""
    orbitals = carries[0].orbitals
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    coeff = np.array(orbitals.coeff)
    coeff[:, [1, 2]] = coeff[:, [1, 2]] @ np.array([[c, s], [-s, c]])
    turned = replace(carries[0], orbitals=replace(orbitals, coeff=coeff))
    guide = Follower(1.9, [turned], own_reference=True)
    guide.active_space(guide.mean_field(stretched(1.9), SETTINGS), SETTINGS)
    assert guide.overlap == pytest.approx(c, abs=0.02)
    assert any("changed its character" in note for note in guide.notes()) is told
