from __future__ import annotations

from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.circuits.draw import draw_circuit

GATES = (
    Gate("x", (0,)),
    Gate("ry", (2,), 0.5, 1, -0.25),
    Gate("cx", (0, 2)),
    Gate("h", (1,)),
    Gate("rz", (1,), -1.5),
    Gate("rx", (0,), 0.0, 0, -1.0),
    Gate("delay", (2,), 20.0),
    Gate("cx", (2, 1)),
)


def test_a_small_circuit() -> None:
    assert draw_circuit(Circuit(3, GATES, 2), 80) == "\n".join(
        [
            "q0: --------[X]---------o-[RX -t[0]]-------------",
            "                        |",
            "q1: --------------------|----[H]-----[RZ -1.5]-X-",
            "                        |                      |",
            "q2: -[RY 0.5-0.25*t[1]]-X--[20 ns]-------------o-",
        ]
    )


def test_wide_circuits_are_folded() -> None:
    drawn = draw_circuit(Circuit(3, GATES * 6, 2), 60)
    assert all(len(line) <= 60 for line in drawn.splitlines())
    blocks = drawn.split("\n\n")
    assert len(blocks) > 3
    assert all(len(block.splitlines()) == 5 for block in blocks)
    assert drawn.count("[X]") == 6


def test_a_gate_wider_than_the_line_is_drawn_all_the_same() -> None:
    assert "RY 0.5-0.25*t[1]" in draw_circuit(Circuit(3, GATES, 2), 5)


def test_long_circuits_are_cut_and_say_so() -> None:
    drawn = draw_circuit(Circuit(3, GATES * 200, 2), 100, longest=50)
    assert drawn.endswith("\n\n1,550 of 1,600 gates are not drawn.")
    assert drawn.count("[X]") == 7


def test_a_circuit_without_gates_shows_its_qubits() -> None:
    assert draw_circuit(Circuit(2)) == "q0: --\n\nq1: --"


def test_names_of_qubits_are_aligned() -> None:
    lines = draw_circuit(Circuit(11, (Gate("cx", (0, 10)),))).splitlines()
    assert lines[0] == " q0: -o-"
    assert lines[-1] == "q10: -X-"
