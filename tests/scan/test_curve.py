"""What follows from a curve, on curves whose answers are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.scan.curve import ScanCurve, find_minimum, largest_jump
from qchem_app.scan.table import render_scan, scan_data
from qchem_app.units import (
    BOHR_PER_ANGSTROM,
    ELECTRON_MASS_PER_DALTON,
    WAVENUMBER_PER_HARTREE,
)

R = np.round(np.arange(0.6, 3.01, 0.1), 10)
DEPTH, WIDTH, BEST = 0.17, 1.9, 0.7414  # Hartree, 1/Å, Å


def morse(r: np.ndarray) -> np.ndarray:
    return DEPTH * ((1 - np.exp(-WIDTH * (r - BEST))) ** 2 - 1)


def curve(**energies: object) -> ScanCurve:
    n = len(R)
    return ScanCurve(
        name="hydrogen",
        variable="r(H0-H1) / Å",
        symbols=("H", "H"),
        values=tuple(R.tolist()),
        energies={k: tuple(v) for k, v in energies.items()},  # type: ignore[arg-type]
        gradients=(2,) * n,
        energies_only=(1,) * n,
        starts=("neighbours",) * n,
        errors=("",) * n,
    )


def test_a_morse_curve() -> None:
    shift = 0.003
    both = curve(fci=morse(R).tolist(), vqe=(morse(R) + shift).tolist())
    found = both.summary("vqe")
    assert found.minimum is not None
    assert found.minimum.points == 5  # one on one side, three on the other
    assert found.minimum.value == pytest.approx(BEST, abs=0.005)
    assert found.rise == pytest.approx(DEPTH, rel=0.04)
    assert found.non_parallelity == pytest.approx(0, abs=1e-12)
    assert found.largest_error == pytest.approx(shift)
    assert found.jump == pytest.approx(0, abs=1e-12)
    assert found.flat is True
    short = replace(both, values=both.values[:8], energies={"vqe": both.energies["vqe"][:8]})
    assert short.summary("vqe").flat is False


def test_the_frequency_of_a_morse_curve() -> None:
    near = np.round(np.arange(BEST - 0.02, BEST + 0.021, 0.01), 6)
    low = find_minimum(near.tolist(), morse(near).tolist())
    assert low is not None
    assert low.points == 5
    assert low.value == pytest.approx(BEST, abs=1e-7)
    assert low.energy == pytest.approx(-DEPTH, abs=1e-10)
    one = ScanCurve(
        "h2", "r(H0-H1) / Å", ("H", "H"), tuple(near), {"vqe": tuple(morse(near))},
        (1,) * 5, (0,) * 5, ("",) * 5, ("",) * 5,
    )  # fmt: skip
    # omega = a sqrt(2 D / mu)
    mass = 1.008 / 2 * ELECTRON_MASS_PER_DALTON
    exact = WIDTH / BOHR_PER_ANGSTROM * np.sqrt(2 * DEPTH / mass) * WAVENUMBER_PER_HARTREE
    assert one.summary("vqe").frequency == pytest.approx(exact, rel=1e-3)


def test_a_minimum_at_the_end_is_none() -> None:
    assert find_minimum([1, 2, 3, 4], [1.0, 2.0, 3.0, 4.0]) is None
    assert find_minimum([1, 2, 3, 4], [4.0, 3.0, 2.0, 1.0]) is None
    assert find_minimum([1, 2, 3], [None, None, None]) is None
    assert find_minimum([1, 2, 3, 4, 5], [3.0, None, 1.0, 2.0, 3.0]) is None


@given(
    st.floats(-0.05, 0.05).filter(lambda x: abs(x) > 1e-3),
    st.integers(2, len(R) - 3),
    st.floats(-0.01, 0.01),
)
def test_a_change_of_branch_is_found_with_its_height(height: float, at: int, slope: float) -> None:
    errors = slope * R + height * (np.arange(len(R)) >= at)
    jump, place = largest_jump(R.tolist(), errors.tolist())
    assert jump == pytest.approx(abs(height), abs=1e-9)
    assert place == pytest.approx((R[at - 1] + R[at]) / 2)


def test_gaps_are_not_jumps() -> None:
    errors: list[float | None] = [0.0, 0.1, None, 5.0, 5.1, 5.2, 5.3]
    assert largest_jump(range(7), errors)[0] == pytest.approx(0, abs=1e-12)
    assert largest_jump([0, 1, 2], [1.0, None, 3.0]) == (None, None)


def test_text_and_json() -> None:
    hf = (morse(R) + 0.05 * R).tolist()
    ccsd: list[float | None] = list(morse(R))
    ccsd[20] = None
    both = curve(hf=hf, ccsd=ccsd, fci=morse(R).tolist(), vqe=(morse(R) + 1e-4 * R).tolist())
    text = render_scan(both, 80)
    assert "no energy at 1 point" in text
    assert "25 points with 50 gradients" in text
    data = scan_data(both)
    assert data["methods"]["vqe"]["non_parallelity"] == pytest.approx(2.4e-4)
    assert data["energies"]["ccsd"][20] is None
    without = curve(hf=hf, vqe=morse(R).tolist())
    assert "no FCI to judge" in render_scan(without, 80)
    assert without.summary("vqe").non_parallelity is None
