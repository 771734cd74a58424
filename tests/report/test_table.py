"""The table: every promised fact stands in it, at every width, and nothing is cut off."""

from __future__ import annotations

import pytest

from qchem_app.report.table import render, render_title
from qchem_app.result import DiagnosticsRecord, MethodResult, SolveResult


def line_of(table: str, start: str) -> str:
    (line,) = [line for line in table.splitlines() if line.startswith(start)]
    return line


def changed(record: SolveResult, name: str, **changes: object) -> SolveResult:
    methods = tuple(m.model_copy(update=changes) if m.name == name else m for m in record.methods)
    return record.model_copy(update={"methods": methods})


def test_title(water: SolveResult) -> None:
    assert render_title(water.input, 80) == (
        "h2o: H2O, charge 0, multiplicity 1, 10 electrons (5 alpha, 5 beta)"
    )


@pytest.mark.parametrize(
    ("charge", "multiplicity", "electrons", "shown"),
    [
        (-1, 2, 11, "charge -1, multiplicity 2, 11 electrons (6 alpha, 5 beta)"),
        (2, 3, 8, "charge +2, multiplicity 3, 8 electrons (5 alpha, 3 beta)"),
        (9, 2, 1, "charge +9, multiplicity 2, 1 electron (1 alpha, 0 beta)"),
        (10, 1, 0, "charge +10, multiplicity 1, 0 electrons (0 alpha, 0 beta)"),
    ],
)
def test_title_of_ions(
    water: SolveResult, charge: int, multiplicity: int, electrons: int, shown: str
) -> None:
    molecule = water.input.model_copy(
        update={"charge": charge, "multiplicity": multiplicity, "n_electrons": electrons}
    )
    assert render_title(molecule, 80).endswith(shown)


@pytest.mark.parametrize("width", [64, 80, 100, 120])
def test_no_line_is_wider_than_asked(water: SolveResult, width: int) -> None:
    assert max(map(len, render(water, width).splitlines())) <= width


def test_numbers_of_a_line(water: SolveResult) -> None:
    table = render(water, 80)
    assert line_of(table, "UCCSD-VQE").split() == ["UCCSD-VQE", "-75.01232000", "+0.118", "0.31"]
    assert line_of(table, "RHF").split() == ["RHF", "-74.96292814", "+49.512", "0.12"]
    assert line_of(table, "FCI").split() == ["FCI", "-75.01244000", "0.000", "0.03"]
    assert line_of(table, "MP2").split()[-2:] == ["<", "0.01"]


def test_flags_stand_on_their_line(water: SolveResult) -> None:
    table = render(water, 80)
    assert "NOT CONVERGED [1]" in line_of(table, "CCSD ")
    assert "below FCI" in line_of(table, "CCSD(T)")
    assert "not comparable [2]" in line_of(table, "B3LYP")
    assert "below FCI" not in line_of(table, "UCCSD-VQE")


def test_short_notes_stand_in_the_line_where_there_is_room(water: SolveResult) -> None:
    note = "frozen core"
    assert line_of(render(changed(water, "mp2", notes=(note,)), 80), "MP2").endswith(note)


def test_long_notes_are_whole_below_the_table(water: SolveResult) -> None:
    note = "a note that says " + "a great deal and " * 12 + "then ends"
    table = render(changed(water, "mp2", notes=(note,)), 80)
    assert line_of(table, "MP2").endswith("[1]")
    assert note in " ".join(table.split())


def test_equal_notes_share_a_number(water: SolveResult) -> None:
    note = "the same long note on two of the lines of this table"
    table = render(changed(changed(water, "mp2", notes=(note,)), "hf", notes=(note,)), 80)
    assert line_of(table, "RHF").endswith("[1]")
    assert line_of(table, "MP2").endswith("[1]")
    assert table.count(note) == 1


def test_a_flag_is_not_said_twice(water: SolveResult) -> None:
    table = render(changed(water, "b3lyp", notes=("not comparable",)), 80)
    assert line_of(table, "B3LYP").count("not comparable") == 1


def test_method_without_energy(water: SolveResult) -> None:
    table = render(changed(water, "fci", energy=None, error_mha=None, converged=False), 80)
    assert line_of(table, "FCI").split()[1:3] == ["-", "-"]
    assert "no energy" in line_of(table, "FCI")


