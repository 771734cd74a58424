from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.errors import InputError
from qchem_app.result import MeanFieldRecord, MethodResult
from qchem_app.vqe.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from qchem_app.vqe.optimizers import Progress
from qchem_app.vqe.solver import Step, VQEState


def example() -> Checkpoint:
    rng = np.random.default_rng(5)
    h1 = rng.normal(size=(2, 2))
    x = rng.normal(size=3)
    progress = Progress(
        x, -1.25, rng.normal(size=3), (x / 3, x / 7), (x / 11, x / 13), 2, 5, 1e-3, "running", 0.1
    )
    return Checkpoint(
        fingerprint="abc",
        mean_field=MeanFieldRecord(
            kind="RHF", energy=-1.1, converged=True, stable=None, point_group="Dooh",
            subgroup="D2h", seconds=0.1, notes=("a", "b"),
        ),
        hamiltonian=MolecularHamiltonian(
            h1 + h1.T, np.ones((2,) * 4), 0.1 + 0.2, (1, 1), np.array([0, 5]), "D2h"
        ),
        methods=(MethodResult(name="hf", energy=-1.1, converged=True, seconds=0.0),),
        state=VQEState(progress, (Step(0, -1.0, 0.5, 0.01), Step(2, -1.25, 0.1, 0.3))),
    )  # fmt: skip


def test_what_is_saved_comes_back_bit_for_bit(tmp_path: Path) -> None:
    saved = example()
    save_checkpoint(tmp_path / "x.npz", saved)
    loaded = load_checkpoint(tmp_path / "x.npz")
    assert (loaded.fingerprint, loaded.mean_field, loaded.methods) == (
        saved.fingerprint,
        saved.mean_field,
        saved.methods,
    )
    assert loaded.active_space is None
    for name, value in vars(saved.hamiltonian).items():
        np.testing.assert_array_equal(getattr(loaded.hamiltonian, name), value)
    assert loaded.state is not None
    assert saved.state is not None
    assert loaded.state.trace == saved.state.trace
    for name, value in vars(saved.state.progress).items():
        np.testing.assert_array_equal(getattr(loaded.state.progress, name), value)


def test_nothing_finished_is_a_checkpoint_too(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "x.npz", Checkpoint("f"))
    assert vars(load_checkpoint(tmp_path / "x.npz")) == vars(Checkpoint("f"))


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return open, ("exploded", "w")


def test_pickled_objects_are_never_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    header = np.empty(1, dtype=object)
    header[0] = Bomb()
    np.savez("inside.npz", header=header, allow_pickle=True)
    (tmp_path / "bare.npz").write_bytes(pickle.dumps(Bomb()))
    for name in ("inside.npz", "bare.npz"):
        with pytest.raises(InputError, match=rf"^{name}: not a checkpoint of this version"):
            load_checkpoint(Path(name))
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("keep", [0, 10, 200, 1000])
def test_a_truncated_file_is_refused_with_a_sentence(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "x.npz"
    save_checkpoint(path, example())
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match="not a checkpoint of this version of qchem; delete it"):
        load_checkpoint(path)


def test_a_missing_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read the checkpoint \(No such file or directory"):
        load_checkpoint(tmp_path / "none.npz")
