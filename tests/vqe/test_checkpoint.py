from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from qchem_app.backends.base import Ledger
from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.errors import InputError
from qchem_app.result import MeanFieldRecord, MethodResult
from qchem_app.vqe.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from qchem_app.vqe.multistart import MultistartState
from qchem_app.vqe.optimizers import Progress
from qchem_app.vqe.rotosolve import RotosolveState
from qchem_app.vqe.solver import Step, VQEOutcome, VQEState
from qchem_app.vqe.spsa import SPSAState


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


STEPS = (Step(1, -1.0, 0.5, 0.01), Step(2, -1.25, 0.1, 0.3))
RANDOM = dict(np.random.default_rng(3).bit_generator.state)
SPSA_STATE = SPSAState(
    theta=np.array([0.1, -1e-300]), iteration=2, gain=0.1 + 0.2, curvature=1 / 3,
    tail=np.array([3.0, 1 / 7]), tail_count=1, slopes=1 / 3, accepted=(-1.1, 1e-3), evaluations=7,
    ledger=Ledger(circuits=3, shots=100, wall_seconds=0.1), trace=STEPS, random_state=RANDOM,
    estimator_state=None,
)  # fmt: skip
ROTOSOLVE_STATE = RotosolveState(
    theta=np.array([0.1, 0.7]), coordinate=1, sweep=2, first=-1.0, current=(-1.1, 0.0),
    squares=1 / 3, evaluations=7, ledger=Ledger(shots=1), trace=STEPS, estimator_state=RANDOM,
)  # fmt: skip
OUTCOME = VQEOutcome(
    np.array([0.1, 0.7]), -1.1, True, "because", 3, 4, 1e-9, STEPS, 0.01, Ledger(shots=5)
)
MULTISTART_STATE = MultistartState((OUTCOME, OUTCOME), example().state)


def flat(value: object) -> object:
    """Something that compares bit for bit."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, tuple):
        return tuple(flat(part) for part in value)
    if isinstance(value, SPSAState | RotosolveState | MultistartState | VQEState | VQEOutcome):
        return {name: flat(part) for name, part in vars(value).items()}
    return flat(tuple(vars(value).items())) if isinstance(value, Progress) else value


@pytest.mark.parametrize(
    "state",
    [
        SPSA_STATE,
        replace(SPSA_STATE, accepted=None, trace=(), estimator_state=RANDOM),
        ROTOSOLVE_STATE,
        replace(ROTOSOLVE_STATE, trace=(), estimator_state=None),
        MULTISTART_STATE,
        MultistartState((), MULTISTART_STATE.current),
        MultistartState((OUTCOME,)),
    ],
    ids=lambda state: type(state).__name__,
)
def test_every_optimisers_state_comes_back_bit_for_bit(tmp_path: Path, state: object) -> None:
    save_checkpoint(tmp_path / "x.npz", replace(example(), state=state))
    loaded = load_checkpoint(tmp_path / "x.npz").state
    assert type(loaded) is type(state)
    assert flat(loaded) == flat(state)


def test_a_generator_that_is_saved_goes_on_with_the_same_numbers(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    rng.normal(size=5)
    state = replace(SPSA_STATE, random_state=dict(rng.bit_generator.state))
    save_checkpoint(tmp_path / "x.npz", Checkpoint("f", state=state))
    loaded = load_checkpoint(tmp_path / "x.npz").state
    assert isinstance(loaded, SPSAState)
    again = np.random.default_rng()
    again.bit_generator.state = loaded.random_state
    np.testing.assert_array_equal(again.normal(size=9), rng.normal(size=9))


def test_parts_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    state = replace(SPSA_STATE, tail=np.zeros(3))
    save_checkpoint(tmp_path / "x.npz", Checkpoint("f", state=state))
    with pytest.raises(InputError, match="not a checkpoint of this version"):
        load_checkpoint(tmp_path / "x.npz")
    state = replace(ROTOSOLVE_STATE, theta=np.array([np.nan, 0.0]))
    save_checkpoint(tmp_path / "x.npz", Checkpoint("f", state=state))
    with pytest.raises(InputError, match="not a checkpoint of this version"):
        load_checkpoint(tmp_path / "x.npz")
