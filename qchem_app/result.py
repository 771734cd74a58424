"""SolveResult: the one versioned record of a run, and its parts.

Plain data (pydantic models), no science: what `--json` prints, `-o` writes, `qchem show` reads.
Energies in Hartree, times in seconds, coordinates in Bohr.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION: Literal["1.2"] = "1.2"

#: Shots for one energy; beyond, sums of them leave 64-bit integers.
MOST_SHOTS = 10**15
#: Standard errors on each side of a 95 % interval.
TWO_SIDED_95 = 1.959964
#: What the VQE can vary.
AnsatzName = Literal["uccsd", "qeb-uccsd", "upccgsd", "hea-ry", "hea-ry-rz", "hea-exchange"]
#: How orbitals become qubits.
MappingName = Literal["jordan-wigner", "parity", "bravyi-kitaev", "symmetry-conserving"]


class Record(BaseModel):
    """Base of every part: immutable, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DeviceSettings(Record):
    """How the energy is measured on qubits, after or during the optimisation."""

    backend: Literal["exact", "simulator", "noisy"] = "exact"  # exact: shots on the CI vector
    noise: dict[str, Any] | None = None  # the whole model: see backends/noise_model.py
    engine: Literal["auto", "native", "pennylane", "aer"] = "auto"
    shots: int | None = Field(default=None, ge=1, le=MOST_SHOTS)  # for one energy; None: infinite
    target_error: float | None = Field(default=None, gt=0)  # Hartree, standard error; sets shots
    grouping: Literal["auto", "qubit-wise", "fully-commuting"] = "auto"
    allocation: Literal["uniform", "coefficient", "variance", "adaptive"] = "variance"
    mitigation: str = "none"  # "none", "auto", or techniques separated by commas
    optimize_on: Literal["exact", "backend"] = "exact"
    optimizer: Literal["spsa", "rotosolve"] = "spsa"
    optimizer_iterations: int = Field(default=200, ge=1)


class Settings(Record):
    """Every setting that affects the answer.

    In a record none is None but where nothing was asked for: it says what was used.
    """

    basis: str = "sto-3g"
    active_space: str = "auto"
    references: tuple[str, ...] | None = None  # None: what is cheap
    ansatz: AnsatzName = "uccsd"
    layers: int | None = Field(default=None, ge=1)  # of k-UpCCGSD, hardware-efficient ansätze
    entangler: Literal["linear", "circular", "brick"] = "linear"  # of hardware-efficient ones
    starts: int = Field(default=5, ge=1)  # seeded first guesses, where the ansatz needs several
    mapping: MappingName | None = None  # None: no qubit operator is asked for
    taper: bool = False  # remove qubits by all symmetries
    compact: bool = True  # leave out controls whose value the reference fixes
    device: DeviceSettings | None = None
    guess: Literal["mp2", "ccsd"] = "mp2"
    symmetry: bool = True
    symmetry_tolerance: float = Field(default=1e-5, gt=0)  # Bohr
    energy_tolerance: float = Field(default=1e-8, gt=0)  # Hartree
    max_iterations: int = Field(default=1000, ge=0)
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


class AmplitudeRecord(Record):
    """How large coupled-cluster amplitudes are, dimensionless: see references/diagnostics.py."""

    t1: float  # T1 diagnostic
    d1: float  # D1 diagnostic
    largest_t2: float  # largest double excitation amplitude, without sign


class MethodResult(Record):
    """One line of the table."""

    name: str  # hf, mp2, ccsd, ccsd(t), fci, vqe, ideal, raw, mitigated, or the functional's name
    energy: float | None
    standard_error: float | None = None  # of a measured energy, statistical only
    bias: float | None = None  # of a measured energy: predicted systematic error that remains
    error_mha: float | None = None  # against the best exact reference; None: not comparable
    converged: bool
    seconds: float
    s_squared: float | None = None
    ground_state_energy: float | None = None  # fci: lowest of the irreps that were searched
    amplitudes: AmplitudeRecord | None = None  # ccsd: where it converged
    cut_short: bool = False  # a limit of time or memory refused it, or stopped it early
    notes: tuple[str, ...] = ()


class TracePoint(Record):
    iteration: int
    energy: float
    gradient_norm: float
    seconds: float


class LedgerRecord(Record):
    """What was spent on measuring."""

    circuits: int
    shots: int
    two_qubit_gates: int  # over all shots
    seconds: float


