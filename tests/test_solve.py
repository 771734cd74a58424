"""The whole pipeline on real molecules, against published and independent numbers."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pyscf import fci, gto, mcscf, scf

from qchem_app import units
from qchem_app.chemistry.mean_field import MeanField, run_mean_field
from qchem_app.errors import InputError, ResourceError, UsageError
from qchem_app.io.geometry import read_geometry
from qchem_app.molecule import Molecule
from qchem_app.progress import Event
from qchem_app.result import Settings, SolveResult
from qchem_app.solve import solve
from qchem_app.vqe.checkpoint import load_checkpoint

MOLECULES = Path(__file__).parent.parent / "molecules"


def energy(result: SolveResult, name: str) -> float:
    found = next(m.energy for m in result.methods if m.name == name)
    assert found is not None
    return found


def error(result: SolveResult, name: str = "vqe") -> float:
    found = next(m.error_mha for m in result.methods if m.name == name)
    assert found is not None
    return found


def chain(n: int, distance: float = 1.0) -> Molecule:
    lines = "\n".join(f"H 0 0 {distance * i}" for i in range(n))
    return Molecule.from_xyz(f"{n}\n\n{lines}")


# STO-3G, all electrons, RHF. FCI / Ha and the error of product-form UCCSD / mHa.
CLOSED_SHELLS = [
    ("h2", -1.13727017, 0.000),
    ("lih", -7.88240341, 0.011),
    ("h4_chain", -2.16638745, 0.079),
    ("beh2", -15.59517687, 0.38),
    ("h6_chain", -3.23606628, 0.61),
    ("n2", -107.65282873, 2.16),
    ("h8_chain", -4.30757160, 1.50),
    ("h10_chain", -5.37995475, 2.64),
]


@pytest.mark.parametrize(("name", "exact", "uccsd_error"), CLOSED_SHELLS)
def test_closed_shells_match_the_table(name: str, exact: float, uccsd_error: float) -> None:
    settings = Settings(active_space="full", references=("fci",))
    result = solve(MOLECULES / f"{name}.xyz", settings)
    assert result.converged
    assert energy(result, "fci") == pytest.approx(exact, abs=1e-7)
    # the table rounds to its last digit
    assert error(result) == pytest.approx(uccsd_error, rel=0.1, abs=6e-4)
    assert result.vqe is not None
    assert result.vqe.s_squared == pytest.approx(0.0, abs=1e-2)


OPEN_SHELLS = [("oh", 0.75), ("ch2_triplet", 2.0), ("ch2_singlet", 0.0), ("o2", 2.0), ("no", 0.75)]


@pytest.mark.parametrize(("name", "s_squared"), OPEN_SHELLS)
def test_open_shells_match_pyscf_without_symmetry(name: str, s_squared: float) -> None:
    geometry = read_geometry(MOLECULES / f"{name}.xyz")
    result = solve(geometry, Settings(active_space="full", references=("fci",)))
    molecule = geometry.molecule
    atoms = list(zip(molecule.symbols, molecule.coordinates.tolist(), strict=True))
    mol = gto.M(atom=atoms, unit="Bohr", basis="sto-3g", spin=molecule.multiplicity - 1, verbose=0)
    mean_field = scf.ROHF(mol).run()
    solver = mcscf.CASCI(mean_field, mean_field.mo_coeff.shape[1], mol.nelec)
    solver.fcisolver = fci.addons.fix_spin_(fci.direct_spin1.FCI(), ss=s_squared)
    solver.fcisolver.conv_tol = 1e-11
    exact = solver.kernel()[0]
    assert energy(result, "fci") == pytest.approx(exact, abs=1e-7)
    assert result.vqe is not None
    assert 0.0 <= error(result) < 6.0
    assert result.vqe.s_squared == pytest.approx(s_squared, abs=0.01)
    assert result.vqe.s_z == pytest.approx((molecule.multiplicity - 1) / 2, abs=1e-10)
    assert result.vqe.n_particles == pytest.approx(molecule.n_electrons, abs=1e-9)


def test_vqe_without_correlation_is_hartree_fock() -> None:
    result = solve(Molecule(("H",), np.zeros((1, 3))), Settings(references=("fci",)))
    assert result.converged
    assert result.engine is not None
    assert result.engine.parameters == 0
    assert energy(result, "vqe") == pytest.approx(energy(result, "hf"), abs=1e-12)
    assert error(result) == pytest.approx(0.0, abs=1e-6)


def test_square_h4_is_solved_in_spite_of_its_degenerate_orbitals() -> None:
    result = solve(MOLECULES / "h4_square.xyz", Settings(references=("fci",)))
    assert result.converged
    assert error(result) > -1e-4


def test_stretched_nitrogen_is_variational_and_honest() -> None:
    molecule = Molecule.from_xyz("2\n\nN 0 0 0\nN 0 0 2.5")
    result = solve(molecule, Settings(references=("mp2", "ccsd(t)", "fci")))
    assert result.vqe is not None
    assert error(result) > -1e-4
    below = [m for m in result.methods if m.error_mha is not None and m.error_mha < -1e-4]
    assert all(any("below FCI" in note for note in m.notes) for m in below)


def test_density_functionals_get_no_error_against_fci() -> None:
    result = solve(chain(2), Settings(references=("b3lyp", "fci")))
    functional = next(m for m in result.methods if m.name == "b3lyp")
    assert functional.energy is not None
    assert functional.error_mha is None


def test_dipole_moment_of_full_ci_quality() -> None:
    # HeH+ has two electrons: UCCSD is exact, so the dipole must be that of FCI.
    geometry = read_geometry(MOLECULES / "heh_plus.xyz")
    result = solve(geometry, Settings(active_space="full", basis="6-31g", references=("fci",)))
    atoms = list(
        zip(geometry.molecule.symbols, geometry.molecule.coordinates.tolist(), strict=True)
    )
    mol = gto.M(atom=atoms, unit="Bohr", basis="6-31g", charge=1, verbose=0)
    mean_field = scf.RHF(mol).run()
    _, vector = fci.FCI(mean_field).kernel()
    density = fci.direct_spin1.make_rdm1(vector, mean_field.mo_coeff.shape[1], 2)
    ao = mean_field.mo_coeff @ density @ mean_field.mo_coeff.T
    assert result.vqe is not None
    assert result.vqe.dipole_debye is not None
    ours = np.array(result.vqe.dipole_debye)
    charges, places = mol.atom_charges(), mol.atom_coords()
    # the dipole of an ion depends on the origin: ours is the centre of mass
    masses = mol.atom_mass_list(isotope_avg=True)
    centre = masses @ places / masses.sum()
    with mol.with_common_origin(centre):
        electronic = np.einsum("xpq,pq->x", mol.intor("int1e_r"), ao)
    expected = charges @ (places - centre) - electronic
    np.testing.assert_allclose(ours, expected * units.DEBYE_PER_ATOMIC_UNIT, atol=2e-3)


def test_same_settings_same_digits() -> None:
    first, second = (solve(chain(6), Settings(references=("fci",))) for _ in range(2))
    assert first.vqe is not None
    assert second.vqe is not None
    assert first.vqe.energy == second.vqe.energy
    assert first.vqe.parameters == second.vqe.parameters


@pytest.mark.parametrize("stop_after", [1, 4])
def test_an_interrupted_run_is_resumed_to_the_same_digits(tmp_path: Path, stop_after: int) -> None:
    path = tmp_path / "h6.npz"
    settings = Settings(references=("mp2", "fci"))
    whole = solve(chain(6), settings)

    def stop(event: Event) -> None:
        if event.stage == "vqe" and event.iteration == stop_after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        solve(chain(6), settings, progress=stop, checkpoint=path)
    assert load_checkpoint(path).state is not None
    told: list[Event] = []
    resumed = solve(chain(6), settings, progress=told.append, checkpoint=path, resume=True)
    assert resumed.vqe is not None
    assert whole.vqe is not None
    assert resumed.vqe.energy == whole.vqe.energy
    assert resumed.vqe.parameters == whole.vqe.parameters
    assert "mean field" not in {event.stage for event in told}
    assert not [event for event in told if event.message == "running"]  # nothing is done again
    assert not path.exists()


def test_interrupted_before_the_orbitals_leaves_a_checkpoint_too(tmp_path: Path) -> None:
    def stop(event: Event) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "x.npz"
    with pytest.raises(KeyboardInterrupt):
        solve(chain(2), progress=stop, checkpoint=path)
    result = solve(chain(2), checkpoint=path, resume=True)
    assert result.converged


def test_an_unconverged_run_goes_on_with_more_iterations(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    settings = Settings(references=("fci",), max_iterations=2)
    first = solve(chain(6), settings, checkpoint=path)
    assert not first.converged
    more = settings.model_copy(update={"max_iterations": 100})
    second = solve(chain(6), more, checkpoint=path, resume=True)
    assert second.converged
    assert second.vqe is not None
    assert second.vqe.trace[2].iteration == 2
    straight = solve(chain(6), more)
    assert straight.vqe is not None
    assert second.vqe.energy == straight.vqe.energy


def test_a_checkpoint_of_another_molecule_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    solve(chain(6), Settings(max_iterations=1, references=()), checkpoint=path)
    with pytest.raises(InputError, match="belongs to another molecule or other settings"):
        solve(chain(4), Settings(references=()), checkpoint=path, resume=True)


def test_resume_needs_a_checkpoint() -> None:
    with pytest.raises(InputError, match=r"^resume needs the path of a checkpoint"):
        solve(chain(2), resume=True)


def test_what_cannot_fit_is_refused_before_it_is_tried() -> None:
    with pytest.raises(ResourceError):
        solve(chain(10), Settings(basis="cc-pvdz", active_space="full"))


def test_unknown_basis_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        solve(chain(2), Settings(basis="sto-3gg"))


def test_a_record_says_how_to_get_its_space_again() -> None:
    planned = solve(chain(8), Settings(time_limit=0.02))
    assert planned.active_space.kind == "natural"
    assert planned.settings.references is not None
    assert planned.settings.threads
    assert planned.settings.memory_limit
    space = planned.active_space.specification
    again = solve(chain(8), planned.settings.model_copy(update={"active_space": space}))
    assert again.active_space.norb == planned.active_space.norb
    assert [m.energy for m in again.methods] == [m.energy for m in planned.methods]


def test_the_planned_space_does_not_depend_on_naming_the_references() -> None:
    spaces = [
        solve(chain(8), Settings(time_limit=0.02, references=names)).active_space.specification
        for names in (None, ("fci",))
    ]
    assert spaces[0] == spaces[1]


def test_an_scf_that_did_not_converge_is_flagged_where_it_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = sys.modules["qchem_app.device.guide"]

    def unconverged(*arguments: object, **options: object) -> MeanField:
        return replace(run_mean_field(*arguments, **options), converged=False)

    monkeypatch.setattr(module, "run_mean_field", unconverged)
    result = solve(chain(4), Settings(references=("fci",)))
    hf = result.methods[0]
    assert (hf.name, hf.converged) == ("hf", False)
    assert hf.notes[0].startswith("SCF not converged")
    assert result.verdict.endswith("the orbitals behind all of this did not converge.")
    assert not result.converged


def stopped(path: Path, settings: Settings) -> None:
    solve(chain(6), settings.model_copy(update={"max_iterations": 2}), checkpoint=path)
    assert load_checkpoint(path).state is not None


def test_limits_and_tolerance_may_change_on_resume(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    stopped(path, Settings(references=("fci",)))
    other = Settings(references=("fci",), time_limit=99, memory_limit=5000, energy_tolerance=1e-9)
    assert solve(chain(6), other, checkpoint=path, resume=True).converged


@pytest.mark.parametrize("what", ["value", "integrals", "short", "nan", "trace"])
def test_a_checkpoint_that_was_changed_is_refused(tmp_path: Path, what: str) -> None:
    path = tmp_path / "x.npz"
    settings = Settings(references=())
    stopped(path, settings)
    with np.load(path) as archive:
        arrays = dict(archive)
    header = json.loads(str(arrays["header"]))
    if what == "value":
        header["progress"] |= {"value": -99.0, "predicted": 0.0}
    elif what == "trace":
        header["trace"] = []
    elif what == "integrals":
        arrays["hamiltonian.h1"] = 1.1 * arrays["hamiltonian.h1"]
    elif what == "short":
        arrays["x"] = arrays["x"][:-1]
    else:
        arrays["gradient"] = np.full_like(arrays["gradient"], np.nan)
    np.savez(path, **{**arrays, "header": np.array(json.dumps(header))})
    with pytest.raises(InputError, match=r"start again without it|not a checkpoint of this"):
        solve(chain(6), settings, checkpoint=path, resume=True)


def test_references_that_were_finished_survive_a_second_interruption(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    stopped(path, Settings(references=("mp2", "fci")))

    def stop(event: Event) -> None:
        if event.stage == "ccsd":
            raise KeyboardInterrupt

    more = Settings(references=("mp2", "ccsd", "fci"))
    with pytest.raises(KeyboardInterrupt):
        solve(chain(6), more, progress=stop, checkpoint=path, resume=True)
    assert "fci" in {method.name for method in load_checkpoint(path).methods}


def test_another_runs_checkpoint_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    stopped(path, Settings(references=()))
    kept = path.read_bytes()
    assert solve(chain(4), Settings(references=()), checkpoint=str(path)).converged
    assert path.read_bytes() == kept
