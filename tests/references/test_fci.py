from __future__ import annotations

import itertools
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyscf import fci as pyscf_fci

from qchem_app.errors import InputError
from qchem_app.planning.cost import determinant_irrep
from qchem_app.references import fci_solver
from qchem_app.references.fci import fci
from qchem_app.references.fci_cost import memory_mb
from qchem_app.references.fci_sector import CISpace
from qchem_app.references.slater_condon import diagonal


def lowest_by_pyscf(ham, multiplicity: int, nroots: int = 8) -> float:
    """Lowest energy of a multiplicity, from PySCF without any symmetry."""
    solver = pyscf_fci.direct_spin1.FCI()
    solver.set(conv_tol=1e-12, max_cycle=300, max_space=40, verbose=0)
    energies, vectors = solver.kernel(ham.h1, ham.eri, ham.norb, ham.nelec, nroots=nroots)
    energies, vectors = np.atleast_1d(energies), vectors if nroots > 1 else [vectors]
    for energy, vector in zip(energies, vectors, strict=True):
        if abs(pyscf_fci.spin_op.spin_square0(vector, ham.norb, ham.nelec)[1] - multiplicity) < 0.1:
            return float(energy) + ham.ecore
    raise AssertionError("no root of this multiplicity")


@pytest.mark.parametrize(
    ("name", "frozen", "multiplicity"),
    [
        ("lih", 0, 1),
        ("h2o", 0, 1),
        ("h2o", 1, 1),
        ("n2", 2, 1),
        ("h3+", 0, 1),
        ("square h4", 0, 1),
        ("oh", 0, 2),
        ("oh", 1, 2),
        ("no", 2, 2),
        ("o2", 2, 3),
        ("ch2 triplet", 0, 3),
        ("ch2 singlet", 0, 1),
    ],
)
def test_ground_state_equals_pyscf_without_symmetry(build, name, frozen, multiplicity):
    ham = build(name, frozen=frozen).ham
    result = fci(ham)
    assert result.complete
    assert result.ground_state.energy == pytest.approx(lowest_by_pyscf(ham, multiplicity), abs=1e-8)
    spin = (multiplicity - 1) / 2
    for state in result.states:
        assert state.s_squared == pytest.approx(spin * (spin + 1), abs=1e-4)


@pytest.mark.parametrize(
    ("name", "energy"),
    [
        ("h2", -1.13727017),
        ("lih", -7.88240341),
        ("h4", -2.16638745),
        ("h6", -3.23606628),
        ("n2", -107.65282873),
        ("h10", -5.37995475),
    ],
)
def test_known_energies(build, name, energy):
    line = fci(build(name).ham, irreps="reference").method
    assert line.energy == pytest.approx(energy, abs=1e-7)
    assert line.converged
    assert line.notes == ()


@pytest.mark.parametrize("name", ["h3+", "h4", "square h4", "heh+", "h2 triplet"])
def test_equals_openfermion(build, name):
    """Exact diagonalisation of the Jordan-Wigner matrix with penalties on other spins."""
    from openfermion import get_sparse_operator, number_operator, s_squared_operator, sz_operator

    from qchem_app.chemistry.openfermion_order import to_openfermion

    ham = build(name).ham
    n = 2 * ham.norb
    matrix = get_sparse_operator(to_openfermion(ham), n_qubits=n).toarray()
    spin = (ham.nelec[0] - ham.nelec[1]) / 2
    for operator, value in (
        (number_operator(n), sum(ham.nelec)),
        (sz_operator(ham.norb), spin),
        (s_squared_operator(ham.norb), spin * (spin + 1)),
    ):
        excess = get_sparse_operator(operator, n_qubits=n).toarray() - value * np.eye(2**n)
        matrix = matrix + 10 * excess @ excess
    expected = float(np.linalg.eigvalsh(matrix)[0])
    assert fci(ham).ground_state.energy == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "energy"), [("h", -0.46658185), ("he", -2.80778396), ("h2 triplet", -0.53247901)]
)
def test_a_single_determinant(build, name, energy):
    result = fci(build(name).ham)
    assert result.method.energy == pytest.approx(energy, abs=1e-7)
    assert [state.determinants for state in result.states] == [1]