def test_failures_of_mean_field_and_vqe_are_loud(water: SolveResult) -> None:
    assert water.vqe is not None
    bad = water.model_copy(
        update={
            "mean_field": water.mean_field.model_copy(
                update={"converged": False, "stable": False, "notes": ("level shift 0.3 used",)}
            ),
            "vqe": water.vqe.model_copy(update={"converged": False, "reason": "200 iterations"}),
        }
    )
    table = render(bad, 120)
    mean_field = line_of(table, "Mean field")
    assert "NOT internally stable" in mean_field
    assert "NOT CONVERGED" in mean_field
    assert "level shift 0.3 used" in table
    assert "NOT CONVERGED after 12 iterations (14 gradients): 200 iterations" in table


def test_open_shells_show_their_spin(water: SolveResult) -> None:
    triplet = water.model_copy(update={"input": water.input.model_copy(update={"multiplicity": 3})})
    table = render(changed(triplet, "vqe", s_squared=2.00004), 80)
    assert "<S^2> 2.0000" in line_of(table, "UCCSD-VQE")
    assert "<S^2>" not in line_of(render(water, 80), "UCCSD-VQE")
    contaminated = render(changed(water, "vqe", s_squared=0.5), 80)
    assert "<S^2> 0.5000" in line_of(contaminated, "UCCSD-VQE")


def test_active_space_says_what_is_left_out(water: SolveResult) -> None:
    lines = render(water, 80).splitlines()
    first = lines.index("Active space    full (auto), 10 electrons in 7 orbitals")
    assert (
        lines[first + 1]
        == " " * 16 + "the whole space is planned to take 1 s, within the limit of 60 s"
    )
    changes = {"kind": "cas", "requested": "6,6", "nelec": (3, 3), "n_core": 2, "n_virtual": 3}
    space = water.active_space.model_copy(update=changes)
    table = render(water.model_copy(update={"active_space": space}), 80)
    assert line_of(table, "Active space").split(maxsplit=2)[2] == (
        "6,6, 6 electrons in 7 orbitals, 2 frozen, 3 empty left out"
    )


def test_what_a_quantum_computer_would_need(water: SolveResult) -> None:
    assert line_of(render(water, 80), "Quantum device").split(maxsplit=2)[2] == (
        "14 qubits (Jordan-Wigner), 2 parameters, 2 excitations"
    )


def test_dipole_of_an_ion_names_its_origin(water: SolveResult) -> None:
    cation = water.model_copy(update={"input": water.input.model_copy(update={"charge": 1})})
    assert line_of(render(cation, 80), "Dipole").endswith(", about the centre of mass")
    assert "centre of mass" not in render(water, 80)


def test_nothing_from_outside_controls_the_terminal(water: SolveResult) -> None:
    hostile = "\x1b[2J[bold]name[/bold]\r\u202e"
    record = water.model_copy(
        update={
            "input": water.input.model_copy(update={"name": hostile, "source": hostile}),
            "verdict": hostile,
            "notes": (hostile,),
            "methods": (
                *water.methods,
                MethodResult(
                    name=hostile, energy=-1.0, converged=True, seconds=1.0, notes=(hostile,)
                ),
            ),
        }
    )
    table = render(record, 80)
    assert all(line.isprintable() for line in table.splitlines())
    assert "[bold]name[/bold]" in table


def test_without_vqe(water: SolveResult) -> None:
    table = render(water.model_copy(update={"vqe": None, "engine": None}), 80)
    assert "Quantum device" not in table
    assert "Verdict" in table


def test_diagnostics_are_one_line(water: SolveResult) -> None:
    found = DiagnosticsRecord(
        t1=0.0123, d1=0.0456, largest_t2=0.0789, reference_weight=0.9561, unpaired_electrons=12.345
    )
    table = render(water.model_copy(update={"diagnostics": found}), 80)
    assert line_of(table, "Diagnostics") == (
        "Diagnostics     T1 0.012, D1 0.046, max t2 0.079, |c0|^2 0.956, unpaired 12.35"
    )
    only = DiagnosticsRecord(reference_weight=1.0)
    table = render(water.model_copy(update={"diagnostics": only}), 80)
    assert line_of(table, "Diagnostics").split(maxsplit=1)[1] == "|c0|^2 1.000"
    for nothing in (None, DiagnosticsRecord()):
        table = render(water.model_copy(update={"diagnostics": nothing}), 80)
        assert "Diagnostics" not in table
