"""The result of a run as plain text: what a chemist would paste in a paper's supplement.

ASCII rules and no colour, so that it survives a paste, a pipe and a screen reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from qchem_app.report import numbers
from qchem_app.report.formula import hill_formula
from qchem_app.report.layout import Row, fact, paragraph, ruled_table
from qchem_app.report.measurement import circuit_facts, measurement_facts
from qchem_app.result import MethodResult, SolveResult
from qchem_app.units import MILLIHARTREE_PER_HARTREE

#: Names of the methods that share the orbitals and the active space of the VQE.
WAVEFUNCTION_METHODS = {
    "hf": "HF",
    "mp2": "MP2",
    "ccsd": "CCSD",
    "ccsd(t)": "CCSD(T)",
    "fci": "FCI",
    "vqe": "VQE",
    "ideal": "Ideal circuit",
    "raw": "Raw",
    "mitigated": "Mitigated",
}
#: An error below this (mHa) prints as a negative number.
_BELOW_FCI = -0.0005
#: Energies that were measured: below FCI by chance, or by what mitigation does.
_MEASURED = ("raw", "mitigated")
#: Narrower than this the table has no column for intervals.
_ROOM_FOR_INTERVALS = 76
#: Spin contamination in <S^2> that is worth a word in a closed-shell table.
_SPIN_CONTAMINATION = 0.01


class Titled(Protocol):
    """A molecule as the title needs it: a Molecule or the input of a record."""

    @property
    def name(self) -> str: ...
    @property
    def symbols(self) -> tuple[str, ...]: ...
    @property
    def charge(self) -> int: ...
    @property
    def multiplicity(self) -> int: ...
    @property
    def n_electrons(self) -> int: ...


def render_title(molecule: Titled, width: int) -> str:
    """What is computed: name, formula, charge, multiplicity, electrons."""
    n_beta = (molecule.n_electrons - molecule.multiplicity + 1) // 2
    charge = f"{molecule.charge:+d}" if molecule.charge else "0"
    text = (
        f"{molecule.name}: {hill_formula(molecule.symbols)}, charge {charge}, "
        f"multiplicity {molecule.multiplicity}, {numbers.count(molecule.n_electrons, 'electron')} "
        f"({molecule.n_electrons - n_beta} alpha, {n_beta} beta)"
    )
    return "\n".join(paragraph(text, width))


def render(result: SolveResult, width: int) -> str:
    """Title, facts, table of energies and verdict, at most `width` columns wide."""
    return f"{render_title(result.input, width)}\n{render_body(result, width)}"


def render_body(result: SolveResult, width: int) -> str:
    """Everything of `render` but the title, which a run prints before it begins."""
    lines = [""]
    for label, text in setting_facts(result):
        lines += fact(label, text, width)
    uncertain = any(method.standard_error for method in result.methods)
    measured = uncertain and width >= _ROOM_FOR_INTERVALS  # else they stand in the notes
    header = ("Method", "E / Ha", *(("+- / mHa",) if measured else ()), "vs FCI / mHa", "Time / s")
    rows = [_row(method, result, measured=measured) for method in result.methods]
    lines += ["", *ruled_table((*header, "Notes"), rows, width)]
    if uncertain:
        lines += paragraph("+- is half of the 95 % interval, statistical only", width)
    lines += [""]
    facts = (
        *state_facts(result),
        *diagnostics_facts(result),
        *price_facts(result),
        *circuit_facts(result),
        *measurement_facts(result),
    )
    for label, text in facts:
        lines += fact(label, text, width)
    lines += ["", *fact("Verdict", result.verdict, width)]
    for note in result.notes:
        lines += fact("Note", note, width)
    lines += fact("Computed with", _versions(result), width)
    return "\n".join(lines)


def setting_facts(result: SolveResult) -> Iterator[tuple[str, str]]:
    """Labelled facts above the table: input, mean field, active space, sector."""
    molecule, mean_field, space = result.input, result.mean_field, result.active_space
    frame = "" if molecule.frame is None else f", frame {molecule.frame}"
    yield "Input", f"{molecule.source}{frame} (sha256 {molecule.sha256[:12]})"
    group = mean_field.point_group
    if mean_field.subgroup != group:
        group += f" (computed in {mean_field.subgroup})"
    if mean_field.stable is None:
        stability = "stability not decided"
    else:
        stability = "internally stable" if mean_field.stable else "NOT internally stable"
    converged = "" if mean_field.converged else ", NOT CONVERGED"
    yield (
        "Mean field",
        f"{mean_field.kind}/{result.settings.basis}, point group {group}, {stability}{converged}",
    )
    for note in mean_field.notes:
        yield "", note
    yield "Active space", _space(result)
    yield "", space.reason
    sector = f"{space.wavefunction_irrep} of {mean_field.subgroup}"
    if (engine := result.engine) is not None:
        sector += (
            f", {engine.determinants:,} of "
            f"{numbers.count(engine.determinants_without_symmetry, 'determinant')}"
        )
    yield "Sector", sector


def _space(result: SolveResult) -> str:
    """E.g. "frozen-core (auto), 4 electrons in 5 orbitals, 1 frozen"."""
    space = result.active_space
    parts = [
        f"{space.kind} (auto)" if space.requested == "auto" else space.requested,
        f"{numbers.count(sum(space.nelec), 'electron')} in {numbers.count(space.norb, 'orbital')}",
    ]
    if space.n_core:
        parts.append(f"{space.n_core} frozen")
    if space.n_virtual:
        parts.append(f"{space.n_virtual} empty left out")
    return ", ".join(parts)


def method_flags(method: MethodResult, result: SolveResult, *, measured: bool) -> tuple[str, ...]:
    """What a reader must not miss of a method, in words.

    Args:
        measured: whether intervals have a place of their own.
    """
    flags = []
    if method.standard_error and not measured:
        flags.append(f"+- {numbers.half_interval(method.standard_error)}")
    if method.energy is None:
        flags.append("no energy")
    elif not method.converged:
        flags.append("NOT CONVERGED")
    if method.name not in WAVEFUNCTION_METHODS:
        flags.append("not comparable")
    below = method.error_mha is not None and method.error_mha < _BELOW_FCI
    if below and method.name not in _MEASURED and not method.standard_error:
        flags.append("below FCI")
    if method.s_squared is not None:
        spin = (result.input.multiplicity - 1) / 2
        contaminated = abs(method.s_squared - spin * (spin + 1)) > _SPIN_CONTAMINATION
        if spin or contaminated:
            flags.append(f"<S^2> {numbers.expectation(method.s_squared)}")
    return tuple(flags)


def _row(method: MethodResult, result: SolveResult, *, measured: bool) -> Row:
    """A method's line."""
    cells = (
        method_label(method.name, result),
        numbers.energy(method.energy),
        *((numbers.half_interval(method.standard_error),) if measured else ()),
        numbers.error(method.error_mha),
        numbers.seconds(method.seconds),
    )
    return Row(cells, method_flags(method, result, measured=measured), method.notes)


