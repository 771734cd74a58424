"""The circuit and the measured energies of a result as a drawing, a file or a plot."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qchem_app.errors import InputError, UsageError
from qchem_app.printable import printable
from qchem_app.report.numbers import count
from qchem_app.result import SolveResult

if TYPE_CHECKING:
    from qchem_app.circuits.circuit import Circuit

# Where symmetries leave a single state.
_NO_QUBITS = "No qubits are left, so there is no circuit."
PLOT_FORMATS = (".png", ".svg", ".pdf")


def check_plot(path: Path, measured: dict[str, Any] | None) -> None:
    """Refuse a plot that could not be made, before any work is done.

    Raises:
        UsageError: another format, or nothing to plot.
    """
    if path.suffix.lower() not in PLOT_FORMATS:
        raise UsageError(
            f"--plot writes {', '.join(PLOT_FORMATS)}, but {path.name} was given; "
            "change the ending."
        )
    if measured is None:
        raise UsageError("--plot shows measured energies: give --backend, --noise or --shots.")


def drawing(result: SolveResult, width: int) -> str:
    """The circuit as plain text, or why there is none."""
    from qchem_app.circuits.draw import draw_circuit

    circuit = _circuit(result)
    if circuit.n_qubits == 0:
        return _NO_QUBITS
    if not circuit.gates:
        return f"The circuit on {count(circuit.n_qubits, 'qubit')} has no gates."
    return draw_circuit(circuit, width)


def write_qasm(result: SolveResult, path: Path) -> None:
    """Write the circuit as OpenQASM 3, or 2 where the name ends in .qasm2.

    Raises:
        InputError: the file cannot be written, or the record does not hold the circuit.
    """
    from qchem_app.circuits.openqasm import to_qasm
    from qchem_app.io.atomic_file import write_atomic

    circuit = _circuit(result)
    if circuit.n_qubits == 0:  # a register of no qubits is not valid OpenQASM
        print(f"{printable(str(path))} is not written: {_NO_QUBITS}", file=sys.stderr)
        return
    old = path.suffix.lower() == ".qasm2"
    write_atomic(path, to_qasm(circuit, version=2 if old else 3).encode())


def write_plot(result: SolveResult, path: Path) -> None:
    """Write the plot of the measured energies.

    Raises:
        InputError: the file cannot be written.
    """
    from qchem_app.io.atomic_file import write_atomic
    from qchem_app.report.plots.measurement import plot_measurement

    write_atomic(path, plot_measurement(result, path.suffix.lower().lstrip(".")))


def _circuit(result: SolveResult) -> Circuit:
    from qchem_app.circuits.circuit import Circuit, Gate

    record = result.circuit
    if record is None:
        raise InputError("the record holds no circuit: none was asked for")
    if not record.gates and record.depth:
        raise InputError(
            f"the record does not hold the circuit: its depth of {record.depth:,} is too large; "
            "choose a smaller --active-space"
        )
    gates = (Gate(name, qubits, angle) for name, qubits, angle in record.gates)  # type: ignore[arg-type]
    return Circuit(record.qubits, tuple(gates))
