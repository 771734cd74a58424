from __future__ import annotations

from math import comb

import numpy as np
import pytest
from pyscf.fci import cistring

from qchem_app.civector.sector import MAX_ORBITALS, Sector, occupation_strings
from qchem_app.errors import InputError


@pytest.mark.parametrize(("norb", "nocc"), [(1, 0), (1, 1), (5, 2), (8, 4), (10, 7)])
def test_strings_are_those_of_pyscf(norb: int, nocc: int) -> None:
    expected = cistring.make_strings(range(norb), nocc)
    np.testing.assert_array_equal(occupation_strings(norb, nocc), expected)


def test_sectors_of_all_irreps_share_out_the_determinants() -> None:
    orbsym = np.array([0, 5, 6, 7, 0, 5])
    sizes = [Sector.build(6, (3, 2), orbsym, g).size for g in range(8)]
    assert sum(sizes) == comb(6, 3) * comb(6, 2)
    assert max(sizes) < sum(sizes)


def test_matrix_form_holds_each_coefficient_once() -> None:
    sector = Sector.build(5, (3, 2), np.array([0, 1, 0, 1, 1]))
    vector = np.arange(1.0, sector.size + 1)
    matrix = sector.to_matrix(vector)
    assert sorted(matrix[matrix != 0.0]) == list(vector)
    alpha = cistring.make_strings(range(5), 3)
    beta = cistring.make_strings(range(5), 2)
    for i, j in np.argwhere(matrix != 0.0):
        assert vector[sector.index(int(alpha[i]), int(beta[j]))] == matrix[i, j]


def test_reference_fills_the_lowest_orbitals() -> None:
    sector = Sector.build(4, (2, 1), np.array([0, 5, 0, 5]))
    assert sector.irrep == 5
    reference = sector.to_matrix(sector.reference())
    assert reference[0, 0] == 1.0
    assert np.count_nonzero(reference) == 1


def test_determinant_of_another_irrep_is_refused() -> None:
    sector = Sector.build(4, (2, 1), np.array([0, 5, 0, 5]))
    with pytest.raises(InputError, match=r"^the determinant 11\|10 has irrep 0, the sector 5$"):
        sector.index(0b11, 0b10)


def test_electrons_that_do_not_fit_are_refused() -> None:
    with pytest.raises(
        InputError, match=r"^\(3, 1\) electrons \(alpha, beta\) do not fit into 2 orbitals$"
    ):
        Sector.build(2, (3, 1), np.zeros(2))


def test_too_many_orbitals_are_refused() -> None:
    with pytest.raises(InputError, match=r"^the exact engine takes at most 62 orbitals, found 63;"):
        Sector.build(MAX_ORBITALS + 1, (1, 1), np.zeros(MAX_ORBITALS + 1))