def test_all_orbitals_full(build):
    ham = build("lih").ham
    full = replace(ham, nelec=(ham.norb, ham.norb))
    result = fci(full)
    assert result.method.energy == pytest.approx(
        ham.ecore + float(diagonal(full, np.array([63]), np.array([63]))[0, 0]), abs=1e-10
    )


@pytest.mark.parametrize("nelec", [(3, 0), (7, 6), (7, 2)])
def test_one_spin_empty_or_full(build, nelec):
    ham = replace(build("h2o").ham, nelec=nelec)
    result = fci(ham)
    assert result.ground_state.energy == pytest.approx(
        lowest_by_pyscf(ham, nelec[0] - nelec[1] + 1), abs=1e-8
    )


def test_no_beta_electrons_by_davidson(build, monkeypatch):
    monkeypatch.setattr(fci_solver, "DENSE_SIZE", 10)
    ham = replace(build("h2o", basis="6-31g").ham, nelec=(3, 0))
    result = fci(ham)
    assert result.states[0].determinants > 10
    assert result.ground_state.energy == pytest.approx(lowest_by_pyscf(ham, 4), abs=1e-8)


def test_a_lower_state_in_another_irrep_is_said(build):
    """Square H4: the open-shell singlet of B1g is the ground state, not the Ag determinant's."""
    result = fci(build("square h4").ham)
    assert result.reference.label == "Ag"
    assert result.ground_state.label == "B1g"
    assert result.method.energy == result.reference.energy > result.ground_state.energy
    assert result.method.notes == (
        "lowest state is in B1g at -1.96754988 Ha, 149.175 mHa below Ag of the reference "
        "determinant and this line",
    )


def test_degenerate_partners_are_not_called_lower(build):
    result = fci(build("oh").ham)
    first, second = (state.energy for state in result.states[:2])
    assert first == pytest.approx(second, abs=1e-9)
    assert result.method.notes == ()


def test_another_reference_irrep_can_be_asked_for(build):
    ham = build("h2o").ham
    result = fci(ham, wfnsym=1)
    assert result.reference.label == "A2"
    everything = {state.label: state.energy for state in fci(ham).states}
    assert result.method.energy == pytest.approx(everything["A2"], abs=1e-8)


@pytest.mark.parametrize("dense_size", [0, 10_000])
@pytest.mark.parametrize("name", ["ch2 singlet", "ch2 triplet", "oh", "o2", "n2 stretched"])
def test_dense_and_davidson_agree(build, monkeypatch, name, dense_size):
    ham = build(name, frozen=4 if name.startswith("n2") else 0).ham
    expected = {state.irrep: state.energy for state in fci(ham).states}
    monkeypatch.setattr(fci_solver, "DENSE_SIZE", dense_size)
    space = CISpace(ham)
    for irrep, energy in expected.items():
        root = fci_solver.lowest_state(space.sector(irrep))
        assert root.converged
        assert ham.ecore + root.energy == pytest.approx(energy, abs=2e-5)
        if irrep == determinant_irrep(ham.nelec, ham.orbsym):
            assert ham.ecore + root.energy == pytest.approx(energy, abs=2e-9)


def test_a_state_of_higher_spin_below_is_passed_over(build, monkeypatch):
    """The doublets of a nitrogen atom lie above its quartet, in the same S_z."""
    ham = replace(build("n", basis="6-31g", frozen=1).ham, nelec=(3, 2))
    expected = lowest_by_pyscf(ham, 2, nroots=12)
    quartet = fci(replace(ham, nelec=(4, 1))).ground_state.energy
    assert quartet < expected - 1e-3
    for dense_size in (10_000, 10):
        monkeypatch.setattr(fci_solver, "DENSE_SIZE", dense_size)
        result = fci(ham)
        assert result.ground_state.energy == pytest.approx(expected, abs=1e-7)
        assert all(state.s_squared == pytest.approx(0.75, abs=1e-4) for state in result.states)


