"""Scans against PySCF, against points on their own, and against themselves after a stop."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path as FilePath
from typing import Any

import numpy as np
import pytest
from pyscf import fci, gto, scf

from qchem_app.device.trial import Trial
from qchem_app.errors import InputError
from qchem_app.io.geometry import GeometryFile, geometry_of, read_geometry
from qchem_app.molecule import Molecule
from qchem_app.progress import Event, Progress
from qchem_app.result import Settings
from qchem_app.scan.carry import Carry
from qchem_app.scan.coordinate import Coordinate
from qchem_app.scan.curve import ScanCurve
from qchem_app.scan.follower import Follower
from qchem_app.scan.plan import plan_scan
from qchem_app.scan.points import Path, along_coordinate, along_frames
from qchem_app.scan.run import ScanSummary, make_tasks, run_scan
from qchem_app.screening.plan import complete
from qchem_app.screening.store import Store
from qchem_app.screening.task import Task
from qchem_app.units import BOHR_PER_ANGSTROM

MOLECULES = FilePath(__file__).parent.parent.parent / "molecules"
GRID = tuple(np.round(np.linspace(0.6, 3.0, 25), 10).tolist())


def bond(name: str, grid: Sequence[float] = GRID, atoms: tuple[int, int] = (0, 1)) -> Path:
    geometry = read_geometry(MOLECULES / f"{name}.xyz")
    return along_coordinate(geometry, Coordinate("bond", atoms), grid)


def scanned(
    path: Path,
    store_file: FilePath,
    settings: Settings | None = None,
    *,
    cold: bool = False,
    progress: Progress | None = None,
) -> tuple[ScanCurve, ScanSummary]:
    plan = plan_scan(path, complete(settings or Settings(references=("fci",))))
    with Store.open_for_writing(store_file) as store:
        summary = run_scan(path, plan, store, cold=cold, progress=progress)
        rows = list(store.rows(summary.run_id))
    geometry = path.points[0].geometry
    assert geometry is not None
    names = plan.settings.references or ()
    return ScanCurve.of_rows(
        path.name, path.variable, geometry.molecule.symbols, names, rows
    ), summary


def known(values: Sequence[float | None]) -> np.ndarray:
    assert None not in values
    return np.array(values, dtype=float)


@pytest.fixture(scope="module")
def hydrogen(tmp_path_factory: pytest.TempPathFactory) -> tuple[ScanCurve, FilePath]:
    file = tmp_path_factory.mktemp("scan") / "h2.db"
    curve, summary = scanned(bond("h2"), file)
    assert (summary.done, summary.failed, summary.reused) == (25, 0, 0)
    return curve, file


def test_hydrogen_is_full_ci(hydrogen: tuple[ScanCurve, FilePath]) -> None:
    curve, _ = hydrogen
    for r, energy in list(zip(curve.values, known(curve.energies["vqe"]), strict=True))[::6]:
        mole = gto.M(atom=[("H", (0.0, 0.0, 0.0)), ("H", (0.0, 0.0, r))], basis="sto-3g", verbose=0)
        exact, _ = fci.FCI(scf.RHF(mole).run()).kernel()
        assert energy == pytest.approx(exact, abs=1e-8)


@pytest.mark.parametrize("name", ["h2", pytest.param("lih", marks=pytest.mark.slow)])
def test_half_of_the_gradients_and_the_same_curve(
    name: str, tmp_path: FilePath, hydrogen: tuple[ScanCurve, FilePath]
) -> None:
    settings = Settings(references=("fci",) if name == "h2" else ())
    warm = hydrogen[0] if name == "h2" else scanned(bond(name), tmp_path / "w.db", settings)[0]
    cold, _ = scanned(bond(name), tmp_path / "cold.db", settings, cold=True)
    spent = [sum(g or 0 for g in curve.gradients) for curve in (warm, cold)]
    assert spent[0] <= spent[1] / 2
    apart = known(warm.energies["vqe"]) - known(cold.energies["vqe"])
    assert np.abs(apart).max() < 5e-6  # the order of the excitations is that of the first point
    jump = warm.summary("vqe").jump
    assert jump is not None
    assert jump < 1e-3  # without FCI of the correlation energy, which is less straight


def test_the_same_scan_again_computes_nothing(hydrogen: tuple[ScanCurve, FilePath]) -> None:
    curve, file = hydrogen
    before = FilePath(file).read_bytes()
    again, summary = scanned(bond("h2"), file)
    assert summary.reused == 25
    assert again == curve
    assert before  # the store holds both runs
    longer, summary = scanned(bond("h2", (*GRID, 3.1, 3.2)), file)
    assert (summary.done, summary.reused) == (27, 25)
    assert longer.energies["vqe"][:25] == curve.energies["vqe"]


def test_stopped_and_resumed_is_undisturbed(
    tmp_path: FilePath, hydrogen: tuple[ScanCurve, FilePath]
) -> None:
    curve, _ = hydrogen
    for at in (1, 5, 9):
        points = 0

        def stop(event: Event, at: int = at) -> None:
            nonlocal points
            points += event.stage == "vqe" and event.iteration is None
            if points > at:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            scanned(bond("h2"), tmp_path / "h2.db", progress=stop)
    with Store.open_for_reading(tmp_path / "h2.db") as store:
        assert [run.status for run in store.runs()] == ["interrupted"] * 3
    resumed, summary = scanned(bond("h2"), tmp_path / "h2.db")
    assert summary.reused == 1 + 5 + 9
    assert resumed.energies == curve.energies
    assert resumed.gradients == curve.gradients


def test_orders_signs_and_state_are_carried(tmp_path: FilePath) -> None:
    path = bond("n2", (1.0, 1.1, 1.2, 1.3))
    scanned(path, tmp_path / "n2.db", Settings(references=()))
    with Store.open_for_reading(tmp_path / "n2.db") as store:
        rows = list(store.rows())
        carries = [Carry.from_bytes(store.carry(row.task_id or "") or b"") for row in rows]
        engines = [store.record(row.task_id or "").engine for row in rows]
    assert len({str(engine.excitations) for engine in engines if engine}) == 1
    for left, right in itertools.pairwise(carries):
        overlap = left.orbitals.active.T @ right.orbitals.active
        assert np.diag(overlap).min() > 0.9
        keys = tuple(left.parameters)
        assert left.order == right.order
        largest = max(keys, key=lambda key: abs(left.parameters[key]))
        assert left.parameters[largest] * right.parameters[largest] > 0


def test_an_unreadable_carry_is_a_sentence(hydrogen: tuple[ScanCurve, FilePath]) -> None:
    with Store.open_for_reading(hydrogen[1]) as store:
        row = next(store.rows())
        data = store.carry(row.task_id or "") or b""
    again = Carry.from_bytes(data).to_bytes()
    assert Carry.from_bytes(again).parameters == Carry.from_bytes(data).parameters
    for broken in (b"", b"PK", data[: len(data) // 2]):
        with pytest.raises(InputError, match="cannot be read"):
            Carry.from_bytes(broken)


def test_a_bend_through_the_line(tmp_path: FilePath) -> None:
    """The point group is C2v, at 180 degrees D∞h: all points use C2v."""
    water = read_geometry(MOLECULES / "h2o.xyz")
    path = along_coordinate(
        water, Coordinate("angle", (1, 0, 2)), (140.0, 150.0, 160.0, 170.0, 180.0)
    )
    curve, _ = scanned(path, tmp_path / "h2o.db")
    errors = curve.errors_of("vqe")
    assert errors is not None
    assert 0 < known(errors).min() < known(errors).max() < 5e-4
    jump = curve.summary("vqe").jump
    assert jump is not None
    assert jump < 5e-5
    with Store.open_for_reading(tmp_path / "h2o.db") as store:
        groups = {
            (record.mean_field.point_group, record.mean_field.subgroup)
            for record in (store.record(row.task_id or "") for row in store.rows())
        }
    assert groups == {("C2v", "C2v"), ("Dooh", "C2v")}


def test_a_square_among_rectangles(tmp_path: FilePath) -> None:
    """At the square other axes would make the ground state another irrep's."""
    corners = "4\n\nH 0 0 0\nH 0 1 0\nH 1 0 0\nH 1 1 0\n"
    rectangle = Molecule.from_xyz(corners)
    points = []
    for width in (0.9, 0.95, 1.0, 1.05, 1.1):
        x = np.array(rectangle.coordinates)
        x[2:, 0] = width * BOHR_PER_ANGSTROM
        points.append(rectangle.replace(coordinates=x))
    text = "".join(molecule.to_xyz() for molecule in points)
    (tmp_path / "path.xyz").write_text(text)
    path = along_frames(GeometryFile.read(tmp_path / "path.xyz"))
    curve, _ = scanned(path, tmp_path / "h4.db")
    errors = curve.errors_of("vqe")
    assert errors is not None
    assert 0 <= known(errors).min() < known(errors).max() < 1.5e-3
    for molecule, energy in zip(points, known(curve.energies["fci"]), strict=True):
        mole = gto.M(
            atom=[("H", x) for x in molecule.coordinates], unit="Bohr", basis="sto-3g", verbose=0
        )
        exact, _ = fci.FCI(scf.RHF(mole).run(), singlet=True).kernel()
        assert energy == pytest.approx(exact, abs=1e-7)


