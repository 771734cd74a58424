from __future__ import annotations

import numpy as np
import pytest

from qchem_app.references.hartree_fock import hf


@pytest.mark.parametrize(
    "name", ["h", "he", "h2", "h3+", "h2o", "n2 stretched", "oh", "no", "o2", "h2 triplet"]
)
def test_equals_the_converged_scf(build, name):
    mf, ham = build(name)
    line = hf(ham)
    assert line.energy == pytest.approx(mf.e_tot, abs=1e-9)
    assert (line.name, line.converged, line.notes) == ("hf", True, ())


@pytest.mark.parametrize(("name", "frozen"), [("h2o", 1), ("o2", 2), ("n2", 4)])
def test_frozen_orbitals_leave_the_energy(build, name, frozen):
    mf, ham = build(name, frozen=frozen)
    assert hf(ham).energy == pytest.approx(mf.e_tot, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "s_squared"), [("h2o", 0.0), ("oh", 0.75), ("o2", 2.0), ("n", 3.75)]
)
def test_spin_of_the_determinant(build, name, s_squared):
    assert hf(build(name).ham).s_squared == s_squared


def test_says_when_the_orbitals_are_not_hartree_fock_orbitals(build):
    from dataclasses import replace

    mf, ham = build("lih")
    angle = 0.1  # the highest occupied with the lowest virtual orbital
    u = np.eye(ham.norb)
    u[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    turned = replace(
        ham,
        h1=u.T @ ham.h1 @ u,
        eri=np.einsum("pqrs,pi,qj,rk,sl->ijkl", ham.eri, u, u, u, u, optimize=True),
    )
    line = hf(turned)
    assert line.energy > mf.e_tot + 1e-4
    assert "not Hartree-Fock orbitals" in line.notes[0]