def test_a_singlet_above_a_quintet(build_from_atoms, monkeypatch):
    """Two nitrogen-like fragments far apart: a singlet among septets, quintets and triplets."""
    atoms = (("N", (0.0, 0.0, 0.0)), ("N", (0.0, 0.0, 4.0)))
    ham = build_from_atoms(atoms, 0, 1, "sto-3g", frozen=4).ham
    monkeypatch.setattr(fci_solver, "DENSE_SIZE", 1)
    result = fci(ham)
    assert result.ground_state.energy == pytest.approx(lowest_by_pyscf(ham, 1, nroots=30), abs=1e-7)


def test_a_hidden_symmetry_does_not_trap_davidson(build_from_atoms, monkeypatch):
    """C2 at 2 Å: the guess's lowest state in B1u has another angular momentum than the answer."""
    atoms = (("C", (0.0, 0.0, 0.0)), ("C", (0.0, 0.0, 2.0)))
    ham = build_from_atoms(atoms, 0, 1, "sto-3g").ham
    sector = CISpace(ham).sector(5)
    assert sector.size > fci_solver.DENSE_SIZE
    root = fci_solver.lowest_state(sector)
    solver = pyscf_fci.direct_spin0_symm.FCI().set(conv_tol=1e-11, max_cycle=200, verbose=0)
    energies, _ = solver.kernel(
        ham.h1, ham.eri, ham.norb, ham.nelec, orbsym=ham.orbsym, wfnsym=5, nroots=3
    )
    # several roots at once converge less tightly: PySCF stops 6e-7 Ha above
    assert energies[0] - 2e-6 < root.energy < energies[0] + 1e-8
    monkeypatch.setattr(fci_solver, "_MIXING", 0.0)
    trapped = fci_solver.lowest_state(sector)
    assert trapped.converged
    assert root.energy < trapped.energy - 0.01


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), name=st.sampled_from(["h4", "lih", "oh", "h2 triplet"]))
def test_orbital_rotations_change_nothing(build, rotate, seed, name):
    ham = build(name).ham
    turned = rotate(ham, np.random.default_rng(seed))
    assert fci(turned).method.energy == pytest.approx(fci(ham).ground_state.energy, abs=1e-8)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_no_determinant_is_lower(build, rotate, seed):
    rng = np.random.default_rng(seed)
    ham = rotate(build(str(rng.choice(["h4", "h3+", "lih"]))).ham, rng)
    strings = [
        np.array([sum(1 << p for p in chosen) for chosen in combinations(range(ham.norb), n)])
        for n in ham.nelec
    ]
    energies = ham.ecore + diagonal(ham, *strings)
    assert fci(ham).method.energy < energies.min() + 1e-10


@pytest.mark.parametrize("name", ["oh", "ch2 triplet", "n2"])
def test_sector_operators_equal_pyscf(build, name):
    """H and S^2 on a random vector, against PySCF on the full determinant space."""
    ham = build(name, frozen=2 if name == "n2" else 0).ham
    space = CISpace(ham)
    irrep = determinant_irrep(ham.nelec, ham.orbsym)
    sector = space.sector(irrep)
    vector = np.random.default_rng(2).standard_normal(sector.size)

    def full(part: np.ndarray) -> np.ndarray:
        from pyscf.fci import cistring

        sizes = [cistring.num_strings(ham.norb, n) for n in ham.nelec]
        out = np.zeros(sizes)
        for g, block in enumerate(sector.blocks(part)):
            rows = cistring.strs2addr(ham.norb, ham.nelec[0], space.alpha.groups[g])
            columns = cistring.strs2addr(ham.norb, ham.nelec[1], space.beta.groups[g ^ irrep])
            out[np.ix_(rows, columns)] = block
        return out

    solver = pyscf_fci.direct_spin1
    absorbed = solver.absorb_h1e(ham.h1, ham.eri, ham.norb, ham.nelec, 0.5)
    expected = solver.contract_2e(absorbed, full(vector), ham.norb, ham.nelec)
    np.testing.assert_allclose(full(sector.apply(vector)), expected, atol=1e-9)
    expected = pyscf_fci.spin_op.contract_ss(full(vector), ham.norb, ham.nelec)
    np.testing.assert_allclose(full(sector.spin_squared(vector)), expected, atol=1e-9)
    identity = np.eye(sector.size)[: min(sector.size, 40)]
    for k, unit in enumerate(identity):
        assert sector.diagonal[k] == pytest.approx(unit @ sector.apply(unit), abs=1e-9)
        assert sector.spin_diagonal[k] == pytest.approx(unit @ sector.spin_squared(unit))


