"""The conversion to OpenFermion, held against PySCF's FCI."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pyscf import fci

from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import build_hamiltonian
from qchem_app.chemistry.mean_field import MeanField
from qchem_app.chemistry.openfermion_order import to_openfermion


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # OpenFermion's own imports
@pytest.mark.parametrize(
    ("name", "spec"), [("h2", "full"), ("lih", "frozen-core"), ("h3+", "full"), ("oh", "5,4")]
)
def test_ground_state_is_that_of_pyscf(
    mean_field: Callable[..., MeanField], name: str, spec: str
) -> None:
    from openfermion.linalg import get_sparse_operator

    result = mean_field(name)
    ham = build_hamiltonian(result, select_active_space(result, spec))
    matrix = get_sparse_operator(to_openfermion(ham)).tocsr()
    n = 2 * ham.norb
    # Spin orbital k is bit n - 1 - k of the basis state's number.
    bits = (np.arange(2**n)[:, None] >> (n - 1 - np.arange(n))) & 1
    sector = np.flatnonzero(
        (bits[:, ::2].sum(axis=1) == ham.nelec[0]) & (bits[:, 1::2].sum(axis=1) == ham.nelec[1])
    )
    lowest = np.linalg.eigvalsh(matrix[sector][:, sector].toarray())[0]
    exact, _ = fci.direct_spin1.kernel(
        ham.h1, ham.eri, ham.norb, ham.nelec, ecore=ham.ecore, conv_tol=1e-12, nroots=1
    )
    assert lowest == pytest.approx(exact, abs=1e-9)
