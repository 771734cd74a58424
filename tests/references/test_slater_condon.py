from __future__ import annotations

import numpy as np
import pytest
from pyscf.fci import cistring, direct_spin1

from qchem_app.references.slater_condon import diagonal, hamiltonian_matrix


@pytest.mark.parametrize("name", ["h4", "h3+", "oh", "ch2 triplet"])
def test_equals_pyscfs_matrix(build, name):
    ham = build(name).ham
    alpha, beta = (cistring.make_strings(range(ham.norb), n) for n in ham.nelec)
    rows, columns = (part.ravel() for part in np.indices((alpha.size, beta.size)))
    address, expected = direct_spin1.pspace(
        ham.h1, ham.eri, ham.norb, ham.nelec, np=alpha.size * beta.size
    )
    order = np.argsort(address)
    matrix = hamiltonian_matrix(ham, alpha[rows], beta[columns])
    np.testing.assert_allclose(matrix, expected[np.ix_(order, order)], atol=1e-10)
    np.testing.assert_allclose(diagonal(ham, alpha, beta).ravel(), np.diagonal(matrix), atol=1e-10)
