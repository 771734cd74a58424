"""Trial: the ansatz that the settings name, and what gives its exact energy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from qchem_app.ansatz.hardware_efficient import (
    HardwareEfficientAnsatz,
    Rotations,
    hardware_efficient,
)
from qchem_app.ansatz.product import ProductAnsatz
from qchem_app.ansatz.qubit_excitations import qeb_uccsd
from qchem_app.ansatz.uccsd import uccsd
from qchem_app.ansatz.upccgsd import k_upccgsd
from qchem_app.backends.exact import ExactEstimator
from qchem_app.backends.lightning import LightningEstimator
from qchem_app.chemistry.hamiltonian import MolecularHamiltonian
from qchem_app.circuits.circuit import Circuit
from qchem_app.civector.excitations import Excitation
from qchem_app.device.problem import QubitProblem
from qchem_app.device.qubit_state import QubitState
from qchem_app.errors import InputError
from qchem_app.mapping.pauli import PauliSum
from qchem_app.mapping.penalty import with_electron_penalty
from qchem_app.molecule import Molecule
from qchem_app.references.amplitudes import SpinAmplitudes
from qchem_app.references.coupled_cluster import ccsd_amplitudes
from qchem_app.references.perturbation import mp2_amplitudes
from qchem_app.result import CircuitRecord, EngineRecord, Settings, StartsRecord, VQERecord
from qchem_app.vqe.description import (
    describe_engine,
    describe_state,
    dipole_moment,
    outcome_record,
)
from qchem_app.vqe.multistart import Starts
from qchem_app.vqe.solver import VQEOutcome

#: Layers where none were asked for: one repetition of k-UpCCGSD, four of hardware-efficient ones.
_LAYERS, _HARDWARE_LAYERS = 1, 4
_ROTATIONS: dict[str, Rotations] = {"hea-ry": "ry", "hea-ry-rz": "ry-rz"}
_WITHOUT_POINT_GROUP = ("upccgsd", "hea-exchange")


@dataclass(frozen=True, eq=False)
class Trial:
    """A family of states and its exact energies.

    Attributes:
        hamiltonian: the integrals.
        ansatz: what is varied.
        estimator: exact energies and gradients: on the CI vector of the sector, or on qubits for
            hardware-efficient circuits, where wrong electron numbers are penalised.
        problem, circuit: None where no qubits are asked for.
        operator: on the qubits, what is minimised: the Hamiltonian, with its penalty if any.
    """

    hamiltonian: MolecularHamiltonian
    ansatz: ProductAnsatz | HardwareEfficientAnsatz
    estimator: ExactEstimator | LightningEstimator
    problem: QubitProblem | None
    circuit: Circuit | None
    operator: PauliSum | None

    @classmethod
    def build(
        cls,
        hamiltonian: MolecularHamiltonian,
        settings: Settings,
        order: Sequence[Excitation] | None = None,
    ) -> Trial:
        """The trial that the settings name.

        Paired and exchange excitations do not respect the point group: pairs of electrons in
        symmetry-adapted orbitals cannot localise. They get the Hamiltonian without it, unless
        tapering is to keep the state in its irrep.

        Args:
            hamiltonian: the integrals.
            settings: which ansatz.
            order: of the fermionic excitations of UCCSD and QEB-UCCSD; None: by amplitudes.

        Raises:
            InputError: a mapping that cannot hold the ansatz.
        """
        if settings.ansatz == "hea-exchange" and settings.taper:
            raise InputError(
                "exchange gates do not keep the irrep that --taper fixes; leave out --taper, or "
                "choose another --ansatz"
            )
        if settings.ansatz in _WITHOUT_POINT_GROUP and not settings.taper:
            hamiltonian = hamiltonian.without_symmetry()
        problem = None
        if settings.mapping is not None:
            problem = QubitProblem.build(hamiltonian, settings.mapping, taper=settings.taper)
        if settings.ansatz in _ROTATIONS:
            if problem is None:
                problem = QubitProblem.build(hamiltonian, "jordan-wigner", taper=settings.taper)
            return cls._rotations(problem, settings)
        ansatz = product_ansatz(hamiltonian, settings, order)
        estimator = ExactEstimator(hamiltonian, ansatz, settings.threads)
        circuit = problem.circuit(ansatz, compact=settings.compact) if problem else None
        operator = problem.operator if problem else None
        return cls(hamiltonian, ansatz, estimator, problem, circuit, operator)

    @classmethod
    def _rotations(cls, problem: QubitProblem, settings: Settings) -> Trial:
        """Layers of rotations and CNOTs, which do not conserve electrons."""
        encoding = problem.encoding
        if encoding.n_qubits == 0:
            raise InputError(
                f"tapering leaves no qubits that {settings.ansatz} could rotate: symmetry allows a "
                "single state in this space; leave out --taper, or choose a larger --active-space"
            )
        ansatz = hardware_efficient(
            encoding.n_qubits,
            encoding.reference,
            layers=settings.layers or _HARDWARE_LAYERS,
            rotations=_ROTATIONS[settings.ansatz],
            entangler=settings.entangler,
            seed=settings.seed,
        )
        circuit = problem.circuit(ansatz, compact=settings.compact)
        operator = with_electron_penalty(problem.operator, encoding)
        estimator = LightningEstimator(circuit, operator)
        return cls(problem.hamiltonian, ansatz, estimator, problem, circuit, operator)

    def amplitudes(self, theta: np.ndarray) -> np.ndarray:
        """(2**n_qubits,) exact state on the qubits of the problem."""
        if isinstance(self.estimator, LightningEstimator):
            return self.estimator.state(theta)
        if self.problem is None:
            raise InputError("no mapping was asked for: there are no qubits")
        estimator = self.estimator
        return self.problem.encoding.state(estimator.sector, estimator.state(theta))

    def energy(self, theta: np.ndarray) -> float:
        """Exact energy at (n_parameters,) theta, Hartree, without penalties."""
        if isinstance(self.estimator, LightningEstimator) and self.problem is not None:
            return self.problem.operator.expectation(self.estimator.state(theta))
        return self.estimator.estimate(theta).value

    def reference_weight(self, theta: np.ndarray) -> float:
        """Weight of the Hartree-Fock determinant in the exact state at (n_parameters,) theta."""
        if isinstance(self.estimator, ExactEstimator):
            sector = self.estimator.sector
            return float(self.estimator.state(theta)[sector.reference_index] ** 2)
        assert self.problem is not None
        return float(abs(self.amplitudes(theta)[self.problem.encoding.reference]) ** 2)

    def without_penalty(self, outcome: VQEOutcome) -> VQEOutcome:
        """The outcome of a search, with the energy itself."""
        if isinstance(self.estimator, ExactEstimator):
            return outcome
        return replace(outcome, energy=self.energy(outcome.theta))

    def describe(
        self, outcome: VQEOutcome, molecule: Molecule, starts: Starts | None = None
    ) -> VQERecord:
        """Expectation values of the state that a VQE ended in."""
        record = self._describe(outcome, molecule)
        if starts is None:
            return record
        return record.model_copy(
            update={
                "evaluations": starts.evaluations,
                "starts": StartsRecord(
                    energies=starts.energies,
                    seeds=starts.seeds,
                    best=starts.best,
                    spread=starts.spread,
                ),
            }
        )

    def _describe(self, outcome: VQEOutcome, molecule: Molecule) -> VQERecord:
        if isinstance(self.estimator, ExactEstimator):
            return describe_state(self.estimator, outcome, molecule)
        assert self.problem is not None
        state = QubitState(self.problem.encoding, self.amplitudes(outcome.theta))
        n_alpha, n_beta = state.electrons()
        density = state.rdm1(self.hamiltonian.orbsym)
        return outcome_record(
            outcome,
            ansatz=self.ansatz.name,
            electrons=(n_alpha, n_beta),
            s_squared=state.spin_squared(),
            density=density,
            dipole=dipole_moment(self.hamiltonian, density, molecule),
        )

    @property
    def summary(self) -> str:
        """Sizes, for the progress."""
        if isinstance(self.estimator, ExactEstimator):
            size = f"{self.estimator.sector.size:,} determinants"
        else:
            size = f"{self.estimator.circuit.n_qubits} qubits"
        return f"{size}, {self.ansatz.n_parameters:,} parameter(s)"

    def describe_circuit(self, theta: np.ndarray) -> CircuitRecord | None:
        """The circuit at (n_parameters,) theta; None where no qubits were asked for."""
        if self.problem is None or self.circuit is None:
            return None
        return self.problem.describe(self.circuit, theta)

    def describe_engine(self) -> EngineRecord | None:
        """Sector and excitations; None for what is no product of excitations."""
        if isinstance(self.estimator, ExactEstimator):
            return describe_engine(self.estimator)
        return None


def product_ansatz(
    hamiltonian: MolecularHamiltonian,
    settings: Settings,
    order: Sequence[Excitation] | None = None,
) -> ProductAnsatz:
    """An ansatz made of excitations, with the first guess that the settings ask for."""
    if settings.ansatz == "upccgsd":
        return k_upccgsd(hamiltonian, settings.layers or _LAYERS, settings.seed)
    if settings.ansatz == "hea-exchange":
        n_alpha, n_beta = hamiltonian.nelec
        reference = ((1 << n_alpha) - 1) | ((1 << n_beta) - 1) << hamiltonian.norb
        return hardware_efficient(
            2 * hamiltonian.norb,
            reference,
            layers=settings.layers or _HARDWARE_LAYERS,
            rotations="exchange",
            seed=settings.seed,
        ).product()
    order_by = mp2_amplitudes(hamiltonian)
    guess: SpinAmplitudes | None = None
    if settings.guess == "ccsd":
        guess = ccsd_amplitudes(hamiltonian)
    make = qeb_uccsd if settings.ansatz == "qeb-uccsd" else uccsd
    return make(hamiltonian, order_by, guess, order)
