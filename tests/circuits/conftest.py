"""What the tests of circuits share: encodings, ansätze and molecules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qchem_app.ansatz.product import ProductAnsatz
from qchem_app.ansatz.qubit_excitations import qeb_uccsd
from qchem_app.ansatz.uccsd import uccsd
from qchem_app.ansatz.upccgsd import k_upccgsd
from qchem_app.chemistry.active_space import select_active_space
from qchem_app.chemistry.hamiltonian import MolecularHamiltonian, build_hamiltonian
from qchem_app.chemistry.mean_field import run_mean_field
from qchem_app.circuits.circuit import Circuit, Gate
from qchem_app.civector.excitations import Excitation
from qchem_app.civector.sector import Sector
from qchem_app.io.geometry import read_geometry
from qchem_app.mapping import gf2
from qchem_app.mapping.determinants import mode_masks
from qchem_app.references.perturbation import mp2_amplitudes


@dataclass(frozen=True)
class LinearMap:
    """Any invertible linear map of modes on qubits: more than the encodings that have a name."""

    norb: int
    nelec: tuple[int, int]
    matrix: tuple[int, ...]

    @classmethod
    def draw(cls, norb: int, nelec: tuple[int, int], rng: np.random.Generator) -> LinearMap:
        rows = list(gf2.identity(2 * norb))
        for _ in range(6 * norb):
            i, j = rng.permutation(2 * norb)[:2]
            rows[i] ^= rows[j]
        return cls(norb, nelec, tuple(rows))

    @property
    def n_qubits(self) -> int:
        return 2 * self.norb

    @property
    def reference(self) -> int:
        return self.flip((1 << self.nelec[0]) - 1 | ((1 << self.nelec[1]) - 1) << self.norb)

    def allows(self, modes: int) -> bool:
        return True

    def flip(self, modes: int) -> int:
        return gf2.times(self.matrix, modes)

    def parity(self, modes: int) -> tuple[int, int]:
        return gf2.times(gf2.transpose(gf2.inverse(self.matrix)), modes), 0

    def state(self, sector: Sector, civector: np.ndarray) -> np.ndarray:
        out = np.zeros(1 << self.n_qubits)
        out[gf2.times_each(self.matrix, mode_masks(sector)).astype(np.int64)] = civector
        return out


@pytest.fixture(scope="session")
def draw_map() -> Callable[..., LinearMap]:
    """Draw an encoding: draw(norb, nelec, rng)."""
    return LinearMap.draw


def _draw_excitation(norb: int, rng: np.random.Generator, rank: int = 2) -> Excitation:
    while True:
        total = int(rng.integers(1, rank + 1))
        n_alpha = int(rng.integers(total + 1))
        if 2 * max(n_alpha, total - n_alpha) <= norb:
            break
    pairs = []
    for n in (n_alpha, total - n_alpha):
        orbitals = rng.permutation(norb)[: 2 * n].tolist()
        pairs.append(tuple(zip(orbitals[:n], orbitals[n:], strict=True)))
    return Excitation(pairs[0], pairs[1], fermionic=bool(rng.integers(2)))


@pytest.fixture(scope="session")
def draw_excitation() -> Callable[..., Excitation]:
    """Draw an excitation of up to `rank` electrons, signed or not: draw(norb, rng, rank=2)."""
    return _draw_excitation


@pytest.fixture(scope="session")
def draw_ansatz() -> Callable[..., ProductAnsatz]:
    """Draw excitations, the first and last with the same parameter: draw(norb, size, rng)."""

    def draw(norb: int, size: int, rng: np.random.Generator) -> ProductAnsatz:
        n = max(1, size - 1)
        return ProductAnsatz(
            name="random",
            excitations=tuple(_draw_excitation(norb, rng) for _ in range(size)),
            parameter=np.arange(size) % n,
            initial=np.zeros(n),
            scale=np.ones(n),
            ordering="",
        )

    return draw


@pytest.fixture(scope="session")
def draw_circuit() -> Callable[..., Circuit]:
    """Draw gates, many of them quarter turns: draw(n_qubits, n_gates, rng, n_parameters=0)."""

    def draw(
        n_qubits: int, n_gates: int, rng: np.random.Generator, n_parameters: int = 0
    ) -> Circuit:
        gates: list[Gate] = []
        names = ["x", "h", "rx", "ry", "rz", *(["cx"] * 3 if n_qubits > 1 else [])]
        for _ in range(n_gates):
            name: Any = str(rng.choice(names))
            first, *others = rng.permutation(n_qubits).tolist()
            if name == "cx":
                gates.append(Gate("cx", (first, others[0])))
            elif name in ("x", "h"):
                gates.append(Gate(name, (first,)))
            else:
                quarter = rng.integers(-4, 5) * np.pi / 2
                angle = float(rng.choice([quarter, quarter, rng.normal()]))
                if n_parameters and rng.random() < 0.4:
                    factor = float(rng.choice([1.0, -1.0, 0.5]))
                    gates.append(
                        Gate(name, (first,), angle, int(rng.integers(n_parameters)), factor)
                    )
                else:
                    gates.append(Gate(name, (first,), angle))
        return Circuit(n_qubits, tuple(gates), n_parameters)

    return draw


@pytest.fixture(scope="session")
def unitary() -> Callable[[Circuit], np.ndarray]:
    """(2**n, 2**n) matrix of a bound circuit, column by column."""

    def of(circuit: Circuit) -> np.ndarray:
        columns = []
        for state in range(1 << circuit.n_qubits):
            flips = tuple(Gate("x", (q,)) for q in range(circuit.n_qubits) if state >> q & 1)
            columns.append(circuit.with_gates(flips + circuit.gates).state())
        return np.array(columns).T

    return of


@pytest.fixture(scope="session")
def distance() -> Callable[[np.ndarray, np.ndarray], float]:
    """Largest difference of two vectors or matrices of equal norm, after the best phase."""

    def between(one: np.ndarray, two: np.ndarray) -> float:
        overlap = np.vdot(one, two)
        return float(np.abs(one * overlap / abs(overlap) - two).max()) if overlap else 1.0

    return between


@cache
def _hamiltonian(file: Path, space: str) -> MolecularHamiltonian:
    mean_field = run_mean_field(read_geometry(file).molecule, "sto-3g")
    return build_hamiltonian(mean_field, select_active_space(mean_field, space))


GetHamiltonian = Callable[..., MolecularHamiltonian]
GetAnsatz = Callable[[str, MolecularHamiltonian], ProductAnsatz]


@pytest.fixture(scope="session")
def molecule(repository: Path) -> GetHamiltonian:
    """The Hamiltonian of a file of molecules/ in STO-3G, by name and active space."""

    def get(name: str, space: str = "full") -> MolecularHamiltonian:
        return _hamiltonian(repository / "molecules" / f"{name}.xyz", space)

    return get


@pytest.fixture(scope="session")
def make_ansatz() -> GetAnsatz:
    """An ansatz of excitations, by name."""

    def make(name: str, hamiltonian: MolecularHamiltonian) -> ProductAnsatz:
        if name == "upccgsd":
            return k_upccgsd(hamiltonian)
        kind = {"uccsd": uccsd, "qeb-uccsd": qeb_uccsd}[name]
        return kind(hamiltonian, mp2_amplitudes(hamiltonian))

    return make
