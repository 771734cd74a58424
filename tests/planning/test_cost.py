from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qchem_app.planning.cost import (
    available_memory_mb,
    count_determinants,
    count_parameters,
    count_strings,
    determinant_irrep,
    estimate_cost,
)


@st.composite
def spaces(draw: st.DrawFn) -> tuple[int, tuple[int, int], list[int]]:
    norb = draw(st.integers(1, 6))
    orbsym = draw(st.lists(st.integers(0, 7), min_size=norb, max_size=norb))
    n_alpha = draw(st.integers(1, norb))
    return norb, (n_alpha, draw(st.integers(0, n_alpha))), orbsym


@given(spaces())
def test_counts_equal_brute_force(space) -> None:
    norb, nelec, orbsym = space

    def irreps(nocc: int) -> list[int]:
        found = []
        for occupied in combinations(range(norb), nocc):
            irrep = 0
            for orbital in occupied:
                irrep ^= orbsym[orbital]
            found.append(irrep)
        return found

    alpha, beta = irreps(nelec[0]), irreps(nelec[1])
    assert count_strings(norb, nelec[0], orbsym) == [alpha.count(g) for g in range(8)]
    for wfnsym in range(8):
        expected = sum(a ^ b == wfnsym for a in alpha for b in beta)
        assert count_determinants(norb, nelec, orbsym, wfnsym) == expected
    assert sum(count_determinants(norb, nelec, orbsym, g) for g in range(8)) == comb(
        norb, nelec[0]
    ) * comb(norb, nelec[1])


@given(spaces())
def test_parameters_equal_those_of_the_ansatz(space) -> None:
    from qchem_app.ansatz.uccsd import uccsd
    from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
    from qchem_app.references.amplitudes import SpinAmplitudes

    norb, (na, nb), orbsym = space
    va, vb = norb - na, norb - nb
    zero = SpinAmplitudes(
        *(np.zeros(s) for s in ((na, va), (nb, vb), (na, na, va, va), (na, nb, va, vb))),
        np.zeros((nb, nb, vb, vb)),
    )
    hamiltonian = MolecularHamiltonian(
        np.zeros((norb, norb)), np.zeros((norb,) * 4), 0.0, (na, nb), np.array(orbsym)
    )
    assert uccsd(hamiltonian, zero).n_parameters == count_parameters(norb, (na, nb), orbsym)


def test_published_size_of_ethene() -> None:
    # C2H4 in STO-3G: 14 orbitals, 16 electrons, D2h
    assert count_determinants(14, (8, 8), [0] * 14) == comb(14, 8) ** 2 == 9_018_009


def test_cost_grows_with_the_space_and_stays_finite() -> None:
    small, large = (estimate_cost(n, (4, 4), [0] * n) for n in (8, 16))
    assert 0 < small.seconds < large.seconds < float("inf")
    assert 300 <= small.memory_mb < large.memory_mb
    assert large.determinants == comb(16, 4) ** 2


@pytest.mark.parametrize(
    ("nelec", "orbsym", "irrep"),
    [((2, 2), [0, 5, 5], 0), ((2, 1), [0, 5, 2], 5), ((3, 1), [0, 6, 7, 0], 1)],
)
def test_irrep_of_the_reference_is_that_of_its_open_shells(nelec, orbsym, irrep) -> None:
    assert determinant_irrep(nelec, orbsym) == irrep


def test_available_memory_is_that_of_a_real_machine() -> None:
    assert 100 < available_memory_mb() < 1e8


def test_control_groups_limit_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "/proc/self/cgroup": ["0::/slurm/job_1"],
        "/sys/fs/cgroup/slurm/memory.max": ["4000000000"],
        "/sys/fs/cgroup/slurm/memory.current": ["1000000000"],
        "/sys/fs/cgroup/slurm/job_1/memory.max": ["max"],
        "/sys/fs/cgroup/slurm/job_1/memory.current": ["900000000"],
    }
    monkeypatch.setattr(
        "qchem_app.planning.cost._lines", lambda path: files.get(path.as_posix(), [])
    )
    monkeypatch.setattr("os.sysconf", lambda name: 10**7 if name == "SC_PHYS_PAGES" else 4096)
    assert available_memory_mb() == 3000.0
