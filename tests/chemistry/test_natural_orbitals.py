"""MP2 natural orbitals, against PySCF's MP2."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pyscf import mp

from qchem_app.chemistry.mean_field import MeanField
from qchem_app.chemistry.natural_orbitals import mp2_natural_orbitals

GetMeanField = Callable[..., MeanField]


@pytest.mark.parametrize("name", ["h2o", "n2", "lih"])
def test_occupations_are_those_of_pyscf(mean_field: GetMeanField, name: str) -> None:
    mf = mean_field(name, "6-31g").mf
    solver = mp.MP2(mf)
    solver.verbose = 0
    solver.kernel()
    density = solver.make_rdm1()
    n = np.count_nonzero(mf.mo_occ)
    natural = mp2_natural_orbitals(mean_field(name, "6-31g"))
    holes = 2 - np.linalg.eigvalsh(density[:n, :n])
    assert np.allclose(natural.holes, holes, atol=1e-7)
    assert np.allclose(natural.particles, np.linalg.eigvalsh(density[n:, n:])[::-1], atol=1e-7)
    assert natural.holes.sum() == pytest.approx(natural.particles.sum(), abs=1e-10)


def test_frozen_orbitals_take_no_part(mean_field: GetMeanField) -> None:
    result = mean_field("h2o", "6-31g")
    solver = mp.MP2(result.mf, frozen=1)
    solver.verbose = 0
    solver.kernel()
    density = solver.make_rdm1()
    natural = mp2_natural_orbitals(result, 1)
    assert natural.holes.size == 4
    assert np.allclose(natural.particles, np.linalg.eigvalsh(density[5:, 5:])[::-1], atol=1e-7)


@pytest.mark.parametrize("name", ["oh", "o2", "no"])
def test_open_shell_density(mean_field: GetMeanField, name: str) -> None:
    """Against PySCF's UMP2 in semicanonical orbitals, where the doubles are the same."""
    result = mean_field(name, "6-31g")
    mf = result.mf
    natural = mp2_natural_orbitals(result)
    fock = mf.get_fock(dm=mf.make_rdm1())
    coeff, occ = np.asarray(mf.mo_coeff), mf.mo_occ
    orbitals, energies, singles = [], [], []
    for f, filled in ((fock.focka, occ > 0), (fock.fockb, occ == 2)):
        parts = []
        for block in (coeff[:, filled], coeff[:, ~filled]):
            e, u = np.linalg.eigh(block.T @ f @ block)
            parts.append((e, block @ u))
        (e_o, c_o), (e_v, c_v) = parts
        orbitals.append(np.hstack([c_o, c_v]))
        energies.append(np.hstack([e_o, e_v]))
        singles.append(c_o.T @ f @ c_v / (e_o[:, None] - e_v))
    unrestricted = mf.to_uhf()
    unrestricted.mo_coeff = np.array(orbitals)
    unrestricted.mo_energy = np.array(energies)
    unrestricted.mo_occ = np.array([np.sort(occ > 0)[::-1], np.sort(occ == 2)[::-1]], dtype=float)
    solver = mp.UMP2(unrestricted)
    solver.verbose = 0
    _, t2 = solver.kernel(mo_energy=unrestricted.mo_energy, mo_coeff=unrestricted.mo_coeff)
    densities = solver.make_rdm1(t2, ao_repr=False)
    total_ao = 0
    for density, c, t1 in zip(densities, orbitals, singles, strict=True):
        n = t1.shape[0]
        blocks = np.array(density)
        blocks[:n, :n] -= t1 @ t1.T
        blocks[n:, n:] += t1.T @ t1
        total_ao = total_ao + c @ blocks @ c.T
    overlap = mf.get_ovlp()
    for block, found, sign in (
        (coeff[:, occ == 2], 2 - natural.holes, 1),
        (coeff[:, occ == 0], natural.particles, -1),
    ):
        values = np.linalg.eigvalsh(block.T @ overlap @ total_ao @ overlap @ block)
        assert np.allclose(values[::sign], found, atol=2e-6)


def test_density_fitting_agrees(mean_field: GetMeanField, monkeypatch: pytest.MonkeyPatch) -> None:
    result = mean_field("no", "cc-pvdz")
    exact = mp2_natural_orbitals(result)
    monkeypatch.setattr("qchem_app.chemistry.natural_orbitals._EXACT_NAO", 0)
    fitted = mp2_natural_orbitals(result)
    assert np.allclose(exact.holes, fitted.holes, atol=5e-5)
    assert np.allclose(exact.particles, fitted.particles, atol=5e-5)
    assert not np.array_equal(exact.particles, fitted.particles)


def test_near_degeneracy_stays_finite(mean_field: GetMeanField) -> None:
    natural = mp2_natural_orbitals(mean_field("n2-stretched"))
    assert np.all(np.isfinite(natural.holes))
    assert np.all(natural.holes >= -1e-12)