class VQERecord(Record):
    ansatz: str
    energy: float
    converged: bool
    reason: str
    iterations: int
    evaluations: int  # energy-and-gradient evaluations
    gradient_norm: float | None  # None: lost in the scatter of measured energies
    n_particles: float
    s_squared: float
    s_z: float
    natural_occupations: tuple[float, ...]
    dipole_debye: tuple[float, float, float] | None  # about the centre of mass
    parameters: tuple[float, ...]
    trace: tuple[TracePoint, ...]
    standard_error: float | None = None  # of `energy`, where it was measured
    starts: StartsRecord | None = None
    ledger: LedgerRecord | None = None  # of an optimisation on measured energies


class StartsRecord(Record):
    """The minima that several seeded first guesses led to."""

    energies: tuple[float, ...]
    seeds: tuple[int, ...]
    best: int  # place of the one that was kept
    spread: float  # highest minus lowest


class EngineRecord(Record):
    determinants: int  # in the symmetry sector
    determinants_without_symmetry: int
    parameters: int
    excitations: tuple[tuple[Any, ...], ...]  # in the order of application: see ansatz/uccsd.py
    ordering: str
    qubits: int  # that a quantum computer would need, Jordan-Wigner
    threads: int


class CircuitRecord(Record):
    """The ansatz as a circuit of X, H, RX, RY, RZ and CNOT."""

    mapping: str
    tapered: bool
    qubits: int
    qubits_removed: int  # by symmetry
    pauli_terms: int  # of the Hamiltonian, identity included
    parameters: int
    cnots: int
    depth: int
    cnot_depth: int
    rotations: int
    verified: str  # what was checked of the mapping
    # name, qubits, angle in radians at the parameters found; empty for very long circuits
    gates: tuple[tuple[str, tuple[int, ...], float], ...] = ()


class EnergyRecord(Record):
    """A measured energy, Hartree."""

    energy: float
    standard_error: float  # statistical only
    low: float  # 95 % interval, statistical only
    high: float
    bias: float | None = None  # predicted systematic error that remains
    overhead: float | None = None  # variance times shots, in units of the raw energy's
    ledger: LedgerRecord


class CandidateRecord(Record):
    """What the gate predicted for one stack of mitigation techniques, Hartree."""

    mitigation: str
    bias: float
    standard_error: float
    rms: float  # root of the expected mean squared error
    overhead: float | None  # variance times shots, in units of the raw energy's


class MeasurementRecord(Record):
    """The energy as qubits would give it, beside what they should give."""

    backend: str  # name of the sampler
    noise: str | None
    grouping: str
    groups: int
    allocation: str
    shots: int | None
    ideal: float  # noiseless energy at the same parameters
    raw: EnergyRecord
    mitigation: str  # what was used
    mitigated: EnergyRecord | None
    candidates: tuple[CandidateRecord, ...] = ()
    reason: str = ""  # why this mitigation
    points: tuple[tuple[float, float, float], ...] = ()  # noise scale, energy, standard error
    curve: tuple[tuple[float, float], ...] = ()  # noise scale, energy: fitted to the points
    notes: tuple[str, ...] = ()


class DiagnosticsRecord(Record):
    """How far the state is from a single determinant: see references/diagnostics.py.

    The first three come from CCSD, where it ran and converged, the others from the state that the
    VQE ended in. Dimensionless.
    """

    t1: float | None = None
    d1: float | None = None
    largest_t2: float | None = None
    reference_weight: float | None = None  # squared coefficient of the Hartree-Fock determinant
    unpaired_electrons: float | None = None  # effectively; of a closed shell near zero
    m: float | None = None  # M diagnostic, of the frontier natural orbitals


class Provenance(Record):
    created: str  # ISO 8601, UTC
    versions: dict[str, str]
    git_commit: str | None
    machine: dict[str, str | int]
    threads: int
    seed: int
    command: tuple[str, ...] | None = None


class SolveResult(Record):
    # 1.0 lacks what measures on qubits, 1.1 the diagnostics
    schema_version: Literal["1.0", "1.1", "1.2"] = SCHEMA_VERSION
    input: InputRecord
    settings: Settings
    mean_field: MeanFieldRecord
    active_space: ActiveSpaceRecord
    methods: tuple[MethodResult, ...] = Field(min_length=1)
    vqe: VQERecord | None
    engine: EngineRecord | None
    circuit: CircuitRecord | None = None
    measurement: MeasurementRecord | None = None
    diagnostics: DiagnosticsRecord | None = None
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
