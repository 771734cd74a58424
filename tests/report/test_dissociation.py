"""The axis of energies of a plotted curve."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.report.plots.dissociation import energy_limits

R = np.arange(0.4, 3.01, 0.1)


def morse(r: np.ndarray) -> list[float]:
    return (0.2 * ((1 - np.exp(-2.0 * (r - 1.1))) ** 2 - 1)).tolist()


def test_a_wall_does_not_rule_the_axis() -> None:
    energies = morse(R)
    assert max(energies) > 1.0
    limits = energy_limits(R.tolist(), [energies])
    assert limits is not None
    assert -0.23 < limits[0] < -0.2
    assert 0.0 < limits[1] < 0.05


@given(st.lists(st.none() | st.floats(-2, 2), min_size=4, max_size=12))
def test_nothing_behind_a_minimum_is_cut(energies: list[float | None]) -> None:
    limits = energy_limits([float(k) for k in range(len(energies))], [energies])
    if limits is not None:
        lowest = min((e, k) for k, e in enumerate(energies) if e is not None)[1]
        behind = [e for e in energies[lowest:] if e is not None]
        assert limits[0] < min(behind) <= max(behind) < limits[1]


def test_curves_without_a_wall_have_no_limits() -> None:
    assert energy_limits([0, 1, 2, 3], [[0.0, -0.1, -0.05, 0.0]]) is None
    assert energy_limits([0, 1, 2, 3], [[3.0, 2.0, 1.0, 0.0]]) is None
    assert energy_limits([0, 1, 2, 3], [[None] * 4]) is None