def test_a_path_may_tumble(tmp_path: FilePath) -> None:
    """Turned and shifted frames give the energies and the gradients of those at rest."""
    generator = np.random.default_rng(7)
    at_rest, tumbling = [], []
    for r in (1.4, 1.5, 1.6, 1.7):
        molecule = bond("lih", (r,)).points[0].geometry
        assert molecule is not None
        at_rest.append(molecule.molecule)
        turn, _ = np.linalg.qr(generator.normal(size=(3, 3)))
        turn *= np.sign(np.linalg.det(turn))
        moved = molecule.molecule.coordinates @ turn + generator.normal(size=3)
        tumbling.append(molecule.molecule.replace(coordinates=moved))
    curves = []
    for name, frames in (("rest", at_rest), ("tumble", tumbling)):
        file = tmp_path / f"{name}.xyz"
        file.write_text("".join(molecule.to_xyz() for molecule in frames))
        curves.append(scanned(along_frames(GeometryFile.read(file)), tmp_path / f"{name}.db")[0])
    assert curves[0].values == pytest.approx(curves[1].values, abs=1e-6)
    assert curves[0].energies["vqe"] == pytest.approx(curves[1].energies["vqe"], abs=2e-8)


@pytest.mark.slow
def test_one_state_of_oxygen(tmp_path: FilePath) -> None:
    """A determinant of another irrep becomes lower when O2 is stretched; it is not taken."""
    curve, _ = scanned(bond("o2", (1.2, 1.4, 1.6)), tmp_path / "o2.db")
    assert np.diff(known(curve.energies["fci"])).tolist() == pytest.approx([0.0, 0.05], abs=0.04)
    with Store.open_for_reading(tmp_path / "o2.db") as store:
        records = [store.record(row.task_id or "") for row in store.rows()]
    assert len({record.active_space.wavefunction_irrep for record in records}) == 1
    assert any("is followed" in note for note in records[-1].mean_field.notes)


