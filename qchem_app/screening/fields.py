"""The scalars of a result: what a screening lists, sorts, filters and ranks by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import comb

from qchem_app.elements import ATOMIC_NUMBERS
from qchem_app.report.formula import hill_formula
from qchem_app.result import EngineRecord, MethodResult, SolveResult
from qchem_app.screening.judgement import judge
from qchem_app.screening.outcome import Scalar
from qchem_app.screening.thresholds import DEFAULT, Thresholds
from qchem_app.units import EV_PER_HARTREE, MILLIHARTREE_PER_HARTREE

#: Unit and meaning of every field, in the order in which lists show them. Density functionals
#: other than B3LYP appear as e_NAME beside e_b3lyp. Units: "" where there is none.
FIELDS: dict[str, tuple[str, str]] = {
    "name": ("", "name of the candidate"),
    "source": ("", "where the candidate stands: file, frame or line"),
    "status": ("", "done, failed, waiting or broken"),
    "error": ("", "one sentence where the candidate failed"),
    "seconds": ("s", "wall time of the task"),
    "formula": ("", "molecular formula, Hill order"),
    "natoms": ("", "number of atoms"),
    "charge": ("e", "charge"),
    "multiplicity": ("", "2S + 1"),
    "basis": ("", "basis set"),
    "point_group": ("", "point group of the geometry"),
    "space": ("", 'active space, such as "full (10e,7o)"'),
    "space_kind": ("", "full, frozen-core, cas, avas or natural"),
    "space_cut": ("", "whether valence or empty orbitals are left out, by choice or because all "
                  "did not fit: then everything below holds for a part of the orbitals"),
    "norb": ("", "active orbitals"),
    "nelec": ("", "active electrons"),
    "n_core": ("", "doubly occupied orbitals left out"),
    "n_virtual": ("", "empty orbitals left out"),
    "qubits": ("", "qubits of the active space: as mapped, or two an orbital without a mapping"),
    "qubits_whole": ("", "two for each orbital of the basis, without the chemical core"),
    "determinants_whole": ("", "determinants of that space, about, in a sector of the same share"),
    "cnots": ("", "CNOTs of the circuit, where a mapping was asked for"),
    "cnots_about": ("", "13 CNOTs a double and 2 a single excitation, as qubit excitations take"),
    "determinants": ("", "determinants in the symmetry sector"),
    "parameters": ("", "parameters of the VQE"),
    "converged": ("", "whether SCF, VQE and FCI (where it ran) converged"),
    "unconverged": ("", "methods that ran and did not converge, separated by commas"),
    "cut_short": ("", "methods that a limit of time or memory refused, stopped, or kept from "
                  "looking at every irrep, separated by commas"),
    "e_hf": ("Ha", "Hartree-Fock total energy"),
    "e_mp2": ("Ha", "MP2 total energy"),
    "e_ccsd": ("Ha", "CCSD total energy"),
    "e_ccsd_t": ("Ha", "CCSD(T) total energy"),
    "e_b3lyp": ("Ha", "B3LYP total energy, on a scale of its own: only differences compare"),
    "e_fci": ("Ha", "FCI total energy in the active space, in the irrep of the reference"),
    "e_vqe": ("Ha", "VQE total energy, also where the search stopped early"),
    "e_ideal": ("Ha", "noiseless energy at the parameters that were measured"),
    "e_raw": ("Ha", "measured energy"),
    "e_mitigated": ("Ha", "measured energy after error mitigation"),
    "se_vqe_mha": ("mHa", "standard error of e_vqe, where it was measured"),
    "se_raw_mha": ("mHa", "standard error of e_raw, statistical only"),
    "se_mitigated_mha": ("mHa", "standard error of e_mitigated, statistical only"),
    "best": ("", "the method that the others are judged by: fci; else ccsd_t or ccsd where the "
             "diagnostics trust it and no upper bound lies below it; else the lower of the upper "
             "bounds hf and vqe"),
    "e_best": ("Ha", "its total energy"),
    "error_hf_mha": ("mHa", "Hartree-Fock minus best"),
    "error_mp2_mha": ("mHa", "MP2 minus best"),
    "error_ccsd_mha": ("mHa", "CCSD minus best"),
    "error_ccsd_t_mha": ("mHa", "CCSD(T) minus best"),
    "error_mha": ("mHa", "VQE minus best; empty where the VQE is the best there is"),
    "error_raw_mha": ("mHa", "measured energy minus best"),
    "error_mitigated_mha": ("mHa", "mitigated energy minus best"),
    "correlation_mha": ("mHa", "how far the best energy lies below Hartree-Fock, positive"),
    "missed_mha": ("mHa", "size of the error against best that the highest single-reference method "
                   "leaves that converged (CCSD(T), else CCSD, MP2, Hartree-Fock); empty "
                   "where it is the best"),
    "lower_state_mha": ("mHa", "how far below this state FCI found one of another irrep"),
    "t1": ("", "T1 diagnostic of CCSD"),
    "d1": ("", "D1 diagnostic of CCSD"),
    "largest_t2": ("", "largest double excitation amplitude of CCSD"),
    "reference_weight": ("", "weight of the Hartree-Fock determinant in the VQE's state"),
    "unpaired_electrons": ("", "effectively unpaired electrons in the VQE's state"),
    "m_diagnostic": ("", "M diagnostic of the VQE's natural orbitals"),
    "s_squared": ("", "<S^2> of the VQE's state"),
    "vqe_sound": ("", "whether e_vqe is an upper bound: not measured, right electrons and spin"),
    "dipole_debye": ("D", "size of the dipole moment of the VQE's state"),
    "homo_lumo_gap_ev": ("eV", "Hartree-Fock orbital gap of closed shells in whole spaces"),
    "triage": ("", "classical is enough, classical methods disagree, quantum-relevant but too "
               "large today, or not judged"),
    "triage_reason": ("", "why, in a sentence"),
    "suspected": ("", "whether diagnostics alone, and no energy, speak for that class"),
}  # fmt: skip

#: Names of the methods in a record that are not density functionals.
_METHODS = ("hf", "mp2", "ccsd", "ccsd(t)", "fci", "vqe", "ideal", "raw", "mitigated")
#: <N> and <S_z> further than this, <S^2> further than ten times this from what they should be make
#: another state of it, whose energy bounds nothing.
_WRONG_STATE = 5e-3
# Last element of each period, and orbitals of the core below its valence shell.
_CORES = ((2, 0), (10, 1), (18, 5), (36, 9), (54, 18), (86, 27))
_CNOTS_DOUBLE, _CNOTS_SINGLE = 13, 2  # Yordanov et al., DOI 10.1103/PhysRevA.102.062612


def fields_of(result: SolveResult, thresholds: Thresholds = DEFAULT) -> dict[str, Scalar]:
    """The scalars of a record by the names of FIELDS; None where a record lacks something.

    The first five names of FIELDS are not among them: they belong to the task, not to its result.
    """
    fields: dict[str, Scalar] = dict.fromkeys(list(FIELDS)[5:])
    fields |= _setting(result)
    fields |= dict(_energies(result.methods))
    if "fci" in str(fields["unconverged"]).split(","):  # without an energy the record forgets it
        fields["converged"] = False
    fields |= _state(result)
    return judge(fields, thresholds)


def method_id(name: str) -> str:
    """Name of a method as it stands in field names: "ccsd(t)" is "ccsd_t"."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _setting(result: SolveResult) -> dict[str, Scalar]:
    """Molecule, space, sizes."""
    molecule, space, circuit = result.input, result.active_space, result.circuit
    engine = result.engine
    core = min(space.n_core, sum(_core_orbitals(symbol) for symbol in molecule.symbols))
    n_whole = space.norb + space.n_virtual + space.n_core - core
    filled = [n + space.n_core - core for n in space.nelec]
    share = engine.determinants / engine.determinants_without_symmetry if engine else 1.0
    return {
        "formula": hill_formula(molecule.symbols),
        "natoms": len(molecule.symbols),
        "charge": molecule.charge,
        "multiplicity": molecule.multiplicity,
        "basis": result.settings.basis,
        "point_group": result.mean_field.point_group,
        "space": f"{space.kind} ({sum(space.nelec)}e,{space.norb}o)",
        "space_kind": space.kind,
        "space_cut": space.kind not in ("full", "frozen-core") and space.norb < n_whole,
        "norb": space.norb,
        "nelec": sum(space.nelec),
        "n_core": space.n_core,
        "n_virtual": space.n_virtual,
        "qubits": circuit.qubits if circuit else engine.qubits if engine else 2 * space.norb,
        "qubits_whole": 2 * n_whole,
        "determinants_whole": comb(n_whole, filled[0]) * comb(n_whole, filled[1]) * share,
        "cnots": circuit.cnots if circuit else None,
        "cnots_about": _cnots_about(engine),
        "determinants": engine.determinants if engine else None,
        "parameters": engine.parameters if engine else circuit.parameters if circuit else None,
        "converged": result.converged,
        "homo_lumo_gap_ev": _orbital_gap(result),
    }


