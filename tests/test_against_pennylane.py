"""PennyLane computes its own integrals and its own qubit operator: a path that shares nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse.linalg import eigsh

from qchem_app.io.geometry import read_geometry
from qchem_app.result import Settings
from qchem_app.solve import solve

MOLECULES = Path(__file__).parent.parent / "molecules"


@pytest.mark.parametrize("name", ["h2", "heh_plus", "h3_plus", "h4_chain"])
def test_ground_state_energy_is_that_of_pennylanes_qubit_operator(name: str) -> None:
    import pennylane as qml

    geometry = read_geometry(MOLECULES / f"{name}.xyz")
    molecule = geometry.molecule
    hamiltonian, qubits = qml.qchem.molecular_hamiltonian(
        qml.qchem.Molecule(
            list(molecule.symbols), np.array(molecule.coordinates), charge=molecule.charge
        ),
        method="dhf",
    )
    # a penalty keeps other electron numbers and spins out of the lowest eigenvalue
    number = qml.qchem.particle_number(qubits)
    spin = qml.qchem.spin2(molecule.n_electrons, qubits)
    identity = np.eye(2**qubits)
    matrix = hamiltonian.sparse_matrix(wire_order=range(qubits)).toarray()
    count = number.sparse_matrix(wire_order=range(qubits)).toarray()
    square = spin.sparse_matrix(wire_order=range(qubits)).toarray()
    wrong = count - molecule.n_electrons * identity
    lowest = eigsh((matrix + 10 * wrong @ wrong + 5 * square).real, k=1, which="SA")[0][0]

    result = solve(geometry, Settings(active_space="full", references=("fci",)))
    energies = {method.name: method.energy for method in result.methods}
    assert result.engine is not None
    assert result.engine.qubits == qubits
    assert energies["fci"] == pytest.approx(lowest, abs=1e-6)
    assert energies["vqe"] is not None
    assert energies["vqe"] >= lowest - 1e-6