@pytest.mark.slow
def test_the_lower_of_two_determinants(tmp_path: FilePath) -> None:
    """RHF of C2 changes its configuration near 1.65 Å; the VQE follows the lower of both."""
    settings = Settings(references=())
    curve, _ = scanned(bond("c2", (1.4, 1.5, 1.6, 1.7, 1.8)), tmp_path / "c2.db", settings)
    alone, _ = scanned(
        bond("c2", (1.4, 1.5, 1.6, 1.7, 1.8)), tmp_path / "c.db", settings, cold=True
    )
    gained = known(alone.energies["vqe"]) - known(curve.energies["vqe"])
    assert gained.min() > -1e-3  # another order of excitations may be lower by little
    assert gained.max() > 0.01
    assert np.diff(known(curve.energies["vqe"]), 2).tolist() == pytest.approx([0.0] * 3, abs=0.02)
    with Store.open_for_reading(tmp_path / "c2.db") as store:
        notes = [store.record(row.task_id or "").notes for row in store.rows()]
    assert any("on the neighbour's determinant and on" in note for note in notes[2])


@pytest.mark.parametrize("space", ["2,2", "natural:0.01", "frozen-core", 'avas:"Li 2s,H 1s"'])
def test_spaces_keep_their_size(space: str, tmp_path: FilePath) -> None:
    settings = Settings(basis="6-31g", active_space=space, references=("fci",))
    curve, summary = scanned(bond("lih", (1.4, 1.6, 1.8, 2.2, 2.6)), tmp_path / "lih.db", settings)
    assert summary.failed == 0
    with Store.open_for_reading(tmp_path / "lih.db") as store:
        spaces = {(row.fields["norb"], row.fields["nelec"]) for row in store.rows()}
    assert len(spaces) == 1
    energies = known(curve.energies["vqe"])
    assert np.all(np.diff(energies, 2) / 0.04 > -0.5)
    errors = curve.errors_of("vqe")
    assert errors is not None
    assert np.abs(known(errors)).max() < 2e-3


