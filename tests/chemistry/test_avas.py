"""AVAS, against PySCF's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pyscf.mcscf import avas

from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.mean_field import MeanField
from qchem_app.errors import InputError

GetMeanField = Callable[..., MeanField]


@pytest.mark.parametrize(
    ("name", "spec", "labels"),
    [
        ("n2", "avas:N 2p", ["N 2p"]),
        ("n2", "avas:N 2s,N 2p", ["N 2s", "N 2p"]),
        ("h2o", "avas:O 2p,H 1s", ["O 2p", "H 1s"]),
        ("lih", "avas:Li 2s", ["Li 2s"]),
    ],
)
def test_space_is_that_of_pyscf(
    mean_field: GetMeanField, name: str, spec: str, labels: list[str]
) -> None:
    result = mean_field(name, "cc-pvdz")
    space = select_active_space(result, spec, time_limit=1e9)
    norb, nelec, coeff = avas.avas(result.mf, labels, threshold=0.2, verbose=0)
    assert (space.norb, sum(space.nelec)) == (norb, nelec)
    ours = space.mo_coeff[:, space.n_core : space.n_core + norb]
    theirs = coeff[:, space.n_core : space.n_core + norb]
    singular = np.linalg.svd(ours.T @ result.mf.get_ovlp() @ theirs, compute_uv=False)
    assert np.allclose(singular, 1, atol=1e-6)


def test_singly_occupied_orbitals_are_always_active(mean_field: GetMeanField) -> None:
    space = select_active_space(mean_field("o2"), "avas:O 2s")
    assert space.nelec[0] - space.nelec[1] == 2


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "avas:C 2p",
            "AVAS label C 2p names an element that is not in the molecule: it has N",
        ),
        (
            "avas:N 4f",
            "the free N atom has no occupied 4f shell to compare with: it has 1s, 2s, 2p",
        ),
    ],
)
def test_labels_that_do_not_fit(mean_field: GetMeanField, spec: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        select_active_space(mean_field("n2"), spec)
    assert str(caught.value) == message
