from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pyscf import fci
from scipy.sparse.linalg import eigsh

from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import build_hamiltonian
from qchem_app.chemistry.mean_field import run_mean_field
from qchem_app.io.geometry import read_geometry
from qchem_app.mapping.encodings import make_encoding
from qchem_app.mapping.penalty import with_electron_penalty

MOLECULES = Path(__file__).parent.parent.parent / "molecules"


@pytest.mark.parametrize("name", ["heh_plus", "h3_plus", "h4_chain"])
@pytest.mark.parametrize("encoding", ["jordan-wigner", "parity", "bravyi-kitaev"])
def test_the_lowest_state_of_all_electron_numbers_is_the_molecules(
    name: str, encoding: str
) -> None:
    mean_field = run_mean_field(read_geometry(MOLECULES / f"{name}.xyz").molecule)
    hamiltonian = build_hamiltonian(mean_field, select_active_space(mean_field, "full"))
    qubits = make_encoding(hamiltonian, encoding)
    operator = qubits.operator(hamiltonian)
    penalised = with_electron_penalty(operator, qubits)
    exact, _ = fci.direct_spin1.kernel(
        hamiltonian.h1, hamiltonian.eri, hamiltonian.norb, hamiltonian.nelec,
        ecore=hamiltonian.ecore,
    )  # fmt: skip
    lowest = np.linalg.eigvalsh(penalised.matrix().toarray())[0]
    assert lowest == pytest.approx(exact, abs=1e-9)


def test_a_cation_needs_it() -> None:
    """Without the penalty an ansatz that forgets electrons would find another ion."""
    mean_field = run_mean_field(read_geometry(MOLECULES / "heh_plus.xyz").molecule)
    hamiltonian = build_hamiltonian(mean_field, select_active_space(mean_field, "full"))
    qubits = make_encoding(hamiltonian, "jordan-wigner")
    operator = qubits.operator(hamiltonian)
    bare = eigsh(operator.matrix(), k=1, which="SA")[0][0]
    penalised = eigsh(with_electron_penalty(operator, qubits).matrix(), k=1, which="SA")[0][0]
    assert bare < penalised - 1e-3
