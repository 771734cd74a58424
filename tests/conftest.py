"""What tests of several folders share."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

import qchem_app
from qchem_app.result import (
    ActiveSpaceRecord,
    EngineRecord,
    InputRecord,
    MeanFieldRecord,
    MethodResult,
    Provenance,
    Settings,
    SolveResult,
    TracePoint,
    VQERecord,
)

# A busy machine is slow now and then; how long an example takes is not what tests are about.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")

RunQchem = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def repository() -> Path:
    """Top folder of the project, where README.md, docs/ and molecules/ are."""
    return Path(__file__).parent.parent


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """Environment for a process that is to import the package under test, from any folder."""
    source = str(Path(qchem_app.__file__).parent.parent)
    kept = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
    return {**kept, "PYTHONPATH": source}


@pytest.fixture
def run_qchem(environment: dict[str, str], tmp_path: Path) -> RunQchem:
    """Run `qchem ARGUMENTS...` as a process of its own, in an empty folder unless told."""

    def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "qchem_app", *arguments],
            **{  # type: ignore[call-overload]
                "capture_output": True,
                "text": True,
                "cwd": tmp_path,
                "env": environment,
                "stdin": subprocess.DEVNULL,
                "timeout": 300,
                "check": False,
                **options,
            },
        )

    return run


@pytest.fixture
def water() -> SolveResult:
    """A record with every kind of line a table can have; the numbers are made up."""
    return SolveResult(
        input=InputRecord(
            source="molecules/h2o.xyz",
            sha256="0123456789abcdef" * 4,
            name="h2o",
            symbols=("O", "H", "H"),
            coordinates_bohr=((0.0, 0.0, 0.2), (0.0, 1.4, -0.9), (0.0, -1.4, -0.9)),
            charge=0,
            multiplicity=1,
            n_electrons=10,
        ),
        settings=Settings(references=("mp2", "ccsd", "ccsd(t)", "fci", "b3lyp")),
        mean_field=MeanFieldRecord(
            kind="RHF",
            energy=-74.96292814,
            converged=True,
            stable=True,
            point_group="C2v",
            subgroup="C2v",
            seconds=0.12,
        ),
        active_space=ActiveSpaceRecord(
            requested="auto",
            kind="full",
            norb=7,
            nelec=(5, 5),
            n_core=0,
            n_virtual=0,
            reason="the whole space is planned to take 1 s, within the limit of 60 s",
            wavefunction_irrep="A1",
        ),
        methods=(
            MethodResult(
                name="hf", energy=-74.96292814, error_mha=49.512, converged=True, seconds=0.12
            ),
            MethodResult(
                name="mp2", energy=-74.99844, error_mha=14.0, converged=True, seconds=0.001
            ),
            MethodResult(
                name="ccsd",
                energy=-75.01231,
                error_mha=0.13,
                converged=False,
                seconds=0.1,
                notes=("stopped after 100 iterations with a residual of 1e-3",),
            ),
            MethodResult(
                name="ccsd(t)", energy=-75.01249, error_mha=-0.05, converged=True, seconds=0.1
            ),
            MethodResult(
                name="fci",
                energy=-75.01244,
                error_mha=0.0,
                converged=True,
                seconds=0.03,
                s_squared=0.0,
            ),
            MethodResult(
                name="b3lyp",
                energy=-75.3122,
                converged=True,
                seconds=2.1,
                notes=("a density functional's total energy is on another scale",),
            ),
            MethodResult(
                name="vqe",
                energy=-75.01232,
                error_mha=0.118,
                converged=True,
                seconds=0.31,
                s_squared=0.0,
            ),
        ),
        vqe=VQERecord(
            ansatz="uccsd",
            energy=-75.01232,
            converged=True,
            reason="the energy changed by less than 1e-08 Ha",
            iterations=12,
            evaluations=14,
            gradient_norm=1.2e-6,
            n_particles=10.0,
            s_squared=1e-9,
            s_z=0.0,
            natural_occupations=(2.0, 1.999, 1.98, 1.97, 0.03, 0.02, 0.001),
            dipole_debye=(0.0, 0.0, 1.72),
            parameters=(0.1, -0.2),
            trace=(TracePoint(iteration=0, energy=-75.0, gradient_norm=0.1, seconds=0.1),),
        ),
        engine=EngineRecord(
            determinants=133,
            determinants_without_symmetry=441,
            parameters=2,
            excitations=((0, 1, 2, 3), (1, 4)),
            ordering="doubles before singles",
            qubits=14,
            threads=2,
        ),
        verdict="UCCSD-VQE reaches chemical accuracy (1.594 mHa) with an error of 0.118 mHa.",
        provenance=Provenance(
            created="2026-11-20T14:00:00+00:00",
            versions={"python": "3.11.7", "qchem_app": "0.1.0", "pyscf": "2.14.0"},
            git_commit=None,
            machine={"platform": "Linux", "cores": 2},
            threads=2,
            seed=0,
        ),
    )
