"""What stands below a ranked screening."""

from __future__ import annotations

from qchem_app.report.screening_footer import render_levels, render_measured


def test_levels_of_one_kind() -> None:
    rows = [{"basis": "sto-3g", "space_kind": "full"}] * 3 + [{"status": "failed"}]
    assert render_levels(rows, 80) == "Basis sto-3g; active spaces: full"


def test_levels_that_differ() -> None:
    rows = [{"basis": "sto-3g", "space_kind": "full"}] * 2
    rows += [{"basis": "6-31g", "space_kind": "natural"}]
    assert render_levels(rows, 200) == (
        "Basis 2 sto-3g, 1 6-31g; active spaces: 2 full, 1 natural. In 1 of 3 only a part of the "
        "orbitals is correlated"
    )


def test_a_chosen_space_may_be_the_whole_one() -> None:
    row = {"basis": "sto-3g", "space_kind": "cas", "n_core": 0, "n_virtual": 0}
    assert render_levels([row], 80) == "Basis sto-3g; active spaces: cas"
    assert "only a part" in render_levels([{**row, "n_virtual": 1}], 120)


def test_nothing_done() -> None:
    assert render_levels([{"status": "failed"}], 80) == ""


def test_measured() -> None:
    rows = [
        {"name": "h2", "e_best": -1.137, "e_ideal": -1.137, "e_raw": -1.1, "se_raw_mha": 0.5,
         "e_mitigated": -1.136, "se_mitigated_mha": 1.0},
        {"name": "he", "e_best": -2.8, "e_vqe": -2.8},
    ]  # fmt: skip
    lines = render_measured(rows, 80, 10).splitlines()
    assert lines[4].split() == ["h2", "+0.000", "+37.000", "0.980", "+1.000", "1.960"]
    assert not any(line.startswith("he ") for line in lines)
    assert "noiseless VQE" in lines[-1]


def test_nothing_measured() -> None:
    assert render_measured([{"name": "he", "e_vqe": -2.8}], 80, 10) == ""
