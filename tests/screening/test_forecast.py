"""Forecasts beside what solve() then finds, and counts beside PySCF's."""

from __future__ import annotations

from pathlib import Path

import pytest

from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import build_hamiltonian
from qchem_app.chemistry.mean_field import build_mole, run_mean_field
from qchem_app.chemistry.orbital_space import chemical_core
from qchem_app.io.geometry import geometry_of, read_geometry
from qchem_app.io.record import input_record
from qchem_app.molecule import Molecule
from qchem_app.planning.cost import count_determinants, count_parameters
from qchem_app.result import Settings
from qchem_app.screening.atoms import count_atoms
from qchem_app.screening.candidate import Candidate
from qchem_app.screening.executors.pool import PoolExecutor
from qchem_app.screening.forecast import WORKER_MB, Forecast, forecast_task
from qchem_app.screening.plan import complete, plan_tasks
from qchem_app.screening.task import Task
from qchem_app.screening.worker import compute

MOLECULES = sorted((Path(__file__).parent.parent.parent / "molecules").glob("*.xyz"))
SMALL = ("h2", "heh_plus", "lih", "h2o", "oh", "nh3", "n2", "o2", "no", "ch2_triplet", "f2", "ch4")


def task_of(name: str, **settings: object) -> Task:
    path = next(path for path in MOLECULES if path.stem == name)
    return Task.of(read_geometry(path), complete(Settings(**settings)))  # type: ignore[arg-type]


def forecast(name: str, **settings: object) -> Forecast:
    return forecast_task(task_of(name, **settings))


@pytest.mark.parametrize("basis", ["sto-3g", "cc-pvdz", "def2-svp"])
@pytest.mark.parametrize("path", MOLECULES, ids=lambda path: path.stem)
def test_functions_are_counted_by_irrep_like_pyscf_does(path: Path, basis: str) -> None:
    molecule = read_geometry(path).molecule
    mole, _ = build_mole(molecule, basis)
    counts = count_atoms(input_record(geometry_of(molecule)), Settings(basis=basis))
    assert counts.nao == mole.nao
    assert counts.nelec == mole.nelec
    if counts.group == mole.groupname:  # the look at the geometry is a quick one
        assert sorted(n for n in counts.functions if n) == sorted(
            orbitals.shape[1] for orbitals in mole.symm_orb
        )
    else:
        assert path.stem in ("nh4_plus", "ch4", "nh3")


@pytest.mark.parametrize("symbols", [("Ne",), ("O", "O"), ("C", "O")])
def test_one_and_two_atoms_anywhere_in_space(symbols: tuple[str, ...]) -> None:
    coordinates = [[1.0, -2.0, 0.5], [0.2, -1.0, 2.0]][: len(symbols)]
    molecule = Molecule(symbols, coordinates)
    counts = count_atoms(input_record(geometry_of(molecule)), Settings(basis="cc-pvtz"))
    mole, _ = build_mole(molecule, "cc-pvtz")
    assert counts.group == mole.groupname
    assert sorted(n for n in counts.functions if n) == sorted(
        orbitals.shape[1] for orbitals in mole.symm_orb
    )


def test_core_potentials_and_heavy_elements() -> None:
    molecule = Molecule(("I", "H"), [[0.0, 0.0, 0.0], [0.0, 0.0, 3.04]])
    counts = count_atoms(input_record(geometry_of(molecule)), Settings(basis="def2-svp"))
    mole, _ = build_mole(molecule, "def2-svp")
    assert (counts.nao, counts.nelec) == (mole.nao, mole.nelec)
    assert counts.n_core == chemical_core(run_mean_field(molecule, "def2-svp"))


@pytest.mark.parametrize("name", SMALL)
def test_sector_and_parameters_are_about_right(name: str) -> None:
    found = forecast(name, active_space="full")
    task = task_of(name)
    mean_field = run_mean_field(task.geometry.molecule)
    space = select_active_space(mean_field, "full")
    ham = build_hamiltonian(mean_field, space)
    assert found.qubits == 2 * ham.norb
    assert found.space == f"full ({sum(ham.nelec)}e,{ham.norb}o)"
    exact = count_determinants(ham.norb, ham.nelec, ham.orbsym)
    assert found.determinants == pytest.approx(exact, rel=0.5)
    parameters = count_parameters(ham.norb, ham.nelec, ham.orbsym)
    assert found.parameters == pytest.approx(parameters, rel=0.3)


def test_without_symmetry_everything_is_one_irrep() -> None:
    with_symmetry, without = forecast("n2"), forecast("n2", symmetry=False)
    assert (with_symmetry.point_group, without.point_group) == ("D2h", "C1")
    assert without.determinants == 14400
    assert with_symmetry.determinants < 14400 / 6


