"""No files of PySCF in the user's folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pyscf import lib
from pyscf.scf import hf

from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import build_hamiltonian
from qchem_app.chemistry.mean_field import run_mean_field
from qchem_app.chemistry.scratch import no_checkpoint_file, scratch_folder
from qchem_app.molecule import Molecule


def _settings() -> tuple[str, bool]:
    return lib.param.TMPDIR, hf.MUTE_CHKFILE


def _fail_inside(seen: list[tuple[str, bool]]) -> None:
    with scratch_folder(), no_checkpoint_file():
        seen.append(_settings())
        raise RuntimeError


def test_settings_come_back_after_an_error() -> None:
    before, seen = _settings(), []
    with pytest.raises(RuntimeError):
        _fail_inside(seen)
    assert _settings() == before
    folder, muted = seen[0]
    assert muted
    assert folder != before[0]
    assert not Path(folder).exists()


def test_nothing_is_written_to_the_current_folder(
    molecule: Callable[[str], Molecule], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tmp_path.chmod(0o500)
    result = run_mean_field(molecule("h2o"))
    assert list(tmp_path.iterdir()) == []
    result.mf._eri = None  # as after a direct SCF: the transformation goes through files
    ham = build_hamiltonian(result, select_active_space(result, "full"))
    assert ham.norb == 7
    assert list(tmp_path.iterdir()) == []
