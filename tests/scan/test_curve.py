"""What follows from a curve, on curves whose answers are known."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.scan.curve import ScanCurve
from qchem_app.scan.jumps import breaks, largest_jump
from qchem_app.scan.minimum import find_minimum, with_error
from qchem_app.scan.remarks import remarks
from qchem_app.scan.table import render_scan, scan_data
from qchem_app.screening.store import ResultRow
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
    st.integers(1, len(R) - 1),
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
    assert max(map(len, text.splitlines())) <= 80
    assert "no energy at 1 point" in text
    assert "25 points with 50 gradients" in text
    data = scan_data(both)
    assert data["methods"]["vqe"]["non_parallelity"] == pytest.approx(2.4e-4)
    assert data["energies"]["ccsd"][20] is None
    without = curve(hf=hf, vqe=morse(R).tolist())
    assert "no FCI to judge" in render_scan(without, 80)
    assert without.summary("vqe").non_parallelity is None


@given(st.integers(4, 24), st.booleans())
def test_a_break_in_an_end_step_is_there(count: int, first: bool) -> None:
    """It was taken for one of half its height in the step before."""
    errors = [0.02 * r * r for r in R[:count]]
    errors[0 if first else -1] -= 0.0389
    jump, place = largest_jump(R[:count].tolist(), errors)
    assert jump == pytest.approx(0.0389, abs=2e-3)
    assert place == pytest.approx(R[0] + 0.05 if first else R[count - 1] - 0.05)


def test_a_smooth_curve_does_not_break() -> None:
    errors = (0.3 * (1 - np.exp(-((R / 2) ** 4)))).tolist()
    assert breaks(R.tolist(), errors) == []
    assert (largest_jump(R.tolist(), errors)[0] or 1) < 5e-3


def test_a_coarse_curve_bends_and_does_not_break() -> None:
    """Hartree-Fock of H2 against FCI, in steps of 0.3 Å."""
    r = np.arange(0.7, 8.6, 0.3)
    errors = (0.357 * (1 - np.exp(-((r / 2.2) ** 2)))).tolist()
    assert breaks(r.tolist(), errors) == []


@pytest.mark.parametrize("at", [4, 10, len(R) - 1])
def test_a_point_that_lies_apart_breaks_the_curve(at: int) -> None:
    errors = 0.01 * R
    errors[at] += 0.03
    assert set(breaks(R.tolist(), errors.tolist())) == {at - 1, at} - {len(R) - 1}


@pytest.mark.parametrize("at", [2, 3])
def test_no_minimum_across_a_break(at: int) -> None:
    fci = morse(R)
    vqe = fci + 0.02 * (np.arange(len(R)) >= at)
    found = curve(fci=fci.tolist(), vqe=vqe.tolist()).summary("vqe")
    assert found.broken
    assert (found.minimum, found.rise, found.frequency) == (None, None, None)
    text = render_scan(curve(fci=fci.tolist(), vqe=vqe.tolist()), 100)
    assert "breaks or bends sharply around its lowest point" in text


def test_a_break_behind_the_minimum_is_said() -> None:
    fci = morse(R)
    both = curve(fci=fci.tolist(), vqe=(fci + 0.02 * (np.arange(len(R)) >= 12)).tolist())
    found = both.summary("vqe")
    assert found.minimum is not None
    assert found.broken_at == pytest.approx((1.75,))
    assert "breaks or bends sharply at 1.75, between the minimum" in render_scan(both, 100)


def test_the_note_about_the_end_has_its_sign() -> None:
    falls = morse(R)
    falls[-1] -= 0.038
    text = render_scan(curve(vqe=falls.tolist()), 100)
    assert "falls at the end" in text
    assert "too small" not in text
    rises = curve(vqe=(morse(R) + 0.02 * R).tolist())
    assert "still rises at the end: De is too small" in render_scan(rises, 100)


@pytest.mark.parametrize("step", [0.05, 0.1, 0.2])
@given(start=st.floats(0.45, 0.6))
def test_a_minimum_has_the_error_of_its_grid(step: float, start: float) -> None:
    r = start + step * np.arange(12)
    low = find_minimum(r.tolist(), morse(r).tolist())
    assert low is not None
    assert low.value_error is not None
    assert low.energy_error is not None
    assert low.curvature_error is not None
    assert abs(low.value - BEST) < 1.5 * low.value_error + 1e-4
    assert abs(low.energy + DEPTH) < 1.5 * low.energy_error + 1e-6
    assert low.value_error < step / 2


def test_digits_follow_the_error() -> None:
    assert with_error(0.73432, 0.00058, 4) == "0.7343(6)"
    assert with_error(0.73432, 1e-9, 4) == "0.7343(1)"
    assert with_error(-74.394063, 0.0012, 8) == "-74.394(2)"
    assert with_error(4943.2, 59.0, 0) == "4940(60)"
    assert with_error(4943.2, 950.0, 0) == "5000(1000)"
    assert with_error(0.734, 0.097, 4) == "0.7(1)"
    assert with_error(0.73432, None, 4, unknown=2) == "0.73"
    text = render_scan(curve(fci=morse(R).tolist(), vqe=morse(R).tolist()), 100)
    assert re.search(r"^vqe +-0\.170\d*\(\d\) +0\.74\d*\(\d\) ", text, re.MULTILINE), text


def row(value: float, irrep: str, **fields: object) -> ResultRow:
    return ResultRow(
        name=f"at {value:g}",
        source="x.xyz",
        task_id="0" * 64,
        status="done",
        error="",
        fields={"e_vqe": -1.0, "scan_irrep": irrep, "scan_group": "D2h", **fields},  # type: ignore[dict-item]
        variables={"r(O0-O1) / Å": value},
        notes=(),
        position=0,
        run=1,
    )


def test_points_of_another_state_are_gaps() -> None:
    rows = [row(2.2, "B1g"), row(2.4, "B1u"), row(2.6, "B1u"), row(2.8, "B1g", scan_group="C2v")]
    mixed = ScanCurve.of_rows("o2", "r(O0-O1) / Å", ("O", "O"), (), rows, 2.2)
    assert mixed.states == ("", "B1u", "B1u", "")
    assert mixed.energies["vqe"] == (-1.0, None, None, -1.0)
    assert "another state (B1u), not on this curve" in render_scan(mixed, 100)
    assert remarks(mixed)[0].startswith("Another electronic state at 2.4, 2.6 Å: B1u")
    assert ScanCurve.of_rows("o2", "r(O0-O1) / Å", ("O", "O"), (), rows).state == "B1u"


def test_notes_of_the_points_are_printed() -> None:
    note = "scan: an active orbital changed (overlap {}): the curve may have a step here"
    rows = [
        row(1.8, "A1", scan_notes=note.format("0.00"), lower_state_mha=7.25),
        row(2.0, "A1", scan_notes=f"{note.format('0.31')}\nmean field: b", lower_state_mha=22.0),
        row(2.2, "A1", lower_state_mha=None),
    ]
    told = ScanCurve.of_rows("cn", "r(O0-O1) / Å", ("O", "O"), (), rows)
    assert remarks(told) == (
        "This is not the lowest state everywhere: FCI found one of another irrep lower, by mHa at "
        "Å: 7.25 at 1.8, 22.00 at 2.",
        f"At 1.8, 2 Å: {note.format('0.00 to 0.31')}.",
        "At 2 Å: mean field: b.",
    )
    text = " ".join(render_scan(told, 80).split())
    assert all(remark in text for remark in remarks(told))
    assert scan_data(told)["lower_state_mha"] == [7.25, 22.0, None]


def twist(groups: tuple[str, ...], degrees: np.ndarray) -> ScanCurve:
    energies = tuple((0.06 * np.sin(np.radians(degrees)) ** 2 - 1).tolist())
    return replace(
        curve(vqe=energies),
        variable="d(H2-C0-C1-H4) / °",
        values=tuple(degrees.tolist()),
        gradients=(2,) * len(degrees),
        energies_only=(1,) * len(degrees),
        starts=("neighbours",) * len(degrees),
        errors=("",) * len(degrees),
        groups=groups,
    )


def test_ends_fixed_by_symmetry_are_minima() -> None:
    """Ethene from flat to upright: the lowest point is the first, and there the slope is none."""
    degrees = np.arange(0.0, 91.0, 10.0)
    found = twist(("D2h", *("D2",) * 8, "D2d"), degrees).summary("vqe")
    assert found.minimum is not None
    assert found.minimum.value == pytest.approx(0, abs=1e-6)
    assert found.minimum.energy == pytest.approx(-1, abs=1e-9)
    assert found.rise == pytest.approx(0.06, abs=1e-9)
    back = twist(("D2d", *("D2",) * 8, "D2h"), degrees + 90).summary("vqe")
    assert back.minimum is not None
    assert back.minimum.value == pytest.approx(180)
    assert back.rise == pytest.approx(0.06, abs=1e-9)


def test_the_rise_from_an_end_that_is_no_minimum() -> None:
    some = twist(("C1",) * 6, np.arange(15.0, 70.0, 10.0))
    found = some.summary("vqe")
    assert found.minimum is None
    energies = known(some.energies["vqe"])
    assert found.rise == pytest.approx(energies.max() - energies.min())
    assert "not between the points; from the lowest point" in render_scan(some, 100)


def known(values: tuple[float | None, ...]) -> np.ndarray:
    return np.array(values, dtype=float)