def test_requested_spaces() -> None:
    assert forecast("h2o", active_space="frozen-core").space == "frozen-core (8e,6o)"
    assert forecast("h2o", active_space="4,4").space == "cas (4e,4o)"
    assert forecast("o2", active_space="8,6").space == "cas (8e,6o)"
    assert forecast("h2", active_space="full", basis="cc-pvdz").space == "full (2e,10o)"
    avas = forecast("n2", basis="cc-pvdz", active_space="avas:N 2p")
    assert avas.space == "avas (6e,6o)"
    assert "assumed" in avas.note
    natural = forecast("n2", basis="cc-pvdz", active_space="natural:0.02")
    assert natural.space.startswith("natural")
    assert "assumed" in natural.note


def test_automatic_space_fits_the_limits() -> None:
    small = forecast("pyrrole")
    assert small.space.startswith("natural")
    assert "assumed" in small.note
    assert small.seconds < 120
    larger = forecast("pyrrole", time_limit=3600.0)
    assert larger.qubits > small.qubits
    assert larger.seconds > small.seconds
    assert forecast("h2o", basis="6-31g", memory_limit=310.0).qubits < 26


def test_what_will_be_refused_takes_no_time() -> None:
    found = forecast("c2h4", basis="cc-pvdz", active_space="full")
    assert "refused" in found.note
    assert found.seconds < 10
    assert found.memory_mb < 2 * WORKER_MB


@pytest.mark.parametrize("path", MOLECULES, ids=lambda path: path.stem)
def test_memory_stays_below_what_the_task_may_take(path: Path) -> None:
    task = Task.of(read_geometry(path), complete(Settings(memory_limit=500.0)))
    found = forecast_task(task)
    assert WORKER_MB <= found.memory_mb <= WORKER_MB + 500.0
    assert found.seconds > 0
    assert found.determinants >= 1


def test_a_worker_takes_about_what_is_promised_to_it() -> None:
    task = task_of("h2", references=("hf", "ccsd", "fci"))
    with PoolExecutor(1) as pool:
        assert pool.submit(compute, task.to_json()).result(60).status == "done"
        taken = pool.total_memory_mb()
    assert WORKER_MB / 3 < taken < WORKER_MB
    assert taken < forecast_task(task).memory_mb < 2 * taken


def test_more_work_is_forecast_to_take_longer() -> None:
    plain = forecast("h8_chain", references=("hf",))
    assert forecast("h8_chain").seconds > plain.seconds
    assert forecast("h8_chain", references=("hf", "ccsd")).seconds > plain.seconds
    assert forecast("h8_chain", references=("hf",), ansatz="upccgsd").seconds > plain.seconds
    assert forecast("h10_chain", references=("hf",)).seconds > plain.seconds


def test_plan_completes_settings_and_keeps_order() -> None:
    geometry = read_geometry(MOLECULES[0])
    broken = Candidate("b", "b.xyz", None, error="b.xyz: no")
    own = Candidate("c", "c.xyz", geometry, overrides={"basis": "6-31g", "references": "hf,dft"})
    pairs = plan_tasks([Candidate("a", "a.xyz", geometry), broken, own], Settings())
    assert [candidate.name for candidate, _ in pairs] == ["a", "b", "c"]
    first, second, third = (task for _, task in pairs)
    assert second is None
    assert first is not None
    assert third is not None
    assert (first.settings.threads, first.settings.memory_limit) == (1, 2000.0)
    assert third.settings.basis == "6-31g"
    assert third.settings.references == ("hf", "b3lyp")
    assert first.id != third.id


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"basis": "cc-pvdzz"}, "did you mean"),
        ({"active_space": "2x2"}, "is not understood"),
        ({"active_space": "6,2"}, "hold 4 at most"),
        ({"references": ("hf", "ccst")}, "did you mean"),
        ({"references": "ccst"}, "did you mean"),
        ({"ansatz": "\x1b[31muccsd"}, r"ansatz .* found \\x1b\[31muccsd"),
        ({"time_limit": -1}, "time_limit should be greater than 0, found -1"),
        ({"time_limit": "soon"}, "time_limit"),
        ({"memory_limit": float("nan")}, "memory_limit"),
    ],
)
def test_wrong_overrides_have_a_sentence(overrides: dict[str, object], words: str) -> None:
    geometry = read_geometry(MOLECULES[0])
    ((candidate, task),) = plan_tasks(
        [Candidate("a", "a.xyz", geometry, overrides=overrides)], Settings()
    )
    assert task is None
    assert candidate.geometry is None
    assert "\n" not in candidate.error
    assert "\x1b" not in candidate.error
    with pytest.raises(ValueError, match=words):
        raise ValueError(candidate.error)
