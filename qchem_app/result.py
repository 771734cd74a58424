"""SolveResult: the one versioned record of a run, and its parts.

Plain data (pydantic models), no science: what `--json` prints, `-o` writes, `qchem show` reads.
Energies in Hartree, times in seconds, coordinates in Bohr.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION: Literal["1.0"] = "1.0"


class Record(BaseModel):
    """Base of every part: immutable, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Settings(Record):
    """Every setting that affects the answer.

    In a record none is None: it says what was used where nothing was asked for.
    """

    basis: str = "sto-3g"
    active_space: str = "auto"
    references: tuple[str, ...] | None = None  # None: what is cheap
    ansatz: Literal["uccsd"] = "uccsd"
    guess: Literal["mp2", "ccsd"] = "mp2"
    symmetry: bool = True
    symmetry_tolerance: float = Field(default=1e-5, gt=0)  # Bohr
    energy_tolerance: float = Field(default=1e-8, gt=0)  # Hartree
    max_iterations: int = Field(default=200, ge=0)
    time_limit: float = Field(default=60.0, gt=0)  # seconds the VQE and FCI may be planned to take
    memory_limit: float | None = Field(default=None, gt=0)  # MB; None: what the machine has free
    threads: int | None = Field(default=None, ge=1)  # None: all cores
    seed: int = 0


class InputRecord(Record):
    """The molecule as it was computed, enough to run it again without the file."""

    source: str  # file name as given, "<stdin>" or "<library>"
    sha256: str  # of the file's bytes; of the canonical geometry where there was no file
    frame: int | None = None
    name: str
    symbols: tuple[str, ...]
    coordinates_bohr: tuple[tuple[float, float, float], ...]
    charge: int
    multiplicity: int
    n_electrons: int


class MeanFieldRecord(Record):
    kind: Literal["RHF", "ROHF"]
    energy: float
    converged: bool
    stable: bool | None  # internal stability; None where it could not be decided
    point_group: str  # full group as detected, e.g. "Dooh"
    subgroup: str  # Abelian group in use, e.g. "D2h"
    seconds: float
    notes: tuple[str, ...] = ()


class ActiveSpaceRecord(Record):
    requested: str
    kind: str  # full | frozen-core | cas | avas | natural
    norb: int
    nelec: tuple[int, int]
    n_core: int  # doubly occupied orbitals left out
    n_virtual: int  # empty orbitals left out
    reason: str
    specification: str = ""  # gives this very space again, without planning
    wavefunction_irrep: str
    orbital_irreps: tuple[str, ...] = ()
    orbital_energies: tuple[float, ...] = ()  # diagonal of the Fock matrix


class MethodResult(Record):
    """One line of the table."""

    name: str  # hf, mp2, ccsd, ccsd(t), fci, vqe, or the functional's name
    energy: float | None
    error_mha: float | None = None  # against the best exact reference; None: not comparable
    converged: bool
    seconds: float
    s_squared: float | None = None
    ground_state_energy: float | None = None  # fci: lowest of the irreps that were searched
    notes: tuple[str, ...] = ()


class TracePoint(Record):
    iteration: int
    energy: float
    gradient_norm: float
    seconds: float


class VQERecord(Record):
    ansatz: str
    energy: float
    converged: bool
    reason: str
    iterations: int
    evaluations: int  # energy-and-gradient evaluations
    gradient_norm: float
    n_particles: float
    s_squared: float
    s_z: float
    natural_occupations: tuple[float, ...]
    dipole_debye: tuple[float, float, float] | None  # about the centre of mass
    parameters: tuple[float, ...]
    trace: tuple[TracePoint, ...]


class EngineRecord(Record):
    determinants: int  # in the symmetry sector
    determinants_without_symmetry: int
    parameters: int
    excitations: tuple[tuple[Any, ...], ...]  # in the order of application: see ansatz/uccsd.py
    ordering: str
    qubits: int  # that a quantum computer would need, Jordan-Wigner
    threads: int


class Provenance(Record):
    created: str  # ISO 8601, UTC
    versions: dict[str, str]
    git_commit: str | None
    machine: dict[str, str | int]
    threads: int
    seed: int
    command: tuple[str, ...] | None = None


class SolveResult(Record):
    schema_version: Literal["1.0"] = SCHEMA_VERSION
    input: InputRecord
    settings: Settings
    mean_field: MeanFieldRecord
    active_space: ActiveSpaceRecord
    methods: tuple[MethodResult, ...] = Field(min_length=1)
    vqe: VQERecord | None
    engine: EngineRecord | None
    verdict: str
    notes: tuple[str, ...] = ()
    provenance: Provenance

    @property
    def converged(self) -> bool:
        """Whether all that the answer and its error stand on converged: SCF, VQE, and FCI if run.

        Other references that did not converge are flagged where they stand, no more.
        """
        needed = [m for m in self.methods if m.name == "vqe" or (m.name == "fci" and m.energy)]
        return self.mean_field.converged and all(method.converged for method in needed)