def test_other_ansaetze_are_carried(tmp_path: FilePath) -> None:
    for ansatz in ("qeb-uccsd", "upccgsd"):
        settings = Settings(ansatz=ansatz, starts=2, references=())
        file = tmp_path / f"{ansatz}.db"
        curve, summary = scanned(bond("lih", (1.5, 1.6, 1.7, 1.8)), file, settings)
        assert summary.failed == 0
        assert curve.starts.count("neighbours") == 3
        assert max(curve.gradients[2:]) < curve.gradients[1]  # type: ignore[operator]


def test_a_point_that_fails_is_a_gap(tmp_path: FilePath) -> None:
    settings = Settings(active_space="4,30", references=("fci",))
    path = bond("h2", (0.7, 0.8))
    _, summary = scanned(path, tmp_path / "h2.db", settings)
    assert (summary.done, summary.failed) == (0, 2)
    with Store.open_for_reading(tmp_path / "h2.db") as store:
        assert all("asks for 4 electrons" in row.error for row in store.rows())


@pytest.mark.parametrize("kind", [AttributeError, MemoryError, np.linalg.LinAlgError])
def test_an_unforeseen_failure_is_a_failed_point(
    kind: type[Exception], tmp_path: FilePath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scan goes on, the point is in the store with its sentence, and can be tried again."""
    real = Follower.trial

    def broken(self: Follower, *arguments: Any) -> Trial:
        if self.position == 0.9:
            raise kind("gone\nwrong")
        return real(self, *arguments)

    path, file = bond("h2", (0.7, 0.8, 0.9, 1.0, 1.1)), tmp_path / "h2.db"
    with monkeypatch.context() as patch:
        patch.setattr(Follower, "trial", broken)
        curve, summary = scanned(path, file)
    assert (summary.done, summary.failed) == (4, 1)
    assert curve.energies["vqe"][2] is None
    assert known(curve.energies["vqe"][3:]) == pytest.approx([-1.1011503, -1.0791929], abs=1e-6)
    says = "ran out of memory" if kind is MemoryError else f"unforeseen {kind.__name__}: gone wrong"
    assert says in curve.errors[2]
    plan = plan_scan(path, complete(Settings(references=("fci",))))
    with Store.open_for_writing(file) as store:
        again = run_scan(path, plan, store, retry_failed=True)
    assert (again.failed, again.reused) == (0, 4)


def test_points_are_their_own_tasks() -> None:
    """Those on their own are none of a screening, whose threads are as many as its settings say;
    those that go on from neighbours depend on these."""
    path = bond("h2", (0.7, 0.8, 0.9))
    settings = complete(Settings(references=("fci",)))
    plan = plan_scan(path, settings)
    alone, warm = (make_tasks(path, plan, cold=cold) for cold in (True, False))
    geometries = [point.geometry for point in path.points]
    plain = {Task.of(g, plan.settings).id for g in geometries if g is not None}
    ids = [{task.id for task in tasks.values()} for tasks in (alone, warm)]
    assert len(plain | ids[0] | ids[1]) == 9
    near, far = ((0.7, 0.8, 0.9), (0.7, 0.85, 0.9))
    last = []
    for grid in (near, far):
        path = bond("h2", grid)
        plan = plan_scan(path, settings)
        assert plan.order == (0, 1, 2)
        last.append([make_tasks(path, plan, cold=cold)[2].id for cold in (True, False)])
    assert last[0][0] == last[1][0]
    assert last[0][1] != last[1][1]  # the same geometry after another


def test_frames_that_are_refused(tmp_path: FilePath) -> None:
    h2, heh = "2\n\nH 0 0 0\nH 0 0 0.74\n", "2\ncharge=1\nHe 0 0 0\nH 0 0 0.74\n"
    for text, says in (
        (h2, "has one frame"),
        (h2 + heh, "another molecule"),
        (h2 + h2, "are the same geometry"),
    ):
        file = tmp_path / "path.xyz"
        file.write_text(text)
        with pytest.raises(InputError, match=says):
            along_frames(GeometryFile.read(file))


def test_a_molecule_from_no_file() -> None:
    path = along_coordinate(
        geometry_of(Molecule.from_xyz("2\n\nH 0 0 0\nH 0 0 0.74\n")),
        Coordinate("bond", (0, 1)),
        (0.9, 0.7),
    )
    assert (path.values, path.first) == ((0.7, 0.9), 0)
