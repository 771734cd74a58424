"""Circuits of a result as drawings and files, empty ones included."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from qchem_app.cli.circuit_output import drawing, write_qasm
from qchem_app.errors import InputError
from qchem_app.result import Settings, SolveResult
from qchem_app.solve import solve

MOLECULES = Path(__file__).parent.parent.parent / "molecules"


def one_determinant(**settings: Any) -> SolveResult:
    wanted = Settings(active_space="2,1", references=("hf",), **settings)
    return solve(MOLECULES / "hf.xyz", wanted)


def test_a_circuit_without_gates_is_no_error(tmp_path: Path) -> None:
    result = one_determinant(mapping="jordan-wigner")
    assert result.circuit is not None
    empty = result.circuit.model_copy(update={"gates": (), "depth": 0})
    result = result.model_copy(update={"circuit": empty})
    assert drawing(result, 80) == "The circuit on 2 qubits has no gates."
    write_qasm(result, tmp_path / "c.qasm")
    assert (tmp_path / "c.qasm").read_text().endswith("qubit[2] q;\n")


def test_without_qubits_there_is_no_circuit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = one_determinant(mapping="parity", taper=True)
    assert drawing(result, 80) == "No qubits are left, so there is no circuit."
    write_qasm(result, tmp_path / "c.qasm")
    assert not (tmp_path / "c.qasm").exists()
    assert "c.qasm is not written: No qubits are left" in capsys.readouterr().err


def test_a_circuit_too_long_for_the_record_says_so() -> None:
    result = one_determinant(mapping="jordan-wigner")
    assert result.circuit is not None
    long = result.circuit.model_copy(update={"gates": (), "depth": 40_000})
    with pytest.raises(InputError, match="its depth of 40,000 is too large"):
        drawing(result.model_copy(update={"circuit": long}), 80)


def test_rotations_need_a_qubit() -> None:
    with pytest.raises(InputError, match="tapering leaves no qubits that hea-ry could rotate"):
        one_determinant(ansatz="hea-ry", mapping="jordan-wigner", taper=True)
