from __future__ import annotations

import numpy as np
import pytest

from qchem_app.civector.excitations import Excitation, ExcitationTables
from qchem_app.civector.sector import Sector
from qchem_app.errors import InputError


def test_no_orbitals_is_refused() -> None:
    with pytest.raises(InputError, match=r"^an excitation needs at least one pair of orbitals"):
        Excitation()


def test_creating_and_annihilating_in_the_same_orbital_is_refused() -> None:
    with pytest.raises(InputError, match=r"different orbitals, found \(\(1, 1\),\)$"):
        Excitation(beta=((1, 1),))


def test_excitation_that_leaves_the_sector_is_refused() -> None:
    sector = Sector.build(3, (1, 1), np.array([0, 5, 0]))
    with pytest.raises(InputError, match="changes the irrep of the state"):
        ExcitationTables.build(sector, [Excitation(alpha=((1, 0),))])


def test_orbital_outside_the_space_is_refused() -> None:
    sector = Sector.build(3, (1, 1), np.zeros(3, dtype=int))
    with pytest.raises(InputError, match="names orbital 3, but the active space has orbitals 0 to"):
        ExcitationTables.build(sector, [Excitation(alpha=((3, 0),))])


def test_each_distinct_part_gets_one_table() -> None:
    sector = Sector.build(4, (2, 2), np.zeros(4, dtype=int))
    single = ((2, 0),)
    tables = ExcitationTables.build(
        sector, [Excitation(single, single), Excitation(alpha=single), Excitation(beta=single)]
    )
    assert tables.alpha_table.tolist() == [0, 0, -1]
    assert tables.beta_table.tolist() == [0, -1, 0]
    assert tables.alpha is tables.beta  # equal strings, equal parts: kept once
    assert tables.alpha.source.size == 2  # 0 filled, 2 empty, one electron in the other two
