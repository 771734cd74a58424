"""Mean fields that go on from a neighbouring geometry's determinant."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from qchem_app.chemistry import neighbour_guess
from qchem_app.chemistry.mean_field import MeanField, run_mean_field
from qchem_app.chemistry.neighbour_guess import Guess
from qchem_app.chemistry.scf import Solution
from qchem_app.molecule import Molecule


def oxygen(r: float, guess: Guess | None = None) -> MeanField:
    molecule = Molecule.from_xyz(f"2\n\nO 0 0 0\nO 0 0 {r}\n", multiplicity=3)
    return run_mean_field(molecule, guess=guess)


def occupied(before: MeanField) -> Guess:
    """Its orbitals over the functions of another geometry, by symmetric orthogonalisation."""

    def root(mf: Any, power: float) -> np.ndarray:
        values, vectors = np.linalg.eigh(mf.get_ovlp())
        return np.asarray((vectors * values**power) @ vectors.T)

    coeff = root(before.mf, 0.5) @ before.mf.mo_coeff
    return lambda mf: (root(mf, -0.5) @ coeff, np.asarray(before.mf.mo_occ))


@pytest.fixture(scope="module")
def followed() -> MeanField:
    """O2 at 2.4 Å on the determinant of 1.2 Å, which is not the lowest one there."""
    point = oxygen(1.2)
    for r in (1.4, 1.6, 1.8, 2.0, 2.2, 2.4):
        point = oxygen(r, occupied(point))
    return point


def test_a_state_is_followed_where_second_order_steps_stop_short(followed: MeanField) -> None:
    """At 2.6 Å they miss the last digits; without them the point was of another state."""
    point = oxygen(2.6, occupied(followed))
    assert point.converged
    assert point.energy - followed.energy == pytest.approx(0.05, abs=0.02)
    assert any("is followed" in note for note in point.notes)
    assert oxygen(2.6).energy < point.energy - 0.2


def test_a_neighbour_that_does_not_converge_is_said(
    followed: MeanField, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(mf: Any, coeff: np.ndarray, occ: np.ndarray, max_cycle: int = 60) -> Solution:
        return Solution(0.0, coeff, occ, False)

    monkeypatch.setattr(neighbour_guess, "second_order", fails)
    point = oxygen(2.6, occupied(followed))
    assert point.energy == pytest.approx(oxygen(2.6).energy)
    assert any("may be in another state" in note for note in point.notes)


def test_orbitals_without_the_symmetry_are_said(followed: MeanField) -> None:
    before = occupied(followed)

    def turned(mf: Any) -> tuple[np.ndarray, np.ndarray]:
        coeff, occ = before(mf)
        mixed = np.array(coeff)
        mixed[:, [0, 1]] = (coeff[:, [0, 1]] @ [[1, 1], [1, -1]]) / np.sqrt(2)
        return mixed, occ

    point = oxygen(2.6, turned)
    assert any("may be in another state" in note for note in point.notes)


def test_orbitals_askew_are_turned_to_the_axes() -> None:
    """Half of a twist turns the axes of ethene; its neighbour's orbitals serve all the same."""

    def ethene(twist: float, guess: Guess | None = None) -> MeanField:
        lines = ["6", "", "C 0 0 0.6695", "C 0 0 -0.6695"]
        for side, angle in ((1, 0.0), (-1, np.radians(twist))):
            for sign in (1, -1):
                y, x = 0.9289 * sign * np.cos(angle), 0.9289 * sign * np.sin(angle)
                lines.append(f"H {x} {y} {side * 1.2321}")
        return run_mean_field(Molecule.from_xyz("\n".join(lines)), guess=guess)

    before = ethene(70)
    point = ethene(75, occupied(before))
    assert not any("may be in another state" in note for note in point.notes)
    alone = ethene(75)
    assert point.energy == pytest.approx(alone.energy, abs=1e-8)