def _energies(methods: tuple[MethodResult, ...]) -> Iterator[tuple[str, Scalar]]:
    """Energies of what converged, and what did not."""
    unconverged, cut_short = [], []
    for method in methods:
        name = method_id(method.name)
        ran = method.energy is not None or method.seconds > 0
        if ran and not method.converged:
            unconverged.append(name)
        if method.cut_short:
            cut_short.append(name)
        if method.energy is not None and (method.converged or method.name == "vqe"):
            yield f"e_{name}", method.energy
        if method.standard_error is not None:
            yield f"se_{name}_mha", method.standard_error * MILLIHARTREE_PER_HARTREE
        if method.name == "fci" and method.converged and method.energy is not None:
            lowest = method.ground_state_energy
            gap = 0.0 if lowest is None else method.energy - lowest
            yield "lower_state_mha", max(0.0, gap * MILLIHARTREE_PER_HARTREE)
    yield "unconverged", ",".join(unconverged)
    yield "cut_short", ",".join(cut_short)


def _state(result: SolveResult) -> dict[str, Scalar]:
    """What the VQE's state and the diagnostics say."""
    found: dict[str, Scalar] = {}
    if (record := result.diagnostics) is not None:
        found |= {
            "t1": record.t1,
            "d1": record.d1,
            "largest_t2": record.largest_t2,
            "reference_weight": record.reference_weight,
            "unpaired_electrons": record.unpaired_electrons,
            "m_diagnostic": record.m,
        }
    if (vqe := result.vqe) is not None:
        n_alpha, n_beta = result.active_space.nelec
        spin = (n_alpha - n_beta) / 2
        found["s_squared"] = vqe.s_squared
        found["vqe_sound"] = (
            not vqe.standard_error
            and abs(vqe.n_particles - n_alpha - n_beta) < _WRONG_STATE
            and abs(vqe.s_z - spin) < _WRONG_STATE
            and abs(vqe.s_squared - spin * (spin + 1)) < 10 * _WRONG_STATE
        )
        if vqe.dipole_debye is not None:
            found["dipole_debye"] = sum(x * x for x in vqe.dipole_debye) ** 0.5
    return found


def _orbital_gap(result: SolveResult) -> float | None:
    """HOMO-LUMO gap, eV: of canonical orbitals, where there are both."""
    space = result.active_space
    n_alpha, n_beta = space.nelec
    if space.kind not in ("full", "frozen-core") or n_alpha != n_beta:
        return None
    occupied, empty = space.orbital_energies[:n_alpha], space.orbital_energies[n_alpha:]
    if not occupied or not empty:
        return None
    return (min(empty) - max(occupied)) * EV_PER_HARTREE


def _cnots_about(engine: EngineRecord | None) -> int | None:
    if engine is None:
        return None
    total = 0
    for excitation in engine.excitations:  # (parameter, pairs of alpha, pairs of beta)
        pairs = [part for part in excitation[1:] if isinstance(part, tuple | list)]
        if len(pairs) != len(excitation) - 1:
            return None
        total += _CNOTS_SINGLE if sum(map(len, pairs)) == 1 else _CNOTS_DOUBLE
    return total


def _core_orbitals(symbol: str) -> int:
    number = ATOMIC_NUMBERS.get(symbol, 0)
    return next((core for last, core in _CORES if number <= last), _CORES[-1][1])