def method_label(name: str, result: SolveResult) -> str:
    """Name of a method as a paper prints it."""
    if name == "hf":
        return result.mean_field.kind
    if name == "vqe" and result.vqe is not None:
        return f"{result.vqe.ansatz.upper()}-VQE"
    return WAVEFUNCTION_METHODS.get(name, name.upper())


def state_facts(result: SolveResult) -> Iterator[tuple[str, str]]:
    """What the VQE found: convergence, expectation values, dipole, occupations."""
    vqe = result.vqe
    if vqe is None:
        return
    device = result.settings.device
    on_device = device is not None and device.optimize_on == "backend"
    evaluation = "measured energy" if on_device else "gradient"
    norm = "unknown" if vqe.gradient_norm is None else f"{vqe.gradient_norm:.1e} Ha/rad"
    yield (
        "VQE",
        f"{'converged' if vqe.converged else 'NOT CONVERGED'} after "
        f"{numbers.count(vqe.iterations, 'iteration')} "
        f"({numbers.count(vqe.evaluations, evaluation)}): {vqe.reason}; "
        f"gradient norm {norm}",
    )
    if (starts := vqe.starts) is not None:
        yield (
            "Starts",
            f"the lowest minimum of {numbers.count(len(starts.energies), 'seeded start')}; they "
            f"spread over {starts.spread * MILLIHARTREE_PER_HARTREE:.3f} mHa"
            if len(starts.energies) > 1
            else "a single seeded start",
        )
    yield (
        "State",
        f"<N> {numbers.expectation(vqe.n_particles)}, <S^2> {numbers.expectation(vqe.s_squared)}, "
        f"<S_z> {numbers.expectation(vqe.s_z)}",
    )
    if vqe.dipole_debye is not None:
        size = sum(x * x for x in vqe.dipole_debye) ** 0.5
        vector = ", ".join(numbers.expectation(x) for x in vqe.dipole_debye)
        origin = ", about the centre of mass" if result.input.charge else ""
        yield "Dipole", f"{numbers.expectation(size)} D ({vector}){origin}"
    if vqe.natural_occupations:
        yield "Occupations", numbers.occupations(vqe.natural_occupations)


def diagnostics_facts(result: SolveResult) -> Iterator[tuple[str, str]]:
    """How far the state is from a single determinant."""
    found = result.diagnostics
    if found is None:
        return
    values = (
        ("T1", found.t1, 3),
        ("D1", found.d1, 3),
        ("max t2", found.largest_t2, 3),
        ("|c0|^2", found.reference_weight, 3),
        ("unpaired", found.unpaired_electrons, 2),
    )
    shown = [f"{name} {value:.{digits}f}" for name, value, digits in values if value is not None]
    if shown:
        yield "Diagnostics", ", ".join(shown)


def price_facts(result: SolveResult) -> Iterator[tuple[str, str]]:
    """What the same calculation would need on a quantum computer."""
    if (engine := result.engine) is not None and result.circuit is None:
        yield (
            "Quantum device",
            f"{numbers.count(engine.qubits, 'qubit')} (Jordan-Wigner), "
            f"{numbers.count(engine.parameters, 'parameter')}, "
            f"{numbers.count(len(engine.excitations), 'excitation')}",
        )


def _versions(result: SolveResult) -> str:
    provenance = result.provenance
    names = [f"{name} {number}" for name, number in provenance.versions.items()]
    return (
        f"{', '.join(names)}; {numbers.count(provenance.threads, 'thread')}; {provenance.created}"
    )