def test_refuses_what_does_not_fit(build):
    ham = build("h10").ham
    line = fci(ham, memory_limit=1.0).method
    assert (line.energy, line.converged) == (None, False)
    assert "31,752 determinants need" in line.notes[0]
    line = fci(ham, time_limit=1e-6).method
    assert (line.energy, line.converged) == (None, False)
    assert "31,752 determinants would take about" in line.notes[0]


def test_short_of_memory_the_davidson_space_shrinks(build):
    ham = build("n2").ham
    low, comfortable = memory_mb(10, (7, 7), 1824, 4), memory_mb(10, (7, 7), 1824)
    assert low < comfortable
    tight = fci(ham, irreps="reference", memory_limit=(low + comfortable) / 2).method
    assert tight.energy == pytest.approx(-107.65282873, abs=1e-7)


def test_irreps_that_do_not_fit_the_time_are_named(build, monkeypatch):
    ham = build("n2").ham
    monkeypatch.setattr("qchem_app.references.fci_cost.estimate_seconds", lambda *a, **k: 0.0)
    monkeypatch.setattr("qchem_app.references.fci._PATIENCE", 1e6)
    result = fci(ham, time_limit=1e-3)
    assert result.method.energy == pytest.approx(-107.65282873, abs=1e-7)
    assert not result.complete
    assert result.method.notes[0].startswith("irreps not searched for a lower state: ")
    assert "B1u" in result.method.notes[0]
    assert result.method.cut_short


def test_much_longer_than_planned_is_stopped(build, monkeypatch):
    monkeypatch.setattr("qchem_app.references.fci_cost.estimate_seconds", lambda *a, **k: 0.0)
    line = fci(build("n2").ham, time_limit=1e-4).method
    assert (line.energy, line.converged) == (None, False)
    assert line.cut_short
    assert line.notes == ("stopped after 0 steps, much more work than planned",)


def test_a_paused_process_gives_the_same_answer(build, monkeypatch):
    """Limits count work: a clock that jumps an hour at every look changes nothing but times."""
    ham = build("n2").ham
    expected = fci(ham, time_limit=60.0, threads=1)
    clock = itertools.count(0.0, 3600.0)
    for module in ("fci", "fci_solver"):
        name = f"qchem_app.references.{module}.perf_counter"
        monkeypatch.setattr(name, lambda: next(clock), raising=False)
    found = fci(ham, time_limit=60.0, threads=1)
    assert expected.complete
    assert found.complete
    assert [s.energy for s in found.states] == [s.energy for s in expected.states]
    assert not found.method.cut_short


def test_steps_are_counted(build):
    sector = CISpace(build("n2").ham).sector(0)
    root = fci_solver.lowest_state(sector)
    assert root.steps > 5
    again = fci_solver.lowest_state(sector, max_steps=root.steps)
    assert again.energy == root.energy
    with pytest.raises(fci_solver.OutOfStepsError):
        fci_solver.lowest_state(sector, max_steps=root.steps - 1)


def test_wrong_symmetry_labels_are_refused(build):
    ham = build("h2o").ham
    with pytest.raises(InputError, match="do not have the symmetry they are labelled with"):
        fci(replace(ham, orbsym=np.roll(ham.orbsym, 1)))


def test_an_irrep_without_such_a_state_is_refused(build):
    with pytest.raises(InputError, match="irrep B1u has no state of multiplicity 1 with 2 elect"):
        fci(build("he").ham, wfnsym=5)


def test_threads_change_nothing(build):
    ham = build("h6").ham
    assert fci(ham, threads=2).method.energy == pytest.approx(fci(ham).method.energy, abs=1e-10)
